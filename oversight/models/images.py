"""After-images: how a transaction leaves the rows that it decides, until a chained row takes them.

What a model names in `__decided__` is heard as its objects are written, unless `__heard__` is off;
who writes without objects says so by `put`. A discreet column is kept as its digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session

from oversight.base import kept
from oversight.base.db import Held, LooseDay, UTCDateTime, columns

_HELD = "images"
_DAYS = (sa.Date, LooseDay)
_AS_IT_IS = (str, int, bool, type(None))  # nearly all values
_KEPT_MOMENT = len("2026-11-24 01:00:00.000000")


def key_of(model: type, values) -> str:
    """Write the key of a row as images name it."""
    return "/".join(str(getattr(values, name)) for name in _keys(model))


@cache
def _keys(model: type) -> list[str]:
    mapper: Mapper = sa.inspect(model)
    return [mapper.get_property_by_column(column).key for column in mapper.primary_key]


def of(model: type[Any], row, names: Iterable[str] | None = None) -> dict:
    """Return a row as images keep it."""
    values = {name: getattr(row, name) for name in names or model.__decided__}
    return plain(model, key_of(model, row), values)


def text(value):
    """Write a value as JSON takes it: moments as UTC to the microsecond."""
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, date) else value


def plain(model: type[Any], key: str, values: dict) -> dict:
    """Write values of a row; a discreet one as a digest that tells only whether it is the same."""
    return _hidden(model, key, {name: text(value) for name, value in values.items()})


def _hidden(model: type[Any], key: str, image: dict) -> dict:
    for name in getattr(model, "__discreet__", ()):
        if image.get(name) is not None:
            told = json.dumps([key, name, image[name]], ensure_ascii=False, sort_keys=True)
            image[name] = hashlib.sha256(told.encode()).hexdigest()
    return image


class _Told(sa.types.UserDefinedType):
    """A type whose values are read as `text` writes them, without an object for each on SQLite, and
    as they are stored: what a page takes for empty is no empty one here.
    """

    cache_ok = True

    def __init__(self, kind: sa.types.TypeEngine):
        self.kind = kind

    def result_processor(self, dialect, coltype):
        moment, sqlite = isinstance(self.kind, UTCDateTime), dialect.name == "sqlite"
        if sqlite and isinstance(self.kind, _DAYS):
            return None  # it is kept as it is told
        impl = self.kind.dialect_impl(dialect)
        if isinstance(impl, Held):
            return impl.as_stored(dialect, coltype)
        read = impl.result_processor(dialect, coltype)
        if not (moment or isinstance(self.kind, _DAYS)):
            return read
        slow = (lambda value: text(read(value))) if read else text
        return (lambda value: _utc(value, slow)) if sqlite else slow


def _utc(value: str | None, slow: Callable) -> str | None:
    """Write a moment as SQLite keeps it, to the microsecond, in the form that is hashed."""
    if value is None or len(value) != _KEPT_MOMENT:
        return slow(value)
    return f"{value[:10]}T{value[11:]}+00:00"


def read_whole(
    session: Session, asked: Iterable, *which, order: Iterable = (), at_once: int = 1000
) -> sa.CursorResult:
    """Read columns of many rows, so many at a time, each value as images keep it; what waits to be
    written is first.
    """
    kept.write_out(session)
    told = [sa.type_coerce(column, _Told(column.type)).label(None) for column in asked]
    wanted = sa.select(*told).where(*which).order_by(*order).execution_options(yield_per=at_once)
    return session.connection().execute(wanted)


def standing(
    session: Session, model: type[Any], by: str, *which
) -> Iterator[tuple[str, str, dict]]:
    """Yield of rows as they stand in the database whose each is, its key, and what images keep of it."""
    keys, names = _keys(cast(type, model)), list(model.__decided__)
    if not all(name in sa.inspect(model).columns for name in names):
        yield from _made(session, model, by, which)
        return
    asked = [getattr(model, name) for name in (by, *keys, *names)]
    for owner, *told in read_whole(session, asked, *which):
        key = "/".join(map(str, told[: len(keys)]))
        values = dict(zip(names, told[len(keys) :]))  # noqa: B905  asked for each row
        yield owner, key, _hidden(model, key, values)


def _made(session: Session, model: type[Any], by: str, which) -> Iterator[tuple[str, str, dict]]:
    """Yield the same where an object must say something that no column holds."""
    names = [column.key for column in columns(model)]
    for found in read_whole(session, columns(model), *which):
        row = model(**dict(zip(names, found)))  # noqa: B905  apart from what the session has of it
        yield getattr(row, by), key_of(model, row), of(model, row)


def put(session: Session, owner: str, model: type, keys: Iterable[str], **values) -> None:
    """Keep how rows were left that were written without objects; `owner`: the case, or the zone."""
    for key in keys:
        _keep(session, owner, model, key, plain(model, key, values))


def _keep(session: Session, owner: str, model: type[Any], key: str, image: dict | None) -> None:
    held = session.info.setdefault(_HELD, {}).setdefault(owner, {})
    rows = held.setdefault(model.__tablename__, {})
    rows[key] = image if image is None or not rows.get(key) else rows[key] | image


def take(session: Session, owner: str) -> dict:
    """Return what was kept for a case or a zone and forget it: {table: {key: columns or None}}."""
    return session.info.get(_HELD, {}).pop(owner, {})


@sa.event.listens_for(Session, "after_flush")
def _hear(session: Session, _context) -> None:
    for group, gone in ((session.new, False), (session.dirty, False), (session.deleted, True)):
        for row in group:
            model = type(row)
            if hasattr(model, "__decided__") and getattr(model, "__heard__", True):
                owner = getattr(row, "case_id", row.zone_id)
                _keep(session, owner, model, key_of(model, row), None if gone else of(model, row))


@sa.event.listens_for(Session, "after_commit")
@sa.event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_HELD, None)
