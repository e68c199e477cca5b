"""The journal of records beside cases: every act about a party day or a 组织生活会 is a row of a chain
of its own, as a case's moves are. Written as the transaction commits; read here for its 经过.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import Id, Json, UTCDateTime, insert_all, new_id
from oversight.base.kept import plain
from oversight.base.prepared import Prepared, among
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
from .verifier import canonical, digest, hash_of

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
    session = plain(session)
    signed, left = _signatures(session, acts), _left(session, acts)
    last = {act.record_id: act for act in acts}
    known = {row.id: _Head(*row) for row in _HEADS.rows(session, ids=sorted(last))}
    heads = {key: known.get(key) or _Head(key) for key in last}
    rows = [
        _row(heads[act.record_id], act, signed, left if last[act.record_id] is act else None)
        for act in acts
    ]
    _CARRY.write_all(session, [_carried(head) for head in known.values()])
    begun = [last[key] for key in heads if key not in known]
    insert_all(
        session,
        RecordChain,
        [{"zone_id": one.zone_id, "kind": one.kind, **vars(heads[one.record_id])} for one in begun],
    )
    statements.APPEND.write_all(session, rows)


@dataclass
class _Head:
    """How far the chain of a record has come."""

    id: str
    seq: int = 0
    head: str = ""
    state: str = ""


_chains = RecordChain.__table__.c
_HEADS = Prepared(
    lambda dialect: (
        sa.select(_chains.id, _chains.seq, _chains.head, _chains.state)
        .where(among(_chains.id, "ids", dialect))
        .order_by(_chains.id)  # whoever locks several does so in one order
        .with_for_update()
    )
)
_CARRY = Prepared(
    sa.update(RecordChain.__table__)
    .where(_chains.id == sa.bindparam("to_id"))
    .values({name: sa.bindparam(f"to_{name}") for name in ("seq", "head", "state")})
)


def _carried(head: _Head) -> dict:
    return {f"to_{name}": value for name, value in vars(head).items()}


def _parts(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _row(head: _Head, act: Act, signed: dict, left: dict | None) -> dict:
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
    for _of, key, values in images.standing(session, model, "zone_id", which):
        yield {"key": key, "values": values}


def sheets(session: Session, activity_ids: list[str] | None = None) -> dict[str, dict]:
    """Return by party day the digest of its sheet, and how many stand on it; None: of all."""
    if activity_ids is None:
        return dict(_all_sheets(session))
    found: dict[str, dict[str, list]] = {}
    for row in _LINES.rows(session, ids=activity_ids):
        line = [*map(images.text, _SAID[row.part](row))]
        found.setdefault(row.day, {}).setdefault(row.part, []).append(line)
    return {day: _told(parts) for day, parts in found.items()}


def _all_sheets(session: Session) -> Iterator[tuple[str, dict]]:
    """Yield the same of all sheets, one after another: a province's are more than memory holds."""
    parts = heapq.merge(*(_by_sheet(session, part) for part in _SHEET), key=itemgetter(0))
    for day, found in groupby(parts, key=itemgetter(0)):
        yield day, _told({part: rows for _day, part, rows in found})


def _by_sheet(session: Session, part: str) -> Iterator[tuple[str, str, list]]:
    day, given = _SHEET[part]
    which = [DutyRecord.withdrawn_at.is_(None)] if part == "duties" else []
    order = [day, DutyRecord.key] if part == "duties" else [day]
    found = images.read_whole(session, [day, *given.values()], *which, order=order)
    for of, rows in groupby(found, key=itemgetter(0)):
        yield of, part, [list(row[1:]) for row in rows]


def _told(parts: dict[str, list]) -> dict:
    """Return the digest of a sheet and how many stand on it; sheets of before told of no duties and
    of nobody who asked.
    """
    for name, rows in parts.items():
        if name != "duties":
            rows.sort(key=lambda row: (row[0], str(row)))
        else:  # by key as the database orders them; of one key on a year sheet there are several
            rows[:] = [
                row
                for _key, same in groupby(rows, key=lambda row: row[0])
                for row in sorted(same, key=lambda row: (row[1], canonical({"row": row})))
            ]
    whole = {name: [] for name in ("members", "invited", "exempted")} | parts
    return {"members": len(whole["members"]), "digest": digest(whole)}


# The parts of a sheet: whose, and what of them at which place among the values of a line.
_SHEET: dict[str, tuple[Any, dict[int, Any]]] = {
    "members": (
        Attendance.activity_id,
        dict(
            enumerate((Attendance.person_id, Attendance.kind, Attendance.form, Attendance.category))
        ),
    ),
    "invited": (Invitee.activity_id, {1: Invitee.kind, 4: Invitee.number}),
    "exempted": (Exempted.activity_id, {0: Exempted.person_id, 1: Exempted.told}),
    "asked": (
        LeaveNotice.activity_id,
        {
            0: LeaveNotice.person_id,
            1: LeaveNotice.category,
            5: LeaveNotice.day,
            6: LeaveNotice.taken_back_at,
        },
    ),
    "duties": (
        DutyRecord.sheet_id,
        {1: DutyRecord.key, 5: DutyRecord.done_on, 7: DutyRecord.facts},
    ),
}
_SAID = {
    part: itemgetter(*(place + 2 for place in said)) for part, (_whose, said) in _SHEET.items()
}
_VALUES: dict[str, Any] = {
    "whose": Id,
    "name": sa.String,
    "form": sa.String,
    "category": sa.String,
    "number": sa.Integer,
    "on": sa.Date,
    "at": UTCDateTime,
    "facts": Json,
}


def _part(name: str) -> sa.Select:
    day, given = _SHEET[name]
    values = [
        given.get(place, sa.cast(sa.null(), kind)).label(name)
        for place, (name, kind) in enumerate(_VALUES.items())
    ]
    wanted = sa.select(sa.literal_column(f"'{name}'").label("part"), day.label("day"), *values)
    return wanted.where(DutyRecord.withdrawn_at.is_(None)) if name == "duties" else wanted


def _asked(dialect: str):
    parts = (_part(name).where(among(_SHEET[name][0], "ids", dialect)) for name in _SHEET)
    return sa.union_all(*parts).order_by("name")  # of duties; the others are put in order here


_LINES = Prepared(_asked)
