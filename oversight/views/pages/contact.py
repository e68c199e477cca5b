"""The branch's absentees: contact, lesson and confirmation, one sheet for several, each through the
engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.db import db, is_id
from oversight.base.lazy import cached_property
from oversight.base.refusals import DomainError, InvalidInput, NotFound
from oversight.base.rows import grouped_by
from oversight.base.sentences import N_, say
from oversight.base.settings import ON
from oversight.calendar.zone import zone_settings
from oversight.casework import follow_ups
from oversight.casework.follow_ups import Line
from oversight.engine import authority, available, transitions
from oversight.law.definition import Move, Workflow
from oversight.models import Case, Person, Unit
from oversight.rules.absence import FOLLOW_UP
from oversight.views import forms, present, session
from oversight.views.present import apart

from . import case as case_page
from . import year

bp = Blueprint("contact", __name__)

OTHER, DONE = "other", "done"
MANY_TRIES = 3
MOST = 100  # on a page, and in a batch


def law() -> Workflow:
    return workflows.current(FOLLOW_UP)


def batch() -> dict[str, Move]:
    """Return the moves that may be made for several at once, by name."""
    return {move.name: move for move in law().moves if move.bulk}


def steps() -> list[tuple[str, str, str]]:
    """Return the steps at which the branch acts, each with its own move that may be made for
    several: name, label, move.
    """
    found, used = [], set()
    for state in law().states:
        moves = [m.name for m in batch().values() if state in m.from_states and m.name not in used]
        if state.waits_on is law().opened_by:
            used.update(moves)
            found.append((state.name, state.label, moves[0]))
    return [*found, (OTHER, N_("别处办理"), ""), (DONE, N_("已办结"), "")]


@dataclass(frozen=True)
class Outcome:
    """The result for one case of a batch."""

    name: str
    refusal: DomainError | None


class Contacts:
    """The follow-ups of one branch at one step; `bound` and `ticked` are a form that came back."""

    def __init__(
        self, unit: Unit, step: str = "", bound: forms.Bound = forms.NO_FORM, ticked=(), outcomes=()
    ):
        self.unit, self.who, self.at = unit, session.actor(), session.moment()
        self.bound, self.ticked, self.outcomes = bound, set(ticked), list(outcomes)
        self.steps, self.page, self.more = steps(), forms.page_number(request.values), False
        self.step = step or next(
            (name for name, _l, move in self.steps if move and self.counts[name]), self.steps[0][0]
        )

    @cached_property
    def workflow(self):
        return law()

    @cached_property
    def writes(self) -> bool:
        return authority.may_record(db.session, self.unit, self.who)

    @property
    def phones(self) -> bool:
        """True on the steps on which somebody is still to be called."""
        return self.step != DONE

    @cached_property
    def counts(self) -> dict[str, int]:
        rows = follow_ups.counts(db.session, self.unit)
        found = {name: rows.pop(name, 0) for name, _l, move in self.steps if move}
        return {**found, OTHER: sum(rows.values()), DONE: 0}

    @property
    def tabs(self) -> list[tuple[str, str, int | None]]:
        """Return the steps; those that this branch seldom has are shown when something is there."""
        return [
            (name, label, None if name == DONE else self.counts[name])
            for name, label, _m in self.steps
            if name not in self._seldom or self.counts[name]
        ]

    @property
    def _seldom(self) -> set[str]:
        """Return the steps where every entry is each one's own, those of others, and confirming
        where the zone doesn't ask for it.
        """
        asked = zone_settings(db.session, self.unit.zone_id)["makeup_confirmation"] == ON
        own = {move.name for move in batch().values() if any(ask.alone for ask in move.asks)}
        unasked = set() if asked else {"to_confirm"}
        return {OTHER, *unasked, *(name for name, _l, move in self.steps if move in own)}

    @property
    def move(self) -> Move | None:
        """Return the move that is filled in for several at this step."""
        name = next(move for step, _l, move in self.steps if step == self.step)
        return batch().get(name) if self.writes else None

    @cached_property
    def lines(self) -> list[Line]:
        which = {
            DONE: follow_ups.CLOSED,
            OTHER: follow_ups.elsewhere([name for name, _l, _m in self.steps]),
        }.get(self.step) or follow_ups.in_state(self.step)
        lines, self.more = follow_ups.page(db.session, self.unit, which, self.page, MOST)
        return lines

    @cached_property
    def _called(self) -> dict[str, str]:
        return apart(line.person for line in self.lines)

    def call(self, person: Person) -> str:
        """Return how a member is called among those of the page."""
        return self._called.get(person.id, person.name)

    def own(self, line: Line) -> bool:
        """True where the reader is the absentee himself: others of the branch deal with it."""
        return line.person.id == self.who.id

    @cached_property
    def days(self) -> list[tuple[date, list[Line]]]:
        return list(grouped_by(self.lines, "day").items())

    def form(self):
        """Return the sheet that is filled once for all who are ticked."""
        shared = tuple(ask for ask in self.move.asks if not ask.alone)
        return forms.form_for(shared, "b", self.bound.words, self.bound.wrong)

    def own_form(self, line: Line):
        """Return the fields that are filled for one member alone (逐人填); what stands there goes
        before the sheet.
        """
        form = forms.form_for(
            self.move.asks, f"e-{line.case.id}", own_words(self.move, line.case.id)
        )
        for one in form:
            one.short_name = one.name = f"{one.ask.name}-{line.case.id}"
        return form

    def alone(self, line: Line) -> bool:
        return self.move is not None and bool(own_words(self.move, line.case.id))

    def lost(self, line: Line) -> bool:
        """True where the branch may ask its superior to search:

        judged by the engine's own guards.
        """
        return len(line.tries) >= MANY_TRIES and self._may(line, "search_lost")

    def still_lost(self, line: Line) -> bool:
        """True where a search for the member that began before goes on."""
        return line.person.id in self.sought and self._may(line, "still_lost")

    @cached_property
    def sought(self) -> set[str]:
        """Return the members of whom a search began after an earlier activity."""
        return follow_ups.sought(db.session, [line.person.id for line in self.lines])

    def _may(self, line: Line, name: str) -> bool:
        if not self.writes:
            return False
        options = available.options(db.session, line.case, self.who, self.at)
        return any(option.allowed for option in options if option.move.name == name)

    @property
    def asks_reason(self) -> bool:
        """True where somebody is listed of whom the branch does not know yet why he was missing."""
        return any(line.case.open and not _known(line.case) for line in self.lines)

    @property
    def ways(self) -> dict[str, str]:
        return dict(self.workflow.asks("record_contact")["way"].choices)

    @property
    def lesson_forms(self) -> dict[str, str]:
        return dict(self.workflow.asks("record_lesson")["form"].choices)


def _unit(unit_id) -> Unit:
    """Return a branch whose follow-ups the reader may see. Raises NotFound, Forbidden."""
    unit = year.branch(unit_id)
    follow_ups.readable(db.session, unit, session.actor())
    return unit


@bp.get("/units/<uuid:unit_id>/follow-ups")
@login_required
def show(unit_id):
    step = request.args.get("step", "")
    if step not in ("", *(name for name, _l, _m in steps())):
        raise NotFound()
    return _page(Contacts(_unit(unit_id), step, ticked=request.args.getlist("case")))


def _page(contacts: Contacts, status: int = 200):
    return render_template("contact.html", c=contacts, unit=contacts.unit), status


@bp.post("/units/<uuid:unit_id>/follow-ups/<name>")
@login_required
def make(unit_id, name):
    """Make one move in each of the cases that are ticked, with the same words; each stands for
    itself.
    """
    with session.keeping(name):
        unit = _unit(unit_id)
    move = batch().get(name)
    if move is None:
        raise NotFound("没有这一步。")
    ids, words = _meant(move), _words(move)
    if not ids:
        nobody = InvalidInput({"case": _("请先勾选要登记的人。")})
        return _page(
            Contacts(unit, _step(name), forms.Bound.of(name, words, nobody)), nobody.status
        )
    if not all(map(is_id, ids)):
        raise NotFound()
    cases = [
        case
        for case in [case_page.asked(case_id, name) for case_id in ids[:MOST]]
        if (case.unit_id, case.workflow) == (unit.id, FOLLOW_UP)
    ]
    asked = {case.id: _words_for(case, cases, move, words) for case in cases}
    results = [
        (case.id, Outcome(_member(case), _try(case.id, move, asked[case.id], session.moment())))
        for case in cases
    ]
    return _answer(unit_id, name, words, results)


def _meant(move: Move) -> list[str]:
    """Return the cases that are meant: the one whose button was pressed, else what is ticked or
    filled in.
    """
    if "only" in request.form:
        return [request.form["only"]]
    return list(dict.fromkeys([*request.form.getlist("case"), *_filled(move)]))


def _member(case: Case) -> str:
    return db.session.get(Person, case.data_subject_id).name


def _words(move: Move) -> dict:
    """Take the words of the sheet; who was not reached was not told."""
    return _untold(forms.words_from(request.form, move.asks))


def _untold(words: dict) -> dict:
    if words.get("reached") == "false":
        words.setdefault("told", "false")
    return words


def own_words(move: Move, case_id: str) -> dict:
    """Take the words that are filled for one member alone."""
    ends = f"-{case_id}"
    own = {
        key.removesuffix(ends): value
        for key, value in request.form.items()
        if key.endswith(ends) and value
    }
    return _untold(forms.words_from(own, tuple(ask for ask in move.asks if ask.name in own)))


def _filled(move: Move) -> list[str]:
    """Return the cases for which something is filled in alone: they are meant, ticked or not."""
    names = {ask.name for ask in move.asks}
    keys = [key.partition("-") for key, value in request.form.items() if value.strip()]
    return list(
        dict.fromkeys(case_id for name, _dash, case_id in keys if name in names and case_id)
    )


def _try(case_id: str, move: Move, words: dict, at: Moment) -> DomainError | None:
    """Make the move in one case, with the version that the page was made from; its own words go
    first.
    """
    name, version = move.name, request.form.get(f"version-{case_id}", "")
    try:
        if REASON in words and words.get("reached") == "true" and not words[REASON]:
            raise InvalidInput({REASON: _("请选缺席原因：缺席的人联系上以后，要掌握原因。")})
        transitions.submit(
            db.session, case_id, name, session.actor(), words, at=at, version=forms.number(version)
        )
    except DomainError as refusal:
        return refusal
    return None


REASON = "reason"


def _known(case: Case) -> str:
    """Return why a member was missing, as far as the branch has noted it."""
    return case.facts.get(REASON) or ""


def _words_for(case: Case, cases: list[Case], move: Move, words: dict) -> dict:
    """Return the words of one member of a batch, his own before those that all share.

    The reason that the sheet asks once is of those of whom none is known yet; where it is known of
    all, it corrects what is. Source: G-3.2.1a
    """
    own = own_words(move, case.id)
    if REASON not in {ask.name for ask in move.asks}:
        return {**words, **own}
    shared = "" if _known(case) and not all(map(_known, cases)) else words.get(REASON, "")
    return {**words, REASON: shared or _known(case), **own}


def _answer(unit_id, name: str, words: dict, results: list[tuple[str, Outcome]]):
    """Redirect where all succeeded; else show who succeeded and who failed, with what was typed."""
    failed = [(case_id, outcome) for case_id, outcome in results if outcome.refusal is not None]
    if not failed:
        names = "、".join(outcome.name for _id, outcome in results)
        present.toast(_told(name, names, len(results)))
        return redirect(url_for("contact.show", unit_id=unit_id))
    refusal = failed[0][1].refusal
    page = Contacts(
        year.branch(unit_id),
        _step(name),
        forms.Bound.of(name, words, refusal),
        [case_id for case_id, _o in failed],
        [outcome for _id, outcome in results],
    )
    return _page(page, refusal.status)


def _step(name: str) -> str:
    found = steps()
    return next((step for step, _l, move in found if move == name), found[0][0])


def _told(name: str, names: str, n: int) -> str:
    return say(batch()[name].bulk.done, names=names, n=n).translated(_)
