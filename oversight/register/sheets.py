"""Recorded sheets of party days on which somebody stands who did not belong to the branch that day,
because his move, leaving or split is entered for an earlier day. They are named before, and put right.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import RuleViolation
from oversight.base.sentences import N_, say
from oversight.calendar.party_days import change
from oversight.engine import transitions
from oversight.law.clauses import house_rule
from oversight.law.roles import BRANCH_LEADERS
from oversight.models import Activity, Attendance, Case, Exempted, Person, Post, Unit
from oversight.organization.actor import Actor, AuthorityBasis
from oversight.organization.names import told_apart
from oversight.organization.standing import in_office

from . import told

PUT_RIGHT = house_rule("生效日期在已登记的党日以前的，先列明涉及的考勤，确认后一并更正，注明原因。")
WHY = N_("按更早的生效日期更正：当日不是本支部党员")


@dataclass(frozen=True)
class Sheet:
    """A recorded sheet, and who must come off it."""

    activity: Activity
    people: list[Person]

    @property
    def sentence(self) -> str:
        """Return what is done to it, to be read before."""
        names = "、".join(told_apart(self.people).values())
        day = self.activity.held_on or self.activity.day
        return say(
            "%(unit)s%(day)s的党日已登记考勤，%(names)s将从应到名单中去掉，记录注明更正。",
            unit=self.activity.unit.name,
            day=told.day(day),
            names=names,
        )


def affected(session: Session, unit_id: str, people: list[str], on: date) -> list[Sheet]:
    """Return the sheets of a branch, of activities held on a day or later, on which these stand."""
    held = sa.func.coalesce(Activity.held_on, Activity.day)
    rows = session.execute(
        sa.select(Activity, Person)
        .join(Attendance, Attendance.activity_id == Activity.id)
        .join(Person, Person.id == Attendance.person_id)
        .where(Attendance.person_id.in_(people), Activity.unit_id == unit_id, held >= on)
        .order_by(held, Activity.id, Person.id)
    )
    found: dict[str, Sheet] = {}
    for activity, person in rows:
        found.setdefault(activity.id, Sheet(activity, [])).people.append(person)
    return list(found.values())


def confirm(found: list[Sheet], sure: bool) -> None:
    """Make sure that whoever asks has seen which sheets are put right. Raises RuleViolation."""
    if found and not sure:
        said = "".join(sheet.sentence for sheet in found)
        raise RuleViolation(said, rule="sheets", field="on", house_rule=PUT_RIGHT.text)


def tell_lacking(session: Session, unit: Unit, person: Person, on: date, at: Moment) -> None:
    """Tell the leaders of a branch on which recorded sheets a member is not who belonged to it from
    an earlier day: they take him in by a correction. Does not commit.
    """
    held = sa.select(Activity.held_on).where(
        Activity.unit_id == unit.id, Activity.held_on >= on, Activity.confirmed_at.is_not(None)
    )
    days = [told.day(day) for day in session.scalars(held.order_by(Activity.held_on))]
    if not days:
        return
    said = N_("%(name)s自%(on)s起属于%(unit)s，%(days)s的党日考勤里没有他，请更正补登。")
    text = say(said, name=person.name, on=told.day(on), unit=unit.name, days="、".join(days))
    leading = sa.select(Post.person_id).where(
        Post.unit_id == unit.id, Post.office.in_(BRANCH_LEADERS), in_office(at.today)
    )
    for leader in sorted(set(session.scalars(leading))):
        told.person(session, unit.zone_id, leader, f"lacking:{person.id}", text, at)


def put_right(session: Session, found: list[Sheet], who: Actor, at: Moment) -> None:
    """Take people off recorded sheets, each a correction with its reason; the follow-ups of their
    absence end by it. Does not commit.
    """
    for sheet in found:
        _take_off(session, sheet, who, at)


def _take_off(session: Session, sheet: Sheet, who: Actor, at: Moment) -> None:
    activity, ids = sheet.activity, [person.id for person in sheet.people]
    wanted = sa.select(Attendance).where(
        Attendance.activity_id == activity.id, Attendance.person_id.in_(ids)
    )
    rows = session.scalars(wanted).all()
    what = {row.person_id: [[row.kind, row.form, row.category], None] for row in rows}
    for row in rows:
        session.delete(row)
    gone = (Exempted.activity_id == activity.id, Exempted.person_id.in_(ids))
    session.execute(sa.delete(Exempted).where(*gone))
    session.flush()
    post = who.posts[0] if who.posts else None
    stand = AuthorityBasis(
        post.unit_id if post else activity.unit_id, "registrar", post.office if post else ""
    )
    noted = {"attendance": what}
    change(session, activity, at, WHY, act="correct", by=who.id, stand=stand, noted=noted)
    _end_follow_ups(session, activity, ids, at)


def _end_follow_ups(session: Session, activity: Activity, ids: list[str], at: Moment) -> None:
    keys = [f"{activity.id}:{person_id}" for person_id in ids]
    open_ones = sa.select(Case.id).where(
        Case.workflow == "absence", Case.business_key.in_(keys), Case.closed_at.is_(None)
    )
    for case_id in session.scalars(open_ones).all():
        transitions.evaluate_automatic(session, case_id, at)
