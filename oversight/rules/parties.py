"""The parties of a case: the recused, those who acted for the side that opened it, and the open
work items.

Read in one statement, together with the zone's epoch, and asked again only after something of it
was written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import Id
from oversight.base.kept import Kept
from oversight.base.prepared import Prepared, among
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
    parts = ("item", "help", "out", "side", "branch", "zone")
    found: dict[str, list] = {part: [] for part in parts}
    for row in _READ.rows(session, of_case=case.id, of_zone=case.zone_id, side=side):
        found[row.part].append(row)
    epochs.see(session, case.zone_id, found["zone"][0].id)
    _people.store(session)[case.id] = people = _parties(found)
    _items.store(session)[case.id] = lying = _lying(found)
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
    found: dict[str, list] = {"item": [], "help": []}
    for row in rows:
        found.get({"act": "item", "help": "help"}.get(row.kind, ""), []).append(row)
    _items.of(session)[case_id] = _lying(found)


def read_many(session: Session, zone_id: str, sides: dict[str, str]) -> None:
    """Read who has a part in many cases of a zone, by case the role by which it was opened."""
    recused: dict[str, set[str]] = defaultdict(set)
    applicants: dict[str, set[str]] = defaultdict(set)
    stood_in: dict[str, set[str]] = defaultdict(set)
    for case_id, role, kind, person, other in _MANY.rows(session, cases=sides, of_zone=zone_id):
        if case_id is None:
            epochs.see(session, zone_id, person)
        elif role is None:
            recused[case_id].add(person)
        elif role == sides[case_id]:
            applicants[case_id] |= {person, other} - {None}
        if role in BRANCH_SIDE and kind == "move":
            stood_in[case_id] |= {person, other} - {None}
    store = _people.of(session)
    for case_id in sides:
        store[case_id] = Parties(
            *(frozenset(part[case_id]) for part in (recused, applicants, stood_in))
        )


def _parties(found: dict[str, list]) -> Parties:
    recused = (row.person_id for row in found["out"])
    return Parties(frozenset(recused), _acted(found["side"]), _acted(found["branch"]))


def _acted(rows: list) -> frozenset[str]:
    people = {one for row in rows for one in (row.person_id, row.handed_to)}
    return frozenset(people - {None})


def _lying(found: dict[str, list]) -> list[Item]:
    helpers = {row.beside_id: row.person_id for row in found["help"]}
    rows = sorted(found["item"], key=lambda row: row.id)
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


_case: sa.BindParameter[str] = sa.bindparam("of_case")


def _desks(part: str, kind: str):
    row = WorkItem.__table__.c
    return sa.select(
        sa.literal_column(f"'{part}'").label("part"),
        row.id,
        row.unit_id,
        row.slot_id,
        row.person_id,
        row.claimed_by,
        row.claimed_on,
        row.handed_to,
        row.beside_id,
    ).where(row.case_id == _case, row.closed_at.is_(None), row.kind == kind)


def _others(part: str, person, other, where):
    none, no_day = sa.cast(sa.null(), Id), sa.cast(sa.null(), sa.Date)
    return sa.select(
        sa.literal_column(f"'{part}'"), none, none, none, person, none, no_day, other, none
    ).where(where)


_journal, _recusals, _zones = JournalRow.__table__.c, Recusal.__table__.c, Zone.__table__.c
_READ = Prepared(
    sa.union_all(
        _desks("item", "act"),
        _desks("help", "help"),
        _others("out", _recusals.person_id, sa.cast(sa.null(), Id), _recusals.case_id == _case),
        _others(
            "side",
            _journal.actor_id,
            _journal.acting_for,
            sa.and_(_journal.case_id == _case, _journal.role == sa.bindparam("side")),
        ).distinct(),
        _others(
            "branch",
            _journal.actor_id,
            _journal.acting_for,
            sa.and_(
                _journal.case_id == _case, _journal.role.in_(BRANCH_SIDE), _journal.kind == "move"
            ),
        ).distinct(),
        sa.select(sa.literal_column("'zone'"), _zones.epoch, *(sa.null(),) * 7).where(
            _zones.id == sa.bindparam("of_zone")
        ),
    )
)


def _many(dialect: str):
    return sa.union_all(
        sa.select(
            _recusals.case_id,
            sa.cast(sa.null(), sa.String).label("role"),
            sa.cast(sa.null(), sa.String).label("kind"),
            _recusals.person_id,
            sa.cast(sa.null(), Id).label("other"),
        ).where(among(_recusals.case_id, "cases", dialect)),
        sa.select(
            *(_journal.case_id, _journal.role, _journal.kind),
            *(_journal.actor_id, _journal.acting_for),
        )
        .where(among(_journal.case_id, "cases", dialect))
        .distinct(),
        sa.select(
            sa.cast(sa.null(), Id), sa.null(), sa.null(), _zones.epoch, sa.cast(sa.null(), Id)
        ).where(_zones.id == sa.bindparam("of_zone")),
    )


_MANY = Prepared(_many)
