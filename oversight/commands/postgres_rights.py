"""What the application's own role may do in PostgreSQL, where another owns the tables
(OVERSIGHT_OWNER_URL).
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from oversight.base.settings import Environment
from oversight.models import records


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
    return [
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON alembic_version FROM {role}",
        *records.rights(role),
    ]
