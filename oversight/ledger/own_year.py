"""A member's own year: party days with how he took part, lessons to make up, the exemption, and his
own cases.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from oversight.base.sentences import N_
from oversight.calendar.party_days import STATUS_LABELS, entry_open, owed, status
from oversight.calendar.zone import apart_july, zone_settings
from oversight.models import Activity, Attendance, Case, LeaveNotice, Membership, WorkItem
from oversight.models.appraisal import GRADES, Appraised
from oversight.models.attendance import CLASSES, FORMS, ONLY_TOLD
from oversight.organization.actor import Actor
from oversight.organization.members import exempt_on
from oversight.rules.absence import FOLLOW_UP

from . import leave

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

    @property
    def next(self) -> Day | None:
        """Return the next party day, where it has a day."""
        return next((day for day in self.days if day.ahead and day.on), None)

    @property
    def took_part(self) -> int:
        return sum(day.kind in ("present", "other_form") for day in self.days)

    @property
    def counted(self) -> int:
        return sum(day.kind in CLASSES or day.kind == "informed" for day in self.days)


def read(session: Session, who: Actor, year: int) -> Mine:
    """Gather a member's year and the cases that concern him, the newest first. At the end of a year
    the first day of the next one stands with it.
    """
    mine = Mine(year, _days(session, who, year))
    if mine.next is None:
        mine.days += [day for day in _days(session, who, year + 1) if day.ahead and day.on][:1]
    _read_leave(session, who, mine)
    concerned = sa.union(  # each half by an index of its own
        sa.select(Case.id).where(Case.data_subject_id == who.id),
        sa.select(WorkItem.case_id).where(WorkItem.person_id == who.id, WorkItem.role == "member"),
    )
    for case in session.scalars(
        sa.select(Case)
        .where(Case.id.in_(concerned), Case.zone_id == who.zone_id)
        .options(joinedload(Case.unit))
        .order_by(Case.closed_at.is_not(None), Case.id.desc())
    ):
        if case.workflow == APPRAISAL:
            mine.appraisals.append(case)
        elif case.workflow == MAKE_UP:
            _file_make_up(mine, case)
        else:
            mine.others.append(case)
    mine.grades = {
        case_id: GRADES[grade]
        for case_id, grade in session.execute(
            sa.select(Appraised.case_id, Appraised.grade).where(
                Appraised.person_id == who.id, Appraised.told_on.is_not(None)
            )
        )
    }
    if who.person.exempt_until and who.person.exempt_until >= who.on:
        mine.exempt_until = who.person.exempt_until
    return mine


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
    if case.state in DONE:
        mine.made_up.append(case)
    if case.facts.get("unexcused") and case.state not in ("void", "corrected"):
        mine.unexcused.append(case)


def _days(session: Session, who: Actor, year: int) -> list[Day]:
    """Return the party days of the branches to which the member belonged on each day."""
    belonged = sa.exists().where(
        Membership.person_id == who.id,
        Membership.unit_id == Activity.unit_id,
        Membership.from_on <= sa.func.coalesce(Activity.held_on, Activity.day),
        sa.or_(
            Membership.to_on.is_(None),
            Membership.to_on >= sa.func.coalesce(Activity.held_on, Activity.day),
        ),
    )
    apart = apart_july(zone_settings(session, who.zone_id))
    rows = session.execute(
        sa.select(Activity, Attendance)
        .outerjoin(
            Attendance,
            sa.and_(Attendance.activity_id == Activity.id, Attendance.person_id == who.id),
        )
        .where(Activity.year == year, sa.or_(belonged, Attendance.person_id.is_not(None)))
        .options(joinedload(Activity.unit))
        .order_by(Activity.month, Activity.id)
    ).all()
    return [
        _day(session, activity, taken, who)
        for activity, taken in rows
        if taken is not None
        or owed(activity.unit, activity.year, activity.month)
        and (activity.kind != "july" or apart)
    ]


def _day(session: Session, activity: Activity, taken: Attendance | None, who: Actor) -> Day:
    on = activity.held_on or activity.day
    if taken is not None:
        way = FORMS.get(taken.form or "", "") or CLASSES[taken.kind]
        return Day(activity, "informed" if taken.form in ONLY_TOLD else taken.kind, way)
    if activity.held_on and on and exempt_on(who.person, on):
        return Day(activity, "exempt", N_("免予参加"), exempt=True)
    entering = activity.held_on is None and entry_open(session, activity, who.on)
    stands = status(activity, who.on, entering=entering)
    return Day(
        activity,
        stands,
        STATUS_LABELS[stands],
        ahead=bool(on and on >= who.on and not activity.held_on),
    )
