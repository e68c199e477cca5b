"""Faults of the sweep: recorded and logged, retried after an hour while they are due."""

from __future__ import annotations

import logging
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.db import is_id, touched
from oversight.base.paging import First
from oversight.base.refusals import NotFound
from oversight.base.sentences import N_
from oversight.engine import outbox
from oversight.models import Case, OutboxMessage, SweepFault, Unit

RETRY = timedelta(hours=1)
STALE = timedelta(days=1)  # not tried for so long: due no more
LABELS = {
    "due": N_("单位变动到期生效"),
    "tick": "到期办理",
    "plan": "排定党日",
    "departed": "随人转接或终止",
    "reseat": "改由他人办理",
    "leavers": N_("随职务移交"),
    "followups": N_("跟进日期提醒"),
    "streaks": N_("连续无故缺席的告知"),
    "unheld": N_("未开展党日的告知"),
    "meetings": N_("组织生活会的告知"),
    "orders": N_("整改通报的告知"),
    "lessons": N_("补课期限随党日调整"),
    "remind": "提醒",
}
log = logging.getLogger(__name__)


class Faults:
    """The faults of one run of the sweep, beside those that earlier runs have left."""

    def __init__(self, session: Session, at: Moment):
        self.session, self.at = session, at
        rows = session.scalars(sa.select(SweepFault))
        self.last = {(row.step, row.subject): row.last_at for row in rows}

    def rests(self, step: str, key) -> bool:
        """True where a key failed less than an hour ago."""
        last = self.last.get((step, subject(key)))
        return last is not None and self.at.now - RETRY < last <= self.at.now

    def keep(self, step: str, key, error: Exception) -> None:
        """Log a fault and write it down. Commits."""
        log.error("sweep: %s of %s", step, subject(key), exc_info=error)
        row = self.session.get(SweepFault, (step, subject(key)))
        if row is None:
            row = SweepFault(step=step, subject=subject(key), since=self.at.now, times=0)
            self.session.add(row)
        row.error, row.times, row.last_at = type(error).__name__, row.times + 1, self.at.now
        self.session.commit()

    def forget(self, step: str, keys: list) -> None:
        """Delete the fault of a key that has succeeded since. Commits where there is something to
        drop.
        """
        self._drop([found for key in keys if (found := (step, subject(key))) in self.last])

    def forget_stale(self) -> None:
        """Delete faults of keys that are no longer due. Commits where there is something to drop."""
        self._drop([key for key, last in self.last.items() if last < self.at.now - STALE])

    def _drop(self, found: list[tuple[str, str]]) -> None:
        for key in found:
            which = (SweepFault.step == key[0], SweepFault.subject == key[1])
            self.session.execute(sa.delete(SweepFault).where(*which))
            del self.last[key]
        if found:
            self.session.commit()


def subject(key) -> str:
    """Return the text form of a key."""
    return (key if isinstance(key, str) else "/".join(map(str, key)))[:200]


def listed(session: Session, zone_id: str, limit: int = 20) -> First:
    """Return the newest faults, each with the workflow and unit of the case that it is about."""
    rows = list(
        session.scalars(sa.select(SweepFault).order_by(SweepFault.last_at.desc()).limit(limit + 1))
    )
    ids = [row.subject for row in rows if is_id(row.subject)]
    found = session.execute(
        sa.select(Case.id, Case.workflow, Case.definition_version, Unit.name)
        .join(Unit, Unit.id == Case.unit_id)
        .where(Case.id.in_(ids), Case.zone_id == zone_id)
    )
    about = {row.id: f"{_title(row)}（{row.name}）" for row in found}
    return First(((row, about.get(row.subject, "")) for row in rows), limit)


def _title(row: sa.Row) -> str:
    try:
        return workflows.get(row.workflow, row.definition_version).title
    except NotFound:  # that nobody knows its definition may be the fault
        return row.workflow


def retry(session: Session, zone_id: str, at: Moment) -> int:
    """Let the next run try again what has failed, and what is not delivered in a zone; returns how
    many. Does not commit.
    """
    before = at.now - RETRY - timedelta(seconds=1)
    waits = sa.update(SweepFault).where(SweepFault.last_at > before).values(last_at=before)
    return touched(session, waits) + outbox.retry(session, at, OutboxMessage.zone_id == zone_id)


def count(session: Session) -> int:
    """Count what the sweep could not do."""
    return session.scalar(sa.select(sa.func.count()).select_from(SweepFault))
