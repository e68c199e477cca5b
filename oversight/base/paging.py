"""Pages of long lists: go on after the row that a cursor names, in the list's own order and sight."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from .refusals import InvalidInput
from .sentences import N_


def page_of(session: Session, statement, order: tuple, model, cursor: str | None, size: int):
    """Return one row more than a page holds, where there is one; `cursor` is the id of the last row
    before. Raises InvalidInput.
    """
    return session.execute(cut(session, statement, order, model, cursor, size)).all()


def cut(session: Session, statement, order: tuple, model, cursor: str | None, size: int):
    """Return the statement for the same. Raises InvalidInput."""
    if cursor:
        last = session.execute(
            statement.with_only_columns(*order).where(model.id == cursor)
        ).first()
        if last is None:
            raise InvalidInput({"cursor": N_("翻页标记无效，请从第一页开始。")})
        marks = zip(last, order, strict=True)
        after = sa.tuple_(*(sa.literal(value, column.type) for value, column in marks))
        statement = statement.where(sa.tuple_(*order) > after)
    return statement.order_by(*order).limit(size + 1)


def part(keys: list[str], after: str, size: int) -> tuple[list[str], str | None]:
    """Return the page of a list that follows a key, the first where that is not listed any more; and
    the key after which the next begins.
    """
    start = keys.index(after) + 1 if after in keys else 0
    shown = keys[start : start + size]
    return shown, shown[-1] if start + size < len(keys) else None


class First(list):
    """The first rows of a list; `more`: not all of them, which whoever shows them says."""

    def __init__(self, rows: Iterable, most: int):
        found = list(rows)
        super().__init__(found[:most])
        self.more = len(found) > most
