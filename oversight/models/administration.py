"""What administrators do: activation slips, rosters waiting to be applied, and the record of every such act."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Base, Id, Json, new_id

# What is done to accounts and rosters, as the record names it.
ACTS = {
    "issue": "发激活单", "reset": "重发激活单", "activate": "本人激活", "lock": "锁定账号", "unlock": "解除锁定",
    "close": "停用账号（已离开）", "password": "终端重设密码", "roster": "导入名册",
}


class Slip(Base):
    """A single-use permission to set one's password; only the hash of its code is kept."""

    __tablename__ = "slips"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(comment="used, replaced by a newer one, or withdrawn")


class RosterDraft(Base):
    """A roster that was read and waits for its sender's word; one a person, its file sealed."""

    __tablename__ = "roster_drafts"

    by_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"), primary_key=True)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    name: Mapped[str] = mapped_column(sa.String(100), comment="of the workbook, as shown")
    sha256: Mapped[str] = mapped_column(sa.String(64), comment="of the workbook, which itself is not kept")
    stored: Mapped[str] = mapped_column(sa.String(64), comment="random name in the data folder")
    at: Mapped[datetime]


class AdminAct(Base):
    """Who did what to accounts and rosters. Append-only by trigger."""

    __tablename__ = "admin_acts"
    __table_args__ = (sa.Index("ix_admin_acts_zone", "zone_id", "at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    by_id: Mapped[str | None] = mapped_column(Id, comment="empty: at the terminal")
    act: Mapped[str] = mapped_column(sa.String(20), comment="key of ACTS")
    unit_id: Mapped[str | None] = mapped_column(Id)
    person_id: Mapped[str | None] = mapped_column(Id, comment="whose account")
    what: Mapped[dict] = mapped_column(Json, comment="counts, hashes, reasons; never a code or a number")
