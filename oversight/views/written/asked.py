"""Who asks for a paper that is made from the records, when, and of which year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from oversight.base.clock import Clock, Moment
from oversight.organization.actor import Actor
from oversight.papers.letter import full_day


@dataclass(frozen=True)
class Ask:
    """One reader at one moment."""

    session: Session
    who: Actor
    at: Moment
    clock: Clock
    year: int


def day_of(text: str | None) -> str:
    """Write a day that a record keeps as text, empty where it keeps none."""
    return full_day(date.fromisoformat(text)) if text else ""
