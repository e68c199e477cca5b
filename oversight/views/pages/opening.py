"""New business: what I may open, the form of its first step, and the same form for a draft."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import login_required

from oversight import workflows
from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.db import db, new_id
from oversight.base.lazy import cached_property
from oversight.base.refusals import (
    AlreadyTaken,
    DomainError,
    Forbidden,
    InvalidInput,
    NotFound,
    RuleViolation,
)
from oversight.base.rows import grouped_by
from oversight.base.sentences import say
from oversight.calendar.party_days import month_end
from oversight.calendar.workdays import PartyDay, add_workdays
from oversight.calendar.zone import has_rule_day, rule_for, zone_calendar
from oversight.engine import assignment, authority, available, inbox, transitions
from oversight.law.definition import INTERNAL, Move, Workflow
from oversight.law.inputs import read_day, read_words
from oversight.law.roles import BRANCH, Role
from oversight.ledger import month
from oversight.models import Activity, Case, Person, Unit
from oversight.organization import units
from oversight.organization.actor import Actor
from oversight.organization.members import members
from oversight.organization.units import UnitRow
from oversight.rules import date_change
from oversight.rules.context import TransitionContext
from oversight.views import forms, present, session

from .casefile import CaseFile

bp = Blueprint("opening", __name__)
MANY_UNITS = 50  # listed on a page; more are looked for
MONTHS = 4  # of which one is chosen on the form of a request


@dataclass(frozen=True)
class Answerer:
    """Who will answer, and by when at the latest."""

    unit: UnitRow
    person: str
    workdays: int
    due_on: date


@dataclass
class Sheet:
    """The form of a case's first step:

    for a case that does not exist yet (`new`), or for a draft.
    """

    case: Case
    who: Actor
    at: Moment
    new: bool
    bound: forms.Bound = forms.NO_FORM
    posted: dict = field(default_factory=dict)
    find: str = ""  # a part of a partner's name that is looked for

    @classmethod
    def of(cls, file: CaseFile) -> Sheet | None:
        """Return the sheet of a draft that lies on the reader's desk, or None."""
        sent = any(file.workflow.opens in move.from_states for move in file.steps_open)
        if not (file.workflow.drafts and sent):
            return None
        return cls(file.case, file.who, file.at, False, file.bound)

    @classmethod
    def fresh(cls, workflow: Workflow, unit: Unit, facts: dict, **more) -> Sheet:
        """Return the sheet of a case that would be opened; nothing is written."""
        at = session.moment()
        case = Case(
            id=new_id(),
            zone_id=unit.zone_id,
            workflow=workflow.name,
            facts=facts,
            unit=unit,
            unit_id=unit.id,
            definition_version=workflow.version,
            state=workflow.opens.name,
            opened_at=at.now,
            entered_at=at.now,
            version=1,
            escalation_level=0,
            used_workdays=0,
        )
        sheet = cls(case, session.actor(), at, True, **more)
        case.business_key = sheet.activity.id if sheet.activity else None
        case.data_subject_id = facts.get(workflow.data_subject)
        return sheet

    @property
    def drafts(self) -> bool:
        """True where what is opened lies with the one who opens it until he sends it."""
        return self.workflow.drafts

    @property
    def many(self) -> bool:
        """True where it is opened from above, in one of many branches."""
        return self.workflow.opened_by.seat == "superior"

    @cached_property
    def people(self) -> list[Person]:
        """Return whom it may concern: the branch's members, for somebody without office only
        himself.
        """
        if not self.workflow.data_subject:
            return []
        if not self._stands(BRANCH):
            return [self.who.person]
        return members(db.session, self.unit.id, self.at.today)

    def _stands(self, role) -> bool:
        """True where the reader opens it in a role, or writes it down for a branch (代录)."""
        asked = (db.session, self.workflow, self.case)
        own = authority.basis(*asked, role, self.who)
        return bool(own or authority.entered(*asked, "open", self.who))

    @property
    def unit(self) -> Unit:
        return self.case.unit

    @property
    def facts(self) -> dict:
        return self.case.facts

    @cached_property
    def workflow(self) -> Workflow:
        return present.definition(self.case)

    @property
    def day(self) -> date | None:
        found = self.facts.get(self.workflow.party_day)
        return date.fromisoformat(found) if found else None

    @cached_property
    def activity(self) -> Activity | None:
        """Return the party day that the facts name, where it has been planned."""
        if self.day is None:
            return None
        return month.party_day(db.session, self.unit, self.day)

    @cached_property
    def rule(self) -> PartyDay | None:
        """Return how the rule yields the day of that month."""
        if self.day is None or not has_rule_day(db.session, self.unit, self.day.month):
            return None
        return rule_for(db.session, self.unit, self.day.year, self.day.month)

    @property
    def month_end(self) -> date:
        return month_end(self.day.year, self.day.month)

    # May it be opened, and with which first steps

    @cached_property
    def why_not(self) -> DomainError | None:
        """Return what stands against opening it, as far as can be said before anything is written."""
        if not self._stands(self.workflow.opened_by):
            return _not_yours(self.workflow)
        if not self._judgeable:
            return None
        try:
            words, _plain = read_words(self.workflow.facts, self.facts)
            transitions.ensure_open(self._attempt(None, **words))
        except (RuleViolation, AlreadyTaken) as refusal:
            return refusal
        except InvalidInput:  # said of the field when the form is sent
            return None
        return None

    @property
    def _judgeable(self) -> bool:
        """True where the facts suffice for the guards; a month not planned yet would be planned by
        asking.
        """
        if any(ask.required and ask.name not in self.facts for ask in self.workflow.facts):
            return False
        return (
            self.day is None
            or self.activity is not None
            or not self.unit.fixed_day
            or self._month_planned
        )

    @property
    def _month_planned(self) -> bool:
        return month.planned(db.session, self.unit, self.day.year, self.day.month)

    @cached_property
    def options(self) -> list[available.Option]:
        """Return the steps that open from here to the side that asks, with why not."""
        if self.new and not self._judgeable:
            leaving = self.workflow.leaving(self.workflow.opens)
            found = [available.Option(move, True, None, True) for move in leaving]
        else:
            found = available.options(db.session, self.case, self.who, self.at)
        return [
            option
            for option in found
            if option.move.by is self.workflow.opened_by and option.move.place != "aside"
        ]

    def offers(self, name: str) -> Move | None:
        return next(
            (option.move for option in self.options if option.allowed and option.move.name == name),
            None,
        )

    @property
    def first(self) -> Move | None:
        """Return the step that carries the case on."""
        return next(
            (
                option.move
                for option in self.options
                if option.allowed and option.move.enters is not INTERNAL
            ),
            None,
        )

    def _attempt(self, move: Move | None, **words) -> TransitionContext:
        return TransitionContext(
            db.session,
            self.workflow,
            self.case,
            move,
            self.who,
            self.at,
            words=words,
            state=self.case.state,
        )

    def letter(self, name: str) -> dict:
        """Compose what a first step would send, as far as it has been written."""
        move = next(move for move in self.workflow.moves if move.name == name)
        words = {**self.facts, **self.bound.words}
        typed = {ask.name: words.get(ask.name) for ask in move.asks if ask.kind == "text"}
        days = {ask.name: words.get(ask.name) for ask in move.asks if ask.kind == "date"}
        typed |= {name: read_day(str(day)) for name, day in days.items() if day}
        return move.letter(self._attempt(move, **typed))

    # The fields

    def form(self, *names: str):
        """Return one form with the words of the moves named."""
        moves = [option.move for option in self.options if option.move.name in names]
        asks = {ask.name: ask for move in moves for ask in move.asks}
        values = {**self.facts, **self.bound.words}
        return forms.form_for(tuple(asks.values()), "w", values, self.bound.wrong)

    def facts_form(self, *without: str):
        asks = tuple(ask for ask in self.workflow.facts if ask.name not in without)
        return forms.form_for(asks, "f", {**self.facts, **self.posted}, self.bound.wrong)

    def days(self, name: str, asked: str) -> list[date]:
        """Return sensible days near the day in force that the guards of a move allow."""
        move = next((option.move for option in self.options if option.move.name == name), None)
        calendar = zone_calendar(db.session, self.unit.zone_id)
        week = timedelta(days=7)
        near = (add_workdays(calendar, self.day, -1), self.day + week, self.day + 2 * week)
        date_change.read_days(db.session, [self.unit.id], near)
        return [day for day in near if move and self._fits(move, asked, day)]

    def _fits(self, move: Move, asked: str, day: date) -> bool:
        attempt = self._attempt(move, **{asked: day})
        return all(guard.test(attempt) for guard in move.only_if if asked in guard.words)

    # Who answers, who could join

    @cached_property
    def answerer(self) -> Answerer | None:
        """Return who answers the first step and by when, if it were sent today."""
        move = self.first
        state = move.enters if move and move.enters is not INTERNAL else None
        if state is None or state.due is None:
            return None
        later = Sheet.fresh(self.workflow, self.unit, self.facts) if not self.new else self
        attempt = TransitionContext(
            db.session, self.workflow, later.case, move, self.who, self.at, state=state.name
        )
        seat = authority.resolve(
            db.session, self.workflow, later.case, state.waits_on.role, self.at.today
        )
        return Answerer(
            seat.unit,
            _officer(seat),
            attempt.days(state.due),
            assignment.last_day(attempt, state.due),
        )

    @cached_property
    def _joining(self) -> tuple[list[tuple[Unit, str]], bool]:
        chosen = self.posted.get("with") or []
        return units.branches_to_join(db.session, self.unit, self.find, chosen, MANY_UNITS)

    @property
    def to_join(self) -> list[tuple[str, list[Unit]]]:
        """Return the branches that could hold the activity jointly, by what stands above them."""
        by_above: dict[str, list[Unit]] = {}
        for unit, above in self._joining[0]:
            by_above.setdefault(above, []).append(unit)
        return list(by_above.items())

    @property
    def found_nobody(self) -> bool:
        """True where no branch has a name with what was looked for."""
        return not any(self.find in unit.name for unit, _above in self._joining[0])

    @property
    def more_to_join(self) -> bool:
        """True where not all are listed, so that they must be looked for."""
        return self._joining[1]

    def chosen_in(self, units: list[Unit]) -> bool:
        """True where one of these branches was chosen before, was looked for, or is near."""
        chosen = self.posted.get("with") or []
        near = any(unit.parent_id == self.unit.parent_id for unit in units)
        return bool(self.find) or near or any(unit.id in chosen for unit in units)

    @property
    def urgent(self) -> bool:
        """True where a request that is sent today leaves nobody a working day to answer."""
        return self.day is not None and date_change.hurried(self._attempt(None))


def _not_yours(workflow: Workflow) -> Forbidden:
    return Forbidden(
        say(
            "“%(workflow)s”由%(party)s提出，不由您办理。",
            workflow=workflow.title,
            party=workflow.opened_by.label,
        )
    )


def _officer(seat: authority.Assignee) -> str:
    """Name who will take it in hand: the officer where there is one."""
    people = sorted(seat.people.items(), key=lambda pair: pair[1] != "officer")
    return db.session.get(Person, people[0][0]).name if people else ""


def next_day(unit: Unit, today: date) -> date | None:
    """Return the next party day of a branch about which nothing has been asked yet."""
    ahead = month.days_ahead(db.session, unit, today, MONTHS)
    free = next((day for day, case in ahead.items() if case is None), None)
    return free or month.next_day(db.session, unit, today)


def _defaults(workflow: Workflow, unit: Unit, given: dict) -> dict:
    """Fill in what is not named: the party day asked about, what its fields propose, the member
    himself.
    """
    today, who, day = session.moment().today, session.actor(), workflow.party_day
    if day and day not in given:
        return {**given, day: (next_day(unit, today) or today).isoformat()}
    if given:
        return given
    found = {ask.name: ask.initial(today) for ask in workflow.facts if ask.initial}
    own = workflow.data_subject and who.branch is not None and who.branch.id == unit.id
    if own and not authority.may_enter(db.session, unit, who):  # a leader says about whom it is
        found[workflow.data_subject] = who.id
    return found


# Pages -------------------------------------------------------------------------------------------


@bp.get("/new")
@login_required
def choose():
    """List what the reader may open, for each unit where he may."""
    found = [
        sheet
        for workflow in workflows.offered(session.settings())
        if workflow.listed
        for sheet in _sheets(workflow)
        if not isinstance(sheet.why_not, Forbidden)
    ]
    return render_template("new.html", sheets=found)


def _sheets(workflow: Workflow) -> list[Sheet]:
    """Return a sheet for each unit in which the reader may open this; from above, one for the first
    of many.
    """
    sheets = [
        Sheet.fresh(workflow, unit, _defaults(workflow, unit, {})) for unit in _units(workflow)
    ]
    good = (sheet for sheet in sheets if not isinstance(sheet.why_not, Forbidden))
    return list(islice(good, 1)) if workflow.opened_by.seat == "superior" else sheets


def _units(workflow: Workflow) -> list[Unit]:
    """Return the units in which the role that opens it can sit with the reader."""
    who, role = session.actor(), workflow.opened_by
    if role.seat == "superior":
        return _branches_below(who, role)
    personal = role.seat == "person"
    kind = "branch" if personal or role.candidate_group == BRANCH.candidate_group else "zone"
    own = {unit_id: db.session.get(Unit, unit_id) for unit_id in who.unit_ids}
    if personal and who.branch is not None:
        own.setdefault(who.branch.id, who.branch)
    return [unit for unit in own.values() if unit.kind == kind]


def _branches_below(who: Actor, role: Role) -> list[Unit]:
    """Return the branches in the sight of who holds one of a role's offices."""
    held = who.holds(*(office for rank in role.ranks for office in rank))
    found = inbox.units_in_sight(db.session, who) if held else []
    return [unit for unit in found if unit.kind == "branch" and unit.ended_on is None]


@bp.get("/new/<name>")
@login_required
def blank(name):
    workflow = _offered(name)
    if workflow.opened_by.seat == "superior" and not request.args.get("unit") and _sheets(workflow):
        return _choice(workflow)
    given = _facts(workflow, request.args)
    if not given and not request.args.get("unit"):
        return _page(_own(workflow)[0])
    unit = _unit(name, request.args.get("unit"))
    return _page(Sheet.fresh(workflow, unit, _defaults(workflow, unit, given)))


def _choice(workflow: Workflow):
    """Ask in which branch: by a part of its name, below one superior, or first below which."""
    found, find = _choosable(workflow), typed.line(request.args.get("q", ""))[:80]
    above = units.by_id(db.session, {unit.parent_id for unit in found if unit.parent_id})
    sizes = Counter(unit.parent_id for unit in found)
    town = above.get(request.args.get("town", ""))
    chosen = [
        unit for unit in found if find in unit.name and town in (None, above.get(unit.parent_id))
    ]
    shown = (
        chosen[:MANY_UNITS] if find or town or len(sizes) < 2 or len(found) <= MANY_UNITS else []
    )
    return render_template(
        "new_unit.html",
        workflow=workflow,
        groups=[(above.get(key), rows) for key, rows in grouped_by(shown, "parent_id").items()],
        towns=[(above[key], n) for key, n in sizes.items() if key in above],
        town=town,
        found=len(chosen),
        shown=len(shown),
        find=find,
    )


def _choosable(workflow: Workflow) -> list[Unit]:
    """Return the branches among which one chooses; not one's own where its members stand back."""
    home = session.actor().branch if workflow.outsiders else None
    return [unit for unit in _units(workflow) if home is None or unit.id != home.id]


def _offered(name: str) -> Workflow:
    """Return a definition that the reader's zone offers. Raises NotFound, Forbidden."""
    workflow = workflows.current(name)
    transitions.not_by_facts(workflow)
    if not workflows.offers(session.settings(), workflow):
        raise NotFound(say("本区没有开办“%(workflow)s”。", workflow=workflow.title))
    return workflow


def _page(sheet: Sheet, status: int = 200):
    if not sheet.bound and sheet.why_not is not None:
        raise sheet.why_not
    return render_template(
        "opening.html", sheet=sheet, case=sheet.case, months=_months(sheet)
    ), status


def _months(sheet: Sheet) -> list[tuple[date, Case | None]]:
    """Return the party days ahead that could be asked about, each with the open request about it."""
    if sheet.day is None:
        return []
    ahead = month.days_ahead(db.session, sheet.unit, sheet.at.today, MONTHS)
    days = sorted({sheet.day, *ahead}) if ahead else []
    return [(day, ahead.get(day)) for day in days]


def _unit(name: str, given: str | None) -> Unit:
    """Return the unit named, or the first in which the reader may open this.

    Raises NotFound, Forbidden.
    """
    if given:
        unit = db.session.get(Unit, given) if len(given) == 36 else None
        if unit is None or not session.actor().sees(unit):
            raise NotFound()
        return unit
    return _own(workflows.current(name))[0].unit


def _own(workflow: Workflow) -> list[Sheet]:
    """Return the sheets of the units in which the reader may open this. Raises Forbidden."""
    own = [sheet for sheet in _sheets(workflow) if not isinstance(sheet.why_not, Forbidden)]
    if not own:
        raise _not_yours(workflow)
    return own


def _facts(workflow: Workflow, source) -> dict:
    """Take facts from an address. Raises InvalidInput where a day cannot be read."""
    found = forms.words_from(source, workflow.facts)
    unread = {
        ask.name: say("“%(word)s”不是一个日期。", word=ask.label)
        for ask in _unread(workflow, found)
    }
    if unread:
        raise InvalidInput(unread)
    return found


def _unread(workflow: Workflow, found: dict) -> list:
    return [
        ask
        for ask in workflow.facts
        if ask.kind == "date" and ask.name in found and read_day(found[ask.name]) is None
    ]


@bp.post("/new/<name>")
@login_required
def send(name):
    with session.keeping("open"):
        workflow, unit = _offered(name), _unit(name, request.form.get("unit"))
    facts = forms.words_from(request.form, workflow.facts)
    if request.form.get("then") == forms.FIND:
        return _looked_for(workflow, unit, facts)
    move = next(
        (m for m in workflow.leaving(workflow.opens) if m.name == request.form.get("then")), None
    )
    words = forms.words_from(request.form, move.asks) if move else {}
    try:
        case = transitions.submit_opening(
            db.session,
            name,
            unit.id,
            facts,
            session.actor(),
            session.moment(),
            then=(move.name, words) if move else None,
        )
    except (InvalidInput, RuleViolation) as refusal:
        return _wrong(
            workflow, str(unit.id), facts, forms.Bound.of(move.name if move else "", words, refusal)
        )
    except AlreadyTaken as refusal:
        return _taken(refusal, workflow, unit.id, move, words), refusal.status
    _told(case, move)
    return redirect(url_for("case.show", case_id=case.id))


def _looked_for(workflow: Workflow, unit: Unit, facts: dict):
    """Show the form again with what was written and with the branches whose name was looked for."""
    unread = {ask.name for ask in _unread(workflow, facts)}
    known = {name: value for name, value in facts.items() if name not in unread}
    given, find = _defaults(workflow, unit, known), typed.line(request.form.get("find", ""))[:80]
    return _page(Sheet.fresh(workflow, unit, given, posted=facts, find=find))


def _wrong(workflow: Workflow, unit_id: str, facts: dict, bound: forms.Bound):
    """Show the form again with what was written, judged as far as the facts can be read."""
    unit = db.session.get(Unit, unit_id)
    unread = {ask.name for ask in _unread(workflow, facts)}
    known = {name: value for name, value in facts.items() if name not in unread}
    sheet = Sheet.fresh(workflow, unit, _defaults(workflow, unit, known), bound=bound, posted=facts)
    return _page(sheet, 422)


def _taken(
    refusal: AlreadyTaken, workflow: Workflow, unit_id: str, move: Move | None, words: dict
) -> str:
    open_cases = inbox.open_of(db.session, workflow.name, unit_id, refusal.matters)
    said = [
        (ask, present.plain(words[ask.name], ask))
        for ask in (move.asks if move else ())
        if ask.name in words
    ]
    return render_template(
        "conflict.html",
        refusal=refusal,
        case=None,
        move=move,
        said=said,
        open_cases=open_cases,
        next_url=None,
    )


def _told(case: Case, move: Move | None) -> None:
    file = CaseFile(case, session.actor(), session.moment())
    present.toast(str(present.part(case, "done", file=file, move=move)))
