"""What an office kept in a workbook of its own comes in here: activities with attendance and dues of a branch's
past months, looked at first, then all or nothing, by the same use cases as the sheet.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from oversight.base import cells, typed
from oversight.base.clock import Moment
from oversight.base.db import fetch
from oversight.base.refusals import BadRequest, DomainError, InvalidInput
from oversight.base.sentences import N_, Sentence, say
from oversight.base.workbooks import Sheet as Grid
from oversight.base.workbooks import letter, open_book
from oversight.calendar.party_days import activity_for, before_start, month_end
from oversight.engine import authority
from oversight.engine.use_case import use_case
from oversight.models import Activity, Person, Unit
from oversight.models.attendance import CATEGORIES
from oversight.organization.actor import Actor
from oversight.organization.members import expected, members

from . import attendance, duty_records
from .duty_records import Done

DAYS, ROLL, DUES = N_("活动"), N_("考勤"), N_("党费")
COLUMNS = {
    "on": N_("活动日期"),
    "theme": N_("主题"),
    "place": N_("地点"),
    "host": N_("主持人"),
    "host_why": N_("委托原因"),
}
NAME, HEAD = N_("姓名"), 1
HERE = {"√", "✓", "到", "到会", "出席", "是", "1"}
MISSED = {"×", "✗", "缺", "缺席", "旷", "否", "0"}
PAID, UNPAID = {"√", "✓", "已交", "交", "是"}, {"×", "未交", "没交", "否", "欠"}
MOST_DAYS, MOST_TROUBLES = 36, 100
KEY = "DUES.MONTHLY"


class Troubled(BadRequest):
    """A workbook cannot be taken as it is; `troubles` say where and what to write instead."""

    status, title = 422, N_("表格需要修改")

    def __init__(self, troubles: list):
        super().__init__(say("有 %(n)s 处要改，改好前一条也不导入。", n=len(troubles)))
        self.troubles = [str(one) for one in troubles[:MOST_TROUBLES]]


@dataclass
class Day:
    """One activity as the workbook has it; `entries` by person as a sheet has them, `place` where its
    column or row stands.
    """

    on: date
    place: str
    about: dict[str, str] = field(default_factory=dict)
    entries: dict[str, tuple[str, str | None, str | None]] = field(default_factory=dict)
    unpaid: list[str] | None = None

    @property
    def counts(self) -> Counter[str]:
        return Counter(kind for kind, _form, _category in self.entries.values())


@dataclass(frozen=True)
class Shown:
    """What would come of one day: how it is marked, and how many are to be contacted."""

    day: Day
    copied: bool
    to_contact: int


# Reading ------------------------------------------------------------------------------------------


def read(session: Session, unit: Unit, data: bytes, who: Actor, at: Moment) -> list[Day]:
    """Read a workbook of a branch. Raises NotFound, Forbidden, Troubled, InvalidInput, WrongType,
    TooLarge.
    """
    authority.enters(session, unit, who)
    grids = {typed.line(grid.title): grid for grid in open_book(data) if grid.rows and grid.visible}
    if not set(grids) & {DAYS, ROLL, DUES}:
        said = N_("没有找到名为“活动”“考勤”或“党费”的表，请用这里的模板。")
        raise InvalidInput({"file": said})
    reading = _Reading(session, unit, at)
    for name, act in ((DAYS, reading.days), (ROLL, reading.roll), (DUES, reading.dues)):
        if name in grids:
            act(name, grids[name])
    return reading.done()


class _Reading:
    """One workbook while it is read: the days found, and what is wrong where."""

    def __init__(self, session: Session, unit: Unit, at: Moment):
        self.session, self.unit, self.at = session, unit, at
        self.found: dict[tuple[int, int], Day] = {}
        self.troubles: list[Sentence] = []
        self.rosters: dict[date, dict[str, list[str]]] = {}

    def wrong(self, place: str, said: str) -> None:
        self.troubles.append(say("%(place)s：%(said)s", place=place, said=said))

    def done(self) -> list[Day]:
        """Return the days in their order. Raises Troubled."""
        if len(self.found) > MOST_DAYS:
            self.wrong(ROLL, say("一次最多导入 %(n)s 次活动，请分几次。", n=MOST_DAYS))
        if not self.found and not self.troubles:
            self.wrong(ROLL, N_("表里没有活动日期。"))
        if self.troubles:
            raise Troubled(self.troubles)
        return [self.found[key] for key in sorted(self.found)]

    def days(self, title: str, grid: Grid) -> None:
        head = [typed.line(str(value or "")) for value in grid.rows.get(HEAD, [])]
        if COLUMNS["on"] not in head:
            self.wrong(_at(title, HEAD, 0), say("第一行要有“%(name)s”这一列。", name=COLUMNS["on"]))
            return
        where = {key: head.index(label) for key, label in COLUMNS.items() if label in head}
        for number, row in _below(grid):
            place = _at(title, number, where["on"])
            on = self._day(place, _value(row, where["on"]), grid.old_epoch)
            day = self._open(on, place) if on else None
            if day is not None:
                self._tell(day, title, number, row, where)

    def _tell(self, day: Day, title: str, number: int, row: list, where: dict[str, int]) -> None:
        for key, column in where.items():
            said = typed.line(cells.text(_value(row, column)))
            if key == "host" and said:
                day.about["host_id"] = self._person(_at(title, number, column), said, day.on)
            elif key != "on" and said:
                day.about[key] = said

    def roll(self, title: str, grid: Grid) -> None:
        for column, day, _head in self._dated(title, grid):
            for number, row in _below(grid):
                name = typed.line(cells.text(_value(row, 0)))
                said = typed.line(cells.text(_value(row, column)))
                if name:
                    self._mark(_at(title, number, column), day, name, said)
            self._all_there(_at(title, HEAD, column), day)

    def _mark(self, place: str, day: Day, name: str, said: str) -> None:
        """Take how one member took part in one activity."""
        expected_ = self._roster(day.on)
        if name not in expected_ and not said:
            return  # came later or had left: nothing is said of him
        person = self._person(place, name, day.on)
        entry = _entry(said)
        if person and entry is None:
            self.wrong(place, _how_to_write(said))
        elif person and entry:
            day.entries[person] = entry

    def _all_there(self, place: str, day: Day) -> None:
        """Say of whom nothing is written."""
        wanted = {
            name for name, ids in self._roster(day.on).items() if not set(ids) & set(day.entries)
        }
        if wanted and not self.troubles:
            names = "、".join(sorted(wanted)[:20])
            self.wrong(place, say("这一次应到的人没有写全：%(names)s。", names=names))

    def dues(self, title: str, grid: Grid) -> None:
        for column, day, on in self._dated(title, grid, monthly=True):
            day.unpaid = day.unpaid or []
            for number, row in _below(grid):
                name, said = (typed.line(cells.text(_value(row, n))) for n in (0, column))
                place = _at(title, number, column)
                if name and said and said not in PAID | UNPAID:
                    self.wrong(place, N_("只写“已交”或“未交”，不登记金额。"))
                elif name and said in UNPAID and (one := self._person(place, name, on)):
                    day.unpaid.append(one)

    def _dated(
        self, title: str, grid: Grid, monthly: bool = False
    ) -> Iterator[tuple[int, Day, date]]:
        """Yield the columns headed by a day, of dues by a month."""
        head = grid.rows.get(HEAD, [])
        if typed.line(cells.text(_value(head, 0))) != NAME:
            self.wrong(_at(title, HEAD, 0), N_("第一列要写“姓名”，后面每列一次活动的日期。"))
            return
        for column in range(1, len(head)):
            place = _at(title, HEAD, column)
            if (
                head[column] is None
                or (on := self._day(place, head[column], grid.old_epoch)) is None
            ):
                continue
            day = self.found.get((on.year, on.month)) if monthly else None
            day = day or self._open(on, place, monthly)
            if day is not None:
                yield column, day, on

    def _day(self, place: str, value, old_epoch: bool) -> date | None:
        try:
            return cells.day(value, self.at.today, old_epoch)[0]
        except typed.Unreadable as problem:
            self.wrong(place, problem.args[0])
            return None

    def _open(self, on: date, place: str, monthly: bool = False) -> Day | None:
        """Return the day of a month; a month has one, and none that is recorded is brought again."""
        known = self.found.get((on.year, on.month))
        if known is not None and known.on != on:
            self.wrong(place, say("%(m)s月已经写了另一天，一个月一次。", m=on.month))
            return None
        if known is not None:
            return known
        row = activity_for(self.session, self.unit, on.year, on.month)
        if row.confirmed_at and not monthly:
            self.wrong(
                place, say("%(m)s月已经登记过；要更正的，在那次的记录表里写明原因。", m=on.month)
            )
            return None
        if monthly and not row.confirmed_at:
            self.wrong(place, say("%(m)s月还没有登记活动，请先写这个月的活动和考勤。", m=on.month))
            return None
        self.found[on.year, on.month] = found = Day((row.held_on or on) if monthly else on, place)
        return found

    def _roster(self, on: date) -> dict[str, list[str]]:
        """Return who is expected on a day, by name."""
        if on not in self.rosters:
            named: dict[str, list[str]] = {}
            for one in expected(self.session, self.unit.id, max(on, self.unit.accountable_from)):
                named.setdefault(one.name, []).append(one.id)
            self.rosters[on] = named
        return self.rosters[on]

    def _person(self, place: str, name: str, on: date) -> str:
        found = self._roster(on).get(name, [])
        if not found:
            said = say("“%(name)s”不在这一天应到的名单里，请核对姓名。", name=name[:20])
            self.wrong(place, said)
        elif len(found) > 1:
            self.wrong(place, say("有几名“%(name)s”，请在记录表里逐人登记。", name=name))
        return found[0] if len(found) == 1 else ""


def _below(grid: Grid) -> Iterator[tuple[int, list]]:
    return ((number, row) for number, row in sorted(grid.rows.items()) if number > HEAD)


def _value(row: list, column: int):
    return row[column] if column < len(row) else None


def _at(title: str, number: int, column: int) -> str:
    return say("“%(sheet)s”%(cell)s", sheet=title, cell=f"{letter(column)}{number}")


def _entry(said: str) -> tuple[str, str | None, str | None] | None:
    """Return how somebody took part; None where it can't be read. Leave says why: 请假（外出）, 外出."""
    if said in HERE:
        return "present", None, None
    if said in MISSED:
        return "absent", None, None
    if said in attendance.WORDS:
        return "other_form", attendance.WORDS[said], None
    why = said.removeprefix("请假").strip("()（） :：")
    return ("leave", None, why) if why in CATEGORIES else None


def _how_to_write(said: str) -> str | Sentence:
    if not said:
        return N_("空着看不出到没到，请写“到会”“请假（外出）”“缺席”或其他方式。")
    if said.startswith("请假"):
        return say("请假要写事由：%(why)s。", why="、".join(CATEGORIES))
    return say("看不懂“%(said)s”，请写“到会”“请假（外出）”“缺席”或其他方式。", said=said[:20])


# Writing ------------------------------------------------------------------------------------------


def look(session: Session, unit_id: str, days: list[Day], who: Actor, at: Moment) -> list[Shown]:
    """Do all of it and take it back; returns what would come of each day. Raises Troubled, NotFound,
    Forbidden.
    """
    with use_case(session, who, at, "bring", trial=True):
        return _write(session, unit_id, days, who, at)


def apply(session: Session, unit_id: str, days: list[Day], who: Actor, at: Moment) -> list[Shown]:
    """Record all of it, or nothing, and commit. Raises as `look`."""
    with use_case(session, who, at, "bring"):
        return _write(session, unit_id, days, who, at)


def _write(session: Session, unit_id: str, days: list[Day], who: Actor, at: Moment) -> list[Shown]:
    unit = fetch(session, Unit, unit_id)
    found = []
    for day in days:
        row = activity_for(session, unit, day.on.year, day.on.month)
        try:
            found.append(_one(session, row, day, who, at))
        except DomainError as refusal:
            raise Troubled([say("%(p)s：%(why)s", p=day.place, why=refusal.sentence)]) from refusal
    return found


def _one(session: Session, row: Activity, day: Day, who: Actor, at: Moment) -> Shown:
    copied = before_start(row.unit, month_end(row.year, row.month))
    opened: tuple[str, ...] = ()
    if day.entries:
        sheet = attendance.Sheet(day.entries, held_on=day.on, about=_checked(day.about))
        opened = attendance.record(session, row.id, sheet, who, at).opened
    if day.unpaid is not None:
        _dues(session, row, day.unpaid, who, at)
    return Shown(day, copied, len(opened))


def _checked(about: dict[str, str]) -> dict[str, str]:
    """Return what is said of a day as a sheet has it. Raises InvalidInput."""
    raw = {"host": about.get("host_id"), **{k: v for k, v in about.items() if k != "host_id"}}
    return attendance.read_sheet(raw).about


def _dues(session: Session, row: Activity, unpaid: list[str], who: Actor, at: Moment) -> None:
    """Add the dues of a month to what its sheet says; dues that stand there stay."""
    basis = authority.enters(session, row.unit, who)
    stands = duty_records.of_sheets(session, [row.id]).get(row.id, {})
    if KEY in stands:
        raise InvalidInput({"dues": N_("这个月的党费已经登记过；要更正的，在那次的记录表里改。")})
    wanted = {key: _as_done(one.facts) for key, one in stands.items()}
    wanted[KEY] = Done(without=tuple(dict.fromkeys(unpaid)))
    duty_records.record(session, row, wanted, who, basis, at)


def _as_done(facts: dict) -> Done:
    return Done(facts.get("note", ""), tuple(facts.get("except", ())))


# Kept while somebody looks, and the empty workbook ---------------------------------------------------


def to_plain(days: list[Day]) -> str:
    """Write what was read as text, to be sealed until its sender has looked."""
    told = [[day.on.isoformat(), day.place, day.about, day.entries, day.unpaid] for day in days]
    return json.dumps(told, ensure_ascii=False)


def from_plain(text: str) -> list[Day]:
    """Read the days of a looked-at workbook as they were kept for confirming."""
    return [
        Day(
            date.fromisoformat(on),
            place,
            about,
            {k: (v[0], v[1], v[2]) for k, v in entries.items()},
            unpaid,
        )
        for on, place, about, entries, unpaid in json.loads(text)
    ]


def blank(session: Session, unit: Unit, today: date) -> list[tuple[str, list, list[list]]]:
    """Return the sheets of the workbook that a branch fills in, with its members' names."""
    names: list[Person] = members(session, unit.id, today)
    first = date(today.year - 1, 1, 10)
    rows = [[one.name] for one in names]
    return [
        (DAYS, list(COLUMNS.values()), [[first]]),
        (ROLL, [NAME, first], [[*row, N_("到会")] for row in rows]),
        (DUES, [NAME, first.isoformat()[:7]], [[*row, N_("已交")] for row in rows]),
    ]
