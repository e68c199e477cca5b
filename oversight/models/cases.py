"""Cases, their work items, recusals, and which reminders went out.

`state` and `version` are written by `engine.transitions` only.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oversight.base.db import Base, Id, new_id, partial

from .organizations import Unit
from .records import append_only

NEVER = date(9999, 12, 31)
# How a committee member's work item was closed, beside the name of a move.
YES, NO, RECUSED, ABSENT, LEFT = "yes", "no", "recuse", "absent", "left"
CAME = "came"  # took part in a secret vote, of which only counts are kept
PAST = "past"  # a work item of an earlier round
PASSED = "closed_at IS NULL AND (handed_to IS NOT NULL OR beside_id IS NOT NULL)"
# What an index of cases that other branches have joined is made by, word for word as it is asked.
JOINT = {
    "sqlite": """json_extract(facts, '$."with"') IS NOT NULL""",
    "postgresql": "facts ->> 'with' IS NOT NULL",
}


class Case(Base):
    __tablename__ = "cases"
    __table_args__ = (
        partial(
            "uq_cases_one_open",
            "workflow",
            "subject",
            where="closed_at IS NULL AND subject IS NOT NULL",
            unique=True,
        ),
        sa.Index("ix_cases_subject", "subject"),
        sa.Index("ix_cases_unit", "unit_id", "workflow", "closed_at"),
        partial("ix_cases_open_state", "workflow", "state", where="closed_at IS NULL"),
        partial(
            "ix_cases_open_due", "zone_id", "due_on", "id", "workflow", where="closed_at IS NULL"
        ),
        partial(
            "ix_cases_numbered", "unit_id", "workflow", "opened_at", where="number IS NOT NULL"
        ),
        partial("ix_cases_open_id", "id", where="closed_at IS NULL"),
        sa.Index(
            "ix_cases_joint",
            "workflow",
            "zone_id",
            sqlite_where=sa.text(f"closed_at IS NULL AND {JOINT['sqlite']}"),
            postgresql_where=sa.text(f"closed_at IS NULL AND {JOINT['postgresql']}"),
        ),
        partial("ix_cases_wake", "wake_on", where="closed_at IS NULL"),
        partial("ix_cases_remind", "remind_on", where="closed_at IS NULL"),
        partial("ix_cases_closed", "workflow", "closed_at", where="closed_at IS NOT NULL"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    workflow: Mapped[str] = mapped_column(sa.String(40))
    definition_version: Mapped[int] = mapped_column(
        comment="the case stays on the version it began with"
    )
    state: Mapped[str] = mapped_column(sa.String(40))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"), comment="whose case it is")
    business_key: Mapped[str | None] = mapped_column(
        "subject", sa.String(80), comment="what it is about; one open case a workflow and subject"
    )
    data_subject_id: Mapped[str | None] = mapped_column(
        "concerns_id",
        sa.ForeignKey("persons.id"),
        index=True,
        comment="whose own case it is: sees it, acts in no office on it",
    )
    number: Mapped[str | None] = mapped_column(
        sa.String(60), comment="of the paper it led to; kept when void"
    )
    facts: Mapped[dict] = mapped_column(
        default=dict, comment="what is asked or found, as it stands now"
    )
    opened_by: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    opened_at: Mapped[datetime]
    entered_at: Mapped[datetime] = mapped_column(comment="since when it is in its state")
    closed_at: Mapped[datetime | None] = mapped_column(comment="when it reached an end")
    version: Mapped[int] = mapped_column(default=0, comment="one more with every state change")
    seq: Mapped[int] = mapped_column(default=0, comment="journal rows so far")
    head: Mapped[str] = mapped_column(
        sa.String(64), default="", comment="hash of the newest journal row"
    )
    escalation_level: Mapped[int] = mapped_column(
        "raised", default=0, comment="levels climbed by 提级办理"
    )
    budget_workdays: Mapped[int | None] = mapped_column(comment="working days given in this state")
    used_workdays: Mapped[int] = mapped_column(
        default=0, comment="spent before the clock last stopped"
    )
    paused: Mapped[dict | None] = mapped_column(comment="clocks that stand: state: [budget, used]")
    running_since: Mapped[date | None] = mapped_column(comment="empty while the clock stands")
    due_on: Mapped[date | None] = mapped_column(comment="last day, from budget, used and the cap")
    wake_on: Mapped[date | None] = mapped_column(
        comment="first day on which the clock has a move to make"
    )
    remind_on: Mapped[date | None] = mapped_column(
        comment="first day on which a rung of the ladder may be reached"
    )
    unit: Mapped[Unit] = relationship()

    __decided__ = (
        *("zone_id", "workflow", "definition_version", "state", "unit_id", "business_key"),
        *(
            "data_subject_id",
            "number",
            "facts",
            "opened_by",
            "opened_at",
            "entered_at",
            "closed_at",
        ),
        *("escalation_level", "due_on"),
    )
    __heard__ = False

    @property
    def open(self) -> bool:
        return self.closed_at is None


class WorkItem(Base):
    """A task of a case: for a role in a unit, or for one person."""

    __tablename__ = "desks"
    __table_args__ = (
        partial(
            "ix_desks_seat",
            "unit_id",
            "role",
            "kind",
            "tier",
            "due_on",
            "case_id",
            "workflow",
            "person_id",
            "closed_at",
            where="closed_at IS NULL",
        ),
        partial(
            "ix_desks_several",
            "unit_id",
            "case_id",
            where="closed_at IS NULL AND slot_id IS NOT NULL",
        ),
        partial(
            "ix_desks_person",
            "person_id",
            "due_on",
            "id",
            where="closed_at IS NULL AND person_id IS NOT NULL",
        ),
        partial("ix_desks_own", "person_id", "case_id", where="person_id IS NOT NULL"),
        sa.Index("ix_desks_case", "case_id"),
        partial("ix_desks_slot", "slot_id", "case_id", where="slot_id IS NOT NULL"),
        sa.Index(
            "ix_desks_passed",
            "unit_id",
            "case_id",
            sqlite_where=sa.text(PASSED),
            postgresql_where=sa.text(PASSED),
        ),
        partial(
            "ix_desks_beside", "beside_id", where="closed_at IS NULL AND beside_id IS NOT NULL"
        ),
        partial(
            "ix_desks_claimed", "claimed_by", where="closed_at IS NULL AND claimed_by IS NOT NULL"
        ),
        partial(
            "ix_desks_handed", "handed_to", where="closed_at IS NULL AND handed_to IS NOT NULL"
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("cases.id"))
    workflow: Mapped[str] = mapped_column(sa.String(40))
    case_unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"))
    unit_id: Mapped[str] = mapped_column(sa.ForeignKey("units.id"), comment="the seat")
    role: Mapped[str] = mapped_column(sa.String(20))
    rank: Mapped[int] = mapped_column(
        "tier", default=0, comment="how far down the seat's offices it had to go"
    )
    person_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("persons.id"), comment="one person only"
    )
    slot_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("units.id"), comment="where many answer: for which unit this row stands"
    )
    kind: Mapped[str] = mapped_column(
        sa.String(6), default="act", comment="act, watch, copy, help (委派), sign (加签) or past"
    )
    due_on: Mapped[date] = mapped_column(default=NEVER)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(
        sa.String(40), comment="the move or vote by which this slot was closed"
    )
    claimed_by: Mapped[str | None] = mapped_column(sa.ForeignKey("persons.id"))
    claimed_on: Mapped[date | None] = mapped_column(comment="a claim holds for the day")
    handed_to: Mapped[str | None] = mapped_column(
        sa.ForeignKey("persons.id"),
        comment="转办: whose work it is for good while he holds the seat",
    )
    asked_by: Mapped[str | None] = mapped_column(
        sa.ForeignKey("persons.id"), comment="who delegated, asked for an opinion or sent the copy"
    )
    beside_id: Mapped[str | None] = mapped_column(
        Id, comment="the row that this one was delegated from"
    )

    __decided__ = ("case_id", "person_id", "slot_id", "answer")
    __heard__ = False


class Recusal(Base):
    __tablename__ = "recusals"
    __table_args__ = (sa.Index("ix_recusals_person", "person_id"),)

    case_id: Mapped[str] = mapped_column(sa.ForeignKey("cases.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"), primary_key=True)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    reason: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[datetime]

    __decided__ = ("zone_id", "reason", "at")


class Reminder(Base):
    """A reminder that was sent; inserting the row is what sends it once."""

    __tablename__ = "reminders"

    case_id: Mapped[str] = mapped_column(sa.ForeignKey("cases.id"), primary_key=True)
    version: Mapped[int] = mapped_column(
        primary_key=True, comment="the case's version: a return starts anew"
    )
    rung: Mapped[int] = mapped_column(
        primary_key=True, comment="working days before the due day; -1: overdue"
    )
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    at: Mapped[datetime]


class Sighting(Base):
    """When somebody who keeps a branch's business first saw an order: apart from 签收, and never
    edited.
    """

    __tablename__ = "sightings"
    __table_args__ = (
        sa.UniqueConstraint("case_id", "person_id", name="uq_sightings_once"),
        sa.Index("ix_sightings_seal", "zone_id", "seal"),
        append_only("seal", repeats=True),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("cases.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    unit_id: Mapped[str] = mapped_column(
        sa.ForeignKey("units.id"), comment="of the branch as it then was"
    )
    at: Mapped[datetime]
    seal: Mapped[int | None] = mapped_column(comment="number of the daily seal it lies under")
