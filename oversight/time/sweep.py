"""Everything that time brings, once each and safe to repeat, derived anew from the business tables.

Each case in a transaction of its own: one broken case must not stop the others.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.db import insert_once
from oversight.base.refusals import DomainError
from oversight.calendar.party_days import plan_year
from oversight.calendar.workdays import add_workdays
from oversight.calendar.zone import zone_calendar
from oversight.engine import assignment, authority, journal, outbox, transitions
from oversight.engine.use_case import use_case
from oversight.models import (
    Activity,
    Case,
    Checkpoint,
    Idempotency,
    JournalRow,
    Reminder,
    Unit,
    WorkItem,
    Zone,
)
from oversight.register import departures, handover

from . import watch

OVERDUE = -1
SEALED_EVERY = timedelta(days=1)
RETRIES_LAST = timedelta(days=30)  # how long the answer to a repeated request is kept
NEAR = timedelta(days=31)  # no ladder begins earlier


def sweep(session: Session, at: Moment) -> dict[str, int]:
    """Let the clock make its moves, remind, escalate, reseat, plan; returns how many of each.
    Commits.
    """
    done: Counter[str] = Counter()
    for name, step in (
        ("planned", _plan),
        ("moved", _tick),
        ("settled", departures.Departed),
        ("reseated", _reseat),
        ("handed", handover.Leavers),
        ("followed", handover.FollowUps),
        *watch.STEPS,
        ("reminded", _remind),
    ):
        for key in step.keys(session, at):
            done[name] += _alone(session, step.one, key, at)
    done["delivered"] = sum(iter(lambda: outbox.dispatch(session, at, HANDLERS), 0))
    done["sealed"] = _seal(session, at)
    session.execute(sa.delete(Idempotency).where(Idempotency.at < at.now - RETRIES_LAST))
    session.commit()
    return dict(done)


def _seal(session: Session, at: Moment) -> int:
    """Seal the journal of each zone once a day, where it has grown."""
    sealed = 0
    for zone_id, last in session.execute(
        sa.select(Zone.id, sa.func.max(Checkpoint.at))
        .outerjoin(Checkpoint, Checkpoint.zone_id == Zone.id)
        .group_by(Zone.id)
    ).all():
        grown = sa.select(Case.id).where(Case.zone_id == zone_id, Case.seq > 0).limit(1)
        due = last is None or last <= at.now - SEALED_EVERY
        if due and session.scalar(grown):
            journal.checkpoint(session, zone_id, at.now)
            sealed += 1
    session.commit()
    return sealed


def _alone(session: Session, act, key, at: Moment) -> int:
    """Do one thing in its own transaction;

    a refusal, or somebody faster, counts as nothing done.
    """
    try:
        with use_case(session, None, at, "sweep"):
            return int(act(session, key, at))
    except DomainError:
        return 0


class _plan:
    """Zones with a branch whose year, this one or in the last quarter the next, is not planned to
    its end.
    """

    @staticmethod
    def keys(session: Session, at: Moment):
        years = {at.today.year, at.today.year + (at.today.month >= 10)}
        found = [
            (zone, year)
            for year in sorted(years)
            for zone in session.scalars(_unplanned(year)).all()
        ]
        session.rollback()
        return found

    @staticmethod
    def one(session: Session, key, at: Moment) -> int:
        branches = session.scalars(
            sa.select(Unit).where(Unit.zone_id == key[0], Unit.kind == "branch")
        )
        return plan_year(session, list(branches), key[1], at)


def _unplanned(year: int):
    planned = sa.exists().where(
        Activity.unit_id == Unit.id, Activity.year == year, Activity.month == 12
    )
    return (
        sa.select(Unit.zone_id)
        .where(
            Unit.kind == "branch",
            Unit.ended_on.is_(None),
            Unit.accountable_from <= date(year, 12, 31),
            ~planned,
        )
        .distinct()
    )


class _tick:
    """Cases in which the clock has a move to make."""

    @staticmethod
    def keys(session: Session, at: Moment):
        found = session.scalars(
            sa.select(Case.id)
            .where(Case.closed_at.is_(None), Case.wake_on <= at.today)
            .order_by(Case.wake_on, Case.id)
        ).all()
        session.rollback()
        return found

    @staticmethod
    def one(session: Session, case_id: str, at: Moment) -> bool:
        return transitions.tick(session, case_id, at)


class _reseat:
    """Cases that lie on a seat, or in a body with somebody, that nobody fills any more."""

    @staticmethod
    def keys(session: Session, at: Moment):
        seats = session.execute(
            sa.select(WorkItem.zone_id, WorkItem.unit_id, WorkItem.role, WorkItem.rank)
            .where(WorkItem.closed_at.is_(None), WorkItem.kind == "act")
            .distinct()
        ).all()
        empty = [seat for seat in seats if not authority.seated(session, *seat, at.today)]
        found = [
            session.scalars(
                sa.select(WorkItem.case_id).where(
                    WorkItem.closed_at.is_(None),
                    WorkItem.kind == "act",
                    WorkItem.unit_id == unit_id,
                    WorkItem.role == role,
                    WorkItem.rank == rank,
                )
            ).all()
            for _zone, unit_id, role, rank in empty
        ]
        found.append(authority.gone_from_bodies(session, at.today))
        session.rollback()
        return list(dict.fromkeys(case_id for group in found for case_id in group))

    @staticmethod
    def one(session: Session, case_id: str, at: Moment) -> bool:
        return transitions.reassign_case(session, case_id, at)


class _remind:
    """Cases near or past their day whose ladder has a rung left."""

    @staticmethod
    def keys(session: Session, at: Moment):
        done = sa.exists().where(
            Reminder.case_id == Case.id, Reminder.version == Case.version, Reminder.rung == OVERDUE
        )
        found = session.scalars(
            sa.select(Case.id)
            .where(Case.closed_at.is_(None), Case.due_on <= at.today + NEAR, ~done)
            .order_by(Case.due_on)
        ).all()
        session.rollback()
        return found

    @staticmethod
    def one(session: Session, case_id: str, at: Moment) -> int:
        case = transitions.lock(session, case_id)
        return sum(_use(session, case, rung, at) for rung in _reached(session, case, at))


def _use(session: Session, case: Case, rung: int, at: Moment) -> bool:
    """Claim a rung by inserting it, and only then act on it."""
    if not insert_once(
        session,
        Reminder,
        case_id=case.id,
        version=_turn(session, case),
        rung=rung,
        zone_id=case.zone_id,
        at=at.now,
    ):
        return False
    if rung == OVERDUE:
        assignment.escalate(session, case, at)
    return outbox.enqueue(
        session,
        case.zone_id,
        f"remind:{case.id}:{case.version}:{rung}",
        "notify",
        {"case": case.id, "version": case.version},
        at.now,
    )


def _turn(session: Session, case: Case) -> int:
    """Return the version from which it is this turn: where many act, each act makes a new one, but
    no new turn.
    """
    workflow = workflows.of(case)
    many = {move.name for move in workflow.leaving(workflow.state(case.state)) if move.unversioned}
    if not many:
        return case.version
    acted = sa.select(sa.func.count()).where(
        JournalRow.case_id == case.id,
        JournalRow.move.in_(many),
        JournalRow.from_state == case.state,
        JournalRow.to_state == case.state,
        JournalRow.at >= case.entered_at,
    )
    return case.version - session.scalar(acted)


def _reached(session: Session, case: Case, at: Moment) -> list[int]:
    """Return the newest rung reached: working days before the due day, or OVERDUE after it."""
    due = workflows.of(case).state(case.state).due
    if case.due_on < at.today:
        return [OVERDUE]
    calendar = zone_calendar(session, case.zone_id)
    reached = [
        rung for rung in due.reminders if add_workdays(calendar, case.due_on, -rung) <= at.today
    ]
    return [min(reached)] if reached else []


def _notify(session: Session, key: str, payload: dict, at: Moment) -> None:
    outbox.notify_desk(session, key, payload, at, authority.desk_people)


HANDLERS = {"notify": _notify, "tell": watch.tell}
