"""The ledger: what each unit owes for which time, to whom, until when, and which record settles it.

Reckoned from the records as of a day, never typed and never stored; what lies open as a case is told
by its work items. Reads as many rows for forty branches as statements for one. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from oversight.base.clock import Moment, local_day
from oversight.base.db import find, id_of
from oversight.base.lazy import cached_property
from oversight.base.paging import page_of
from oversight.base.refusals import Forbidden, InvalidInput, NotFound
from oversight.base.rows import grouped, ids_of
from oversight.base.sentences import N_, Sentence, say
from oversight.calendar.party_days import before_start, entry_due, month_end, status
from oversight.calendar.zone import apart_july, has_rule_day, july_day, rule_for, zone_settings
from oversight.engine import authority, open_work
from oversight.engine.boxes import below as below_of
from oversight.engine.open_work import Work
from oversight.law import duties as law
from oversight.law.binding import Binding, by_key
from oversight.law.clauses import register
from oversight.law.duties import Duty
from oversight.law.inputs import read_day
from oversight.models import Activity, DutyRecord, Membership, Person, Post, RegisterEntry, Unit
from oversight.organization.actor import Actor
from oversight.organization.members import exempt_on
from oversight.organization.standing import in_office, is_member
from oversight.organization.units import by_id, line_above, superiors, with_former
from oversight.rules import bulletin, inspection, theme
from oversight.rules import life_meetings as life
from oversight.rules.zone_notice import issued

from . import charter, on_event, past
from .duty_records import WHY

OPEN, OVERDUE, SETTLED = "open", "overdue", "settled"
EXCUSED, DEPLOYED, EXPLAINED = "excused", "deployed", "explained"
STATES = {
    OPEN: N_("待办"),
    OVERDUE: N_("超期"),
    EXPLAINED: N_("已说明情况"),
    SETTLED: N_("已结清"),
    EXCUSED: N_("经上级书面同意暂缓"),
    DEPLOYED: N_("按区部署延期"),
}
PUT_OFF = (EXCUSED, DEPLOYED)  # neither open nor settled
OF_THEM = N_("其中已说明情况")  # of what is overdue: a sentence of one's own waives nothing
KINDS = ("must", "should", "may")
_EXISTING = (Unit.kind == "branch", Unit.ended_on.is_(None))
FIRMS = ("private", "social", "soe")  # whose superiors inspect all of them
REGISTERED = N_("登记簿")
GRADED = ("told", "filed", "closed")
FIRST = 2000
APART = ("july", "extra")  # activities beside the party days
LEADERS, ASSIGNED = "LECTURE.LEADERS", "LECTURE.FIRST_SECRETARY"
LENT = (WHY + LEADERS, WHY + ASSIGNED)  # what a superior says of what it owed a branch
SPOT = "INSPECT.ZONE_SPOT"  # what the zone looks at on the spot; it publishes its bulletins besides
SENT = ("first_secretary", "instructor")  # whom those above assign to a branch
CARRIED = 3  # months for which what is left of a year stands beside the next; house rule
HALVES = {"first": "-H1", "second": "-H2", "fourth": ""}


@dataclass(frozen=True)
class Obligation:
    """One thing that a unit owes for one time: `to` the unit above; `about` says what is left of it.

    `activity_id`, `case_id`: the party day or case that settles it or on which it is to be done; `why`:
    what the unit says of what is overdue, which it stays.
    """

    key: str
    title: str | Sentence
    clause: str
    kind: str
    unit: Unit
    to: Unit | None
    period: str
    due_on: date | None
    state: str
    settled_by: str | Sentence = ""
    about: str | Sentence = ""
    activity_id: str | None = None
    case_id: str | None = None
    why: str = ""

    @property
    def open(self) -> bool:
        return self.state in (OPEN, OVERDUE)


class Records:
    """The records of some units and years, as they stood at a moment; each kind is read when it is first
    asked for. `live`: the moment is now, nothing was changed later; `only`: the rule keys of what was done
    that are read, where not all are.
    """

    def __init__(
        self,
        session: Session,
        units: list[Unit],
        years: tuple[int, ...],
        at: Moment,
        live: bool = False,
        only: Collection[str] = (),
    ):
        self.session, self.units, self.years, self.at = session, units, years, at
        self.live, self.only = live, only
        self.ids, self.zone_id = ids_of(units), units[0].zone_id if units else ""

    @cached_property
    def activities(self) -> list[Activity]:
        rows = self.session.scalars(
            sa.select(Activity).where(
                Activity.unit_id.in_(self.ids),
                Activity.year.in_(self.years),
                Activity.kind.in_(("party_day", *APART)),
            )
        )
        found = list(rows)
        return found if self.live else past.activities(self.session, found, self.at.now)

    @cached_property
    def done(self) -> list[DutyRecord]:
        rows = self.session.scalars(
            sa.select(DutyRecord).where(
                DutyRecord.unit_id.in_(self.ids),
                DutyRecord.year.in_(self.years),
                *([DutyRecord.key.in_(self.only)] if self.only else ()),
                *past.stood(DutyRecord, self.at.now),
            )
        )
        return list(rows)

    @cached_property
    def entries(self) -> list[sa.Row]:
        """Return what came up in these years, or before and was not dealt with until near their beginning:
        each entry, `heir` whose it is now, and `name` of the branch where it came up.
        """
        begin, end = date(self.years[0], 1, 1), date(self.years[-1], 12, 31)
        line = with_former(self.ids)
        rows = self.session.execute(
            sa.select(RegisterEntry, line.c.heir, line.c.name)
            .join(line, line.c.id == RegisterEntry.unit_id)
            .where(
                on_event.passed_on(line, self.at.today),
                RegisterEntry.came_on <= end,
                sa.or_(
                    RegisterEntry.came_on >= begin,
                    RegisterEntry.done_noted_at.is_(None),
                    RegisterEntry.done_noted_at > self.at.now,
                    RegisterEntry.done_on >= _told_of(self.years[0]),
                ),
                *past.stood(RegisterEntry, self.at.now),
            )
            .order_by(RegisterEntry.came_on, RegisterEntry.id)
        )
        return list(rows)

    @cached_property
    def met(self) -> life.Met:
        return life.met(self.session, self.ids, self.zone_id, self.years, self.at.now)

    @cached_property
    def appraised(self) -> dict[tuple[str, int], past.Stood]:
        return past.appraisals(self.session, self.ids, self.at.now)

    @cached_property
    def joined(self) -> dict[tuple[str, int], list[sa.Row]]:
        return _joined(self.session, self.ids, self.at.today)

    @cached_property
    def lecturers(self) -> dict[tuple[str, str], int]:
        return _lecturers(self.session, self.ids, self.at.today)

    @cached_property
    def branches(self) -> list[Unit]:
        """Return the branches that these units answer for or are."""
        if all(unit.kind == "branch" for unit in self.units):
            return self.units
        above = [one for one in self.units if one.kind != "branch"]
        return branches_below(self.session, above, self.at.today)

    @cached_property
    def notices(self) -> set[tuple[str, str]]:
        """Return the zone's themes, and the bulletins of these units, of these years that stood: workflow,
        and what each is about.
        """
        months = [(year, month) for year in self.years for month in range(1, 13)]
        tellers = {bulletin.teller(unit) for unit in self.units if unit.kind != "branch"}
        keys = [("theme", theme.subject(self.zone_id, *month)) for month in months]
        keys += [("bulletin", bulletin.subject(one, *month)) for one in tellers for month in months]
        return issued(self.session, keys, self.at.now)

    @cached_property
    def visits(self) -> dict[str, list[inspection.Visit]]:
        """Return the inspections of these years by the unit that made them."""
        branches = below_of([unit.path for unit in self.units if unit.kind != "branch"])
        return inspection.made(self.session, branches, self.years, self.at.now)


class Facts:
    """The records of a year of some units, as they stood at a moment."""

    def __init__(self, records: Records, year: int):
        self.records, self.year, self.at = records, year, records.at
        self.session = records.session
        # what is reckoned again and again
        self.parts: dict[tuple[str, str], list[tuple[int, date, date]]] = {}
        self.dues: dict[tuple[str, int], date] = {}
        self.terms: dict[date, date] = {}

    @cached_property
    def days(self) -> dict[tuple[str, int], Activity]:
        return {
            (row.unit_id, row.month): row
            for row in self.records.activities
            if row.year == self.year and row.kind == "party_day"
        }

    @cached_property
    def others(self) -> dict[str, list[Activity]]:
        """Return by branch what is held beside the party days."""
        rows = self.records.activities
        return grouped(
            (row.unit_id, row) for row in rows if row.year == self.year and row.kind in APART
        )

    def july(self, unit: Unit) -> Activity | None:
        return next((row for row in self.others.get(unit.id, ()) if row.kind == "july"), None)

    @cached_property
    def done(self) -> dict[tuple[str, str], list[DutyRecord]]:
        return grouped(
            ((row.unit_id, row.key), row) for row in self.records.done if row.year == self.year
        )

    @cached_property
    def entries(self) -> dict[tuple[str, str], list[RegisterEntry]]:
        """Return what came up in the year, or before and was not dealt with until near its beginning."""
        found = ((row.heir, row.RegisterEntry) for row in self.records.entries)
        return grouped(
            ((unit_id, one.key), one)
            for unit_id, one in found
            if one.came_on.year == self.year
            or one.came_on.year < self.year
            and (not self.dealt_with(one) or (one.done_on and one.done_on >= _told_of(self.year)))
        )

    @cached_property
    def former(self) -> dict[str, str]:
        """Return the name of the branch where an entry came up that another has taken over."""
        rows = self.records.entries
        return {
            row.RegisterEntry.id: row.name for row in rows if row.RegisterEntry.unit_id != row.heir
        }

    @property
    def until(self) -> date | None:
        return self.records.met.until.get(self.year)

    @cached_property
    def meetings(self) -> dict[str, list[date]]:
        begin, end = date(self.year, 1, 1), self.until or date(self.year, 12, 31)
        return {
            unit_id: [on for on in days if begin <= on <= end]
            for unit_id, days in self.records.met.days.items()
        }

    def appraised(self, unit: Unit) -> past.Stood | None:
        return self.records.appraised.get((unit.id, self.year))

    def joined(self, unit: Unit, month: int) -> bool:
        """True where somebody who joined the Party in that month of the calendar belonged to the branch
        before its party day, or by the end of the month, and was to take part in it. Who came on the
        day itself may not have stood on the sheet yet; who is exempt stands on none. Source: G-2.2.1
        """
        row, end = self.days.get((unit.id, month)), month_end(self.year, month)
        held_on = row.held_on if self.held(row) else None
        on = held_on or (row and row.day) or end
        before = held_on - timedelta(days=1) if held_on else end
        found = self.records.joined.get((unit.id, month), ())
        return any(one.since <= before and not exempt_on(one, on) for one in found)

    def told(self, unit: Unit) -> set[int]:
        """Return the months of which a unit had published a bulletin."""
        about = {n: bulletin.subject(bulletin.teller(unit), self.year, n) for n in range(1, 13)}
        return {n for n, one in about.items() if ("bulletin", one) in self.records.notices}

    def held(self, row: Activity | None) -> bool:
        """True where an activity was held and it was written down by then."""
        return row is not None and row.held_on is not None and _by(row.entered_on, self.at.today)

    def filed(self, row: Activity) -> bool:
        """True where the record of an activity was filed by then."""
        return row.confirmed_at is not None and row.confirmed_at <= self.at.now

    def dealt_with(self, row: RegisterEntry) -> bool:
        """True where what came up was dealt with and that was written down by then."""
        return row.done_noted_at is not None and row.done_noted_at <= self.at.now


def _told_of(year: int) -> date:
    """Return from when on what was dealt with may be told of at a party day of a year."""
    return date(year - 1, 12, 1)


def _by(day: date | None, today: date) -> bool:
    return day is None or day <= today


def read(session: Session, units: list[Unit], year: int, at: Moment) -> Facts:
    """Return the records of these units and this year, as they stood at a moment."""
    return Facts(Records(session, units, (year,), at), year)


def read_all(session: Session, units: list[Unit], at: Moment, live: bool = False) -> list[Facts]:
    """Return the same of every year of which something may be owed at a moment, the earliest first: in
    the first quarter, house rule, of the year before too.
    """
    years = _owing(at)
    records = Records(session, units, years, at, live)
    return [Facts(records, one) for one in years]


def _owing(at: Moment) -> tuple[int, ...]:
    year = at.today.year
    return (year - 1, year) if at.today.month <= CARRIED else (year,)


def _joined(session: Session, ids: list[str], today: date) -> dict[tuple[str, int], list[sa.Row]]:
    """Return by month of the calendar since when a branch has members who joined the Party in it, apart
    for each exemption.
    """
    month = sa.extract("month", Person.joined_on).label("month")
    exempt, since = (Person.exempt_from, Person.exempt_until), sa.func.min(Membership.from_on)
    rows = session.execute(
        sa.select(Membership.unit_id, month, since.label("since"), *exempt)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.unit_id.in_(ids), is_member(today), Person.joined_on.is_not(None))
        .group_by(Membership.unit_id, month, *exempt)
    )
    return grouped(((row.unit_id, int(row.month)), row) for row in rows)


def _lecturers(session: Session, ids: list[str], today: date) -> dict[tuple[str, str], int]:
    """Return by branch how many leaders have it as their own, and how many are assigned to it from
    outside; of where nobody is so, nothing. Source: G-3.1.5b, G-3.1.5d
    """
    leaders = (
        sa.select(Membership.unit_id, sa.literal(LEADERS), sa.func.count())
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.unit_id.in_(ids), is_member(today), Person.leading)
        .group_by(Membership.unit_id)
    )
    assigned = (
        sa.select(Post.unit_id, sa.literal(ASSIGNED), sa.func.count(Post.person_id.distinct()))
        .where(Post.unit_id.in_(ids), in_office(today), Post.office.in_(SENT))
        .group_by(Post.unit_id)
    )
    rows = session.execute(sa.union_all(leaders, assigned))
    return {(unit_id, key): number for unit_id, key, number in rows}


# What a branch owes for its times ----------------------------------------------------------------


def of_branch(
    facts: Facts, unit: Unit, to: Unit | None, *, own: bool = True, keys: Collection[str] = ()
) -> Iterator[Obligation]:
    """Yield what a branch owes of the year that has begun by then, what is settled among it; `own` tells
    also of the care that only its leaders read, `keys` are all that is asked for, as by a desk, which
    asks for no explanations: what can still be done stays there. Source: G-3.2.4b
    """
    every = law.duties()
    for duty in (every[key] for key in keys or every):
        bound = _bound(duty, unit.category)
        told = duty.settled in (law.SMALL_REGISTER, law.SHEET) and (own or not duty.hidden)
        dated = duty.period in law.SPANS or (duty.period == law.EVENT and told)
        if bound is not None and bound.kind != "may" and dated:
            for one in _TIMES[duty.settled](facts, unit, duty):
                yield _obligation(facts, unit, to, duty, bound, one, explained=not keys)


@cache
def _bound(duty: Duty, category: str) -> Binding | None:
    """Return the clause that binds a category of branches most, of those under a rule key."""
    found = by_key(duty.key, category) if duty.by == law.BRANCH else []
    return min(found, key=lambda one: KINDS.index(one.kind), default=None)


@dataclass(frozen=True)
class _Time:
    """One time for which a duty is owed, and what was found of it."""

    period: str
    due_on: date
    done: bool
    settled_by: str | Sentence = ""
    about: str | Sentence = ""
    excused: bool = False
    deployed: bool = False
    activity_id: str | None = None
    case_id: str | None = None


def _obligation(
    facts: Facts,
    unit: Unit,
    to: Unit | None,
    duty: Duty,
    bound: Binding,
    one: _Time,
    explained: bool = True,
) -> Obligation:
    state = _state(one, facts.at.today, bound.kind)
    why = _why(facts, unit, duty, one) if explained and state == OVERDUE else ""
    return Obligation(
        duty.key,
        duty.title,
        bound.id,
        bound.kind,
        unit,
        to,
        one.period,
        one.due_on,
        state,
        one.settled_by if one.done else "",
        one.about,
        one.activity_id,
        one.case_id,
        why,
    )


def _state(one: _Time, today: date, kind: str) -> str:
    """Say how an obligation stands; what only should be done is never overdue."""
    if one.done:
        return SETTLED
    if one.excused:
        return EXCUSED
    if one.deployed:
        return DEPLOYED
    return OVERDUE if one.due_on < today and kind == "must" else OPEN


def _why(facts: Facts, unit: Unit, duty: Duty, one: _Time) -> str:
    """Return what the unit says of a time for which it did not do something, by then; it settles nothing."""
    said = facts.done.get((unit.id, WHY + duty.key), ())
    names = ((named(facts.year, duty.period, row.month), row) for row in said)
    return next((row.facts["note"] for name, row in names if name == one.period), "")


def named(year: int, period: str, month: int) -> str:
    """Name the time of a duty in which a month lies; of what is owed on event the month itself."""
    span = law.MONTH if period == law.EVENT else period
    return _named(year, span, law.part_of(span, month))


def _parts(facts: Facts, unit: Unit, period: str) -> list[tuple[int, date, date]]:
    """Return the parts of the year that have begun and for which a branch answers: number, first day,
    last day.
    """
    key = (unit.id, period)
    if key not in facts.parts:
        facts.parts[key] = list(_begun(facts, unit, period))
    return facts.parts[key]


def _begun(facts: Facts, unit: Unit, period: str) -> Iterator[tuple[int, date, date]]:
    span = law.SPANS[period]
    for number in range(1, 12 // span + 1):
        begin = date(facts.year, (number - 1) * span + 1, 1)
        end = month_end(facts.year, number * span)
        # of a month in which it ended a branch owes what it could do
        last = end if span > 1 else begin
        there = unit.ended_on is None or unit.ended_on > last
        if begin <= facts.at.today and there and not before_start(unit, end):
            yield number, begin, end


def _named(year: int, period: str, number: int) -> str:
    """Name a time: 2026-11, 2026-Q4, 2026-H2, 2026."""
    return {
        law.MONTH: f"{year}-{number:02}",
        law.QUARTER: f"{year}-Q{number}",
        law.HALF: f"{year}-H{number}",
        law.YEAR: f"{year}",
    }[period]


def _of_month(facts: Facts, unit: Unit, number: int) -> tuple[Activity | None, date]:
    """Return a month's party day, and the last day on which its record is in time."""
    row = facts.days.get((unit.id, number))
    key = (unit.id, number)
    if key not in facts.dues:
        facts.dues[key] = record_due(facts, unit, row, number)
    return row, facts.dues[key]


def record_due(facts: Facts, unit: Unit, row: Activity | None, number: int) -> date:
    """Return the last day on which the record of an activity is in time: counted from when it was held,
    until then from its day in force.
    """
    day = row and (row.held_on or row.day) or _day(facts, unit, number)
    return _entry_due(facts, unit, day)


def _entry_due(facts: Facts, unit: Unit, day: date) -> date:
    if day not in facts.terms:
        facts.terms[day] = entry_due(facts.session, unit.zone_id, day)
    return facts.terms[day]


def _day(facts: Facts, unit: Unit, number: int) -> date:
    """Return by when a month's activity is to be held: its day in force, planned or not, else the
    month's last day.
    """
    row = facts.days.get((unit.id, number))
    if row is None and has_rule_day(facts.session, unit, number):
        return rule_for(facts.session, unit, facts.year, number).on
    return (row.day if row else None) or month_end(facts.year, number)


def _held(facts: Facts, unit: Unit, duty: Duty) -> Iterator[_Time]:
    """Yield the activities that are owed. Source: G-2.1.2b, G-2.1.3"""
    if duty.key == "DATE.JULY1":
        yield from _july(facts, unit)
        return
    for number, _begin, _end in _parts(facts, unit, law.MONTH):
        row = facts.days.get((unit.id, number))
        held = facts.held(row) and status(row, facts.at.today) == "held"
        yield _Time(
            _named(facts.year, law.MONTH, number),
            _owed_by(facts, unit, row, _day(facts, unit, number)),
            held,
            _on(row),
            about=_not_in_time(facts, row),
            excused=_put_off(row),
            activity_id=id_of(row),
        )


def _owed_by(facts: Facts, unit: Unit, row: Activity | None, day: date) -> date:
    """Return by when an activity is owed: its day; once that has passed without a record, the last day
    on which one is in time, since nobody knows before whether it was held.
    """
    return day if facts.held(row) or facts.at.today <= day else _entry_due(facts, unit, day)


def _not_in_time(facts: Facts, row: Activity | None) -> str:
    return N_("未按期开展") if facts.held(row) and status(row, facts.at.today) == "late" else ""


def _july(facts: Facts, unit: Unit) -> Iterator[_Time]:
    settings = zone_settings(facts.session, unit.zone_id)
    day = july_day(settings, facts.year)
    if day.replace(day=1) <= facts.at.today and _answers(unit, day):
        row = facts.july(unit) if apart_july(settings) else facts.days.get((unit.id, 7))
        due = _owed_by(facts, unit, row, day)
        yield _Time(str(facts.year), due, facts.held(row), _on(row), activity_id=id_of(row))


def _on(row: Activity | None) -> str | Sentence:
    """Say when an activity was held."""
    if row is None or row.held_on is None:
        return ""
    return say("%(m)s月%(d)s日开展", m=row.held_on.month, d=row.held_on.day)


def _rolled(facts: Facts, unit: Unit, duty: Duty) -> Iterator[_Time]:
    """Yield the records that are owed, of a month that is not put off."""
    for number, _begin, _end in _parts(facts, unit, law.MONTH):
        row, due = _of_month(facts, unit, number)
        filed = facts.held(row) and facts.filed(row)
        yield _Time(
            _named(facts.year, law.MONTH, number),
            due,
            filed,
            say("%(m)s月主题党日活动记录", m=number),
            excused=_put_off(row),
            activity_id=id_of(row),
        )


def _ticked(facts: Facts, unit: Unit, duty: Duty) -> Iterator[_Time]:
    """Yield what is settled by an item of a monthly sheet."""
    found = _by_part(facts, unit, duty)
    period = law.MONTH if duty.period == law.EVENT else duty.period
    only = _months_of(facts, unit, duty)
    for number, _begin, end in _parts(facts, unit, period):
        if only is None or number in only:
            yield _item(facts, unit, duty, (period, number, end), found.get(number, []))


def _by_part(facts: Facts, unit: Unit, duty: Duty) -> dict[int, list[DutyRecord]]:
    """Return what was done of a duty by the part of the year for which it counts."""
    found = facts.done.get((unit.id, duty.key), ())
    return grouped((law.part_of(duty.period, one.month), one) for one in found)


def _months_of(facts: Facts, unit: Unit, duty: Duty) -> set[int] | None:
    """Return the months in which something recorded asks for an item; None: it is asked of each time."""
    if duty.key == "OATH.JOIN_MONTH":
        return {month for month in range(1, 13) if facts.joined(unit, month)}
    if duty.period != law.EVENT:
        return None
    beside = [facts.done.get((unit.id, key), []) for key in on_event.WITH.get(duty.key, ())]
    found = {one.month for rows in beside for one in rows if one.form_asked}
    return found | _to_tell(facts, unit, on_event.TOLD_AFTER.get(duty.key, ()))


def _to_tell(facts: Facts, unit: Unit, keys: Iterable[str]) -> set[int]:
    """Return the months at whose party day what was settled under these keys is to be told."""
    rows = {n: facts.days.get((unit.id, n)) for n in range(1, 13)}
    planned = ((n, row.held_on or row.day) for n, row in rows.items() if row is not None)
    days = {n: day for n, day in planned if day is not None}
    settled = [one for key in keys for one in facts.entries.get((unit.id, key), [])]
    found = (
        on_event.month_to_tell(one.done_on, days)
        for one in settled
        if one.done_on is not None and facts.dealt_with(one)
    )
    return {month for month in found if month is not None}


def _item(
    facts: Facts, unit: Unit, duty: Duty, part: tuple[str, int, date], mine: list[DutyRecord]
) -> _Time:
    period, number, end = part
    row, due = _of_month(facts, unit, number) if period == law.MONTH else (None, end)
    about = _left_of(duty, mine) if mine else ""
    return _Time(
        _named(facts.year, period, number),
        due,
        bool(mine) and not about,
        say("%(m)s月主题党日活动记录", m=mine[0].month) if mine else "",
        about=about,
        excused=_put_off(row),
        activity_id=id_of(row),
    )


def _left_of(duty: Duty, mine: list[DutyRecord]) -> str | Sentence:
    """Say what is left of an item that was begun: members, or parts of the charter. Source: G-3.1.3b"""
    if duty.key == "CHARTER.FULL_YEARLY":
        parts = len(charter.left(one.facts.get("note", "") for one in mine))
        return say("还差 %(n)s 章", n=parts) if parts else ""
    people = len({person for one in mine for person in one.facts.get("except", ())})
    return say("还差 %(n)s 人", n=people) if people else ""


def _put_off(row: Activity | None) -> bool:
    """True where the superior consented to put a month off, and it was not held all the same."""
    return row is not None and bool(row.excused_by) and row.held_on is None


def _of_year(facts: Facts, unit: Unit, duty: Duty) -> Iterator[_Time]:
    """Yield what is settled by an entry of the year sheet."""
    found = _by_part(facts, unit, duty)
    for number, _begin, end in _parts(facts, unit, duty.period):
        mine = found.get(number, [])
        said = _entered(facts, mine[0], end) if mine else ""
        yield _Time(_named(facts.year, duty.period, number), end, bool(mine), said)


def _entered(facts: Facts, row: DutyRecord, end: date) -> Sentence:
    """Name an entry of the year sheet, with what was entered once its time was over."""
    on = row.done_on
    if local_day(row.noted_at, facts.at.zone) > end:
        return say("年度表，%(m)s月%(d)s日（补录）", m=on.month, d=on.day)
    return say("年度表，%(m)s月%(d)s日", m=on.month, d=on.day)


def _met(facts: Facts, unit: Unit, duty: Duty) -> Iterator[_Time]:
    """Yield the 组织生活会 that are owed. Source: G-3.1.6b, G-3.1.6d"""
    fourth = duty.key == "ORGLIFE.Q4"
    for term in life.terms(unit, facts.year):
        begun = term.begin <= facts.at.today and not before_start(unit, term.end)
        if (term.name == "fourth") == fourth and life.owed(unit, term) and begun:
            yield _term(facts, unit, term)


def _term(facts: Facts, unit: Unit, term: life.Term) -> _Time:
    held = facts.meetings.get(unit.id, [])
    days = [on for on in held if term.begin <= on <= term.end]
    said = _said_of(facts, unit, days[0]) if days else ""
    waits = not days and life.waits(term, facts.until, held, facts.at.today)
    name = f"{facts.year}{HALVES[term.name]}"
    return _Time(name, term.end, bool(days), said, deployed=waits)


def _said_of(facts: Facts, unit: Unit, on: date) -> Sentence:
    """Name a meeting, with what was noted after its term. Source: G-3.1.6d"""
    at = facts.records.met.noted.get((unit.id, on))
    if at and local_day(at, facts.at.zone) > _entry_due(facts, unit, on):
        return say("%(m)s月%(d)s日组织生活会（补录）", m=on.month, d=on.day)
    return say("%(m)s月%(d)s日组织生活会", m=on.month, d=on.day)


def _graded(facts: Facts, unit: Unit, duty: Duty) -> Iterator[_Time]:
    """Yield the year's 民主评议, from when it is asked for. Source: G-3.1.6f, O-3.1.6c"""
    end, organ = date(facts.year, 12, 31), unit.rule_set == "organ"
    if date(facts.year, 1 if organ else 10, 1) <= facts.at.today and _answers(unit, end):
        case = facts.appraised(unit)
        done = case is not None and case.state in GRADED
        put_off = facts.until is not None and facts.at.today <= facts.until and not organ
        about = N_("正在开展") if case and not done else ""
        yield _Time(
            str(facts.year),
            end,
            done,
            N_("民主评议党员"),
            about,
            deployed=put_off,
            case_id=id_of(case),
        )


def _answers(unit: Unit, end: date) -> bool:
    """True where a branch answers for a time that ends on a day: it was there until then."""
    return not before_start(unit, end) and (unit.ended_on is None or unit.ended_on > end)


def _registered(facts: Facts, unit: Unit, duty: Duty) -> Iterator[_Time]:
    """Yield what came up and is to be dealt with; of visits those of the half-year. Source: G-3.2.4c,
    G-3.2.5a
    """
    found = facts.entries.get((unit.id, duty.key), [])
    if duty.period == law.EVENT:
        for row in found:
            if row.done_on is None or row.done_on.year >= facts.year:
                about = facts.former.get(row.id, "")
                yield _Time("", row.due_on, facts.dealt_with(row), REGISTERED, about)
        return
    for number, _begin, end in _parts(facts, unit, duty.period):
        this = [one for one in found if one.came_on.year == facts.year]
        mine = [one for one in this if law.part_of(duty.period, one.came_on.month) == number]
        done = any(facts.dealt_with(one) for one in mine)
        yield _Time(_named(facts.year, duty.period, number), end, done, REGISTERED)


def _nothing(facts: Facts, unit: Unit, duty: Duty) -> Iterator[_Time]:
    yield from ()


_TIMES: dict[str, Callable[[Facts, Unit, Duty], Iterator[_Time]]] = {
    law.ACTIVITY: _held,
    law.ROLL: _rolled,
    law.SHEET: _ticked,
    law.YEAR_SHEET: _of_year,
    law.MEETING: _met,
    law.APPRAISAL: _graded,
    law.SMALL_REGISTER: _registered,
    law.CASE: _nothing,
    law.GUARD: _nothing,
    law.THEME: _nothing,
    law.INSPECTION: _nothing,
    law.BULLETIN: _nothing,
}


# What those above owe ----------------------------------------------------------------------------


def of_others(facts: Facts, unit: Unit, above: Unit | None) -> Iterator[Obligation]:
    """Yield what those above owe a branch for its times: a lecture by each leader whose own branch it is,
    and by each who is assigned to it. What they say of it lies with the branch. Source: G-3.1.5b, G-3.1.5d
    """
    for duty in law.on_sheet():
        found = by_key(duty.key, unit.category) if duty.by == law.SUPERIOR else []
        wanted = facts.records.lecturers.get((unit.id, duty.key), 0)
        for one in _ticked(facts, unit, duty) if found and wanted else ():
            given = len(facts.done.get((unit.id, duty.key), ()))
            left = say("还差 %(n)s 人", n=wanted - given) if given < wanted else ""
            one = replace(one, done=not left, about=left if given else "")
            owed = _obligation(facts, above or unit, unit, duty, found[0], one, explained=False)
            late = owed.state == OVERDUE
            yield replace(owed, why=_why(facts, unit, duty, one)) if late else owed


def to_branches(session: Session, unit: Unit, at: Moment) -> Iterator[Obligation]:
    """Yield what a superior owes the branches that it answers, of the year before what is open: the debtor
    reads what his branches see owed. Source: G-3.1.5b, G-3.1.5d
    """
    year = str(at.today.year)
    found = of_lectures(session, unit, _owing(at), at)
    yield from (one for one in found if one.open or one.period[:4] == year)


def of_lectures(
    session: Session, unit: Unit, years: tuple[int, ...], at: Moment
) -> Iterator[Obligation]:
    """Yield the lectures that a superior owed its branches in these years."""
    below = branches_below(session, [unit], at.today)
    mine = [one for one in below if line_above(session, one)[0].id == unit.id]
    records = Records(session, mine, years, at, only=(LEADERS, ASSIGNED, *LENT))
    for facts in (Facts(records, year) for year in years):
        for branch in mine:
            yield from of_others(facts, branch, unit)


def of_superior(facts: Facts, unit: Unit, categories: set[str]) -> Iterator[Obligation]:
    """Yield what a town, a department or the zone owes for its year, of what binds it for the branches
    of these categories below it.
    """
    by = law.ZONE if unit.kind == "zone" else law.SUPERIOR
    for duty in law.duties().values():
        own = duty.by == by and duty.period in law.SPANS
        bound = _bound_above(duty, categories) if own else None
        for one in _ABOVE.get(duty.settled, _nothing)(facts, unit, duty) if bound else ():
            yield _obligation(facts, unit, None, duty, bound, one)


def _themes(facts: Facts, unit: Unit, duty: Duty) -> Iterator[_Time]:
    """Yield the themes that are owed, each by the 25th of the month before. Source: G-2.3.1"""
    for number in range(1, 13):
        due = theme.due_on(facts.year, number)
        near = due.replace(day=1) <= facts.at.today
        if near and not before_start(unit, month_end(facts.year, number)):
            said = say("%(m)s月主题安排", m=number)
            told = ("theme", theme.subject(unit.zone_id, facts.year, number))
            done = told in facts.records.notices
            yield _Time(_named(facts.year, law.MONTH, number), due, done, said)


def _told(facts: Facts, unit: Unit, duty: Duty) -> Iterator[_Time]:
    """Yield the bulletins that are owed, each by the 10th of the month after. Source: G-4.4c"""
    told = facts.told(unit)
    for number, _begin, _end in _parts(facts, unit, law.MONTH):
        due, said = bulletin.due_on(facts.year, number), say("%(m)s月情况通报", m=number)
        yield _Time(_named(facts.year, law.MONTH, number), due, number in told, said)


def _about(duty: Duty, visits: list) -> list:
    """Return the visits to branches that the clause of a duty is about."""
    return [visit for visit in visits if by_key(duty.key, visit.category)]


def _inspected(facts: Facts, unit: Unit, duty: Duty) -> Iterator[_Time]:
    """Yield the inspections that are owed: of all branches of firms within the year; by the zone of any that
    the clause is about, where a bulletin alone is no visit; and of any within each time, for which a
    bulletin is one way. Source: G-4.4a, G-4.4b, P-4.1a, P-4.1b, S-4.4a
    """
    made = facts.records.visits.get(unit.id, [])
    visits = [visit for visit in made if visit.on.year == facts.year]
    if duty.key == "INSPECT.FULL":
        yield from _covered(facts, unit, {visit.unit_id for visit in visits})
        return
    if duty.key == SPOT:
        visits = _about(duty, visits)
    also = len(facts.told(unit)) if duty.period == law.YEAR else 0
    for number, _begin, end in _parts(facts, unit, duty.period):
        mine = sum(law.part_of(duty.period, one.on.month) == number for one in visits)
        name, said = _named(facts.year, duty.period, number), _how_often(mine, also)
        if duty.key != SPOT:
            yield _Time(name, end, mine + also > 0, said)
        else:
            yield _Time(name, end, mine > 0, said, "" if mine else NOT_SEEN)


NOT_SEEN = N_("还没有对这类支部的督查记录")


def _how_often(visits: int, bulletins: int) -> Sentence:
    if not bulletins:
        return say("督查 %(n)s 次", n=visits)
    return say("督查 %(n)s 次，情况通报 %(m)s 期", n=visits, m=bulletins)


def _covered(facts: Facts, unit: Unit, visited: set[str]) -> Iterator[_Time]:
    """Yield how many branches of firms a superior has inspected, of those that it shall inspect all: of a
    year in which both used the program.
    """
    end = date(facts.year, 12, 31)
    below = (one for one in facts.records.branches if one.within(unit.path))
    firms = {one.id for one in below if one.category in FIRMS and not before_start(one, end)}
    if before_start(unit, end) or not firms:
        return
    left = len(firms - visited)
    about = say("还有 %(n)s 个支部没有查", n=left) if left else ""
    said = say("已查 %(n)s 个支部", n=len(firms))
    yield _Time(str(facts.year), end, not left, said, about)


def _bound_above(duty: Duty, categories: set[str]) -> Binding | None:
    found = (one for category in sorted(categories) for one in by_key(duty.key, category))
    return min(found, key=lambda one: KINDS.index(one.kind), default=None)


# What lies open as a case ------------------------------------------------------------------------


def of_cases(session: Session, unit: Unit, who: Actor, at: Moment) -> list[Obligation]:
    """Return what lies open as a case in sight: by a unit, and by others for it. Source: G-2.1.1c,
    G-3.2.1b
    """
    return [_of_case(work, unit, at.today) for work in open_work.of_unit(session, unit, who, at)]


def _of_case(work: Work, unit: Unit, today: date) -> Obligation:
    other = unit if work.by.id != unit.id else work.case.unit
    late = work.due_on is not None and work.due_on < today
    return Obligation(
        register()[work.clause]["key"] if work.clause else "",
        work.title,
        work.clause,
        "must",
        work.by,
        other if other.id != work.by.id else None,
        "",
        work.due_on,
        OVERDUE if late else OPEN,
        about=work.case.unit.name if work.case.unit.id != work.by.id else "",
        case_id=work.case.id,
    )


_ABOVE: dict[str, Callable[[Facts, Unit, Duty], Iterator[_Time]]] = {
    law.YEAR_SHEET: _of_year,
    law.THEME: _themes,
    law.INSPECTION: _inspected,
    law.BULLETIN: _told,
}


# Both sides --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sides:
    """What a unit owes, what others owe it, what is settled, what is put off by consent, which settles
    nothing, and what it should do besides.
    """

    owe: list[Obligation]
    owed: list[Obligation]
    settled: list[Obligation]
    put_off: list[Obligation]
    encouraged: list[Obligation]

    @property
    def every(self) -> list[Obligation]:
        return [*self.owe, *self.owed, *self.settled, *self.put_off, *self.encouraged]


def readable(session: Session, unit_id: str | None, who: Actor) -> Unit:
    """Return a unit whose ledger the actor may read: as one of its leaders or officers, or from above;
    None: his own.

    Raises NotFound, and Forbidden for members without office.
    """
    own = [post.unit_id for post in who.posts] + ([who.branch.id] if who.branch else [])
    unit = find(session, Unit, unit_id or next(iter(own), None))
    if unit is None or unit.kind == "group" or unit.zone_id != who.zone_id or not who.sees(unit):
        raise NotFound()
    above = any(unit.within(path) for path in who.business)
    if not above and not (unit.kind == "branch" and authority.may_enter(session, unit, who)):
        said = say("%(unit)s的台账由本单位负责人和上级党组织查看。", unit=unit.name)
        raise Forbidden(said, rule="authority")
    return unit


def branches_below(session: Session, tops: list[Unit], on: date | None = None) -> list[Unit]:
    """Return all branches below some units that have not ended, or had not on a day, town by town in
    their own order.
    """
    parent = aliased(Unit)
    found = session.scalars(
        sa.select(Unit)
        .join(parent, parent.id == Unit.parent_id)
        .where(Unit.id.in_(below_of([top.path for top in tops])), *_there(on))
        .order_by(parent.sort, parent.id, Unit.sort, Unit.id)
    )
    return list(found)


def _there(on: date | None) -> tuple:
    """Return the conditions that a branch has not ended, or had not on a day."""
    if on is None:
        return _EXISTING
    return Unit.kind == "branch", sa.or_(Unit.ended_on.is_(None), Unit.ended_on > on)


def below(
    session: Session, top: Unit, cursor: str | None, size: int, on: date | None = None
) -> list[Unit]:
    """Return a page of the branches below a unit, as they are or were on a day, town by town, one more
    than it holds where it goes on. Raises InvalidInput.
    """
    parent = aliased(Unit)
    wanted = (
        sa.select(Unit)
        .join(parent, parent.id == Unit.parent_id)
        .where(Unit.id.in_(below_of([top.path])), *_there(on))
    )
    order = (parent.sort, parent.id, Unit.sort, Unit.id)
    return [row.Unit for row in page_of(session, wanted, order, Unit, cursor, size)]


def of_units(session: Session, units: list[Unit], at: Moment) -> Iterator[Obligation]:
    """Yield what these branches owe for their times and is open, branch by branch."""
    years = read_all(session, units, at)
    above = by_id(session, {unit.parent_id for unit in units if unit.parent_id})
    for unit in units:
        to = above.get(unit.parent_id)
        found = (one for facts in years for one in standing(facts, unit, to, own=False))
        yield from _open(one for one in found if one.kind == "must")


def standing(
    facts: Facts, unit: Unit, to: Unit | None, *, own: bool = True, keys: Collection[str] = ()
) -> Iterator[Obligation]:
    """Yield what a unit owes of a year as it stands at the moment: of the year before only what is open."""
    found = (
        of_branch(facts, unit, to, own=own, keys=keys)
        if unit.kind == "branch"
        else of_superior(facts, unit, {one.category for one in _under(facts, unit)})
    )
    if facts.year == facts.at.today.year:
        yield from found
    else:  # what came up stands with the year itself until it is dealt with
        yield from (one for one in found if one.open and one.period)


def _under(facts: Facts, unit: Unit) -> list[Unit]:
    return [one for one in facts.records.branches if one.within(unit.path)]


def sides(session: Session, unit: Unit, who: Actor, at: Moment) -> Sides:
    """Return both sides of a unit's ledger as of a moment, the next due first; of cases what the
    reader sees.
    """
    branch = unit.kind == "branch"
    above = superiors(session, unit)[0] if unit.kind != "zone" else None
    leads = branch and authority.is_led_by(session, unit, who)
    own, others = list[Obligation](), list[Obligation]()
    for facts in read_all(session, [unit], at):
        own += standing(facts, unit, above, own=leads)
        others += of_others(facts, unit, above) if branch else ()
    own += () if branch else to_branches(session, unit, at)
    if gone(unit, at.today):  # nobody enters it any more: its heir has what goes on
        own, others = [one for one in own if not one.open], []
    for one in of_cases(session, unit, who, at):
        (own if one.unit.id == unit.id else others).append(one)
    return _sides(own, others)


def gone(unit: Unit, today: date) -> bool:
    """True where a unit has ended by a day."""
    return unit.ended_on is not None and unit.ended_on <= today


def _sides(own: list[Obligation], others: list[Obligation]) -> Sides:
    """Part what a unit owes by how it stands, beside what others owe it."""
    return Sides(
        _open(one for one in own if one.kind == "must"),
        _open(others),
        [one for one in own if one.state == SETTLED],
        sorted((one for one in own if one.state in PUT_OFF), key=_place),
        _open(one for one in own if one.kind != "must"),
    )


def _open(found: Iterable[Obligation]) -> list[Obligation]:
    """Return what is open, the next due first."""
    return sorted((one for one in found if one.open), key=_place)


def read_on(text: str, today: date) -> date:
    """Return the day of which a ledger is asked for: past, or to come until the end of the next year.
    Raises InvalidInput.
    """
    found = read_day(text)
    if found is None or not FIRST <= found.year <= today.year + 1:
        said = say("请写一个日期，如 2026-01-09，最晚到 %(year)s 年底。", year=today.year + 1)
        raise InvalidInput({"on": said})
    return found


def _place(one: Obligation) -> tuple:
    return (one.due_on or date.max, one.period)


def counted(found: Iterable[Obligation]) -> dict[str, int]:
    """Count obligations by how they stand; what is explained once more, as a part of what is overdue."""
    counts = dict.fromkeys(STATES, 0)
    for one in found:
        counts[one.state] += 1
        counts[EXPLAINED] += bool(one.why)
    return counts
