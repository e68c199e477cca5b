"""Party days: what the rule yields, the day in force, and when it was really held."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oversight.base.db import Base, Id, LooseDay, new_id

from .organizations import Unit
from .records import append_only


class Activity(Base):
    """One branch's party day of one month; records are kept per branch also in joint activities.

    Source: G-2.5.1a
    """

    __tablename__ = "activities"
    __table_args__ = (
        sa.UniqueConstraint("unit_id", "year", "month", "kind", name="uq_activities_month"),
        sa.Index("ix_activities_zone_day", "zone_id", "day"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    year: Mapped[int]
    month: Mapped[int]
    kind: Mapped[str] = mapped_column(
        sa.String(10), default="party_day", comment="party_day or july"
    )
    rule_day: Mapped[date | None] = mapped_column(
        LooseDay, comment="what the rule yields; empty: the branch chooses"
    )
    day: Mapped[date | None] = mapped_column(LooseDay, comment="the day in force")
    moved_by: Mapped[str | None] = mapped_column(
        sa.ForeignKey("cases.id"), comment="the case whose consent moved the day"
    )
    excused_by: Mapped[str | None] = mapped_column(sa.ForeignKey("cases.id"), comment="同意缓开")
    held_on: Mapped[date | None] = mapped_column(
        LooseDay, comment="the day on which it really took place"
    )
    held_entered_at: Mapped[datetime | None] = mapped_column(comment="shown beside held_on (补录)")
    entered_on: Mapped[date | None] = mapped_column(
        LooseDay, comment="local day of the first entry; decides between 及时 and 补录 for good"
    )
    bettered: Mapped[str | None] = mapped_column(
        sa.String(20), comment="what corrections have made better: keys of BETTER, kept for good"
    )
    source: Mapped[str | None] = mapped_column(
        sa.String(10),
        comment="handbook: copied from the paper handbook (转录); empty: entered here",
    )
    entered_for: Mapped[str | None] = mapped_column(
        Id, comment="the person who entered it for the branch (代录)"
    )
    confirmed_at: Mapped[datetime | None] = mapped_column(comment="the record was filed (备案)")
    confirmed_by: Mapped[str | None] = mapped_column(sa.ForeignKey("persons.id"))
    host_id: Mapped[str | None] = mapped_column(sa.ForeignKey("persons.id"))
    host_why: Mapped[str | None] = mapped_column(sa.String(200), comment="why not the secretary")
    mode: Mapped[str | None] = mapped_column(
        sa.String(20), comment="own, joint, or whole_then_parts (先统后分)"
    )
    begins: Mapped[str | None] = mapped_column(sa.String(5), comment="hour of the day, 09:00")
    place: Mapped[str | None] = mapped_column(sa.String(60))
    theme: Mapped[str | None] = mapped_column(sa.String(60))
    version: Mapped[int] = mapped_column(default=1)
    unit: Mapped[Unit] = relationship()

    __mapper_args__ = {"version_id_col": version}
    __decided__ = (
        *("zone_id", "unit_id", "year", "month", "kind", "rule_day", "day", "moved_by"),
        *("excused_by", "held_on", "held_entered_at", "confirmed_at", "confirmed_by"),
        *("entered_on", "bettered", "source", "entered_for"),
        *("host_id", "host_why", "mode", "begins", "place", "theme"),
    )
    __heard__ = False


class ActivityChange(Base):
    """What changed on an activity, by whom and why. Never edited."""

    __tablename__ = "activity_changes"
    __table_args__ = (sa.Index("ix_activity_changes_seal", "zone_id", "seal"), append_only("seal"))

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    activity_id: Mapped[str] = mapped_column(sa.ForeignKey("activities.id"), index=True)
    what: Mapped[dict] = mapped_column(comment="field: [before, after]")
    why: Mapped[str] = mapped_column(sa.String(200))
    case_id: Mapped[str | None] = mapped_column(sa.ForeignKey("cases.id"))
    by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("persons.id"))
    at: Mapped[datetime]
    seal: Mapped[int | None] = mapped_column(comment="number of the daily seal it lies under")
