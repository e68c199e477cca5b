"""The database handle, its column types and how a transaction begins.

Knows SQLAlchemy and the two databases; knows no table and no rule.
"""

from __future__ import annotations

import re
import secrets
import sqlite3
import time
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import cache
from json import JSONDecoder
from math import ceil
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import make_url
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapper, Session, registry
from sqlalchemy.orm.attributes import instance_state

from . import healing, kept, outages, patience
from .prepared import Prepared, among, dashed
from .refusals import NotFound

T = TypeVar("T")

# Names for every constraint, so that migrations can drop them on both databases.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

BUSY = 15  # seconds that a writer waits for SQLite's one lock
_reading: ContextVar[bool] = ContextVar("reading", default=False)
_unsynced: ContextVar[bool] = ContextVar("unsynced", default=False)


class UTCDateTime(sa.TypeDecorator):
    """An aware UTC timestamp; SQLite stores it without its zone and gets it back here."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect):
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a timestamp without time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect):
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)

    def bind_processor(self, dialect):
        return _written if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect, coltype):
        return _read if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


_STAMP = "%04d-%02d-%02d %02d:%02d:%02d.%06d"


def _written(value: datetime | None) -> str | None:
    """Write a timestamp as SQLAlchemy does for SQLite, at a third of its cost: each row has some."""
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("a timestamp without time zone")
    at = value.astimezone(UTC)
    day, clock = (at.year, at.month, at.day), (at.hour, at.minute, at.second, at.microsecond)
    return _STAMP % (*day, *clock)


def _read(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text + "+00:00")


class _Id(sa.Uuid):
    """An id as text; read without building an object for each, of which a row has a dozen."""

    cache_ok = True

    def result_processor(self, dialect, coltype):
        native = super().result_processor(dialect, coltype)
        return dashed if native is not None and dialect.name == "sqlite" else native


class Held(sa.TypeDecorator):
    """Values by their names, or a list of them. What is neither, written past the program, is read as
    none: one such row stops nobody who reads a list; `audit verify` tells of what was chained.
    """

    impl = sa.JSON
    cache_ok = True
    should_evaluate_none = True  # as of JSON itself

    def __init__(self, kind: type = dict):
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(
            postgresql.JSONB() if dialect.name != "sqlite" else sa.JSON()
        )

    def coerce_compared_value(self, op, value):
        return cast(sa.JSON, self.impl_instance).coerce_compared_value(op, value)

    def as_stored(self, dialect, coltype):
        """Return what reads a value as it lies there, of whatever kind; of no JSON its text."""
        read = super().result_processor(dialect, coltype)

        def stored(value):
            try:
                return read(value) if read else value
            except ValueError:
                return value

        return stored

    def result_processor(self, dialect, coltype):
        read, kind = super().result_processor(dialect, coltype), self.kind

        def held(value):
            try:
                found = read(value) if read else value
            except ValueError:
                return kind()
            return found if isinstance(found, kind) or found is None else kind()

        return held


class LooseDay(sa.TypeDecorator):
    """A day that may be unset; what SQLite holds that is none, written past the program, is read so too:
    one such row stops nobody who reads a list. Never of a day on which somebody's power ends.
    """

    impl = sa.Date
    cache_ok = True

    def result_processor(self, dialect, coltype):
        return _read_day if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _read_day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None


Id = _Id(as_uuid=False)
Json = Held()


_last = 0  # the millisecond of the newest id


def new_id() -> str:
    """Make a time-ordered id (UUID version 7) in Python, so that rows can refer to each other before
    they are written; a process makes each later than the one before.
    """
    global _last
    _last = max(time.time_ns() // 1_000_000, _last + 1)
    chance = secrets.randbits(76)
    ordered = _last << 80 | 7 << 76 | chance & 0xFFF << 64 | 2 << 62 | chance & (1 << 62) - 1
    return dashed(f"{ordered:032x}")


class _Model(DeclarativeBase):
    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={datetime: UTCDateTime(), dict: Json, list: Held(list)},
    )


if TYPE_CHECKING:

    class Base(_Model):
        """What `db.Model` is, for type checkers; every table says its name itself."""

        __abstract__ = True
        __table__: ClassVar[sa.Table]

    class _Scoped(Session):
        """The session of a request: a proxy with the same methods, and one to let go of it."""

        def remove(self) -> None: ...

    class _Database(SQLAlchemy):
        session: _Scoped  # type: ignore[assignment]  # the proxy is no subclass of Session

    db: _Database
else:
    db = SQLAlchemy(model_class=_Model)
    Base = db.Model


def is_id(value) -> bool:
    """True where a value is written as ids are; anything else must not reach a query."""
    return isinstance(value, str) and _WRITTEN.fullmatch(value) is not None


_WRITTEN = re.compile("-".join(f"[0-9a-f]{{{size}}}" for size in (8, 4, 4, 4, 12)))


def find(session: Session, model: type[T], key: str | None) -> T | None:
    """Return a row by its id; None where there is none, or where it is no id."""
    return session.get(model, key) if is_id(key) else None


def fetch(session: Session, model: type[T], key: str | None) -> T:
    """Return a row by its id. Raises NotFound."""
    row = find(session, model, key)
    if row is None:
        raise NotFound()
    return row


def id_of(row) -> str | None:
    """Return the id of a row or of a person, where there is one."""
    return None if row is None else row.id


class as_text(sa.sql.functions.GenericFunction):
    """An id as the text that a program writes: SQLite keeps it without dashes."""

    type = sa.String()
    inherit_cache = True


@compiles(as_text)
def _as_text(element, compiler, **options):
    value = compiler.process(element.clauses, **options)
    if compiler.dialect.name != "sqlite":
        return f"CAST({value} AS text)"
    parts = (f"substr({value}, {start}, {size})" for start, size in _PARTS)
    return "(" + " || '-' || ".join(parts) + ")"


_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))  # of an id between dashes


@contextmanager
def reading() -> Iterator[None]:
    """Begin plain transactions inside; outside SQLite takes its write lock at BEGIN."""
    mark = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(mark)


@contextmanager
def writing() -> Iterator[None]:
    """Begin transactions inside as those that write, also where a request only reads."""
    mark = _reading.set(False)
    try:
        yield
    finally:
        _reading.reset(mark)


@contextmanager
def unsynced() -> Iterator[None]:
    """Let what is written inside wait for no disk: what a power loss may take, as SQLite's next
    ordinary commit brings it to the disk too. Only around whole transactions.
    """
    mark = _unsynced.set(True)
    try:
        yield
    finally:
        _unsynced.reset(mark)


class _Hinted(SQLiteCompiler):
    """Writes a hint behind its table, which SQLAlchemy leaves out for SQLite."""

    def get_from_hint_text(self, table, text):
        return text


def prepare(engine: sa.Engine) -> None:
    """Give an engine the durable settings: SQLite WAL with FULL sync and immediate write locks.

    `synchronous=NORMAL` loses acknowledged commits on power loss, hence FULL.
    """
    kept.listen(engine)
    if engine.dialect.name != "sqlite":
        patience.listen(engine)
        healing.listen(engine)
        return
    engine.dialect.statement_compiler = _Hinted

    @sa.event.listens_for(engine, "connect")
    def _connect(connection, record):
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY * 1000}",
            "secure_delete=ON",
            "wal_autocheckpoint=4000",
            "cache_size=-16000",  # kB: what is open in a county fits; 2 MB would be read anew a page
        ):
            connection.execute(f"PRAGMA {pragma}")
        record.info.update(synchronous="FULL", busy_timeout=BUSY * 1000)

    @sa.event.listens_for(engine, "handle_error")
    def _reopen(
        context,
    ):  # a file that was opened on a read-only disk stays so until it is opened anew
        if outages.only_reads(context.original_exception):
            context.is_disconnect = True

    @sa.event.listens_for(engine, "begin")
    def _begin(connection):
        text = "BEGIN" if _reading.get() else "BEGIN IMMEDIATE"
        level = "NORMAL" if _unsynced.get() else "FULL"
        wanted = {"synchronous": level, "busy_timeout": ceil(patience.left(BUSY)) * 1000}
        try:
            for name, value in wanted.items():
                if connection.info[name] != value:
                    connection.connection.driver_connection.execute(f"PRAGMA {name}={value}")
                connection.info[name] = value
            connection.connection.driver_connection.execute(text)
        except sqlite3.Error as error:
            if outages.only_reads(error):
                connection.invalidate(error)
            raise sa.exc.OperationalError(text, None, error) from error


def engine_options(url: str) -> dict:
    """Return SQLAlchemy options for a database address; parameters never reach an error text."""
    options: dict = {"hide_parameters": True}
    if url.startswith("sqlite"):
        plain = {
            "json_deserializer": JSONDecoder().decode
        }  # `loads` looks again at how it is set up
        return {**options, **plain, "connect_args": {"timeout": BUSY, "check_same_thread": False}}
    given = patience.options(dict(make_url(url).query))
    pool = {"pool_pre_ping": True, "pool_size": 10, "pool_timeout": 10}
    return {**options, **pool, "connect_args": given}


def columns(model) -> list[sa.Label]:
    """Return a table's columns under the names of the model's attributes."""
    mapper = sa.inspect(model)
    return [column.label(mapper.get_property_by_column(column).key) for column in mapper.columns]


def put(session, model, values):
    """Return the session's object of a row that was read without it: as it now is in the database."""
    session = kept.plain(session)
    mapper = model.__mapper__
    key = mapper.identity_key_from_primary_key((values["id"],))
    found = session.identity_map.get(key)
    if found is None:
        found = made(model, values)
        state = instance_state(found)
        state.key, state.session_id = key, session.hash_key
        session.identity_map.add(state)
        _hold(session, found)
    else:
        settle(found, values)
    return found


def objects(session, model: type[T], asked: Prepared, **values) -> list[T]:
    """Return the session's objects of the rows that a statement of `columns(model)` finds; what waits
    to be written is first.
    """
    kept.write_out(session)
    return [put(session, model, row) for row in asked.dicts(session, **values)]


def by_ids(session, model: type[T], ids: Iterable) -> dict[str, T]:
    """Return the session's objects of these ids, by id; what is no id, or nobody's, is left out."""
    wanted = [one for one in ids if is_id(one)]
    if not wanted:
        return {}
    kept.write_out(session)
    rows = _of_ids(cast(Hashable, model)).dicts(session, ids=wanted)
    return {row["id"]: known(session, model, row) for row in rows}


@cache
def _of_ids(model) -> Prepared:
    """Build the statement once: it is asked for every page of a list."""
    key = model.__table__.c.id
    return Prepared(
        lambda dialect: sa.select(*columns(model)).where(among(key, "ids", dialect)).order_by(key)
    )


def made(model: type[T], values: dict) -> T:
    """Return an object that holds these values, as the loader makes it: nothing is told of each."""
    found = sa.inspect(model).class_manager.new_instance()
    instance_state(found).dict.update(values)
    return found


def adopt(session: Session, rows: list) -> None:
    """Take in objects whose rows have just been inserted by a statement, as a flush would; what they
    refer to is the session's already.
    """
    states = {instance_state(row) for row in rows}
    for state in states:
        session._save_impl(state)
    session._register_persistent(states)


def settle(row, values) -> None:
    """Set columns of a row as if they had been read: no flush writes them."""
    state = instance_state(row)
    state.dict.update(values)
    state._commit(state.dict, values)  # as `set_committed_value` does, one column at a time


def hold(session) -> None:
    """Hold all that the session reads until it ends: a row that nobody refers to is read anew else."""
    session.info.setdefault("rows", [])


@sa.event.listens_for(Session, "loaded_as_persistent")
def _hold(session, row) -> None:
    rows = session.info.get("rows")
    if rows is not None:
        rows.append(row)


def known(session, model, values):
    """Return the session's object of a row, as the session has it already or else as it was read."""
    return held(session, model, values["id"]) or put(session, model, values)


def held(session, model: type[T], key: str) -> T | None:
    """Return the object that the session has of a row, without asking the database; None where it
    has none, or must read it anew.
    """
    mapper: Mapper = sa.inspect(model)
    found = session.identity_map.get(mapper.identity_key_from_primary_key((key,)))
    return None if found is None or instance_state(found).expired_attributes else found


def insert_once(session, table, **values) -> bool:
    """Insert a row unless its key is taken; returns whether it was inserted. Does not commit."""
    if session.autoflush:
        session.flush()
    given = _given(table, values)
    # PostgreSQL reports -1 rows, whatever it did: hence RETURNING
    return bool(_once(table, tuple(given)).rows(session, **given))


def insert_all(session, table, rows: list[dict]) -> None:
    """Insert rows that name the same columns, without objects of them. Does not commit."""
    if session.autoflush:
        session.flush()
    if rows:
        given = _given_all(table, rows)
        _plain(table, tuple(given[0])).write_all(session, given)


def insert_all_once(session, table, rows: list[dict]) -> None:
    """Insert rows that name the same columns, but those whose key is taken. Does not commit."""
    if session.autoflush:
        session.flush()
    if rows:
        given = _given_all(table, rows)
        _once(table, tuple(given[0]), told=False).write_all(session, given)


def _given(table, values: dict) -> dict:
    """Return a new row by its columns, with what they hold where nothing is said."""
    return _given_all(table, [values])[0]


def _given_all(table, rows: list[dict]) -> list[dict]:
    """Return new rows that name the same columns; what these are called is looked up once."""
    of = _keys(table)
    keys = {of[name]: name for name in rows[0]}
    unsaid = [(key, default) for key, default in _defaults(table) if key not in keys]
    return [
        {key: values[name] for key, name in keys.items()}
        | {key: one.arg(None) if one.is_callable else one.arg for key, one in unsaid}
        for values in rows
    ]


def touched(session, statement: sa.Update | sa.Delete) -> int:
    """Run an update or a delete and return how many rows it touched."""
    return cast(sa.CursorResult, session.execute(statement)).rowcount


@cache
def _keys(table) -> dict[str, str]:
    """Return the keys of a table's columns by the names of the model's attributes."""
    return {name: column.key for name, column in sa.inspect(table).columns.items()}


@cache
def _defaults(table) -> list[tuple[str, sa.ColumnDefault]]:
    """Return what the columns of a new row hold where nothing is said."""
    return [(one.key, one.default) for one in table.__table__.columns if one.default is not None]


@cache
def _plain(table, keys: tuple[str, ...]) -> Prepared:
    return Prepared(sa.insert(table.__table__), keys)


@cache
def _once(table, keys: tuple[str, ...], told: bool = True) -> Prepared:
    """Build the statement once: building it costs more than running it."""

    def make(dialect: str):
        insert = (sqlite if dialect == "sqlite" else postgresql).insert(table.__table__)
        once = insert.on_conflict_do_nothing()
        return once.returning(sa.inspect(table).primary_key[0]) if told else once

    return Prepared(make, keys)


def migrated_to(session: Session) -> set[str]:
    """Return the migrations that the database stands at."""
    from alembic.migration import MigrationContext  # slow to load and asked for rarely

    return set(MigrationContext.configure(session.connection()).get_current_heads())


def partial(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """Return an index of the rows for which a condition holds, on either database."""
    held = sa.text(where)
    return sa.Index(name, *columns, unique=unique, sqlite_where=held, postgresql_where=held)
