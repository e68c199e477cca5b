"""What a case page shows, gathered once: moves and why not, checks, papers, what happened. Reads
only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from flask import current_app

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.db import db, is_id
from oversight.base.kept import plain
from oversight.base.lazy import cached_property
from oversight.base.refusals import DomainError, InvalidInput
from oversight.base.rows import ids_of, keyed
from oversight.base.sentences import N_, say
from oversight.casework import (
    attachments,
    case_file,
    linked,
    paper_numbers,
    prints,
    record,
    rectification,
)
from oversight.engine import (
    authority,
    available,
    bell,
    capsule,
    desk_acts,
    inbox,
    journal,
    precedents,
)
from oversight.law.clauses import Source
from oversight.law.definition import Committee, Field, Move, Rule, State, Workflow
from oversight.law.inputs import read_words
from oversight.law.roles import AUTOMATIC, TIMER
from oversight.models import Attachment, Case, JournalRow, Paper, Person, WorkItem
from oversight.models.cases import ABSENT, CAME, LEFT, NO, RECUSED, YES
from oversight.organization.actor import Actor
from oversight.organization.members import members
from oversight.organization.units import successor_of
from oversight.rules import foresight
from oversight.rules.common import REASON
from oversight.rules.context import TransitionContext
from oversight.views import forms, present, session
from oversight.views.forms import NO_FORM, Bound
from oversight.views.written import requests

from . import desk_act_forms

SHORT_WAY = 3  # stops that a phone shows all of
VOTES = {
    YES: N_("同意"),
    NO: N_("不同意"),
    CAME: N_("已到会投票"),
    RECUSED: N_("回避"),
    ABSENT: N_("未到会"),
    LEFT: N_("已离任"),
}
SIGNED = ("sign", "publish")  # by these moves a notice is signed as it stands on its page
ANSWER_KEYS = {"back": "R", "negative": "N"}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: a guard, or what the register says beyond the guards."""

    ok: bool
    name: str
    text: str
    source: Source | None = None
    case: Case | None = None


@dataclass(frozen=True)
class Step:
    """One stop of the progress line: done, now or to come; a phone leaves out what is `far` from
    now.
    """

    label: str
    kind: str
    row: JournalRow | None = None
    far: bool = False


@dataclass(frozen=True)
class Entry:
    """One line of the course of things."""

    label: str
    who: str
    at: datetime
    said: list[tuple] = field(default_factory=list)
    result: dict = field(default_factory=dict)


@dataclass
class CaseFile:
    """A case as one reader sees it at one moment; `bound` is a form of his that came back."""

    case: Case
    who: Actor
    at: Moment
    bound: Bound = NO_FORM

    @cached_property
    def workflow(self) -> Workflow:
        return workflows.reading(self.case)

    @cached_property
    def state(self) -> State:
        return self.workflow.state(self.case.state)

    @property
    def act(self) -> str:
        """Return what is to be done now, in a word or two."""
        return self.workflow.act(self.state)

    @cached_property
    def waiting(self) -> available.Waiting:
        return available.waiting(plain(db.session), self.case, self.who, self.at)

    @property
    def waits(self) -> str:
        """Name the people it waits for; nothing where it waits for a day or for nobody."""
        return self.waiting.label if self.state.waits_on.human else ""

    @property
    def many(self) -> bool:
        """True where each of several answers for himself."""
        return self.state.waits_on.many

    @property
    def several(self) -> bool:
        """True where people or units answer one by one, and who answered what is told."""
        party = self.state.waits_on
        return party.many and (isinstance(party, Committee) or not party.personal)

    @property
    def granted(self) -> bool:
        return self.state.granted

    @property
    def late(self) -> bool:
        return self.case.open and self.case.due_on is not None and self.case.due_on < self.at.today

    # Moves

    @cached_property
    def options(self) -> list[available.Option]:
        return available.options(plain(db.session), self.case, self.who, self.at)

    @cached_property
    def allowed(self) -> list[Move]:
        return [option.move for option in self.options if option.allowed]

    @cached_property
    def answers(self) -> list[Move]:
        """Return the answers open to the reader: consent first, refusal last; none where a step of
        his comes first. A draft is signed rather than given back.
        """
        found = [move for move in self.allowed if move.decides]
        if any(move.by is not self.state.waits_on for move in found) and self.steps_open:
            found = [move for move in found if move.by is self.state.waits_on]
        on = [move for move in found if move.tone not in ("back", "negative")]
        return sorted(
            found,
            key=lambda move: (
                move.tone == "negative",
                move is not (on or found)[0],
                move.tone != "back",
            ),
        )

    @cached_property
    def steps_open(self) -> list[Move]:
        """Return the other moves by which the reader himself carries the case on."""
        return [
            move
            for move in self.allowed
            if not move.decides
            and move.place != "aside"
            and (move.by is self.state.waits_on or move.place == "step")
        ]

    @cached_property
    def aside(self) -> list[Move]:
        main = [*self.answers, *self.steps_open]
        return [move for move in self.allowed if move not in main and move.place != "page"]

    @cached_property
    def closed(self) -> list[available.Option]:
        """Return what the reader may not do, for the list of reasons; the clock is told of
        elsewhere.
        """
        return [
            option
            for option in self.options
            if not option.allowed and option.move.by not in (TIMER, AUTOMATIC)
        ]

    @cached_property
    def clock(self) -> list[tuple[Move, date]]:
        """Return what the clock will do, and on which day."""
        found = [
            (move, move.on(self.attempt(move)))
            for move in self.workflow.leaving(self.state)
            if move.by is TIMER
        ]
        return [(move, day) for move, day in found if day]

    def move(self, name: str) -> Move | None:
        return next((move for move in self.allowed if move.name == name), None)

    def key(self, move: Move) -> str:
        """Return the key that puts the focus on an answer."""
        return "A" if move is self.answers[0] else ANSWER_KEYS.get(move.tone, "")

    def attempt(self, move: Move | None) -> TransitionContext:
        return TransitionContext(
            plain(db.session),
            self.workflow,
            self.case,
            move,
            self.who,
            self.at,
            state=self.case.state,
        )

    def form(self, move: Move, scope: str):
        mine = self.bound.of_move(move.name)
        own = move.by is self.workflow.opened_by and not move.decides
        facts = {ask.name: self.case.facts.get(ask.name) for ask in move.asks} if own else {}
        values = mine.words if mine or mine.words else facts
        return forms.form_for(move.asks, f"{scope}-{move.name}", values, mine.wrong)

    @cached_property
    def people(self) -> list[Person]:
        """Return whom a form may name: the branch's members, and whoever has a row of his own in
        the case.
        """
        if self.case.unit.kind != "branch":
            return []
        named = (
            *members(db.session, self.case.unit_id, self.at.today),
            *record.participants(db.session, self.case),
        )
        return list(keyed(named).values())

    @property
    def field_ids(self) -> dict[str, str]:
        """Return by word the field of the form that came back, for the links of its error summary."""
        name = self.bound.move
        if name == forms.ATTACH and self.may_attach:
            ids = {"note": "ev-note", "finding": "ev-for"}
            return {word: ids.get(word.split("-")[0], "ev-file") for word in self.bound.wrong}
        if name in desk_acts.ASKS:
            return {ask.name: f"d-{name}-{ask.name}" for ask in desk_acts.ASKS[name]}
        move = self.move(name)
        if move is None:
            return {}
        scope = "o" if move in self.aside else "m"
        asked = {ask.name: f"{scope}-{name}-{ask.name}" for ask in move.asks}
        return {**asked, "file": "ev-file"}

    @property
    def said(self) -> str:
        """Return the one text that came back with a refused answer."""
        mine = self.bound.move in [move.name for move in self.answers]
        return next(iter(self.bound.words.values()), "") if mine else ""

    @property
    def one_text(self) -> bool:
        return forms.one_text(self.answers)

    @cached_property
    def desk(self) -> WorkItem | None:
        """Return the row that is the reader's to work on."""
        return desk_acts.desk_of(db.session, self.case, self.who) if self.case.open else None

    @cached_property
    def acts(self) -> list[tuple[str, str]]:
        return [
            (name, desk_acts.ACTS[name])
            for name in desk_acts.possible_at(db.session, self.case, self.who, self.at, self.desk)
        ]

    @cached_property
    def hands(self) -> list:
        """Return the desk acts open to the reader as forms."""
        return desk_act_forms.offered(self)

    @cached_property
    def holder(self) -> str:
        """Return who has claimed the case today."""
        lying = authority.lying(db.session, self.workflow, self.case)
        held = (one.claimed_by for one in lying if one.claimed_on == self.at.today)
        return next((inbox.person_name(db.session, one) for one in held if one), "")

    # Checks

    @cached_property
    def checks(self) -> list[Check]:
        """Return what was checked for whoever is to answer, warnings first; the guards themselves
        judge.
        """
        if not any(move.decides for move in self.workflow.leaving(self.state)):
            return []
        return self._checked(
            next(
                (option.move for option in self.options if option.yours and option.move.decides),
                None,
            )
        )

    def _checked(self, answer: Move | None) -> list[Check]:
        judged = [
            Check(bool(guard.test(attempt)), name, guard.sentence, guard.source)
            for name, (guard, attempt) in self._to_judge(answer).items()
        ]
        return sorted([*self._seldom(), *judged], key=lambda check: check.ok)

    def passes(self, answer: Move) -> bool:
        """True where no check has anything to say about an answer; asks no further than the first."""
        judged = self._to_judge(answer).values()
        return not self.earlier and all(guard.test(attempt) for guard, attempt in judged)

    def _to_judge(self, answer: Move | None) -> dict[str, tuple[Rule, TransitionContext]]:
        """Return by name what is judged of the step that led here and of an answer, and about which: not
        what reads words that are still to be written.
        """
        attempts = [*self._asked_for(), *([self.attempt(answer)] if answer else [])]
        return {
            guard.name: (guard, attempt)
            for attempt in attempts
            for guard in (*attempt.move.only_if, *attempt.move.warns)
            if not (attempt.move.decides and guard.words)
        }

    def _asked_for(self) -> Iterable[TransitionContext]:
        """Yield the step that led here, with its words."""
        if self.asked is None:
            return
        attempt = self.attempt(self.asked)
        try:
            attempt.words, attempt.raw = read_words(self.asked.asks, self.asked_row.words)
            yield attempt
        except InvalidInput:  # words of an earlier version of the law
            return

    def _seldom(self) -> list[Check]:
        """Return a warning where the branch was granted the same within a year."""
        before = self.earlier
        return [Check(False, "earlier", str(len(before) + 1), case=before[0])] if before else []

    @cached_property
    def earlier(self) -> list[Case]:
        return precedents.earlier(db.session, [self.case])[self.case.id]

    @cached_property
    def in_bulk(self) -> Move | None:
        """Return the answer that may be given here among many, where no check has anything to say."""
        found = self.workflow.bulk_move(self.state)
        return found if found and found in self.allowed and self.passes(found) else None

    @cached_property
    def asked_row(self) -> JournalRow | None:
        """Return the step that brought the case where it is."""
        return next(
            (
                row
                for row in reversed(self.journal)
                if row.kind == "move" and row.from_state != row.to_state and row.actor_id
            ),
            None,
        )

    @property
    def unanswered(self) -> dict | None:
        """Return who did not answer and since when, where the clock ended the case for that."""
        return (
            self.journal[-1].result.get("unanswered")
            if self.journal and self.case.closed_at
            else None
        )

    @property
    def sent_back(self) -> list[tuple]:
        """Return with which words the case was sent back to where it lies, each with its ask."""
        row = self.asked_row
        back = row is not None and self.asked is not None and self.asked.tone == "back"
        return _said(self.workflow, row) if row is not None and back else []

    @property
    def asked(self) -> Move | None:
        row = self.asked_row
        if row is None or row.to_state != self.case.state or not self.workflow.moves:
            return None
        return self.workflow.move(self.workflow.state(row.from_state), row.move)

    # What happened

    @cached_property
    def journal(self) -> list[JournalRow]:
        return journal.of_cases(db.session, [self.case.id])[self.case.id]

    @cached_property
    def entries(self) -> list[Entry]:
        """Return the course of things, the newest first, the clock's reminders among it."""
        told = [
            Entry(
                label(self.workflow, row),
                row.actor,
                row.at,
                _said(self.workflow, row) if self.reads(row) else [],
                row.result,
            )
            for row in self._told_apart
        ]
        reminded = [
            Entry(_rung(row.rung), N_("系统"), row.at)
            for row in record.reminders(db.session, self.case)
        ]
        return sorted([*told, *reminded], key=lambda entry: entry.at, reverse=True)

    @property
    def _told_apart(self) -> list[JournalRow]:
        """Return the steps that the reader may know of, newest first, without what many wrote in
        discreet matters.
        """
        many = (
            {move.name for move in self.workflow.moves if move.unversioned}
            if self.workflow.discreet
            else ()
        )
        return [
            row
            for row in reversed(self.journal)
            if row.kind != prints.ROW or row.actor_id
            if row.actor_id == self.who.id
            or (
                row.move not in many
                and authority.reads_row(self.workflow, self.case, self.who, row)
            )
        ]

    @cached_property
    def reads_all(self) -> bool:
        return authority.reads_all(self.workflow, self.case, self.who)

    @property
    def leaves(self) -> bool:
        """True where the reader may take the case's file along."""
        return case_file.leaves_with(self.workflow, self.case, self.who)

    def reads(self, row: JournalRow) -> bool:
        """True where the reader may see what was written in a step."""
        return self.reads_all or row.actor_id == self.who.id

    @cached_property
    def papers(self) -> list[Paper]:
        issued = any("paper" in row.result for row in self.journal)
        return record.papers(db.session, self.case) if issued and self.reads_all else []

    @cached_property
    def printed(self) -> dict[str, prints.Printed]:
        """Return by paper which files of it there are."""
        return prints.standing(db.session, self.papers)

    def changed(self, paper: Paper) -> list[tuple]:
        """Return what a void paper was decided on and is not so any more: field, before, now."""
        frozen = capsule.of(self.journal, paper) if paper.void_at else None
        if frozen is None or self.workflow.discreet:
            return []
        found = capsule.changed(frozen, self.case, capsule.shown(db.session, self.case))
        asked = {ask.name: ask for move in self.workflow.moves for ask in move.asks}
        asked |= {ask.name: ask for ask in self.workflow.facts} | {_SHOWN.name: _SHOWN}
        return [(asked[name], *both) for name, both in found.items() if name in asked]

    @cached_property
    def issues_for(self) -> dict[str, str]:
        """Return the units whose papers the reader scans back when they are sealed."""
        return paper_numbers.seats(self.who)

    def contact(self, paper: Paper) -> str:
        """Return whom a paper names to be asked, as he was called when it was issued."""
        return prints.contact_of(paper, self.journal)

    def letter(self, name: str, **raw) -> dict:
        """Compose what a move would send or issue if it were made now, with these words."""
        return self._composed(next(one for one in self.workflow.moves if one.name == name), raw)

    def _composed(self, move: Move, words: dict) -> dict:
        attempt = self.attempt(move)
        attempt.raw = attempt.words = words
        attempt.basis = next((one.basis for one in self.options if one.move is move), None)
        return move.composes(attempt)

    @cached_property
    def to_sign(self) -> dict | None:
        """Return the paper as it would be signed today, while whoever reads may sign or send it on."""
        signed = [one for one in self.workflow.moves if one.name in SIGNED and one.composes]
        drafting = self.case.state in ("draft", "proposed") and self.reads_all
        return self._composed(signed[0], {}) if signed and drafting else None

    @property
    def drafts(self) -> str:
        """Return whom the paper that is signed will name to be asked: who sends it to be signed, empty
        while another of his office may.
        """
        sent = [row for row in self.journal if row.move == prints.DRAFTED]
        if self.case.state == "proposed" and sent:
            return prints.called(sent[-1])
        mine = any(one.name == prints.DRAFTED for one in self.allowed)
        return self.who.person.name if mine else ""

    @cached_property
    def previews(self) -> list[dict]:
        """Return what each answer open to the reader would issue, with what came back of his words."""
        issuing = [one for one in self.allowed if one.composes and one.name not in SIGNED]
        return [
            self._composed(move, self.bound.of_move(move.name).words)
            for move in issuing
            if move.decides or not move.letter
        ]

    @cached_property
    def sent(self) -> requests.Sent | None:
        """Return the last letter that was sent without a number."""
        return requests.sent(
            db.session, self.case, self.journal, self.who, current_app.extensions["clock"]
        )

    @cached_property
    def attachments(self) -> list[Attachment]:
        return attachments.of_case(db.session, self.case)

    def order_day(self, move: Move | None) -> str | None:
        """Return the day that an order names as it is shown to whoever signs or issues it."""
        mine = self.bound.of_move(move.name if move else "")
        if mine:
            return mine.words.get("due_on", "")
        known = self.case.facts.get("due_on")
        return known if known or move is None else present.rectify_by(self.case).isoformat()

    @cached_property
    def evidence(self) -> list[Attachment]:
        return attachments.newest(self.attachments)

    @cached_property
    def visit(self) -> linked.Linked | None:
        """Return the visit from which an order came."""
        return linked.visit_of(db.session, self.case, self.journal, self.who)

    @cached_property
    def orders(self) -> list[linked.Linked]:
        """Return the orders that came of a visit."""
        return linked.orders_of(db.session, self.journal, self.who)

    @cached_property
    def unseen(self) -> bool:
        """True where the page's script is to tell that it was read."""
        return rectification.unseen(db.session, self.case, self.who, self.seen_by) or (
            session.unread() > 0 and bell.rings(db.session, self.who, self.case.id)
        )

    @cached_property
    def seen_by(self) -> list[tuple]:
        return rectification.seen_by(db.session, self.case)

    @cached_property
    def telling(self) -> rectification.Telling | None:
        return rectification.telling(db.session, self.case)

    @property
    def tells(self) -> bool:
        """True where the reader keeps the branch's record and so notes that its members were told."""
        try:
            authority.leads(db.session, successor_of(db.session, self.case.unit), self.who)
        except DomainError:
            return False
        return True

    @cached_property
    def may_attach(self) -> bool:
        """True where the reader's side works on it or has just sent it, or he opened it; judged again
        when a file comes.
        """
        return self.case.open and (
            self.waiting.yours or attachments.may_add(db.session, self.case, self.who)
        )

    @cached_property
    def slots(self) -> list[tuple[str, str]]:
        """Return where many answer: each unit and what it has answered."""
        if not self.several or not self.reads_all:
            return []
        rows = record.answers(db.session, self.case, isinstance(self.state.waits_on, Committee))
        labels = {**{move.name: move.label for move in self.workflow.moves}, **VOTES}
        return [(name, labels.get(answer, "")) for name, answer in rows]

    @cached_property
    def _left(self) -> dict[str, JournalRow]:
        """Return by state the act by which the case went on from there last; where the program
        counted, the last act of those whose turn it was.
        """
        rows = [row for row in reversed(self._told_apart) if row.kind == "move"]
        return {row.from_state: row for row in rows if self._carried_on(row)}

    def _carried_on(self, row: JournalRow) -> bool:
        if row.from_state != row.to_state:
            return row.role != AUTOMATIC.name
        state = self.workflow.state(row.from_state)
        move = self.workflow.move(state, row.move)
        return move is not None and move.by is state.waits_on

    def _passed(self, last: dict[str, JournalRow]) -> list[str]:
        """Return the states that the case has left, in the order in which it came to them last."""
        shown = {state.name for state in self.workflow.states if state.waits_on is not AUTOMATIC}
        names = sorted(last.keys() & shown, key=lambda name: last[name].seq)
        return [name for name in names if name != self.case.state]

    def _done(self, name: str) -> Step:
        """Return a step that was made: what was done, by whom and when, as far as the reader may know."""
        row, state = self._left.get(name), self.workflow.state(name)
        return Step(label(self.workflow, row) if row else self.workflow.act(state), "done", row)

    def _before(self, here: Step, done: list[Step]) -> list[Step]:
        """Return the steps that were made, without an act that only says again where it ended."""
        return done[:-1] if done and here.kind == "done" and done[-1].label == here.label else done

    @cached_property
    def steps(self) -> list[Step]:
        """Return the way so far, where the case is, and the way that lies ahead of it."""
        last = {row.to_state: row for row in self.journal if row.kind in ("open", "move")}
        done = self._passed(last)
        now = "done" if self.case.closed_at else "late" if self.late else "now"
        here = Step(self.state.label, now, last.get(self.case.state))
        way = [
            *self._before(here, [self._done(name) for name in done]),
            here,
            *(
                Step(self.workflow.act(state) if state.waits_on.human else state.label, "")
                for state in self.workflow.ahead(self.state)
                if state.waits_on is not AUTOMATIC
            ),
        ]
        long = len(way) > SHORT_WAY
        return [replace(step, far=long and abs(at - len(done)) > 1) for at, step in enumerate(way)]


def label(workflow: Workflow, row: JournalRow) -> str:
    if row.kind == "open":
        return workflow.begins
    if row.kind != "move":
        return desk_acts.LABELS.get(row.move, row.move)
    return next((move.label for move in workflow.moves if move.name == row.move), row.move)


_REACHED = Field("to", "list", "对象")
_SHOWN = Field("attachments", "text", "材料（份）")


def _asks(workflow: Workflow, row: JournalRow) -> dict[str, Field]:
    """Return by word what a step asked for."""
    said = desk_acts.ASKS | desk_acts.SAID
    asks = {
        "open": workflow.facts,
        "inherit": (REASON,),
        "desk": [ask for ask in said.get(row.move, ()) if ask.kind != "person"],
    }.get(row.kind)
    return workflow.asks(row.move) if asks is None else {ask.name: ask for ask in asks}


def _said(workflow: Workflow, row: JournalRow) -> list[tuple]:
    """Return the words of a step with the asks that they answer; of a list, which has a table of its
    own on the page, only how long it is.
    """
    asks = _asks(workflow, row)
    told = [(_REACHED, row.result["to"])] if row.kind == "desk" and "to" in row.result else []
    words = [
        (asks[name], value)
        for name, value in row.words.items()
        if name in asks and value and not (asks[name].kind == "text" and is_id(value))
    ]
    return [
        *told,
        *(
            (ask, say("%(n)s 条", n=len(value)) if ask.items else value)
            for ask, value in words
            if not (workflow.discreet and ask.items)
        ),
    ]


RUNGS = {-1: N_("已超期，提醒承办人，并转上一级"), 0: N_("提醒承办人，今天到期")}


def _rung(rung: int) -> str:
    later = say("提醒承办人，还有 %(count)s 个工作日", count=rung)
    return RUNGS.get(max(rung, -1), later)


# For lists ---------------------------------------------------------------------------------------


def read(cases: list[Case], who: Actor, at: Moment) -> list[CaseFile]:
    """Return files of those cases that an answer to many may reach, with what their checks ask, read
    at once for all.
    """
    every = [CaseFile(case, who, at) for case in cases]
    files = [file for file in every if file.workflow.bulk_move(file.state)]
    if not files:
        return []
    found, read_by = [file.case for file in files], plain(db.session)
    before, steps = precedents.earlier(read_by, found), journal.steps_here(read_by, ids_of(found))
    foresight.read(read_by, found, {one.case.id: one.workflow.opened_by.name for one in files})
    for file in files:
        file.earlier, file.asked_row = before[file.case.id], steps.get(file.case.id)
    return files


def clear(files: list[CaseFile]) -> set[str]:
    """Return which cases on the reader's own desk can be answered among many without a second look.

    Their desk has been found by the queue, so authority is not asked again here; the engine asks
    it.
    """
    return {file.case.id for file in files if _is_clear(file)}


def _is_clear(file: CaseFile) -> bool:
    """True where nothing speaks against an answer; what cannot be judged, written past the program, is
    looked at by itself.
    """
    move = file.workflow.bulk_move(file.state)
    try:
        return move is not None and file.passes(move)
    except present.UNREADABLE:
        return False
