"""Everything a database holds as plain, comparable data. Reads committed rows only; writes nothing."""

from __future__ import annotations

import json
from functools import cache

import sqlalchemy as sa

from oversight.db import reading

Dump = dict[str, list[str]]


@cache
def _tables(engine: sa.Engine) -> tuple[str, ...]:
    return tuple(sorted(sa.inspect(engine).get_table_names()))


def dump(session, without: tuple[str, ...] = ("refusals",)) -> Dump:
    """Return every row of every table as sorted JSON lines, read on a connection of its own.

    Ends the session's transaction first, so that anything a refusal left behind in it comes to light.
    """
    session.commit()
    engine = session.get_bind()
    with reading(), engine.connect() as connection:
        return {table: _rows(connection, table) for table in _tables(engine) if table not in without}


def _rows(connection, table: str) -> list[str]:
    rows = connection.exec_driver_sql(f'SELECT * FROM "{table}"').mappings()
    return sorted(json.dumps(dict(row), default=str, sort_keys=True, ensure_ascii=False) for row in rows)


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
