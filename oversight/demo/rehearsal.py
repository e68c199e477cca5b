"""A year of one branch of each category, a town and a zone in a scratch database: what each key of the
register obliges to is left open, then settled by its record, through the real use cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Clock, Moment
from oversight.calendar.party_days import activity_for
from oversight.engine import transitions
from oversight.law import duties as law
from oversight.law.duties import Duty
from oversight.ledger import (
    attendance,
    charter,
    duty_records,
    life_meetings,
    obligations,
    registers,
)
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
    """What was found of one key: by category whether it was open without its record, settled with it;
    `played`: what the scenarios showed of it.
    """

    duty: Duty
    left_open: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    played: set[str] = field(default_factory=set)

    @property
    def shown(self) -> bool:
        return self.played == {"open", "settled"}

    @property
    def proved(self) -> bool:
        return bool(self.bound) and self.bound == self.left_open == self.settled


def rehearse(session: Session, year: int, clock: Clock) -> dict[str, Told]:
    """Live the year in an empty database and return what was found by key. Commits."""
    begin, end = clock.at(date(year, 1, 1)), clock.at(date(year, 12, 31), 22)
    top, town, units = found_zone(session, begin)
    session.commit()
    found = {key: Told(duty) for key, duty in law.duties().items()}
    for unit in units:
        _watch(session, unit, end, found, partial(_live, session, unit, year, clock))
    _watch(session, top, end, found, partial(_above, session, top, units, year, clock))
    _watch(session, town, end, found, partial(_above, session, town, units, year, clock))
    return found


def _watch(
    session: Session, unit: Unit, end: Moment, found: dict[str, Told], live: Callable[[], None]
) -> None:
    """Note what a unit leaves open that does nothing, and what is settled once it has lived its year."""
    name = unit.category or unit.kind
    for one in _owes(session, unit, end):
        found[one.key].bound.add(name)
        if one.open:
            found[one.key].left_open.add(name)
    live()
    left = {one.key for one in _owes(session, unit, end) if one.open}
    for key, told in found.items():
        if name in told.bound and key not in left:
            told.settled.add(name)


def _owes(session: Session, unit: Unit, at: Moment) -> Iterator[Obligation]:
    facts = obligations.read(session, [unit], at.today.year, at)
    if unit.kind == "branch":
        yield from obligations.of_branch(facts, unit, None)
        yield from obligations.of_others(facts, unit, None)
    else:
        yield from obligations.of_superior(facts, unit, set(CATEGORIES))


def found_zone(session: Session, at: Moment) -> tuple[Unit, Unit, list[Unit]]:
    """Found a zone, a town in it and one branch of each category below that. Does not commit."""
    top = installation.found_zone(
        session, "演练区", at, accountable_from=at.today, doc_prefix="演党"
    )
    since = at.today - timedelta(days=1)
    town = _unit(session, top, "town", "演练镇党委", at, doc_prefix="演镇")
    for above in (top, town):
        _people(session, above, since, ("officer", "secretary", "inspector"))
    found = [
        _unit(session, town, "branch", f"演练{number}支部", at, category=category)
        for number, category in enumerate(CATEGORIES)
    ]
    for unit in found:
        _people(session, unit, since, PEOPLE)
    return top, town, found


def _unit(session: Session, above: Unit, kind: str, name: str, at: Moment, **more) -> Unit:
    unit = Unit(
        zone_id=above.zone_id,
        kind=kind,
        name=name,
        parent_id=above.id,
        path="",
        accountable_from=at.today,
        **more,
    )
    session.add(unit)
    session.flush()
    unit.path = f"{above.path}{unit.id}/"
    return unit


def _people(session: Session, unit: Unit, since: date, offices: tuple[str, ...]) -> None:
    """Give a unit its people, a branch's as members: one joined the Party in each of four months, one is
    a leader above, and one from outside is assigned to it.
    """
    branch = unit.kind == "branch"
    for number, office in enumerate((*offices, "instructor") if branch else offices):
        person = Person(
            zone_id=unit.zone_id,
            name=f"演练{number}",
            joined_on=date(2000, 7 + number, 1),
            leading=branch and office == "organizer",
        )
        session.add(person)
        session.flush()
        own = {
            "zone_id": unit.zone_id,
            "person_id": person.id,
            "unit_id": unit.id,
            "from_on": since,
        }
        if branch and office != "instructor":
            session.add(Membership(**own, sort=number))
        if office != "member":
            session.add(Post(**own, office=office))
    session.flush()


def _live(session: Session, unit: Unit, year: int, clock: Clock) -> None:
    """Let a branch do all that it owes of the year and enter it in time."""
    own = members(session, unit.id, date(year, 1, 2))
    for month in range(1, 13):
        hold(session, unit, own, date(year, month, 1), clock)
    for held_on in MEETINGS:
        at = clock.at(date(year, *held_on))
        who = actor_of(session, own[0].id, at.today)
        life_meetings.note(session, unit.id, at.today.isoformat(), who, at)
    _fill_year(session, unit, own[0], year, clock)
    for day in (date(year, 2, 10), date(year, 7, 1)):
        _visit_members(session, unit, own, clock.at(day))


def _fill_year(session: Session, unit: Unit, person: Person, year: int, clock: Clock) -> None:
    for duty in law.duties().values():
        if duty_records.owes_yearly(duty, unit):
            _enter(session, unit, duty, person, year, clock)


def _visit_members(session: Session, unit: Unit, own: list[Person], at: Moment) -> None:
    """Visit a member, and deal with one thing of each kind that may come up."""
    who, day = actor_of(session, own[0].id, at.today), at.today.isoformat()
    for kind, about in registers.KINDS.items():
        words = {"kind": kind, "on": day, "person": own[1].id}
        words["what"] = "" if about.register == registers.BREACH else "演练"
        row = registers.note(session, unit.id, words, who, at)
        registers.settle(session, row.id, {"on": day, "note": "演练"}, who, at)


def _above(session: Session, unit: Unit, branches: list[Unit], year: int, clock: Clock) -> None:
    """Let a superior do what it owes: its year sheet, inspections, and the zone's themes and bulletins."""
    officer, signer, inspector = session.scalars(
        sa.select(Person)
        .join(Post, Post.person_id == Person.id)
        .where(Post.unit_id == unit.id)
        .order_by(Post.id)
    )
    _fill_year(session, unit, officer, year, clock)
    for month in range(1, 13):
        at = clock.at(date(year, month, 15))
        for branch in branches if month == 1 or unit.kind == "zone" else ():
            _inspect(session, branch, inspector, at)
        for name in ("theme", "bulletin") if unit.kind == "zone" else ():
            _tell(session, unit, name, officer, signer, at)


def _inspect(session: Session, branch: Unit, inspector: Person, at: Moment) -> None:
    who = actor_of(session, inspector.id, at.today)
    words = {"method": "random", "inspected_on": at.today.isoformat()}
    case = transitions.open_case(session, "inspection", branch.id, words, who, at)
    transitions.perform(session, case.id, "conclude", who, {}, version=None, at=at)
    session.commit()


def _tell(
    session: Session, unit: Unit, name: str, officer: Person, signer: Person, at: Moment
) -> None:
    """Let one draft a notice of a month, and another sign it."""
    who, other = (actor_of(session, one.id, at.today) for one in (officer, signer))
    words = {"month": at.today.isoformat()[:7]}
    words |= {"theme": "演练", "actions": "演练"} if name == "theme" else {"comment": "演练"}
    case = transitions.open_case(session, name, unit.id, words, who, at)
    transitions.perform(session, case.id, "propose", who, {}, version=None, at=at)
    transitions.perform(session, case.id, "sign", other, {}, version=None, at=at)
    session.commit()


def hold(session: Session, unit: Unit, own: list[Person], first: date, clock: Clock) -> None:
    row = activity_for(session, unit, first.year, first.month)
    day = row.day or first.replace(day=20)
    at = clock.at(day + timedelta(days=1))
    who = actor_of(session, own[0].id, at.today)
    items = duty_records.items(session, row, own)
    sheet = attendance.Sheet(
        {one.id: ("present", None, None) for one in own}, held_on=day, done=_did(items, first.month)
    )
    attendance.submit(session, row.id, sheet, who, at)


def _did(items: list[duty_records.Item], month: int) -> dict[str, Done]:
    """Return all that a sheet lists as done: the lecture by another each month, a chapter a month."""
    keys = {item.duty.key for item in items}
    able = [key for key in duty_records.LECTURES if key in keys]
    keys -= set(able) - {able[month % len(able)]}
    chapter = charter.PARTS[month - 1]
    return {key: Done(chapter if key == "CHARTER.FULL_YEARLY" else "演练") for key in keys}


def _enter(
    session: Session, unit: Unit, duty: Duty, person: Person, year: int, clock: Clock
) -> None:
    span = law.SPANS[duty.period]
    for month in range(1, 13, span):
        at = clock.at(date(year, month, 15))
        who: Actor = actor_of(session, person.id, at.today)
        duty_records.enter(session, unit.id, duty.key, at.today.isoformat(), "演练", who, at)
