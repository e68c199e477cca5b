"""Everything a database holds as plain, comparable data.

Reads committed rows only; writes nothing.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import sqlalchemy as sa

from oversight.base.db import reading

Dump = dict[str, list[tuple]]


@cache
def _tables(engine: sa.Engine) -> tuple[str, ...]:
    return tuple(sorted(sa.inspect(engine).get_table_names()))


def dump(session, without: tuple[str, ...] = ("refusals",)) -> Dump:
    """Return every row of every table, read on a connection of its own.

    Ends the session's transaction first, so that anything a refusal left behind in it comes to
    light.
    """
    session.commit()
    engine = session.get_bind()
    tables = [table for table in _tables(engine) if table not in without]
    with reading(), engine.connect() as connection, connection.begin():
        return _rows(connection, tables)


def _rows(connection, tables: list[str]) -> Dump:
    """Ask the driver itself: most of what is read is thrown away unseen.

    PostgreSQL is asked once for all tables.
    """
    cursor = connection.connection.cursor()
    if connection.dialect.name != "postgresql":
        return {table: cursor.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables}
    asked = (f"SELECT '{table}', row::text FROM \"{table}\" AS row" for table in tables)
    found: Dump = {table: [] for table in tables}
    for table, row in cursor.execute(" UNION ALL ".join(asked)):
        found[table].append((row,))
    return found


def difference(before: Dump, after: Dump) -> list[str]:
    """Return the lines that came and went, by table; empty where nothing changed."""
    found = []
    for table in sorted(before.keys() | after.keys()):
        old, new = before.get(table, []), after.get(table, [])
        if old != new:
            gone, come = Counter(old), Counter(new)
            found += [f"- {table} {row}" for row in (gone - come).elements()]
            found += [f"+ {table} {row}" for row in (come - gone).elements()]
    return found
