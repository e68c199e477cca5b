"""Looking for branches, people, paper numbers and words of cases, each in the reader's own sight."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base import grams
from oversight.base.refusals import NotFound
from oversight.engine import authority, search
from oversight.models import Case, CaseGram, JournalRow, Paper
from tests.db.test_appraisal_walk import Appraising
from tests.support.actors import REASON
from tests.support.copies import copy_case
from tests.support.random_boxes import Filling
from tests.web.test_statements import MOST, counted

DAY = date(2026, 11, 24)
PEOPLE = ("second.hat", "town1.officer", "village.secretary", "village.member1", "zone.officer")
SAID = ("防汛值守，全村在堤上", "冬修水利集中施工", "王芳同志住院", "OA 系统升级", "请写清人数")


def cases_of(page) -> list[str]:
    """Return the addresses of the cases that a page lists."""
    return [link for link in page.links() if link and link.startswith("/cases/")]


@pytest.mark.parametrize(
    ("text", "found"),
    [("水利", True), ("冬修水利", True), ("工地 党员", True), ("31 名党员", True), ("31名党员", True),
     ("水利防汛", False), ("利水", False), ("防汛", False)],
)  # fmt: skip
def test_words_of_a_case_are_found_from_two_characters(reader, play, text, found):
    case = play.asked().id
    play.session.commit()
    for name in ("village.secretary", "town1.officer"):
        page = reader(name).get(f"/search?q={text}")
        assert cases_of(page) == ([f"/cases/{case}"] if found else [])


def test_who_may_not_open_a_case_does_not_find_it(reader, play):
    play.asked()
    play.session.commit()
    for name in ("town2.officer", "village2.secretary", "village.member1", "zone.sysadmin"):
        page = reader(name).get("/search?q=水利")
        assert (cases_of(page), "没有找到“水利”" in page.text) == ([], True)


def test_a_paper_is_found_by_its_number_as_it_is_written(reader, session, play):
    case = play.approved()
    number = session.scalar(sa.select(Paper.number).where(Paper.case_id == case.id))
    session.commit()
    for text in (number, number.replace("〔", "[").replace("〕", "]"), number.partition("〔")[0]):
        page = reader("town1.officer").get(f"/search?q={text}")
        assert (cases_of(page), number in page.main) == ([f"/cases/{case.id}"], True)
    assert not cases_of(reader("town1.officer").get(f"/search?q={number.replace('号', '9号')}"))


def test_one_character_is_too_few(reader):
    page = reader("village.secretary").get("/search?q=水")
    assert "请至少输入两个字。" in page.text


def test_people_and_branches_lead_to_pages_of_theirs(reader, session, world):
    for name in ("village.member1", "village2.member1"):
        world.people[name].name = "王芳"
    session.commit()
    village = world.units["village"].id
    page = reader("village.secretary").get("/search?q=王芳")
    assert page.links("王芳") == [f"/units/{village}/year"]
    page = reader("zone.officer").get("/search?q=王芳")
    assert len(page.links("王芳")) == 2 and "王芳（石桥村党支部）" in page.text
    for link in page.links("王芳"):
        reader("zone.officer").get(link)
    assert f"/units/{village}/year" in reader("town1.officer").get("/search?q=石桥").links("石桥村")
    assert not reader("town2.officer").get("/search?q=石桥").links("石桥村")
    assert not reader("village.member2").get("/search?q=王芳").links("王芳")


def test_a_case_is_found_by_the_name_of_whom_it_concerns(reader, session, world, play):
    world.people["village.member1"].name = "王芳"
    concerned = play.asked()
    concerned.data_subject_id = world.people["village.member1"].id
    session.commit()
    assert cases_of(reader("town1.officer").get("/search?q=王芳")) == [f"/cases/{concerned.id}"]
    assert not cases_of(reader("town2.officer").get("/search?q=王芳"))


def test_every_case_is_reached_page_by_page(reader, session, play):
    case = play.asked()
    copy_case(session, case, 47)
    session.flush()
    pairs = session.scalars(sa.select(CaseGram.gram).where(CaseGram.case_id == case.id)).all()
    others = session.scalars(sa.select(Case.id).where(Case.id != case.id)).all()
    session.add_all(CaseGram(gram=gram, case_id=one) for gram in pairs for one in others)
    session.commit()
    who, found = reader("town1.officer"), []
    page = who.get("/search?q=水利")
    assert (len(cases_of(page)), len(page.links("看全部事项"))) == (5, 1)
    page = who.get(page.links("看全部事项")[0])
    while True:
        found += cases_of(page)
        if not page.links("下一页"):
            break
        page = who.get(page.links("下一页")[0])
    assert (len(found), len(set(found))) == (48, 48)


def test_a_mark_that_somebody_typed_begins_at_the_beginning(reader, play):
    case = play.asked().id
    play.session.commit()
    page = reader("town1.officer").get("/search?q=水利&in=cases&cursor=x")
    assert cases_of(page) == [f"/cases/{case}"]
    reader("town1.officer").get(f"/search?q=王芳&in=people&cursor={case}")


def test_what_others_said_in_an_appraisal_is_not_found(reader, session, world):
    world.person("village.more1", "village")
    session.commit()
    play = Appraising(session, world)
    play.begin()
    play.lead("open_self_assessment")
    for name in play.people:
        said = "证据不足，仍需努力。" if name == "village.member1" else "学习还不够深。"
        play.do(name, "file_self_assessment", text=said, grade="qualified")
    play.lead("open_peer_review")
    one = play.people["village.member1"]
    play.lead("record_peer_review", about=one, opinion="担当不够。")
    session.commit()
    for text in ("证据不足", "担当不够"):
        assert not cases_of(reader("village.member3").get(f"/search?q={text}"))
    assert len(cases_of(reader("village.member1").get("/search?q=证据不足"))) == 1


class Saying(Filling):
    """Fills a world whose steps say something."""

    def _add(self, model, **values):
        said = {"words": {"reason": self.one(SAID), "day": "2026-12-04"}}
        return super()._add(model, **values | (said if model is JournalRow else {}))


def fill(session, world) -> None:
    Saying(world, 5, DAY.isoformat()).fill(cases=60)
    for row in session.scalars(sa.select(JournalRow)).all():
        search.keep(session, {"kind": row.kind, "words": row.words, "result": {},
                              "case_id": row.case_id})  # fmt: skip
    session.commit()


def opens(session, who) -> set[str]:
    found = set()
    for case in session.scalars(sa.select(Case)).all():
        with suppress(NotFound):
            authority.see(session, who, case)
            found.add(case.id)
    return found


def reads(session, case_id: str, who, text: str) -> bool:
    """True where somebody wrote a text in a case that hides nothing, or the reader himself did."""
    rows = session.scalars(sa.select(JournalRow).where(JournalRow.case_id == case_id)).all()
    return any(text in row.words["reason"] for row in rows)


@pytest.mark.parametrize("name", PEOPLE)
def test_what_is_found_can_be_opened_and_all_that_is_written_is_found(session, world, name):
    fill(session, world)
    who = world.actor(name, DAY)
    mine = opens(session, who)
    for text in ("防汛", "水利", "王芳", "系统", "写清人数"):
        found = {hit.case.id for hit in all_hits(session, who, text)}
        assert found <= mine
        open_ones = {
            case.id
            for case in session.scalars(sa.select(Case).where(Case.id.in_(mine)))
            if case.workflow not in ("appraisal", "zone_shift")
        }
        assert {one for one in open_ones if reads(session, one, who, text)} <= found


def all_hits(session, who, text: str) -> list[search.Hit]:
    hits, cursor = [], None
    while True:
        page = search.cases(session, who, grams.terms(text), set(), cursor, size=3)
        hits += page.rows
        cursor = page.next
        if cursor is None:
            return hits


def test_looking_asks_the_database_little(app, reader, session, play):
    case = play.asked()
    copy_case(session, case, 30)
    session.flush()
    others = session.scalars(sa.select(Case.id).where(Case.id != case.id)).all()
    session.add_all(CaseGram(gram="水利", case_id=one) for one in others)
    session.commit()
    for name in ("town1.officer", "village.secretary"):
        who = reader(name)
        who.get("/search?q=水利&in=cases")
        session.commit()
        for path in ("/search?q=水利", "/search?q=水利&in=cases", "/search?q=石桥"):
            with counted() as statements, app.app_context():
                assert who.client.get(path).status_code == 200
            assert len(statements) <= MOST, statements


def test_every_page_offers_it_and_one_line_of_help(reader):
    page = reader("village.secretary").get("/units")
    assert page.fields("/search") == [("q", "")]
    assert "输入" in page.text or "名称" in page.text
    [summary] = page.tree.findall(".//details[@id='help']/summary")
    assert summary.text


def test_pairs_are_of_letters_and_figures_that_stand_together():
    assert grams.grams("青委〔2026〕31号") == {"青委", "20", "02", "26", "31", "1号"}
    assert grams.terms("ＯＡ系统　王") == ["oa系统"]
    assert REASON and grams.plain("冬修，水利") == "冬修·水利"


# Within one unit ---------------------------------------------------------------------------------


def test_what_is_found_is_narrowed_to_a_unit(reader, session, world, play):
    case = play.asked()
    session.commit()
    officer = reader("zone.officer")
    town1, town2 = world.units["town1"].id, world.units["town2"].id
    for text, link in (("水利", f"/cases/{case.id}"), (world.units["village"].name, None)):
        page = officer.get(f"/search?q={text}")
        assert {town1, town2} <= set(page.options("unit"))
        wanted = link or next(one for one in page.links() if world.units["village"].id in one)
        assert wanted in officer.get(f"/search?q={text}&unit={town1}").links()
        assert wanted not in officer.get(f"/search?q={text}&unit={town2}").links()
    branches = [world.units[name].id for name in ("village", "organ")]
    town = reader("town1.officer")
    here, there = (town.get(f"/search?q=member1&in=people&unit={one}").main for one in branches)
    assert "village.member1" in here and "village.member1" not in there


def test_a_unit_out_of_sight_narrows_nothing_and_tells_nothing(reader, session, world, play):
    case = play.asked()
    session.commit()
    for unit in (world.units["town2"].id, "x", "01900000-0000-7000-8000-000000000000"):
        page = reader("town1.officer").get(f"/search?q=水利&unit={unit}")
        assert cases_of(page) == [f"/cases/{case.id}"] and "柏岭" not in page.main


def test_a_filter_costs_little(reader, session, world, play):
    play.asked()
    session.commit()
    officer, town1 = reader("zone.officer"), world.units["town1"].id
    with counted() as asked:
        officer.get(f"/search?q=水利&unit={town1}")
    assert len(asked) <= MOST
