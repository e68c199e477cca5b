"""Rest days and working days, held against the notices, the law and a second library."""

import ast
import sys
from datetime import date
from pathlib import Path

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oversight.calendar import workdays
from oversight.calendar.workdays import (
    Calendar,
    CalendarDay,
    add_workdays,
    fixed_by_law,
    seed,
    workdays_between,
)

ROWS, PUBLISHED = seed(range(2004, 2041))
CALENDAR = Calendar({row.on: row for row in ROWS}, PUBLISHED)
FROM, UNTIL = date(2004, 1, 1).toordinal(), date(2027, 1, 1).toordinal()
DAYS_2004_2026 = [date.fromordinal(n) for n in range(FROM, UNTIL)]

steady = settings(derandomize=True, deadline=None)


def law(year: int) -> dict[str, list[str]]:
    """Group the law's days by name as month-day."""
    days: dict[str, list[str]] = {}
    for row in fixed_by_law(year):
        days.setdefault(row.name, []).append(f"{row.on:%m-%d}")
    return days


# --- the seed -----------------------------------------------------------------------------------


def test_seed_says_which_years_have_a_notice():
    assert frozenset(range(2004, 2027)) == PUBLISHED


@pytest.mark.parametrize("years", [[2027], [2040, 1900], [0, -5, 10000], []])
def test_seed_never_raises_for_a_year_without_notice(years):
    assert seed(years) == ([], frozenset())


def test_seed_holds_every_day_of_the_2026_notice():
    """The State Council's arrangement for 2026: holidays, swapped days and make-up workdays."""
    rows, _ = seed([2026])
    rest = {f"{r.on:%m-%d}": r.name for r in rows if r.kind == "rest"}
    assert rest == {
        **dict.fromkeys(("01-01", "01-02", "01-03"), "元旦"),
        **dict.fromkeys([f"02-{d}" for d in range(15, 24)], "春节"),
        **dict.fromkeys(("04-04", "04-05", "04-06"), "清明节"),
        **dict.fromkeys([f"05-0{d}" for d in range(1, 6)], "劳动节"),
        **dict.fromkeys(("06-19", "06-20", "06-21"), "端午节"),
        **dict.fromkeys(("09-25", "09-26", "09-27"), "中秋节"),
        **dict.fromkeys([f"10-0{d}" for d in range(1, 8)], "国庆节"),
    }
    work = [f"{r.on:%m-%d}" for r in rows if r.kind == "work"]
    assert work == ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]


def test_seed_tells_statutory_days_from_swapped_days_and_names_its_source():
    rows, _ = seed([2026])
    october = {r.on.day: r.statutory for r in rows if r.on.month == 10 and r.kind == "rest"}
    # 10月3日 is a Saturday and statutory, so Monday the 5th replaces it by law; the 4th is a plain
    # Sunday.
    assert october == {1: True, 2: True, 3: True, 4: False, 5: True, 6: False, 7: False}
    assert all("国务院办公厅放假通知" in r.source for r in rows)
    assert [r.on for r in rows] == sorted(r.on for r in rows)


def test_working_days_agree_with_the_holidays_library_but_for_one_day():
    """Dossier §2: the two libraries disagree on one day of 2004–2026, a make-up Saturday."""
    oracle = holidays.country_holidays("CN", years=range(2004, 2027))
    differing = [d for d in DAYS_2004_2026 if CALENDAR.is_workday(d) != oracle.is_working_day(d)]
    assert differing == [date(2005, 12, 31)]


def test_rest_days_agree_with_the_holidays_library():
    oracle = holidays.country_holidays("CN", years=range(2007, 2027))
    weekdays = [d for d in DAYS_2004_2026 if d.year >= 2007 and d.weekday() < 5]
    assert [d for d in weekdays if CALENDAR.rest(d)] == [d for d in weekdays if d in oracle]


def test_no_make_up_workday_is_a_weekday():
    """So that they never matter for a Friday. Dossier §2."""
    assert {row.on.weekday() for row in ROWS if row.kind == "work"} == {5, 6}


# --- the law ------------------------------------------------------------------------------------


def test_law_of_2024_gives_thirteen_days():
    assert law(2027) == {
        "元旦": ["01-01"],
        "春节": ["02-05", "02-06", "02-07", "02-08"],
        "清明节": ["04-05"],
        "劳动节": ["05-01", "05-02"],
        "端午节": ["06-09"],
        "中秋节": ["09-15"],
        "国庆节": ["10-01", "10-02", "10-03"],
    }


def test_law_of_2024_is_in_force_from_2025():
    assert law(2025)["春节"] == ["01-28", "01-29", "01-30", "01-31"]
    assert {row.source for row in fixed_by_law(2025)} == {
        "《全国年节及纪念日放假办法》（2024年修订）"
    }


def test_law_before_2025_gives_eleven_days():
    assert law(2024) == {
        "元旦": ["01-01"],
        "春节": ["02-10", "02-11", "02-12"],
        "清明节": ["04-04"],
        "劳动节": ["05-01"],
        "端午节": ["06-10"],
        "中秋节": ["09-17"],
        "国庆节": ["10-01", "10-02", "10-03"],
    }


def test_two_holidays_on_one_day_are_one_row_with_both_names():
    """In 2031 中秋 falls on 1 October."""
    assert law(2031)["国庆节、中秋节"] == ["10-01"]
    assert len(fixed_by_law(2031)) == 12


def test_law_says_its_source_and_is_statutory_rest():
    assert {row.source for row in fixed_by_law(2027)} == {
        "《全国年节及纪念日放假办法》（2024年修订）"
    }
    assert {row.source for row in fixed_by_law(2024)} == {
        "《全国年节及纪念日放假办法》（2013年修订）"
    }
    assert {(row.kind, row.statutory) for row in fixed_by_law(2027)} == {("rest", True)}


def test_law_agrees_with_the_holidays_library_for_years_to_come():
    """That library adds substitute days (补假), which the law leaves to the notice."""
    for year in range(2027, 2061):
        oracle = holidays.country_holidays("CN", years=year, language="zh_CN")
        expected = sorted(day for day, name in oracle.items() if "补假" not in name)
        assert [row.on for row in fixed_by_law(year)] == expected


def test_every_day_of_the_law_is_off_in_every_published_notice():
    for year in range(2014, 2027):
        for row in fixed_by_law(year):
            assert CALENDAR.days[row.on].kind == "rest" and CALENDAR.days[row.on].statutory, row


# --- one day ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 9, 30), True),
        (date(2026, 10, 1), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),  # Saturday, worked instead
        (date(2026, 10, 11), False),  # plain Sunday
        (date(2027, 10, 1), False),  # by law, no notice yet
        (date(2027, 10, 4), True),  # will be off, but nobody has said so yet
    ],
)
def test_is_workday(day, works):
    assert CALENDAR.is_workday(day) is works


def test_plain_weekend_is_no_holiday():
    assert CALENDAR.rest(date(2026, 3, 7)) is None


def test_statutory_scope_ignores_swapped_days():
    swapped, statutory = date(2026, 1, 2), date(2026, 5, 1)
    assert CALENDAR.rest(swapped).name == "元旦"
    assert CALENDAR.rest(swapped, "statutory_only") is None
    assert CALENDAR.rest(statutory, "statutory_only").name == "劳动节"


def test_make_up_workday_is_no_rest_day():
    assert CALENDAR.rest(date(2026, 10, 10)) is None


def test_unpublished_year_rests_by_law_alone():
    assert CALENDAR.provisional(2027) and not CALENDAR.provisional(2026)
    assert CALENDAR.rest(date(2027, 2, 5)).source == "《全国年节及纪念日放假办法》（2024年修订）"
    assert CALENDAR.rest(date(2027, 2, 12)) is None


def test_published_year_does_not_ask_the_law():
    """What an administrator took out of a published year stays out."""
    calendar = Calendar({}, frozenset({2026}))
    assert calendar.rest(date(2026, 10, 1)) is None


def test_entered_row_wins_over_the_law_in_an_unpublished_year():
    """A provincial order may come before the yearly notice."""
    off = CalendarDay(date(2027, 3, 5), "rest", "停工", False, "省政府通告")
    on = CalendarDay(date(2027, 5, 1), "work", "劳动节", False, "省政府通告")
    calendar = Calendar({row.on: row for row in (off, on)}, frozenset())
    assert calendar.rest(off.on) == off and not calendar.is_workday(off.on)
    assert calendar.rest(on.on) is None and calendar.is_workday(on.on)


# --- counting -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        (date(2026, 9, 30), 0, date(2026, 9, 30)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 30), 2, date(2026, 10, 9)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),  # make-up Saturday
        (date(2026, 9, 30), 4, date(2026, 10, 12)),
        (date(2026, 9, 18), 1, date(2026, 9, 20)),  # make-up Sunday
        (date(2026, 9, 24), 3, date(2026, 9, 30)),  # 中秋 and its weekend left out
        (date(2026, 10, 3), 0, date(2026, 10, 3)),  # nothing to count, though a rest day
        (date(2026, 10, 3), 1, date(2026, 10, 8)),
        (date(2026, 10, 3), -1, date(2026, 9, 30)),
        (date(2026, 10, 12), -1, date(2026, 10, 10)),
        (date(2026, 10, 8), -2, date(2026, 9, 29)),
        (date(2026, 12, 31), 1, date(2027, 1, 4)),  # over 元旦 into a year without notice
    ],
)
def test_add_workdays(start, n, expected):
    assert add_workdays(CALENDAR, start, n) == expected


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (date(2026, 9, 30), date(2026, 9, 30), 0),
        (date(2026, 9, 30), date(2026, 10, 7), 0),
        (date(2026, 9, 30), date(2026, 10, 12), 4),
        (date(2026, 10, 12), date(2026, 9, 30), -4),
        (date(2026, 10, 3), date(2026, 10, 8), 1),
        (date(2026, 10, 8), date(2026, 10, 3), 0),
        (date(2025, 12, 31), date(2026, 12, 31), 248),  # 261 weekdays less 13 statutory days
    ],
)
def test_workdays_between(a, b, expected):
    assert workdays_between(CALENDAR, a, b) == expected


@steady
@given(st.dates(date(2017, 1, 1), date(2029, 12, 31)), st.integers(-260, 260))
def test_adding_and_counting_are_inverse(start, n):
    end = add_workdays(CALENDAR, start, n)
    assert workdays_between(CALENDAR, start, end) == n
    assert n == 0 or CALENDAR.is_workday(end)


@steady
@given(st.dates(date(2017, 1, 1), date(2029, 12, 31)), st.integers(0, 100), st.integers(0, 100))
def test_counting_on_in_two_parts_is_counting_on_at_once(start, n, m):
    halfway = add_workdays(CALENDAR, start, n)
    assert add_workdays(CALENDAR, halfway, m) == add_workdays(CALENDAR, start, n + m)


# --- the room -----------------------------------------------------------------------------------


def test_room_is_pure_and_starts_fast():
    """At the top only the standard library;

    the two calendar libraries come in when first needed.
    """
    tree = ast.parse(Path(workdays.__file__).read_text("utf-8"))
    imported = {
        alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imported} - {"oversight"} <= sys.stdlib_module_names
