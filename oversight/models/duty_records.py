"""What was done about a duty that has no record of its own: an item of a monthly sheet, or of the sheet
of a unit's year.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oversight.base.db import Base, Id, new_id, partial

from . import taken_back
from .organizations import Unit
from .people import Person
from .records import append_only
from .taken_back import TakenBack, with_a_reason


class YearSheet(Base):
    """The sheet of a unit's year, begun with the first thing that is entered on it."""

    __tablename__ = "year_sheets"
    __table_args__ = (
        sa.UniqueConstraint("unit_id", "year", name="uq_year_sheets"),
        sa.Index("ix_year_sheets_zone", "zone_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    year: Mapped[int]
    begun_at: Mapped[datetime]
    unit: Mapped[Unit] = relationship()

    __decided__ = ("zone_id", "unit_id", "year", "begun_at")
    __heard__ = False


class DutyRecord(TakenBack, Base):
    """That a unit did what a rule key asks for, on a day; taken back with a reason, never deleted.

    `facts`: `note`, what was done in one line; `except`, ids of the members of whom it does not hold.
    """

    __tablename__ = "duty_records"
    __table_args__ = (
        with_a_reason(),
        partial(
            "uq_duty_records_sheet",
            "sheet_id",
            "key",
            "month",
            where="withdrawn_at IS NULL",
            unique=True,
        ),
        sa.Index("ix_duty_records_unit", "unit_id", "year", "key"),
        sa.Index("ix_duty_records_seal", "zone_id", "seal"),
        append_only("seal", *taken_back.COLUMNS, repeats=True),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    sheet_id: Mapped[str] = mapped_column(Id, comment="the activity or the year sheet it is on")
    key: Mapped[str] = mapped_column(sa.String(40), comment="rule key of the register")
    year: Mapped[int]
    month: Mapped[int] = mapped_column(comment="for which month; of a year sheet that of the day")
    done_on: Mapped[date]
    facts: Mapped[dict] = mapped_column(default=dict)
    noted_by: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    noted_at: Mapped[datetime] = mapped_column(comment="shown beside done_on (补录)")
    entered_for: Mapped[str | None] = mapped_column(
        Id, comment="the person who entered it for the branch (代录)"
    )
    form_asked: Mapped[bool] = mapped_column(
        default=True,
        server_default=sa.false(),
        comment="whether the form of it (宣誓程式, 先党内后党外) was asked beside it",
    )
    seal: Mapped[int | None] = mapped_column(comment="number of the daily seal it lies under")
    unit: Mapped[Unit] = relationship()
    noter: Mapped[Person] = relationship(foreign_keys=[noted_by])
