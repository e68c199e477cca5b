"""What lies open as a case with a unit, or is a unit's own and lies with another: what the ledger shows
beside the duties of each month. Reads only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.sentences import Sentence, say
from oversight.law.binding import in_own_words
from oversight.models import Case, JournalRow, Unit, WorkItem
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
    found = [(case, by, None if on == NEVER else on) for case, by, on in rows]
    stood = states(session, [case for case, *_more in found], at.now)
    return [
        Work(case, by, on, _title(case, stood[case.id]), _clause(case, stood[case.id]))
        for case, by, on in found
        if case.id in stood
    ]


def states(session: Session, cases: list[Case], now: datetime) -> dict[str, str]:
    """Return the state of each case at a moment; what was opened later is left out."""
    known = [case for case in cases if case.opened_at <= now]
    moved = [case.id for case in known if case.entered_at > now]
    found = {case.id: case.state for case in known}
    if moved:
        rows = session.execute(
            sa.select(JournalRow.case_id, JournalRow.to_state)
            .where(JournalRow.case_id.in_(moved), JournalRow.at <= now)
            .order_by(JournalRow.case_id, JournalRow.seq)
        )
        found |= {case_id: state for case_id, state in rows}
    return found


def _candidates(unit: Unit) -> sa.CompoundSelect:
    """Select the cases that may lie with a unit, each found by an index: what lies at its seats now, and
    what belongs to it or, but for a whole zone, to those below it.
    """
    lying = sa.select(WorkItem.case_id).where(
        WorkItem.unit_id == unit.id, WorkItem.closed_at.is_(None)
    )
    units = [unit.id] if unit.kind == "zone" else below([unit.path])
    return lying.union(sa.select(Case.id).where(Case.unit_id.in_(units)))


def _title(case: Case, state: str) -> Sentence:
    definition = workflows.of(case)
    label = definition.state(state).label
    return say("%(what)s：%(state)s", what=definition.short or definition.title, state=label)


def _clause(case: Case, state: str) -> str:
    """Return the clause under which a case waits in a state, in the branch's own document."""
    definition = workflows.of(case)
    grounds = (move.under for move in definition.leaving(definition.state(state)))
    found = next((one for one in grounds if one is not None and one.is_clause), None)
    return in_own_words(found, case.unit.category).id if found else ""
