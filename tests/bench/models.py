"""The four tables of the raw limit as SQLAlchemy models, for the peers."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from .product import NOW, TODAY

__all__ = ["Session", "durable", "move"]


class Base(DeclarativeBase):
    pass


class Case(Base):
    __tablename__ = "cases"
    id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    unit_id: Mapped[str]
    entered_at: Mapped[str]
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class Post(Base):
    __tablename__ = "posts"
    person_id: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[str] = mapped_column(primary_key=True)
    office: Mapped[str]


class Journal(Base):
    __tablename__ = "journal"
    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str]
    seq: Mapped[int]
    at: Mapped[str]
    actor_id: Mapped[str]
    move: Mapped[str]
    from_state: Mapped[str]
    to_state: Mapped[str]


class Desk(Base):
    __tablename__ = "desks"
    case_id: Mapped[str] = mapped_column(primary_key=True)
    unit_id: Mapped[str]
    role: Mapped[str]
    due_on: Mapped[str]


def durable(engine: sa.Engine, sync: str | None) -> None:
    """Give SQLite the settings that the others have."""
    if engine.dialect.name != "sqlite":
        return

    @sa.event.listens_for(engine, "connect")
    def _connect(link, _record):
        link.isolation_level = None
        for pragma in ("journal_mode=WAL", f"synchronous={sync}", "foreign_keys=ON"):
            link.execute("PRAGMA " + pragma)

    @sa.event.listens_for(engine, "begin")
    def _begin(link):
        link.exec_driver_sql("BEGIN IMMEDIATE")


def move(session: Session, key: str, unit: str, person: str, fire, note: str) -> None:
    """Make one move; `fire` changes the state of the case. Does not commit."""
    case, desk = session.get(Case, key), session.get(Desk, key)
    assert session.get(Post, (person, unit))
    before, seq = case.state, case.version
    fire(case)
    case.entered_at = str(NOW)
    session.add(
        Journal(
            id=note,
            case_id=key,
            seq=seq,
            at=str(NOW),
            actor_id=person,
            move="submit",
            from_state=before,
            to_state=case.state,
        )
    )
    desk.unit_id, desk.role, desk.due_on = unit, case.state, TODAY


ME = ("0" * 31 + "3", "0" * 31 + "2")  # the first case's person and unit, see raw.Own


def queue():
    """Select the 25 cases that are due next."""
    return (
        sa.select(Case).join(Desk, Desk.case_id == Case.id).order_by(Desk.due_on, Case.id).limit(25)
    )


def fresh() -> str:
    return uuid4().hex
