"""What lies open as a case with a unit, or is a unit's own and lies with another: what the ledger shows
beside the duties of each month. Reads only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.sentences import Sentence, say
from oversight.law.binding import in_own_words
from oversight.models import Case, Unit, WorkItem
from oversight.models.cases import NEVER
from oversight.organization.actor import Actor

from .boxes import below
from .sight import visible

_seat = aliased(Unit)


@dataclass(frozen=True)
class Work:
    """An open case, the unit that is to act on it, and until when; `clause`: under which it does."""

    case: Case
    by: Unit
    due_on: date | None
    title: str | Sentence
    clause: str


def of_unit(session: Session, unit: Unit, who: Actor, at: Moment) -> list[Work]:
    """Return the open cases in sight that lie with a unit, or are its own and lie with another, as of
    a moment: the next due first.
    """
    due = sa.func.min(WorkItem.due_on)
    rows = session.execute(
        sa.select(Case, _seat, due)
        .join(WorkItem, WorkItem.case_id == Case.id)
        .join(_seat, _seat.id == WorkItem.unit_id)
        .where(
            Case.id.in_(_candidates(unit)),
            sa.or_(WorkItem.unit_id == unit.id, Case.unit_id == unit.id),
            WorkItem.kind == "act",
            WorkItem.opened_at <= at.now,
            sa.or_(WorkItem.closed_at.is_(None), WorkItem.closed_at > at.now),
            visible(who),
        )
        .group_by(Case.id, _seat.id)
        .order_by(due, Case.id)
    )
    return [
        Work(case, by, None if on == NEVER else on, _title(case), _clause(case))
        for case, by, on in rows
    ]


def _candidates(unit: Unit) -> sa.CompoundSelect:
    """Select the cases that may lie with a unit, each found by an index: what lies at its seats now, and
    what belongs to it or, but for a whole zone, to those below it.
    """
    lying = sa.select(WorkItem.case_id).where(
        WorkItem.unit_id == unit.id, WorkItem.closed_at.is_(None)
    )
    units = [unit.id] if unit.kind == "zone" else below([unit.path])
    return lying.union(sa.select(Case.id).where(Case.unit_id.in_(units)))


def _title(case: Case) -> Sentence:
    definition = workflows.of(case)
    label = definition.state(case.state).label
    return say("%(what)s：%(state)s", what=definition.short or definition.title, state=label)


def _clause(case: Case) -> str:
    """Return the clause under which a case waits where it does, in the branch's own document."""
    definition = workflows.of(case)
    grounds = (move.under for move in definition.leaving(definition.state(case.state)))
    found = next((one for one in grounds if one is not None and one.is_clause), None)
    return in_own_words(found, case.unit.category).id if found else ""
