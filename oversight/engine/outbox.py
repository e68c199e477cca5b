"""The outbox: enqueue later work in the transaction that causes it, and dispatch what is due, once.

Handlers get the row's key and payload, re-read the state themselves and may run again safely.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import kept
from oversight.base.clock import Moment
from oversight.base.db import insert_all_once, insert_once, new_id, reading
from oversight.base.prepared import Prepared
from oversight.base.rows import grouped
from oversight.models import Notice, OutboxMessage

CALLS = ("desk", "remind", "handed", "delegated", "given_back", "nudge")  # lines that call to work
LONGEST = 200  # characters of a line
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


def enqueue(
    session: Session, zone_id: str, key: str, kind: str, payload: dict, due_at: datetime
) -> bool:
    """Enqueue a message in the session's transaction; a key that is queued already is left alone."""
    return insert_once(session, OutboxMessage, **message(zone_id, key, kind, payload, due_at))


def enqueue_all(session: Session, messages: list[dict]) -> None:
    """Enqueue messages as `message` makes them, in the session's transaction."""
    insert_all_once(session, OutboxMessage, messages)


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


def dispatch(
    session: Session,
    at: Moment,
    handlers: dict[str, Callable],
    limit: int = 200,
    lists: dict[str, Callable] | None = None,
) -> int:
    """Do what is due, each in a transaction of its own; returns how many were done. Commits.

    `lists` are handlers that take many messages at once, (key, payload) each: these are done in one
    transaction, and where one of them fails each in its own.
    """
    session.commit()
    with reading():
        due = session.execute(
            sa.select(OutboxMessage.id, OutboxMessage.kind)
            .where(
                OutboxMessage.done_at.is_(None),
                OutboxMessage.due_at <= at.now,
                OutboxMessage.attempts < 5,
                OutboxMessage.kind.in_(list(handlers)),
            )
            .order_by(OutboxMessage.due_at, OutboxMessage.id)
            .limit(limit)
        ).all()
        session.rollback()
    kinds = grouped((row.kind, row.id) for row in due)
    return sum(_do_kind(session, *one, at, handlers, lists or {}) for one in kinds.items())


def _do_kind(
    session: Session, kind: str, ids: list[str], at: Moment, handlers: dict, lists: dict
) -> int:
    done = _do_all(session, ids, at, lists[kind]) if kind in lists else None
    return sum(_do(session, work_id, at, handlers) for work_id in ids) if done is None else done


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


def _do(session: Session, work_id: str, at: Moment, handlers: dict[str, Callable]) -> bool:
    row = session.get(OutboxMessage, work_id, with_for_update={"skip_locked": True})
    if row is None or row.done_at:
        session.rollback()
        return False
    try:
        handlers[row.kind](session, row.key, row.payload, at)
        row.done_at = at.now
        session.commit()
        return True
    except Exception as error:  # one broken piece of work must not stop the others
        session.rollback()
        session.execute(
            sa.update(OutboxMessage)
            .where(OutboxMessage.id == work_id)
            .values(attempts=OutboxMessage.attempts + 1, last_error=type(error).__name__)
        )
        session.commit()
        return False
