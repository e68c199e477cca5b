"""The statements of a move, built once. Names of parameters are those of the columns, or say more."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy as sa

from oversight.base.db import columns
from oversight.models import Case, JournalRow, WorkItem

_cases, _items = Case.__table__, WorkItem.__table__
_case = sa.bindparam("of_case")
ATTRIBUTES = tuple(column.name for column in columns(Case))

CASE = sa.select(*columns(Case)).where(_cases.c.id == _case).with_for_update()
CLEAR = (
    sa.update(_items)
    .where(_items.c.case_id == _case, _items.c.closed_at.is_(None), _items.c.kind != "copy")
    .values(closed_at=sa.bindparam("now"))
)
LAY = sa.insert(_items)
APPEND = sa.insert(JournalRow.__table__)


@lru_cache(maxsize=64)
def save(names: tuple[str, ...]) -> sa.Update:
    """Return the statement that writes these attributes of a case where its version still stands;
    their values are named `to_`.
    """
    keys = sa.inspect(Case).columns
    return (
        sa.update(_cases)
        .where(_cases.c.id == _case, _cases.c.version == sa.bindparam("was"))
        .values({keys[name]: sa.bindparam(f"to_{name}", type_=keys[name].type) for name in names})
    )
