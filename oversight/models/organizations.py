"""Zones, units and the posts that people hold in them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oversight.base.db import Base, Id, new_id, partial
from oversight.base.sentences import N_

from .records import append_only

UNIT_KINDS = {
    "zone": N_("区"),
    "town": N_("镇"),
    "department": N_("区属部门（单位）"),
    "middle": N_("中间层"),
    "branch": N_("党支部"),
    "group": N_("党小组"),
}
CATEGORIES = {
    "rural": N_("农村"),
    "community": N_("社区"),
    "organ": N_("机关"),
    "school": N_("学校"),
    "hospital": N_("医院"),
    "soe": N_("国有企业"),
    "private": N_("非公有制经济组织"),
    "social": N_("社会组织"),
}
# Five rule sets: schools and hospitals have no document of their own (G-2.1.2a, then G throughout).
RULE_SETS = {
    "rural": "rural",
    "community": "rural",
    "organ": "organ",
    "school": "public",
    "hospital": "public",
    "soe": "soe",
    "private": "private",
    "social": "private",
}
FIXED_DAY = frozenset({"rural", "organ"})


class Zone(Base):
    __tablename__ = "zones"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(sa.String(100), comment="as printed, e.g. 随州高新区")
    created_at: Mapped[datetime]
    epoch: Mapped[str] = mapped_column(
        Id,
        default=lambda: str(uuid4()),  # apart from ids, whose draws tests hold still
        comment="drawn anew by the database when who stands where changes",
    )


def ids_above(path: str) -> list[str]:
    """Return the ids above the last one of a path, nearest first."""
    return path.strip("/").split("/")[:-1][::-1]


class Unit(Base):
    """A node of the organization: zone, town or department, middle node, branch, group."""

    __tablename__ = "units"
    __table_args__ = (
        sa.CheckConstraint(
            "(category IS NOT NULL) = (kind = 'branch')", name="category_of_branches_only"
        ),
        sa.Index("ix_units_path", "zone_id", "path"),
        sa.Index("ix_units_kind", "zone_id", "kind"),
        sa.Index("ix_units_successor", "successor_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    parent_id: Mapped[str | None] = mapped_column(sa.ForeignKey("units.id"), index=True)
    path: Mapped[str] = mapped_column(sa.Text, comment="/zone unit/town/branch/ by id, own id last")
    kind: Mapped[str] = mapped_column(sa.String(12), comment="key of UNIT_KINDS")
    category: Mapped[str | None] = mapped_column(
        sa.String(12), comment="branches: key of CATEGORIES"
    )
    name: Mapped[str] = mapped_column(sa.String(100))
    sort: Mapped[int] = mapped_column(default=0, comment="order among siblings")
    doc_prefix: Mapped[str | None] = mapped_column(
        sa.String(20), comment="机关代字 for numbered papers"
    )
    is_transparent: Mapped[bool] = mapped_column(
        "passes_through",
        default=False,
        comment="a middle node that does not answer itself: its superior does",
    )
    accountable_from: Mapped[date] = mapped_column(comment="nothing earlier is owed")
    proxied_from: Mapped[date | None] = mapped_column(
        comment="since when its superior enters for it (代录)"
    )
    recorder_id: Mapped[str | None] = mapped_column(
        Id, comment="the person who enters for it besides its superior"
    )
    ended_on: Mapped[date | None] = mapped_column(
        comment="first day on which the unit no longer exists"
    )
    successor_id: Mapped[str | None] = mapped_column(sa.ForeignKey("units.id"))

    __decided__ = (
        *("zone_id", "parent_id", "path", "kind", "category", "name", "doc_prefix"),
        *("is_transparent", "accountable_from", "ended_on", "successor_id"),
    )

    @property
    def rule_set(self) -> str:
        return RULE_SETS[self.category] if self.category else ""

    @property
    def fixed_day(self) -> bool:
        """True where the guidance fixes the party day (villages, communities, organs).

        Source: G-2.1.1a
        """
        return self.rule_set in FIXED_DAY

    def ancestors(self) -> list[str]:
        """Return the ids above this unit, nearest first."""
        return ids_above(self.path)

    def within(self, path: str) -> bool:
        return self.path.startswith(path)


class UnitChange(Base):
    """What happened to a unit: founded, moved, merged, split, renamed. Never edited."""

    __tablename__ = "unit_changes"
    __table_args__ = (sa.Index("ix_unit_changes_seal", "zone_id", "seal"), append_only("seal"))

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(12))
    day: Mapped[date] = mapped_column(comment="from which day it holds")
    what: Mapped[dict] = mapped_column(comment="field: [before, after]")
    by_id: Mapped[str | None] = mapped_column(sa.ForeignKey("persons.id"))
    at: Mapped[datetime]
    seal: Mapped[int | None] = mapped_column(comment="number of the daily seal it lies under")


class Reorganization(Base):
    """A merger, split, move or founding of a unit (below `unit_id`): asked for, put into force on its
    day, or taken back.

    `done` keeps what it changed, so that it can be taken back: {table: [[id, before, after]]}.
    """

    __tablename__ = "reorganizations"
    __table_args__ = (
        partial("ix_reorganizations_due", "day", where="done_at IS NULL AND ended_at IS NULL"),
        sa.Index("ix_reorganizations_unit", "unit_id"),
        sa.Index("ix_reorganizations_into", "into_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    kind: Mapped[str] = mapped_column(sa.String(12), comment="merge, split or move")
    into_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("units.id"),
        comment="successor, new superior, or the new branch once it is there",
    )
    name: Mapped[str | None] = mapped_column(sa.String(100), comment="of the branch split off")
    people: Mapped[list] = mapped_column(default=list, comment="who goes to the branch split off")
    day: Mapped[date] = mapped_column(comment="from which day it holds")
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    at: Mapped[datetime]
    done_at: Mapped[datetime | None] = mapped_column(comment="when it was put into force")
    done: Mapped[dict] = mapped_column(default=dict, comment="what it has changed")
    ended_at: Mapped[datetime | None] = mapped_column(comment="taken back, or found impossible")
    ended_by: Mapped[str | None] = mapped_column(sa.ForeignKey("persons.id"))
    why: Mapped[str] = mapped_column(sa.String(200), default="", comment="why it ended")
    unit: Mapped[Unit] = relationship(foreign_keys=unit_id)
    into: Mapped[Unit | None] = relationship(foreign_keys=into_id)

    @property
    def pending(self) -> bool:
        return self.done_at is None and self.ended_at is None


class Post(Base):
    """An office held by a person in a unit from a day to a day (both included)."""

    __tablename__ = "posts"
    __table_args__ = (
        sa.CheckConstraint("to_on IS NULL OR to_on >= from_on", name="ends_after_it_begins"),
        sa.Index("ix_posts_seat", "unit_id", "office"),
        sa.Index("ix_posts_from", "zone_id", "from_on"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"), index=True)
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    office: Mapped[str] = mapped_column(sa.String(20), comment="key of roles.OFFICES")
    from_on: Mapped[date]
    to_on: Mapped[date | None] = mapped_column(comment="last day in office; empty: still in office")
    unit: Mapped[Unit] = relationship(lazy="joined")

    __decided__ = ("zone_id", "person_id", "unit_id", "office", "from_on", "to_on")
