"""The month at a glance: what the units below a superior owe and how it stands, beside what the superior
owes himself, by the same rules; how long cases take; and what people may want to ask about.

Units stand in their own order, never by figures. Reads as many rows for forty branches as statements
for one. Writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import Forbidden, NotFound
from oversight.base.rows import ids_of
from oversight.base.sentences import N_
from oversight.calendar.party_days import month_end
from oversight.calendar.workdays import Calendar, last_workday
from oversight.models import Activity, Attendance, Unit
from oversight.models.cases import NEVER
from oversight.organization.actor import Actor
from oversight.organization.units import by_id, offices

from . import obligations, pace
from .duty_records import MISSING
from .obligations import OPEN, Facts, Obligation
from .pace import Lengths
from .tally import Tally, total

FRIDAY = 5
ENOUGH = 3  # months with a record from which on it says something that all were there in each
SEVERAL = 3  # branches from which on it says something that all met on the last day


@dataclass(frozen=True)
class Line:
    """What one unit owes: by month and kind, how much falls due by Friday, and its open cases."""

    unit: Unit
    tally: Tally
    soon: int = 0
    lying: int = 0
    late: int = 0
    lying_soon: int = 0


@dataclass
class Sums:
    """What adds up: of branches, or of towns; `drawn` is what a page made of them, as long as they stand."""

    branches: int = 0
    below: Tally = field(default_factory=Tally)
    own: Tally = field(default_factory=Tally)
    ages: Lengths = field(default_factory=Counter)
    stays: Lengths = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    drawn: dict = field(default_factory=dict, compare=False, repr=False)

    def dump(self) -> dict:
        """Return what JSON keeps."""
        lengths = {"ages": self.ages, "stays": self.stays}
        return {
            "branches": self.branches,
            "below": self.below.dump(),
            "own": self.own.dump(),
            "counts": dict(self.counts),
            **{name: [[*key, n] for key, n in of.items()] for name, of in lengths.items()},
        }

    @classmethod
    def load(cls, kept: dict) -> Sums:
        ages, stays = (
            Counter({(workflow, state, days): n for workflow, state, days, n in kept[name]})
            for name in ("ages", "stays")
        )
        below, own = Tally.load(kept["below"]), Tally.load(kept["own"])
        return cls(kept["branches"], below, own, ages, stays, Counter(kept["counts"]))

    @classmethod
    def total(cls, found: Iterable[Sums]) -> Sums:
        """Add sums up."""
        whole = cls()
        for one in found:
            whole.branches += one.branches
            for name in ("below", "own", "ages", "stays", "counts"):
                getattr(whole, name).update(getattr(one, name))
        return whole


@dataclass(frozen=True)
class Office:
    """A superior with its branches as of a moment; `last_day`, `all_there`: branches to ask about."""

    own: Line
    lines: list[Line]
    ages: Lengths
    stays: Lengths
    last_day: list[Unit]
    all_there: list[Unit]

    @property
    def sums(self) -> Sums:
        counts = Counter(last_day=len(self.last_day), all_there=len(self.all_there))
        for name, lines in (("own", [self.own]), ("below", self.lines)):
            counts[f"{name}_soon"] = sum(one.soon + one.lying_soon for one in lines)
            counts[f"{name}_lying"] = sum(one.lying for one in lines)
            counts[f"{name}_late"] = sum(one.late for one in lines)
        below = total(line.tally for line in self.lines)
        return Sums(len(self.lines), below, self.own.tally, self.ages, self.stays, +counts)


def readable(session: Session, unit_id: str | None, who: Actor) -> Unit:
    """Return a superior whose overview the actor may read, the first of his own without an id. Raises
    NotFound, and Forbidden where what is asked for is a branch, or nothing is his.
    """
    own = [post.unit for post in who.posts if post.unit.path in who.business]
    own = [unit for unit in own if unit.kind in ("zone", "town", "department")]
    if unit_id is None and not own:
        raise Forbidden(N_("总览由镇、区属部门和区里查看。"), rule="authority")
    unit = session.get(Unit, unit_id) if unit_id else own[0]
    if unit is None or unit.zone_id != who.zone_id or not who.sees(unit):
        raise NotFound()
    if unit.kind in ("branch", "group") or not any(unit.within(path) for path in who.business):
        raise Forbidden(N_("总览由镇、区属部门和区里查看。"), rule="authority")
    return unit


def seats(session: Session, top: Unit, branches: list[Unit]) -> list[tuple[Unit, list[Unit]]]:
    """Return the offices below a zone with their branches, in their own order, last the zone with what
    stands directly below it; of any other superior itself with all of its own.
    """
    if top.kind != "zone":
        return [(top, branches)]
    found = offices(session, top.zone_id)
    places = {unit.path: unit for unit in found}
    under: dict[str, list[Unit]] = {unit.id: [] for unit in (*found, top)}
    for branch in branches:
        paths = (f"{branch.path[:n]}" for n in _slashes(branch.path))
        under[next((places[path] for path in paths if path in places), top).id].append(branch)
    return [(unit, under[unit.id]) for unit in (*found, top)]


def _slashes(path: str) -> Iterator[int]:
    return (n + 1 for n, letter in enumerate(path) if letter == "/")


def reckon(
    session: Session,
    groups: list[tuple[Unit, list[Unit]]],
    at: Moment,
    *,
    live: bool = False,
    every: list[Unit] | None = None,
) -> list[Office]:
    """Reckon the ledgers of these superiors and their branches as of a moment, in a few statements for
    all of them. `live`: the moment is now; `every`: all branches that a superior answers for, where
    they are more than those that are reckoned.
    """
    branches = [branch for _unit, below in groups for branch in below]
    units = [*branches, *(unit for unit, _below in groups)]
    years = obligations.read_all(session, units, at, live)
    for facts in years:
        facts.records.branches = every or branches
    ids, days = ids_of(units), pace.Days(session, units[0].zone_id)
    scene = _Scene(
        years, at, pace.work(session, ids, at), pace.stays(session, ids, at, days), days,
        _always_all(session, ids_of(branches), at),
    )  # fmt: skip
    return [_office(scene, unit, below) for unit, below in groups]


@dataclass(frozen=True)
class _Scene:
    """All that was read of some superiors and their branches."""

    years: list[Facts]
    at: Moment
    work: pace.Work
    stays: dict[str, Lengths]
    days: pace.Days
    all_there: set[str]


def _office(scene: _Scene, unit: Unit, below: list[Unit]) -> Office:
    units = [*below, unit]
    cases = [case for one in units for case in scene.work.open.get(one.id, ())]
    stays: Lengths = Counter()
    for one in units:
        stays.update(scene.stays.get(one.id, {}))
    return Office(
        _line(scene, unit, [*_own(scene, unit, below)]),
        [_line(scene, one, [*_of_branch(scene, one, unit)]) for one in below],
        pace.ages(cases, scene.at, scene.days),
        stays,
        [one for one in below if _on_the_last_day(scene, one)],
        [one for one in below if one.id in scene.all_there],
    )


def _of_branch(scene: _Scene, branch: Unit, above: Unit) -> Iterator[Obligation]:
    for facts in scene.years:
        yield from obligations.standing(facts, branch, above, own=False)


def _own(scene: _Scene, unit: Unit, below: list[Unit]) -> Iterator[Obligation]:
    """Yield what a superior owes: for its own year, and to each of its branches."""
    for facts in scene.years:
        yield from _owed_by(facts, unit, below)


def _owed_by(facts: Facts, unit: Unit, below: list[Unit]) -> Iterator[Obligation]:
    yield from obligations.standing(facts, unit, None)
    for branch in below:
        others = obligations.of_others(facts, branch, unit)
        yield from (one for one in others if one.open or facts.year == facts.at.today.year)


def _line(scene: _Scene, unit: Unit, found: list[Obligation]) -> Line:
    musts, today = [one for one in found if one.kind == "must"], scene.at.today
    lying = scene.work.lying.get(unit.id, ())
    last = friday(today)
    return Line(
        unit,
        Tally.of(musts, today.year),
        sum(due_soon(one, today) for one in musts),
        len(lying),
        sum(one.due_on < today for one in lying),
        sum(today <= one.due_on <= last for one in lying if one.due_on != NEVER),
    )


def due_soon(one: Obligation, today: date) -> bool:
    """True where an obligation is overdue once Friday is over, if nobody acts."""
    return one.state == OPEN and one.due_on is not None and one.due_on <= friday(today)


def friday(today: date) -> date:
    """Return the Friday that comes next, today where it is one."""
    return today + timedelta(days=(FRIDAY - today.isoweekday()) % 7)


def owed(
    session: Session, top: Unit, units: list[Unit], own: bool, at: Moment
) -> Iterator[Obligation]:
    """Yield what these branches owe, or of `own` what a superior owes for its year and to those below."""
    years = obligations.read_all(session, units, at)
    if own and top.kind != "branch":
        branches = obligations.branches_below(session, [top], at.today)
        below = seats(session, top, branches)[-1][1]
        for facts in obligations.read_all(session, [*branches, top], at):
            facts.records.branches = branches
            yield from _owed_by(facts, top, below)
        return
    above = by_id(session, {unit.parent_id for unit in units if unit.parent_id})
    for unit in units:
        for facts in years:
            yield from obligations.standing(facts, unit, above.get(unit.parent_id), own=False)


# What people may want to ask about ---------------------------------------------------------------


def _on_the_last_day(scene: _Scene, unit: Unit) -> bool:
    """True where the party day of the month that ended last was held on its last day, or on the last
    working day of it.
    """
    end = ended(scene.days.calendar, scene.at.today)
    last = (end, last_workday(scene.days.calendar, end))
    found = ((facts, facts.days.get((unit.id, end.month))) for facts in scene.years)
    return any(row and facts.held(row) and row.held_on in last for facts, row in found)


def ended(calendar: Calendar, today: date) -> date:
    """Return the last day of the month whose last working day came last."""
    end = month_end(today.year, today.month)
    return end if last_workday(calendar, end) <= today else today.replace(day=1) - timedelta(days=1)


def _always_all(session: Session, ids: list[str], at: Moment) -> set[str]:
    """Return the branches in which nobody was missing on any of this year's party days."""
    days = sa.func.count(Activity.id.distinct())
    missing = sa.func.sum(sa.case((Attendance.kind.in_(MISSING), 1), else_=0))
    rows = session.execute(
        sa.select(Activity.unit_id)
        .join(Attendance, Attendance.activity_id == Activity.id)
        .where(
            Activity.unit_id.in_(ids),
            Activity.year == at.today.year,
            Activity.kind == "party_day",
            Activity.confirmed_at <= at.now,
        )
        .group_by(Activity.unit_id)
        .having(sa.and_(days >= ENOUGH, missing == 0))
    )
    return set(rows.scalars())


def asked(sums: Sums) -> Iterable[tuple[str, int]]:
    """Yield what people may want to ask about: which sign, in how many branches."""
    if sums.counts["last_day"] >= SEVERAL:
        yield "last_day", sums.counts["last_day"]
    if sums.counts["all_there"]:
        yield "all_there", sums.counts["all_there"]
