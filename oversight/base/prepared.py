"""Statements of the hot path, compiled once and run by the driver itself.

SQLAlchemy builds and compiles them, and converts what goes in and comes out; what it does anew at
each execution, several times the work of the statement, is left out. Defaults of columns are not
filled in.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable

import sqlalchemy as sa

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

    def first(self, session, **values):
        return next(iter(self.rows(session, **values)), None)

    def write(self, session, **values) -> int:
        """Run it and return how many rows it touched."""
        connection = kept.link(session)
        return self._for(connection).run(connection, values).rowcount

    def write_all(self, session, values: list[dict]) -> int:
        """Run it once for each of several sets of values; returns how many rows were touched."""
        connection = kept.link(session)
        return self._for(connection).run(connection, values).rowcount


def _dashed(text: str | None) -> str | None:
    """Write an id with dashes; SQLite keeps it without."""
    return text and f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _reader(kind: sa.types.TypeEngine, dialect: sa.Dialect) -> Callable | None:
    if isinstance(kind, sa.Uuid) and dialect.name == "sqlite":
        return _dashed
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
        self.Row: Callable = _row_of([column.key for column in columns])
        self.out = [_reader(column.type, dialect) for column in columns]

    def row(self, found):
        return self.Row(
            *[
                value if make is None else make(value)
                for make, value in zip(self.out, found, strict=True)
            ]
        )

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
