"""What is kept about a case beside its moves: reminders, papers, each one's answer. Reads only."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.prepared import Prepared
from oversight.models import Case, Paper, Person, Reminder, Unit, WorkItem

_REMINDED = Prepared(
    sa.select(Reminder.rung, Reminder.at).where(Reminder.case_id == sa.bindparam("of_case"))
)


def reminders(session: Session, case: Case) -> list[sa.Row]:
    """Return which rungs of its ladder a case was reminded of, and when."""
    return _REMINDED.rows(session, of_case=case.id)


def papers(session: Session, case: Case) -> list[Paper]:
    """Return the numbered letters of a case, the oldest first."""
    wanted = sa.select(Paper).where(Paper.case_id == case.id)
    return list(session.scalars(wanted.order_by(Paper.id)))


def participants(session: Session, case: Case) -> list[Person]:
    """Return the members who have a work item of their own in a case."""
    wanted = sa.select(Person).join(WorkItem, WorkItem.person_id == Person.id)
    mine = (WorkItem.case_id == case.id, WorkItem.role == "member")
    return list(session.scalars(wanted.where(*mine).distinct()))


def answers(session: Session, case: Case, personal: bool) -> list[tuple[str, str | None]]:
    """Return in the state where several answer: each person's or unit's name, and the answer."""
    named, key = (Person, WorkItem.person_id) if personal else (Unit, WorkItem.slot_id)
    rows = session.execute(
        sa.select(named.name, WorkItem.answer)
        .join(named, named.id == key)
        .where(
            WorkItem.case_id == case.id,
            WorkItem.kind == "act",
            WorkItem.opened_at >= case.entered_at,
        )
        .order_by(WorkItem.id)
    )
    return [(name, answer) for name, answer in rows]
