"""What the migrations have built is what the models say, on both databases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade

from oversight.base import jobs
from oversight.base.db import Base, db
from tests.support import postgres

DEFINITIONS = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes"
    " WHERE schemaname = 'public' AND NOT starts_with(tablename, 'procrastinate_')",
}


def _indexes(connection) -> dict[str, str]:
    return dict(connection.exec_driver_sql(DEFINITIONS[connection.dialect.name]).all())


def _as_modelled(dialect: str) -> dict[str, str]:
    """Return the indexes of a database that the models have built."""
    engine = sa.create_engine("sqlite://" if dialect == "sqlite" else postgres.create_database())
    try:
        with engine.connect() as connection:
            Base.metadata.create_all(connection)
            return _indexes(connection)
    finally:
        engine.dispose()


def test_models_and_migrations_agree(app):
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": jobs.ours}
        )
        assert compare_metadata(context, Base.metadata) == []


def test_each_index_covers_the_same_columns_and_rows(app):
    with db.engine.connect() as connection:
        migrated = _indexes(connection)
        migrated.pop("alembic_version_pkc", None)
        assert migrated == _as_modelled(connection.dialect.name)


def test_the_newest_migration_can_be_taken_back(app):
    directory = app.extensions["migrate"].directory
    with db.engine.connect() as connection:
        before = _indexes(connection)
    downgrade(directory=directory, revision="-1")
    upgrade(directory=directory)
    with db.engine.connect() as connection:
        assert _indexes(connection) == before
