"""What the application's own role may do in PostgreSQL, where another owns the tables
(OVERSIGHT_OWNER_URL).
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from oversight.base.settings import Environment

# What was recorded stays: the role of the application can add to these and read them, no more.
APPEND_ONLY = (
    "journal",
    "refusals",
    "unit_changes",
    "activity_changes",
    "setting_changes",
    "checkpoints",
    "sightings",
    "phone_looks",
    "admin_changes",
)
# Taken back, never deleted; what may be changed in a row a trigger knows.
NEVER_DELETED = ("life_meetings",)


def grant(env: Environment) -> bool:
    """Give the application's role its rights as the owner; returns whether there was anything to
    give. Commits.
    """
    role = make_url(env.database_url).username
    if (
        env.sqlite
        or env.owner_url == env.database_url
        or role in (None, make_url(env.owner_url).username)
    ):
        return False
    engine = sa.create_engine(env.owner_url, hide_parameters=True)
    name = engine.dialect.identifier_preparer.quote(role)
    with engine.begin() as connection:
        for statement in _statements(name):
            connection.exec_driver_sql(statement)
    engine.dispose()
    return True


def _statements(role: str) -> list[str]:
    kept = ", ".join((*APPEND_ONLY, "alembic_version"))
    return [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {kept} FROM {role}",
        f"REVOKE DELETE, TRUNCATE ON {', '.join(NEVER_DELETED)} FROM {role}",
        f"REVOKE INSERT ON alembic_version FROM {role}",
    ]
