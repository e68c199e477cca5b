"""The statements of a move, built once. Parameters have the names of columns, or say more."""

from __future__ import annotations

from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from oversight.base.db import columns
from oversight.base.prepared import Prepared
from oversight.models import Case, JournalRow, WorkItem

_cases, _items, _journal = (model.__table__ for model in (Case, WorkItem, JournalRow))
_case: sa.BindParameter[str] = sa.bindparam("of_case")
ATTRIBUTES = tuple(column.name for column in columns(Case))
LAID = (
    "id",
    "zone_id",
    "case_id",
    "workflow",
    "case_unit_id",
    "unit_id",
    "role",
    "tier",
    "person_id",
    "slot_id",
    "kind",
    "due_on",
    "opened_at",
    "closed_at",
    "answer",
)

_one = sa.select(*columns(Case)).where(_cases.c.id == _case)
READ, CASE = Prepared(_one), Prepared(_one.with_for_update())
CLEAR = Prepared(
    sa.update(_items)
    .where(_items.c.case_id == _case, _items.c.closed_at.is_(None), _items.c.kind != "copy")
    .values(closed_at=sa.bindparam("now"))
)
REMIND = Prepared(
    sa.update(_cases).where(_cases.c.id == _case).values(remind_on=sa.bindparam("on_day"))
)
_NEW = {name: one.key for name, one in sa.inspect(Case).columns.items()}
OPEN = Prepared(
    lambda dialect: (
        (sqlite if dialect == "sqlite" else postgresql).insert(_cases).on_conflict_do_nothing()
    ),
    _NEW.values(),
)
LAY = Prepared(sa.insert(_items), LAID)
APPEND = Prepared(sa.insert(_journal), _journal.c.keys())


def opened(case: Case) -> dict:
    """Return the row of a new case."""
    held = vars(case)  # whole, since it was made so
    return {key: held[name] for name, key in _NEW.items()}


@lru_cache(maxsize=64)
def save(names: tuple[str, ...]) -> Prepared:
    """Return the statement that writes these attributes of a case where its version still stands;
    their values are named `to_`.
    """
    keys = sa.inspect(Case).columns
    return Prepared(
        sa.update(_cases)
        .where(_cases.c.id == _case, _cases.c.version == sa.bindparam("was"))
        .values({keys[name]: sa.bindparam(f"to_{name}", type_=keys[name].type) for name in names})
    )
