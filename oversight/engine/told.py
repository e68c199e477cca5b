"""Telling: what a move tells by its definition, and whose work waits after it, as lines of the bell.

The outbox brings each move here once, after it was committed. A line says which matter it is about;
one that only calls to work is gone once the case has moved on.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.db import columns
from oversight.base.kept import plain
from oversight.base.lazy import cached_property
from oversight.base.prepared import Prepared, among
from oversight.base.rows import grouped_by, ids_of, keyed
from oversight.base.sentences import say
from oversight.base.terms import fill
from oversight.calendar.zone import zone_settings
from oversight.law.definition import INTERNAL, Move, Tell, Workflow, role_of
from oversight.law.roles import SUPERIOR, Role
from oversight.models import Case, Notice, Unit, WorkItem
from oversight.organization import standing

from . import authority, many, outbox

EVERYWHERE = "branches"  # the seat of a role that all branches of the zone fill
NAMED = "named"  # the seat of those whom a move names
PERSONAL = ("person", NAMED)  # who is told of himself, not of a matter
CALLING = tuple(
    f"{kind}:" for kind in outbox.CALLS
)  # how the keys of lines that call to work begin


def deliver(session: Session, key: str, payload: dict, at: Moment) -> None:
    """Write the lines of one message: `move` made from state `left`, or a reminder. Does not commit."""
    deliver_all(session, [(key, payload)], at)


def deliver_all(session: Session, messages: list[tuple[str, dict]], at: Moment) -> None:
    """Write the lines of messages, of which each has its key and what it says. Does not commit."""
    rounds: list[dict[str, tuple[str, dict]]] = []  # a later message finds the lines of an earlier
    for key, payload in messages:
        free = next((one for one in rounds if payload["case"] not in one), None)
        if free is None:
            rounds.append(free := {})
        free[payload["case"]] = (key, payload)
    for one in rounds:
        _deliver(session, one, at)


def _deliver(session: Session, messages: dict[str, tuple[str, dict]], at: Moment) -> None:
    """Write the lines of messages about as many cases, by case."""
    session = plain(session)
    cases = keyed(many.cases(session, messages, at))
    told = [
        _Told(session, cases[case_id], *message, at)
        for case_id, message in messages.items()
        if case_id in cases
    ]
    items = _items(session, [one.case for one in told if one.anew])
    calls = _calls(session, list(cases))
    for one in told:
        one.say(items.get(one.case.id, []), calls.get(one.case.id, []))
    outbox.notify_all(session, [line for one in told for line in one.lines])
    _END.write_all(session, [{"of_id": key, "now": at.now} for one in told for key in one.ended])
    _RENEW.write_all(session, [line for one in told for line in one.renewed])


class _Told:
    """What one message brings: `lines` for bells, calls that are `ended`, and those `renewed`."""

    def __init__(self, session: Session, case: Case, key: str, payload: dict, at: Moment):
        self.session, self.case, self.key, self.payload, self.at = session, case, key, payload, at
        self.workflow, self.move = workflows.of(case), _move(case, payload)
        self.anew = case.open and _still(case, payload, self.move)
        self.lines: list[dict] = []
        self.ended: list[str] = []
        self.renewed: list[dict] = []

    @cached_property
    def matter(self) -> str:
        return matter(self.session, self.case, self.payload.get("number"))

    def say(self, items: list[sa.Row], calls: list[sa.Row]) -> None:
        """Find what is written, from the open work items of a case that is as it was, and its unread
        calls.
        """
        called = self._called(items)
        said: dict[str, str] = {}
        tells = (self.move or self.workflow).tells if "move" in self.payload else ()
        for place, tell in enumerate(tells):
            lines = _lines_of(self, tell)
            said |= {one: lines[one] for one in lines.keys() & called}
            once = f"told:{place}:{self.key}"
            self.lines += [
                self._line(one, once, lines[one]) for one in sorted(lines.keys() - called)
            ]
        if self.anew or not self.case.open:
            kept = self._kept(items)
            self.ended = [row.id for row in calls if row.person_id not in kept]
            self._call(called, said, [row for row in calls if row.person_id in kept])

    def _line(self, person: str, key: str, text: str) -> dict:
        return outbox.line(self.case.zone_id, person, key, text, self.at, self.case.id)

    def _called(self, items: list[sa.Row]) -> set[str]:
        """Return whom what waits calls, but not whoever brought it there; where one of many acts and
        the case stays, only whom that act itself calls.
        """
        if self.move is not None and self.move.enters is INTERNAL:
            entered, at = self.case.entered_at, self.payload.get("at")
            items = [
                one for one in items if one.opened_at != entered and one.opened_at.isoformat() == at
            ]
        called = self._people_at([one for one in items if one.kind != "help"])
        return called - {self.payload.get("by")}

    def _kept(self, items: list[sa.Row]) -> set[str]:
        """Return whose unread calls stay: where the case entered a state anew nobody's."""
        stays = self.move is not None and self.move.enters is INTERNAL
        return set() if "move" in self.payload and not stays else self._people_at(items)

    def _people_at(self, items: list[sa.Row]) -> set[str]:
        today = self.at.today
        return {one for item in items for one in authority.desk_people(self.session, item, today)}

    def _call(self, people: set[str], said: dict[str, str], calls: list[sa.Row]) -> None:
        """Call people to a case, in the words of what they are told with it; an unread call is
        renewed, so that a matter stays one line.
        """
        mine = grouped_by(calls, "person_id")
        for one in sorted(people):
            text = said.get(one) or say("您有1件待办：%(matter)s", matter=self.matter)
            line = self._line(one, self.key, text)
            if one in mine:
                newest, *older = mine[one]
                self.ended += [row.id for row in older]
                self.renewed.append({"of_id": newest.id, **{name: line[name] for name in RENEWED}})
            else:
                self.lines.append(line)


def matter(session: Session, case: Case, number: str | None = None) -> str:
    """Name a case as its lines in the bell do: what, whose, and its number, or that of the paper which
    is told (empty where there was none yet); no member.
    """
    workflow = workflows.of(case)
    [unit] = standing.rows(session, case.zone_id, [case.unit_id])
    number = case.number if number is None else number
    whose = f"{unit.name} {number}" if number else unit.name
    return say("%(title)s（%(whose)s）", title=workflow.short or workflow.title, whose=whose)


def _move(case: Case, payload: dict) -> Move | None:
    """Return the move that a message is about; None for an opening, and for a reminder."""
    if payload.get("move", "open") == "open":
        return None
    workflow = workflows.of(case)
    left = workflow.state(payload["left"])
    return next(one for one in workflow.leaving(left) if one.name == payload["move"])


def _lines_of(told: _Told, tell: Tell) -> dict[str, str]:
    """Return what a party is told, by person; whoever made the move only where it names him."""
    role, case, payload = role_of(tell.party), told.case, told.payload
    text: str = fill(tell.sentence, zone_settings(told.session, case.zone_id))
    if role.seat not in PERSONAL:
        text = say("%(matter)s：%(sentence)s", matter=told.matter, sentence=text)
    if role.seat == NAMED:
        return dict.fromkeys(payload.get("names") or [], text)
    people = _people(told.session, told.workflow, case, tell, told.at)
    return dict.fromkeys(people - {payload.get("by")}, text)


def _people(session: Session, workflow: Workflow, case: Case, tell: Tell, at: Moment) -> set[str]:
    """Return who is told as a party: the member himself, else whoever fills the first seat that is
    filled, in his own matter excepted.
    """
    role = role_of(tell.party)
    if role.seat == "person":
        return {case.data_subject_id} - {None}
    if role.seat == "roster":
        return set(authority.resolve(session, workflow, case, role, at.today).people)
    lines = _lines(session, case, role)
    if tell.concerns is not None:
        lines = [line for line in lines if tell.concerns(session, case, line[0])]
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


_ITEMS = Prepared(
    lambda dialect: sa.select(*columns(WorkItem)).where(
        among(WorkItem.__table__.c.case_id, "cases", dialect),
        WorkItem.closed_at.is_(None),
        WorkItem.kind.in_([sa.literal_column(f"'{kind}'") for kind in ("act", "watch", "help")]),
    )
)
_notices = Notice.__table__.c
_CALLS = Prepared(
    lambda dialect: (
        sa.select(_notices.id, _notices.case_id, _notices.person_id, _notices.key)
        .where(among(_notices.case_id, "cases", dialect), _notices.read_at.is_(None))
        .order_by(_notices.at.desc(), _notices.id.desc())
    )
)
RENEWED = ("key", "text", "at")
_notice: sa.BindParameter[str] = sa.bindparam("of_id")
_unread = sa.update(Notice.__table__).where(_notices.id == _notice, _notices.read_at.is_(None))
_END = Prepared(_unread.values(read_at=sa.bindparam("now")))
_RENEW = Prepared(_unread.values({name: sa.bindparam(name) for name in RENEWED}))


def _items(session: Session, cases: list[Case]) -> dict[str, list[sa.Row]]:
    """Return by case the open work items at which somebody works."""
    rows = _ITEMS.rows(session, cases=ids_of(cases)) if cases else ()
    return grouped_by(rows, "case_id")


def _calls(session: Session, case_ids: list[str]) -> dict[str, list[sa.Row]]:
    """Return by case the unread lines that call to work, the newest first."""
    rows = _CALLS.rows(session, cases=case_ids) if case_ids else ()
    return grouped_by((row for row in rows if row.key.startswith(CALLING)), "case_id")
