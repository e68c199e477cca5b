"""All rows of a database carried into another of the same schema, of either kind, and held against it: by
count and by a digest of each table that asks for no order. Knows tables by what it is handed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from . import copies, outages
from .db import Held

PIECE = 1000  # rows read or written at once
Heard = Callable[[int], object]


@dataclass(frozen=True)
class Sum:
    """How many rows a table has, and what they come to in whatever order."""

    rows: int = 0
    digest: int = 0


def carry(
    source: sa.Connection, target: sa.Connection, tables: Iterable[sa.Table], done: Heard = int
) -> int:
    """Write the rows of all tables into a database that has none; returns how many. Does not commit."""
    carried = 0
    with _quiet(target):
        for table in tables:
            put = _copy if target.dialect.name == "postgresql" else _insert
            carried += put(target, table, _heard(read_whole(source, table), done))
            copies.go_on_counting(target, table.name)
    return carried


def _heard(rows: Iterator[list[tuple]], done: Heard) -> Iterator[list[tuple]]:
    for piece in rows:
        yield piece
        done(len(piece))


def read_whole(connection: sa.Connection, table: sa.Table) -> Iterator[list[tuple]]:
    """Yield a table's rows in pieces, as Python has them, in no order."""
    wanted = sa.select(*table.columns).execution_options(yield_per=PIECE)
    for piece in connection.execute(wanted).partitions():
        yield [tuple(row) for row in piece]


def _copy(target: sa.Connection, table: sa.Table, rows: Iterator[list[tuple]]) -> int:
    """Write rows in one statement, within which they may refer to each other."""
    quote, dialect, count = target.dialect.identifier_preparer.quote, target.dialect, 0
    names = ", ".join(quote(column.name) for column in table.columns)
    binds = [_bind(column, dialect) for column in table.columns]
    driver: Any = target.connection.driver_connection
    with (
        outages.of_driver(dialect.loaded_dbapi.Error),
        driver.cursor() as cursor,
        cursor.copy(f"COPY {quote(table.name)} ({names}) FROM STDIN") as out,
    ):
        for piece in rows:
            for row in piece:
                out.write_row([bind(value) for bind, value in zip(binds, row, strict=True)])
            count += len(piece)
    return count


def _bind(column: sa.Column, dialect: sa.Dialect) -> Callable[[Any], Any]:
    """Return what turns a value into what the driver takes; SQL's null stays what it is."""
    made = column.type.dialect_impl(dialect).bind_processor(dialect)
    return (lambda value: None if value is None else made(value)) if made else (lambda value: value)


def _insert(target: sa.Connection, table: sa.Table, rows: Iterator[list[tuple]]) -> int:
    count, names = 0, [column.key for column in table.columns]
    for piece in rows:
        values = [_without_json_null(table, dict(zip(names, row, strict=True))) for row in piece]
        target.execute(sa.insert(table), values)
        count += len(piece)
    return count


def _without_json_null(table: sa.Table, row: dict) -> dict:
    """A null that was read from a column of JSON is SQL's."""
    empty = {
        name: sa.null()
        for name, value in row.items()
        if value is None and isinstance(table.c[name].type, sa.JSON | Held)
    }
    return {**row, **empty}


@contextmanager
def _quiet(target: sa.Connection) -> Iterator[None]:
    """Let no trigger hear of rows as if they were new; they are back when all is written."""
    if target.dialect.name == "postgresql":
        names = [target.dialect.identifier_preparer.quote(name) for name in copies.tables(target)]
        ends = [f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in names]
        begins = [one.replace("ENABLE", "DISABLE") for one in ends]
    else:
        found = target.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        kept = found.all()
        begins = [
            "PRAGMA defer_foreign_keys=ON",
            *(f'DROP TRIGGER "{name}"' for name, _sql in kept),
        ]
        ends = [sql for _name, sql in kept]
    for statement in begins:
        target.exec_driver_sql(statement)
    yield
    for statement in ends:
        target.exec_driver_sql(statement)


# Holding one against the other -------------------------------------------------------------------


def sums(
    connection: sa.Connection, tables: Iterable[sa.Table], done: Heard = int
) -> dict[str, Sum]:
    """Return what the rows of each table come to, the same in either kind of database."""
    return {table.name: _sum(_heard(read_whole(connection, table), done)) for table in tables}


def _sum(rows: Iterator[list[tuple]]) -> Sum:
    count, digest = 0, 0
    for piece in rows:
        count += len(piece)
        digest = (digest + sum(map(_hash, piece))) % 2**256
    return Sum(count, digest)


def _hash(row: tuple) -> int:
    text = json.dumps(row, default=_plain, sort_keys=True, ensure_ascii=False)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())


def _plain(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return value.isoformat() if isinstance(value, datetime) else str(value)


def differing(one: dict[str, Sum], other: dict[str, Sum]) -> list[str]:
    """Name the tables that do not hold the same rows."""
    return [name for name, found in one.items() if other.get(name) != found]


def held_still(connection: sa.Connection, tables: Iterable[sa.Table]) -> None:
    """Let nobody write into a database until the transaction ends."""
    if connection.dialect.name == "postgresql":
        names = map(connection.dialect.identifier_preparer.quote, (table.name for table in tables))
        connection.exec_driver_sql(f"LOCK TABLE {', '.join(names)} IN SHARE MODE")


def filled(connection: sa.Connection, tables: Iterable[sa.Table]) -> list[str]:
    """Name the tables that hold rows."""
    asked = ((table.name, sa.select(sa.literal(1)).select_from(table).limit(1)) for table in tables)
    return [name for name, wanted in asked if connection.scalar(wanted)]
