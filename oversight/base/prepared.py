"""Statements of the hot path, compiled once and run by the driver itself.

SQLAlchemy builds and compiles them, and converts what goes in and comes out; what it does anew at
each execution, several times the work of the statement, is left out. Defaults of columns are not
filled in.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Iterable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from . import kept


class Prepared:
    """A statement, or what makes it for a dialect; `keys` are the columns that an insert is given."""

    def __init__(self, statement: sa.Executable | Callable, keys: Iterable[str] | None = None):
        self.make = statement if callable(statement) else lambda _dialect: statement
        self.keys = None if keys is None else list(keys)
        self.made: dict[str, _Compiled] = {}

    def _for(self, connection: sa.Connection) -> _Compiled:
        name = connection.dialect.name
        if name not in self.made:
            self.made[name] = _Compiled(self.make(name), self.keys, connection.dialect)
        return self.made[name]

    def rows(self, session, **values) -> list:
        """Return what it finds, as named tuples."""
        connection = kept.link(session)
        made = self._for(connection)
        return [made.row(row) for row in made.run(connection, values).fetchall()]

    def dicts(self, session, **values) -> list[dict]:
        """Return what it finds, by the names of its columns."""
        connection = kept.link(session)
        made = self._for(connection)
        found = made.run(connection, values).fetchall()
        return [dict(zip(made.columns, made.values(row), strict=True)) for row in found]

    def first(self, session, **values):
        return next(iter(self.rows(session, **values)), None)

    def write(self, session, **values) -> int:
        """Run it and return how many rows it touched."""
        connection = kept.link(session)
        return self._for(connection).run(connection, values).rowcount

    def write_all(self, session, values: list[dict]) -> int:
        """Run it once for each of several sets of values; returns how many rows were touched."""
        if not values:
            return 0
        connection = kept.link(session)
        return self._for(connection).run(connection, values).rowcount


def dashed(text: str | None) -> str | None:
    """Write an id with dashes; SQLite keeps it without."""
    return text and f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class _Ids(sa.types.TypeDecorator):
    """A list of ids as one value."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if dialect.name != "sqlite":
            return list(value)
        return json.dumps([one.replace("-", "") for one in value])


def among(column: sa.ColumnElement, name: str, dialect: str) -> sa.ColumnElement[bool]:
    """Return the condition that a column of ids is one of those given as `name`, of whatever number:
    a statement that names each would be another with every number.
    """
    given: sa.BindParameter = sa.bindparam(name, type_=_Ids)
    if dialect == "sqlite":
        return column.in_(sa.select(sa.func.json_each(given).table_valued("value").c.value))
    return column == sa.func.any(sa.cast(given, postgresql.ARRAY(postgresql.UUID)))


def _reader(kind: sa.types.TypeEngine, dialect: sa.Dialect) -> Callable | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _row_of(names: list[str]) -> Callable:
    return namedtuple("Row", names)


class _Compiled:
    """Text and converters of a statement for one dialect."""

    def __init__(self, statement, keys: list[str] | None, dialect: sa.Dialect):
        made = statement.compile(dialect=dialect, column_keys=keys)
        self.text, self.dialect = str(made), dialect
        self.positional, fixed = made.positiontup is not None, made.params
        # what each parameter is: its name, its converter, and its value where the statement fixes it
        self.order = [
            (name, made._bind_processors.get(name), fixed.get(name))
            for name in made.positiontup or fixed
        ]
        self.names = [name for name, _convert, _fixed in self.order]
        columns = statement.selected_columns if statement.is_select else statement.exported_columns
        self.columns = [column.key for column in columns]
        self.Row: Callable = _row_of(self.columns)
        self.out = [_reader(column.type, dialect) for column in columns]

    def row(self, found):
        return self.Row(*self.values(found))

    def values(self, found) -> list:
        """Return the values of a row as the program wants them."""
        return [
            value if make is None else make(value)
            for make, value in zip(self.out, found, strict=True)
        ]

    def given(self, values: dict):
        """Return values as the driver wants them."""
        made = [
            convert(values.get(name, fixed)) if convert else values.get(name, fixed)
            for name, convert, fixed in self.order
        ]
        return made if self.positional else dict(zip(self.names, made, strict=True))

    def run(self, connection: sa.Connection, values: dict | list[dict]):
        """Run it on the driver's cursor, for several sets of values where a list is given."""
        cursor = connection.connection.cursor()
        if isinstance(values, list):
            many, given, send = True, [self.given(one) for one in values], cursor.executemany
        else:
            many, given, send = False, self.given(values), cursor.execute
        kept.announce(connection, cursor, self.text, given, many)
        try:
            send(self.text, given)  # drivers differ in what it answers
        except self.dialect.loaded_dbapi.Error as error:
            raise sa.exc.DBAPIError.instance(
                self.text,
                None,
                error,
                self.dialect.loaded_dbapi.Error,
                hide_parameters=True,
                dialect=self.dialect,
            ) from error
        return cursor
