"""Statements of the hot path, compiled once and run by the driver itself.

SQLAlchemy builds and compiles them, and converts what goes in and comes out; what it does anew at
each execution, several times the work of the statement, is left out. Defaults of columns are not
filled in.
"""

from __future__ import annotations

import json
import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

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
        return made.rows(made.run(connection, values).fetchall())

    def dicts(self, session, **values) -> list[dict]:
        """Return what it finds, by the names of its columns."""
        connection = kept.link(session)
        made = self._for(connection)
        return made.dicts(made.run(connection, values).fetchall())

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


class _Texts(sa.types.TypeDecorator):
    """A list of texts, or of days, as one value."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value, dialect):
        texts = [*map(str, value)]
        return json.dumps(texts) if dialect.name == "sqlite" else texts


class _Ids(sa.types.TypeDecorator):
    """A list of ids as one value."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if dialect.name != "sqlite":
            return list(value)
        return json.dumps([one.replace("-", "") for one in value])


def among(column: sa.ColumnElement, name: str, dialect: str) -> sa.ColumnElement[bool]:
    """Return the condition that a column of ids, texts or days is one of those given as `name`, of
    whatever number: a statement that names each would be another with every number.
    """
    ids = isinstance(column.type, sa.Uuid)
    given: sa.BindParameter = sa.bindparam(name, type_=_Ids if ids else _Texts)
    if dialect == "sqlite":
        return column.in_(sa.select(sa.func.json_each(given).table_valued("value").c.value))
    days = isinstance(getattr(column.type, "impl_instance", column.type), sa.Date)
    kind = postgresql.UUID if ids else sa.Date if days else sa.Text
    return column == sa.any_(sa.cast(given, postgresql.ARRAY(kind)))


def _reader(kind: sa.types.TypeEngine, dialect: sa.Dialect) -> Callable | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _row_of(names: list[str]) -> Callable:
    """Return what makes a row with named columns of its values."""
    return partial(tuple.__new__, cast(Any, namedtuple("Row", names, rename=True)))


def _columns_of(statement):
    return statement.selected_columns if statement.is_select else statement.exported_columns


# Shared by who asks alike ------------------------------------------------------------------------

_ID = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}")


def numbered(value, numbers: dict[str, int]):
    """Return tuples and texts with a number in the place of each id, as they come; `numbers` gains the
    new ones.
    """
    if isinstance(value, tuple):
        return tuple(numbered(one, numbers) for one in value)
    if not isinstance(value, str):
        return value
    return _ID.sub(lambda found: f"{{{numbers.setdefault(found[0], len(numbers))}}}", value)


class Fixed:
    """A statement whose values are all known but for some ids: what the driver is given is kept from
    its first run, with the places of the ids, and the statement itself is let go.
    """

    def __init__(self, statement: sa.Select | sa.CompoundSelect):
        self.statement: sa.Select | sa.CompoundSelect | None = statement
        self.out: list[tuple[int, Callable]] = []
        self.text, self.of = "", _row_of([])
        self.given: Any = None
        self.holes: list[tuple[Any, Callable]] = []

    def rows(self, session, ids: Sequence[str] = ()) -> list:
        """Return what it finds with these ids, as named tuples; what waits to be written is first.

        Raises KeyError where it holds an id that is not among those of its first run.
        """
        kept.write_out(session)
        connection, statement = kept.link(session), self.statement
        if statement is not None:
            return self._begin(connection, statement, ids)
        given = self.given.copy()
        for place, write in self.holes:
            given[place] = write(ids)
        found = _run(connection, self.text, given).fetchall()
        return [*map(self.of, _converted(found, self.out))]

    def _begin(self, connection: sa.Connection, statement, ids: Sequence[str]) -> list:
        result = connection.execute(statement)
        context, columns = result.context, list(_columns_of(statement))
        given = context.parameters[0]
        self.text = context.statement
        self.given = given.copy() if isinstance(given, dict) else [*given]
        self.holes = _holes_of(given, {one: place for place, one in enumerate(ids)})
        self.of = _row_of([column.key for column in columns])
        self.out = _converters(_reader(column.type, connection.dialect) for column in columns)
        self.statement = None
        return [self.of(row) for row in result]


def _holes_of(given, places: dict[str, int]) -> list[tuple[Any, Callable]]:
    """Return by place what writes a value with other ids: of those that hold any."""
    values = given.items() if isinstance(given, dict) else enumerate(given)
    writers = ((place, _writer(value, places)) for place, value in values)
    return [(place, write) for place, write in writers if write is not None]


def _writer(value, places: dict[str, int]) -> Callable | None:
    if isinstance(value, UUID):
        own = places[str(value)]
        return lambda ids: UUID(ids[own])
    ids = {found[0] for found in _ID.finditer(value)} if isinstance(value, str) else set()
    if value not in ids:
        at = {text: places[_with_dashes(text)] for text in ids}
        return partial(_rewritten, value, at) if ids else None
    place = places[_with_dashes(value)]
    return itemgetter(place) if "-" in value else lambda ids: ids[place].replace("-", "")


def _rewritten(value: str, places: dict[str, int], ids: Sequence[str]) -> str:
    """Return a text of several ids, a path, with others."""

    def other(found: re.Match) -> str:
        one = ids[places[found[0]]]
        return one if found[1] else one.replace("-", "")

    return _ID.sub(other, value)


def _with_dashes(text: str) -> str:
    return text if "-" in text else dashed(text)


# Running -----------------------------------------------------------------------------------------


def _run(connection: sa.Connection, text: str, given, many: bool = False):
    """Run a statement on the driver's cursor, heard by who listens to the engine."""
    cursor, dialect = connection.connection.cursor(), connection.dialect
    kept.announce(connection, cursor, text, given, many)
    try:
        (cursor.executemany if many else cursor.execute)(text, given)  # answers differ by driver
    except dialect.loaded_dbapi.Error as error:
        raise sa.exc.DBAPIError.instance(
            text, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
        ) from error
    return cursor


def _converters(of: Iterable[Callable | None]) -> list[tuple[int, Callable]]:
    """Return the converters of a row's values with their places: most values have none."""
    return [(place, make) for place, make in enumerate(of) if make is not None]


def _converted(rows: Sequence, converters: list[tuple[int, Callable]]) -> Iterable:
    """Return rows with their values converted, a column at a time where there are several."""
    if len(rows) == 1 and converters:
        row = [*rows[0]]
        for place, make in converters:
            row[place] = make(row[place])
        return [tuple(row)]
    columns: list[Iterable] = [*zip(*rows, strict=True)] if converters else []
    if not columns:
        return rows
    for place, make in converters:
        columns[place] = map(make, columns[place])
    return zip(*columns, strict=True)


def _values_of(names: list[str]) -> Callable:
    """Return what takes the values of these names, in their order."""
    take: Any = itemgetter(*names) if names else lambda _known: ()
    return take if len(names) != 1 else lambda known: (take(known),)


class _Compiled:
    """Text and converters of a statement for one dialect."""

    def __init__(self, statement, keys: list[str] | None, dialect: sa.Dialect):
        made = statement.compile(dialect=dialect, column_keys=keys)
        self.text, fixed, places = str(made), made.params, made.positiontup
        converters = dict(made._bind_processors)
        if made.post_compile_params:  # lists of values are written out
            state = made.construct_expanded_state(fixed)
            self.text, fixed, places = state.statement, state.parameters, state.positiontup
            converters |= state.processors
        self.positional = places is not None
        self.names = list(places or fixed)
        self.take = _values_of(self.names)
        # what a parameter holds where nothing is given: what the statement fixes, or nothing
        self.fixed = {name: fixed.get(name) for name in self.names}
        self.into = _converters(converters.get(name) for name in self.names)
        columns = list(_columns_of(statement))
        self.columns = [column.key for column in columns]
        self.of = _row_of(self.columns)
        self.out = _converters(_reader(column.type, dialect) for column in columns)

    def rows(self, found: list) -> list:
        return [*map(self.of, _converted(found, self.out))]

    def dicts(self, found: list) -> list[dict]:
        return [dict(zip(self.columns, row, strict=True)) for row in _converted(found, self.out)]

    def given(self, values: list[dict]) -> list:
        """Return sets of values as the driver wants them."""
        made = _converted([self.take(self.fixed | one) for one in values], self.into)
        if self.positional:
            return [*made]
        return [dict(zip(self.names, row, strict=True)) for row in made]

    def run(self, connection: sa.Connection, values: dict | list[dict]):
        """Run it on the driver's cursor, for several sets of values where a list is given."""
        if isinstance(values, dict):
            values = [values]
        given = self.given(values)
        if len(given) == 1:  # a driver takes one for one at less than one of many
            return _run(connection, self.text, given[0])
        return _run(connection, self.text, given, many=True)
