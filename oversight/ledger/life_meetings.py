"""组织生活会 noted by the branch and taken back where the entry was wrong.

What a year asks for is in the rules.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.db import fetch, find, is_id
from oversight.base.refusals import InvalidInput, NotFound, RuleViolation
from oversight.base.sentences import N_, say
from oversight.calendar.party_days import HANDBOOK, before_start
from oversight.engine import authority
from oversight.engine.use_case import use_case
from oversight.law.clauses import house_rule
from oversight.law.inputs import read_day
from oversight.models import Attendance, Case, LifeMeeting, Person, Unit
from oversight.organization.actor import Actor
from oversight.rules import life_meetings as rules

from . import entries

LONGEST = 200
HELD = house_rule(
    "登记的是已经召开的组织生活会，登记的日期另存；超过活动登记期限才登记的，注明补录。"
)
RESTS = house_rule("民主评议以组织生活会为依据，评议没有作废的，这次组织生活会不能撤回。")


def of_year(session: Session, unit_id: str, year: int) -> list[LifeMeeting]:
    """Return all that was entered of a year, what was taken back among it."""
    return list(
        session.scalars(
            sa.select(LifeMeeting)
            .where(
                LifeMeeting.unit_id == unit_id,
                LifeMeeting.held_on.between(date(year, 1, 1), date(year, 12, 31)),
            )
            .order_by(LifeMeeting.held_on, LifeMeeting.noted_at)
        )
    )


def leaders(session: Session, rows: list[LifeMeeting]) -> dict[str, tuple[int, int]]:
    """Return by party day that a meeting was combined with how many 党员领导干部 were there, and how many
    its sheet expects. Source: O-3.1.6d
    """
    there = sa.func.count().filter(Attendance.kind == "present")
    found = session.execute(
        sa.select(Attendance.activity_id, there, sa.func.count())
        .join(Person, Person.id == Attendance.person_id)
        .where(
            Attendance.activity_id.in_([row.activity_id for row in rows if row.activity_id]),
            Person.leading.is_(True),
        )
        .group_by(Attendance.activity_id)
    )
    return {day: (present, expected) for day, present, expected in found}


def note(session: Session, unit_id: str, on: str, who: Actor, at: Moment) -> LifeMeeting:
    """Note that a branch held a meeting on a day and commit; a refusal changes nothing but a row in
    `refusals`.

    Raises NotFound, Forbidden, InvalidInput, RuleViolation.
    """
    with use_case(session, who, at, "life_meeting"):
        return _note(session, unit_id, on, who, at)


def take_back(session: Session, meeting_id: str, why: str, who: Actor, at: Moment) -> LifeMeeting:
    """Take back a wrong entry with a reason and commit; the entry stays on record.

    Refusals as `note`. Raises NotFound, Forbidden, InvalidInput, InvalidTransition, RuleViolation.
    """
    with use_case(session, who, at, "life_take_back"):
        return _take_back(session, meeting_id, why, who, at)


def _note(session: Session, unit_id: str, on: str, who: Actor, at: Moment) -> LifeMeeting:
    unit = fetch(session, Unit, unit_id)
    stand = authority.enters(session, unit, who)
    day = read_day(on)
    if day is None:
        raise InvalidInput({"on": N_("组织生活会日期要写成 2026-01-09 这样。")})
    if day > at.today:
        raise RuleViolation("还没有到这一天，召开以后再登记。", field="on", house_rule=HELD.text)
    marks = {
        "source": HANDBOOK if before_start(unit, day) else None,
        "entered_for": who.id if stand.role == authority.RECORDER else None,
    }
    if not rules.record(session, unit, day, who.id, at, stand=stand, **marks):
        raise RuleViolation(
            "这一天的组织生活会已经登记过，不用再登记。", field="on", house_rule=HELD.text
        )
    row = rules.held(session, unit.id, day, day)[0]
    entries.tell(session, row, who, stand, at)
    return row


def _take_back(session: Session, meeting_id: str, why: str, who: Actor, at: Moment) -> LifeMeeting:
    found = sa.select(LifeMeeting).where(LifeMeeting.id == meeting_id).with_for_update()
    row = (
        session.scalar(found.execution_options(populate_existing=True))
        if is_id(meeting_id)
        else None
    )
    if row is None:
        raise NotFound()
    stand = authority.enters(session, row.unit, who)
    if row.withdrawn_at:
        raise entries.gone(session, row, at)
    why = typed.words(why)
    if not 0 < len(why) <= LONGEST:
        raise InvalidInput({"reason": say("请写明撤回的原因，最多 %(most)s 字。", most=LONGEST)})
    if rests_on(session, row):
        raise RuleViolation(
            "民主评议以这次组织生活会为依据，不能撤回；日期填错的，在民主评议里重新填写以后再撤回。",
            house_rule=RESTS.text,
        )
    row.withdrawn_at, row.withdrawn_by, row.withdrawn_why = at.now, who.id, why
    session.flush()
    rules.chain(session, row.zone_id, row.id, "withdraw", at, who.id, stand, why=why)
    return row


def rests_on(session: Session, row: LifeMeeting) -> bool:
    """True where an appraisal that counts names this day as its meeting."""
    case = find(session, Case, row.case_id)
    return (
        case is not None
        and case.state not in ("void", "terminated")
        and case.facts.get("meeting_on") == row.held_on.isoformat()
    )
