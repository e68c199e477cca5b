"""The outbox: enqueue later work in the transaction that causes it, and dispatch what is due, once.

Handlers get the row's key and payload, re-read the state themselves and may run again safely.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.db import insert_once, new_id, reading
from oversight.models import Notice, OutboxMessage

CALLS = ("desk", "remind", "handed", "delegated", "given_back", "nudge")  # lines that call to work
LONGEST = 200  # characters of a line


def enqueue(
    session: Session, zone_id: str, key: str, kind: str, payload: dict, due_at: datetime
) -> bool:
    """Enqueue a message in the session's transaction; a key that is queued already is left alone."""
    return insert_once(
        session,
        OutboxMessage,
        id=new_id(),
        zone_id=zone_id,
        key=key,
        kind=kind,
        payload=payload,
        due_at=due_at,
        attempts=0,
    )


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
    insert_once(
        session,
        Notice,
        id=new_id(),
        zone_id=zone_id,
        person_id=person_id,
        key=key,
        case_id=case_id,
        text=str(text)[:LONGEST],
        at=at.now,
    )


def unread_of(person_id: str) -> sa.Select:
    """Return what counts the lines in a person's bell that he has not read."""
    return (
        sa.select(sa.func.count())
        .select_from(Notice)
        .where(Notice.person_id == person_id, Notice.read_at.is_(None))
    )


def dispatch(session: Session, at: Moment, handlers: dict[str, Callable], limit: int = 200) -> int:
    """Do what is due, each in a transaction of its own; returns how many were done. Commits."""
    session.commit()
    with reading():
        due = session.scalars(
            sa.select(OutboxMessage.id)
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
    return sum(_do(session, work_id, at, handlers) for work_id in due)


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
