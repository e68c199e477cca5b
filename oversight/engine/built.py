"""Statements that say where somebody stands on a day: built once for all who stand alike, and sent with
each one's ids as long as anybody stands so. Building one costs more than most databases need to answer it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import date
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import kept
from oversight.base.prepared import Fixed
from oversight.organization.actor import Actor

ALIKE = 256  # grounds whose statements a process keeps: about 0.2 MB each


@lru_cache(maxsize=ALIKE)
def _shelf(_ground: tuple, _on: date) -> dict[Hashable, Fixed]:
    return {}


def asked(
    session: Session,
    who: Actor,
    name: Hashable,
    make: Callable[[], sa.Select | sa.CompoundSelect],
    *ids: str,
) -> list:
    """Return the rows of a reader's statement, made where there is none for his ground.

    `make` uses nothing but the reader's ground and these further ids; names are few: no cursors, no
    words that he types.
    """
    shelf, key = _shelf(who.alike, who.on), (name, kept.link(session).dialect.name)
    if key not in shelf:
        shelf[key] = Fixed(make())
    return shelf[key].rows(session, [*who.ids, *ids])
