"""The month at a glance, of a town, a department or the zone; and the rows behind each of its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import Blueprint, render_template, request
from flask_login import login_required

from oversight import workflows
from oversight.base.clock import Moment
from oversight.base.db import db
from oversight.base.lazy import cached_property
from oversight.base.paging import part
from oversight.base.refusals import InvalidInput, NotFound
from oversight.base.rows import grouped, ids_of, keyed
from oversight.base.sentences import N_
from oversight.calendar.party_days import before_start
from oversight.law import duties as law
from oversight.law.inputs import read_count, read_id
from oversight.ledger import obligations, overview, pace, tally
from oversight.ledger.obligations import Obligation
from oversight.ledger.overview import Line, Office, Sums
from oversight.ledger.tally import Tally
from oversight.models import Case, Unit
from oversight.organization.units import offices
from oversight.time import rollups
from oversight.views import excel, session
from oversight.views.present import Chip, translated
from oversight.views.said import gettext as _
from oversight.views.said import url_for, words

from . import listed

bp = Blueprint("overview", __name__)

SIZE = 25  # units on a page: what fits on one sheet of paper
WHOLE = 4  # units on a page of all that they owe in a year
OFTEN = 3  # stays from which on a state stands in the table itself
MARKS = {  # the kind of a place, and its sign before a number
    obligations.OVERDUE: ("late", N_("超")),
    obligations.OPEN: ("open", N_("待")),
    obligations.EXCUSED: ("info", N_("缓")),
    obligations.DEPLOYED: ("info", N_("延")),
    obligations.SETTLED: ("ok", N_("清")),
}
SOON = "soon"
SHOWN = (*tally.STATES, SOON)
DARKER = (
    (20, "late3"),
    (5, "late2"),
    (0, "late1"),
)  # overdue things from which on a place is darker


@dataclass(frozen=True)
class Cell:
    """One place of a table: its kind, what it says and where its rows are; `words` says it in full."""

    kind: str
    text: str
    href: str = ""
    words: str = ""


@dataclass(frozen=True)
class Row:
    """What the tables show of a unit: what is owed below it, or by it, and its cases; `own` of a town
    what it owes itself; `drawn` what was drawn of its sums before.
    """

    unit: Unit
    tally: Tally
    lying: int
    late: int
    mine: bool
    own: Tally | None = None
    made_at: datetime | None = None
    drawn: dict | None = None


class Glance:
    """The overview of one superior as of a day, for one reader."""

    def __init__(self, unit: Unit, on: date | None, cursor: str = ""):
        now = session.moment()
        self.unit, self.cursor = unit, cursor
        self._rows_of: dict[tuple[str, bool], str] = {}  # addresses that most cells begin with
        self.ahead = on is not None and on > now.today
        self.past = on is not None and on < now.today
        self.at = now if on in (None, now.today) else session.end_of(on)
        self.on = self.at.today.isoformat() if self.past or self.ahead else None

    @property
    def live(self) -> bool:
        return self.on is None

    @cached_property
    def kept(self) -> bool:
        """True where the zone is so large that what is kept of its superiors is shown."""
        return self.unit.kind == "zone" and rollups.is_large(db.session, self.unit.zone_id)

    @cached_property
    def before(self) -> bool:
        """True where on that day nobody here used the program yet."""
        today = self.at.today
        if not before_start(self.unit, today):
            return False
        below = obligations.branches_below(db.session, [self.unit], today)
        return all(before_start(one, today) for one in below)

    @cached_property
    def offices(self) -> list[Office]:
        branches = obligations.branches_below(db.session, [self.unit], self.at.today)
        groups = overview.seats(db.session, self.unit, branches)
        return overview.reckon(db.session, groups, self.at, live=self.live)

    @cached_property
    def sums(self) -> Sums:
        if self.kept:
            return self._zone.whole
        return Sums.total(office.sums for office in self.offices)

    @cached_property
    def _zone(self) -> rollups.OfZone:
        return rollups.of_zone(db.session, self.unit.zone_id, session.moment().today)

    @property
    def _kept(self) -> dict[str, rollups.Kept]:
        return self._zone.kept

    @cached_property
    def missing(self) -> int:
        """Count the superiors of a large zone of which nothing is kept of today."""
        return sum(unit.id not in self._kept for unit in self._seats) if self.kept else 0

    @cached_property
    def _seats(self) -> list[Unit]:
        return [*offices(db.session, self.unit.zone_id), self.unit]

    @cached_property
    def made_at(self) -> datetime | None:
        """Return when the oldest of what is kept was reckoned."""
        return min((one.made_at for one in self._kept.values()), default=None)

    @cached_property
    def every(self) -> list[Row]:
        """Return all rows in their fixed order: the superior's own first."""
        if self.kept:
            return [*self._kept_rows()]
        if self.unit.kind == "zone":
            found = [self._of_office(office) for office in self.offices]
            return [self._own(self.offices[-1].own), *(row for row in found if row)]
        [office] = self.offices
        return [self._own(office.own), *(_of_line(line) for line in office.lines)]

    def _kept_rows(self) -> Iterator[Row]:
        """Yield the zone's own row, then those of its towns, last of what stands directly below it."""
        known = [(unit, self._kept[unit.id].sums) for unit in self._seats if unit.id in self._kept]
        for unit, sums in known[-1:]:
            if unit.id == self.unit.id:
                counts = sums.counts
                lying, late = counts["own_lying"], counts["own_late"]
                yield Row(unit, sums.own, lying, late, mine=True, drawn=sums.drawn)
        for unit, sums in known:
            if unit.id != self.unit.id or sums.branches:
                yield _of_sums(unit, sums)

    def _own(self, line: Line) -> Row:
        return Row(line.unit, line.tally, line.lying, line.late, mine=True)

    def _of_office(self, office: Office) -> Row | None:
        """Return the row of a town; of the zone, where branches stand directly below it."""
        sums = office.sums
        if office.own.unit.id == self.unit.id and not office.lines:
            return None
        return _of_sums(office.own.unit, sums)

    @cached_property
    def page(self) -> tuple[list[Row], str | None]:
        """Return the rows of a page and the id after which the next begins; one's own on the first."""
        rows = {f"{row.unit.id}{'-own' if row.mine else ''}": row for row in self.every}
        shown, following = part(list(rows), self.cursor, SIZE)
        return [rows[key] for key in shown], following

    @cached_property
    def _places(self) -> set[tally.Place]:
        """Return the places in which something stands in any row."""
        own = next((row.tally for row in self.every if row.mine), ())
        return {*self.sums.below, *own}

    @cached_property
    def months(self) -> list[int]:
        """Return the months of the table; first what is left of the year before, where there is any."""
        before = any(place[0] == tally.BEFORE for place in self._places)
        return [*([tally.BEFORE] if before else ()), *range(1, 13)]

    @cached_property
    def groups(self) -> list[str]:
        """Return the kinds of duties that somebody owes."""
        owed = {place[1] for place in self._places}
        return [name for name in law.GROUPS if name in owed]

    def line(self, row: Row, by: str, caller: Callable[[], str]) -> str:
        """Return a row as the template draws it under the heads of a table."""
        heads = self.months if by == "month" else self.groups
        return self._once(row.drawn, caller, by, row.mine, row.unit.name, *heads)

    def part(self, name: str, caller: Callable[[], str]) -> str:
        """Return a part of the page that shows nothing but sums, as the template draws it."""
        return self._once(self.sums.drawn, caller, name)

    def _once(self, drawn: dict | None, draw: Callable[[], str], *key) -> str:
        """Draw; of a large zone what was drawn today stays as long as the sums that it shows."""
        known = drawn if self.kept and self.live and drawn is not None else {}
        key = (*key, self.at.today, words())
        if key not in known:
            known[key] = draw()
        return known[key]

    def by_month(self, row: Row) -> list[Cell]:
        found = row.tally.months()
        return [self._cell(row, found.get(month, {}), month=month) for month in self.months]

    def by_group(self, row: Row) -> list[Cell]:
        found = row.tally.groups()
        return [self._cell(row, found.get(name, {}), group=name) for name in self.groups]

    def _cell(self, row: Row, counts: dict[str, int], **place) -> Cell:
        state = next((one for one in tally.STATES if counts.get(one)), None)
        if state is None:
            return Cell("none", "—")
        kind, sign = self._signs[state]
        n = counts[state]
        if kind == "late":
            kind = _dark(n)
        text = sign if state == obligations.SETTLED else f"{sign}{n}"
        return Cell(kind, text, self.rows_at(row, **place), self._in_full(counts))

    def cases_of(self, row: Row) -> Cell:
        """Return how many cases lie with a unit, or with it and those below."""
        if not row.lying:
            return Cell("none", "—")
        late = row.late > 0
        kind, n = (_dark(row.late), row.late) if late else ("open", row.lying)
        href = url_for("desk.queue", box="units", unit=row.unit.id, due="overdue" if late else None)
        words = _("在办 %(n)s，超期 %(late)s", n=row.lying, late=row.late)
        mark = _(MARKS[obligations.OVERDUE if late else obligations.OPEN][1])
        return Cell(kind, f"{mark}{n}", href, words)

    def own_of(self, row: Row) -> Cell:
        """Return how what a town owes itself stands."""
        if row.own is None:
            return Cell("none", "—")
        own = replace(row, tally=row.own, mine=True)
        return self._cell(own, row.own.states())

    def group_label(self, name: str) -> str:
        return _(law.GROUPS[name][0])

    def _in_full(self, counts: dict[str, int]) -> str:
        return "，".join(f"{self._states[one]} {n}" for one, n in counts.items() if n)

    @cached_property
    def _states(self) -> dict[str, str]:
        of_them = {obligations.EXPLAINED: obligations.OF_THEM}
        return {one: _(words) for one, words in {**obligations.STATES, **of_them}.items()}

    @cached_property
    def _signs(self) -> dict[str, tuple[str, str]]:
        return {state: (kind, _(sign)) for state, (kind, sign) in MARKS.items()}

    def rows_at(self, row: Row, **place) -> str:
        """Return where the rows behind a number of a unit are."""
        begin = self._rows_of.get((row.unit.id, row.mine))
        if begin is None:
            own = "1" if row.mine else None
            begin = url_for("overview.rows", unit=row.unit.id, own=own, on=self.on)
            self._rows_of[row.unit.id, row.mine] = begin
        return "&".join((begin, *(f"{name}={value}" for name, value in place.items())))

    def total_at(self, state: str, own: str | None = None) -> str:
        """Return where the rows behind a sum are: of a large zone town by town, in the table."""
        if self.kept and not own:
            return "#ov-m"
        return url_for("overview.rows", unit=self.unit.id, state=state, own=own, on=self.on)

    @cached_property
    def states(self) -> dict[str, int]:
        return self.sums.below.states()

    @cached_property
    def own_states(self) -> dict[str, int]:
        """Return how what the superiors themselves owe stands."""
        return self.sums.own.states()

    @property
    def friday(self) -> date:
        return overview.friday(self.at.today)

    @property
    def asked(self) -> list[tuple[str, int, list[Unit]]]:
        """Return what people may want to ask about: the sign, in how many branches, and which."""
        found = {
            "last_day": [unit for one in self._open for unit in one.last_day],
            "all_there": [unit for one in self._open for unit in one.all_there],
        }
        return [(sign, n, found[sign]) for sign, n in overview.asked(self.sums)]

    @property
    def _open(self) -> list[Office]:
        return [] if self.kept else self.offices

    @cached_property
    def ended(self) -> int:
        """Return the month that ended last."""
        days = pace.Days(db.session, self.unit.zone_id)
        return overview.ended(days.calendar, self.at.today).month

    # cases ---------------------------------------------------------------------------------------

    @cached_property
    def ages(self) -> list[tuple[str, str, list[int]]]:
        """Return by kind of business how many open cases are how old: name, title, steps."""
        found = pace.by_state(self.sums.ages)
        return [
            (one.name, one.short or one.title, pace.steps(found[one.name, ""]))
            for one in workflows.every()
            if (one.name, "") in found
        ]

    def aged_at(self, workflow: str, step: int) -> str:
        """Return where the open cases of an age are."""
        return self._stays_at(workflow, str(step))

    @property
    def often(self) -> list[tuple]:
        return [row for row in self.stays if row[3] >= OFTEN]

    @property
    def seldom(self) -> list[tuple]:
        return [row for row in self.stays if row[3] < OFTEN]

    @cached_property
    def stays(self) -> list[tuple[str, str, str, int, int, int, str]]:
        """Return how long cases stayed where they waited for somebody, in the order of the law: name and
        title of the business, state, how often, the median, what nine in ten did not exceed, and where
        the cases are; of a large zone they are town by town.
        """
        found = pace.by_state(self.sums.stays)
        return [
            (
                one.name,
                one.short or one.title,
                state.label,
                sum(lengths.values()),
                pace.quantile(lengths, 0.5),
                pace.quantile(lengths, 0.9),
                self._stays_at(one.name, state.name),
            )
            for one in workflows.every()
            for state in one.states
            if state.waits_on is not None and (lengths := found.get((one.name, state.name)))
        ]

    def _stays_at(self, workflow: str, state: str) -> str:
        if self.kept:
            return "#ov-m"
        return f"{self._stays_below}&workflow={workflow}&state={state}"

    @cached_property
    def _stays_below(self) -> str:
        return url_for("overview.stays", unit=self.unit.id, on=self.on)

    whole = staticmethod(tally.whole)

    # the trend -----------------------------------------------------------------------------------

    @cached_property
    def trend(self) -> list[tuple[int, dict[str, int]]]:
        """Return by month how what the branches owe stands."""
        found = self.sums.below.months()
        return [(month, found.get(month, {})) for month in range(1, 13)]

    def month_at(self, month: int, state: str) -> str:
        """Return where the rows of a month are; of a large zone they are town by town."""
        if self.kept:
            return "#ov-m"
        return f"{self._rows_below}&month={month}&state={state}"

    @cached_property
    def _rows_below(self) -> str:
        return url_for("overview.rows", unit=self.unit.id, on=self.on)

    @cached_property
    def bars(self) -> list[tuple[int, list[tuple[str, float, float]], int]]:
        """Return the drawing of the trend: x of each month, its parts as (kind, y, height), how many
        are overdue.
        """
        most = max((tally.whole(counts) for _month, counts in self.trend), default=0) or 1
        return [
            (34 * n + 6, list(_parts(counts, most)), counts.get(obligations.OVERDUE, 0))
            for n, (_month, counts) in enumerate(self.trend)
        ]


STEPS = frozenset(str(number) for number in range(len(pace.AGES) + 1))


def steps() -> list[str]:
    """Say the steps of an age, in working days."""
    first, *between = pace.AGES
    pairs = zip(pace.AGES, between, strict=False)
    return [f"≤{first}", *(f"{a + 1}–{b}" for a, b in pairs), f">{pace.AGES[-1]}"]


HIGH = 120  # of the drawing
PARTS = (
    ("done", (obligations.SETTLED,)),
    ("put", obligations.PUT_OFF),
    ("open", (obligations.OPEN,)),
    ("late", (obligations.OVERDUE,)),
)


def _parts(counts: dict[str, int], most: int):
    """Yield the parts of a bar from its foot."""
    foot = float(HIGH)
    for kind, states in PARTS:
        height = round(HIGH * sum(counts.get(state, 0) for state in states) / most, 1)
        if height:
            foot = round(foot - height, 1)
            yield kind, foot, height


def _dark(n: int) -> str:
    """Return the kind of a place with so many overdue things."""
    return next(kind for least, kind in DARKER if n >= least)


def _of_line(line: Line) -> Row:
    return Row(line.unit, line.tally, line.lying, line.late, mine=False)


def _of_sums(unit: Unit, sums: Sums) -> Row:
    lying = sums.counts["below_lying"] + sums.counts["own_lying"]
    late = sums.counts["below_late"] + sums.counts["own_late"]
    return Row(unit, sums.below, lying, late, mine=False, own=sums.own, drawn=sums.drawn)


@bp.get("/overview")
@login_required
def show():
    """Show a superior's month, the reader's own where none is named."""
    args = request.args
    unit = _unit(args.get("unit", ""))
    try:
        on = _day(args.get("on", ""))
    except InvalidInput as refusal:
        page = Glance(unit, None)
        shown = {"g": page, "steps": steps(), "typed": args["on"], "refusal": refusal}
        return render_template("overview.html", **shown), 422
    glance = Glance(unit, on, args.get("cursor", "")[:60])
    if excel.wanted():
        return excel.answer(*listed.overview(glance))
    return render_template("overview.html", g=glance, steps=steps())


def _unit(text: str) -> Unit:
    unit_id = read_id(text)
    if text and unit_id is None:
        raise NotFound()
    return overview.readable(db.session, unit_id, session.actor())


def _day(text: str) -> date | None:
    return obligations.read_on(text, session.moment().today) if text else None


CHIPS = {
    obligations.OVERDUE: ("late", "late"),
    obligations.SETTLED: ("ok", "ok"),
    obligations.EXCUSED: ("info", "cal"),
    obligations.DEPLOYED: ("info", "cal"),
}


# The rows behind a number ------------------------------------------------------------------------


@dataclass(frozen=True)
class Which:
    """Which obligations are shown: of a month, a kind, a state; the superior's own, or its branches'."""

    month: int | None
    group: str
    state: str
    own: bool

    @classmethod
    def of(cls, args) -> Which:
        month = args.get("month", "")
        return cls(
            int(month) if month.isdecimal() and int(month) <= 12 else None,
            args.get("group", "") if args.get("group") in law.GROUPS else "",
            args.get("state", "") if args.get("state") in SHOWN else "",
            args.get("own") == "1",
        )

    @property
    def units(self) -> int:
        """Return of how many units a page shows them."""
        return WHOLE if self.month is None and not self.group and not self.state else SIZE

    def takes(self, one: Obligation, at: Moment) -> bool:
        """True for what a number counts."""
        return (
            one.kind == "must"
            and self.month in (None, tally.month_of(one, at.today.year))
            and self.group in ("", law.group_of(one.key))
            and self.state in self._stands(one, at.today)
        )

    @staticmethod
    def _stands(one: Obligation, today: date) -> Iterator[str]:
        """Yield the words under which an obligation is counted."""
        yield from ("", one.state)
        if one.why:
            yield obligations.EXPLAINED
        if overview.due_soon(one, today):
            yield SOON


class Rows:
    """The obligations that a number of the overview counts, a page of units at a time."""

    def __init__(self, unit: Unit, on: date | None, which: Which, cursor: str):
        now = session.moment()
        self.unit, self.which = unit, which
        self.at = now if on in (None, now.today) else session.end_of(on)
        self.on = None if self.at is now else self.at.today.isoformat()
        self.units, self.next = [unit], None
        if not which.own and unit.kind != "branch":
            size = which.units
            found = obligations.below(db.session, unit, cursor or None, size, self.at.today)
            self.units = found[:size]
            self.next = found[size - 1].id if len(found) > size else None

    @cached_property
    def found(self) -> list[tuple[Unit, list[Obligation]]]:
        every = overview.owed(db.session, self.unit, self.units, self.which.own, self.at)
        chosen = [one for one in every if self.which.takes(one, self.at)]
        by = grouped((one.unit.id, one) for one in chosen)
        units = keyed(self.units)
        return [(units.get(key, self.unit), rows) for key, rows in by.items()]

    def chip(self, one: Obligation) -> Chip:
        """Say how an obligation stands, on the day that is shown."""
        kind, icon = CHIPS.get(one.state, ("", ""))
        return Chip(kind, _(obligations.STATES[one.state]), icon)

    @property
    def heading(self) -> str:
        """Say which rows these are."""
        which = self.which
        month = _("上年结转") if which.month == 0 else _("%(m)s月", m=which.month)
        state = _("到周五到期") if which.state == SOON else ""
        words = [
            month if which.month is not None else "",
            _(law.GROUPS[which.group][0]) if which.group else "",
            state or (_(obligations.STATES[which.state]) if which.state else ""),
        ]
        return " ".join(word for word in words if word) or _("全部应办")

    @property
    def address(self) -> dict[str, str | None]:
        """Return the words of this address, for the next page."""
        return {name: value for name, value in request.args.items() if name != "cursor"}


@bp.get("/overview/rows")
@login_required
def rows():
    """Show the obligations behind a number."""
    args = request.args
    unit = _branch_or_above(args.get("unit", ""))
    try:
        on = _day(args.get("on", ""))
    except InvalidInput:
        on = None
    if excel.wanted():
        return excel.answer(*_every_row(unit, on, Which.of(args)))
    shown = Rows(unit, on, Which.of(args), args.get("cursor", ""))
    return render_template("overview_rows.html", rows=shown)


def _every_row(unit: Unit, on: date | None, which: Which) -> listed.List:
    """Return the obligations behind a number, those of all pages."""

    def pages() -> Iterator[Obligation]:
        cursor: str | None = ""
        while cursor is not None:
            shown = Rows(unit, on, which, cursor)
            for _unit, found in shown.found:
                yield from found
            cursor = shown.next

    return listed.owed(f"{unit.name} {Rows(unit, on, which, '').heading}", pages())


class Stays:
    """The cases behind how long a state lasted, or behind how old what is open is, a page at a time."""

    def __init__(self, unit: Unit, on: date | None, workflow: str, state: str, page: int):
        now = session.moment()
        self.unit, self.page = unit, page
        self.at = now if on in (None, now.today) else session.end_of(on)
        self.on = None if self.at is now else self.at.today.isoformat()
        known = {one.name: one for one in workflows.every()}
        if workflow not in known:
            raise NotFound()
        self.workflow = known[workflow]
        self.step = int(state) if state in STEPS else None
        found = (one for one in self.workflow.states if one.name == state)
        self.state = next(found, None) if self.step is None else None
        if self.step is None and self.state is None:
            raise NotFound()

    @property
    def called(self) -> str:
        workflow = translated(self.workflow.short or self.workflow.title)
        if self.state is None:
            return _(
                "%(workflow)s 在办 %(days)s 个工作日", workflow=workflow, days=steps()[self.step]
            )
        return f"{workflow} {translated(self.state.label)}"

    @property
    def told(self) -> str:
        n = len(self.every)
        if self.state is None:
            return _("%(n)s 件，最早立案的在前", n=n)
        return _("近一年 %(n)s 次，最近办完的在前", n=n)

    @property
    def address(self) -> dict[str, str | None]:
        """Return the words of this address, for another page."""
        state = self.state.name if self.state else str(self.step)
        unit = self.unit.id
        return {"unit": unit, "workflow": self.workflow.name, "state": state, "on": self.on}

    @cached_property
    def every(self) -> list[pace.Stay]:
        branches = obligations.branches_below(db.session, [self.unit], self.at.today)
        groups = overview.seats(db.session, self.unit, branches)
        ids = [*ids_of(branches), *(unit.id for unit, _below in groups)]
        days = pace.Days(db.session, self.unit.zone_id)
        of, at = self.workflow.name, self.at
        if self.state is None:
            return pace.aged(db.session, ids, of, self.step, at, days)
        return pace.stayed(db.session, ids, of, self.state.name, at, days)

    @cached_property
    def rows(self) -> list[tuple[pace.Stay, Case]]:
        return pace.cases(db.session, self.every[SIZE * (self.page - 1) :][:SIZE])

    @property
    def more(self) -> bool:
        return len(self.every) > SIZE * self.page


@bp.get("/overview/stays")
@login_required
def stays():
    """Show the cases that a state's time is reckoned from."""
    args = request.args
    unit = overview.readable(db.session, read_id(args.get("unit", "")), session.actor())
    try:
        on = _day(args.get("on", ""))
    except InvalidInput:
        on = None
    page = max(1, read_count(args.get("page", "")) or 1)
    shown = Stays(unit, on, args.get("workflow", ""), args.get("state", ""), page)
    if excel.wanted():
        return excel.answer(*listed.stays(shown.called, pace.cases(db.session, shown.every)))
    return render_template("overview_stays.html", stays=shown)


def _branch_or_above(text: str) -> Unit:
    """Return a unit whose obligations the reader may see from above, or as its own leader."""
    unit_id = read_id(text)
    if text and unit_id is None:
        raise NotFound()
    return obligations.readable(db.session, unit_id, session.actor())
