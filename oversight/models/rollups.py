"""What the overview of a large zone reads: sums of each superior, reckoned from the records and made anew
from them at will. Nothing rests on them.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from oversight.base.db import Base


class Rollup(Base):
    __tablename__ = "rollups"
    __table_args__ = (sa.Index("ix_rollups_zone", "zone_id", "as_of"),)

    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"), primary_key=True)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    as_of: Mapped[date] = mapped_column(comment="the day on which they were reckoned")
    made_at: Mapped[datetime]
    sums: Mapped[dict] = mapped_column(comment="of overview.Sums")
