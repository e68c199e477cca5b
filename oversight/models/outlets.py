"""Ways out of the program: group webhooks of units, and how each way did lately."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oversight.base.db import Base, Id, new_id, partial

from .organizations import Unit


class Outlet(Base):
    """A robot in a unit's group; who has its address can write there, so it is sealed."""

    __tablename__ = "outlets"
    __table_args__ = (partial("ix_outlets_live", "zone_id", "unit_id", where="ended_at IS NULL"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    kind: Mapped[str] = mapped_column(sa.String(10), comment="key of the ways in time.outside")
    sealed: Mapped[str] = mapped_column(
        sa.Text, comment="address and signing key, sealed by the secret key"
    )
    host: Mapped[str] = mapped_column(sa.String(253), comment="what is shown of the address")
    by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("persons.id"))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    unit: Mapped[Unit] = relationship(lazy="joined")


class Reach(Base):
    """How a way out did lately: the mail server, a group, a person's letters. A row each, for good."""

    __tablename__ = "reaches"

    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"), primary_key=True)
    name: Mapped[str] = mapped_column(
        sa.String(60), primary_key=True, comment="server, group:ID or person:ID"
    )
    day: Mapped[date | None] = mapped_column(comment="of which `sent` counts")
    sent: Mapped[int] = mapped_column(default=0)
    failures: Mapped[int] = mapped_column(default=0, comment="in a row")
    rests_until: Mapped[datetime | None]
    last_ok: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(sa.String(80))
