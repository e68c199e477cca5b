"""The chains of records beside cases: a party day, a 组织生活会. A chain begins with the first thing
that is done about the record; its rows lie in the journal under the record's own id.

What is done waits in the session until its transaction commits: only then all that it left is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from oversight.base.db import Base, Id

from .people import Person

_WAITING, _SIGNERS = "records", "signers"


class RecordChain(Base):
    """How far the chain of a record has come, and how the record stands."""

    __tablename__ = "record_chains"
    __table_args__ = (sa.Index("ix_record_chains_zone", "zone_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True, comment="of the record itself")
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    kind: Mapped[str] = mapped_column(sa.String(20), comment="party_day or life_meeting")
    state: Mapped[str] = mapped_column(sa.String(20))
    seq: Mapped[int] = mapped_column(default=0, comment="journal rows so far")
    head: Mapped[str] = mapped_column(
        sa.String(64), default="", comment="hash of the newest journal row"
    )


@dataclass(frozen=True)
class Act:
    """One thing done about a record; `stand` is the ground of who did it, None the system's.

    `image`: how it left the record, where whoever did it knows.
    """

    zone_id: str
    record_id: str
    kind: str
    name: str
    state: str
    at: datetime
    by_id: str | None = None
    stand: Any = None
    why: str = ""
    result: dict = field(default_factory=dict)
    image: dict | None = None


def add(session: Session, act: Act) -> None:
    """Let the chain of a record take an act when the transaction commits. Does not commit."""
    session.info.setdefault(_WAITING, []).append(act)


def take(session: Session) -> list[Act]:
    """Return the acts that wait, in their order, and forget them."""
    return session.info.pop(_WAITING, [])


def waiting(session: Session) -> set[str]:
    """Return the ids of the records of which acts wait."""
    return {act.record_id for act in session.info.get(_WAITING, ())}


def signs(session: Session, person_id: str, person: Person) -> None:
    """Keep who acts until the transaction ends, so that his name need not be asked for."""
    session.info.setdefault(_SIGNERS, {})[person_id] = person


def signer(session: Session, person_id: str) -> Person | None:
    """Return who acts in this transaction, by id."""
    return session.info.get(_SIGNERS, {}).get(person_id)


@sa.event.listens_for(Session, "after_commit")
def _unsigned(session: Session) -> None:
    session.info.pop(_SIGNERS, None)


@sa.event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_WAITING, None)
    session.info.pop(_SIGNERS, None)
