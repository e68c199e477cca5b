"""The days of a lived year: what was put down for each, then what lies on the desks, then what the clock
brings. Every act is a request of one person through the use case that his page calls.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Clock, Moment
from oversight.base.refusals import DomainError
from oversight.calendar.workdays import add_workdays
from oversight.calendar.zone import zone_calendar
from oversight.engine import authority, transitions
from oversight.models import Activity, Case, WorkItem
from oversight.organization.actor import Actor, actor_of

from . import agenda, habits
from .habits import Scene
from .meter import Meter
from .people import Cast

PACES = (
    (0, 0, 1),
    (0, 1, 2, 3),
    (1, 3, 5, 8),
)  # working days until somebody acts: prompt, usual, slow
SOON = ("appraisal", "campaign", "theme", "bulletin")  # what nobody lets lie
FORGETS, FORGOTTEN = 0.03, 22
AGAIN, GIVES_UP = 2, 8  # working days after a refusal, and how often somebody tries


@dataclass(frozen=True)
class Clockwork:
    """What time brings, from the room above: the sweep, and the sums that are kept for reading."""

    sweep: Callable[..., dict[str, int]]
    rebuild: Callable[..., int]
    kept: Callable[..., Any]


@dataclass
class Turn:
    """When somebody gets to a work item, and how often he was refused."""

    on: date
    number: int = 0
    refused: int = 0


class Life:
    """One year as it is lived; `refused` counts sentences by act, `left` what was forgotten on purpose
    by branch and rule key.
    """

    def __init__(
        self,
        session: Session,
        cast: Cast,
        seed: int,
        clock: Clock,
        meter: Meter,
        clockwork: Clockwork,
    ):
        self.session, self.cast, self.seed, self.clock = session, cast, seed, clock
        self.meter, self.clockwork = meter, clockwork
        self.calendar = zone_calendar(session, cast.zone_id)
        session.close()
        self.day, self.acts = date.min, 0
        self.later: dict[date, list[Callable[[], object]]] = defaultdict(list)
        self.turns: dict[str, Turn] = {}
        self.refused: Counter[tuple[str, str]] = Counter()
        self.left: dict[str, set[str]] = defaultdict(set)
        self.waits: dict[str, set[int]] = defaultdict(set)  # months whose sheet is still to come
        self.held_back: dict[tuple[str, int], date] = {}  # until a late report is made
        self.held_by_nobody: set[str] = set()
        self.swept: Counter[str] = Counter()
        self.acting = True

    def rng(self, *about: object) -> random.Random:
        """Return what draws for a matter, the same whatever was drawn before."""
        return random.Random(":".join(map(str, (self.seed, *about))))

    def at(self, hour: int = 9) -> Moment:
        """Return the next moment of the day, a little behind the last."""
        self.acts += 1
        return self.clock.at(self.day, hour + self.acts % 480 // 60, self.acts % 60)

    def on(self, day: date, act: Callable[..., object], *given: Any) -> None:
        """Put something down for a day, for today where that has passed."""
        self.later[max(day, self.day)].append(lambda: act(self, *given))

    def live(self, day: date) -> None:
        """Live one day."""
        self.day = day
        self._sweep()
        if not self.acting:
            return
        if day.day == 1:
            agenda.of_month(self)
        agenda.of_day(self)
        for act in self.later.pop(day, ()):
            act()
        if self.calendar.is_workday(day):
            self._desks()

    def _sweep(self) -> None:
        with self.meter.request(self.day.month, "sweep"):
            self.swept.update(self.clockwork.sweep(self.session, self.clock.at(self.day, 0, 5)))
        self.session.close()

    def request(self, act: str, who: str, do: Callable[[Actor, Moment], Any]) -> Any:
        """Let a person do something; returns what came of it, None where he was refused."""
        at, done = self.at(), None
        with self.meter.request(self.day.month, act) as cost:
            try:
                done = do(actor_of(self.session, self.cast.people[who], self.day), at)
            except DomainError as refusal:
                cost.refused = 1
                self.refused[act, refusal.sentence] += 1
        self.session.close()
        return done

    def open(self, workflow: str, by: str, unit: str, facts: dict, move: str = "", **words) -> Any:
        """Let a person open a case, with its first move where one is named; returns its id."""
        case = self.request(
            move or f"open {workflow}",
            by,
            lambda who, at: transitions.submit_opening(
                self.session, workflow, self.cast.units[unit], facts, who, at,
                then=(move, words) if move else None,
            ).id,
        )  # fmt: skip
        return case

    # Desks

    def _desks(self) -> None:
        """Let everybody do what lies on his desk and whose time has come, each in an order of its own."""
        found = [(self._place(row), row) for row in self._lying()]
        due_now = [pair for pair in sorted(found, key=lambda pair: pair[0]) if self._is_due(*pair)]
        for place, row in due_now:
            self._work(place, row)

    def _lying(self) -> list[sa.Row]:
        rows = self.session.execute(
            sa.select(
                WorkItem.id, WorkItem.case_id, WorkItem.person_id, WorkItem.unit_id, Case.unit_id.label("of"),
                Case.workflow, Case.state, Case.data_subject_id, Case.opened_at, Case.version,
            )
            .join(Case, Case.id == WorkItem.case_id)
            .where(WorkItem.closed_at.is_(None), WorkItem.kind == "act")
        ).all()  # fmt: skip
        self.session.close()
        return list(rows)

    def _place(self, row: sa.Row) -> tuple[str, ...]:
        """Say what a work item is about without an id: the same in every run."""
        names = self.cast.keys
        whose = names.get(row.person_id, ""), names.get(row.data_subject_id, "")
        about = names[row.of], row.workflow, str(row.opened_at), row.state, names[row.unit_id]
        return *about, *whose, str(row.version)

    def _is_due(self, place: tuple[str, ...], row: sa.Row) -> bool:
        turn = self.turns.get(row.id)
        if turn is None:
            turn = self.turns[row.id] = Turn(self._when(place, 0))
        return turn.on <= self.day

    def _when(self, place: tuple[str, ...], number: int) -> date:
        """Draw when somebody gets to it: each unit has its pace, and now and then one forgets."""
        rng = self.rng("when", *place, number)
        pace = self.rng("pace", place[4]).choices(PACES, (4, 4, 2))[0]
        days = rng.choice(pace)
        if place[1] in SOON:
            days = min(days, 2)
        elif rng.random() < FORGETS:
            days = FORGOTTEN
        return add_workdays(self.calendar, self.day, days) if days else self.day

    def _work(self, place: tuple[str, ...], row: sa.Row) -> None:
        turn = self.turns[row.id]
        rng = self.rng("work", *place, turn.number, turn.refused)
        item = self.session.get(WorkItem, row.id)
        if item is None or item.closed_at is not None:
            self.session.close()
            return
        people = authority.desk_people(self.session, item, self.day)
        scene = Scene(
            self.session, self.session.get(Case, row.case_id), self.day, rng, self.calendar
        )
        case_id, workflow, state = row.case_id, scene.case.workflow, scene.case.state
        tried = habits.choices(scene) if people else []
        version = scene.case.version
        self.session.close()
        if not people:
            self.held_by_nobody.add(row.id)
        who = rng.choice(sorted(self.cast.keys[one] for one in people)) if people else ""
        for move, words in tried[:3]:
            if self.move(workflow, case_id, move, who, words, version):
                agenda.follows(self, workflow, state, move, case_id, place)
                turn.number, turn.refused = turn.number + 1, 0
                turn.on = max(self._when(place, turn.number), self.day + timedelta(days=1))
                return
        turn.refused += 1
        turn.on = add_workdays(self.calendar, self.day, AGAIN * turn.refused)

    def move(
        self,
        workflow: str,
        case_id: str,
        move: str,
        who: str,
        words: dict,
        version: int | None = None,
    ) -> bool:
        """Let a person make a move; returns whether it was made."""
        return bool(
            self.request(
                f"{workflow}.{move}",
                who,
                lambda actor, at: (
                    transitions.submit(
                        self.session, case_id, move, actor, words, version=version, at=at
                    ).id
                ),
            )
        )

    def activities(self, *which: Any) -> list[sa.Row]:
        """Return party days: id, branch, day, month."""
        rows = self.session.execute(
            sa.select(Activity.id, Activity.unit_id, Activity.day, Activity.month, Activity.year)
            .where(Activity.zone_id == self.cast.zone_id, Activity.kind == "party_day", *which)
        ).all()  # fmt: skip
        self.session.close()
        return sorted(rows, key=lambda row: (self.cast.keys[row.unit_id], row.month))
