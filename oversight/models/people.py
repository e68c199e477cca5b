"""People and their membership in branches.

Names, dates and flags only: no identity number, no address.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from oversight.base.db import Base, Id, new_id, partial

from .records import append_only


class Person(Base):
    __tablename__ = "persons"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    number: Mapped[str | None] = mapped_column(
        sa.String(40), comment="编号 in the office's own roster"
    )
    joined_on: Mapped[date | None] = mapped_column(
        comment="day on which the branch meeting accepted the person as 预备党员; sets the oath month"
    )
    probationary: Mapped[bool] = mapped_column(default=False, comment="预备党员")
    mobile: Mapped[bool] = mapped_column(default=False, comment="流动党员")
    retired: Mapped[bool] = mapped_column(default=False, comment="离退休党员")
    elderly: Mapped[bool] = mapped_column(default=False, comment="年老体弱")
    leading: Mapped[bool] = mapped_column(default=False, comment="党员领导干部")
    in_post: Mapped[bool] = mapped_column(default=False, comment="在职党员")
    no_office: Mapped[bool] = mapped_column(default=False, comment="无职党员")
    exempt_from: Mapped[date | None] = mapped_column(comment="免予参加 by the superior's consent")
    exempt_until: Mapped[date | None]
    phone_sealed: Mapped[str | None] = mapped_column(sa.Text, comment="encrypted; shown masked")
    reset_at: Mapped[datetime | None] = mapped_column(
        comment="the account was reset: decides nothing until somebody else has confirmed it"
    )
    left_on: Mapped[date | None] = mapped_column(comment="death or leaving the Party")
    left_why: Mapped[str | None] = mapped_column(sa.String(20))

    __decided__ = ("exempt_from", "exempt_until", "left_on", "left_why")
    __heard__ = False


class Membership(Base):
    """A person's belonging to a branch from a day to a day (both included)."""

    __tablename__ = "memberships"
    __table_args__ = (
        partial("uq_memberships_one_branch", "person_id", where="to_on IS NULL", unique=True),
        sa.Index("ix_memberships_unit", "unit_id", "from_on"),
        sa.Index("ix_memberships_person", "person_id", "from_on"),
        sa.Index("ix_memberships_from", "zone_id", "from_on"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"), comment="the branch")
    group_id: Mapped[str | None] = mapped_column(sa.ForeignKey("units.id"), comment="党小组")
    sort: Mapped[int] = mapped_column(default=0, comment="order in the roster")
    from_on: Mapped[date]
    to_on: Mapped[date | None]


class PhoneLook(Base):
    """Who was shown or changed a member's telephone number, and when.

    Never edited; the number is not in it.
    """

    __tablename__ = "phone_looks"
    __table_args__ = (
        sa.Index("ix_phone_looks_person", "person_id"),
        sa.Index("ix_phone_looks_by", "by_id", "at"),
        sa.Index("ix_phone_looks_seal", "zone_id", "seal"),
        append_only("seal"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"), comment="whose number")
    by_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    what: Mapped[str] = mapped_column(sa.String(10), comment="shown or changed")
    at: Mapped[datetime]
    seal: Mapped[int | None] = mapped_column(comment="number of the daily seal it lies under")
