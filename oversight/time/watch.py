"""What the clock notices beside deadlines: unexcused absence in a row, a month or half-year about
to be missed, an order to tell of.

People are told and decide; nothing is decided here. Each thing is said once: its key is a row of
the outbox.
"""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.db import as_text
from oversight.base.sentences import N_, say
from oversight.base.terms import LESSON, NEXT
from oversight.calendar.party_days import activity_for, in_trial, month_end, owed
from oversight.calendar.workdays import Calendar, add_workdays, last_workday
from oversight.calendar.zone import has_rule_day, zone_calendar, zone_terms
from oversight.engine import authority, journal, outbox, transitions
from oversight.models import (
    Activity,
    ActivityChange,
    Case,
    LifeMeeting,
    OutboxMessage,
    Person,
    Unit,
    Zone,
)
from oversight.organization.actor import actor_of
from oversight.organization.units import successor_of, superiors
from oversight.rules import absence, life_meetings

from .marks import NOTHING

LEVELS = {3: ("branch",), 5: ("branch", "superior")}  # party days in a row: who is told
CHUNK = 500
YEARS = timedelta(days=730)  # nothing older is looked at
AHEAD = 5  # working days before the end of the month, half-year or year
AFTER = 10  # working days after it in which a superior is told; an installation begun later is told of nothing old

# By whether it is a must, and whether it is that of the fourth quarter.
WANTED = {
    (True, False): N_(
        "%(term)s还没有召开组织生活会。党支部每半年应当召开 1 次，请在%(term)s结束以前召开；已召开的请登记。"
    ),
    (False, False): N_("%(term)s还没有召开组织生活会。一般每半年召开一次；已召开的请登记。"),
    (True, True): N_(
        "%(term)s还没有召开组织生活会。必须按区党工委统一部署召开一次；已召开的请登记。"
    ),
}
OVER = N_("%(unit)s%(term)s没有召开组织生活会的记录。党支部每半年应当召开 1 次，请了解情况。")


def _unsaid(session: Session, keys: dict[str, tuple]) -> list[tuple]:
    """Return the entries, by notification key, that have not been sent."""
    texts, said = list(keys), set()
    zones = list(session.scalars(sa.select(Zone.id)))
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start : start + CHUNK]
        said |= set(
            session.scalars(
                sa.select(OutboxMessage.key).where(
                    OutboxMessage.zone_id.in_(zones), OutboxMessage.key.in_(chunk)
                )
            )
        )
    return [key for text, key in keys.items() if text not in said]


def _say(
    session: Session,
    unit: Unit,
    key: str,
    at: Moment,
    text: str,
    candidate_groups=("branch",),
    **more,
) -> bool:
    payload = {"unit": unit.id, "text": text, "ladders": list(candidate_groups), **more}
    return outbox.enqueue(session, unit.zone_id, key, "tell", payload, at.now)


def tell(session: Session, key: str, payload: dict, at: Moment) -> None:
    """Notify the people who fill the candidate groups named, except the data subject."""
    unit = session.get(Unit, payload["unit"])
    for candidate_group in payload["ladders"]:
        units = (
            superiors(session, unit)
            if candidate_group == "superior"
            else [unit, *superiors(session, unit)]
        )
        for person_id in _first_filled(
            session, units, candidate_group, at.today, {payload.get("but")}
        ):
            outbox.notify(
                session, unit.zone_id, person_id, key, payload["text"], at, payload.get("case")
            )


def _first_filled(
    session: Session, units: list[Unit], candidate_group: str, on: date, out: set
) -> dict[str, str]:
    """Return the people of the first candidate group that is not empty."""
    for unit in units:
        seat = authority.fill(
            session, unit, candidate_group if unit.kind == "branch" else "superior", on, out
        )
        if seat is not None:
            return seat.people
    return {}


class Streaks:
    """Members found 无故 three and five times since they last took part: told to the branch, then
    also above it.

    Only 无故 counts. Leave and make-up lessons neither count nor end a streak; taking part ends it.
    """

    rests_on = ("day", "journal")

    @staticmethod
    def keys(session: Session, at: Moment, since: dict | None = None) -> list[str]:
        found = (
            sa.select(Case.data_subject_id)
            .where(absence.found_unexcused(), Case.opened_at > at.now - YEARS)
            .group_by(Case.data_subject_id)
            .having(sa.func.count() >= min(LEVELS))
        )
        if since:
            touched = sa.select(Case.data_subject_id).where(
                Case.workflow == absence.FOLLOW_UP, Case.id.in_(journal.cases_since(since))
            )
            found = found.where(Case.data_subject_id.in_(touched))
        return list(session.scalars(found))

    @staticmethod
    def one(session: Session, person_id: str, at: Moment) -> int:
        person, unit = (
            session.get(Person, person_id),
            actor_of(session, person_id, at.today).branch,
        )
        streak = absence.streak(session, person_id)
        if unit is None or person.left_on:
            return 0
        return sum(
            _say(
                session,
                unit,
                f"streak:{person_id}:{streak[level - 1].business_key[:36]}:{level}",
                at,
                say(
                    "有党员连续 %(level)s 次无故不参加主题党日，请谈话了解、教育帮助。", level=level
                ),
                candidate_groups,
                case=streak[level - 1].id,
                but=person_id,
            )
            for level, candidate_groups in LEVELS.items()
            if len(streak) >= level
        )


class Unheld:
    """Branches that choose their own day and have held nothing shortly before the month ends.

    Source: G-2.1.2b
    """

    rests_on = ("day", "posts")

    @staticmethod
    def keys(session: Session, at: Moment, _since) -> list[tuple[str, int, int]]:
        year, month = at.today.year, at.today.month
        last = month_end(year, month)
        near = [
            zone
            for zone in session.scalars(sa.select(Zone.id)).all()
            if add_workdays(zone_calendar(session, zone), last, -AHEAD) <= at.today
        ]
        held = sa.exists().where(
            Activity.unit_id == Unit.id,
            Activity.year == year,
            Activity.month == month,
            Activity.held_on.is_not(None),
        )
        found = session.scalars(
            sa.select(Unit.id)
            .where(Unit.zone_id.in_(near), Unit.kind == "branch", Unit.ended_on.is_(None), ~held)
            .order_by(Unit.id)
        ).all()
        return _unsaid(
            session, {f"unheld:{unit}:{year}-{month:02d}": (unit, year, month) for unit in found}
        )

    @staticmethod
    def one(session: Session, key: tuple[str, int, int], at: Moment) -> bool:
        unit, year, month = session.get(Unit, key[0]), key[1], key[2]
        if has_rule_day(session, unit, month) or not owed(unit, year, month):
            return False
        row = activity_for(session, unit, year, month)
        if row.held_on or row.excused_by or (row.day and row.day >= at.today):
            return False
        return _say(
            session,
            unit,
            f"unheld:{unit.id}:{year}-{month:02d}",
            at,
            say("%(month)s 月主题党日还没有开展，请在月底前开展；已开展的请登记。", month=month),
        )


class Meetings:
    """Branches without the 组织生活会 of a half-year: told before it ends, and above an organ, a must,
    once it is over.

    At the year's end what all others must hold is that of the fourth quarter. Source: O-3.1.6b,
    G-3.1.6b, G-3.1.6d
    """

    rests_on = ("day", "posts")

    @staticmethod
    def keys(session: Session, at: Moment, _since) -> list[tuple[str, int, str, bool]]:
        found = [
            (unit, year, half, over)
            for zone in session.scalars(sa.select(Zone.id)).all()
            for year, half, over in _near(zone_calendar(session, zone), at.today)
            for unit in _without_meeting(session, zone, year, half, over)
        ]
        return _unsaid(session, {_life_key(*key): key for key in found})

    @staticmethod
    def one(session: Session, key: tuple[str, int, str, bool], at: Moment) -> bool:
        unit, (year, half, over) = session.get(Unit, key[0]), key[1:]
        term = _wanted(unit, year, half, over)
        if term is None or life_meetings.held(session, unit.id, term.begin, term.end):
            return False
        if over and in_trial(session, unit, term.end, term.end):
            return False
        text = say(
            OVER if over else WANTED[term.must, term.name == "fourth"],
            unit=unit.name,
            term=life_meetings.LABELS[term.name],
        )
        return _say(
            session, unit, _life_key(*key), at, text, ("superior",) if over else ("branch",)
        )


def _near(calendar: Calendar, today: date) -> list[tuple[int, str, bool]]:
    """Return the half-years that end in a few working days, or ended a few ago: year, which half,
    whether over.
    """
    halves = [
        life_meetings.Term(year, half)
        for year in (today.year - 1, today.year)
        for half in ("first", "second")
    ]
    return [
        (half.year, half.name, half.end < today)
        for half in halves
        if add_workdays(calendar, half.end, -AHEAD)
        <= today
        <= add_workdays(calendar, half.end, AFTER)
    ]


def _without_meeting(session: Session, zone: str, year: int, half: str, over: bool) -> list[str]:
    """Return the branches of a zone that are to be told of a half-year, or their superior where it
    is over.
    """
    last = dict(
        session.execute(
            sa.select(LifeMeeting.unit_id, sa.func.max(LifeMeeting.held_on))
            .where(
                LifeMeeting.zone_id == zone,
                LifeMeeting.withdrawn_at.is_(None),
                LifeMeeting.held_on <= life_meetings.Term(year, half).end,
            )
            .group_by(LifeMeeting.unit_id)
        ).all()
    )
    units = session.scalars(
        sa.select(Unit)
        .where(Unit.zone_id == zone, Unit.kind == "branch", Unit.ended_on.is_(None))
        .order_by(Unit.id)
    )
    until = life_meetings.put_off(session, zone, year) if half == "second" else None
    wanted = {unit.id: _wanted(unit, year, half, over) for unit in units}
    wanted = {
        unit: term
        for unit, term in wanted.items()
        if term and not life_meetings.waits(term, until, (), term.end)
    }
    return [unit for unit, term in wanted.items() if last.get(unit, date.min) < term.begin]


def _wanted(unit: Unit, year: int, half: str, over: bool) -> life_meetings.Term | None:
    """Return what a branch is to be told of: at the year's end the fourth quarter, afterwards only
    a must.
    """
    found = {
        term.name: term
        for term in life_meetings.terms(unit, year)
        if life_meetings.owed(unit, term)
    }
    if over:
        return found[half] if half in found and found[half].must else None
    return half == "second" and found.get("fourth") or found.get(half)


def _life_key(unit: str, year: int, half: str, over: bool) -> str:
    return f"life:{unit}:{year}:{half}:{'over' if over else 'ahead'}"


class Orders:
    """Orders met: on the branch's next party day its members are told. Never holds up 销号. Source:
    G-3.2.5c
    """

    rests_on = ("day", "posts", "journal", "activity", "change")

    @staticmethod
    def keys(session: Session, at: Moment, since: dict | None = None) -> list[str]:
        said = sa.exists().where(
            OutboxMessage.zone_id == Case.zone_id,
            OutboxMessage.key == "report_back:" + as_text(Case.id),
        )
        found = sa.select(Case.id).where(
            Case.workflow == "rectification",
            Case.state == "closed",
            Case.closed_at > at.now - YEARS,
            sa.func.coalesce(Case.facts["told"].as_string(), "") == "",
            ~said,
        )
        if since:  # a merged branch tells at the party day of its successor
            merged = sa.select(Unit.id).where(Unit.successor_id > NOTHING)
            found = _moved(found, "rectification", since, merged)
        return list(dict.fromkeys(session.scalars(found)))

    @staticmethod
    def one(session: Session, case_id: str, at: Moment) -> bool:
        case = session.get(Case, case_id)
        if case.facts.get("told"):
            return False
        unit, closed_on = (
            successor_of(session, case.unit),
            date.fromisoformat(case.facts["rounds"][-1]["on"]),
        )
        due = session.scalar(
            sa.select(sa.func.min(Activity.day)).where(
                Activity.unit_id == unit.id, Activity.day > closed_on
            )
        )
        if due is None or due > at.today:
            return False
        return _say(
            session,
            unit,
            f"report_back:{case.id}",
            at,
            N_("请在本次主题党日通报整改情况。"),
            case=case.id,
        )


class Lessons:
    """Make-up lessons due before a party day that has been moved since: due before it as it stands
    now.
    """

    rests_on = ("day", "journal", "activity", "change")

    @staticmethod
    def keys(session: Session, at: Moment, since: dict | None = None) -> list[str]:
        waits = sa.exists().where(Activity.unit_id == Case.unit_id, Activity.day == Case.due_on)
        found = sa.select(Case.id).where(
            Case.closed_at.is_(None), Case.workflow == "absence", Case.state == "to_make_up", ~waits
        )
        found = _moved(found, "absence", since) if since else found
        return list(dict.fromkeys(session.scalars(found)))

    @staticmethod
    def one(session: Session, case_id: str, at: Moment) -> bool:
        case = transitions.lock(session, case_id)
        if case.state != "to_make_up" or (case.paused or {}).get(case.state):
            return False
        if zone_terms(session, case.zone_id, case.entered_at)[LESSON.name] != NEXT:
            return False
        held = session.get(Activity, case.facts["activity"]).held_on
        due = absence.party_day_after(session, case.unit_id, max(held, case.running_since))
        if due is None:
            return False
        day = last_workday(zone_calendar(session, case.zone_id), due)
        return transitions.reschedule(session, case, max(day, at.today), at)


def _moved(found: sa.Select, workflow: str, since: dict, *units: sa.Select) -> sa.Select:
    """Select those of the cases found that have moved since a mark, they or a party day of their unit,
    or that are of one of these units; some more than once. It begins at what moved: the cases found
    may be many.
    """
    of_units = sa.select(Case.id).where(
        Case.workflow == workflow, Case.unit_id.in_(sa.union_all(*_units_since(since), *units))
    )
    moved = journal.cases_since(since).union_all(of_units).subquery()
    return sa.select(moved.c.case_id).where(found.where(Case.id == moved.c.case_id).exists())


def _units_since(since: dict) -> tuple[sa.Select, ...]:
    """Select the units whose party days changed, and those whose came after a mark."""
    return (
        sa.select(Activity.unit_id)
        .join(ActivityChange, ActivityChange.activity_id == Activity.id)
        .where(ActivityChange.id > since["change"]),
        sa.select(Activity.unit_id).where(Activity.id > since["activity"]),
    )


STEPS = (
    ("told", Streaks),
    ("told", Unheld),
    ("told", Meetings),
    ("told", Orders),
    ("redated", Lessons),
)
