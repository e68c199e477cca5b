"""The words of a definition, and what may not be said with them.

Pure data: no database, no web. A definition that contradicts itself is refused while it is
imported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum, auto
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from oversight.base.lazy import cached_property
from oversight.base.refusals import InvalidDefinition
from oversight.base.sentences import N_
from oversight.base.settings import ZoneSetting
from oversight.base.terms import DEFAULTS, fill

from .clauses import Source
from .roles import AUTOMATIC, NOBODY, TIMER, Role

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

KINDS = ("text", "date", "number", "choice", "yes_no", "person", "unit", "file", "list")
TONES = ("", "back", "negative")
PLACES = ("", "step", "aside", "page")
FORESEEN = 7  # states that the way ahead of a case shows at most


class Internal(Enum):
    """The target of a move that leaves the case where it is; an Enum, so that `is` narrows types."""

    TRANSITION = auto()


INTERNAL: Final = Internal.TRANSITION


@dataclass(frozen=True)
class Field:
    """One word that a move asks for.

    `choices` are (value, label) pairs, for kind "choice" or for each entry of a "list"; `items` are
    the words of each entry of a "list". For the screen: `initial(today)` is what a new form
    proposes; `alone`: never one for several people, each has his own; `line`: a text of one line.
    """

    name: str
    kind: str
    label: str
    required: bool = True
    choices: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    items: tuple[Field, ...] = ()
    initial: Callable[[date], object] | None = None
    alone: bool = False
    line: bool = False

    def __post_init__(self):
        if self.kind not in KINDS:
            raise InvalidDefinition(f"{self.name}: no such kind of word: {self.kind}")
        if (
            self.kind == "choice"
            and not self.choices
            or self.choices
            and self.kind not in ("choice", "list")
        ):
            raise InvalidDefinition(
                f"{self.name}: choices belong to kinds choice and list, and to no other"
            )
        if self.items and self.kind != "list":
            raise InvalidDefinition(f"{self.name}: entries belong to a list")


@dataclass(frozen=True)
class Due:
    """A deadline of so many working days from entering a state, or of a term that the zone sets;
    `before` caps it by a fact of the case.

    `until` sets the last day outright where it names one. `reminders`: working days before the due
    day on which a reminder goes out. `keeps`: what was left of it is resumed when the state is
    entered again. `escalate_to`: who is shown the case when it is overdue.
    """

    workdays: int | ZoneSetting
    source: Source
    before: Callable[[TransitionContext], date | None] | None = None
    reminders: tuple[int, ...] = (1, 0)
    until: Callable[[TransitionContext], date | None] | None = None
    keeps: bool = False
    escalate_to: Role | None = None

    def days(self, values: Mapping[str, str] = DEFAULTS) -> int:
        """Return how many working days it is by a zone's choices; by default by the usual ones."""
        given = self.workdays
        return given if isinstance(given, int) else int(values[given.name])


@dataclass(frozen=True)
class MultiInstance:
    """Multi-instance (会签): one work item for each unit, or each person, that `over` names when the
    state is entered.

    `over(attempt)` returns unit ids; for a role that a person plays, person ids. The case moves on
    when every item is closed, counted under the case's lock; who is excused has his item closed by
    another's move.
    """

    role: Role
    over: Callable[[TransitionContext], list[str]]
    label: str

    @property
    def name(self) -> str:
        return f"each_{self.role.name}"

    @property
    def human(self) -> bool:
        return True

    @property
    def many(self) -> bool:
        return True

    @property
    def judges(self) -> bool:
        return self.role.judges

    @property
    def personal(self) -> bool:
        """True where persons answer, each in his own name."""
        return self.role.seat == "person"


@dataclass(frozen=True)
class Committee:
    """A committee that decides as one: each of its members acts once, for nobody but himself.

    `role` says where it sits and which offices belong to it; its members are frozen when the state
    is entered. Who is named by `steps_aside` is recused from the start. `quorum` is the share of
    those who should attend (应到, the recused among them) that has to act; `carries` the share of
    those entitled and not recused that has to be exceeded. Fewer than `least` members are no
    committee. `secret(attempt)`: they vote by unsigned paper; then only who came and the counts are
    entered. Outcomes are moves by AUTOMATIC.
    """

    role: Role
    label: str
    answer: str
    steps_aside: Callable[[TransitionContext], set[str]] = lambda attempt: set()
    quorum: Fraction = Fraction(1, 2)
    carries: Fraction = Fraction(1, 2)
    least: int = 3
    secret: Callable[[TransitionContext], bool] = lambda attempt: False

    @property
    def name(self) -> str:
        return self.role.name

    @property
    def human(self) -> bool:
        return True

    @property
    def many(self) -> bool:
        return True

    @property
    def judges(self) -> bool:
        return True

    @property
    def personal(self) -> bool:
        return True


Party = Role | MultiInstance | Committee
MANY = (MultiInstance, Committee)


def role_of(party: Party) -> Role:
    """Return the role that a party plays, one or each of many."""
    return party.role


@dataclass(frozen=True)
class Tell:
    """Whom a move tells, and in which sentence; declared and checked here, delivered elsewhere.

    `concerns` (session, case, unit): of all branches those that the matter is about, where not each.
    """

    party: Party
    sentence: str
    concerns: Callable[..., bool] | None = None


@dataclass(frozen=True)
class Bulk:
    """A move that may be made in many cases at once, each in a transaction of its own.

    `prompt` asks for the text, `phrase` is the one proposed, `consequence` says what comes of it,
    `done` what came of it (with %(n)s and %(names)s).
    """

    prompt: str = ""
    phrase: str = ""
    consequence: str = ""
    done: str = ""


@dataclass(frozen=True)
class State:
    """`granted`: what was asked for has been granted, or what was ordered stands.

    For the screen, and no part of the printed law: `act` is what whoever it waits for is to do, in a
    word or two (联系, 复核); where it is not said, the label of his first move is.
    """

    name: str
    label: str
    waits_on: Party = NOBODY
    due: Due | None = None
    granted: bool = False
    act: str = ""


@dataclass(frozen=True)
class Rule:
    """A guard: its docstring is the sentence that the user reads when it says no.

    `words` names the words it needs; a guard that needs none is also judged before anybody has
    written. `once`: an opening that it refuses while the same matter is open comes second to that.
    """

    test: Callable[[TransitionContext], bool]
    source: Source
    words: tuple[str, ...] = ()
    once: bool = False

    @property
    def name(self) -> str:
        return self.test.__name__

    @property
    def sentence(self) -> str:
        return " ".join((self.test.__doc__ or "").split())


def rule(source: Source, *words: str, once: bool = False) -> Callable[[Callable], Rule]:
    """Make a guard of a function that returns whether it is satisfied."""

    def make(test: Callable) -> Rule:
        if not (test.__doc__ or "").strip():
            raise InvalidDefinition(f"guard {test.__name__} has no sentence")
        return Rule(test, source, words, once)

    return make


@dataclass(frozen=True)
class Effect:
    """Database writes of a move, made by `effect`; the docstring says what the move brings about.

    `letter(attempt)` composes the paper that it issues: the page shows the same before.
    """

    act: Callable[[TransitionContext], None]
    letter: Callable[[TransitionContext], dict] | None = None

    @property
    def name(self) -> str:
        return self.act.__name__

    @property
    def sentence(self) -> str:
        return " ".join((self.act.__doc__ or "").split())

    def __call__(self, attempt: TransitionContext) -> None:
        self.act(attempt)


def effect(act: Callable[[TransitionContext], None]) -> Effect:
    """Make an effect of a function that writes what a move brings about."""
    if not (act.__doc__ or "").strip():
        raise InvalidDefinition(f"effect {act.__name__} has no sentence")
    return Effect(act)


def issuing(letter: Callable[[TransitionContext], dict]) -> Callable[[Callable], Effect]:
    """Make an effect of a function that issues what `letter` composes."""
    return lambda act: replace(effect(act), letter=letter)


@dataclass(frozen=True)
class Move:
    """A way from one state to one other.

    `on` (TIMER moves): the day on which it becomes due. `per_participant`: one of several who act
    in the same state, which closes the actor's own work item; `closes`: the field that names whose
    item it closes, where another does it. `append_only`: only adds what somebody has to say, so
    that it need not know the newest version. `warns`: rules that warn and do not refuse (一般、鼓励).
    `decides`: an answer to what another has asked. `tells`: who learns of it beside the one whom
    the case then waits for. `letter(attempt)` composes what it sends or issues: the page shows the
    same before. `faultless` (TIMER moves): nobody is to blame for the silence that it ends.

    For the screen, and no part of the printed law: `consequence` is one sentence that says what
    pressing it does. `tone`: "back" gives it back to be written anew, "negative" refuses or revokes.
    `place`: "step" is a next step also for others than the one whose turn it is, "aside" never is
    one and stands under 其他办理, "page" has a form of its own on the workflow's page. `phrases` are
    ready sentences for its text; `unsaid` is what the text reads where it is left empty. `bulk`: it
    may be made in many cases at once.
    """

    name: str
    label: str
    leaves: State | tuple[State, ...]
    enters: State | Internal
    by: Party
    under: Source
    asks: tuple[Field, ...] = ()
    only_if: tuple[Rule, ...] = ()
    does: tuple[Effect, ...] = ()
    on: Callable[[TransitionContext], date | None] | None = None
    warns: tuple[Rule, ...] = ()
    per_participant: bool = False
    closes: str = ""
    append_only: bool = False
    decides: bool = False
    consequence: str = ""
    tells: tuple[Tell, ...] = ()
    letter: Callable[[TransitionContext], dict] | None = None
    tone: str = ""
    place: str = ""
    phrases: tuple[str, ...] = ()
    unsaid: str = ""
    bulk: Bulk | None = None
    faultless: bool = False

    def __post_init__(self):
        if self.tone not in TONES or self.place not in PLACES:
            raise InvalidDefinition(f"{self.name}: no such tone or place")

    @property
    def composes(self) -> Callable[[TransitionContext], dict] | None:
        """Return what composes the paper that it sends or issues, if any."""
        return self.letter or next((one.letter for one in self.does if one.letter), None)

    @property
    def unversioned(self) -> bool:
        """True where several may act at the same instant: the version is not asked for."""
        return self.per_participant or self.append_only

    @property
    def from_states(self) -> tuple[State, ...]:
        return self.leaves if isinstance(self.leaves, tuple) else (self.leaves,)

    def target(self, state: State) -> State:
        return state if self.enters is INTERNAL else self.enters


@dataclass(frozen=True)
class Workflow:
    """A definition: checked as a whole when it is made. Raises InvalidDefinition.

    `business_key` names what a case is about: one open case each. `inherits`: open cases pass to
    the successor of a merged unit; otherwise they are ended first. `data_subject` names the fact
    that holds the person whose own case it is, who acts in no office on it. `on_open` are effects
    of opening. `discreet`: what one has written is shown to himself and to those whose business it
    is, not to the others who take part. `stays`: its unit is not the branch of the person whose case
    it is, so that it does not end or pass on when he goes. `setting`: the zone's own choice whether
    it is offered at all; cases that are open live on. `tells`: who learns that it was opened.
    `recorded` names the acts ("open", moves) that who enters for a branch without a computer may write
    down for it (代录). `outsiders` is the rule by which no member of its unit fills a role that judges in it: the seat
    climbs as where it is vacant.

    For the screen: `party_day` names the fact that holds the party day it is about; `icon` gives it
    a line of its own in the menu while some lie on the reader's desk; `listed` False: it is opened
    by another act, and nobody chooses it from a list. `begins`: what its opening is called.
    """

    name: str
    title: str
    version: int
    opens: State
    opened_by: Role
    moves: tuple[Move, ...]
    facts: tuple[Field, ...] = ()
    open_if: tuple[Rule, ...] = ()
    business_key: Callable[[TransitionContext], str | None] | None = None
    short: str = ""
    inherits: bool = False
    data_subject: str = ""
    discreet: bool = False
    stays: bool = False
    on_open: tuple[Effect, ...] = ()
    setting: ZoneSetting | None = None
    tells: tuple[Tell, ...] = ()
    outsiders: Source | None = None
    party_day: str = ""
    icon: str = ""
    listed: bool = True
    begins: str = N_("发起")
    recorded: tuple[str, ...] = ()
    states: tuple[State, ...] = field(init=False)
    _by_name: dict[str, State] = field(init=False, repr=False, compare=False)
    _leaving: dict[str, list[Move]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, State] = {self.opens.name: self.opens}
        for move in self.moves:
            for state in (*move.from_states, *map(move.target, move.from_states)):
                if found.setdefault(state.name, state) is not state:
                    raise InvalidDefinition(f"{self.name}: two states are called {state.name}")
        object.__setattr__(self, "states", tuple(found.values()))
        leaving: dict[str, list[Move]] = {name: [] for name in found}
        for move in self.moves:
            for name in dict.fromkeys(one.name for one in move.from_states):
                leaving[name].append(move)
        object.__setattr__(self, "_by_name", found)
        object.__setattr__(self, "_leaving", leaving)
        for check in (_unique_moves, _movable, _answered, _owned, _reachable, _ends, _clocked):
            check(self)

    def with_states(self, version: int, *states: State) -> Workflow:
        """Return another version, with these states in the place of those of the same names."""
        named = {state.name: state for state in states}

        def other(state: State) -> State:
            return named.get(state.name, state)

        moves = [
            replace(
                move,
                leaves=tuple(map(other, move.from_states)),
                enters=INTERNAL if move.enters is INTERNAL else other(move.enters),
            )
            for move in self.moves
        ]
        return replace(self, version=version, opens=other(self.opens), moves=tuple(moves))

    def knows(self, state: str) -> bool:
        return state in self._by_name

    def state(self, name: str) -> State:
        return self._by_name[name]

    def leaving(self, state: State) -> list[Move]:
        return self._leaving[state.name]

    def move(self, state: State, name: str) -> Move | None:
        return next((move for move in self.leaving(state) if move.name == name), None)

    def names(self, name: str) -> bool:
        return any(move.name == name for move in self.moves)

    def final(self, state: State) -> bool:
        return not self.leaving(state)

    @cached_property
    def writes_papers(self) -> bool:
        """True where an opinion in a case stands in a paper: one of the moves issues some."""
        effects = [effect for move in self.moves for effect in move.does]
        return any(one.act.__module__.startswith("oversight.papers.") for one in effects)

    @cached_property
    def published(self) -> frozenset[str]:
        """Name the states from the move on that tells all branches: whoever is told may read it."""
        found: set[str] = set()
        new = {move.target(one).name for one, move in self._told_to_all()}
        while new - found:
            found |= new
            new = {
                move.target(self.state(name)).name
                for name in found
                for move in self.leaving(self.state(name))
            }
        return frozenset(found)

    def _told_to_all(self) -> list[tuple[State, Move]]:
        return [
            (state, move)
            for state in self.states
            for move in self.leaving(state)
            if any(role_of(tell.party).seat == "branches" for tell in move.tells)
        ]

    @property
    def drafts(self) -> bool:
        """True where a new case lies with the one who opens it until he sends it on."""
        return self.opens.due is None

    def act(self, state: State) -> str:
        """Return what is to be done in a state, in a word or two: its own, else its first move's."""
        maker = state.waits_on
        moves = (one for one in self.leaving(state) if one.by is maker and one.place != "aside")
        return state.act or next((one.label for one in moves), state.label)

    def bulk_move(self, state: State) -> Move | None:
        """Return the answer in a state that may be given to many at once."""
        return next((move for move in self.leaving(state) if move.bulk and move.decides), None)

    def asks(self, name: str) -> dict[str, Field]:
        """Return by word what the moves of a name ask for."""
        return {ask.name: ask for move in self.moves if move.name == name for ask in move.asks}

    def ahead(self, state: State) -> list[State]:
        """Return the states that lie ahead if everybody whose turn it is takes the first step."""
        way: list[State] = []
        while (state := self._next(state)) and state not in way and len(way) < FORESEEN:
            way.append(state)
        return way

    def _next(self, state: State) -> State | None:
        """Return the state to which the assignee's first move on leads; one that only leads back here,
        such as an aside with the superior, is no way on where there is another.
        """
        found = self._onward(state)
        return next(
            (one for one in found if self._onward(one)[:1] != [state]), next(iter(found), None)
        )

    def _onward(self, state: State) -> list[State]:
        """Return where the moves of the assignee lead; of many, the automatic moves."""
        maker = AUTOMATIC if state.waits_on.many else state.waits_on
        return [
            move.enters
            for move in self.leaving(state)
            if move.by is maker
            and move.enters is not INTERNAL
            and move.place != "aside"
            and move.tone != "back"
        ]

    def fingerprint(self) -> str:
        """Hash what the table says, so that a change without a new version is noticed."""
        table = json.dumps(as_table(self), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(table.encode()).hexdigest()[:16]


def _unique_moves(workflow: Workflow) -> None:
    seen = set()
    for move in workflow.moves:
        for state in move.from_states:
            if (move.name, state.name) in seen:
                raise InvalidDefinition(
                    f"{workflow.name}: two moves called {move.name} leave {state.name}"
                )
            seen.add((move.name, state.name))


def _movable(workflow: Workflow) -> None:
    for move in workflow.moves:
        for wrong, sentence in _UNMOVABLE:
            if wrong(move):
                raise InvalidDefinition(f"{workflow.name}: {sentence}".replace("%", move.name))


MACHINE = (TIMER, AUTOMATIC)
_UNMOVABLE: tuple[tuple[Callable[[Move], bool], str], ...] = (
    (
        lambda move: move.by is TIMER and move.on is None,
        "% is made by the clock, which is not told when",
    ),
    (
        lambda move: move.by is AUTOMATIC and not move.only_if and not _asks_many(move),
        "% counts answers where nobody is asked for any",
    ),
    (
        lambda move: move.by in MACHINE and any(ask.required for ask in move.asks),
        "nobody is there to write the words of %",
    ),
    (
        lambda move: move.by not in MACHINE and not (move.by.human and move.by.role.ranks),
        "nobody can ever make %",
    ),
)


def _asks_many(move: Move) -> bool:
    return all(state.waits_on.many for state in move.from_states)


def _answered(workflow: Workflow) -> None:
    """Refuse a per-participant move outside a multi-instance state, and guards that read fields
    nobody asks for.
    """
    for move in workflow.moves:
        for wrong, sentence in _UNANSWERABLE:
            if wrong(move):
                raise InvalidDefinition(f"{workflow.name}: {move.name} {sentence}")
        asked = {ask.name for ask in move.asks}
        for guard in move.only_if:
            if set(guard.words) - asked:
                raise InvalidDefinition(
                    f"{workflow.name}: {guard.name} reads words that {move.name} does not ask for"
                )


def _alone(move: Move) -> bool:
    """True where a move answers as one of many that its states do not wait for."""
    each = move.by.many and any(state.waits_on is not move.by for state in move.from_states)
    return each or move.per_participant and not move.by.many


def _closes_nothing(move: Move) -> bool:
    named = move.closes in {ask.name for ask in move.asks} and _asks_many(move)
    return bool(move.closes) and not named


_UNANSWERABLE = (
    (_alone, "answers as one of many where many are not waited for"),
    (_closes_nothing, "closes a slot that nobody names or has"),
)


def _owned(workflow: Workflow) -> None:
    for state in workflow.states:
        final = workflow.final(state)
        if final and state.waits_on is not NOBODY:
            raise InvalidDefinition(
                f"{workflow.name}: {state.name} waits for somebody who can do nothing"
            )
        if not final and state.waits_on is NOBODY:
            raise InvalidDefinition(f"{workflow.name}: {state.name} waits for nobody")
        makers = [move.by for move in workflow.leaving(state)]
        if not final and not {state.waits_on, AUTOMATIC} & set(makers):
            raise InvalidDefinition(f"{workflow.name}: who {state.name} waits for has no move")


def _reachable(workflow: Workflow) -> None:
    reached, edge = {workflow.opens.name}, [workflow.opens]
    while edge:
        state = edge.pop()
        for move in workflow.leaving(state):
            target = move.target(state)
            if target.name not in reached:
                reached.add(target.name)
                edge.append(target)
    for state in workflow.states:
        if state.name not in reached:
            raise InvalidDefinition(f"{workflow.name}: {state.name} cannot be reached")


COMMON = ("void", "terminate")


def _ends(workflow: Workflow) -> None:
    """Every state has its own way to an end; being voided from above does not count as one."""

    def leads(state: State, ends: set[str]) -> bool:
        ways = (move for move in workflow.leaving(state) if move.name not in COMMON)
        return any(move.target(state).name in ends for move in ways)

    good = {state.name for state in workflow.states if workflow.final(state)}
    if not good:
        raise InvalidDefinition(f"{workflow.name} has no end")
    before = None
    while good != before:
        before, good = good, good | {state.name for state in workflow.states if leads(state, good)}
    for state in workflow.states:
        if state.name not in good:
            raise InvalidDefinition(f"{workflow.name}: {state.name} is a trap")


def _clocked(workflow: Workflow) -> None:
    for state in workflow.states:
        if state.waits_on.human and state.waits_on.judges and not state.due:
            raise InvalidDefinition(
                f"{workflow.name}: {state.name} waits for a superior without a clock"
            )


def ask_as_dict(ask: Field) -> dict:
    """Return a word as API, printed table and forms know it."""
    found = {"name": ask.name, "kind": ask.kind, "required": ask.required, "label": ask.label}
    if ask.choices:
        found["choices"] = [list(pair) for pair in ask.choices]
    if ask.items:
        found["items"] = [ask_as_dict(item) for item in ask.items]
    return found


def _move_as_dicts(move: Move, values: Mapping[str, str]) -> list[dict]:
    """Return one entry, or one a state where the move leaves the case in its state."""
    if move.enters is INTERNAL:
        return [_move_as_dict(move, [state], state, values) for state in move.from_states]
    return [_move_as_dict(move, move.from_states, move.enters, values)]


def _move_as_dict(move: Move, leaves, enters: State, values: Mapping[str, str]) -> dict:
    under = move.under
    ground = {"clause": under.id} if under.is_clause else {"house_rule": fill(under.text, values)}
    return {
        "name": move.name,
        "label": move.label,
        "leaves": [state.name for state in leaves],
        "enters": enters.name,
        "by": move.by.name,
        "asks": [ask_as_dict(ask) for ask in move.asks],
        "guards": [
            {
                "name": guard.name,
                "sentence": fill(guard.sentence, values),
                "ground": guard.source.id or fill(guard.source.text, values),
            }
            for guard in move.only_if
        ],
        "effects": [fill(effect.sentence, values) for effect in move.does],
        "many": move.unversioned,
        **ground,
    }


def _state_as_dict(workflow: Workflow, state: State, values: Mapping[str, str]) -> dict:
    return {
        "name": state.name,
        "label": state.label,
        "waits_on": state.waits_on.name or None,
        "due_workdays": state.due.days(values) if state.due else None,
        "final": workflow.final(state),
    }


def as_table(workflow: Workflow, values: Mapping[str, str] = DEFAULTS) -> dict:
    """Return the definition as plain data: what API, printed table and snapshot all show.

    `values` are the terms of a zone.
    """
    return {
        "name": workflow.name,
        "version": workflow.version,
        "title": workflow.title,
        "opens": workflow.opens.name,
        "opened_by": workflow.opened_by.name,
        "facts": [ask_as_dict(ask) for ask in workflow.facts],
        "states": [_state_as_dict(workflow, state, values) for state in workflow.states],
        "moves": [entry for move in workflow.moves for entry in _move_as_dicts(move, values)],
        **({"outsiders": workflow.outsiders.text} if workflow.outsiders else {}),
    }


def without(workflow: Workflow, version: int, *guards: Rule) -> Workflow:
    """Return the version of a workflow that was before it asked these guards."""

    def kept(asked: tuple[Rule, ...]) -> tuple[Rule, ...]:
        return tuple(guard for guard in asked if guard not in guards)

    moves = tuple(replace(move, only_if=kept(move.only_if)) for move in workflow.moves)
    return replace(workflow, version=version, open_if=kept(workflow.open_if), moves=moves)
