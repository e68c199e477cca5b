"""The context that guards and effects get: one attempt at a transition, and its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import instance_state

from oversight.base.clock import Moment
from oversight.base.db import settle
from oversight.base.lazy import cached_property
from oversight.base.terms import ZoneSetting
from oversight.calendar.workdays import Calendar
from oversight.calendar.zone import zone_calendar, zone_settings, zone_terms
from oversight.law.definition import Due, Move, Workflow
from oversight.law.roles import Role
from oversight.models import Case, Unit
from oversight.organization.actor import Actor, AuthorityBasis


@dataclass
class TransitionContext:
    """`state` is a name and belongs to the machine; `words` are read and typed; `result` is
    journalled.

    `copies` are (unit id, candidate group) that get the case for information; `restart_clock` asks
    the engine for a new deadline, `opens` to open further cases (workflow, unit id, facts) in the
    same transaction, `seats` to ask further people where each person answers, `shows` to let people
    see the case, `names` the people whom a move tells by name, `messages` what it leaves to the
    outbox beside what it tells. `unsaved` is what stood in the columns that the engine has set in
    the case and will write with the journal, `written` all that the attempt has changed there,
    `laid` the work items that it has yet to write.
    `barred` tells who may not act in a role today, as the engine decides it; `insert` writes a case
    that is being opened, before rows that refer to it.
    """

    session: Session
    workflow: Workflow
    case: Case
    move: Move | None
    actor: Actor | None
    at: Moment
    words: dict = field(default_factory=dict)
    raw: dict = field(default_factory=dict)
    basis: AuthorityBasis | None = None
    result: dict = field(default_factory=dict)
    copies: list[tuple[str, str]] = field(default_factory=list)
    restart_clock: bool = False
    opens: list[tuple[str, str, dict]] = field(default_factory=list)
    seats: list[str] = field(default_factory=list)
    shows: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    messages: list[dict] = field(default_factory=list)
    state: str = ""
    unsaved: dict = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    laid: list[dict] = field(default_factory=list)
    barred: Callable[[Role], set[str]] = lambda role: set()
    insert: Callable[[], None] = lambda: None

    @property
    def today(self) -> date:
        return self.at.today

    @property
    def unit(self) -> Unit:
        return self.case.unit

    @cached_property
    def calendar(self) -> Calendar:
        return zone_calendar(self.session, self.case.zone_id)

    @cached_property
    def settings(self) -> dict[str, str]:
        return zone_settings(self.session, self.case.zone_id)

    @cached_property
    def terms(self) -> dict[str, str]:
        """Return the zone's terms as they were at the instant of the attempt."""
        return zone_terms(self.session, self.case.zone_id, self.at.now)

    def term(self, term: ZoneSetting, since: datetime | None = None) -> int:
        """Return how long a term is at the instant of the attempt, or for what began at another."""
        at = since or self.at.now
        return int(zone_terms(self.session, self.case.zone_id, at)[term.name])

    def days(self, due: Due) -> int:
        """Return how many working days a deadline has that begins with the attempt."""
        return due.days(self.terms)

    def fact_day(self, name: str) -> date | None:
        """Return a date among the facts of the case."""
        value = self.case.facts.get(name)
        return date.fromisoformat(value) if value else None

    def set_facts(self, **values) -> None:
        """Replace facts; written with the case."""
        self.set(facts={**self.case.facts, **values})

    def set(self, **values) -> None:
        """Set columns of the case which the engine writes itself, so that no flush writes them."""
        held = vars(self.case)
        for name in values:
            self.unsaved.setdefault(name, held.get(name, ...))
        state = instance_state(self.case)
        if state.committed_state or state.expired_attributes:
            settle(self.case, values)
        else:
            held.update(values)
