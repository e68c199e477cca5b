"""Seals: what stands under all chains of a zone, numbered, chained, signed, and written out.

One a day and zone, and whenever one is asked for. Their order is their number's, whatever clocks say.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.signing import Signer
from oversight.models import AdminChange, Case, Checkpoint, RecordChain, Refusal, Zone, records

from . import journal, verifier

FORMAT = 2


def seal(
    session: Session,
    zone_id: str,
    now: datetime,
    day: date | None = None,
    signer: Signer | None = None,
) -> Checkpoint | None:
    """Seal a zone as it stands, for a day or because somebody asks; None where the day has its seal.

    Does not commit.
    """
    journal.lock(session, zone_id)
    if day is not None and _of_day(session, zone_id, day):
        return None
    before, sealed = _before(session, zone_id)
    heads = _heads(session, zone_id)
    grown = [[case_id, seq, head] for case_id, seq, head in heads if sealed.get(case_id) != seq]
    number = before.number + 1 if before else 1
    point = Checkpoint(
        zone_id=zone_id,
        at=now,
        cases=len(heads),
        rows=sum(seq for _id, seq, _head in heads),
        changed=grown,
        root=verifier.merkle_root([head for *_, head in grown]),
        previous=before.hash if before else "",
        number=number,
        day=day,
        format=FORMAT,
        beside={
            "admin": list(journal.admin_head(session, zone_id)),
            **_loose(session, zone_id, number),
        },
    )
    point.hash = verifier.hash_of("checkpoint", {**journal.seal_values(point)})
    if signer is not None:
        point.key, point.signature = signer.sign(point.hash, _keys(session))
    session.add(point)
    return point


def _heads(session: Session, zone_id: str) -> list:
    """Return id, length and head of every chain, of cases and of records beside them."""
    found = [
        row
        for model in (Case, RecordChain)
        for row in session.execute(
            sa.select(model.id, model.seq, model.head).where(model.zone_id == zone_id)
        )
    ]
    return sorted(found, key=lambda row: row.id)


def _of_day(session: Session, zone_id: str, day: date) -> bool:
    wanted = sa.select(Checkpoint.id).where(Checkpoint.zone_id == zone_id, Checkpoint.day == day)
    return session.scalar(wanted) is not None


def _before(session: Session, zone_id: str) -> tuple[Checkpoint | None, dict[str, int]]:
    """Return the newest seal, and how much of each chain lies under one that names heads."""
    newest, sealed = None, {}
    for newest in session.scalars(
        sa.select(Checkpoint).where(Checkpoint.zone_id == zone_id).order_by(Checkpoint.number)
    ):
        if newest.format == FORMAT:
            sealed.update({case_id: seq for case_id, seq, _head in newest.changed})
    return newest, sealed


def _keys(session: Session) -> list[str]:
    """Return the public keys under the seals so far."""
    wanted = sa.select(Checkpoint.key).where(Checkpoint.key.is_not(None)).distinct()
    return sorted(session.scalars(wanted))


def _loose(session: Session, zone_id: str, number: int) -> dict:
    """Put what lies in no chain under a seal; returns count and root by table."""
    found = {}
    for table in records.sealed_daily():
        mine = table.c.zone_id == zone_id
        session.execute(sa.update(table).where(mine, table.c.seal.is_(None)).values(seal=number))
        leaves = [
            leaf["hash"] for leaf in journal.leaves(session, table, mine, table.c.seal == number)
        ]
        if leaves:
            found[table.name] = [len(leaves), verifier.merkle_root(leaves)]
    return found


def due(session: Session, day: date) -> list[str]:
    """Return the zones in which something is recorded and which have no seal of the day."""
    sealed = sa.select(Checkpoint.zone_id).where(Checkpoint.day == day)
    something = sa.or_(
        sa.exists().where(Case.zone_id == Zone.id),
        sa.exists().where(AdminChange.zone_id == Zone.id, AdminChange.seq == 1),
        sa.exists().where(RecordChain.zone_id == Zone.id),
    )
    return list(session.scalars(sa.select(Zone.id).where(Zone.id.not_in(sealed), something)))


def file_of(point: Checkpoint) -> tuple[str, str]:
    """Return name and text of the file in which a seal is kept."""
    line = verifier.canonical({"checkpoint": journal.seal_values(point)})
    return f"{point.zone_id[:8]}-{point.number:06}.json", line


# What is pruned ----------------------------------------------------------------------------------


def ripe(session: Session, zone_id: str, before: datetime) -> tuple[int, int]:
    """Return up to which seal all refusals are older than a moment, and how many there are. What
    lies under no seal yet is never ripe.
    """
    mine, table = Refusal.zone_id == zone_id, Refusal
    younger = session.scalar(
        sa.select(sa.func.min(table.seal)).where(mine, table.at >= before, table.seal.is_not(None))
    )
    under = table.seal.is_not(None) if younger is None else table.seal < younger
    last, count = sa.func.max(table.seal), sa.func.count()
    number, rows = session.execute(sa.select(last, count).where(mine, under)).one()
    return number or 0, rows


def prune(session: Session, zone_id: str, number: int) -> None:
    """Remove the refusals under the seals up to a number; their counts and roots stay in the seals.

    By the owner of the tables. Does not commit.
    """
    with records.lifted(session.connection(), Refusal.__table__):
        session.execute(
            sa.delete(Refusal)
            .where(Refusal.zone_id == zone_id, Refusal.seal <= number)
            .execution_options(synchronize_session=False)
        )
