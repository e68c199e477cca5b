"""What a paper consists of, whatever it is drawn as: page, DOCX and PDF render this same content."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oversight.base.sentences import N_

CELLS = 28  # characters of a line
TITLE = 19  # characters of a line of a title, which is larger; figures are wider than a half
MARK = 22  # characters of a line of a letterhead
HEADS = (
    ("one", re.compile(r"[一二三四五六七八九十]+、[^。：；]{1,20}[。：]")),
    ("two", re.compile(r"（[一二三四五六七八九十]+）[^。：；]{1,20}[。：]")),
)
BEGINS = (
    ("one", re.compile(r"[一二三四五六七八九十]+、")),
    ("two", re.compile(r"（[一二三四五六七八九十]+）")),
)
# A line of a title never ends inside one of these, nor before what depends on the word before it.
TERMS = re.compile(
    r"支部主题党日活动|支部主题党日|主题党日活动|主题党日|党日|支部|活动|时间|请示|批复|复函|通知|通报|民主评议|年度|"
    r"部分党员|党员|[0-9]+[年月日]?|组织|紧急|不同意|同意|再次变更|变更|不计入|应到会人数|免写|个人自评|免予参加|"
    r"暂缓开展|开展|不予认可|认可|补报|情况|安排|撤销|取消|借用|调整|更正"
)
HANGING = frozenset("的》）”、，")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph: its heading, if it begins with one, in the type of its level, and the rest. `at`: two
    characters in, flush, or at the right.
    """

    text: str
    head: str = ""
    level: str = "plain"
    at: str = "in"


@dataclass(frozen=True)
class Table:
    """Rows of texts; `widths` are shares of the line; `head`: the first row names the columns; `dense`:
    of many rows, which shall stand on a page; `roomy`: dense, yet each row high enough to be signed.
    """

    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    head: bool = True
    dense: bool = False
    roomy: bool = False


@dataclass(frozen=True)
class Sheet:
    """A title at the head of a page: what follows, up to the next one, stands under it."""

    title: str


Block = Paragraph | Table | Sheet


@dataclass(frozen=True)
class Annex:
    """A form that comes with a paper, on a page of its own."""

    title: str
    table: Table


@dataclass(frozen=True)
class Content:
    """A paper. `mark`: the letterhead, empty for a branch; `signers`: 签发人 of a paper that goes up;
    `enclosed`: 附件说明; `others`: who signs it below `sender`; `after`: what follows the date;
    `copies` and `printed`: the lines of 版记, the latter who printed it and when.
    """

    title: str
    to: str = ""
    blocks: tuple[Block, ...] = ()
    sender: str = ""
    date: str = ""
    mark: str = ""
    number: str = ""
    signers: tuple[str, ...] = ()
    enclosed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    copies: str = ""
    printed: tuple[str, ...] = ()
    annexes: tuple[Annex, ...] = ()


def letter(body: dict, number: str = "", contact: str = "", signers: Sequence[str] = ()) -> Content:
    """Return the content of a letter as it was composed and frozen; a numbered one has a letterhead,
    and what was printed of it and for whom besides. `signers` are named on what goes up.

    Source: GB/T 9704-2012, 7.2.6, 7.3.4, 7.4
    """
    note = f"（联系人：{contact or '　　　　'}，电话：{_to_write(contact)}）"
    after = [note] if number or contact else []
    copies, printer = body.get("copies") or [], body.get("printer")
    return Content(
        title=body["title"],
        to=body["to"],
        blocks=_parted(body["paragraphs"]),
        sender=body["from"],
        date=body["date"],
        mark=body["from"] if number else "",
        number=number,
        signers=tuple(signers),
        enclosed=enclosed(body.get("enclosed") or []),
        others=tuple(body.get("others") or ()),
        after=(*after, *filter(None, [body.get("receipt")])),
        copies=f"抄送：{'，'.join(copies)}。" if copies and number else "",
        printed=(printer, f"{body['date']}印发") if printer and number else (),
        annexes=_served(body, number) if body.get("receipt") and number else (),
    )


def _to_write(contact: str) -> str:
    """Return room for a telephone number, as much as the line has beside a name."""
    return "　" * max(4, min(9, int(CELLS - 12 - width(contact))))


def enclosed(names: Sequence[str]) -> tuple[str, ...]:
    """Return the lines of 附件说明: one without a number, several numbered; no mark at their ends."""
    if len(names) == 1:
        return (f"附件：{names[0]}",)
    lead = ("附件：", *["　　　"] * len(names))
    return tuple(
        f"{head}{number}.{name}"
        for number, (head, name) in enumerate(zip(lead, names, strict=False), 1)
    )


def _served(body: dict, number: str) -> tuple[Annex, ...]:
    """Return what is filled in when a paper is served: the receipt that comes back, the stub that stays."""
    known = (
        (N_("文书"), f"{body['title']}（{number}）"),
        (N_("印发单位"), body["from"]),
        (N_("受送达单位"), body["to"].rstrip("：")),
    )
    receipt = (N_("送达地点和方式"), N_("收件人签名"), N_("收到时间"), N_("送达人签名"), N_("备注"))
    stub = (N_("印发日期"), N_("签发人"), N_("经办人"), N_("送达时间"), N_("整改期限"), N_("备注"))
    filled = {N_("印发日期"): body["date"]}
    return tuple(
        Annex(title, Table((*known, *((one, filled.get(one, "")) for one in names)), (1, 3), False))
        for title, names in ((N_("送达回证"), receipt), (N_("存根"), stub))
    )


def _parted(texts: Sequence[str]) -> tuple[Paragraph, ...]:
    """Part the headings of a letter from their texts, all of a level or none."""
    found = [paragraph(text) for text in texts]
    begun = {level: sum(bool(begins.match(text)) for text in texts) for level, begins in BEGINS}
    headed = {level: sum(one.level == level for one in found) for level in begun}
    whole = {level for level in begun if begun[level] == headed[level]}
    return tuple(
        one if one.level in whole else Paragraph(text)
        for one, text in zip(found, texts, strict=True)
    )


def paragraph(text: str) -> Paragraph:
    """Part a paragraph's heading from its text."""
    for level, pattern in HEADS:
        if found := pattern.match(text):
            return Paragraph(text[found.end() :], found[0], level)
    return Paragraph(text)


def shares(table: Table) -> list[int]:
    """Return the widths of a table's columns in twentieths of the line, as a page draws them."""
    whole = sum(table.widths)
    return [max(1, round(20 * one / whole)) for one in table.widths]


def signed_by(content: Content) -> str:
    """Return the line of 签发人, empty where none is named."""
    return f"签发人：{'　'.join(content.signers)}" if content.signers else ""


def lines(content: Content) -> Iterator[str]:
    """Yield all that a paper says, in its order: what every form of it must say."""
    top = (content.mark, content.number, signed_by(content), content.title, content.to)
    yield from filter(None, top)
    for block in content.blocks:
        yield from said(block)
    yield from content.enclosed
    yield from filter(None, (content.sender, *content.others, content.date))
    yield from filter(None, (*content.after, content.copies))
    yield from content.printed
    for annex in content.annexes:
        yield annex.title
        yield from said(annex.table)


def said(block: Block) -> Iterator[str]:
    """Yield what a block says."""
    if isinstance(block, Table):
        for row in block.rows:
            yield from filter(None, row)
    else:
        yield block.title if isinstance(block, Sheet) else block.head + block.text


def width(text: str) -> float:
    """Return how many cells a text takes: figures and Latin letters half of one."""
    return sum(0.5 if one.isascii() else 1 for one in text)


def title_lines(title: str, most: int = TITLE) -> list[str]:
    """Break a title into lines as even as its words allow."""
    count = -int(-width(title) // most)
    if count < 2:
        return [title]
    inside = {at for found in TERMS.finditer(title) for at in range(found.start() + 1, found.end())}
    want = width(title) / count
    fits = [at for at in range(1, len(title)) if want - 4 <= width(title[:at]) <= most]
    good = [at for at in fits if at not in inside and title[at] not in HANGING] or fits
    at = min(good, key=lambda one: abs(width(title[:one]) - want))
    return [title[:at], *title_lines(title[at:], most)]


def mark_lines(mark: str) -> list[str]:
    """Break the name of an office over the lines of its letterhead, none much shorter than others."""
    count = -(-len(mark) // MARK) or 1
    each = -(-len(mark) // count)
    return [mark[at : at + each] for at in range(0, len(mark), each)]


def signed_right(content: Content) -> float:
    """Return how many cells the sender's name stands from the right: centred over the date, which
    stands four from it, but inside the margin.
    """
    longest = max(map(width, (content.sender, *content.others)))
    return max(0.0, 4 + (width(content.date) - min(longest, CELLS)) / 2)
