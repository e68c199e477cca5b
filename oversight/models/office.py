"""Who stands in for whom, own follow-up dates, and who changed what in units, people, posts and the
calendar.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oversight.base.db import Base, Id, new_id, partial

from .organizations import Unit
from .people import Person
from .records import append_only


class Substitution(Base):
    """One person acting (代理) in another's post, or in an empty one, from a day to a day (both
    included).
    """

    __tablename__ = "actings"
    __table_args__ = (
        sa.CheckConstraint("to_on >= from_on", name="ends_after_it_begins"),
        sa.CheckConstraint("for_id IS NULL OR for_id <> person_id", name="not_for_oneself"),
        sa.Index("ix_actings_seat", "unit_id", "to_on"),
        sa.Index("ix_actings_zone", "zone_id", "to_on"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    person_id: Mapped[str] = mapped_column(
        sa.ForeignKey("persons.id"), index=True, comment="who acts"
    )
    for_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("persons.id"),
        index=True,
        comment="whose post it is; empty: the post is vacant",
    )
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    office: Mapped[str] = mapped_column(sa.String(20), comment="key of roles.OFFICES")
    workflow: Mapped[str | None] = mapped_column(
        sa.String(40), comment="only this kind of business; empty: all"
    )
    from_on: Mapped[date]
    to_on: Mapped[date] = mapped_column(comment="last day; it ends by itself")
    reason: Mapped[str] = mapped_column(sa.String(200))
    given_by: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    given_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(comment="taken back before its last day")
    ended_by: Mapped[str | None] = mapped_column(sa.ForeignKey("persons.id"))
    unit: Mapped[Unit] = relationship(lazy="joined")
    person: Mapped[Person] = relationship(foreign_keys=person_id, lazy="joined")
    principal: Mapped[Person | None] = relationship(foreign_keys=for_id, lazy="joined")

    __decided__ = (
        *("zone_id", "person_id", "for_id", "unit_id", "office", "workflow"),
        *("from_on", "to_on", "ended_at", "ended_by"),
    )


class FollowUp(Base):
    """A person's own reminder on a case; no deadline."""

    __tablename__ = "follow_ups"
    __table_args__ = (partial("ix_follow_ups_due", "day", where="told_at IS NULL"),)

    case_id: Mapped[str] = mapped_column(sa.ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(
        sa.ForeignKey("persons.id"), primary_key=True, index=True
    )
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    day: Mapped[date]
    note: Mapped[str | None] = mapped_column(sa.String(200))
    told_at: Mapped[datetime | None] = mapped_column(comment="when the day came and he was told")


class AdminChange(Base):
    """What was changed in units, people, posts, acting or the calendar, by whom; a chain a zone."""

    __tablename__ = "admin_changes"
    __table_args__ = (
        sa.Index("ix_admin_changes_zone", "zone_id", "id"),
        sa.Index("ix_admin_changes_area", "zone_id", "area", "id"),
        sa.Index("ix_admin_changes_about", "about_id", "id"),
        sa.Index("uq_admin_changes_chain", "zone_id", "seq", unique=True),
        append_only(),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    by_id: Mapped[str | None] = mapped_column(
        Id, comment="empty: the clock, or the server's terminal"
    )
    by: Mapped[str] = mapped_column(sa.String(120), comment="name and office as they were")
    area: Mapped[str] = mapped_column(sa.String(12), comment="key of operations.changes.AREAS")
    act: Mapped[str] = mapped_column(sa.String(20))
    about: Mapped[str] = mapped_column(sa.String(200), comment="unit or person as named then")
    about_id: Mapped[str | None] = mapped_column(Id)
    what: Mapped[dict] = mapped_column(comment="field: [before, after], as people read it")
    after: Mapped[dict] = mapped_column(
        default=dict, server_default="{}", comment="rows as it left them: table: {key: columns}"
    )
    seq: Mapped[int | None] = mapped_column(
        comment="in the zone's chain; empty: before there was one"
    )
    previous: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")
    hash: Mapped[str] = mapped_column(sa.String(64), default="", server_default="")
