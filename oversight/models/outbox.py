"""The outbox: what a change causes later, written with the change; and in-app notices."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from oversight.base import jobs
from oversight.base.db import Base, Id, new_id, partial


class OutboxMessage(Base):
    __tablename__ = "work"
    __table_args__ = (
        sa.UniqueConstraint("zone_id", "key", name="uq_work_key"),
        partial("ix_work_due", "due_at", where="done_at IS NULL"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    key: Mapped[str] = mapped_column(sa.String(200), comment="says the same thing only once")
    kind: Mapped[str] = mapped_column(sa.String(20))
    payload: Mapped[dict]
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(sa.Text)


@sa.event.listens_for(OutboxMessage, "after_insert")
def _defer(_mapper, connection: sa.Connection, row: OutboxMessage) -> None:
    """Give a row its job, also where it is added as an object."""
    jobs.defer(connection, [jobs.Job(row.kind, row.id, row.due_at)])


class Notice(Base):
    """A line in somebody's bell: what became of a matter, or that it waits for him."""

    __tablename__ = "notices"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "key", name="uq_notices_once"),
        partial("ix_notices_unread_of_case", "case_id", where="read_at IS NULL"),
        partial("ix_notices_unread", "person_id", where="read_at IS NULL"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"))
    key: Mapped[str] = mapped_column(sa.String(200))
    case_id: Mapped[str | None] = mapped_column(sa.ForeignKey("cases.id"))
    text: Mapped[str] = mapped_column(sa.String(200))
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
