"""Copies of cases, with where they lie and what happened, to fill lists without the engine."""

from __future__ import annotations

import sqlalchemy as sa

from oversight.base.db import new_id
from oversight.models import Case, JournalRow, Unit, WorkItem


def copy_case(session, case: Case, times: int) -> None:
    """Lay as many more cases on the same desks. Does not commit."""
    for _time in range(times):
        found = new_id()
        _insert(session, Case, Case.id == case.id, id=found, business_key=None)
        for model in (WorkItem, JournalRow):
            _insert(session, model, model.case_id == case.id, case_id=found)


def copy_into(session, case: Case, unit: Unit, business_key: str) -> None:
    """Lay one like it, of another branch and about another thing, on the same desks. Does not commit."""
    found = new_id()
    _insert(session, Case, Case.id == case.id, id=found, unit_id=unit.id, business_key=business_key)
    _insert(session, WorkItem, WorkItem.case_id == case.id, case_id=found, case_unit_id=unit.id)
    _insert(session, JournalRow, JournalRow.case_id == case.id, case_id=found)


def _insert(session, model, which, **changes) -> None:
    columns = sa.inspect(model).column_attrs.keys()
    for row in session.scalars(sa.select(model).where(which).order_by(model.id)).all():
        values = {name: getattr(row, name) for name in columns} | {"id": new_id()} | changes
        session.add(model(**values))
