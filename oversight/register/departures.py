"""A member's own open cases when he dies, leaves the Party or moves: passed on or ended.

What is owed to him, a make-up lesson, goes with him to his new branch (承继); a consent that was
asked of his old superior ends and is asked for anew. Appraisals are of the branch.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.sentences import N_
from oversight.engine import journal, transitions
from oversight.models import Case, Membership, Person, Unit
from oversight.organization.actor import Actor
from oversight.organization.standing import is_member

WHY = {"died": N_("去世"), "left": N_("出党"), "moved": N_("转出到区外")}
CHUNK = 500


def goes_along():
    """Return the condition that a case is of its person's branch and goes or ends with him."""
    return Case.workflow.not_in([known.name for known in workflows.every() if known.stays])


def settle_people(session: Session, people: Iterable[str], who: Actor | None, at: Moment) -> int:
    """Pass on or end what is open of people who are gone;

    returns how many cases. Does not commit.
    """
    ids, done = sorted(set(people)), 0
    for start in range(0, len(ids), CHUNK):
        found = session.scalars(
            sa.select(Case.id)
            .where(
                Case.data_subject_id.in_(ids[start : start + CHUNK]),
                Case.closed_at.is_(None),
                goes_along(),
            )
            .order_by(Case.id)
        ).all()
        done += sum(settle(session, case_id, who, at) for case_id in found)
    return done


def settle(session: Session, case_id: str, who: Actor | None, at: Moment) -> bool:
    """Pass on or end one case if its member no longer belongs to its unit; returns whether it did.
    Does not commit.
    """
    case = transitions.lock(session, case_id)
    person = session.get(Person, case.data_subject_id)
    lost = person.left_on is not None and person.left_on <= at.today
    branch = None if lost else _branch_of(session, person, at.today)
    if not case.open or (branch is not None and branch.id == case.unit_id):
        return False
    reason = (
        WHY.get(person.left_why, "") if lost else f"转出：已转到{branch.name}" if branch else ""
    )
    if branch is not None and workflows.of(case).inherits:
        transitions.reassign_unit(session, case_id, branch, who, at, reason, afresh=True)
    else:
        transitions.force_close(session, case_id, reason or N_("转出：不再是本支部党员"), who, at)
    return True


def _branch_of(session: Session, person: Person, on: date) -> Unit | None:
    return session.scalar(
        sa.select(Unit)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id == person.id, is_member(on))
    )


class Departed:
    """For the sweep:

    own cases of members who are no longer of their unit, however that came about.
    """

    rests_on = ("day", "posts", "journal")

    @staticmethod
    def keys(session: Session, at: Moment, since: dict | None = None) -> list[str]:
        there = sa.exists().where(
            Membership.person_id == Case.data_subject_id,
            Membership.unit_id == Case.unit_id,
            is_member(at.today),
        )
        found = (
            sa.select(Case.id)
            .join(Person, Person.id == Case.data_subject_id)
            .where(Case.closed_at.is_(None), goes_along())
            .where(sa.or_(Person.left_on <= at.today, ~there))
            .order_by(Case.id)
        )
        if since:
            found = found.where(Case.id.in_(journal.cases_since(since)))
        return list(session.scalars(found))

    @staticmethod
    def one(session: Session, case_id: str, at: Moment) -> bool:
        return settle(session, case_id, None, at)
