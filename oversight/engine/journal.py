"""The hash chains of cases and of a zone's administration, and what an export tells of them.

Appending to a case is the engine's. Administration is chained as its transaction commits: the rows
wait in the session until all that they left behind them is known. `verifier` reads what is exported.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import columns, new_id, objects
from oversight.base.prepared import Prepared, among
from oversight.models import (
    Activity,
    AdminChange,
    Appraised,
    Case,
    Checkpoint,
    JournalRow,
    LifeMeeting,
    Membership,
    NumberSeries,
    Paper,
    PaperFile,
    Person,
    Post,
    RecordChain,
    Recusal,
    RegisterEntry,
    SealedCopy,
    Substitution,
    Unit,
    WorkItem,
    YearSheet,
    Zone,
    ZoneNotice,
    ZoneSettingRow,
    images,
    records,
)

from . import records as beside
from . import rolls, verifier
from .verifier import ROW, canonical, digest, hash_of, merkle_root

FORMAT = 2
DAY = 86400.0  # seconds
_ADMIN = (*verifier.ADMIN, "after", "previous")
_SEAL = (*verifier.HASHED["checkpoint"][2], "hash", "key", "signature")
_WAITING, _IN_BULK = "admin_changes", "written_in_bulk"
# What a zone's administration decides, and which of its rows; who belongs where is told by `rolls`.
KEPT: dict[type[Any], Any] = {
    Unit: sa.true(),
    Post: sa.true(),
    Substitution: sa.true(),
    ZoneSettingRow: sa.true(),
    Person: sa.or_(Person.exempt_until.is_not(None), Person.left_on.is_not(None)),
}
__all__ = ["canonical", "chain_row", "digest", "export_lines", "merkle_root", "verify_lines"]


def stamp(moment: datetime) -> str:
    """Write a moment as it is hashed: UTC to the microsecond, wherever the server believes to be."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def chain_row(case: Case, after: dict, **values) -> dict:
    """Make the next row of a case's chain; the caller writes it and carries the head on the case."""
    row = {
        "zone_id": case.zone_id,
        "case_id": case.id,
        "seq": case.seq + 1,
        "previous": case.head,
        "after": after,
        "format": FORMAT,
        **values,
    }
    return {**row, "id": new_id(), "hash": hash_of("row", {**row, "at": stamp(row["at"])})}


def of_case(session: Session, case_id: str) -> list[JournalRow]:
    """Return the rows of a case, the oldest first."""
    wanted = sa.select(JournalRow).where(JournalRow.case_id == case_id)
    return list(session.scalars(wanted.order_by(JournalRow.seq)))


def of_cases(session: Session, case_ids: list[str]) -> dict[str, list[JournalRow]]:
    """Return by case its rows, the oldest first."""
    found: dict[str, list[JournalRow]] = {case_id: [] for case_id in case_ids}
    for row in objects(session, JournalRow, _OF_CASES, ids=case_ids):
        found[row.case_id].append(row)
    return found


def steps_here(session: Session, case_ids: list[str]) -> dict[str, Any]:
    """Return by case the last step by which a person brought it to another state, with what a list
    asks of it: the rows of many cases whole are read nowhere but on their pages.
    """
    return {row.case_id: row for row in _STEPS.rows(session, ids=case_ids)}


_table = JournalRow.__table__.c
_OF_CASES = Prepared(
    lambda dialect: (
        sa.select(*columns(JournalRow))
        .where(among(_table.case_id, "ids", dialect))
        .order_by(_table.seq)
    )
)
_STEPS = Prepared(
    lambda dialect: (
        sa.select(
            *(_table.case_id, _table.kind, _table.move, _table.from_state, _table.to_state),
            *(_table.actor, _table.at, _table.words, _table.result),
        )
        .where(
            among(_table.case_id, "ids", dialect),
            _table.kind == "move",
            _table.from_state != _table.to_state,
            _table.actor_id.is_not(None),
        )
        .order_by(_table.seq)
    )
)


def cases_since(mark: dict) -> sa.Select:
    """Select the cases of which the journal has a row newer than `mark["journal"]`."""
    return sa.select(JournalRow.case_id).where(JournalRow.id > mark["journal"])


def last(session: Session, case_id: str) -> JournalRow:
    """Return the newest row of a case."""
    wanted = sa.select(JournalRow).where(JournalRow.case_id == case_id)
    return session.scalar(wanted.order_by(JournalRow.seq.desc()).limit(1))


def by_whom(session: Session, row: JournalRow) -> JournalRow:
    """Return the row of the person whose act a row of the clock's own followed at once; else itself."""
    if row is None or row.actor_id is not None:
        return row
    before = sa.select(JournalRow).where(
        JournalRow.case_id == row.case_id, JournalRow.actor_id.is_not(None), JournalRow.at == row.at
    )
    return session.scalar(before.order_by(JournalRow.seq.desc()).limit(1)) or row


# Administration ----------------------------------------------------------------------------------


def note(session: Session, change: AdminChange) -> None:
    """Record an act of administration when the transaction commits. Does not commit."""
    session.info.setdefault(_WAITING, []).append(change)


def lock(session: Session, zone_id: str) -> None:
    """Let one chain of a zone grow at a time; rows that only refer to the zone are not held up."""
    session.execute(sa.select(Zone.id).where(Zone.id == zone_id).with_for_update(key_share=True))


def admin_head(session: Session, zone_id: str) -> tuple[int, str]:
    """Return the number and the hash of the newest row of a zone's administration."""
    newest = (
        sa.select(AdminChange.seq, AdminChange.hash)
        .where(AdminChange.zone_id == zone_id, AdminChange.seq.is_not(None))
        .order_by(AdminChange.seq.desc())
        .limit(1)
    )
    seq, head = session.execute(newest).first() or (0, "")
    return seq, head


@sa.event.listens_for(Session, "before_commit")
def _chain_waiting(session: Session) -> None:
    if session.in_nested_transaction() or not session.info.get(_WAITING):
        return
    session.flush()
    changes = session.info.pop(_WAITING)
    for zone_id in dict.fromkeys(change.zone_id for change in changes):
        _chain(session, zone_id, [change for change in changes if change.zone_id == zone_id])


def _chain(session: Session, zone_id: str, changes: list[AdminChange]) -> None:
    """Give changes their places in the zone's chain; the last one tells what all left behind them."""
    lock(session, zone_id)
    seq, head = admin_head(session, zone_id)
    told = images.take(session, zone_id)
    told[rolls.TABLE] = rolls.changed(session, zone_id)
    bulk = session.info.pop(_IN_BULK, set())
    told |= _all(session, zone_id, {*KEPT, Membership} if seq == 0 else bulk)
    after = {table: rows for table, rows in told.items() if rows}
    earlier = _earlier(session, zone_id) if seq == 0 else None
    for change in changes:
        change.after, change.seq, change.previous = {}, seq + 1, head
        if change is changes[-1]:
            change.after = after
        if earlier is not None:
            change.what, earlier = {**change.what, "earlier": earlier}, None
        seq, head = change.seq, hash_of("admin", admin_values(change))
        change.hash = head
        session.add(change)


def _all(session: Session, zone_id: str, models: set[type[Any]]) -> dict[str, dict]:
    """Return all rows of a zone that images keep of these tables, as they stand."""
    found: dict[str, dict] = {}
    for model in models & KEPT.keys():
        rows = beside.standing(session, model, sa.and_(model.zone_id == zone_id, KEPT[model]))
        found[model.__tablename__] = {row["key"]: row["values"] for row in rows}
    if Membership in models:
        found[rolls.TABLE] = rolls.standing(session, Membership.zone_id == zone_id)
    return found


def _earlier(session: Session, zone_id: str) -> list | None:
    """Return count and root of what was recorded before there was a chain."""
    table = AdminChange.__table__
    before = leaves(session, table, table.c.zone_id == zone_id, table.c.seq.is_(None))
    found = [leaf["hash"] for leaf in before]
    return [len(found), merkle_root(found)] if found else None


@sa.event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_WAITING, None)
    session.info.pop(_IN_BULK, None)


@sa.event.listens_for(Session, "do_orm_execute")
def _written_in_bulk(state) -> None:
    """What is written without objects is told of with all of its table. Nobody leaves or is exempted
    so: people are written in bulk by rosters only.
    """
    model = state.bind_mapper.class_ if state.bind_mapper is not None else None
    written = state.is_insert or state.is_update or state.is_delete
    if written and model in (*KEPT, Membership) and model is not Person:
        state.session.info.setdefault(_IN_BULK, set()).add(model)


def admin_values(row: AdminChange) -> dict:
    """Return a change as it is hashed."""
    values = {name: getattr(row, name) for name in _ADMIN}
    return {**values, "at": stamp(row.at), "format": FORMAT}


# What is exported --------------------------------------------------------------------------------


def told(session: Session, at: datetime | None = None) -> Iterator[tuple[str, dict]]:
    """Yield all that a verifier reads: kind and values, chains first, seals last."""
    if at is not None:
        yield "export", {"at": stamp(at)}
    beside.settle(session)
    yield from (("row", row) for row in rows(session))
    for model in (Case, RecordChain):
        wanted = sa.select(model.id, model.seq, model.head, model.state).order_by(model.id)
        for case_id, seq, head, state in session.execute(wanted):
            yield "head", {"case_id": case_id, "seq": seq, "hash": head, "state": state}
    order, chained = (AdminChange.zone_id, AdminChange.seq), AdminChange.seq.is_not(None)
    for row in _stored(session, AdminChange, (*_ADMIN, "hash"), order, chained):
        yield "admin", {**row, "format": FORMAT}
    yield from (("leaf", leaf) for leaf in _leaves(session))
    yield from _standing(session)
    yield from (("checkpoint", seal) for seal in seals(session))


def _stored(
    session: Session, model: type, names: tuple[str, ...], order, *which, at_once: int = 1000
) -> Iterator[dict]:
    """Yield rows by name as they lie in the database, whatever a page would make of them."""
    asked = [getattr(model, name) for name in names]
    for row in images.read_whole(session, asked, *which, order=order, at_once=at_once):
        yield dict(zip(names, row))  # noqa: B905  asked for each row


def rows(session: Session, *which) -> Iterator[dict]:
    """Yield journal rows as they are hashed and exported, case by case."""
    order = (JournalRow.case_id, JournalRow.seq)
    return _stored(session, JournalRow, (*ROW, "after", "format", "hash"), order, *which)


def seals(session: Session, *which) -> Iterator[dict]:
    """Yield seals as they are hashed and exported, zone by zone."""
    order = (Checkpoint.zone_id, Checkpoint.number)
    for seal in _stored(session, Checkpoint, _SEAL, order, *which, at_once=20):
        yield {**seal, "at": _at(seal["format"], seal["at"])}


@cache
def _fixed(table: sa.Table) -> list[str]:
    chained = ("seq", "previous", "hash", "after") if table is AdminChange.__table__ else ()
    return [one.name for one in records.fixed(table) if one.name not in chained]


def _leaves(session: Session) -> Iterator[dict]:
    for table in records.sealed_daily():
        yield from leaves(session, table)
    table = AdminChange.__table__
    yield from leaves(session, table, table.c.seq.is_(None))


def leaves(session: Session, table: sa.Table, *which) -> Iterator[dict]:
    """Yield of rows that lie in no chain the hash of what nothing may change in them."""
    names, seal = _fixed(table), table.c.get("seal", sa.literal(0))
    moment = next(name for name in names if name in ("at", "noted_at"))
    columns = [*(table.c[name] for name in names), seal]
    for *fixed, number in images.read_whole(session, columns, *which, order=[table.c.id]):
        row = dict(zip(names, fixed))  # noqa: B905  asked for each row
        told = {"zone_id": row["zone_id"], "table": table.name, "seal": number, "id": row["id"]}
        yield {**told, "at": row[moment], "hash": digest(row)}


def _standing(session: Session) -> Iterator[tuple[str, dict]]:
    """Yield every row that a chained row has decided, as it stands; `of` is what decided it."""
    zones = set(session.scalars(sa.select(AdminChange.zone_id).where(AdminChange.seq == 1)))
    decided: tuple[tuple[type[Any], Any, str], ...] = (
        (Case, sa.true(), "id"),
        (Paper, sa.true(), "case_id"),
        (PaperFile, sa.true(), "case_id"),
        (SealedCopy, sa.true(), "case_id"),
        (Appraised, sa.true(), "case_id"),
        (Recusal, sa.true(), "case_id"),
        (ZoneNotice, sa.true(), "case_id"),
        (WorkItem, WorkItem.answer.is_not(None), "case_id"),
        (Activity, _done(), "id"),
        (LifeMeeting, sa.true(), "id"),
        (YearSheet, sa.true(), "id"),
        (RegisterEntry, sa.true(), "id"),
        *((model, which, "zone_id") for model, which in KEPT.items()),
    )
    for model, which, by in decided:
        for of, key, values in images.standing(session, model, by, which):
            owner = None if by == "zone_id" and of not in zones else of
            told = {"table": model.__tablename__, "of": owner}
            yield "stands", {**told, "values": values, "key": key}
    for key, image in beside.sheets(session).items():
        yield "stands", {"table": beside.SHEETS, "key": key, "of": key, "values": image}
    for zone_id in zones:
        for key, image in rolls.standing(session, Membership.zone_id == zone_id).items():
            yield "stands", {"table": rolls.TABLE, "key": key, "of": zone_id, "values": image}
    names = ("unit_id", "series", "year", "last")
    for series in session.scalars(sa.select(NumberSeries)):
        yield "series", {name: getattr(series, name) for name in names}


def _done():
    """Return the condition on party days of which something was done: each has its chain."""
    told = ("moved_by", "excused_by", "held_on", "confirmed_at", "host_id", "mode")
    chained = sa.exists().where(RecordChain.id == Activity.id)
    return sa.or_(chained, *(getattr(Activity, name).is_not(None) for name in told))


def seal_values(point: Checkpoint) -> dict:
    """Return a seal as it is hashed, written to a file and held against others."""
    values = {name: images.text(getattr(point, name)) for name in _SEAL}
    return {**values, "at": _at(point.format, values["at"])}


def _at(form: int, stamped: str) -> str:
    """Write the moment of a seal; the first format had whole seconds without a fraction."""
    return stamped.replace(".000000", "") if form == 1 else stamped


def export_lines(session: Session, at: datetime | None = None) -> Iterator[str]:
    """Yield what is exported as JSON lines."""
    return (canonical({kind: values}) for kind, values in told(session, at))


# Verifying ---------------------------------------------------------------------------------------


class Verifier(verifier.Verifier):
    """Also holds numbers against papers, and asks for a seal over whatever is older than a day."""

    reads = (*verifier.Verifier.reads, "export", "series")

    def __init__(self, keys: Iterable[str] = (), now: datetime | None = None):
        super().__init__(keys)
        self.now = now.timestamp() if now else None
        self.times: dict[str, array] = {}
        self.numbers: dict[tuple, list[int]] = {}
        self.late, self.known = 0, {""}

    def checkpoint(self, seal: dict) -> None:
        super().checkpoint(seal)
        if seal["format"] == 1:
            self._earlier(seal, f"第 {seal['number']} 号封印")

    def _earlier(self, seal: dict, name: str) -> None:
        """Hold a seal of the first format, which two workers could fork, by its own rule."""
        if seal["previous"] not in self.known:
            self.no(f"{name}：与前一个接不上")
        self.known.add(seal["hash"])
        self.sealed.update(dict(seal["changed"] if isinstance(seal["changed"], list) else ()))
        if seal["root"] != merkle_root([self.at(*one) for one in sorted(self.sealed.items())]):
            self.no(f"{name}：封存以后，日志被改动或删除")

    def export(self, values: dict) -> None:
        self.now = _seconds(values["at"])

    def link(self, kind: str, which: str, name: str, values: dict) -> None:
        super().link(kind, which, name, values)
        self.times.setdefault(which, array("d")).append(_seconds(values["at"]))

    def leaf(self, values: dict) -> None:
        super().leaf(values)
        if values["seal"] is None:
            self.late += self._old(_seconds(values["at"]))

    def _old(self, moment: float) -> bool:
        return self.now is not None and moment < self.now - DAY

    def stands(self, values: dict) -> None:
        super().stands(values)
        if values["table"] == "papers":
            paper = values["values"]
            which = (paper["unit_id"], paper["series"], paper["year"])
            self.numbers.setdefault(which, []).append(paper["seq"])

    def series(self, values: dict) -> None:
        which = (values["unit_id"], values["series"], values["year"])
        if sorted(self.numbers.pop(which, [])) != list(range(1, values["last"] + 1)):
            self.no(f"文号 {values['series']}〔{values['year']}〕：编号与文书不一致")

    def done(self) -> Self:
        super().done()
        for _unit, series, year in self.numbers:
            self.no(f"文号 {series}〔{year}〕：有文书，没有编号记录")
        for which, times in self.times.items():
            self.late += sum(map(self._old, times[self.sealed.get(which, 0) :]))
        if self.late:
            self.no(f"有 {self.late} 条早于一天的记录没有封印")
        return self


def _seconds(moment: str) -> float:
    """Read a moment; one that is none is older than all others, and shows in its hash."""
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return 0.0


def verify_lines(lines: Iterable[str]) -> list[str]:
    """Return what is wrong with an export, in plain sentences; empty where all chains hold."""
    return Verifier().read(entries(lines)).done().problems


def entries(lines: Iterable[str]) -> Iterator[tuple[str, dict]]:
    """Yield kind and values of each line of an export."""
    for line in lines:
        [entry] = json.loads(line).items()
        yield entry
