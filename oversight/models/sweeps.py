"""What the sweep remembers between its runs: up to where it has looked, and what it could not do."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from oversight.base.db import Base, Id


class SweepMark(Base):
    """What a step of the sweep rested on when it last looked; only what came later is asked for."""

    __tablename__ = "sweep_marks"

    step: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    at: Mapped[datetime]
    day: Mapped[date]
    posts: Mapped[str] = mapped_column(sa.Text, comment="the epochs of all zones")
    journal: Mapped[str] = mapped_column(Id, comment="the newest row then, as in the next two")
    activity: Mapped[str] = mapped_column(Id)
    change: Mapped[str] = mapped_column(Id, comment="of an activity")


class SweepFault(Base):
    """A thing that the sweep could not do; goes when it can, or when it is due no more."""

    __tablename__ = "sweep_faults"

    step: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(
        sa.String(200), primary_key=True, comment="the id of a case or person, or what else is due"
    )
    error: Mapped[str] = mapped_column(sa.String(80), comment="its class; the log says more")
    times: Mapped[int] = mapped_column(default=1)
    since: Mapped[datetime]
    last_at: Mapped[datetime]
