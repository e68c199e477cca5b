"""What the demo's branches did of their duties at the party days of the year, and on their year sheets: most
of it, with gaps as they are found in life.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import sqlalchemy as sa

from oversight.base.db import new_id
from oversight.base.sentences import N_
from oversight.law import duties as law
from oversight.law.binding import by_key
from oversight.ledger.duty_records import owes_yearly
from oversight.ledger.on_event import WITH, asked_by
from oversight.models import Activity, DutyRecord, Unit, YearSheet, chains
from oversight.organization.actor import AuthorityBasis

from .date_changes import Year

NOTES = {
    "PLAN.OWN_ITEMS": "整治村前沟渠",
    "PLAN.CONSULT": "在党员群里征求",
    "PLAN.COMMITTEE_MEETING": "会前一周开，委员都到",
    "STUDY.SPEECHES": "关于基层党建的重要讲话",
    "CHARTER.FULL_YEARLY": "读到第十一章",
    "LECTURE.QUARTERLY": "书记讲：怎样过好组织生活",
    "LECTURE.SECRETARY": "书记讲：怎样过好组织生活",
    "STUDY.RULES": "《中国共产党廉洁自律准则》",
    "STUDY.DISCUSS": "轮流发言，6 人发言",
    "RECORD.EVIDENCE": "支部档案柜第 2 层",
    "PLAN.YEAR": "支部大会通过全年活动计划",
    "CHARTER.PLAN": "每月读一章，十一月读完",
    "VOL.PROJECTS": "结对看望独居老人",
    "VOL.ACTIVITY": "春季义务植树",
    "DUTY.POSTS_NO_OFFICE": "设环境卫生、矛盾调解两个岗",
    "DUTY.ZONES": "设先锋岗 3 个",
}
# In which months what is owed for longer than a month is done, where it is done.
WHEN = {
    "LECTURE.QUARTERLY": (3, 6, 9, 11),
    "LECTURE.SECRETARY": (6,),
    "STUDY.RULES": (2, 5, 8, 11),
    "STUDY.DISCUSS": (1, 4, 7, 10),
    "CHARTER.FULL_YEARLY": (11,),
    "OATH.JULY1": (7,),
}
GAP = 23  # one in so many items was not done
UNDONE = 5  # every so many branches enter nothing on their year sheets


def fill(year: Year, held: list[dict]) -> None:
    """Write what was done at the days of the year that were filed, and the year sheets, in bulk."""
    branches = year.session.scalars(sa.select(Unit).where(Unit.kind == "branch"))
    units = {unit.id: unit for unit in branches}
    people = year.book.people
    leaders = {unit: people.get(f"{key}.secretary") for key, unit in year.book.units.items()}
    at = {day["row"]: day["at"] for day in held}
    rows = _years(year, units, leaders)
    for number, of in enumerate(_filed(year, at)):
        by, when = leaders[of.unit_id], at.get(of.id, of.confirmed_at)
        keys = _done(units[of.unit_id], of.month, number) if by else []
        rows += [_row(of, of.id, key, of.held_on, by, when, year.zone.zone_id) for key in keys]
        if by and of.id not in at:
            _tell(year, of, by, when, keys)
    if rows:
        year.session.execute(sa.insert(DutyRecord), rows)


def _filed(year: Year, at: dict) -> list[sa.Row]:
    """Return the days that were filed, those first that were written in bulk."""
    planned = sa.select(
        Activity.id,
        Activity.unit_id,
        Activity.year,
        Activity.month,
        Activity.held_on,
        Activity.confirmed_at,
    ).where(Activity.confirmed_at.is_not(None))
    return sorted(year.session.execute(planned), key=lambda row: (row.id not in at, row.id))


def _tell(year: Year, of, by: str, at, keys: list[str]) -> None:
    """Let the chain of a day that was told move by move go on with its duties."""
    basis, result = AuthorityBasis(of.unit_id, "branch", "secretary"), {"duties": {"done": keys}}
    why = N_("登记做了什么")
    act = chains.Act(
        year.zone.zone_id, of.id, "party_day", "duties", "filed", at, by, basis, why, result
    )
    chains.add(year.session, act)


def _done(unit: Unit, month: int, number: int) -> list[str]:
    """Return what a branch did at the party day of a month, with the forms of it."""
    found = list(_due(unit, month, number))
    return found + sorted(asked_by(found, WITH))


def _due(unit: Unit, month: int, number: int) -> Iterator[str]:
    for place, duty in enumerate(law.on_sheet()):
        bound = any(one.kind == "must" for one in by_key(duty.key, unit.category))
        due = duty.period == law.MONTH or month in WHEN.get(duty.key, ())
        if bound and due and (number + place) % GAP:
            yield duty.key


def _row(of, sheet_id: str, key: str, on: date, by: str, at, zone_id: str) -> dict:
    return {
        "id": new_id(),
        "zone_id": zone_id,
        "unit_id": of.unit_id,
        "sheet_id": sheet_id,
        "key": key,
        "year": of.year,
        "month": on.month,
        "done_on": on,
        "facts": {"note": NOTES[key]} if key in NOTES else {},
        "noted_by": by,
        "noted_at": at,
    }


def _years(year: Year, units: dict[str, Unit], leaders: dict[str, str | None]) -> list[dict]:
    """Return the entries of the year sheets, whose chains begin with them."""
    on, rows = date(year.today.year, 1, 20), list[dict]()
    if on >= year.today:
        return rows
    for number, unit in enumerate(units.values()):
        by = leaders.get(unit.id)
        if by is None or number % UNDONE == 0:
            continue
        own = [duty.key for duty in law.duties().values() if owes_yearly(duty, unit)]
        sheet = YearSheet(
            id=new_id(), zone_id=unit.zone_id, unit_id=unit.id, year=on.year, begun_at=year.at.now
        )
        year.session.add(sheet)
        keys = [key for place, key in enumerate(own) if (number + place) % 3]
        rows += [_row(sheet, sheet.id, key, on, by, year.at.now, unit.zone_id) for key in keys]
        basis = AuthorityBasis(unit.id, "branch", "secretary")
        told = {"done": keys}
        chains.add(
            year.session,
            chains.Act(
                unit.zone_id,
                sheet.id,
                "year_sheet",
                "duties",
                "kept",
                year.at.now,
                by,
                basis,
                "",
                told,
            ),
        )
    year.session.flush()
    return rows
