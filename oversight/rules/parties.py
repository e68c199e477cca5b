"""The parties of a case: the recused, those who acted for the side that opened it, and the open
work items.

Read in one statement, together with the zone's epoch, and asked again only after something of it
was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import Id
from oversight.base.kept import Kept
from oversight.base.prepared import Prepared, among
from oversight.base.rows import grouped_by
from oversight.law.roles import BRANCH_SIDE
from oversight.models import Case, JournalRow, Recusal, WorkItem, Zone, epochs


@dataclass(frozen=True)
class Parties:
    """`applicants` acted for the side that opened the case, or were stood in for there; `stood_in`
    made the moves of the branch that it is about, or were stood in for there.
    """

    recused: frozenset[str] = frozenset()
    applicants: frozenset[str] = frozenset()
    stood_in: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Item:
    """An open work item on which the case waits; `helper` is to whom it is delegated."""

    id: str
    unit_id: str
    slot_id: str | None
    person_id: str | None
    claimed_by: str | None
    claimed_on: date | None
    handed_to: str | None
    helper: str | None


_people, _items = Kept("recusals", "journal"), Kept("desks")


def of(session: Session, case: Case, side: str) -> Parties:
    """Return who has a part in a case; `side` is the role by which it was opened."""
    found = _people.of(session).get(case.id)
    return read(session, case, side)[0] if found is None else found


def items(session: Session, case: Case, side: str) -> list[Item]:
    """Return the open items on which a case waits, the oldest first."""
    found = _items.of(session).get(case.id)
    return read(session, case, side)[1] if found is None else found


def read(session: Session, case: Case, side: str) -> tuple[Parties, list[Item]]:
    """Read the parts in a case and its open items as they are now, and under which epoch."""
    if not sa.inspect(case).persistent:
        return Parties(), []
    if session.autoflush:
        session.flush()
    rows = _READ.rows(session, of_case=case.id, of_zone=case.zone_id)
    found = grouped_by(rows, "part")
    epochs.see(session, case.zone_id, found["zone"][0].person_id)
    _people.store(session)[case.id] = people = _parties(found, side)
    _items.store(session)[case.id] = lying = _lying(grouped_by(found.get("item", ()), "kind"))
    return people, lying


def begin(session: Session, case: Case) -> None:
    """Keep that nobody has a part yet in a case that was just written."""
    _people.of(session)[case.id] = Parties()
    _items.of(session)[case.id] = []


def join(session: Session, case: Case, side: str, role: str, people: Iterable[str]) -> None:
    """Keep that people act for the branch in a step that the journal does not hold yet: where it
    lies next depends on it.
    """
    if role in BRANCH_SIDE:
        known = of(session, case, side)
        _people.of(session)[case.id] = replace(known, stood_in=known.stood_in | set(people))


def keep_items(session: Session, case_id: str, rows: Iterable[WorkItem]) -> None:
    """Keep the open work items of a case, which have all been read as rows of the table."""
    _items.of(session)[case_id] = _lying(grouped_by(rows, "kind"))


def read_many(session: Session, zone_id: str, sides: dict[str, str]) -> None:
    """Read who has a part in many cases of a zone, by case the role by which it was opened."""
    found = grouped_by(_MANY.rows(session, cases=sides, of_zone=zone_id), "case_id")
    epochs.see(session, zone_id, found[None][0].person_id)
    store = _people.of(session)
    for case_id, side in sides.items():
        store[case_id] = _parties(grouped_by(found.get(case_id, ()), "part"), side)


def _parties(found: dict[str, list], side: str) -> Parties:
    acted = found.get("acted", ())
    return Parties(
        frozenset(row.person_id for row in found.get("out", ())),
        _people_of(row for row in acted if row.role == side),
        _people_of(row for row in acted if row.role in BRANCH_SIDE and row.kind == "move"),
    )


def _people_of(rows: Iterable) -> frozenset[str]:
    return frozenset(one for row in rows for one in (row.person_id, row.other_id) if one)


def _lying(found: dict[str, list]) -> list[Item]:
    helpers = {row.beside_id: row.person_id for row in found.get("help", ())}
    rows = sorted(found.get("act", ()), key=lambda row: row.id)
    return [
        Item(
            row.id,
            row.unit_id,
            row.slot_id,
            row.person_id,
            row.claimed_by,
            row.claimed_on,
            row.handed_to,
            helpers.get(row.id),
        )
        for row in rows
    ]


_journal, _recusals, _zones = JournalRow.__table__.c, Recusal.__table__.c, Zone.__table__.c
_desks = WorkItem.__table__.c
_case: sa.BindParameter[str] = sa.bindparam("of_case")
_TOLD = {"role": sa.String, "kind": sa.String, "case_id": Id, "person_id": Id, "other_id": Id}
_LAID = dict.fromkeys(("id", "unit_id", "slot_id", "claimed_by", "handed_to", "beside_id"), Id)


def _part(name: str, columns: dict, where: sa.ColumnElement, **told: sa.ColumnElement) -> sa.Select:
    """Return what asks for a part in rows of these columns, empty where it tells nothing."""
    empty = {one: sa.cast(sa.null(), kind) for one, kind in columns.items() if one not in told}
    asked = ((told | empty)[one].label(one) for one in columns)
    return sa.select(sa.literal_column(f"'{name}'").label("part"), *asked).where(where)


def _people_in(columns: dict, ours: Callable) -> list[sa.Select]:
    """Return what asks for the recused of cases, who acted in them, and their zone's epoch."""
    recused = {"case_id": _recusals.case_id, "person_id": _recusals.person_id}
    acted = {name: _journal[name] for name in ("case_id", "role", "kind")}
    acted |= {"person_id": _journal.actor_id, "other_id": _journal.acting_for}
    return [
        _part("out", columns, ours(_recusals.case_id), **recused),
        _part("acted", columns, ours(_journal.case_id), **acted).distinct(),
        _part("zone", columns, _zones.id == sa.bindparam("of_zone"), person_id=_zones.epoch),
    ]


def _one() -> sa.CompoundSelect:
    columns = {**_TOLD, **_LAID, "claimed_on": sa.Date}
    told = {name: _desks[name] for name in columns if name in _desks}
    open_items = sa.and_(
        _desks.case_id == _case, _desks.closed_at.is_(None), _desks.kind.in_(("act", "help"))
    )
    people = _people_in(columns, lambda case_id: case_id == _case)
    return sa.union_all(_part("item", columns, open_items, **told), *people)


_READ = Prepared(_one())
_MANY = Prepared(
    lambda dialect: sa.union_all(*_people_in(_TOLD, lambda of: among(of, "cases", dialect)))
)
