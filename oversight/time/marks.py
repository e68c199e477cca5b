"""Up to which row each step of the sweep has read: where nothing is new, nothing is read.

A step names what it rests on. `day` and `posts` (who stands where, the calendar, the settings) may
make anything due: all is asked anew. Of `journal`, `activity` and `change`, which only grow, a step
is asked for what came since.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.models import Activity, ActivityChange, JournalRow, SweepMark, Zone

GROWS = {"journal": JournalRow, "activity": Activity, "change": ActivityChange}
NOTHING = "00000000-0000-0000-0000-000000000000"
# What came since is asked for again until the mark moves on: so late commits are not passed over, and
# a minute in which nothing is due writes nothing.
MOVES_ON = timedelta(minutes=10)


def _newest(model) -> sa.ColumnElement:
    newest = sa.select(model.id).where(model.id > NOTHING).order_by(model.id.desc()).limit(1)
    return sa.func.coalesce(newest.scalar_subquery(), sa.literal(NOTHING, model.id.type))


_NEWEST = sa.select(*(_newest(model).label(name) for name, model in GROWS.items()))


def now(session: Session, at: Moment) -> dict[str, object]:
    """Return the current versions of what the steps depend on."""
    epochs = session.scalars(sa.select(Zone.epoch).order_by(Zone.id)).all()
    newest = session.execute(_NEWEST).one()
    return {"at": at.now, "day": at.today, "posts": " ".join(epochs), **newest._asdict()}


def kept(session: Session) -> dict[str, dict[str, object]]:
    """Return by step the versions at its last run."""
    names = ("at", "day", "posts", *GROWS)
    rows = session.scalars(sa.select(SweepMark))
    return {row.step: {name: getattr(row, name) for name in names} for row in rows}


def moved(rests_on: tuple[str, ...], before: dict | None, state: dict) -> bool:
    """True where a version that a step depends on has changed, or where it depends on none."""
    return before is None or any(before[name] != state[name] for name in rests_on)


def since(rests_on: tuple[str, ...], before: dict | None, state: dict) -> dict | None:
    """Return the mark after which to read; None: read everything."""
    wholly = [name for name in rests_on if name not in GROWS]
    return None if moved(tuple(wholly), before, state) else before


def keep(session: Session, step: str, before: dict | None, state: dict, after: dict | None) -> None:
    """Advance a mark where everything was read, or where it is old. Does not commit."""
    if after is None or before is None or abs(state["at"] - before["at"]) >= MOVES_ON:
        session.merge(SweepMark(step=step, **state))
