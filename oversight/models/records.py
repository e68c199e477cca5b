"""What is recorded for good: the mark on a table, and the triggers and rights that follow from it.

A marked row is added and never changed or removed; columns named by the mark may be set once, where
they are empty. `seal` is the number of the daily seal that a row lies under.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from oversight.base.db import Base

REFUSE = "BEGIN SELECT RAISE(ABORT, 'append-only'); END"


def append_only(*once: str, repeats: bool = False) -> dict:
    """Mark a table for its `__table_args__`; `repeats` where inserting a taken key is no mistake."""
    return {"info": {"once": once, "repeats": repeats}}


def marked() -> list[sa.Table]:
    """Return the tables that only grow."""
    return [table for table in Base.metadata.sorted_tables if "once" in table.info]


def stored() -> list[sa.Column]:
    """Return the columns that name files in the data folder."""
    columns = [column for table in Base.metadata.sorted_tables for column in table.columns]
    return [column for column in columns if column.name in ("stored", "thumb")]


def sealed_daily() -> list[sa.Table]:
    """Return those whose rows are in no chain: the daily seal holds their count and root."""
    return [table for table in marked() if "seal" in table.columns]


def fixed(table: sa.Table) -> list[sa.Column]:
    """Return the columns of a marked table that nothing may change."""
    return [column for column in table.columns if column.name not in table.info["once"]]


def guard(connection: sa.Connection) -> None:
    """Let the database itself refuse what the marks forbid: lays all triggers anew. Does not commit."""
    sqlite = connection.dialect.name == "sqlite"
    for name, table in (_old_sqlite if sqlite else _old_postgresql)(connection):
        connection.exec_driver_sql(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}"))
    for table in marked():
        for statement in (_sqlite if sqlite else _postgresql)(table):
            connection.exec_driver_sql(statement)


def owned(connection: sa.Connection) -> bool:
    """True where what is recorded belongs to the role that asks, whatever its address is called."""
    if connection.dialect.name == "sqlite":
        return True
    asked = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = 'journal'::regclass"
    return bool(connection.scalar(sa.text(asked)))


@contextmanager
def lifted(connection: sa.Connection, table: sa.Table) -> Iterator[None]:
    """Let rows of one table be removed inside, by its owner and within his transaction."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"DROP TRIGGER {table.name}_no_delete")
        yield
        [statement] = [one for one in _sqlite(table) if f"TRIGGER {table.name}_no_delete " in one]
        connection.exec_driver_sql(statement)
        return
    change = f"ALTER TABLE {table.name} %s TRIGGER {table.name}_append_only"
    connection.exec_driver_sql(change % "DISABLE")
    yield
    connection.exec_driver_sql(change % "ENABLE")


def _old_sqlite(connection: sa.Connection) -> Sequence[sa.Row]:
    return connection.exec_driver_sql(
        "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%append-only%'"
    ).all()


def _old_postgresql(connection: sa.Connection) -> Sequence[sa.Row]:
    return connection.exec_driver_sql(
        "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE tgfoid = 'append_only'::regproc"
    ).all()


def _names(table: sa.Table) -> str:
    return ", ".join(f'"{column.name}"' for column in fixed(table))


def _sqlite(table: sa.Table) -> Iterator[str]:
    for name, when in (
        ("no_update", f"UPDATE OF {_names(table)} ON {table.name}"),
        ("no_delete", f"DELETE ON {table.name}"),
        # INSERT OR REPLACE deletes without asking the trigger above
        (
            "no_replace",
            f"INSERT ON {table.name} WHEN EXISTS (SELECT 1 FROM {table.name} WHERE {_same(table)})",
        ),
        *(
            (f"{name}_once", f"UPDATE OF {name} ON {table.name} WHEN OLD.{name} IS NOT NULL")
            for name in table.info["once"]
        ),
    ):
        yield f"CREATE TRIGGER {table.name}_{name} BEFORE {when} {REFUSE}"


def _same(table: sa.Table) -> str:
    """Say which row a new one would replace."""
    keys = [list(table.primary_key.columns)]
    if not table.info["repeats"]:
        keys += [
            list(one.columns) for one in table.constraints if isinstance(one, sa.UniqueConstraint)
        ]
        keys += [
            list(one.columns)
            for one in table.indexes
            if one.unique and one.dialect_options["sqlite"]["where"] is None
        ]
    return " OR ".join(
        "(" + " AND ".join(f'"{one.name}" = NEW."{one.name}"' for one in key) + ")" for key in keys
    )


def _postgresql(table: sa.Table) -> Iterator[str]:
    for name, when in (
        ("no_update", f"UPDATE OF {_names(table)} ON {table.name} FOR EACH STATEMENT"),
        ("append_only", f"DELETE OR TRUNCATE ON {table.name} FOR EACH STATEMENT"),
        *(
            (
                f"{name}_once",
                f"UPDATE OF {name} ON {table.name} FOR EACH ROW WHEN (OLD.{name} IS NOT NULL)",
            )
            for name in table.info["once"]
        ),
    ):
        yield f"CREATE TRIGGER {table.name}_{name} BEFORE {when} EXECUTE FUNCTION append_only()"


def rights(role: str) -> Iterator[str]:
    """Yield what takes from a role of PostgreSQL, which may write everything, what marks forbid."""
    for table in marked():
        yield f"REVOKE UPDATE, DELETE, TRUNCATE ON {table.name} FROM {role}"
        if table.info["once"]:
            yield f"GRANT UPDATE ({', '.join(table.info['once'])}) ON {table.name} TO {role}"
