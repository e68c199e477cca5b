"""A member's own year: party days with how he took part, lessons to make up, the exemption, and his
own cases.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import Id, columns, objects, put
from oversight.base.kept import write_out
from oversight.base.prepared import Prepared
from oversight.base.sentences import N_
from oversight.calendar.party_days import STATUS_LABELS, entry_open, owed, status
from oversight.calendar.zone import apart_july, zone_settings
from oversight.models import Activity, Attendance, Case, LeaveNotice, Membership, WorkItem
from oversight.models.appraisal import GRADES, Appraised
from oversight.models.attendance import CLASSES, FORMS, ONLY_TOLD
from oversight.organization import standing
from oversight.organization.actor import Actor
from oversight.organization.members import exempt_on
from oversight.rules.absence import FOLLOW_UP

from . import leave
from .month import next_days

APPRAISAL = "appraisal"  # its cases have a section of their own: 我的自评, 我的评议结果
MAKE_UP = FOLLOW_UP
DONE = ("made_up", "excused")  # how a make-up ends for good


@dataclass(frozen=True)
class Day:
    """A party day as it concerns one member; `label` says how he took part or how the day stands."""

    activity: Activity
    kind: str
    label: str
    exempt: bool = False
    ahead: bool = False
    leave: LeaveNotice | None = None

    @property
    def on(self) -> date | None:
        return self.activity.held_on or self.activity.day

    @property
    def asked(self) -> bool:
        """True where he has said that he can't come on this day."""
        return self.leave is not None and leave.stands(self.leave, self.activity)

    @property
    def moved(self) -> bool:
        """True where he had said so of another day, before this one was moved."""
        return self.leave is not None and not self.asked


@dataclass
class Mine:
    """What a member's own page tells; `grades` by appraisal, once he was told. `made_up` are the
    make-ups of the year that are done with, `unexcused` those of its absences found to be 无故.
    """

    year: int
    days: list[Day] = field(default_factory=list)
    make_ups: list[Case] = field(default_factory=list)
    made_up: list[Case] = field(default_factory=list)
    unexcused: list[Case] = field(default_factory=list)
    appraisals: list[Case] = field(default_factory=list)
    others: list[Case] = field(default_factory=list)
    exempt_until: date | None = None
    grades: dict[str, str] = field(default_factory=dict)
    undecided: bool = False

    @property
    def next(self) -> Day | None:
        """Return the next party day, where it has a day and no month before it is still to be decided."""
        ahead = (day for day in self.days if day.ahead and day.on)
        return None if self.undecided else next(ahead, None)

    @property
    def took_part(self) -> int:
        return sum(day.kind in ("present", "other_form") for day in self.days)

    @property
    def counted(self) -> int:
        return sum(day.kind in CLASSES or day.kind == "informed" for day in self.days)


_PERSON = sa.bindparam("person", type_=Id)
_CONCERNED = Prepared(
    sa.select(*columns(Case))
    .where(
        Case.id.in_(
            sa.union(  # each half by an index of its own
                sa.select(Case.id).where(Case.data_subject_id == _PERSON),
                sa.select(WorkItem.case_id).where(
                    WorkItem.person_id == _PERSON, WorkItem.role == "member"
                ),
            )
        ),
        Case.zone_id == sa.bindparam("of_zone", type_=Id),
    )
    .order_by(Case.closed_at.is_not(None), Case.id.desc())
)
_GRADED = Prepared(
    sa.select(Appraised.case_id, Appraised.grade).where(
        Appraised.person_id == _PERSON, Appraised.told_on.is_not(None)
    )
)
_ON = sa.func.coalesce(Activity.held_on, Activity.day)
_BELONGED = Prepared(
    sa.select(*columns(Activity))
    .join(Membership, Membership.unit_id == Activity.unit_id)
    .where(
        Membership.person_id == _PERSON,
        Activity.year == sa.bindparam("of_year"),
        Membership.from_on <= _ON,
        sa.or_(Membership.to_on.is_(None), Membership.to_on >= _ON),
    )
)
_TAKEN = Prepared(
    sa.select(*columns(Activity), Attendance.kind.label("way"), Attendance.form)
    .join(Attendance, Attendance.activity_id == Activity.id)
    .where(Attendance.person_id == _PERSON, Activity.year == sa.bindparam("of_year"))
)


def read(session: Session, who: Actor, year: int) -> Mine:
    """Gather a member's year and the cases that concern him, the newest first. At the end of a year
    the first day of the next one stands with it.
    """
    mine = Mine(year, _days(session, who, year))
    if mine.next is None:
        mine.days += [day for day in _days(session, who, year + 1) if day.ahead and day.on][:1]
    mine.undecided = _undecided(session, who, mine.next)
    _read_leave(session, who, mine)
    cases = objects(session, Case, _CONCERNED, person=who.id, of_zone=who.zone_id)
    standing.place(session, cases)
    for case in cases:
        if case.workflow == APPRAISAL:
            mine.appraisals.append(case)
        elif case.workflow == MAKE_UP:
            _file_make_up(mine, case)
        else:
            mine.others.append(case)
    graded = _GRADED.rows(session, person=who.id) if mine.appraisals else ()
    mine.grades = {case_id: GRADES[grade] for case_id, grade in graded}
    if who.person.exempt_until and who.person.exempt_until >= who.on:
        mine.exempt_until = who.person.exempt_until
    return mine


def _undecided(session: Session, who: Actor, found: Day | None) -> bool:
    """True where the member's branch chooses its days itself, and has not chosen that of a month before
    the day found.
    """
    unit = who.branch
    if unit is None or unit.fixed_day or found is None:
        return False
    return next_days(session, [unit], who.on).get(unit.id) is None


def _read_leave(session: Session, who: Actor, mine: Mine) -> None:
    """Put beside the days ahead what the member has said about them."""
    ahead = [day for day in mine.days if day.ahead]
    said = leave.own(session, who, [day.activity for day in ahead])
    mine.days = [
        replace(day, leave=said[day.activity.id]) if day.activity.id in said else day
        for day in mine.days
    ]


def _file_make_up(mine: Mine, case: Case) -> None:
    """Put the follow-up of an absence where his page shows it; one that was corrected nowhere."""
    if case.open:
        mine.make_ups.append(case)
    own = {day.activity.id for day in mine.days}
    if case.facts.get("activity") not in own:
        return
    if case.state in DONE and case.facts.get("kind") in ("leave", "absent"):
        mine.made_up.append(case)
    if case.facts.get("unexcused") and case.state not in ("void", "corrected"):
        mine.unexcused.append(case)


def _days(session: Session, who: Actor, year: int) -> list[Day]:
    """Return the party days of the branches to which the member belonged on each day, and those of
    others in which he took part.
    """
    write_out(session)
    asked = {"person": who.id, "of_year": year}
    ways: dict[str, tuple[str, str | None]] = {}
    rows = {row["id"]: row for row in _BELONGED.dicts(session, **asked)}
    for row in _TAKEN.dicts(session, **asked):
        ways[row["id"]] = row.pop("way"), row.pop("form")
        rows[row["id"]] = row
    days = [put(session, Activity, row) for row in rows.values()]
    standing.place(session, days)
    apart = apart_july(zone_settings(session, who.zone_id))
    return [
        _day(session, day, ways.get(day.id), who)
        for day in sorted(days, key=lambda day: (day.month, day.id))
        if day.id in ways or owed(day.unit, day.year, day.month) and (day.kind != "july" or apart)
    ]


def _day(
    session: Session, activity: Activity, taken: tuple[str, str | None] | None, who: Actor
) -> Day:
    on = activity.held_on or activity.day
    if taken is not None:
        way, form = taken
        label = FORMS.get(form or "", "") or CLASSES[way]
        return Day(activity, "informed" if form in ONLY_TOLD else way, label)
    if activity.held_on and on and exempt_on(who.person, on):
        return Day(activity, "exempt", N_("免予参加"), exempt=True)
    entering = activity.held_on is None and entry_open(session, activity, who.on)
    stands = status(activity, who.on, entering=entering)
    return Day(
        activity,
        stands,
        STATUS_LABELS[stands],
        ahead=bool(on and on >= who.on and not activity.held_on and not activity.excused_by),
    )
