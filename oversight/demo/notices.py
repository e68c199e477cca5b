"""The demo zone's monthly notices: themes and bulletins, some in force, one to be signed, one a draft."""

from __future__ import annotations

from oversight.calendar.workdays import months_after
from oversight.engine import transitions
from oversight.models import Case

from .date_changes import Year

THEMES = (
    ("学习贯彻党的创新理论", "重温入党誓词\n学习党章有关章节\n开展交流讨论"),
    ("为群众办实事", "集中学习\n走访慰问老党员、困难党员"),
    ("对照标准找差距", "召开组织生活会\n开展民主评议党员"),
)
COMMENT = "多数支部按期开展、及时登记，个别支部登记偏晚，补课还要抓紧。"
DEMANDS = "请各党支部按时登记，逐一联系请假、缺席党员。"


def fill(year: Year, _held: list[dict]) -> None:
    """Let the zone office draft the themes of three months and three bulletins, each one step less far."""
    first = year.today.replace(day=1)
    for step, (theme, actions) in enumerate(THEMES):
        month = months_after(first, step).isoformat()[:7]
        _tell(year, "theme", {"month": month, "theme": theme, "actions": actions}, step)
    words = {"comment": COMMENT, "demands": DEMANDS}
    last = months_after(first, -1).isoformat()[:7]
    told = _tell(year, "bulletin", {"month": last, **words}, 0)
    _tell(year, "bulletin", {"month": first.isoformat()[:7], **words}, 1)
    _tell(year, "bulletin", {"month": last, "corrects": told.number, **words}, 2)


def _tell(year: Year, workflow: str, words: dict, left: int) -> Case:
    """Draft a notice, and leave out so many of its two further steps."""
    who, unit = year.actor("zone.office", year.today), year.book.units["zone"]
    case = transitions.open_case(year.session, workflow, unit, words, who, year.at)
    for move, by in (("propose", "zone.office"), ("sign", "zone.committee1"))[: 2 - left]:
        signer = year.actor(by, year.today)
        transitions.perform(year.session, case.id, move, signer, {}, version=None, at=year.at)
    return case
