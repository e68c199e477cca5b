"""Photos and papers shown with a case.

A row is never edited: what replaces one is a new version beside it.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from oversight.base.db import Base, Id, new_id

from .records import append_only


class Attachment(Base):
    __tablename__ = "attachments"
    __table_args__ = (
        sa.UniqueConstraint("series_id", "version", name="uq_attachments_version"),
        sa.Index("ix_attachments_case", "case_id"),
        sa.Index("ix_attachments_seal", "zone_id", "seal"),
        append_only("seal"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("cases.id"))
    series_id: Mapped[str] = mapped_column(Id, comment="id of the first version")
    version: Mapped[int] = mapped_column(default=1)
    finding: Mapped[int | None] = mapped_column(
        comment="for which finding of the order, counted from 1"
    )
    round: Mapped[int | None] = mapped_column(comment="of the rectification in which it was shown")
    name: Mapped[str] = mapped_column(sa.String(100), comment="as shown, never a path")
    note: Mapped[str | None] = mapped_column(sa.String(200))
    kind: Mapped[str] = mapped_column(sa.String(20), comment="media type of the harmless copy")
    size: Mapped[int] = mapped_column(comment="bytes")
    width: Mapped[int | None]
    height: Mapped[int | None]
    sha256: Mapped[str] = mapped_column(
        sa.String(64), comment="of the bytes that are kept; in the journal too"
    )
    stored: Mapped[str] = mapped_column(
        sa.String(64), unique=True, comment="random name in the data folder"
    )
    thumb: Mapped[str | None] = mapped_column(
        sa.String(64), comment="random name of the small copy"
    )
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    at: Mapped[datetime]
    seal: Mapped[int | None] = mapped_column(comment="number of the daily seal it lies under")
