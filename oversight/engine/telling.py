"""Who learns of a move beside the one whom the case then waits for, as the definition says.

Run by the outbox: it reads anew who fills the seats on the day, and tells each person once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.refusals import NotFound
from oversight.law.definition import Move, Party, Workflow, role_of
from oversight.models import Case
from oversight.organization.actor import actor_of
from oversight.organization.units import by_id
from oversight.rules import parties

from . import authority, outbox


def payload(workflow: Workflow, move: Move, by: str | None) -> dict:
    """Return what the outbox keeps of a move that tells somebody; empty where it tells nobody."""
    if not (workflow.announces and move.tells):
        return {}
    return {"told": {"move": move.name, "leaves": move.from_states[0].name, "by": by}}


def tell(session: Session, key: str, payload: dict, at: Moment) -> None:
    """Put what a move tells in the bell of each party, in the words for it; not in the actor's own."""
    told, case = payload.get("told"), session.get(Case, payload["case"])
    if told is None or case is None:
        return
    workflow = workflows.of(case)
    move = workflow.move(workflow.state(told["leaves"]), told["move"])
    for entry in move.tells if move else ():
        for person_id in _people(session, workflow, case, entry.party, at.today):
            if person_id != told["by"]:
                outbox.notify(session, case.zone_id, person_id, key, entry.sentence, at, case.id)


def _people(
    session: Session, workflow: Workflow, case: Case, party: Party, on: date
) -> Iterator[str]:
    role = role_of(party)
    if isinstance(case.facts.get(role.fact), list):  # several units, each for itself
        for unit in by_id(session, case.facts[role.fact]).values():
            seat = authority.fill(session, unit, role.candidate_group, on, set(), workflow.name)
            yield from seat.people if seat else ()
        return
    if role.fact and not case.facts.get(role.fact):
        return
    seat = authority.resolve(session, workflow, case, role, on)
    yield from seat.people if seat else ()
    if role.candidate_group == workflow.opened_by.candidate_group:
        yield from _who_asked(session, workflow, case, on)


def _who_asked(session: Session, workflow: Workflow, case: Case, on: date) -> Iterator[str]:
    """Yield those who asked, as far as they may still see the case."""
    for person_id in parties.of(session, case, workflow.opened_by.name).applicants:
        try:
            authority.see(session, actor_of(session, person_id, on), case)
        except NotFound:
            continue
        yield person_id
