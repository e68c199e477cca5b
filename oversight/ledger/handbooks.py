"""The two handbooks of a year, compiled from the records: of a branch what it did month by month, of a member
how he took part. Nothing is entered for them. Source: G-4.4d, G-4.4e
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from oversight.base.clock import Moment
from oversight.base.db import find
from oversight.base.refusals import Forbidden, NotFound
from oversight.base.rows import grouped
from oversight.base.sentences import N_
from oversight.engine import authority
from oversight.law.duties import duties
from oversight.models import (
    Attendance,
    Case,
    DutyRecord,
    LifeMeeting,
    Membership,
    Person,
    RegisterEntry,
    Unit,
)
from oversight.models.attendance import CLASSES, FORMS, MODES
from oversight.organization.actor import Actor, actor_of
from oversight.organization.standing import is_member

from . import attendance, duty_records, life_meetings, month, obligations, own_year, registers
from .month import Month

MISSED = ("leave", "absent")


@dataclass
class Page:
    """One activity in the handbook of a branch: the day, who led and who was missing, what was done."""

    month: Month
    host: str = ""
    missing: list[tuple[str, str]] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    done: list[DutyRecord] = field(default_factory=list)

    @property
    def mode(self) -> str:
        return MODES.get(self.month.row.mode or "", "")


@dataclass
class BranchBook:
    """A branch's year."""

    unit: Unit
    year: int
    pages: list[Page]
    meetings: list[LifeMeeting]
    yearly: list[DutyRecord]
    issues: list[RegisterEntry]


def of_branch(session: Session, unit: Unit, year: int, who: Actor, at: Moment) -> BranchBook:
    """Return the handbook of a branch for whom may read its ledger. Raises NotFound, Forbidden."""
    obligations.readable(session, unit.id, who)
    months = month.of_year(session, unit, year, at.today, Month)
    held = [two for one in months for two in (one, *one.others) if two.row.held_on]
    met = [one for one in life_meetings.of_year(session, unit.id, year) if not one.withdrawn_at]
    entries = registers.of_unit(session, unit, who)
    return BranchBook(
        unit,
        year,
        _pages(session, held),
        met,
        [
            one
            for one in duty_records.of_year(session, unit, year)
            if one.key in duties() and not one.withdrawn_at
        ],
        [one for one in entries if _of(one, year) and one.withdrawn_at is None],
    )


def _of(row: RegisterEntry, year: int) -> bool:
    return row.came_on.year == year and registers.KINDS[row.kind].register == registers.ISSUE


def _pages(session: Session, held: list[Month]) -> list[Page]:
    ids = [one.row.id for one in held]
    sheets = duty_records.of_sheets(session, ids)
    missing = _rolls(session, ids)
    wanted = {one.row.host_id for one in held} - {None}
    hosts = dict(
        session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(wanted))).all()
    )
    order = list(duties())
    found = []
    for one in held:
        done = sorted(sheets.get(one.row.id, {}).values(), key=lambda row: order.index(row.key))
        rolls = missing.get(one.row.id, [])
        gone = [(name, said) for name, kind, said in rolls if kind in MISSED]
        others = [(name, said) for name, kind, said in rolls if kind not in MISSED]
        host = hosts.get(one.row.host_id or "", "")
        found.append(Page(one, host, gone, others, done))
    return found


def _rolls(session: Session, ids: list[str]) -> dict[str, list[tuple[str, str, str]]]:
    """Return by activity who did not simply come: name, class, and how that ended."""
    rows = session.execute(
        sa.select(Attendance, Person.name)
        .join(Person, Person.id == Attendance.person_id)
        .where(Attendance.activity_id.in_(ids), Attendance.kind != "present")
        .order_by(Attendance.activity_id, Person.id)
    ).all()
    keys = [f"{row.activity_id}:{row.person_id}" for row, _name in rows if row.kind in MISSED]
    cases = session.scalars(
        sa.select(Case).where(
            Case.workflow == "absence",
            Case.business_key.in_(keys),
            Case.state.not_in(attendance.NOT_KEPT),
        )
    )
    ends = {case.business_key: case for case in cases}
    return grouped(
        (
            row.activity_id,
            (name, row.kind, _said(row, ends.get(f"{row.activity_id}:{row.person_id}"))),
        )
        for row, name in rows
    )


def _said(row: Attendance, case: Case | None) -> str:
    """Say in one word how somebody took part, or how his absence was dealt with."""
    if row.form:
        return FORMS.get(row.form, row.form)
    if case is None:
        return CLASSES[row.kind]
    lesson = (case.facts.get("lesson") or {}).get("held_on")
    return lesson or (N_("正在办理") if case.open else N_("已办结"))


# A member -----------------------------------------------------------------------------------------


@dataclass
class MemberBook:
    """A member's year: how he took part, his dues and oath by month, and what came of his absences."""

    person: Person
    unit: Unit | None
    mine: own_year.Mine
    dues: dict[int, bool]
    oath: dict[int, bool]


def of_member(session: Session, person_id: str, year: int, who: Actor, at: Moment) -> MemberBook:
    """Return the handbook of a member for himself and the leaders of his branch.

    Raises NotFound, Forbidden.
    """
    person = find(session, Person, person_id)
    if person is None or person.zone_id != who.zone_id:
        raise NotFound()
    unit = _branch(session, person, at.today)
    if person.id != who.id:
        _must_lead(session, unit, who)
    mine = own_year.read(session, actor_of(session, person.id, at.today), year)
    records = _of_all(session, {day.activity.id for day in mine.days})
    return MemberBook(
        person,
        unit,
        mine,
        _his(records, "DUES.MONTHLY", person),
        _his(records, "OATH.JOIN_MONTH", person, person.joined_on),
    )


def _branch(session: Session, person: Person, on: date) -> Unit | None:
    return session.scalar(
        sa.select(Unit)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id == person.id, is_member(on))
        .order_by(Membership.from_on.desc())
        .limit(1)
    )


def _must_lead(session: Session, unit: Unit | None, who: Actor) -> None:
    if unit is None or not who.sees(unit):
        raise NotFound()
    if not authority.is_led_by(session, unit, who):
        raise Forbidden(N_("党员手册由本人和本支部负责人查看。"), rule="authority")


def _of_all(session: Session, ids: set[str]) -> list[DutyRecord]:
    """Return what the sheets of these days say of all members but some."""
    some = [key for key, duty in duties().items() if duty.of_some]
    wanted = sa.select(DutyRecord).where(
        DutyRecord.sheet_id.in_(ids), DutyRecord.key.in_(some), DutyRecord.withdrawn_at.is_(None)
    )
    return list(session.scalars(wanted.options(joinedload(DutyRecord.unit))))


def _his(
    records: list[DutyRecord], key: str, person: Person, joined: date | None = None
) -> dict[int, bool]:
    """Return by month whether it holds of a member; of an oath only in the month he joined in."""
    return {
        row.month: person.id not in row.facts.get("except", ())
        for row in records
        if row.key == key and (key == "DUES.MONTHLY" or joined and joined.month == row.month)
    }
