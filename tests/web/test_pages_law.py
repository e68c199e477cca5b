"""The law for readers: tables, pictures and the clauses that every 依据 leads to."""

from __future__ import annotations

import re

import pytest

from oversight.law.clauses import DOCUMENTS, register

# What these pages show does not depend on the database; the desk and the case pages are tried on
# both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_definitions_are_listed_and_shown_whole(reader):
    someone = reader("village.member1")
    assert "变更活动时间请示" in someone.get("/law").main
    page = someone.get("/law/date_change")
    assert "改到的日期必须在同一个月之内。" in page.main and "批复编文号印发。" in page.main
    assert "待批复" in "".join(page.tree.find(".//div[@role='region']").itertext()), "the picture"


def anchors(reader, letter: str) -> list[str]:
    page = reader("village.member1").get(f"/clauses/{letter}")
    assert len(page.html.encode()) < 60_000
    return [node.get("id") for node in page.tree.iter("dt") if node.get("id")]


def test_every_clause_is_there_in_its_own_words(reader):
    page = reader("village.member1").get("/clauses")
    assert [link for link in page.links("《") if "/clauses/" in link] == [
        f"/clauses/{letter}" for letter in DOCUMENTS
    ]
    assert [one for letter in DOCUMENTS for one in anchors(reader, letter)] == list(register())
    assert register()["G-2.1.1a"]["quote"] in reader("village.member1").get("/clauses/G").main


def test_clauses_are_found_by_words_number_and_section(reader):
    someone = reader("village.member1")
    for text in ("遇法定节假日顺延", "G-2.1.1a", "二（一）1"):
        assert "G-2.1.1a" in someone.get(f"/clauses?q={text}").main, text
    assert "没有这样的条款" in someone.get("/clauses?q=防汛").main


def test_a_long_list_of_clauses_goes_on(reader):
    someone, found = reader("village.member1"), []
    page = someone.get("/clauses?q=党")
    count = int(re.search(r"找到 (\d+) 条", page.main)[1])
    while True:
        found += [
            link for link in page.links() if re.fullmatch(r"/clauses/[GROPS]-[^#]+", link or "")
        ]
        if not page.links("下一页"):
            break
        page = someone.get(page.links("下一页")[0])
    assert (len(found), len(set(found))) == (count, count) and count > 100


def test_a_clause_has_an_address_and_says_what_rests_on_it(reader):
    page = reader("village.member1").get("/clauses/G-2.1.1c")
    assert register()["G-2.1.1c"]["quote"] in page.main
    assert "/law/date_change" in page.links("变更活动时间请示")
    assert "/clauses/G#G-2.1.1c" in page.links("在原文中看")
    assert "没有编号为" in reader("village.member1").get("/clauses/G-9", 404).main


def test_grounds_lead_to_the_register(reader, play):
    case = play.asked()
    officer = reader("town1.officer")
    known = {(letter, one) for letter in DOCUMENTS for one in anchors(reader, letter)}
    for path in ("/law/date_change", "/law/zone_shift", f"/cases/{case.id}"):
        cited = set(re.findall(r'href="/clauses/([GROPS])#([^"]+)"', officer.get(path).html))
        assert cited and cited <= known
