"""The queue of PostgreSQL, which Procrastinate keeps: a job commits with the row that it is for, on the
same connection, and says only which row that is. SQLite has none: rows are looked for there.

Knows no table of ours. Each kind of work has a queue of its own, so that a worker which does not know a
kind yet leaves its jobs to one that does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from . import outages

if TYPE_CHECKING:
    from procrastinate import App

BEATS, SILENT = (
    10,
    40,
)  # seconds between a worker's heartbeats, and after which it is taken for dead
TABLES = "procrastinate_"  # how the names of the queue's own tables begin
_ALIVE = sa.text(
    "SELECT EXISTS (SELECT 1 FROM procrastinate_workers"
    " WHERE last_heartbeat > now() - make_interval(secs => :silent))"
)

MANY = 10_000  # removed at a time
_UNTAKEN = sa.text(
    "DELETE FROM procrastinate_jobs WHERE id IN (SELECT id FROM procrastinate_jobs"
    " WHERE status = 'todo' AND queue_name LIKE 'oversight.%' AND scheduled_at < :before"
    " ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED)"
)


class Job(NamedTuple):
    """What a job is for: the kind of a row, its id, and when it is due."""

    kind: str
    work: str
    due_at: datetime


def name_of(kind: str) -> str:
    """Return the name of the task, and of the queue, of a kind of work."""
    return f"oversight.{kind}"


def queued(connection: sa.Connection) -> bool:
    """True where the database keeps a queue."""
    return connection.dialect.name == "postgresql"


def defer(connection: sa.Connection, jobs: Iterable[Job]) -> None:
    """Give rows of a transaction their jobs within it: what is rolled back leaves none."""
    if not queued(connection):
        return
    together: dict[tuple[str, datetime], list[str]] = defaultdict(list)
    for job in jobs:
        together[job.kind, job.due_at].append(job.work)
    link = connection.connection.driver_connection
    for (kind, due_at), works in together.items():
        name = name_of(kind)
        task = _deferring().configure_task(name, queue=name, schedule_at=due_at, connection=link)
        given: list[dict] = [{"work": work} for work in works]
        with outages.of_driver(connection.dialect.loaded_dbapi.Error):
            task.batch_defer(*given)


@cache
def _deferring() -> App:
    """Return what defers on the connections of others, and never opens one itself."""
    from procrastinate import App, PsycopgConnector  # loaded by the first that defers

    return App(connector=PsycopgConnector())


def worked(session: Session) -> bool:
    """True where a worker is there that takes jobs: nobody else then looks for what is due."""
    if not queued(session.connection()):
        return False
    return bool(session.scalar(_ALIVE, {"silent": SILENT}))


def forget(session: Session, before: datetime) -> int:
    """Remove jobs that were due before then and that no worker is there to take: whoever serves has done
    their rows, and a worker that comes looks for rows too. Returns how many. Does not commit.
    """
    if not queued(session.connection()) or worked(session):
        return 0
    given = {"before": before, "most": MANY}
    return cast(sa.CursorResult, session.execute(_UNTAKEN, given)).rowcount


# The queue's own tables --------------------------------------------------------------------------


def ours(name: str | None, kind: str, _parent: dict) -> bool:
    """True for tables that our models tell of: what compares them passes over the queue's."""
    return not (kind == "table" and name and name.startswith(TABLES))


def build(connection: sa.Connection) -> None:
    """Bring the queue's tables to where the installed Procrastinate wants them, as their owner.
    Commits after each step.
    """
    if not queued(connection):
        return
    there = sa.inspect(connection).has_table(f"{TABLES}jobs")
    wanted, kept = _steps(), _kept(connection) if there else ""
    steps = wanted if there else {max(wanted): _schema()}
    link = connection.connection.driver_connection
    for name in [name for name in steps if name > kept]:
        link.execute(steps[name])
        link.execute(f"COMMENT ON TABLE {TABLES}jobs IS '{name}'")  # the name of a file
        connection.commit()


def _kept(connection: sa.Connection) -> str:
    """Return up to which step the tables were brought."""
    text = f"SELECT obj_description('{TABLES}jobs'::regclass, 'pg_class')"
    return connection.exec_driver_sql(text).scalar() or ""


def _schema() -> str:
    from procrastinate.schema import SchemaManager

    return SchemaManager.get_schema()


def _steps() -> dict[str, str]:
    """Return the migrations that Procrastinate brings, by name, in order."""
    from procrastinate.schema import migrations_path

    return {path.stem: path.read_text("utf-8") for path in sorted(migrations_path.glob("*.sql"))}
