"""Every paper that any test issues is written as an office writes them. From shared domain/wording.md."""

from __future__ import annotations

import re

import sqlalchemy as sa

from oversight.models import Paper
from oversight.models.papers import UNNUMBERED

TITLES = {
    "reply": r"关于.+的(批复|复函)",
    "order": "整改通知书",
    "closing": "整改销号通知",
    "notice": "关于.+的通知",
    "bulletin": r"关于.+的通报",
}
CLOSINGS = {
    "reply": ("此复。", "特此函复。"),
    "order": ("特此通知。",),
    "closing": ("特此通知。",),
    "notice": ("特此通知。",),
    "bulletin": ("特此通报。",),
}
DAY = r"20\d\d年[1-9]\d?月[1-9]\d?日"
NEVER = {
    r"[一-鿿] +\d|\d +[一-鿿]": "no blanks round figures",
    r"(?<![\da-f])\d{4}-\d\d(?![\da-f])": "dates are written out",  # but for the code of a seal
    r"(?<![\da-z])\d[、．]": "levels are 一、 （一） 1. （1）",
    r"[。；]同意[。，]": "同意 once",
    r"。。|，。|：：": "one stop",
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-": "no id",
    r"[三二四]（[一二三四五]）\d|[GROPS]-\d": "a clause is named in full",
    r"(?<!暂)缓开|不计入应到(?!会)": "words as papers have them",
}


def check(paper: Paper) -> None:
    """Hold a paper against how an office writes one."""
    body, kind = paper.body, paper.kind
    lines = body["paragraphs"]
    text = "\n".join(lines)
    number = r"\S+〔20\d\d〕[1-9]\d*号"  # or none yet, where the office types it from its register
    assert paper.number == UNNUMBERED or re.fullmatch(number, paper.number), paper.number
    assert re.fullmatch(TITLES[kind], body["title"]), body["title"]
    assert body["to"].endswith("：") and re.fullmatch(DAY, body["date"]), body
    assert lines[-1] in CLOSINGS[kind] and lines.count(lines[-1]) == 1, lines
    assert all(line.endswith(("。", "：", "！", "？", "”")) for line in lines), lines
    for pattern, why in NEVER.items():
        assert not re.search(pattern, text), (why, text)
    if kind == "reply":
        assert not re.search(r"(?<!年)(?<!\d)\d{1,2}月\d{1,2}日", lines[0]), lines[0]


def listen() -> None:
    """Check every paper as it is written."""

    @sa.event.listens_for(Paper, "before_insert")
    def _written(_mapper, _connection, paper: Paper) -> None:
        check(paper)
