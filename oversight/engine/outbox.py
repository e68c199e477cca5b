"""The outbox: enqueue later work in the transaction that causes it, and dispatch what is due, once.

Handlers get the row's key and payload, re-read the state themselves and may run again safely.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import jobs, kept
from oversight.base.clock import Moment
from oversight.base.db import insert_all_once, insert_once, new_id, reading, touched
from oversight.base.prepared import Prepared
from oversight.base.rows import grouped
from oversight.models import Notice, OutboxMessage

log = logging.getLogger(__name__)
CALLS = ("desk", "remind", "handed", "delegated", "given_back", "nudge")  # lines that call to work
LONGEST = 200  # characters of a line
MOST = 5  # tries, after which somebody must look
ENDLESS = ("print", "mail", "group")  # kinds that are tried on and on, or end by themselves
REST = timedelta(hours=6)  # until something is tried again, at the longest
LEASE = timedelta(minutes=5)  # how long whoever takes a message has it for himself
_WAITING = (
    sa.select(OutboxMessage.id, OutboxMessage.key, OutboxMessage.payload)
    .where(
        OutboxMessage.id.in_(sa.bindparam("ids", expanding=True)), OutboxMessage.done_at.is_(None)
    )
    .order_by(OutboxMessage.due_at, OutboxMessage.id)
    .with_for_update(skip_locked=True)
)
_DONE = Prepared(
    sa.update(OutboxMessage.__table__)
    .where(OutboxMessage.__table__.c.id == sa.bindparam("of_id"))
    .values(done_at=sa.bindparam("now"))
)
# On PostgreSQL: what was due, while no job of the queue is to do it. NOT IN looks each up among the jobs
# that were read once, whatever the planner believes of their number; NOT EXISTS read all for each.
_JOBLESS = sa.text(
    "SELECT id, kind, due_at FROM work WHERE done_at IS NULL AND due_at <= :due AND kind = ANY(:kinds)"
    " AND (attempts < :most OR kind = ANY(:endless)) AND id::text NOT IN (SELECT args ->> 'work'"
    " FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND args ->> 'work' IS NOT NULL)"
    " ORDER BY due_at, id LIMIT :limit"
)


class GivenUp(Exception):
    """A message was tried in vain so often that somebody must look."""


def enqueue(
    session: Session, zone_id: str, key: str, kind: str, payload: dict, due_at: datetime
) -> bool:
    """Enqueue a message in the session's transaction; a key that is queued already is left alone."""
    return _enqueue(session, message(zone_id, key, kind, payload, due_at))


def _enqueue(session: Session, row: dict) -> bool:
    new = insert_once(session, OutboxMessage, **row)
    if new:
        jobs.defer(kept.link(session), [_job(row)])
    return new


def enqueue_all(session: Session, messages: list[dict]) -> None:
    """Enqueue messages as `message` makes them, in the session's transaction."""
    if len(messages) == 1:
        _enqueue(session, messages[0])
        return
    insert_all_once(session, OutboxMessage, messages)
    if messages and jobs.queued(session.connection()):
        ids = sa.select(OutboxMessage.id).where(
            OutboxMessage.id.in_([one["id"] for one in messages])
        )
        new = set(session.scalars(ids))
        jobs.defer(session.connection(), [_job(one) for one in messages if one["id"] in new])


def _job(row: dict) -> jobs.Job:
    return jobs.Job(row["kind"], row["id"], row["due_at"])


def message(zone_id: str, key: str, kind: str, payload: dict, due_at: datetime) -> dict:
    """Make the row of a message."""
    return {
        "id": new_id(),
        "zone_id": zone_id,
        "key": key,
        "kind": kind,
        "payload": payload,
        "due_at": due_at,
        "attempts": 0,
    }


def notify(
    session: Session,
    zone_id: str,
    person_id: str,
    key: str,
    text: str,
    at: Moment,
    case_id: str | None = None,
) -> None:
    """Create an in-app notification, once for each key. Does not commit."""
    insert_once(session, Notice, **line(zone_id, person_id, key, text, at, case_id))


def notify_all(session: Session, lines: list[dict]) -> None:
    """Create in-app notifications as `line` makes them, once for each key. Does not commit."""
    insert_all_once(session, Notice, lines)


def line(
    zone_id: str, person_id: str, key: str, text: str, at: Moment, case_id: str | None = None
) -> dict:
    """Make the row of an in-app notification."""
    return {
        "id": new_id(),
        "zone_id": zone_id,
        "person_id": person_id,
        "key": key,
        "case_id": case_id,
        "text": str(text)[:LONGEST],
        "at": at.now,
    }


def unread_of(person_id: str) -> sa.Select:
    """Return what counts the lines in a person's bell that he has not read."""
    return (
        sa.select(sa.func.count())
        .select_from(Notice)
        .where(Notice.person_id == person_id, Notice.read_at.is_(None))
    )


# Doing what is due --------------------------------------------------------------------------------


def dispatch(
    session: Session,
    at: Moment,
    handlers: dict[str, Callable],
    limit: int = 200,
    lists: dict[str, Callable] | None = None,
) -> int:
    """Do what is due, each in a transaction of its own; returns how many were done. Commits. Where a
    worker takes the jobs of PostgreSQL's queue this is left to it.

    `lists` are handlers that take many messages at once, (key, payload) each: these are done in one
    transaction, and where one of them fails each in its own.
    """
    due = due_now(session, at, list(handlers), limit)
    kinds = grouped((row.kind, row.id) for row in due)
    return sum(_do_kind(session, *one, at, handlers, lists or {}) for one in kinds.items())


def due_now(session: Session, at: Moment, kinds: list[str], limit: int) -> Sequence[sa.Row]:
    """Return id and kind of what is due and not left to a worker, the longest due first. Ends the
    session's transaction.
    """
    session.commit()
    with reading():
        due = session.execute(
            sa.select(OutboxMessage.id, OutboxMessage.kind)
            .where(
                OutboxMessage.done_at.is_(None),
                OutboxMessage.due_at <= at.now,
                sa.or_(OutboxMessage.attempts < MOST, OutboxMessage.kind.in_(ENDLESS)),
                OutboxMessage.kind.in_(kinds),
            )
            .order_by(OutboxMessage.due_at, OutboxMessage.id)
            .limit(limit)
        ).all()
        left = bool(due) and jobs.worked(session)
        session.rollback()
    return [] if left else due


def _do_kind(
    session: Session, kind: str, ids: list[str], at: Moment, handlers: dict, lists: dict
) -> int:
    done = _do_all(session, ids, at, lists[kind]) if kind in lists else None
    return sum(do(session, work_id, at, handlers) for work_id in ids) if done is None else done


def _do_all(session: Session, ids: list[str], at: Moment, handler: Callable) -> int | None:
    """Do messages of one kind in one transaction; returns None where one fails and none was done."""
    try:
        rows = kept.link(session).execute(_WAITING, {"ids": ids}).all()
        handler(session, [(row.key, row.payload) for row in rows], at)
        _DONE.write_all(session, [{"of_id": row.id, "now": at.now} for row in rows])
        session.commit()
    except Exception:  # which one it is, and why, shows when each is done alone
        session.rollback()
        return None
    return len(rows)


def do(session: Session, work_id: str, at: Moment, handlers: dict[str, Callable]) -> bool:
    """Do one message in a transaction, or write down that it failed; returns whether it was done.
    Commits.
    """
    row = session.get(
        OutboxMessage, work_id, with_for_update={"skip_locked": True}, populate_existing=True
    )
    if row is None or row.done_at:
        session.rollback()
        return False
    try:
        handlers[row.kind](session, row.key, row.payload, at)
        row.done_at, row.last_error = at.now, None
        session.commit()
        return True
    except Exception as error:  # one broken piece of work must not stop the others
        session.rollback()
        failed(session, work_id, at, error)
        return False


def failed(session: Session, work_id: str, at: Moment, error: Exception) -> None:
    """Log why a message was not done, and put it off. Commits."""
    log.error("work %s", work_id, exc_info=error)
    postpone(session, work_id, at, type(error).__name__)
    session.commit()


def take(session: Session, work_id: str, at: Moment) -> OutboxMessage | None:
    """Take a message that needs more than a transaction: for five minutes nobody else gets it. None
    where it is done, or somebody has it. Does not commit.
    """
    free = OutboxMessage.done_at.is_(None), OutboxMessage.due_at <= at.now
    taken = sa.update(OutboxMessage).where(OutboxMessage.id == work_id, *free)
    if not touched(session, taken.values(due_at=at.now + LEASE)):
        return None
    return session.get(OutboxMessage, work_id, populate_existing=True)


def done(session: Session, work_id: str, at: Moment, why: str | None = None) -> None:
    """Write down that a message is done, or why it needs no doing any more. Does not commit."""
    of = sa.update(OutboxMessage).where(OutboxMessage.id == work_id)
    session.execute(of.values(done_at=at.now, last_error=why))


def postpone(
    session: Session,
    work_id: str,
    at: Moment,
    why: str,
    until: datetime | None = None,
    counts: bool = True,
) -> None:
    """Write down why a message was not done, and when it is tried again: `until` then, or each time
    after twice as long. Does not commit.
    """
    row = session.get(OutboxMessage, work_id, populate_existing=True)
    row.attempts += counts
    row.due_at, row.last_error = until or at.now + pause(row.attempts), why
    session.flush()


def pause(failures: int) -> timedelta:
    """Return how long something rests that has failed so often."""
    return min(timedelta(minutes=2 ** min(failures - 1, 10)), REST)


def again_at(session: Session, work_id: str) -> datetime | None:
    """Return when a message is to be tried again; None where it is done. Raises GivenUp."""
    row = session.get(OutboxMessage, work_id, populate_existing=True)
    if row is None or row.done_at:
        return None
    if row.attempts >= MOST and row.kind not in ENDLESS:
        raise GivenUp(row.last_error)
    return row.due_at


def retry(session: Session, at: Moment, *which: sa.ColumnElement[bool]) -> int:
    """Let what has failed, or was put off because the way to it failed, be tried again at once;
    returns how many. Does not commit.
    """
    lost = OutboxMessage.done_at.is_(None), OutboxMessage.last_error != "quiet", *which
    found = session.execute(sa.select(OutboxMessage.id, OutboxMessage.kind).where(*lost)).all()
    again = sa.update(OutboxMessage).where(OutboxMessage.id.in_([row.id for row in found]))
    session.execute(again.values(attempts=0, due_at=at.now))
    jobs.defer(session.connection(), [jobs.Job(row.kind, row.id, at.now) for row in found])
    return len(found)


def rescue(session: Session, due: datetime, kinds: Iterable[str], limit: int = 1_000) -> int:
    """Give jobs to messages that were due by `due` and have none: restored, moved here from another
    database, or failed at a worker that knew no such task; returns how many. Does not commit.
    """
    given = {"due": due, "kinds": list(kinds), "most": MOST, "endless": list(ENDLESS)}
    rows = session.execute(_JOBLESS, {**given, "limit": limit}).all()
    jobs.defer(session.connection(), [jobs.Job(row.kind, str(row.id), row.due_at) for row in rows])
    return len(rows)
