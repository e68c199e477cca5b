"""The law for readers: tables, pictures and the clauses that every 依据 leads to."""

from __future__ import annotations

import re

import pytest

from oversight.law.clauses import register

# What these pages show does not depend on the database; the desk and the case pages are tried on
# both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_definitions_are_listed_and_shown_whole(reader):
    someone = reader("village.member1")
    assert "变更活动时间请示" in someone.get("/law").main
    page = someone.get("/law/date_change")
    assert "改到的日期必须在同一个月之内。" in page.main and "批复编文号印发。" in page.main
    assert "待批复" in "".join(page.tree.find(".//div[@role='region']").itertext()), "the picture"


def test_every_clause_is_there_in_its_own_words(reader):
    page = reader("village.member1").get("/clauses")
    ids = {node.get("id") for node in page.tree.iter("dt")}
    assert ids == set(register())
    assert register()["G-2.1.1a"]["quote"] in page.main


def test_grounds_lead_to_the_register(reader, play):
    case = play.asked()
    officer = reader("town1.officer")
    anchors = {node.get("id") for node in officer.get("/clauses").tree.iter("dt")}
    for path in ("/law/date_change", "/law/zone_shift", f"/cases/{case.id}"):
        cited = {match for match in re.findall(r'href="/clauses#([^"]+)"', officer.get(path).html)}
        assert cited and cited <= anchors
