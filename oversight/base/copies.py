"""A database written out and read in as it stands at one moment, while others go on writing: SQLite
by its own copy, PostgreSQL table by table in one snapshot. Knows tables by what the database says.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from . import jobs, outages

SQLITE = "oversight.db"


@contextmanager
def snapshot(url: str, folder: Path) -> Iterator[sa.Connection]:
    """Write a database into a folder, and yield a connection that sees the same moment."""
    if url.startswith("sqlite"):
        path = folder / SQLITE
        _copy(Path(sa.make_url(url).database), path)
        engine = sa.create_engine(f"sqlite:///{path}", hide_parameters=True)
        with engine.connect() as connection:
            yield connection
    else:
        engine = sa.create_engine(url, hide_parameters=True)
        frozen = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with engine.connect().execution_options(**frozen) as connection:
            for table in tables(connection):
                _write(connection, table, folder / f"{table}.copy")
            yield connection
    engine.dispose()


def tables(connection: sa.Connection) -> list[str]:
    """Return the tables of a database, each behind those that it refers to; the queue's are not among
    them, since its jobs follow from the rows that wait.
    """
    found = sa.inspect(connection).get_sorted_table_and_fkc_names()
    names = [name for name, _keys in found if name not in (None, "alembic_version")]
    return [name for name in names if not name.startswith(jobs.TABLES)]


def counts(connection: sa.Connection) -> dict[str, int]:
    """Count the rows of every table."""
    quote = connection.dialect.identifier_preparer.quote
    with _cursor(connection) as cursor:
        return {name: _count(cursor, quote(name)) for name in sorted(tables(connection))}


def _count(cursor, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {table}")
    return cursor.fetchone()[0]


def sound(connection: sa.Connection) -> bool:
    """True where SQLite finds its own file in order; PostgreSQL is asked for nothing."""
    if connection.dialect.name != "sqlite":
        return True
    return connection.exec_driver_sql("PRAGMA quick_check").scalar() == "ok"


def _copy(source: Path, target: Path) -> None:
    """Copy a SQLite database in one read transaction; the copy is one file."""
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    with (
        outages.of_driver(sqlite3.Error),
        closing(_opened(source, "ro")) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)
        new.execute("PRAGMA journal_mode=DELETE")


def made_whole(url: str) -> None:
    """Bring what SQLite keeps beside its file into the file, once it is served no more, so that who
    copies the file alone loses nothing. Where that cannot be, it stays beside it.
    """
    path = sa.make_url(url).database if url.startswith("sqlite") else None
    if path and path != ":memory:":
        with suppress(sqlite3.Error), closing(_opened(Path(path), "rw")) as link:
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    """Open a database that is there, and make none where it is away. Raises sqlite3.Error."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True)


@contextmanager
def _cursor(connection: sa.Connection) -> Iterator[Any]:
    driver: Any = connection.connection.driver_connection
    with (
        outages.of_driver(connection.dialect.loaded_dbapi.Error),
        closing(driver.cursor()) as cursor,
    ):
        yield cursor


def _names(connection: sa.Connection, table: str) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return ", ".join(quote(one["name"]) for one in sa.inspect(connection).get_columns(table))


def _write(connection: sa.Connection, table: str, path: Path) -> None:
    """Write a table with its columns in the first line."""
    names = _names(connection, table)
    with _cursor(connection) as cursor, path.open("wb") as file:
        file.write(f"{names}\n".encode())
        with cursor.copy(f"COPY {table} ({names}) TO STDOUT") as rows:
            for piece in rows:
                file.write(piece)


def load(url: str, folder: Path) -> None:
    """Read a written database into an empty one of the same kind and schema, all or nothing."""
    (_load_file if url.startswith("sqlite") else _load_tables)(url, folder)


def _load_file(url: str, folder: Path) -> None:
    with outages.of_driver(sqlite3.Error):
        into = sqlite3.connect(sa.make_url(url).database, timeout=15)
        with closing(sqlite3.connect(folder / SQLITE)) as old, closing(into) as new:
            old.backup(new)


def _load_tables(url: str, folder: Path) -> None:
    engine = sa.create_engine(url, hide_parameters=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM installation")
        found = [table for table in tables(connection) if (folder / f"{table}.copy").exists()]
        for table in found:  # triggers would tell of rows as if they were new
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            _read(connection, table, folder / f"{table}.copy")
        for table in found:
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    engine.dispose()


def _read(connection: sa.Connection, table: str, path: Path) -> None:
    with _cursor(connection) as cursor, path.open("rb") as file:
        names = file.readline().decode().strip()
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as rows:
            while piece := file.read(2**20):
                rows.write(piece)
    go_on_counting(connection, table)


def go_on_counting(connection: sa.Connection, table: str) -> None:
    """Let a table that was filled number its next row behind the last. SQLite does so itself."""
    if connection.dialect.name == "sqlite":
        return
    for name in _numbered(connection, table):
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{name}'), max({name}))"
            f" FROM {table} HAVING pg_get_serial_sequence('{table}', '{name}') IS NOT NULL"
        )


def _numbered(connection: sa.Connection, table: str) -> list[str]:
    """Name the columns that the database itself numbers."""
    found = sa.inspect(connection).get_columns(table)
    return [one["name"] for one in found if one.get("autoincrement") is True]
