"""A roster as an office sends it: units and people read from sheets, with every trouble by sheet,
row and column.

Holds the file against itself only; what it means for the database is worked out in
`operations.roster`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date

from oversight.base.cells import day, refuse_errors, shown, text
from oversight.base.sentences import N_, say
from oversight.base.workbooks import Sheet, letter, open_book
from oversight.law.roles import OFFICES, single

from . import cells, headers
from .cells import Unreadable

Tick = Callable[[int], None]
MOST_TROUBLES = 500
SEATED = N_("与%(place)s都是%(office)s，一个党组织只有一位%(office)s。")
LED = N_("与%(place)s都是这个党小组的组长，一个党小组只有一位组长。")
# Who holds a post above branches also stands in one of them.
ABOVE_BRANCHES = re.compile("(党委|党工委|党组|总支)$")
TOTALS = (N_("合计"), N_("总计"), N_("小计"), N_("共计"))
MAY_SAY_NOTHING = frozenset({"parent", "phone", "number", "joined", "since"})
ONE_S_OWN = frozenset({"name", "number"})
LEFT_OUT = {
    "more": N_("“%(sheet)s”表第 %(rows)s 行的电话写了几个，只记了一个，有手机的记手机。"),
    "local": N_("“%(sheet)s”表第 %(rows)s 行的座机没有区号，没有记。"),
}


@dataclass(frozen=True)
class Place:
    """Where something stands; `column` is a letter, empty for a whole row."""

    sheet: str
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        where: str = say("“%(sheet)s”表", sheet=self.sheet)
        where += say("第 %(row)s 行", row=self.row) if self.row else ""
        return where + (say(" %(column)s 列", column=self.column) if self.column else "")


@dataclass(frozen=True)
class Trouble:
    """What is wrong at a place, with the value as it stands there and what to write instead."""

    place: Place
    value: str
    sentence: str

    def __str__(self) -> str:
        quoted = f"“{self.value}”" if self.value else ""
        return f"{self.place}{quoted}：{self.sentence}"


@dataclass
class UnitRow:
    """An organization as written; `kind` empty where only its name is told."""

    place: Place
    name: str
    parent: str = ""
    kind: str = ""
    category: str | None = None
    parent_place: Place | None = None

    def complete(self, other: UnitRow) -> None:
        """Take over what only another row of the same organization says."""
        self.kind, self.category = self.kind or other.kind, self.category or other.category

    @property
    def key(self) -> tuple[str, str]:
        return cells.unit_key(self.name), cells.unit_key(self.parent)


@dataclass
class PersonRow:
    """A person as written; `given` are the fields that the sheet has a column for."""

    place: Place
    unit: str
    parent: str
    name: str
    joined: date | None = None
    rough: bool = False  # only the month of joining was written
    standing: bool | None = False
    offices: list[tuple[str, str]] = field(default_factory=list)
    since: date | None = None
    phone: str = ""
    number: str = ""
    group: str = ""
    flags: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)

    @property
    def unit_key(self) -> tuple[str, str]:
        return cells.unit_key(self.unit), cells.unit_key(self.parent)

    @property
    def told_apart_by(self) -> tuple:
        return self.number, self.joined, self.phone


@dataclass
class Roster:
    """What a workbook says: units, people, troubles that stop it, and notes that do not."""

    units: list[UnitRow] = field(default_factory=list)
    people: list[PersonRow] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        """Keep what does not stop the roster, once, also where a kept one is compared again."""
        if str(sentence) not in map(str, self.notes):
            self.notes.append(sentence)

    def trouble(self, place: Place, value, sentence: str) -> None:
        self.troubles.append(Trouble(place, shown(value), sentence))


def silent(_stage: str, _total: int | None = None) -> Tick:
    """Be told of a stage of the work and how many rows it has, where known; returns what hears of
    every row.
    """
    return lambda rows: None


def read(data: bytes, today: date, stage: Callable[..., Tick] = silent) -> Roster:
    """Read a workbook and hold it against itself. Raises TooLarge, WrongType, InvalidInput."""
    roster = Roster()
    sheets = open_book(data, stage("read"))
    tick = stage("check", sum(len(sheet.rows) for sheet in sheets))
    read_sheets = [_sheet(roster, sheet, today, tick) for sheet in sheets]
    if not any(read_sheets):
        roster.troubles.append(
            Trouble(
                Place(""),
                "",
                N_(
                    "没有找到表头。表头至少要有“支部名称”和“姓名”，可用 oversight "
                    "roster-template 或网页上的模板。"
                ),
            )
        )
    _agree_on_units(roster)
    _namesakes(roster)
    _seats(roster)
    roster.troubles.sort(key=lambda one: (one.place.sheet, one.place.row))
    return roster


def _sheet(roster: Roster, sheet: Sheet, today: date, tick: Tick) -> bool:
    """Read one sheet; returns whether anything was found in it."""
    if not sheet.visible:
        roster.notes.append(say("“%(sheet)s”表是隐藏的，没有读。", sheet=sheet.title))
        return False
    found = headers.find(sheet.rows)
    if found is None:
        if sheet.rows:
            roster.notes.append(say("“%(sheet)s”表没有找到表头，没有读。", sheet=sheet.title))
        return False
    return _Sheet(roster, sheet, today, *found).read(tick)


class _Sheet:
    """One sheet with its header: reads the rows below it, cell by cell."""

    def __init__(self, roster: Roster, sheet: Sheet, today: date, top: int, heads: dict[int, str]):
        self.roster, self.sheet, self.today, self.top, self.heads = roster, sheet, today, top, heads
        self.columns, self.twice = headers.fields_of(heads)
        self.people = "name" in self.columns
        self.number, self.bad = 0, False
        self.row: list = []
        self.rough: list[int] = []
        self.others: list[str] = []
        self.phones: dict[str, list[int]] = {"more": [], "local": []}
        self.above: dict[str, object] = {}
        self.given = [
            key for key in self.columns if key not in ("unit", "parent", "category", "name")
        ]

    def read(self, tick: Tick) -> bool:
        """Read all rows; returns whether the header has what is needed."""
        self._tell_columns()
        if not self._complete():
            return True
        for number in sorted(self.sheet.rows):
            tick(1)
            self.number, self.row, self.bad = number, self.sheet.rows[number], False
            if number > self.top and not self._skipped():
                (self._person if self.people else self._unit)()
        self._tell_rows()
        return True

    def _place(self, key: str = "") -> Place:
        return Place(
            self.sheet.title, self.number, letter(self.columns[key]) if key in self.columns else ""
        )

    def _tell_columns(self) -> None:
        said = [head for column, head in self.heads.items() if column not in self.columns.values()]
        if any(headers.is_identity(head) for head in said):
            self.roster.notes.append(
                say("“%(sheet)s”表的身份证号一列没有读，也不会保存。", sheet=self.sheet.title)
            )
        left = [head[:12] for head in said if not headers.is_identity(head)]
        if left:
            self.roster.notes.append(
                say(
                    "“%(sheet)s”表这些列没有读：%(heads)s。",
                    sheet=self.sheet.title,
                    heads="、".join(left[:20]),
                )
            )

    def _complete(self) -> bool:
        """Name a header that is there twice, and one that is missing."""
        self.number = self.top
        for key, columns in self.twice.items():
            self.roster.trouble(
                Place(self.sheet.title, self.top, letter(columns[1])),
                self.heads[columns[1]],
                say(
                    "有两列都是“%(label)s”（%(letters)s），请只留一列。",
                    label=headers.LABELS[key],
                    letters="、".join(letter(column) for column in columns),
                ),
            )
        named = self.sheet.title.strip().endswith(("支部", "支部委员会"))
        if "unit" not in self.columns and not named:
            self.roster.trouble(
                Place(self.sheet.title, self.top), "", N_("缺少“支部名称”一列，请补上。")
            )
            return False
        return True

    def _skipped(self) -> bool:
        """Pass over what is no entry: blank rows, totals, a header printed again."""
        said = [text(cell) for cell in self.row]
        first = next((word for word in said if word), "")
        if not first or first.replace(" ", "").startswith(TOTALS):
            return True
        again = sum(
            headers.bare(cell) == self.heads.get(column)
            for column, cell in enumerate(self.row)
            if cell
        )
        if again >= 2 and again >= len(self.heads) // 2:
            self.roster.notes.append(
                say(
                    "“%(sheet)s”表第 %(row)s 行是重复的表头，没有读。",
                    sheet=self.sheet.title,
                    row=self.number,
                )
            )
            return True
        return self._only_a_remark(said)

    def _only_a_remark(self, said: list[str]) -> bool:
        """Tell a row with nothing in the columns that count, or a line about the table: 填表人."""
        used = [
            said[column] for column in self.columns.values() if column < len(said) and said[column]
        ]
        words = [word for word in said if word]
        lone = len(words) == 1 and (":" in said[0] or len(said[0]) > 20)
        lone = lone or self._about_the_table(words[0])
        unsaved = any(self._unsaved(column) for column in self.columns.values())
        if not unsaved and (not used or lone):
            self.roster.notes.append(
                say(
                    "“%(sheet)s”表第 %(row)s 行只有备注，没有读：%(text)s",
                    sheet=self.sheet.title,
                    row=self.number,
                    text=shown(words[0]),
                )
            )
            return True
        return False

    def _about_the_table(self, first: str) -> bool:
        named = [text(self._raw(key)) for key in ("unit", "name")]
        return any(cells.ABOUT_THE_TABLE.match(word) for word in (first, *named))

    def _tell_rows(self) -> None:
        hidden = sorted(
            number
            for number in self.sheet.hidden
            if number > self.top and number in self.sheet.rows
        )
        if hidden:
            self.roster.notes.append(
                say(
                    "“%(sheet)s”表第 %(rows)s 行是隐藏的，也读了；不要的请删去整行。",
                    sheet=self.sheet.title,
                    rows=_some(hidden),
                )
            )
        if self.rough:
            self.roster.notes.append(
                say(
                    "“%(sheet)s”表第 %(rows)s 行的入党日期只写到月，按当月 1 日记；库里已有日期的不改。",
                    sheet=self.sheet.title,
                    rows=_some(self.rough),
                )
            )
        self._tell_left_out()

    def _tell_left_out(self) -> None:
        for kind, sentence in LEFT_OUT.items():
            if rows := self.phones[kind]:
                self.roster.notes.append(say(sentence, sheet=self.sheet.title, rows=_some(rows)))
        if self.others:
            self.roster.notes.append(
                say(
                    "“%(sheet)s”表这些不是本系统登记的党内职务，没有记：%(posts)s。",
                    sheet=self.sheet.title,
                    posts="、".join(list(dict.fromkeys(self.others))[:20]),
                )
            )

    # Cells

    def _unsaved(self, column: int) -> bool:
        return f"{letter(column)}{self.number}" in self.sheet.unsaved

    def _raw(self, key: str):
        column = self.columns.get(key)
        return self.row[column] if column is not None and column < len(self.row) else None

    def _cell(self, key: str, read: Callable, empty=None, need: str = ""):
        """Read a cell; an empty one yields `empty`, unless it is needed: then `need` says what to
        write.
        """
        value = self._raw(key)
        try:
            value = self._as_above(key, value)
            if key in self.columns and self._unsaved(self.columns[key]) and value is None:
                raise Unreadable(
                    "这个公式没有保存计算结果，请在 Excel 里打开并保存一次，或改成数值。"
                )
            refuse_errors(value)
            plain = text(value)
            if not plain or (plain in cells.SAYS_NOTHING and key in MAY_SAY_NOTHING):
                if need:
                    raise Unreadable(need)
                return empty
            return read(value)
        except Unreadable as refusal:
            self.bad = True
            self.roster.trouble(self._place(key), value, refusal.args[0])
            return empty

    def _as_above(self, key: str, value):
        """Return what a cell says; 同上 and 〃 are what stands above it. Raises Unreadable."""
        if text(value) not in cells.AS_ABOVE:
            self.above[key] = value
        elif key in ONE_S_OWN:
            raise Unreadable("姓名和编号各人不同，请写出来，不写“同上”。")
        elif key not in self.above:
            raise Unreadable("上面没有可以照抄的内容，请写出来。")
        return self.above[key]

    def _phone(self, value) -> str:
        found, left_out = cells.phone(value)
        if left_out:
            self.phones[left_out].append(self.number)
        return found

    def _offices(self, value) -> list[tuple[str, str]]:
        found = cells.offices(value)
        self.others += [part[:12] for part in cells.outside(value)]
        return found

    def _standing(self) -> bool | None:
        """Tell whether somebody is 预备党员 from whichever columns say so; None where none does."""
        said = {
            self._cell("standing", cells.probationary),
            self._cell("probation", cells.on_probation, False if self._marked() else None),
            self._cell("full", cells.full),
        } - {None}
        if len(said) > 1:
            self.bad = True
            self.roster.trouble(
                self._place("name"),
                self._raw("name"),
                N_("是正式还是预备，两列写的不一样，请改成一样的。"),
            )
        return max(said, default=None)

    def _marked(self) -> bool:
        """True where only a column of marks tells 预备党员, in which an empty cell is a no."""
        return "probation" in self.columns and not {"standing", "full"} & set(self.columns)

    def _joined(self, value) -> date:
        found, rough = day(value, self.today, self.sheet.old_epoch)
        if rough:
            self.rough.append(self.number)
        return found

    # Rows

    def _unit(self) -> None:
        name = self._cell("unit", cells.unit_name, "", N_("请写党组织的全称。"))
        parent = self._cell("parent", cells.unit_name, "")
        kind, category = self._cell("category", cells.category_or_kind, ("", None))
        if name and not self.bad:
            self.roster.units.append(
                UnitRow(self._place("unit"), name, parent, kind, category, self._above())
            )

    def _above(self) -> Place | None:
        return self._place("parent") if "parent" in self.columns else None

    def _person(self) -> None:
        unit = self._branch()
        parent = self._cell("parent", cells.unit_name, "")
        if "category" in self.columns and unit:
            kind, category = self._cell("category", cells.category_or_kind, ("", None))
            self.roster.units.append(
                UnitRow(self._place("category"), unit, parent, kind, category, self._above())
            )
        elif parent and unit:
            self.roster.units.append(UnitRow(self._place("parent"), unit, parent))
        row = PersonRow(
            self._place("name"),
            unit,
            parent,
            self._cell("name", cells.name, "", N_("缺少姓名，请补上，或删去这一行。")),
            group=self._cell("group", lambda value: cells.group(value, unit), ""),
            joined=self._cell("joined", self._joined),
            rough=self.number in self.rough,
            standing=self._standing(),
            offices=self._cell("offices", self._offices, []),
            since=self._cell(
                "since", lambda value: day(value, self.today, self.sheet.old_epoch)[0]
            ),
            phone=self._cell("phone", self._phone, ""),
            number=self._cell("number", cells.number, ""),
            flags=[flag for flag in headers.FLAGS if self._cell(flag, cells.yes_no, False)],
            given=self.given,
        )
        if not self.bad:
            self.roster.people.append(row)

    def _branch(self) -> str:
        if "unit" not in self.columns:
            return cells.unit_name(self.sheet.title)
        return self._cell(
            "unit", cells.unit_name, "", N_("缺少支部名称，请补上；合并单元格请先取消合并再填满。")
        )


def _some(numbers: list[int]) -> str:
    return "、".join(map(str, numbers[:10])) + (
        say(" 等 %(count)s ", count=len(numbers)) if len(numbers) > 10 else ""
    )


# The file against itself -------------------------------------------------------------------------


def _agree_on_units(roster: Roster) -> None:
    """Keep one row an organization; name rows that say two things of one."""
    known: dict[tuple[str, str], UnitRow] = {}
    for row in roster.units:
        first = known.setdefault(row.key, row)
        if first is row:
            continue
        if row.kind and first.kind and (row.kind, row.category) != (first.kind, first.category):
            roster.trouble(
                row.place,
                row.name,
                say("类别与%(place)s写的不一样，请改成一样的。", place=first.place),
            )
        first.complete(row)
    _merge_short_names(known)
    roster.units = list(known.values())


def _merge_short_names(known: dict[tuple[str, str], UnitRow]) -> None:
    """Take for one organization what is named once with and once without its superior."""
    for key, row in list(known.items()):
        full = [] if key[1] else [other for other in known if other[0] == key[0] and other[1]]
        if len(full) == 1:
            known[full[0]].complete(row)
            del known[key]


def _namesakes(roster: Roster) -> None:
    """Name people who are there twice, and namesakes whom nothing tells apart."""
    names: dict[tuple, PersonRow] = {}
    numbers: dict[str, PersonRow] = {}
    days: dict[tuple, PersonRow] = {}
    same: dict[tuple, list[PersonRow]] = {}
    for row in roster.people:
        if row.number and numbers.setdefault(row.number, row) is not row:
            roster.trouble(
                row.place,
                row.number,
                say("编号与%(place)s重复，一人一个编号。", place=numbers[row.number].place),
            )
        elif row.phone and (first := names.setdefault((row.name, row.phone), row)) is not row:
            sentence = (
                N_("与%(place)s是同一人，请只留一行。")
                if first.unit_key == row.unit_key
                else (N_("这个人也在%(place)s，一人只能在一个支部，请删去一行。"))
            )
            roster.trouble(row.place, row.name, say(sentence, place=first.place))
        else:
            same.setdefault((row.name, row.unit_key), []).append(row)
            _elsewhere(roster, row, days)
    for rows in same.values():
        _tell_apart(roster, rows)


def _elsewhere(roster: Roster, row: PersonRow, days: dict[tuple, PersonRow]) -> None:
    """Name who stands in two branches under one name and one day, unless a number or a telephone
    tells two people.
    """
    if not row.joined or ABOVE_BRANCHES.search(row.unit_key[0]):
        return
    first = days.setdefault((row.name, row.joined), row)
    if first.unit_key == row.unit_key or _differ(
        (row.number, row.phone), (first.number, first.phone)
    ):
        return
    roster.trouble(
        row.place,
        row.name,
        say(
            "与%(place)s同名，入党日期也相同：是一人只能在一个支部，请删去一行；是两人请都填手机或编号。",
            place=first.place,
        ),
    )


def _differ(one: tuple, other: tuple) -> bool:
    return any(a and b and a != b for a, b in zip(one, other, strict=True))


def _tell_apart(roster: Roster, rows: list[PersonRow]) -> None:
    first = rows[0]
    for row in rows[1:]:
        if row.told_apart_by == first.told_apart_by and any(row.told_apart_by):
            roster.trouble(
                row.place, row.name, say("与%(place)s完全一样，请只留一行。", place=first.place)
            )
        elif not _differ(row.told_apart_by, first.told_apart_by):
            roster.trouble(
                row.place,
                row.name,
                say(
                    "与%(place)s同名，分不清是不是同一人：是一人请只留一行，是两人请都填入党日期、手机或编号。",
                    place=first.place,
                ),
            )


def _seats(roster: Roster) -> None:
    """Name who would share what one person has: a secretary's office, that of a group's leader."""
    seats: dict[tuple, PersonRow] = {}
    for row in roster.people:
        for office, where in row.offices:
            seat = _seat(row, office, where)
            first = seats.setdefault(seat, row) if seat else row
            if first is not row:
                said = LED if office == "group_leader" else SEATED
                more = {} if said is LED else {"office": OFFICES[office]}
                roster.trouble(row.place, row.name, say(said, place=first.place, **more))


def _seat(row: PersonRow, office: str, where: str) -> tuple | None:
    """Return which seat an office is that one person has; None of others. Of deputies a branch has one."""
    if office == "group_leader":
        group = where or row.group
        return (office, row.unit_key, group) if group else None
    above = where or ABOVE_BRANCHES.search(row.unit_key[0])
    return (office, where or row.unit_key) if single(office, "" if above else "branch") else None


# Kept between preview and applying ---------------------------------------------------------------


def to_plain(roster: Roster) -> dict:
    """Write a roster without troubles as plain values."""
    return {
        "units": [asdict(row) for row in roster.units],
        "notes": [str(note) for note in roster.notes],
        "people": [
            {
                **asdict(row),
                "joined": row.joined and row.joined.isoformat(),
                "since": row.since and row.since.isoformat(),
            }
            for row in roster.people
        ],
    }


def from_plain(plain: dict) -> Roster:
    """Read back what `to_plain` wrote."""
    roster = Roster(notes=plain["notes"])
    for values in plain["units"]:
        above = values["parent_place"] and Place(**values["parent_place"])
        roster.units.append(
            UnitRow(**{**values, "place": Place(**values["place"]), "parent_place": above})
        )
    for values in plain["people"]:
        joined, since = (
            values[key] and date.fromisoformat(values[key]) for key in ("joined", "since")
        )
        roster.people.append(
            PersonRow(
                **{
                    **values,
                    "place": Place(**values["place"]),
                    "joined": joined,
                    "since": since,
                    "offices": [tuple(pair) for pair in values["offices"]],
                }
            )
        )
    return roster
