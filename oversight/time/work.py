"""Background work: which hands do which kind of message, one by one for the jobs of PostgreSQL's queue,
or all that is due where nobody else does it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.paging import First
from oversight.base.sentences import N_
from oversight.engine import outbox
from oversight.models import OutboxMessage
from oversight.organization.actor import Actor
from oversight.register import audit_log, outlets

from . import faults, outside, sweep

PRINT = "print"  # as papers call it
ALONE = (PRINT, *outside.KINDS)  # kinds that need more than one transaction
KINDS = (*sweep.HANDLERS, *ALONE)
LABELS = {
    "notify": N_("送达通知"),
    "tell": N_("告知"),
    "urgent": N_("马上提醒"),
    PRINT: N_("制作文书文件"),
    outside.LETTER: N_("发邮件"),
    outside.GROUP: N_("发群消息"),
}
LATE = timedelta(minutes=10)  # what is due for so long should have been done
FEW = 50  # messages of a kind that needs long, before the others have their turn again


Make = Callable[[Session, str, Moment], bool]


@dataclass(frozen=True)
class Hands:
    """What doing takes: `making` yields what makes the files of papers, one after the other, from the
    id of the message; how messages leave; `more` are further handlers.
    """

    making: Callable[[], AbstractContextManager[Make]]
    sender: outside.Sender
    more: tuple[tuple[str, Callable], ...] = ()

    @property
    def handlers(self) -> dict[str, Callable]:
        return {**sweep.HANDLERS, **dict(self.more)}

    @property
    def kinds(self) -> list[str]:
        return [*self.handlers, *ALONE]


def drain(session: Session, at: Moment, hands: Hands) -> int:
    """Do all that is due and not left to a worker; returns how many were done. Commits."""
    total = done = outbox.dispatch(session, at, hands.handlers, lists=sweep.LISTS)
    while done:
        total += (done := outbox.dispatch(session, at, hands.handlers, lists=sweep.LISTS))
    due = outbox.due_now(session, at, list(ALONE), FEW)
    with hands.making() as make:
        sender = hands.sender
        return total + sum(_alone(session, row.kind, row.id, at, sender, make) for row in due)


def _alone(
    session: Session, kind: str, work_id: str, at: Moment, sender: outside.Sender, make: Make
) -> bool:
    if kind == PRINT:
        return make(session, work_id, at)
    try:
        return outside.send(session, work_id, at, sender)
    except Exception as error:  # one broken message must not stop the others
        session.rollback()
        outbox.failed(session, work_id, at, error)
        return False


def one(session: Session, work_id: str, at: Moment, hands: Hands) -> datetime | None:
    """Do one message if it is due; returns when it is to be tried again, None where it is done.
    Commits. Raises GivenUp.
    """
    row = session.get(OutboxMessage, work_id)
    if row is not None and row.done_at is None and row.due_at <= at.now:
        if row.kind in ALONE:
            with hands.making() as make:
                _alone(session, row.kind, work_id, at, hands.sender, make)
        else:
            outbox.do(session, work_id, at, hands.handlers)
    session.rollback()
    return outbox.again_at(session, work_id)


# Looking ------------------------------------------------------------------------------------------


def late(session: Session, at: Moment) -> int:
    """Count what should have been done ten minutes ago and was not tried in vain."""
    waiting = OutboxMessage.done_at.is_(None), OutboxMessage.due_at <= at.now - LATE
    return session.scalar(sa.select(sa.func.count()).where(*waiting, OutboxMessage.attempts == 0))


def given_up(session: Session) -> int:
    """Count what was tried so often that somebody must look."""
    tried = OutboxMessage.attempts >= outbox.MOST, OutboxMessage.kind.not_in(outbox.ENDLESS)
    return session.scalar(sa.select(sa.func.count()).where(OutboxMessage.done_at.is_(None), *tried))


def listed(session: Session, zone_id: str, at: Moment, limit: int = 50) -> First:
    """Return what failed, then what is late, of a zone, the longest due first."""
    waiting = OutboxMessage.zone_id == zone_id, OutboxMessage.done_at.is_(None)
    odd = sa.or_(OutboxMessage.attempts > 0, OutboxMessage.due_at <= at.now - LATE)
    rows = sa.select(OutboxMessage).where(*waiting, odd)
    order = sa.desc(OutboxMessage.attempts > 0), OutboxMessage.due_at, OutboxMessage.id
    return First(list(session.scalars(rows.order_by(*order).limit(limit + 1))), limit)


def retry(session: Session, who: Actor, at: Moment, work_id: str | None = None) -> int:
    """Let what failed in the administrator's zone be tried again at once, all or one, and write it
    down; returns how many. Does not commit. Raises Forbidden.
    """
    outlets.require(who)
    which = [OutboxMessage.zone_id == who.zone_id]
    if work_id is not None:
        which.append(OutboxMessage.id == work_id)
    outside.wake(session, who.zone_id)
    again = outbox.retry(session, at, *which)
    kinds = set(session.scalars(sa.select(OutboxMessage.kind).where(*which))) if work_id else ()
    return _noted(session, who, at, again, "".join(LABELS.get(kind, kind) for kind in kinds))


def retry_sweep(session: Session, who: Actor, at: Moment) -> int:
    """Let the next run of the clock try again what has failed and what is not delivered in the
    administrator's zone, and write it down; returns how many. Does not commit. Raises Forbidden.
    """
    outlets.require(who)
    return _noted(session, who, at, faults.retry(session, who.zone_id, at))


def _noted(session: Session, who: Actor, at: Moment, count: int, about: str = "") -> int:
    """Write down that so many were let try again, where there were any; returns how many."""
    if count:
        what: dict[str, Any] = {"rows": [None, str(count)]}
        audit_log.in_zone(session, who.zone_id, who, at, "settings", "retry", about, **what)
    return count
