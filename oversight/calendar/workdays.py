"""Rest days, working days and the party day: what a date means, and why.

Pure: no database, no clock, no web; `today` never occurs here. The editable table
of rest days lives in the models; it comes in as a `Calendar`.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType

from oversight.base.sentences import N_

HOLIDAY_SCOPES = ("rest_days", "statutory_only")
JULY_MODES = ("combined", "separate")

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MOST = 10_000  # counts of a calendar that are kept
MONDAY, THURSDAY, FRIDAY, SATURDAY = 0, 3, 4, 5

LAW_2025 = N_("《全国年节及纪念日放假办法》（2024年修订）")
LAW_2014 = N_("《全国年节及纪念日放假办法》（2013年修订）")
PROVISIONAL = N_("%(year)s年放假安排尚未公布，先按法定节假日预排，公布后自动重排")
ALL_OFF = N_("本月各周五均放假，请报上级另定日期，暂列")

# chinesecalendar shortens these three; any other name of its is taken as it is.
FULL_NAMES = {"清明": N_("清明节"), "端午": N_("端午节"), "中秋": N_("中秋节")}


@dataclass(frozen=True)
class CalendarDay:
    """One row of the table: a holiday rest day, or a weekend day worked instead."""

    on: date
    kind: str  # "rest" | "work"
    name: str
    statutory: bool  # False for days swapped in (调休) and for plain weekend days within a holiday
    source: str


@dataclass(frozen=True)
class Calendar:
    """The rest days in force; a year counts as known only once its notice is published."""

    days: Mapping[date, CalendarDay]
    published: frozenset[int]
    counted: dict[tuple[date, int], date] = field(default_factory=dict, compare=False, repr=False)

    def rest(self, day: date, scope: str = "rest_days") -> CalendarDay | None:
        """Find the holiday that `day` belongs to.

        A weekend without a holiday is none. A row of the table always wins; an unpublished
        year falls back on the holidays fixed by law. Source: G-2.1.1a.
        """
        row = self.days.get(day)
        if row is None and self.provisional(day.year):
            row = _law(day.year).get(day)
        if row is None or row.kind != "rest":
            return None
        return row if row.statutory or scope == "rest_days" else None

    def is_workday(self, day: date) -> bool:
        """Tell whether offices work on `day`: a weekday without a holiday, or a make-up workday."""
        row = self.days.get(day)
        if row is not None and row.kind == "work":
            return True
        return day.weekday() < SATURDAY and self.rest(day) is None

    def provisional(self, year: int) -> bool:
        """Tell whether the holiday notice for `year` is still missing."""
        return year not in self.published


def seed(years: Iterable[int]) -> tuple[list[CalendarDay], frozenset[int]]:
    """List the published rest days and make-up workdays, and the years really published.

    Years without a notice are left out; they never raise.
    """
    from chinese_calendar.constants import holidays, workdays

    # A notice may reach back into the December before, so a stray row proves nothing;
    # National Day is in every notice.
    published = frozenset(
        year for year in years if 1 <= year <= 9999 and date(year, 10, 1) in holidays
    )
    rest = [_rest_row(day, name) for day, name in holidays.items() if day.year in published]
    work = [_work_row(day, name) for day, name in workdays.items() if day.year in published]
    return sorted(rest + work, key=lambda row: row.on), published


def fixed_by_law(year: int) -> list[CalendarDay]:
    """List the public holidays that the law itself fixes, without any swapped or substitute days.

    From 2025 the text of 2024 (春节 from New Year's Eve, 劳动节 two days), earlier that of 2013. Which
    workday replaces a holiday on a weekend (补假) only the yearly notice says.
    """
    return list(_law(year).values())


def last_workday(calendar: Calendar, day: date) -> date:
    """Return a day, or the last working day before it where it is a rest day."""
    return day if calendar.is_workday(day) else add_workdays(calendar, day, -1)


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_workdays(calendar: Calendar, start: date, n: int) -> date:
    """Count `n` working days on from `start`, which itself is not counted; negative counts back.

    0 gives `start` itself, be it a working day or not.
    """
    found = calendar.counted.get((start, n))
    if found is not None:
        return found
    step, day = (DAY if n > 0 else -DAY), start
    for _ in range(abs(n)):
        day += step
        while not calendar.is_workday(day):
            day += step
    if len(calendar.counted) >= MOST:
        calendar.counted.clear()
    calendar.counted[start, n] = day
    return day


def workdays_between(calendar: Calendar, a: date, b: date) -> int:
    """Count the working days from `a` (not counted) to `b` (counted); negative where `b` is
    earlier.
    """
    step, sign = (DAY, 1) if a <= b else (-DAY, -1)
    return sign * sum(calendar.is_workday(a + i * step) for i in range(1, abs((b - a).days) + 1))


@dataclass(frozen=True)
class Step:
    """One line of the explanation.

    "start" is a candidate that a later line strikes out, "skip" says why, "result" is the day.
    """

    text: str
    kind: str  # "start" | "skip" | "result" | "note"
    day: date | None
    clause: str | None


@dataclass(frozen=True)
class PartyDay:
    """The party day of one month with its reasons.

    `first_friday` is the Friday of the week rule before any move; `postponed_for` names the
    holidays in its way, also where a notice then set another day.
    """

    year: int
    month: int
    first_friday: date
    postponed_for: str | None
    on: date
    provisional: bool
    steps: tuple[Step, ...]


def _first(weekday: int, year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + (weekday - first.weekday()) % 7 * DAY


# What "每月第一周的周五" means is the zone's choice: its words, and its Friday before any move.
# The calendar week containing the 1st needs no entry: where that week's Friday lies in the month
# before, everybody takes the next one, which is the first Friday again.
WEEK_RULES: dict[str, tuple[str, Callable[[int, int], date]]] = {
    "first_friday": (N_("每月第一周的周五"), lambda year, month: _first(FRIDAY, year, month)),
    "iso_week": (
        N_("每月第一周（以周四为准）的周五"),
        lambda year, month: _first(THURSDAY, year, month) + DAY,
    ),
    "full_week": (
        N_("每月第一个完整周的周五"),
        lambda year, month: _first(MONDAY, year, month) + 4 * DAY,
    ),
}


def party_day(
    calendar: Calendar,
    year: int,
    month: int,
    *,
    week_rule: str = "first_friday",
    holiday_scope: str = "rest_days",
    july_mode: str = "combined",
    july_day: date | None = None,
    notice: tuple[date, str] | None = None,
    clauses: tuple[str, str] = ("G-2.1.1a", "G-2.1.3"),
) -> PartyDay:
    """Work out the party day of a branch with a fixed day, and say why.

    `clauses` are the rule set's numbers for the Friday and for 七一; `notice` is the zone's day for
    the whole month with its title. Raises ValueError for an unknown setting, and for a `july_day`
    or notice outside the month. Source: G-2.1.1a, G-2.1.3.
    """
    _known(week_rule, WEEK_RULES)
    _known(holiday_scope, HOLIDAY_SCOPES)
    _known(july_mode, JULY_MODES)
    label, find_friday = WEEK_RULES[week_rule]
    friday = find_friday(year, month)
    steps, names = _postponed(calendar, friday, label, holiday_scope, clauses[0])
    if month == 7 and july_mode == "combined":
        steps, names = _united(steps[0], july_day or date(year, 7, 1), clauses[1]), []
    if notice:
        day, title = notice
        ground = clauses[1] if month == 7 and july_mode == "combined" else clauses[0]
        steps = _settled(steps, Step(f"按通知改期（{title}）：{_md(day)}", "result", day, ground))
    # A day that the zone set by notice stands, whatever the State Council publishes later.
    provisional = calendar.provisional(year) and not notice
    on = _result_in_month(steps, year, month)
    steps += [Step(PROVISIONAL % {"year": year}, "note", None, None)] if provisional else []
    return PartyDay(year, month, friday, "、".join(names) or None, on, provisional, tuple(steps))


def _postponed(
    calendar: Calendar, friday: date, label: str, scope: str, clause: str
) -> tuple[list[Step], list[str]]:
    """Walk from Friday to Friday until one is not a rest day, noting each name once."""
    steps, names = [], []
    while holiday := calendar.rest(friday, scope):
        steps += [
            Step(f"{label}：{_md(friday)}", "start", friday, clause),
            _skipped(holiday, clause),
        ]
        names += [holiday.name] if holiday.name not in names else []
        if (friday + WEEK).month != friday.month:
            # Only a wrong table gets here; the month must not be left, so a person has to choose.
            return steps + [Step(f"{ALL_OFF}：{_md(friday)}", "result", friday, clause)], names
        friday, label = friday + WEEK, N_("顺延至下个周五")
    return steps + [Step(f"{label}：{_md(friday)}", "result", friday, clause)], names


def _skipped(holiday: CalendarDay, clause: str) -> Step:
    why = N_("法定节假日") if holiday.statutory else N_("放假调休")
    return Step(f"{_md(holiday.on)}是{holiday.name}，{why}", "skip", holiday.on, clause)


def _united(friday: Step, day: date, clause: str) -> list[Step]:
    """Put the zone's unified activity in the place of July's Friday; a weekend does not move it."""
    text = f"“七一”全区统一开展一次活动，即7月党日：{_md(day)}"
    return _settled([replace(friday, kind="result")], Step(text, "result", day, clause))


def _settled(steps: list[Step], result: Step) -> list[Step]:
    """Let `result` overrule the earlier result, which stays as a struck-out line if it was another
    day.
    """
    *before, last = steps
    return before + ([replace(last, kind="start")] if last.day != result.day else []) + [result]


def _result_in_month(steps: list[Step], year: int, month: int) -> date:
    on = steps[-1].day
    eve = month == 7 and on is not None and (on.year, on.month) == (year, 6)  # 七一 on its eve
    if on is None or not eve and (on.year, on.month) != (year, month):
        raise ValueError(f"the party day of {year}-{month:02d} cannot be on {on}")
    return on


def _known(value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise ValueError(f"unknown setting {value!r}, expected one of {', '.join(choices)}")


def _md(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _rest_row(day: date, english: str) -> CalendarDay:
    from chinese_calendar.constants import in_lieu_days

    # The library marks only swapped weekdays, so weekend days of the holiday are checked against
    # the law.
    by_law = day in _law(day.year) or (day.weekday() < SATURDAY and day not in in_lieu_days)
    return CalendarDay(day, "rest", _chinese(english), by_law, _notice_source())


def _work_row(day: date, english: str) -> CalendarDay:
    return CalendarDay(day, "work", _chinese(english), False, _notice_source())


def _chinese(english: str) -> str:
    from chinese_calendar import Holiday

    name = Holiday(english).chinese
    return FULL_NAMES.get(name, name)


def _notice_source() -> str:
    return N_("国务院办公厅放假通知")


@lru_cache(maxsize=256)
def _law(year: int) -> Mapping[date, CalendarDay]:
    source = LAW_2025 if year >= 2025 else LAW_2014
    named: dict[date, list[str]] = {}
    for day, name in _law_dates(year):
        named.setdefault(day, []).append(name)  # 中秋节 may fall on 国庆节: one row, both names
    rows = (
        CalendarDay(day, "rest", "、".join(names), True, source)
        for day, names in sorted(named.items())
    )
    return MappingProxyType({row.on: row for row in rows})


def _law_dates(year: int) -> list[tuple[date, str]]:
    """List the statutory days of the law in force in `year`, the lunar ones reckoned in China's
    time.
    """
    new_year = _lunar(year, 1, 1)
    since_2025 = year >= 2025
    return [
        (date(year, 1, 1), N_("元旦")),
        *((new_year + i * DAY, N_("春节")) for i in range(-1 if since_2025 else 0, 3)),
        (_qingming(year), N_("清明节")),
        *((date(year, 5, 1 + i), N_("劳动节")) for i in range(2 if since_2025 else 1)),
        (_lunar(year, 5, 5), N_("端午节")),
        *((date(year, 10, 1 + i), N_("国庆节")) for i in range(3)),
        (_lunar(year, 8, 15), N_("中秋节")),
    ]


def _lunar(year: int, month: int, day: int) -> date:
    from lunar_python import Lunar

    return date.fromisoformat(Lunar.fromYmd(year, month, day).getSolar().toYmd())


def _qingming(year: int) -> date:
    from lunar_python import Lunar

    return date.fromisoformat(Lunar.fromYmd(year, 6, 1).getJieQiTable()["清明"].toYmd())
