"""Everything a database holds as plain, comparable data.

Reads committed rows only; writes nothing.
"""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa

from oversight.base.db import reading

Dump = dict[str, list[str]]


@cache
def _tables(engine: sa.Engine) -> tuple[str, ...]:
    return tuple(sorted(sa.inspect(engine).get_table_names()))


def dump(session, without: tuple[str, ...] = ("refusals",)) -> Dump:
    """Return every row of every table as sorted lines, read on a connection of its own.

    Ends the session's transaction first, so that anything a refusal left behind in it comes to
    light.
    """
    session.commit()
    engine = session.get_bind()
    with reading(), engine.connect() as connection:
        tables = [table for table in _tables(engine) if table not in without]
        found: Dump = {table: [] for table in tables}
        for table, line in _lines(connection, tables):
            found[table].append(line)
    return {table: sorted(lines) for table, lines in found.items()}


def _lines(connection, tables: list[str]):
    """Return (table, row as text) for every row; PostgreSQL is asked once for all tables."""
    if connection.dialect.name == "postgresql":
        return connection.exec_driver_sql(
            " UNION ALL ".join(
                f"SELECT '{table}', row::text FROM \"{table}\" AS row" for table in tables
            )
        ).all()
    return [
        (table, repr(tuple(row)))
        for table in tables
        for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"')
    ]


def difference(before: Dump, after: Dump) -> list[str]:
    """Return the lines that came and went, by table; empty where nothing changed."""
    found = []
    for table in sorted(before.keys() | after.keys()):
        old, new = before.get(table, []), after.get(table, [])
        found += [f"- {table} {row}" for row in old if row not in new]
        found += [f"+ {table} {row}" for row in new if row not in old]
        if len(old) != len(new) and sorted(old) != sorted(new):
            found.append(f"{table}: {len(old)} rows became {len(new)}")
    return found
