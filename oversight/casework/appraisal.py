"""Reading an appraisal: each member's year as the ledger knows it, and what was said, for those who
may see it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from oversight.base.clock import Moment
from oversight.base.refusals import InvalidInput
from oversight.base.sentences import N_
from oversight.engine import transitions
from oversight.engine.use_case import one_transaction
from oversight.models import Appraised, Case, PeerReview, Person, WorkItem
from oversight.organization.actor import Actor
from oversight.rules.appraisal import attended


@dataclass(frozen=True)
class Line:
    """One member of the roster: the row, the year's attendance by class, lessons made up, what
    peers said.

    What went up to a committee stays as it was; `corrected` is what the record says since.
    """

    row: Appraised
    attendance: dict[str, int]
    made_up: int
    peers: list[tuple[str, str]] = field(default_factory=list)
    corrected: dict[str, int] | None = None

    @property
    def person(self) -> Person:
        return self.row.person


def lines(session: Session, case: Case, person: str | None = None) -> list[Line]:
    """Return the roster of a case with each member's facts, or one member's own line."""
    rows = (
        sa.select(Appraised)
        .where(Appraised.case_id == case.id)
        .options(joinedload(Appraised.person))
        .order_by(Appraised.sort, Appraised.person_id)
    )
    if person is not None:
        rows = rows.where(Appraised.person_id == person)
    found = list(session.scalars(rows))
    people = [row.person_id for row in found]
    now, said = attended.of(session, case, people), _said(session, case)
    frozen = case.facts.get("attended") or {}
    return [
        _line(row, frozen.get(row.person_id), now[row.person_id], said.get(row.person_id, []))
        for row in found
    ]


def _line(row: Appraised, frozen: dict | None, now: dict[str, int], said: list) -> Line:
    known, since = frozen or now, _counts(now)
    corrected = since if _counts(known) != since else None
    return Line(row, _counts(known), known["made_up"], said, corrected)


def _counts(known: dict[str, int]) -> dict[str, int]:
    return {kind: known[kind] for kind in attended.KINDS}


def _said(session: Session, case: Case) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    rows = session.execute(
        sa.select(PeerReview.about_id, Person.name, PeerReview.opinion)
        .join(Person, Person.id == PeerReview.by_id)
        .where(PeerReview.case_id == case.id)
        .order_by(PeerReview.at, PeerReview.id)
    )
    for about, name, opinion in rows:
        found.setdefault(about, []).append((name, opinion))
    return found


def graded(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.row.standing == "graded"]


def to_rate(case: Case, lines: list[Line]) -> list[Line]:
    """Return whose rating is asked for: all, or those that were sent back."""
    wanted = case.facts.get("returned")
    return [line for line in graded(lines) if not wanted or line.row.person_id in wanted]


def untold(lines: list[Line]) -> list[Line]:
    """Return whose grade is settled and who has not been told of it."""
    return [line for line in graded(lines) if line.row.grade and not line.row.told_on]


def voters(session: Session, case: Case) -> list[tuple[str, Person]]:
    """Return the committee's rows that are open: the unit, and who has not voted."""
    return list(
        session.execute(
            sa.select(WorkItem.unit_id, Person)
            .join(Person, Person.id == WorkItem.person_id)
            .where(
                WorkItem.case_id == case.id, WorkItem.kind == "act", WorkItem.closed_at.is_(None)
            )
            .order_by(WorkItem.id)
        ).all()
    )


def tell_each(
    session: Session, case_id: str, words: dict, who: Actor, version: int | None, at: Moment
) -> Case:
    """Enter of each member by himself that he was told in person, of all or of none. Commits.

    Raises InvalidInput and what the move raises.
    """
    people = list(dict.fromkeys(map(str, words.get("members") or [])))
    if not people:
        raise InvalidInput({"members": N_("请勾选已当面告知的人。")})
    with one_transaction(session):
        for person in people:
            told = {**words, "members": [person]}
            case = transitions.submit(session, case_id, "tell", who, told, version=version, at=at)
            version = case.version
    return case
