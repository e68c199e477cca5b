"""How migrations reach the database: as their owner, one transaction each."""

import sqlalchemy as sa
from alembic import context
from flask import current_app

from oversight.base.db import UTCDateTime
from oversight.models import records

target = current_app.extensions["migrate"].db


def render(kind: str, item, _context):
    """Write the house's own column types as plain SQLAlchemy, so that landed migrations stand alone."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.JSON):
        return "JSON"
    return False


def run() -> None:
    """Run the wanted migrations, as the owner of the tables where the environment names one."""
    owner = current_app.config["OVERSIGHT"].owner_url
    other = owner != current_app.config["OVERSIGHT"].database_url
    engine = sa.create_engine(owner, hide_parameters=True) if other else target.engine
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # SQLite rebuilds a table to alter it; with foreign keys on, its children would be lost or refuse.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=target.metadata,
            compare_type=True,
            render_item=render,
            render_as_batch=connection.dialect.name == "sqlite",
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if set(context.get_context().get_current_heads()) == set(context.script.get_heads()):
            records.guard(connection)  # what the models mark as only growing
            connection.commit()
    if other:
        engine.dispose()


run()
