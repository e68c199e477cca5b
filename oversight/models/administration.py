"""What administrators hand out and bring in: activation slips, rosters waiting to be applied, and
posts that a roster proposes.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oversight.base.db import Base, Id, new_id, partial

from .organizations import Unit
from .people import Person


class Slip(Base):
    """A single-use permission to set one's password; only the hash of its code is kept."""

    __tablename__ = "slips"
    __table_args__ = (
        partial("ix_slips_usable", "zone_id", "expires_at", where="ended_at IS NULL"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(
        comment="used, replaced by a newer one, or withdrawn"
    )


class RosterDraft(Base):
    """A roster that was read and waits for its sender's word; one a person, its file sealed."""

    __tablename__ = "roster_drafts"

    by_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"), primary_key=True)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    name: Mapped[str] = mapped_column(sa.String(100), comment="of the workbook, as shown")
    sha256: Mapped[str] = mapped_column(
        sa.String(64), comment="of the workbook, which itself is not kept"
    )
    stored: Mapped[str] = mapped_column(sa.String(64), comment="random name in the data folder")
    at: Mapped[datetime]


class PostProposal(Base):
    """A post that a roster would begin or end, waiting for the security administrator."""

    __tablename__ = "post_proposals"
    __table_args__ = (
        partial("ix_post_proposals_waiting", "zone_id", "id", where="decided_at IS NULL"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    office: Mapped[str] = mapped_column(sa.String(20), comment="key of roles.OFFICES")
    begins: Mapped[bool] = mapped_column(comment="a post to begin; otherwise one to end")
    day: Mapped[date] = mapped_column(comment="first day of a post to begin, last of one to end")
    source: Mapped[str] = mapped_column(sa.String(100), comment="name of the workbook")
    asked_by: Mapped[str | None] = mapped_column(
        sa.ForeignKey("persons.id"), comment="empty: the server's terminal"
    )
    asked_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(sa.ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(
        sa.String(10), comment="confirmed, declined, or replaced by a later roster"
    )
    unit: Mapped[Unit] = relationship(lazy="joined")
    person: Mapped[Person] = relationship(foreign_keys=person_id, lazy="joined")
