"""Telling: what a move tells by its definition, and whose work waits after it, as lines of the bell.

The outbox brings each move here once, after it was committed. A line says which matter it is about;
one that only calls to work is gone once the case has moved on.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.db import touched
from oversight.base.sentences import say
from oversight.law.definition import Party, Tell, Workflow, role_of
from oversight.law.roles import SUPERIOR, Role
from oversight.models import Case, Notice, Unit, WorkItem
from oversight.organization import standing

from . import authority, outbox

EVERYWHERE = "branches"  # the seat of a role that all branches of the zone fill


def deliver(session: Session, key: str, payload: dict, at: Moment) -> None:
    """Write the lines of one message: `move` made from state `left`, or a reminder. Does not commit."""
    case = session.get(Case, payload["case"])
    if case is None:
        return
    if "move" in payload:
        _end_calls(session, case, at)
        for place, tell in enumerate(_tells(case, payload)):
            _tell(session, case, tell, f"told:{place}:{key}", payload.get("by"), at)
    if case.open and _still(case, payload):
        _call(session, case, key, payload.get("by"), at)


def matter(session: Session, case: Case) -> str:
    """Name a case as its lines in the bell do: what, whose, and its number; no member."""
    workflow = workflows.of(case)
    unit = standing.unit(session, case.zone_id, case.unit_id)
    whose = f"{unit.name} {case.number}" if case.number else unit.name
    return say("%(title)s（%(whose)s）", title=workflow.short or workflow.title, whose=whose)


def _tells(case: Case, payload: dict) -> tuple[Tell, ...]:
    workflow = workflows.of(case)
    if payload["move"] == "open":
        return workflow.tells
    left = workflow.state(payload["left"])
    return next(one.tells for one in workflow.leaving(left) if one.name == payload["move"])


def _tell(session: Session, case: Case, tell: Tell, key: str, by: str | None, at: Moment) -> None:
    """Tell a party, but not whoever made the move."""
    role = role_of(tell.party)
    text: str = tell.sentence
    if role.seat != "person":
        text = say("%(matter)s：%(sentence)s", matter=matter(session, case), sentence=tell.sentence)
    people = _people(session, workflows.of(case), case, tell.party, at) - {by}
    for one in sorted(people):
        outbox.notify(session, case.zone_id, one, key, text, at, case.id)


def _people(session: Session, workflow: Workflow, case: Case, party: Party, at: Moment) -> set[str]:
    """Return who is told as a party: the member himself, else whoever fills the first seat that is
    filled, in his own matter excepted.
    """
    role = role_of(party)
    if role.seat == "person":
        return {case.data_subject_id} - {None}
    if role.seat == "roster":
        return set(authority.resolve(session, workflow, case, role, at.today).people)
    lines = _lines(session, case, role)
    here = standing.day(session, case.zone_id, at.today, [one.id for line in lines for one in line])
    found = (_first(session, line, role, workflow, case, here) for line in lines)
    return set().union(*found)


def _lines(session: Session, case: Case, role: Role) -> list[list]:
    """Return for each side that fills a role the units that could, the nearest first."""
    if role.seat == EVERYWHERE:
        branches = sa.select(Unit).where(
            Unit.zone_id == case.zone_id, Unit.kind == "branch", Unit.ended_on.is_(None)
        )
        return [[one] for one in session.scalars(branches)]
    if isinstance(named := case.facts.get(role.fact), list):
        return [[standing.unit(session, case.zone_id, one)] for one in named]
    return [authority.chain(session, case, role)]


def _first(session: Session, line: list, role: Role, workflow: Workflow, case: Case, here) -> set:
    for unit in line:
        own = (unit.kind == "branch") == (role.candidate_group == "branch")
        group = role.candidate_group if own else SUPERIOR.candidate_group
        out = {case.data_subject_id} - {None}
        found = authority.fill(session, unit, group, here.on, out, workflow.name, here)
        if found:
            return set(found.people)
    return set()


# Calls to work -----------------------------------------------------------------------------------


def _still(case: Case, payload: dict) -> bool:
    """True where a case is as it was, or where others of many have acted since and it waits for the
    rest.
    """
    return case.version == payload["version"] or case.entered_at.isoformat() == payload.get(
        "entered"
    )


def _waiting(case: Case):
    """Return the condition on unread lines of a case that call to work."""
    calls = [Notice.key.startswith(f"{kind}:") for kind in outbox.CALLS]
    return sa.and_(Notice.case_id == case.id, Notice.read_at.is_(None), sa.or_(*calls))


def _end_calls(session: Session, case: Case, at: Moment) -> None:
    session.execute(sa.update(Notice).where(_waiting(case)).values(read_at=at.now))


def _call(session: Session, case: Case, key: str, by: str | None, at: Moment) -> None:
    """Call those for whom a case waits, but not whoever brought it there; an unread call is renewed,
    so that it stays one line.
    """
    text = say("您有1件待办：%(matter)s", matter=matter(session, case))
    desks = sa.select(WorkItem).where(
        WorkItem.case_id == case.id,
        WorkItem.closed_at.is_(None),
        WorkItem.kind.in_(("act", "watch")),
    )
    people = dict.fromkeys(
        one
        for desk in session.scalars(desks)
        for one in authority.desk_people(session, desk, at.today)
    )
    for one in people.keys() - {by}:
        mine = sa.update(Notice).where(_waiting(case), Notice.person_id == one)
        if not touched(session, mine.values(key=key, text=text, at=at.now)):
            outbox.notify(session, case.zone_id, one, key, text, at, case.id)
