"""How migrations reach the database: as their owner, one transaction each."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from alembic import context
from flask import current_app

from oversight.base import jobs
from oversight.base.db import UTCDateTime
from oversight.models import records

LOCK = 7041  # of this program, among those of the database
target = current_app.extensions["migrate"].db


def render(kind: str, item, _context):
    """Write the house's own column types as plain SQLAlchemy, so that landed migrations stand alone."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.JSON):
        return "JSON"
    return False


@contextmanager
def alone(connection) -> Iterator[None]:
    """Let one migrate at a time: a second one waits here, and then finds nothing to do."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET lock_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
        connection.commit()
        try:
            yield
        finally:
            connection.invalidate()  # the lock goes with what holds it
        return
    handle = os.open(Path(connection.engine.url.database or ".").resolve().parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def run() -> None:
    """Run the wanted migrations, as the owner of the tables where the environment names one."""
    owner = current_app.config["OVERSIGHT"].owner_url
    other = owner != current_app.config["OVERSIGHT"].database_url
    engine = sa.create_engine(owner, hide_parameters=True) if other else target.engine
    with engine.connect() as connection, alone(connection):
        if connection.dialect.name == "sqlite":
            # SQLite rebuilds a table to alter it; with foreign keys on, its children would be lost or refuse.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=target.metadata,
            compare_type=True,
            include_name=jobs.ours,
            render_item=render,
            render_as_batch=connection.dialect.name == "sqlite",
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if set(context.get_context().get_current_heads()) == set(context.script.get_heads()):
            records.guard(connection)  # what the models mark as only growing
            connection.commit()
            jobs.build(connection)
    if other:
        engine.dispose()


run()
