"""The three small registers of a branch: issues raised and answered, care, breaches reported."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oversight.base.db import Base, Id, new_id

from . import taken_back
from .organizations import Unit
from .people import Person
from .records import append_only
from .taken_back import TakenBack, with_a_reason


class RegisterEntry(TakenBack, Base):
    """One thing that came up, and what was done about it; taken back with a reason, never deleted.

    Care is read by the branch's leaders only. A breach names nobody: its contents stay offline.
    Source: G-3.2.1f, G-3.2.4b, G-3.2.5a
    """

    __tablename__ = "register_entries"
    __table_args__ = (
        with_a_reason(),
        sa.CheckConstraint(
            "(done_on IS NULL) = (done_noted_at IS NULL)", name="done_as_it_was_noted"
        ),
        sa.Index("ix_register_entries_unit", "unit_id", "came_on"),
        sa.Index("ix_register_entries_seal", "zone_id", "seal"),
        append_only(
            *("seal", "done_on", "done_by", "done_note", "done_noted_at"), *taken_back.COLUMNS
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    key: Mapped[str] = mapped_column(sa.String(40), comment="rule key that asks for it to be done")
    kind: Mapped[str] = mapped_column(sa.String(20), comment="what came up: key of its register")
    came_on: Mapped[date]
    person_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("persons.id"), comment="care: which member it is about"
    )
    what: Mapped[str] = mapped_column(sa.String(200), comment="in one line; empty for a breach")
    due_on: Mapped[date]
    noted_by: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    noted_at: Mapped[datetime]
    done_on: Mapped[date | None]
    done_by: Mapped[str | None] = mapped_column(
        sa.ForeignKey("persons.id"), comment="who talked, helped, answered or reported"
    )
    done_note: Mapped[str | None] = mapped_column(
        sa.String(200), comment="what was done; of a breach to whom it was reported"
    )
    done_noted_at: Mapped[datetime | None]
    seal: Mapped[int | None] = mapped_column(comment="number of the daily seal it lies under")
    unit: Mapped[Unit] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    doer: Mapped[Person | None] = relationship(foreign_keys=[done_by])
    noter: Mapped[Person] = relationship(foreign_keys=[noted_by])

    __decided__ = (
        *(
            "zone_id",
            "unit_id",
            "key",
            "kind",
            "came_on",
            "person_id",
            "what",
            "due_on",
            "noted_by",
        ),
        *("noted_at", "done_on", "done_by", "done_note", "done_noted_at"),
        *taken_back.COLUMNS,
    )
    __discreet__ = ("person_id", "what", "done_note")
    __heard__ = False
