"""组织生活会: on which day a branch held one, who noted it when, and what was taken back with a reason."""

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


class LifeMeeting(TakenBack, Base):
    """One meeting of a branch; of a day there is one that is not taken back. Never deleted. Source:
    G-3.1.6a
    """

    __tablename__ = "life_meetings"
    __table_args__ = (
        with_a_reason(),
        partial(
            "uq_life_meetings_day", "unit_id", "held_on", where="withdrawn_at IS NULL", unique=True
        ),
        sa.Index("ix_life_meetings_unit", "unit_id", "held_on"),
        sa.Index("ix_life_meetings_seal", "zone_id", "seal"),
        append_only("seal", "case_id", *taken_back.COLUMNS, repeats=True),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    held_on: Mapped[date]
    activity_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("activities.id"), comment="the party day that it was combined with"
    )
    case_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("cases.id"), comment="the appraisal that held it"
    )
    noted_by: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    noted_at: Mapped[datetime] = mapped_column(comment="shown beside held_on (补录)")
    source: Mapped[str | None] = mapped_column(
        sa.String(10),
        comment="handbook: copied from the paper handbook (转录); empty: entered here",
    )
    entered_for: Mapped[str | None] = mapped_column(
        Id, comment="the person who entered it for the branch (代录)"
    )
    seal: Mapped[int | None] = mapped_column(comment="number of the daily seal it lies under")
    unit: Mapped[Unit] = relationship()
    noter: Mapped[Person] = relationship(foreign_keys=[noted_by])
    withdrawer: Mapped[Person | None] = relationship(foreign_keys="LifeMeeting.withdrawn_by")

    __decided__ = (
        *("zone_id", "unit_id", "held_on", "activity_id", "case_id", "noted_by", "noted_at"),
        *taken_back.COLUMNS,
        *("source", "entered_for"),
    )
    __heard__ = False
