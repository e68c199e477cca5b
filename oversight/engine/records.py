"""The journal of records beside cases: every act about a party day or a 组织生活会 is a row of a chain
of its own, as a case's moves are. Written as the transaction commits; read here for its 经过.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import columns, new_id
from oversight.base.kept import plain
from oversight.base.rows import grouped
from oversight.base.sentences import N_
from oversight.law.roles import OFFICES
from oversight.models import (
    Activity,
    Attendance,
    DutyRecord,
    Exempted,
    Invitee,
    JournalRow,
    LeaveNotice,
    LifeMeeting,
    Person,
    RecordChain,
    RegisterEntry,
    YearSheet,
    chains,
    images,
)
from oversight.models.chains import Act
from oversight.organization import standing as standing_of

from . import statements
from .verifier import digest, hash_of

FORMAT = 2
CHUNK = 400  # ids in one query
MODELS: dict[str, type[Any]] = {
    "party_day": Activity,
    "life_meeting": LifeMeeting,
    "year_sheet": YearSheet,
    "register_entry": RegisterEntry,
}
# acts that may change a sheet, or what members said before it
WRITES = ("prepare", "file", "correct", "duties", "ask_leave", "take_back_leave")
SHEETS = (
    "sheets"  # attendance, invitees and duties of a party day or of a year, told by their digest
)


def history(session: Session, record_ids: Iterable[str]) -> dict[str, list[JournalRow]]:
    """Return the journal of records, the oldest first, by record; what waits is written first."""
    settle(session)
    wanted = sa.select(JournalRow).where(JournalRow.case_id.in_(list(record_ids)))
    found: dict[str, list[JournalRow]] = {}
    for row in session.scalars(wanted.order_by(JournalRow.case_id, JournalRow.seq)):
        found.setdefault(row.case_id, []).append(row)
    return found


# Writing -----------------------------------------------------------------------------------------


def newest(session: Session, record_id: str) -> dict[str, str]:
    """Return who wrote a record last and when, for who comes second; empty where nobody did."""
    rows = history(session, [record_id]).get(record_id)
    if not rows:
        return {}
    return {"decided_by": rows[-1].actor, "decided_at": rows[-1].at.isoformat()}


@sa.event.listens_for(Session, "before_commit")
def _chain_waiting(session: Session) -> None:
    if not session.in_nested_transaction():
        settle(session)


def settle(session: Session) -> None:
    """Write what waits into the chains. Does not commit."""
    if chains.waiting(session):
        session.flush()
        _chain(session, chains.take(session))


def _chain(session: Session, acts: list[Act]) -> None:
    """Append acts to the chains of their records; the last one of each tells how it left it."""
    signed, left = _signatures(session, acts), _left(session, acts)
    last = {act.record_id: act for act in acts}
    with session.no_autoflush:  # a new head is written once, with what it has come to
        heads = _heads(session, acts)
        rows = [
            _row(heads[act.record_id], act, signed, left if last[act.record_id] is act else None)
            for act in acts
        ]
    session.flush()
    statements.APPEND.write_all(plain(session), rows)


def _heads(session: Session, acts: list[Act]) -> dict[str, RecordChain]:
    """Lock the chains of records, in the order of their ids, beginning those that have none."""
    ids = sorted({act.record_id for act in acts})
    found = {row.id: row for row in _locked(session, ids)}
    for act in acts:
        if act.record_id not in found:
            head = RecordChain(
                id=act.record_id, zone_id=act.zone_id, kind=act.kind, state="", seq=0, head=""
            )
            session.add(head)
            found[act.record_id] = head
    return found


def _locked(session: Session, ids: list[str]) -> Iterator[RecordChain]:
    for part in _parts(ids):
        yield from session.scalars(
            sa.select(RecordChain)
            .where(RecordChain.id.in_(part))
            .order_by(RecordChain.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )


def _parts(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _row(head: RecordChain, act: Act, signed: dict, left: dict | None) -> dict:
    """Make the next row of a chain and carry its hash on the head."""
    stand = act.stand
    row = {
        "zone_id": act.zone_id,
        "case_id": act.record_id,
        "seq": head.seq + 1,
        "previous": head.head,
        "kind": "record",
        "move": act.name,
        "from_state": head.state,
        "to_state": act.state,
        "at": act.at,
        "actor_id": act.by_id,
        "actor": signed[act.by_id, stand],
        "role": stand.role if stand else "clock",
        "unit_id": stand.unit_id if stand else None,
        "acting_for": stand.acting_for if stand else None,
        "words": {"why": act.why} if act.why else {},
        "result": act.result,
        "after": (left or {}).get(act.record_id, {}),
        "format": FORMAT,
    }
    head.seq, head.state = row["seq"], act.state
    head.head = hash_of("row", {**row, "at": images.text(act.at)})
    return {**row, "id": new_id(), "hash": head.head}


def _signatures(session: Session, acts: list[Act]) -> dict[tuple, str]:
    """Name who acted as he then stood: person, unit and office."""
    stands = {(act.by_id, act.stand) for act in acts}
    people = {by for by, _stand in stands} | {stand.acting_for for _by, stand in stands if stand}
    names = _names(session, Person, people)
    units = _units(session, acts)
    return {(by, stand): _signature(names.get(by), stand, names, units) for by, stand in stands}


def _units(session: Session, acts: list[Act]) -> dict[str, str]:
    """Return the names of the units in which was acted."""
    zones: dict[str, set[str]] = {}
    for act in acts:
        if act.stand is not None:
            zones.setdefault(act.zone_id, set()).add(act.stand.unit_id)
    return {
        row.id: row.name
        for zone_id, ids in zones.items()
        for row in standing_of.rows(session, zone_id, sorted(ids))
    }


def _names(session: Session, model: type[Any], ids: set) -> dict[str, str]:
    """Return names by id, without asking for those that the session has."""
    known = {key: _known(session, model, key) for key in ids - {None}}
    found = {key: row.name for key, row in known.items() if row is not None}
    if missing := known.keys() - found.keys():
        wanted = sa.select(model.id, model.name).where(model.id.in_(missing))
        found |= {key: name for key, name in session.execute(wanted)}
    return found


def _known(session: Session, model: type[Any], key: str):
    """Return an object that the session has as it is in the database; None where it has none."""
    found = session.identity_map.get(sa.inspect(model).identity_key_from_primary_key((key,)))
    found = found or (chains.signer(session, key) if model is Person else None)
    return None if found is None or sa.inspect(found).expired_attributes else found


def _signature(name: str | None, stand, names: dict[str, str], units: dict[str, str]) -> str:
    if name is None:
        return N_("系统")
    if stand is None:
        return name
    if stand.acting:
        instead = names.get(stand.acting_for)
        name = f"{name} 代 {instead}" if instead else f"{name} 代理"
    office = OFFICES.get(stand.office, N_("党员") if stand.office == "member" else stand.office)
    return f"{name}（{units[stand.unit_id]}{office}）"


# How records stand -------------------------------------------------------------------------------


def _left(session: Session, acts: list[Act]) -> dict[str, dict]:
    """Return by record how it stands now: {table: {key: columns}}."""
    found: dict[str, dict] = {}
    last = {act.record_id: act for act in acts}
    for kind, model in MODELS.items():
        mine = [act for act in last.values() if act.kind == kind]
        told = {act.record_id: act.image for act in mine if act.image is not None}
        asked = sorted(act.record_id for act in mine if act.image is None)
        for key, image in (told | dict(_images(session, model, asked))).items():
            found[key] = {model.__tablename__: {key: image}}
    written = sorted({act.record_id for act in acts if act.name in WRITES})
    for part in _parts(written):
        for key, image in sheets(session, part).items():
            found[key][SHEETS] = {key: image}
    return found


def _images(session: Session, model: type[Any], ids: list[str]) -> Iterator[tuple[str, dict]]:
    asked = []
    for key in ids:
        row = _known(session, model, key)
        if row is None:
            asked.append(key)
        else:
            yield key, images.of(model, row)
    for part in _parts(asked):
        for values in standing(session, model, model.id.in_(part)):
            yield values["key"], values["values"]


def standing(session: Session, model: type, which) -> Iterator[dict]:
    """Yield rows as they stand in the database, as images keep them: key and values."""
    for found in session.execute(sa.select(*columns(model)).where(which)):
        row = model(**found._mapping)  # apart from what the session has of it
        yield {"key": images.key_of(model, row), "values": images.of(model, row)}


def sheets(session: Session, activity_ids: list[str] | None = None) -> dict[str, dict]:
    """Return by party day the digest of its sheet, and how many stand on it; None: of all."""
    taken = _by_day(session, Attendance, ("person_id", "kind", "form", "category"), activity_ids)
    invited = _by_day(session, Invitee, ("kind", "number"), activity_ids)
    exempted = _by_day(session, Exempted, ("person_id", "told"), activity_ids)
    asked = _by_day(
        session, LeaveNotice, ("person_id", "category", "day", "taken_back_at"), activity_ids
    )
    done = _duties(session, activity_ids)
    groups = {"members": taken, "invited": invited, "exempted": exempted}
    found = {}
    for key in {*taken, *invited, *exempted, *asked, *done}:
        parts = {name: rows.get(key, []) for name, rows in groups.items()}
        parts |= {"duties": done[key]} if key in done else {}  # sheets of before told of none
        parts |= {"asked": asked[key]} if key in asked else {}
        found[key] = {"members": len(taken.get(key, ())), "digest": digest(parts)}
    return found


def _duties(session: Session, ids: list[str] | None) -> dict[str, list]:
    """Return what stands of the duties on sheets, by sheet."""
    wanted = sa.select(DutyRecord.sheet_id, DutyRecord.key, DutyRecord.done_on, DutyRecord.facts)
    wanted = wanted.where(DutyRecord.withdrawn_at.is_(None))
    if ids is not None:
        wanted = wanted.where(DutyRecord.sheet_id.in_(ids))
    rows = session.execute(wanted.order_by(DutyRecord.sheet_id, DutyRecord.key))
    return grouped((row.sheet_id, [row.key, row.done_on.isoformat(), row.facts]) for row in rows)


def _by_day(
    session: Session, model: type[Any], names: tuple, ids: list[str] | None
) -> dict[str, list]:
    wanted = sa.select(model.activity_id, *(getattr(model, name) for name in names))
    if ids is not None:
        wanted = wanted.where(model.activity_id.in_(ids))
    found: dict[str, list] = {}
    for row in session.execute(wanted):
        found.setdefault(row.activity_id, []).append([images.text(one) for one in row[1:]])
    for rows in found.values():
        rows.sort(key=lambda row: (row[0], str(row)))
    return found
