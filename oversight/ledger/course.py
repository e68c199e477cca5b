"""The 经过 of a record beside cases: what was done about a party day or a 组织生活会, by whom and when,
and what it was before. Names nobody of the sheet, so that all who see the record may read it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from oversight.base.sentences import N_, say
from oversight.calendar.party_days import BETTER, COPIED
from oversight.engine import records
from oversight.engine.authority import RECORDER
from oversight.models import JournalRow

from . import leave

ACTS = {
    "begin": N_("转入：以前的登记"),
    "choose": N_("定活动日"),
    "replan": N_("自动重排"),
    "move": N_("经批复变更"),
    "accept_late": N_("认可补报"),
    "restore": N_("恢复原定日期"),
    "excuse": N_("同意暂缓开展"),
    "prepare": N_("活动安排"),
    leave.ASK: N_("党员事先请假"),
    leave.TAKE_BACK: N_("党员撤回请假"),
    "hold": N_("登记开展日期"),
    "file": N_("登记到会"),
    "correct": N_("更正记录"),
    "duties": N_("登记做了什么"),
    "urge": N_("上级催办"),
    "note": N_("登记召开组织生活会"),
    "appraise": N_("列为民主评议的组织生活会"),
    "withdraw": N_("撤回登记"),
}
DAYS = {"day": N_("活动日"), "held_on": N_("开展日期")}


@dataclass(frozen=True)
class Line:
    """One act; `days` are (label, before, after) as ISO dates, `said` sentences about the rest."""

    act: str
    label: str
    who: str
    at: datetime
    state: str
    why: str = ""
    days: tuple[tuple[str, str | None, str | None], ...] = ()
    said: tuple[str, ...] = ()


def of(session: Session, record_ids: Iterable[str]) -> dict[str, list[Line]]:
    """Return the course of records, the newest first, by record."""
    found = records.history(session, record_ids)
    return {key: [_line(row) for row in reversed(rows)] for key, rows in found.items()}


def _line(row: JournalRow) -> Line:
    label = ACTS.get(row.move, row.move)
    own = row.move in (leave.ASK, leave.TAKE_BACK)  # the sheet says whose, to who may read it
    why = row.words.get("why", "") if row.actor_id and not own else ""
    return Line(
        row.move,
        label,
        N_("党员本人") if own else row.actor,
        row.at,
        row.to_state,
        "" if why == label else why,
        tuple(_days(row.result)),
        tuple(_said(row)),
    )


def _days(result: dict):
    for name, label in DAYS.items():
        if name in result and isinstance(result[name], list):
            yield label, *result[name]


def _said(row: JournalRow):
    if row.result.get("source"):
        yield COPIED
    if row.result.get("entered_for") or row.role == RECORDER:
        yield N_("代录")
    better = row.result.get("better") or {}
    if "late" in better:
        yield N_("更正前为未按期开展")
    for key in ("absent", "leave"):
        if key in better:
            yield say("更正前 %(n)s 人%(was)s", n=better[key], was=BETTER[key])
    changed = row.result.get("attendance") or {}
    if row.move == "correct" and changed:
        yield say("改了 %(n)s 人的到会情况", n=len(changed))
