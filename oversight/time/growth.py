"""What would grow for ever, pruned by rule once a day: log-ins, read notices, background work that is
done, reminders of closed cases, files that no row knows, refusals where the zone has set so.

What was recorded for good is not touched. The key of work says that a thing was said, so it stays for
longer than anybody looks back to say it (`time.watch`, two years).
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import files, jobs, written
from oversight.base.clock import Moment
from oversight.base.db import reading, touched
from oversight.base.settings import EVER
from oversight.calendar.zone import zone_settings
from oversight.engine import seals
from oversight.engine.use_case import one_transaction
from oversight.models import (
    ApiToken,
    Case,
    InstallationFact,
    Login,
    Notice,
    OutboxMessage,
    Reminder,
    Zone,
    records,
)
from oversight.register import audit_log

LOOSE = UNTAKEN = timedelta(days=1)
SAYS = "tell"  # the kind of work of which nothing but its key says that it was done
SAID = timedelta(days=1095)
MANY, FEW = (
    20_000,
    1_000,
)  # rows looked for at once; that go in one transaction: no writer waits for more
NAME = "pruned"


def daily(session: Session, folder: Path, at: Moment) -> int:
    """Prune where it was not done today; returns how many rows and files went. Commits."""
    session.rollback()
    with reading():
        done = session.get(InstallationFact, NAME)
        today, same = at.today.isoformat(), done is not None and done.value >= at.today.isoformat()
        session.rollback()
    if same:
        return 0
    total = prune(session, at) + _untaken(session, at) + tidy(session, folder, at)
    with one_transaction(session):
        session.merge(InstallationFact(name=NAME, value=today, at=at.now))
    return total


def prune(session: Session, at: Moment) -> int:
    """Remove what its zone keeps no longer; returns how many rows. Commits."""
    session.rollback()
    with reading():
        may = records.owned(session.connection())  # of refusals only the owner may remove any
        zones = {
            zone: zone_settings(session, zone) for zone in session.scalars(sa.select(Zone.id)).all()
        }
        session.rollback()
    total = 0
    for zone, chosen in zones.items():
        total += sum(_drop(session, zone, *one) for one in _old(chosen, at))
        with one_transaction(session):
            if may and chosen["keep_refusals"] != EVER:
                total += prune_refusals(session, zone, int(chosen["keep_refusals"]), at)
    return total


def _untaken(session: Session, at: Moment) -> int:
    """Remove the jobs of a queue that has no worker. Commits, so many at a time."""
    total, gone = 0, 1
    while gone:
        with one_transaction(session):
            gone = jobs.forget(session, at.now - UNTAKEN)
        total += gone
    return total


def prune_refusals(session: Session, zone_id: str, older_days: int, at: Moment) -> int:
    """Remove refusals that are older than so many days, whole seals at a time, and write it down;
    returns how many. Does not commit.
    """
    number, rows = seals.ripe(session, zone_id, at.now - timedelta(days=older_days))
    if rows:
        what: dict[str, Any] = {"pruned": ["refusals", number], "rows": [str(rows), "0"]}
        audit_log.in_zone(session, zone_id, None, at, "records", "prune", "refusals", **what)
        seals.prune(session, zone_id, number)
    return rows


def _old(chosen: dict, at: Moment):
    """Return of each kind of rows the condition on those that are kept no longer."""
    logins, notices, work, reminders = (
        at.now - timedelta(days=int(chosen[f"keep_{name}"]))
        for name in ("logins", "notices", "work", "reminders")
    )
    says = OutboxMessage.kind == SAYS
    closed = sa.exists().where(Case.id == Reminder.case_id, Case.closed_at < reminders)
    return (
        (Login, sa.func.coalesce(Login.ended_at, Login.seen_at) < logins),
        (ApiToken, sa.func.coalesce(ApiToken.ended_at, ApiToken.expires_at) < logins),
        (Notice, Notice.read_at < notices),
        (OutboxMessage, sa.and_(~says, OutboxMessage.done_at < work)),
        (OutboxMessage, sa.and_(says, OutboxMessage.done_at < at.now - SAID)),
        (Reminder, closed),
    )


def _drop(session: Session, zone_id: str, model, which: sa.ColumnElement[bool]) -> int:
    """Remove the rows of a zone for which something holds; returns how many. Commits, so many at a
    time.
    """
    total, gone = 0, 1
    while gone:
        gone = _drop_some(session, zone_id, model, which)
        total += gone
    return total


def _drop_some(session: Session, zone_id: str, model, which: sa.ColumnElement[bool]) -> int:
    """Remove some of them, looked for without a lock; returns how many. Commits."""
    with reading():
        key = sa.inspect(model).primary_key
        asked = sa.select(*key).where(model.zone_id == zone_id, which).limit(MANY)
        found = [tuple(row) for row in session.execute(asked)]
        session.rollback()
    gone = 0
    for start in range(0, len(found), FEW):
        with one_transaction(session):
            some = sa.tuple_(*key).in_(found[start : start + FEW])
            gone += touched(session, sa.delete(model).where(some, which))
    return gone


def tidy(session: Session, folder: Path, at: Moment) -> int:
    """Remove files that no row has known for a day, and folders of restores that were killed: what kills
    and full disks left; returns how many.
    """
    session.rollback()
    with reading():
        known = {name for column in records.stored() for name in session.scalars(sa.select(column))}
        session.rollback()
    return written.clear(folder) + files.sweep_loose(folder, known, (at.now - LOOSE).timestamp())
