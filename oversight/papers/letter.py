"""What every letter is made of, whether it is only shown or issued under a number."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.sentences import N_
from oversight.models import Unit, UnitChange
from oversight.organization import standing

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

BLANK_DAY = N_("　　年　月　日")


def chinese_day(day: date | None) -> str:
    """Write a date as official letters do: no zero padding, blank where it is still to be set."""
    return f"{day.year}年{day.month}月{day.day}日" if day else BLANK_DAY


BLANKS = re.compile(r"(?<=[一-鿿]) +(?=\d)|(?<=\d) +(?=[一-鿿])")
WEEKDAYS = "一二三四五六日"


def full_day(day: date) -> str:
    """Write a date with its weekday, as running text of a letter does."""
    return f"{chinese_day(day)}（星期{WEEKDAYS[day.weekday()]}）"


def chinese_count(number: int) -> str:
    """Write a number below a hundred in characters, as headings of a paper are numbered."""
    digits, (tens, ones) = N_("零一二三四五六七八九"), divmod(number, 10)
    return (N_("十") if tens == 1 else f"{digits[tens]}十" if tens else "") + (
        digits[ones] if ones or not tens else ""
    )


# How an opinion begins that says the letter's own answer once more: 原则同意支部意见，….
LEAD = re.compile(r"(?:经研究[，,]?)?(?:原则上?|完全)?").pattern
MATTER = re.compile(
    r"(?:你支部|支部|镇党委)?(?:的?(?:请示|申请|意见)|所请|变更(?:活动)?(?:时间|日期)?|改期|暂缓(?:开展)?|缓开|"
    r"延期|延长|借用|免予参加|取消(?:变更)?)?"
).pattern


def remark(text: str, *said: str) -> str:
    """Return what an opinion adds to the answer that the letter gives anyway, as a sentence."""
    begins = rf"^{LEAD}(?:{'|'.join(said)}){MATTER}(?:[，。,.；;！!\s]+|$)"
    found = re.sub(begins, "", text.strip())
    return found and stop(found)


def stop(text: str) -> str:
    """End a sentence as one."""
    return (
        text
        if text.endswith(("。", "！", "？", "；", "”", "）"))
        else text.rstrip("，；;,. ") + "。"
    )


def letter(
    attempt: TransitionContext, unit: Unit, title: str, to: str, paragraphs: list[str]
) -> dict:
    """Compose a letter of a unit as of the day of the attempt; empty paragraphs are left out, and so
    are blanks round figures, also in what somebody has written.
    """
    return {
        "title": title,
        "to": f"{to}：",
        "paragraphs": [BLANKS.sub("", text) for text in paragraphs if text],
        "from": unit.name,
        "printer": unit.name,
        "date": chinese_day(attempt.today),
    }


def names_then(session: Session, unit: Unit, others: list[str], body: dict, row_id: str) -> dict:
    """Return a letter that a unit sent by a row of the journal as it read then: with the names of that
    day, and to who then stood above it; `others` are further units named in it, by id.
    """
    above = session.get(Unit, unit.parent_id) if unit.parent_id else unit
    since = _since(session, [unit.id, *others, above.id, *above.ancestors()], row_id)
    moved = [what for kind, unit_id, what in since if kind == "moved" and unit_id == unit.id]
    for what in moved[:1]:
        before = session.get(Unit, what["parent_id"][0])
        body, above = renamed(body, above.name, before.name), before
        since = _since(session, [unit.id, *others, above.id, *above.ancestors()], row_id)
    then: dict[str, str] = {}
    for kind, unit_id, what in since:
        if kind == "renamed":
            then.setdefault(unit_id, what["name"][0])
    now = {unit_id: session.get(Unit, unit_id).name for unit_id in then}
    for unit_id in sorted(then, key=lambda one: -len(now[one])):
        body = renamed(body, now[unit_id], then[unit_id])
    return body


def _since(session: Session, unit_ids: list[str], row_id: str) -> list:
    """Return which units were moved or renamed after a row was written, the first change first: ids
    are drawn in time.
    """
    rows = (
        sa.select(UnitChange.kind, UnitChange.unit_id, UnitChange.what)
        .where(
            UnitChange.unit_id.in_(unit_ids),
            UnitChange.kind.in_(("moved", "renamed")),
            UnitChange.id > row_id,
        )
        .order_by(UnitChange.id)
    )
    return list(session.execute(rows))


def renamed(value, now: str, before: str):
    """Return a letter with another name in it."""
    if isinstance(value, dict):
        return {key: renamed(one, now, before) for key, one in value.items()}
    if isinstance(value, list):
        return [renamed(one, now, before) for one in value]
    return value.replace(now, before) if isinstance(value, str) else value


def seat(attempt: TransitionContext) -> Unit:
    """Return the unit on whose ground a move is made."""
    return standing.unit(attempt.session, attempt.case.zone_id, attempt.basis.unit_id)
