"""A year of one branch of each category in a scratch database: what each key of the register obliges to is
left open, then settled by its record, through the real use cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy.orm import Session

from oversight.base.clock import Clock, Moment
from oversight.calendar.party_days import activity_for
from oversight.law import duties as law
from oversight.law.duties import Duty
from oversight.ledger import attendance, duty_records, life_meetings, obligations
from oversight.ledger.duty_records import Done
from oversight.ledger.obligations import Obligation
from oversight.models import Membership, Person, Post, Unit
from oversight.models.organizations import CATEGORIES
from oversight.organization.actor import Actor, actor_of
from oversight.organization.members import members
from oversight.register import installation

PEOPLE = ("secretary", "organizer", "member", "member")
MEETINGS = ((3, 20), (10, 20))  # one in each half-year, the second in the fourth quarter too


@dataclass
class Told:
    """What was found of one key: by category whether it was open without its record, settled with it."""

    duty: Duty
    left_open: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)

    @property
    def proved(self) -> bool:
        return bool(self.bound) and self.bound == self.left_open == self.settled


def rehearse(session: Session, year: int, clock: Clock) -> dict[str, Told]:
    """Live the year in an empty database and return what was found by key. Commits."""
    begin, end = clock.at(date(year, 1, 1)), clock.at(date(year, 12, 31), 22)
    units = _found(session, begin)
    session.commit()
    found = {key: Told(duty) for key, duty in law.duties().items()}
    for unit in units:
        for one in _owes(session, unit, end):
            told = found[one.key]
            told.bound.add(unit.category)
            if one.open:
                told.left_open.add(unit.category)
        _live(session, unit, year, clock)
        left = {one.key for one in _owes(session, unit, end) if one.open}
        for key, told in found.items():
            if unit.category in told.bound and key not in left:
                told.settled.add(unit.category)
    return found


def _owes(session: Session, unit: Unit, at: Moment) -> Iterator[Obligation]:
    facts = obligations.read(session, [unit], at.today.year, at)
    yield from obligations.of_branch(facts, unit, None)
    yield from obligations.of_others(facts, unit, None)


def _found(session: Session, at: Moment) -> list[Unit]:
    """Found a zone with one branch of each category; returns the branches. Does not commit."""
    top = installation.found_zone(session, "演练区", at, accountable_from=at.today)
    since = at.today - timedelta(days=1)
    found = []
    for number, category in enumerate(CATEGORIES):
        unit = Unit(
            zone_id=top.zone_id,
            kind="branch",
            category=category,
            name=f"演练{number}支部",
            parent_id=top.id,
            path="",
            sort=number,
            accountable_from=at.today,
        )
        session.add(unit)
        session.flush()
        unit.path = f"{top.path}{unit.id}/"
        _people(session, unit, since)
        found.append(unit)
    return found


def _people(session: Session, unit: Unit, since: date) -> None:
    """Give a branch its members: one of them joined the Party in each month of the second half."""
    for number, office in enumerate(PEOPLE):
        joined = date(2000, 7 + number, 1)
        person = Person(zone_id=unit.zone_id, name=f"演练{number}", joined_on=joined)
        session.add(person)
        session.flush()
        own = {
            "zone_id": unit.zone_id,
            "person_id": person.id,
            "unit_id": unit.id,
            "from_on": since,
        }
        session.add(Membership(**own, sort=number))
        if office != "member":
            session.add(Post(**own, office=office))
    session.flush()


def _live(session: Session, unit: Unit, year: int, clock: Clock) -> None:
    """Let a branch do all that it owes of the year and enter it in time."""
    own = members(session, unit.id, date(year, 1, 2))
    for month in range(1, 13):
        _hold(session, unit, own, date(year, month, 1), clock)
    for month, day in MEETINGS:
        at = clock.at(date(year, month, day))
        who = actor_of(session, own[0].id, at.today)
        life_meetings.note(session, unit.id, at.today.isoformat(), who, at)
    for duty in law.duties().values():
        if duty_records.owes_yearly(duty, unit):
            _enter(session, unit, duty, own[0], year, clock)


def _hold(session: Session, unit: Unit, own: list[Person], first: date, clock: Clock) -> None:
    row = activity_for(session, unit, first.year, first.month)
    day = row.day or first.replace(day=20)
    at = clock.at(day + timedelta(days=1))
    who = actor_of(session, own[0].id, at.today)
    items = duty_records.items(session, row, own)
    sheet = attendance.Sheet(
        {one.id: ("present", None, None) for one in own},
        held_on=day,
        done={item.duty.key: Done("演练") for item in items},
    )
    attendance.submit(session, row.id, sheet, who, at)


def _enter(
    session: Session, unit: Unit, duty: Duty, person: Person, year: int, clock: Clock
) -> None:
    span = law.SPANS[duty.period]
    for month in range(1, 13, span):
        at = clock.at(date(year, month, 15))
        who: Actor = actor_of(session, person.id, at.today)
        duty_records.enter(session, unit.id, duty.key, at.today.isoformat(), "演练", who, at)
