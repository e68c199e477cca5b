"""换届: what a leaver held follows the post, and the 交接清单 of a unit as of a day. No case changes its
state.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager

from oversight import workflows
from oversight.base.clock import Clock, Moment
from oversight.base.sentences import N_
from oversight.calendar.party_days import owed
from oversight.engine import assignment, inbox, outbox, transitions
from oversight.law.definition import Workflow
from oversight.models import (
    Activity,
    Case,
    FollowUp,
    JournalRow,
    Post,
    Substitution,
    Unit,
    WorkItem,
)
from oversight.organization.actor import Actor, AuthorityBasis, actor_of
from oversight.organization.standing import in_office


def release(session: Session, person_id: str, who: Actor | None, at: Moment) -> int:
    """Give back what a person holds on seats that he left;

    returns how many cases. Does not commit.
    """
    left = actor_of(session, person_id, at.today)
    seats = {(unit_id, candidate_group) for unit_id, candidate_group, _tier in left.seats}
    seats |= {(row.unit_id, candidate_group) for row, candidate_group, _tier in left.acting_seats}
    gone: dict[str, list[WorkItem]] = {}
    for desk in session.scalars(_held(person_id)):
        still = {unit_id for unit_id, _ladder in seats} if desk.kind in ("help", "sign") else seats
        if (
            desk.unit_id if desk.kind in ("help", "sign") else (desk.unit_id, desk.role)
        ) not in still:
            gone.setdefault(desk.case_id, []).append(desk)
    for case_id, rows in gone.items():
        _return(session, case_id, rows, person_id, who, at)
    return len(gone) + _follow_ups(session, left, at)


def _held(person_id: str):
    """Select what is claimed by, handed to, delegated to, or asked of a person."""
    is_open = WorkItem.closed_at.is_(None)  # beside each: the indexes hold open rows only
    ways = (
        sa.and_(is_open, WorkItem.claimed_by == person_id),
        sa.and_(is_open, WorkItem.handed_to == person_id),
        sa.and_(is_open, WorkItem.person_id == person_id, WorkItem.kind.in_(("help", "sign"))),
    )
    return sa.select(WorkItem).where(sa.or_(*ways)).order_by(WorkItem.case_id, WorkItem.id)


def _return(
    session: Session,
    case_id: str,
    rows: list[WorkItem],
    person_id: str,
    who: Actor | None,
    at: Moment,
) -> None:
    case = transitions.lock(session, case_id)
    for desk in rows:
        if desk.kind in ("help", "sign"):
            assignment.close(desk, at)
            continue
        assignment.hand_to(desk, None)
    post = who.posts[0] if who and who.posts else None
    ground = AuthorityBasis(
        post.unit_id if post else rows[0].unit_id, "handover", post.office if post else "member"
    )
    result = {
        "to": [session.get(Unit, rows[0].unit_id).name],
        "from": inbox.person_name(session, person_id),
    }
    attempt = transitions.context(session, case, at, who, basis=ground, result=result)
    transitions.record(attempt, "desk", "handover", case.state, case.state)
    session.flush()


def _follow_ups(session: Session, left: Actor, at: Moment) -> int:
    """Pass the leaver's reminders on cases out of his sight to who followed him in the post, else
    drop them.
    """
    done = 0
    for row in session.scalars(sa.select(FollowUp).where(FollowUp.person_id == left.id)).all():
        case = session.get(Case, row.case_id)
        if case.data_subject_id == left.id or any(case.unit.within(path) for path in left.business):
            continue
        successor_of = _heir(session, left, case, at.today)
        session.delete(row)
        session.flush()
        if successor_of and case.open and session.get(FollowUp, (case.id, successor_of)) is None:
            session.add(
                FollowUp(
                    case_id=case.id,
                    person_id=successor_of,
                    zone_id=case.zone_id,
                    day=row.day,
                    note=row.note,
                )
            )
        done += 1
    return done


def _heir(session: Session, left: Actor, case: Case, on: date) -> str | None:
    """Return who holds the post today in which the leaver saw a case."""
    for post in session.scalars(
        sa.select(Post)
        .where(Post.person_id == left.id, Post.to_on < on)
        .order_by(Post.to_on.desc())
    ):
        if case.unit.within(post.unit.path):
            return session.scalar(
                sa.select(Post.person_id)
                .where(Post.unit_id == post.unit_id, Post.office == post.office, in_office(on))
                .order_by(Post.from_on.desc())
                .limit(1)
            )
    return None


class Leavers:
    """People who hold something on a seat that they left: their post or their acting has ended."""

    rests_on = ("day", "posts")

    @staticmethod
    def keys(session: Session, at: Moment, _since) -> list[str]:
        ended = session.scalars(
            sa.select(Post.person_id).where(Post.to_on < at.today).distinct()
        ).all()
        stood = session.scalars(
            sa.select(Substitution.person_id).where(Substitution.to_on < at.today).distinct()
        ).all()
        people = {*ended, *stood}
        holding = {
            person
            for row in session.scalars(
                sa.select(WorkItem).where(
                    WorkItem.closed_at.is_(None),
                    sa.or_(
                        WorkItem.claimed_by.is_not(None),
                        WorkItem.handed_to.is_not(None),
                        WorkItem.kind.in_(("help", "sign")),
                    ),
                )
            )
            for person in (row.claimed_by, row.handed_to, row.person_id)
        }
        holding |= set(session.scalars(sa.select(FollowUp.person_id).distinct()))
        return sorted(people & holding)

    @staticmethod
    def one(session: Session, person_id: str, at: Moment) -> int:
        return release(session, person_id, None, at)


class FollowUps:
    """Reminders whose day has come: told once, to their owner only."""

    @staticmethod
    def keys(session: Session, at: Moment, _since) -> list[tuple[str, str]]:
        return [
            (case_id, person_id)
            for case_id, person_id in session.execute(
                sa.select(FollowUp.case_id, FollowUp.person_id)
                .join(Case, Case.id == FollowUp.case_id)
                .where(
                    FollowUp.day <= at.today, FollowUp.told_at.is_(None), Case.closed_at.is_(None)
                )
            )
        ]

    @staticmethod
    def one(session: Session, key: tuple[str, str], at: Moment) -> bool:
        row = session.get(FollowUp, key)
        if row is None or row.told_at:
            return False
        row.told_at = at.now
        outbox.notify(
            session,
            row.zone_id,
            row.person_id,
            f"follow:{row.case_id}:{row.day}",
            N_("您设的跟进日期到了"),
            at,
            row.case_id,
        )
        return True


# The checklist -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Open:
    """A case that was open at the end of a day: in which state it then was, and its last day where
    it still is.
    """

    case: Case
    label: str
    due_on: date | None


@dataclass(frozen=True)
class Checklist:
    """What is handed over in a unit as of the end of a day."""

    unit: Unit
    on: date
    cases: dict[str, list[Open]]
    months: list[Activity]
    posts: list[Post]
    told_of: list  # what the lines of the cases name, kept while they are written

    @property
    def count(self) -> int:
        return sum(len(rows) for rows in self.cases.values())


def checklist(session: Session, unit: Unit, on: date, today: date, clock: Clock) -> Checklist:
    """Gather a unit's 交接清单 as of the end of a day, from the cases and their journals."""
    end = datetime.combine(on + timedelta(days=1), time(), tzinfo=clock.zone)
    state = (
        sa.select(JournalRow.to_state)
        .where(JournalRow.case_id == Case.id, JournalRow.at < end)
        .order_by(JournalRow.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Case, state)
        .join(Case.unit)
        .options(contains_eager(Case.unit))
        .where(
            Unit.path.startswith(unit.path, autoescape=True),
            Case.zone_id == unit.zone_id,
            Case.opened_at < end,
            sa.or_(Case.closed_at.is_(None), Case.closed_at >= end),
        )
        .order_by(Case.workflow, Case.due_on, Case.id)
    )
    cases: dict[str, list[Open]] = {}
    for case, then in rows:
        workflow = workflows.get(case.workflow, case.definition_version)
        cases.setdefault(workflow.title, []).append(_as_of(workflow, case, then or case.state))
    posts = session.scalars(
        sa.select(Post)
        .where(Post.unit_id == unit.id, in_office(on))
        .order_by(Post.from_on, Post.id)
    )
    months = _unrecorded(session, unit, min(on, today))
    told_of = inbox.told_of(session, [row.case for rows in cases.values() for row in rows])
    return Checklist(unit, on, cases, months, list(posts), told_of)


def _as_of(workflow: Workflow, case: Case, name: str) -> Open:
    return Open(case, workflow.state(name).label, case.due_on if name == case.state else None)


def _unrecorded(session: Session, unit: Unit, on: date) -> list[Activity]:
    """Return the party days up to a day whose record is missing."""
    rows = session.scalars(
        sa.select(Activity)
        .join(Activity.unit)
        .options(contains_eager(Activity.unit))
        .where(
            Unit.path.startswith(unit.path, autoescape=True),
            Activity.kind == "party_day",
            Activity.day <= on,
            Activity.held_on.is_(None),
            Activity.excused_by.is_(None),
            Activity.day >= date(on.year - 1, 1, 1),
        )
        .order_by(Activity.day, Activity.id)
    )
    return [row for row in rows if owed(row.unit, row.year, row.month)]
