"""The journal: append-only, a hash chain per case, outliving what it tells of.

The database refuses updates and deletes by trigger; no foreign key may cascade into it.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from oversight.base.db import Base, Id, Json, new_id, partial

from .records import append_only


class JournalRow(Base):
    __tablename__ = "journal"
    __table_args__ = (
        sa.UniqueConstraint("case_id", "seq", name="uq_journal_chain"),
        sa.Index("ix_journal_actor", "actor_id", "role", "case_id"),
        sa.Index("ix_journal_role", "case_id", "role", "actor_id"),
        partial(
            "ix_journal_acting_for", "acting_for", "case_id", "role", where="acting_for IS NOT NULL"
        ),
        append_only(),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    seq: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(sa.String(10), comment="move, or the desk act")
    move: Mapped[str] = mapped_column(sa.String(40))
    from_state: Mapped[str] = mapped_column(sa.String(40))
    to_state: Mapped[str] = mapped_column(sa.String(40))
    actor_id: Mapped[str | None] = mapped_column(Id, comment="empty: the clock or the count")
    actor: Mapped[str] = mapped_column(sa.String(120), comment="name and office as they were")
    acting_for: Mapped[str | None] = mapped_column(Id)
    role: Mapped[str] = mapped_column(sa.String(20))
    unit_id: Mapped[str | None] = mapped_column(Id, comment="the seat from which it was done")
    words: Mapped[dict]
    result: Mapped[dict] = mapped_column(
        Json, comment="what came of it: numbers issued, days moved"
    )
    after: Mapped[dict] = mapped_column(
        Json, server_default="{}", comment="rows as it left them: table: {key: columns}"
    )
    format: Mapped[int] = mapped_column(
        server_default="1", comment="what is hashed; 2: also `after` and the format itself"
    )
    previous: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))


class Checkpoint(Base):
    """A seal: what stood under a zone's chains, numbered, chained, signed; can be sent away."""

    __tablename__ = "checkpoints"
    __table_args__ = (
        sa.Index("uq_checkpoints_number", "zone_id", "number", unique=True),
        sa.Index("uq_checkpoints_day", "zone_id", "day", unique=True),
        partial("uq_checkpoints_previous", "zone_id", "previous", where="format > 1", unique=True),
        append_only(),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    at: Mapped[datetime]
    cases: Mapped[int]
    rows: Mapped[int]
    changed: Mapped[list] = mapped_column(
        comment="[case, seq, head] of every chain that grew since the one before"
    )
    root: Mapped[str] = mapped_column(
        sa.String(64), comment="Merkle root of those heads; format 1: of all heads of the zone"
    )
    number: Mapped[int] = mapped_column(
        server_default="0", comment="its place, whatever clocks say"
    )
    day: Mapped[date | None] = mapped_column(comment="whose daily seal it is; empty: asked for")
    format: Mapped[int] = mapped_column(server_default="1")
    beside: Mapped[dict] = mapped_column(
        server_default="{}", comment="the head of admin changes; table: [rows, root] of the loose"
    )
    key: Mapped[str | None] = mapped_column(sa.String(64), comment="public key of the signature")
    signature: Mapped[str | None] = mapped_column(sa.String(128), comment="of the hash, Ed25519")
    previous: Mapped[str] = mapped_column(sa.String(64))
    hash: Mapped[str] = mapped_column(sa.String(64))
