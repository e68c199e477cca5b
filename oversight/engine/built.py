"""Statements that say where somebody stands on a day: built once, and sent by all his requests as long as
he stands on the same ground. Building one costs more than most databases need to answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date
from functools import lru_cache
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.prepared import Fixed
from oversight.organization.actor import Actor

READERS = 256  # whose statements a process keeps: about 0.2 MB each
T = TypeVar("T")


@lru_cache(maxsize=READERS)
def _shelf(_person_id: str, _on: date, _ground: tuple) -> dict:
    return {}


def asked(
    session: Session, who: Actor, name: Hashable, make: Callable[[], sa.Select | sa.CompoundSelect]
) -> list:
    """Return the rows of a reader's statement without open values, made where there is none."""
    return built(who, name, lambda: Fixed(make())).rows(session)


def built(who: Actor, name: Hashable, make: Callable[[], T]) -> T:
    """Return the statement of a name for a reader, made where there is none for his ground.

    `make` uses nothing but the reader's ground; names are few: no cursors, no words that he types.
    """
    shelf = _shelf(who.id, who.on, who.ground)
    if name not in shelf:
        shelf[name] = make()
    return shelf[name]
