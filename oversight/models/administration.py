"""What administrators hand out and bring in: activation slips, and rosters waiting to be applied."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from oversight.base.db import Base, Id, new_id


class Slip(Base):
    """A single-use permission to set one's password; only the hash of its code is kept."""

    __tablename__ = "slips"
    __table_args__ = (
        sa.Index(
            "ix_slips_usable",
            "zone_id",
            "expires_at",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
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
