"""What binds whom, held against the guidance. Sources: G-2.1.1, G-2.1.2, G-4.3, G-4.4, and the four documents."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from oversight.law.binding import LETTERS, binding, binds, by_key, in_own_words, own_id
from oversight.law.clauses import clause, register
from oversight.law.duties import BRANCH, STANDING, SUPERIOR, YEAR_SHEET, ZONE, duties, group_of
from oversight.rules.rectification import binding as ground
from oversight.views.pages.checklist import sections

FIRMS = ("soe", "private", "social")


@pytest.mark.parametrize("category", [*FIRMS, "school", "hospital"])
@pytest.mark.parametrize("number", ["G-2.1.1a", "G-2.1.1b", "G-2.1.1c"])
def test_a_fixed_day_binds_villages_communities_and_organs_only(category, number):
    assert binds(number, category) is None
    assert binds(number, "rural") and binds(number, "community") and binds(number, "organ")


@pytest.mark.parametrize("category", [*FIRMS, "school", "hospital"])
def test_who_chooses_his_day_owes_one_a_month(category):
    [found] = by_key("DATE.MONTHLY_ONCE", category)
    assert found.own_duty
    assert not by_key("DATE.MONTHLY_ONCE", "rural")


@pytest.mark.parametrize("category", ["school", "hospital"])
def test_institutions_have_the_zone_wide_words_and_nothing_of_villages(category):
    found = binding(category)
    assert {number[0] for number in found} == {"G"}
    assert not {"G-4.3a", "G-2.1.1a", "G-3.1.5b"} & set(found)
    assert "G-4.3b" in found  # 机关、学校、医院、国有企事业单位……可共建共享党员活动室


@pytest.mark.parametrize("category", FIRMS)
def test_the_town_s_duties_in_the_villages_document_bind_no_firm(category):
    assert not [number for number in binding(category) if number.startswith(("R", "O"))]


def test_poverty_work_is_of_villages_not_of_communities():
    assert binds("R-2.4.1c", "rural") and not binds("R-2.4.1c", "community")


@pytest.mark.parametrize(
    "number, category, general",
    [("G-3.2.1c", "soe", True), ("S-3.2.1d", "soe", False), ("G-4.4a", "organ", True)],
)
def test_where_its_own_document_is_silent_the_zone_wide_one_governs(number, category, general):
    assert binds(number, category).general is general


@pytest.mark.parametrize(
    "number, category",
    [("R-3.1.5c", "rural"), ("R-2.1.2", "community"), ("R-2.1.1a", "rural"), ("G-3.1.5c", "school")],
)  # fmt: skip
def test_what_its_secretary_and_what_zone_and_branch_must_do_is_the_branchs_duty(number, category):
    """书记每年至少讲1次党课; 每年“七一”全区统一开展; 每月第一周的周五开展活动."""
    assert binds(number, category).own_duty


@pytest.mark.parametrize(
    "number, category",
    [("R-2.5.2", "rural"), ("G-4.4b", "rural"), ("G-4.4a", "soe"), ("G-2.3.1", "organ"), ("S-4.4b", "soe")],
)  # fmt: skip
def test_what_it_may_do_and_what_others_must_do_is_no_duty_of_the_branch(number, category):
    found = binds(number, category)
    assert found is None or not found.own_duty


def test_a_ground_is_said_in_the_words_of_the_branch_s_own_document():
    ground = clause("G-2.1.1c")
    assert in_own_words(ground, "rural").id == "R-2.1.1c"
    assert in_own_words(ground, "organ").id.startswith("O-2.1.1")
    assert in_own_words(ground, "school") == ground
    assert in_own_words(ground, None) == ground
    assert own_id("G-3.2.1c", "soe") == "G-3.2.1c"  # its own is silent


@pytest.mark.parametrize("category", LETTERS)
def test_no_rule_is_said_twice(category):
    found = binding(category).values()
    said = {one.key for one in found if one.id[0] != "G"}
    assert not said & {one.key for one in found if one.id[0] == "G"}
    assert {one.id for one in found} <= set(register())


def asked_of(category: str) -> set[str]:
    """Return the clauses that an inspector's list asks a category of branches for."""
    found = sections(SimpleNamespace(category=category), musts=True)
    return {one.id for _title, ones in found for one in ones}


@pytest.mark.parametrize("category", LETTERS)
def test_the_list_asks_what_an_order_may_rest_on(category):
    """An order may also name the zone-wide clause that the branch's own document repeats."""
    attempt = SimpleNamespace(unit=SimpleNamespace(category=category))
    accepted = {number for number in register() if ground(attempt, {"clause": number})}
    repeated = {one for one in accepted if one[0] == "G" and own_id(one, category) != one}
    assert asked_of(category) == accepted - repeated


@pytest.mark.parametrize("category", ["school", "hospital"])
def test_a_school_is_asked_for_nothing_of_villages(category):
    quotes = [register()[number]["quote"] for number in asked_of(category)]
    assert quotes and not [one for one in quotes if "村" in one]


def test_the_zone_wide_document_says_that_it_governs_in_place_of_a_silent_one():
    cited = in_own_words(clause("G-3.2.1c"), "soe").cite
    assert cited.endswith("（依总指导书）")
    for number, category in (("G-3.2.1d", "soe"), ("G-3.2.1c", "school")):
        assert "依总指导书" not in in_own_words(clause(number), category).cite


@pytest.mark.parametrize("category", LETTERS)
def test_what_a_clause_orders_of_a_branch_is_the_branch_s_to_do(category):
    """But for 纳入述职评议和考核: the secretary is assessed there, by the superior."""
    ordered = {found.key for found in binding(category).values() if found.own_duty}
    assert {duties()[key].by for key in ordered - {"ACC.ASSESS"}} == {BRANCH}
    assert {duty.by for duty in duties().values()} == {BRANCH, SUPERIOR, ZONE}


def test_what_the_registers_hold_is_counted_by_what_it_is_about():
    """三（二）5 and the breaches reported are 问题; 年度 is only what is done once a year."""
    about = {"ISSUE.REGISTER", "ISSUE.TASKS", "ISSUE.FEEDBACK", "VIOLATION.REPORT"}
    assert {group_of(key) for key in about} == {"issue"}
    assert {group_of(key) for key in duties() if key.startswith("CARE.")} == {"care"}
    dated = [duty for duty in duties().values() if duty.period != STANDING]
    assert {duty.settled for duty in dated if group_of(duty.key) == "year"} == {YEAR_SHEET}
