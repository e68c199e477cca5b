"""After-images: how a transaction leaves the rows that it decides, until a chained row takes them.

What a model names in `__decided__` is heard as its objects are written, unless `__heard__` is off;
who writes without objects says so by `put`. A discreet column is kept as its digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session

_HELD = "images"
_AS_IT_IS = (str, int, bool, type(None))  # nearly all values


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
    image = {name: text(value) for name, value in values.items()}
    for name in getattr(model, "__discreet__", ()):
        if image.get(name) is not None:
            told = json.dumps([key, name, image[name]], ensure_ascii=False, sort_keys=True)
            image[name] = hashlib.sha256(told.encode()).hexdigest()
    return image


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
