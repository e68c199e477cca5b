"""The chains of what the demo wrote in bulk, party days held with their sheets and life meetings; and
branches that ask to put off a month.
"""

from __future__ import annotations

import sqlalchemy as sa

from oversight.base.sentences import N_
from oversight.engine import transitions
from oversight.models import Activity, LifeMeeting, RecordChain, chains
from oversight.models.chains import Act
from oversight.organization.actor import AuthorityBasis

from .date_changes import Year


def fill(year: Year, held: list[dict]) -> None:
    """Let the chain of each begin with the secretary's entry."""
    planned = sa.select(Activity.id, Activity.unit_id)
    found = year.session.execute(planned.where(Activity.zone_id == year.zone.zone_id))
    units = {day: unit for day, unit in found}
    keys = {unit: key for key, unit in year.book.units.items()}
    leaders = {unit: year.book.people.get(f"{key}.secretary") for unit, key in keys.items()}
    for day in held:
        result: dict = {"held_on": [None, day["held_on"].isoformat()]}
        unit = units[day["row"]]
        _add(year, unit, leaders[unit], day["row"], "party_day", "file", day["at"], result)
    chained = sa.exists().where(RecordChain.id == LifeMeeting.id)
    meetings = sa.select(
        LifeMeeting.id, LifeMeeting.unit_id, LifeMeeting.noted_at, LifeMeeting.held_on
    )
    mine = LifeMeeting.zone_id == year.zone.zone_id
    told = chains.waiting(year.session)
    for key, unit, at, on in year.session.execute(meetings.where(mine, ~chained)):
        if key not in told:
            result = {"held_on": on.isoformat()}
            _add(year, unit, leaders[unit], key, "life_meeting", "note", at, result)


def _add(
    year: Year, unit: str, by: str | None, record: str, kind: str, name: str, at, result: dict
) -> None:
    stand = AuthorityBasis(unit, "branch", "secretary") if by else None
    state = "filed" if kind == "party_day" else "held"
    why = N_("登记考勤") if kind == "party_day" else ""
    act = Act(year.zone.zone_id, record, kind, name, state, at, by, stand, why, result)
    chains.add(year.session, act)


# who asks to put off the coming month, and by whom it is answered how
PUT_OFF: tuple[tuple[str, str, str, dict], ...] = (
    ("branch06", "", "", {}),
    ("branch07", "town1.officer", "excuse_month", {}),
    ("branch13", "town2.officer", "refuse", {"reason": "可以分两批开展，请当月安排。"}),
    ("branch14", "branch14.secretary", "withdraw", {}),
)


def put_off(year: Year, _held: list[dict]) -> None:
    """Let branches that choose their own day ask to put off the coming month; July nobody does."""
    ahead, month = divmod(year.today.month, 12)
    if month + 1 == 7:
        return
    named = f"{year.today.year + ahead}-{month + 1:02d}"
    for key, answers, move, words in PUT_OFF:
        facts = {"asks": "excuse", "month": named, "reason": "全月停产检修，党员外出培训。"}
        who = year.actor(f"{key}.secretary", year.today)
        unit = year.book.units[key]
        case = transitions.open_case(year.session, "month_report", unit, facts, who, year.at)
        if move:
            who = year.actor(answers, year.today)
            transitions.perform(year.session, case.id, move, who, words, version=None, at=year.at)
