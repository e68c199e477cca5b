"""The steps of the sweep: each derives what is due from the business tables, and is idempotent.

What is due is looked for without a lock, and done in lists, a transaction each; where one of a list
fails the others are done alone. Nothing due means nothing read or locked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from time import monotonic

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.db import insert_once, reading
from oversight.base.kept import plain
from oversight.base.refusals import AlreadyTaken, InvalidTransition, VersionConflict
from oversight.base.signing import Signer
from oversight.calendar.party_days import plan_year
from oversight.calendar.workdays import add_workdays
from oversight.calendar.zone import zone_calendar
from oversight.engine import assignment, authority, outbox, seals, statements, told, transitions
from oversight.engine.use_case import use_case
from oversight.models import Activity, Case, Idempotency, JournalRow, Reminder, Unit, WorkItem
from oversight.organization import standing
from oversight.register import accounts, audit_log, departures, drafts, handover, reorganized
from oversight.rules.context import TransitionContext

from . import marks, outside, watch
from .faults import Faults

OVERDUE = -1
RETRIES_LAST = timedelta(days=30)  # how long the answer to a repeated request is kept
LIST, FIRST_LIST = (
    200,
    50,
)  # things done in one transaction, at most and before it is known how fast
HOLDS = 0.3  # seconds for which one may keep people from writing
FASTER = (AlreadyTaken, VersionConflict, InvalidTransition)  # somebody else has done it: no fault


def sweep(
    session: Session, at: Moment, signer: Signer | None = None, seals_too: bool = True
) -> dict[str, int]:
    """Let the clock make its moves, remind, escalate, reseat, plan, seal; returns how many of each.
    Commits. Without `signer` the seals of the day are neither signed nor written out.
    """
    session = plain(session)
    run = _Run(session, at)
    for name, step in (
        ("reorganized", reorganized.Due),
        ("planned", _plan),
        ("moved", _tick),
        ("settled", departures.Departed),
        ("reseated", _reseat),
        ("handed", handover.Leavers),
        ("followed", handover.FollowUps),
        ("closed", accounts.Ending),
        *watch.STEPS,
        ("reminded", _remind),
    ):
        run.take(name, step)
    deliver = partial(outbox.dispatch, session, at, HANDLERS, lists=LISTS)
    run.done["delivered"] = sum(iter(deliver, 0))
    run.done["sealed"] = _sealed(session, at, signer) if seals_too else 0
    _forget_answers(session, at)
    drafts.forget_old(session, at)
    run.faults.forget_stale()
    return dict(run.done)


class _Run:
    """One run: what has been done and what has failed in it."""

    def __init__(self, session: Session, at: Moment):
        self.session, self.at = session, at
        self.done: Counter[str] = Counter()
        with _looking(session):
            self.before, self.state = marks.kept(session), marks.now(session, at)
            self.faults = Faults(session, at)

    def take(self, name: str, step) -> None:
        """Process everything that is due in a step, and record up to where it has read."""
        title, rests_on = step.__name__.strip("_").lower(), getattr(step, "rests_on", ())
        before = self.before.get(title) if rests_on else None
        if rests_on and not marks.moved(rests_on, before, self.state):
            return
        after, failed = marks.since(rests_on, before, self.state), self.done["broken"]
        keys, found = self._keys(title, step, after)
        if found:
            self.done[name] += sum(
                self._list(title, step, some) for some in _lists(keys, monotonic)
            )
        if rests_on and found and self.done["broken"] == failed:
            self._mark(title, before, after)
        if keys:
            with _looking(self.session):
                self.state = marks.now(self.session, self.at)

    def _keys(self, title: str, step, after: dict | None) -> tuple[list, bool]:
        """Return the due keys of a step except those that failed lately, and whether the query
        succeeded.
        """
        try:
            with _looking(self.session):
                keys = step.keys(self.session, self.at, after)
        except Exception as error:  # the other steps must not wait for it
            self._failed(title, "keys", error)
            return [], False
        return [key for key in keys if not self.faults.rests(title, key)], True

    def _list(self, title: str, step, keys: list) -> int:
        """Process a list in one transaction, or where one key fails each key in its own."""
        try:
            with use_case(self.session, None, self.at, "sweep"):
                done = self._all(step, keys)
        except Exception:  # which one it is, and why, shows below
            return sum(self._alone(title, step, key) for key in keys)
        self.faults.forget(title, keys)
        return done

    def _all(self, step, keys: list) -> int:
        if hasattr(step, "all"):
            return step.all(self.session, keys, self.at)
        return sum(int(step.one(self.session, key, self.at)) for key in keys)

    def _alone(self, title: str, step, key) -> int:
        """Do one thing in its own transaction; work done concurrently by another process counts as
        nothing done.
        """
        try:
            with use_case(self.session, None, self.at, "sweep"):
                done = int(step.one(self.session, key, self.at))
        except FASTER:
            return 0
        except Exception as error:  # one broken case must not stop the others
            self._failed(title, key, error)
            return 0
        self.faults.forget(title, [key])
        return done

    def _failed(self, title: str, key, error: Exception) -> None:
        self.session.rollback()
        self.done["broken"] += 1
        self.faults.keep(title, key, error)

    def _mark(self, title: str, before: dict | None, after: dict | None) -> None:
        marks.keep(self.session, title, before, self.state, after)
        if self.session.new or self.session.dirty:
            self.session.commit()


def _lists(keys: list, seconds: Callable[[], float]) -> Iterator[list]:
    """Yield keys in lists that take no longer than `HOLDS`, by how long the one before took."""
    size, start = FIRST_LIST, 0
    while start < len(keys):
        begun, some = seconds(), keys[start : start + size]
        yield some
        start += len(some)
        each = max((seconds() - begun) / len(some), HOLDS / LIST)
        size = max(1, int(HOLDS / each))


@contextmanager
def _looking(session: Session) -> Iterator[None]:
    """Read inside without a write lock, in a transaction that ends with it."""
    session.rollback()
    with reading():
        yield
        session.rollback()


def _sealed(session: Session, at: Moment, signer: Signer | None) -> int:
    """Seal what each zone has decided, once a day where something came."""
    with _looking(session):
        due = list(seals.due(session, at.today))
    return sum(_seal(session, zone_id, at, signer) for zone_id in due)


def _seal(session: Session, zone_id: str, at: Moment, signer: Signer | None) -> bool:
    """Give a zone its seal of the day, and write it out; what stood before sealing began is told
    first.
    """
    audit_log.begin(session, zone_id, at)
    session.commit()
    point = seals.seal(session, zone_id, at.now, at.today, signer)
    if point:
        outside.seal_written(session, point, at)
    session.commit()
    if point and signer:
        signer.keep(*seals.file_of(point))
    return point is not None


def _forget_answers(session: Session, at: Moment) -> None:
    old = Idempotency.at < at.now - RETRIES_LAST
    with _looking(session):
        found = session.scalar(sa.select(Idempotency.at).where(old).limit(1))
    if found:
        session.execute(sa.delete(Idempotency).where(old))
        session.commit()


class _plan:
    """Zones with a branch whose year, this one or in the last quarter the next, is not planned to
    its end.
    """

    rests_on = ("day", "posts")

    @staticmethod
    def keys(session: Session, at: Moment, _since):
        years = {at.today.year, at.today.year + (at.today.month >= 10)}
        return [
            (zone, year)
            for year in sorted(years)
            for zone in session.scalars(_unplanned(year)).all()
        ]

    @staticmethod
    def one(session: Session, key, at: Moment) -> int:
        branches = session.scalars(
            sa.select(Unit).where(Unit.zone_id == key[0], Unit.kind == "branch")
        )
        return sum(plan_year(session, list(branches), key[1], at))


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
    """Cases in which a timer is due."""

    @staticmethod
    def keys(session: Session, at: Moment, _since):
        return session.scalars(
            sa.select(Case.id)
            .where(Case.closed_at.is_(None), Case.wake_on <= at.today)
            .order_by(Case.wake_on, Case.id)
        ).all()

    @staticmethod
    def one(session: Session, case_id: str, at: Moment) -> bool:
        return transitions.tick(session, case_id, at)

    @staticmethod
    def all(session: Session, case_ids: list[str], at: Moment) -> int:
        return transitions.tick_all(session, case_ids, at)


class _reseat:
    """Cases with a work item whose assignee or candidate group is vacant."""

    rests_on = ("day", "posts")

    @staticmethod
    def keys(session: Session, at: Moment, _since):
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
            for unit_id, role, rank in _empty_seats(session, at.today)
        ]
        found.append(authority.gone_from_bodies(session, at.today))
        return list(dict.fromkeys(case_id for group in found for case_id in group))

    @staticmethod
    def one(session: Session, case_id: str, at: Moment) -> bool:
        return transitions.reassign_case(session, case_id, at)


def _empty_seats(session: Session, on: date) -> list[tuple[str, str, int]]:
    """Return the vacant candidate groups that have open work items: unit, group and rank."""
    found = session.execute(
        sa.select(WorkItem.zone_id, WorkItem.unit_id, WorkItem.role, WorkItem.rank)
        .where(WorkItem.closed_at.is_(None), WorkItem.kind == "act")
        .distinct()
    ).all()
    units: dict[str, set[str]] = {}
    for zone_id, unit_id, _role, _rank in found:
        units.setdefault(zone_id, set()).add(unit_id)
    for zone_id, ids in units.items():
        standing.day(session, zone_id, on, ids)
    return [seat[1:] for seat in found if not authority.seated(session, *seat, on)]


class _remind:
    """Cases of which a reminder may be due."""

    @staticmethod
    def keys(session: Session, at: Moment, _since):
        return session.scalars(
            sa.select(Case.id)
            .where(Case.closed_at.is_(None), Case.remind_on <= at.today)
            .order_by(Case.remind_on, Case.id)
        ).all()

    @staticmethod
    def one(session: Session, case_id: str, at: Moment) -> int:
        case = transitions.lock(session, case_id)
        if case.due_on is None:
            return 0
        used = sum(_use(session, case, rung, at) for rung in _reached(session, case, at))
        workflow = workflows.get(case.workflow, case.definition_version)
        attempt = TransitionContext(session, workflow, case, None, None, at, state=case.state)
        following = assignment.next_rung(attempt, workflow.state(case.state))
        statements.REMIND.write(session, of_case=case.id, on_day=following)
        return used


def _use(session: Session, case: Case, rung: int, at: Moment) -> bool:
    """Claim a reminder by inserting its row; only the process that inserted it acts on it."""
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
    if rung <= 0:
        outside.urge(session, case, f"{case.id}:{case.version}:{rung}", rung == OVERDUE, at)
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
    """Return the latest reminder reached: working days before the due day, or OVERDUE after it."""
    due = workflows.of(case).state(case.state).due
    if case.due_on < at.today:
        return [OVERDUE]
    calendar = zone_calendar(session, case.zone_id)
    reached = [
        rung for rung in due.reminders if add_workdays(calendar, case.due_on, -rung) <= at.today
    ]
    return [min(reached)] if reached else []


HANDLERS = {"notify": told.deliver, "tell": watch.tell, "urgent": outside.urgent}
LISTS = {"notify": told.deliver_all}
