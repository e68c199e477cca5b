"""Telling: what a move tells by its definition, and whose work waits after it, as lines of the bell.

The outbox brings each move here once, after it was committed. A line says which matter it is about;
one that only calls to work is gone once the case has moved on.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.sentences import say
from oversight.base.terms import fill
from oversight.calendar.zone import zone_settings
from oversight.law.definition import INTERNAL, Move, Party, Tell, Workflow, role_of
from oversight.law.roles import SUPERIOR, Role
from oversight.models import Case, Notice, Unit, WorkItem
from oversight.organization import standing

from . import authority, outbox

EVERYWHERE = "branches"  # the seat of a role that all branches of the zone fill
NAMED = "named"  # the seat of those whom a move names
PERSONAL = ("person", NAMED)  # who is told of himself, not of a matter


def deliver(session: Session, key: str, payload: dict, at: Moment) -> None:
    """Write the lines of one message: `move` made from state `left`, or a reminder. Does not commit."""
    case = session.get(Case, payload["case"])
    if case is None:
        return
    move = _move(case, payload)
    anew = case.open and _still(case, payload, move)
    called = _called(session, case, payload, move, at) if anew else set()
    said: dict[str, str] = {}
    tells = (move or workflows.of(case)).tells if "move" in payload else ()
    for place, tell in enumerate(tells):
        lines = _lines_of(session, case, tell, payload, at)
        said |= {one: lines[one] for one in lines.keys() & called}
        for one in sorted(lines.keys() - called):
            once = f"told:{place}:{key}"
            outbox.notify(session, case.zone_id, one, once, lines[one], at, case.id)
    if anew or not case.open:
        _end_calls(session, case, _kept(session, case, payload, move, at) if anew else set(), at)
        _call(session, case, called, said, key, at)


def matter(session: Session, case: Case) -> str:
    """Name a case as its lines in the bell do: what, whose, and its number; no member."""
    workflow = workflows.of(case)
    unit = standing.unit(session, case.zone_id, case.unit_id)
    whose = f"{unit.name} {case.number}" if case.number else unit.name
    return say("%(title)s（%(whose)s）", title=workflow.short or workflow.title, whose=whose)


def _move(case: Case, payload: dict) -> Move | None:
    """Return the move that a message is about; None for an opening, and for a reminder."""
    if payload.get("move", "open") == "open":
        return None
    workflow = workflows.of(case)
    left = workflow.state(payload["left"])
    return next(one for one in workflow.leaving(left) if one.name == payload["move"])


def _lines_of(session: Session, case: Case, tell: Tell, payload: dict, at: Moment) -> dict:
    """Return what a party is told, by person; whoever made the move only where it names him."""
    role = role_of(tell.party)
    text: str = fill(tell.sentence, zone_settings(session, case.zone_id))
    if role.seat not in PERSONAL:
        text = say("%(matter)s：%(sentence)s", matter=matter(session, case), sentence=text)
    if role.seat == NAMED:
        return dict.fromkeys(payload.get("names") or [], text)
    people = _people(session, workflows.of(case), case, tell.party, at)
    return dict.fromkeys(people - {payload.get("by")}, text)


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
            Unit.zone_id == case.zone_id,
            Unit.kind == "branch",
            Unit.ended_on.is_(None),
            Unit.path.startswith(case.unit.path, autoescape=True),
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


def _still(case: Case, payload: dict, move: Move | None) -> bool:
    """True where a case is as it was, or where others of many have acted since and it waits for the
    rest.
    """
    if case.version == payload["version"]:
        return True
    if move is None or case.entered_at.isoformat() != payload["entered"]:
        return False
    workflow = workflows.of(case)
    return move.target(workflow.state(payload["left"])).name == case.state


def _waiting(case: Case):
    """Return the condition on unread lines of a case that call to work."""
    calls = [Notice.key.startswith(f"{kind}:") for kind in outbox.CALLS]
    return sa.and_(Notice.case_id == case.id, Notice.read_at.is_(None), sa.or_(*calls))


def _called(session: Session, case: Case, payload: dict, move: Move | None, at: Moment) -> set[str]:
    """Return whom what waits calls, but not whoever brought it there; where one of many acts and the
    case stays, only whom that act itself calls.
    """
    items = _items(session, case)
    if move is not None and move.enters is INTERNAL:
        items = [one for one in items if one.opened_at != case.entered_at and _laid(one, payload)]
    called = _people_at(session, [one for one in items if one.kind != "help"], at)
    return called - {payload.get("by")}


def _kept(session: Session, case: Case, payload: dict, move: Move | None, at: Moment) -> set[str]:
    """Return whose unread calls stay: where the case entered a state anew nobody's."""
    entered = "move" in payload and not (move is not None and move.enters is INTERNAL)
    return set() if entered else _people_at(session, _items(session, case), at)


def _laid(item: WorkItem, payload: dict) -> bool:
    return item.opened_at.isoformat() == payload.get("at")


def _items(session: Session, case: Case) -> list[WorkItem]:
    """Return the open work items of a case at which somebody works."""
    open_ = (WorkItem.case_id == case.id, WorkItem.closed_at.is_(None))
    kinds = WorkItem.kind.in_(("act", "watch", "help"))
    return list(session.scalars(sa.select(WorkItem).where(*open_, kinds)))


def _people_at(session: Session, items: list[WorkItem], at: Moment) -> set[str]:
    return {one for item in items for one in authority.desk_people(session, item, at.today)}


def _end_calls(session: Session, case: Case, but: set[str], at: Moment) -> None:
    """End the unread calls of all but those for whom it still waits."""
    others = sa.update(Notice).where(_waiting(case), Notice.person_id.not_in(but))
    session.execute(others.values(read_at=at.now))


def _call(
    session: Session, case: Case, people: set[str], said: dict[str, str], key: str, at: Moment
) -> None:
    """Call people to a case, in the words of what they are told with it; an unread call is renewed,
    so that a matter stays one line.
    """
    waits = say("您有1件待办：%(matter)s", matter=matter(session, case))
    for one in sorted(people):
        text = said.get(one, waits)
        if not _renewed(session, case, one, key, text, at):
            outbox.notify(session, case.zone_id, one, key, text, at, case.id)


def _renewed(session: Session, case: Case, one: str, key: str, text: str, at: Moment) -> bool:
    """Renew the newest unread call of a person and end the others; False where he has none."""
    mine = sa.select(Notice).where(_waiting(case), Notice.person_id == one)
    calls = session.scalars(mine.order_by(Notice.at.desc(), Notice.id.desc())).all()
    for older in calls[1:]:
        older.read_at = at.now
    if calls:
        calls[0].key, calls[0].text, calls[0].at = key, text, at.now
    return bool(calls)
