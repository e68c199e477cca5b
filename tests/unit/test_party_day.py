"""The party day, written from 指导书二（一） and dossier §2, not from the code."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oversight.calendar.workdays import (
    WEEK_RULES,
    Calendar,
    CalendarDay,
    fixed_by_law,
    party_day,
    seed,
)

ROWS, PUBLISHED = seed(range(2018, 2041))
CALENDAR = Calendar({row.on: row for row in ROWS}, PUBLISHED)
MONTHS = [(year, month) for year in range(2018, 2027) for month in range(1, 13)]

# Dossier §2: "Months postponed, 23 of 108".
POSTPONED = {
    (2018, 4): 13, (2018, 10): 12,
    (2019, 4): 12, (2019, 5): 10, (2019, 6): 14, (2019, 10): 11,
    (2020, 5): 8, (2020, 10): 9,
    (2021, 1): 8, (2021, 10): 8,
    (2022, 2): 11, (2022, 6): 10, (2022, 10): 14,
    (2023, 10): 13,
    (2024, 4): 12, (2024, 5): 10, (2024, 10): 11,
    (2025, 4): 11, (2025, 5): 9, (2025, 10): 10,
    (2026, 1): 9, (2026, 5): 8, (2026, 10): 9,
}  # fmt: skip

steady = settings(derandomize=True, deadline=None)


def first_friday(year: int, month: int) -> date:
    """Look the first Friday up day by day, as on a wall calendar."""
    return next(d for d in (date(year, month, n) for n in range(1, 8)) if d.isoweekday() == 5)


def days_of(calendar: Calendar = CALENDAR, **choices) -> dict[tuple[int, int], date]:
    """Give the Friday rule's day for each of the 108 months."""
    return {key: party_day(calendar, *key, july_mode="separate", **choices).on for key in MONTHS}


def differing(**choices) -> list[tuple[int, int]]:
    default, other = days_of(), days_of(**choices)
    return [key for key in MONTHS if default[key] != other[key]]


def lines(day) -> list[tuple[str, str]]:
    return [(step.kind, step.text) for step in day.steps]


def with_notice_for_2027() -> Calendar:
    """Enter an example notice for 2027: the law's days, and eight days off from New Year's Eve."""
    rows = {row.on: row for row in ROWS + fixed_by_law(2027)}
    for day in (date(2027, 2, 5) + timedelta(days=i) for i in range(8)):
        rows.setdefault(day, CalendarDay(day, "rest", "春节", False, "示例通知"))
    return Calendar(rows, PUBLISHED | {2027})


# --- 顺延: the 108 months -----------------------------------------------------------------------


@pytest.mark.parametrize(("year", "month"), MONTHS)
def test_each_month_from_2018_to_2026(year, month):
    found = party_day(CALENDAR, year, month, july_mode="separate")
    expected = date(year, month, POSTPONED.get((year, month), first_friday(year, month).day))
    assert (found.on, found.first_friday) == (expected, first_friday(year, month))
    assert bool(found.postponed_for) is ((year, month) in POSTPONED)
    assert not found.provisional


def test_every_october_is_postponed():
    octobers = [party_day(CALENDAR, year, 10) for year in range(2018, 2027)]
    assert [october.postponed_for for october in octobers] == ["国庆节"] * 9


def test_the_list_of_postponed_months_is_whole():
    assert len(POSTPONED) == 23
    assert {key for key in MONTHS if party_day(CALENDAR, *key).postponed_for} == set(POSTPONED)


@pytest.mark.parametrize(
    ("year", "month", "name"),
    [
        (2022, 2, "春节"),
        (2021, 1, "元旦"),
        (2024, 4, "清明节"),
        (2019, 5, "劳动节"),
        (2022, 6, "端午节"),
    ],
)
def test_postponement_names_its_holiday(year, month, name):
    assert party_day(CALENDAR, year, month).postponed_for == name


# --- the readings of 每月第一周 -------------------------------------------------------------------


def test_week_of_the_thursday_differs_in_eleven_months_each_beginning_on_a_friday():
    months = differing(week_rule="iso_week")
    assert len(months) == 11
    assert all(date(year, month, 1).isoweekday() == 5 for year, month in months)


def test_first_full_week_differs_in_45_months():
    assert len(differing(week_rule="full_week")) == 45


def test_statutory_days_only_differs_in_eleven_months():
    months = differing(holiday_scope="statutory_only")
    assert len(months) == 11 and set(months) <= set(POSTPONED)


@pytest.mark.parametrize(
    ("week_rule", "expected", "words"),
    [
        ("first_friday", date(2026, 8, 7), "每月第一周的周五：8月7日"),
        ("iso_week", date(2026, 8, 7), "每月第一周（以周四为准）的周五：8月7日"),
        ("full_week", date(2026, 8, 7), "每月第一个完整周的周五：8月7日"),
    ],
)
def test_readings_agree_where_the_month_begins_on_a_weekend(week_rule, expected, words):
    found = party_day(CALENDAR, 2026, 8, week_rule=week_rule)
    assert found.on == expected and lines(found) == [("result", words)]


@pytest.mark.parametrize(
    ("week_rule", "expected"),
    [
        ("first_friday", date(2025, 8, 1)),
        ("iso_week", date(2025, 8, 8)),
        ("full_week", date(2025, 8, 8)),
    ],
)
def test_readings_part_where_the_month_begins_on_a_friday(week_rule, expected):
    assert party_day(CALENDAR, 2025, 8, week_rule=week_rule).first_friday == expected


@pytest.mark.parametrize(
    ("week_rule", "expected"),
    [
        ("first_friday", date(2026, 12, 4)),
        ("iso_week", date(2026, 12, 4)),
        ("full_week", date(2026, 12, 11)),
    ],
)
def test_readings_part_where_the_month_begins_on_a_tuesday(week_rule, expected):
    assert party_day(CALENDAR, 2026, 12, week_rule=week_rule).on == expected


# --- the explanation ----------------------------------------------------------------------------


def test_ordinary_month_explains_itself_in_one_line():
    (step,) = party_day(CALENDAR, 2026, 3).steps
    assert (step.text, step.kind) == ("每月第一周的周五：3月6日", "result")
    assert (step.day, step.clause) == (date(2026, 3, 6), "G-2.1.1a")


def test_postponed_month_explains_each_step_under_its_clause():
    found = party_day(CALENDAR, 2021, 1, clauses=("R-2.1.1a", "R-2.1.2"))
    assert lines(found) == [
        ("start", "每月第一周的周五：1月1日"),
        ("skip", "1月1日是元旦，法定节假日"),
        ("result", "顺延至下个周五：1月8日"),
    ]
    assert {step.clause for step in found.steps} == {"R-2.1.1a"}
    assert [step.day for step in found.steps] == [
        date(2021, 1, 1),
        date(2021, 1, 1),
        date(2021, 1, 8),
    ]


def test_swapped_rest_day_is_not_called_statutory():
    found = party_day(CALENDAR, 2026, 1)
    assert lines(found)[1] == ("skip", "1月2日是元旦，放假调休")


# --- 2027: twice postponed, and provisional ------------------------------------------------------


def test_2027_is_postponed_twice_once_its_notice_is_entered():
    found = party_day(with_notice_for_2027(), 2027, 2)
    assert (found.on, found.postponed_for, found.provisional) == (date(2027, 2, 19), "春节", False)
    assert lines(found) == [
        ("start", "每月第一周的周五：2月5日"),
        ("skip", "2月5日是春节，法定节假日"),
        ("start", "顺延至下个周五：2月12日"),
        ("skip", "2月12日是春节，放假调休"),
        ("result", "顺延至下个周五：2月19日"),
    ]


def test_2027_without_notice_goes_by_the_law_and_says_so():
    found = party_day(CALENDAR, 2027, 2)
    assert (found.on, found.postponed_for, found.provisional) == (date(2027, 2, 12), "春节", True)
    assert lines(found)[-2:] == [
        ("result", "顺延至下个周五：2月12日"),
        ("note", "2027年放假安排尚未公布，先按法定节假日预排，公布后自动重排"),
    ]


@pytest.mark.parametrize(("month", "day"), [(1, 8), (10, 8)])
def test_2027_is_postponed_for_new_year_and_national_day(month, day):
    for calendar in (CALENDAR, with_notice_for_2027()):
        assert party_day(calendar, 2027, month).on == date(2027, month, day)


@pytest.mark.parametrize("calendar", [CALENDAR, Calendar({}, frozenset())], ids=["seeded", "empty"])
@pytest.mark.parametrize("year", [2028, 2040, 2200])
def test_far_year_is_provisional_and_never_an_error(calendar, year):
    for month in range(1, 13):
        found = party_day(calendar, year, month)
        assert found.provisional and found.steps[-1].kind == "note"
        assert (found.on.year, found.on.month) == (year, month)


def test_two_different_holidays_in_the_way_are_both_named():
    rows = {
        day: CalendarDay(day, "rest", name, False, "示例")
        for day, name in ((date(2026, 3, 6), "停工"), (date(2026, 3, 13), "纪念日"))
    }
    found = party_day(Calendar(rows, frozenset({2026})), 2026, 3)
    assert (found.on, found.postponed_for) == (date(2026, 3, 20), "停工、纪念日")


# --- 七一 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", range(2018, 2027))
def test_july_is_the_unified_activity_also_on_a_weekend(year):
    found = party_day(CALENDAR, year, 7)
    assert (found.on, found.postponed_for) == (date(year, 7, 1), None)
    assert found.first_friday == first_friday(year, 7)


def test_unified_activity_explains_why_it_is_not_the_friday():
    found = party_day(CALENDAR, 2026, 7, clauses=("O-2.1.1a", "O-2.1.2"))
    assert lines(found) == [
        ("start", "每月第一周的周五：7月3日"),
        ("result", "“七一”全区统一开展一次活动，即7月党日：7月1日"),
    ]
    assert [step.clause for step in found.steps] == ["O-2.1.1a", "O-2.1.2"]


def test_unified_activity_on_the_friday_itself_strikes_nothing_out():
    """Dossier §2: first Friday and 1 July coincided in 2022."""
    assert [step.kind for step in party_day(CALENDAR, 2022, 7).steps] == ["result"]


def test_zone_may_set_another_day_for_the_unified_activity():
    assert party_day(CALENDAR, 2026, 7, july_day=date(2026, 7, 2)).on == date(2026, 7, 2)
    assert party_day(CALENDAR, 2026, 8, july_day=date(2026, 7, 2)).on == date(2026, 8, 7)


def test_separate_july_keeps_its_friday():
    found = party_day(CALENDAR, 2026, 7, july_mode="separate", july_day=date(2026, 7, 2))
    assert lines(found) == [("result", "每月第一周的周五：7月3日")]


def test_combined_july_is_not_postponed_even_where_its_friday_is_off():
    row = CalendarDay(date(2026, 7, 3), "rest", "停工", False, "示例")
    found = party_day(Calendar({row.on: row}, frozenset({2026})), 2026, 7)
    assert (found.on, found.postponed_for) == (date(2026, 7, 1), None)
    assert [step.day for step in found.steps] == [date(2026, 7, 3), date(2026, 7, 1)]


# --- a notice of the zone, and what is refused ---------------------------------------------------


def test_notice_of_the_zone_moves_the_month_and_says_so():
    found = party_day(CALENDAR, 2026, 10, notice=(date(2026, 10, 15), "关于调整10月党日的通知"))
    assert found.on == date(2026, 10, 15)
    assert lines(found) == [
        ("start", "每月第一周的周五：10月2日"),
        ("skip", "10月2日是国庆节，法定节假日"),
        ("start", "顺延至下个周五：10月9日"),
        ("result", "按通知改期（关于调整10月党日的通知）：10月15日"),
    ]


def test_notice_stands_above_the_unified_activity():
    found = party_day(CALENDAR, 2026, 7, notice=(date(2026, 7, 8), "通知"))
    assert found.on == date(2026, 7, 8)
    assert [step.kind for step in found.steps] == ["start", "start", "result"]
    assert found.steps[-1].clause == "G-2.1.3"


@pytest.mark.parametrize(("month", "mode"), [(7, "separate"), (6, "combined")])
def test_a_notice_about_any_other_month_rests_on_the_friday(month, mode):
    notice = (date(2026, month, 15), "通知")
    found = party_day(
        CALENDAR, 2026, month, july_mode=mode, july_day=date(2026, 7, 2), notice=notice
    )
    assert found.steps[-1].clause == "G-2.1.1a"


def test_day_set_by_notice_is_not_provisional():
    found = party_day(CALENDAR, 2027, 2, notice=(date(2027, 2, 26), "通知"))
    assert not found.provisional and found.steps[-1].kind == "result"


@pytest.mark.parametrize(
    ("month", "wrong"),
    [
        (3, {"week_rule": "last_week"}),
        (3, {"holiday_scope": "all"}),
        (3, {"july_mode": "never"}),
        (7, {"july_day": date(2026, 5, 31)}),
        (7, {"july_day": date(2025, 7, 1)}),
        (3, {"notice": (date(2026, 4, 3), "通知")}),
    ],
)
def test_wrong_setting_or_day_of_another_month_is_refused(month, wrong):
    with pytest.raises(ValueError):
        party_day(CALENDAR, 2026, month, **wrong)


# --- what holds for every calendar ---------------------------------------------------------------

any_days = st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=120)
all_fridays = {date(2026, 1, 2) + timedelta(weeks=i) for i in range(52)}


def off_on(days) -> Calendar:
    return Calendar(
        {day: CalendarDay(day, "rest", "停工", False, "示例") for day in days}, frozenset({2026})
    )


@steady
@given(
    st.one_of(any_days, st.sets(st.sampled_from(sorted(all_fridays)))),
    st.integers(1, 12),
    st.sampled_from(sorted(WEEK_RULES)),
)
def test_party_day_is_the_earliest_free_friday_of_its_month(days, month, week_rule):
    found = party_day(off_on(days), 2026, month, week_rule=week_rule, july_mode="separate")
    assert found.on.isoweekday() == 5 and (found.on.year, found.on.month) == (2026, month)
    candidates = [
        day for day in sorted(all_fridays) if day.month == month and day >= found.first_friday
    ]
    free = [friday for friday in candidates if friday not in days]
    assert found.on == (free or candidates[-1:])[0]


@steady
@given(
    st.integers(1950, 2150),
    st.integers(1, 12),
    st.sampled_from(sorted(WEEK_RULES)),
    st.sampled_from(["rest_days", "statutory_only"]),
)
def test_party_day_of_any_year_is_a_friday_of_its_month_and_not_a_holiday(
    year, month, week_rule, scope
):
    found = party_day(CALENDAR, year, month, week_rule=week_rule, holiday_scope=scope)
    assert (found.on.year, found.on.month) == (year, month)
    assert month == 7 or (found.on.isoweekday() == 5 and CALENDAR.rest(found.on, scope) is None)
    assert found.provisional is (year not in PUBLISHED)
    assert [step.day for step in found.steps if step.kind == "result"] == [found.on]


def test_month_without_a_free_friday_ends_on_its_last_and_asks_for_a_person():
    found = party_day(off_on(all_fridays), 2026, 3)
    assert found.on == date(2026, 3, 27)
    assert found.steps[-1].text == "本月各周五均放假，请报上级另定日期，暂列：3月27日"
