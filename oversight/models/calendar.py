"""A zone's rest days, its notices that move a whole month, and its choices."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from oversight.base.db import Base, Id, new_id, partial

from .records import append_only


class CalendarRow(Base):
    """A published rest day or make-up working day; seeded from chinesecalendar, editable."""

    __tablename__ = "calendar_days"

    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(4), comment="rest or work")
    name: Mapped[str] = mapped_column(sa.String(40))
    statutory: Mapped[bool] = mapped_column(comment="a holiday by law, not a 调休 rest day")
    source: Mapped[str] = mapped_column(sa.String(200))


class PublishedYear(Base):
    """A year whose holiday notice is known; without a row the year's days are provisional."""

    __tablename__ = "published_years"

    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(sa.String(200))
    at: Mapped[datetime]


class ZoneNotice(Base):
    """The zone moves the party day of every branch with a fixed day in one month."""

    __tablename__ = "zone_notices"
    __table_args__ = (
        partial(
            "uq_zone_notices_month",
            "zone_id",
            "year",
            "month",
            where="ended_at IS NULL",
            unique=True,
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    year: Mapped[int]
    month: Mapped[int]
    day: Mapped[date] = mapped_column(comment="the day on which everybody meets instead")
    reason: Mapped[str] = mapped_column(sa.Text)
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("cases.id"))
    ended_at: Mapped[datetime | None] = mapped_column(comment="revoked")

    __decided__ = ("zone_id", "year", "month", "day", "reason", "case_id", "ended_at")


class ZoneSettingRow(Base):
    __tablename__ = "zone_settings"

    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    value: Mapped[str] = mapped_column(sa.String(200))
    by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("persons.id"))
    at: Mapped[datetime]

    __decided__ = ("value",)


class SettingChange(Base):
    """Who changed a choice of the zone, when, and from what; append-only."""

    __tablename__ = "setting_changes"
    __table_args__ = (sa.Index("ix_setting_changes_seal", "zone_id", "seal"), append_only("seal"))

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(40))
    before: Mapped[str] = mapped_column(sa.String(200))
    after: Mapped[str] = mapped_column(sa.String(200))
    moved: Mapped[int] = mapped_column(comment="party days that followed")
    by_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("persons.id"), comment="empty: at the terminal"
    )
    at: Mapped[datetime]
    seal: Mapped[int | None] = mapped_column(comment="number of the daily seal it lies under")
