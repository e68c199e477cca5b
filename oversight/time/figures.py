"""Figures of what is open, late, waiting and failed, counted when they are asked for."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.models import Case, OutboxMessage, Zone

_open = Case.closed_at.is_(None)
_waiting = OutboxMessage.done_at.is_(None)


def open_cases(session: Session) -> dict[str, int]:
    """Count the cases that have not reached an end, by workflow."""
    counted = sa.select(Case.workflow, sa.func.count()).where(_open).group_by(Case.workflow)
    return dict(sorted((name, number) for name, number in session.execute(counted)))


def overdue_cases(session: Session, at: Moment) -> int:
    """Count open cases past their last day."""
    zones = sa.select(Zone.id)  # few, and what is late is found by zone
    return _count(session, Case.zone_id.in_(zones), _open, Case.due_on < at.today)


def work_waiting(session: Session, at: Moment) -> int:
    """Count background work that is due and not done."""
    return _count(session, _waiting, OutboxMessage.due_at <= at.now)


def work_failed(session: Session) -> int:
    """Count background work that has failed and is not done."""
    return _count(session, _waiting, OutboxMessage.attempts > 0)


def _count(session: Session, *conditions) -> int:
    return session.scalar(sa.select(sa.func.count()).where(*conditions))
