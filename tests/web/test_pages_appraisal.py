"""The appraisal's pages: one's own line for a member, the roster for who leads, and nothing lost on
a refusal.

Also what the API gives whom.
"""

from __future__ import annotations

import pytest

from oversight.models import JournalRow
from oversight.time import sweep
from tests.db.test_appraisal_cases import setting
from tests.db.test_appraisal_walk import SELF, Appraising
from tests.support.html import text_of
from tests.support.world import at

# What these pages show does not depend on the database; the moves are tried on both in tests/db.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SECRET = "学习还不够深"


@pytest.fixture
def village(session, world):
    return Appraising.of_eight(session, world)


@pytest.fixture
def page(reader, village):
    """Return the case's page as a person sees it now."""
    return lambda name: reader(name).get(f"/cases/{village.case.id}")


def test_the_secretary_opens_it_and_starts_the_self_assessment(reader, world, session):
    secretary = reader("village.secretary")
    new = secretary.get(f"/new/appraisal?unit={world.units['village'].id}")
    assert new.value("year") == "2026" and "系统列出名册" in new.main
    opened = secretary.submit(new, "/new/appraisal")
    assert (
        "石桥村党支部 2026 年度民主评议党员" in opened.main
        and "名册（5 人评定等次）" in opened.main
    )
    assert "写自评" in secretary.submit(opened, "/moves/open_self_assessment").main, (
        "he is a member too"
    )
    assert "提出，正在办理，不能重复提出。" in secretary.get("/new").main


def test_a_member_sees_his_own_line_and_writes_it(page, reader, village):
    village.begin()
    village.lead("open_self_assessment")
    mine = page("village.member1")
    assert "我的评议" in mine.main and "名册" not in mine.main and "上传" not in mine.main
    short = reader("village.member1").submit(
        mine, "/moves/file_self_assessment", 422, text=SELF["text"]
    )
    assert "请填写“自评等次”。" in short.main and short.value("text") == SELF["text"]
    done = reader("village.member1").submit(short, "/moves/file_self_assessment", grade="qualified")
    assert SECRET in done.main
    assert SECRET not in page("village.member2").main and SECRET in page("village.secretary").main
    assert SECRET in page("town1.officer").main


def test_nobody_is_forgotten_before_the_vote(page, reader, village):
    village.begin()
    village.assess()
    village.lead("open_peer_review")
    asked = page("village.secretary")
    assert "还没有意见的 8 人" in asked.main and "（）" not in asked.main
    told = reader("village.secretary").submit(
        asked,
        "/moves/record_reviews",
        **{"by": village.people["village.member1"], "reviews-2-opinion": "为人热心"},
    )
    assert "还没有意见的 7 人" in told.main
    assert "还没有意见的" not in page("village.member1").main


def test_peer_words_reach_the_one_they_are_about(page, reader, village):
    village.begin()
    village.assess()
    village.lead("open_peer_review")
    form = page("village.member1")
    assert village.people["village.member1"] not in form.options("about"), "never oneself"
    reader("village.member1").submit(
        form,
        "/moves/record_peer_review",
        about=village.people["village.member2"],
        opinion="为人热心",
    )
    assert (
        "为人热心" in page("village.member2").main
        and "为人热心" not in page("village.member3").main
    )


def test_the_count_keeps_what_was_typed(page, reader, village):
    village.begin()
    village.assess()
    village.review_peers()
    village.lead("open_vote")
    form = page("village.secretary")
    assert "应到 8 人" in form.main
    words = village.ballots()
    typed = {
        name: str(words[name]) for name in ("present", "issued", "returned", "scrutineer", "teller")
    }
    typed |= {f"tallies-{n}-qualified": "8" for n in range(1, 9)}
    wrong = reader("village.secretary").submit(
        form, "/moves/enter_count", 422, **{**typed, "valid": "9"}
    )
    assert "人数和票数对不上" in wrong.main
    assert wrong.value("tallies-3-qualified") == "8" and wrong.value("present") == "8"
    entered = reader("village.secretary").submit(wrong, "/moves/enter_count", valid="8")
    assert "实到 8，发出 8，收回 8，有效 8" in entered.main and "合格 8" in entered.main
    assert entered.value("present") == "8", "to be corrected, not typed anew"
    member = page("village.member1").main
    assert "合格 8" not in member and "实到 8" not in member


def test_the_committee_answers_on_its_page_and_members_learn_only_their_own(page, reader, village):
    village.rated()
    one = page("town1.committee1")
    assert "您的表决" in one.main and "认领" not in one.main
    said = reader("town1.committee1").submit(one, "/moves/decide", 422, agree="true")
    assert "请填写“意见”。" in said.main
    assert (
        "您的表决"
        not in reader("town1.committee1").submit(said, "/moves/decide", opinion="同意").main
    )
    for name in ("secretary", "deputy", "committee2", "committee3"):
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    assert "评定等次" not in page("village.member1").main, "not before he was told"
    assert "评定等次" not in reader("village.member1").get("/me").main
    village.lead("tell")
    told = page("village.member1").main
    assert "评定等次 合格 11月24日告知" in told and "优秀等次：village.organizer" in told
    assert "2026 年度，评定等次：合格" in reader("village.member1").get("/me").main
    assert told.count("合格") < page("village.secretary").main.count("合格")


def test_who_was_told_is_ticked_by_name(page, reader, village):
    village.rated()
    village.decide_all()
    secretary = reader("village.secretary")
    form = page("village.secretary")
    assert "还有 8 人没有登记" in form.main and "告知谁" not in form.main
    one = secretary.submit(form, "/moves/tell", members=village.people["village.member2"])
    assert "还有 7 人没有登记" in one.main
    assert (
        "评定等次" in page("village.member2").main
        and "评定等次" not in page("village.member3").main
    )
    assert "报区备案" in secretary.submit(one, "/moves/tell").main, "nobody ticked: all the others"
    assert "评定等次" in page("village.member3").main


def test_the_committee_reads_the_proposal_where_it_answers(page, village):
    village.rated()
    form = page("town1.committee1")
    panel = text_of(form.form("/moves/decide"))
    assert "优秀 1village.organizer" in panel and "不同意" in panel


def test_the_api_gives_members_nothing_of_others(api, village):
    village.told()
    member = api("village.member3").get(f"/cases/{village.case.id}")
    assert [row["move"] for row in member["journal"] if row["words"]] == ["file_self_assessment"]
    assert member["facts"] == {"year": 2026}
    assert "counts" in api("village.secretary").get(f"/cases/{village.case.id}")["facts"]


def test_a_secret_vote_is_entered_from_paper_and_keeps_what_was_typed(page, reader, village):
    setting(village, "appraisal_vote", "secret")
    village.rated()
    assert (
        "请到会投纸票" in page("town1.deputy").main and "您的表决" not in page("town1.deputy").main
    )
    form = page("town1.officer")
    people = {
        name: village.world.people[f"town1.{name}"].id
        for name in ("secretary", "deputy", "committee1", "committee2", "committee3", "officer")
    }
    words = {
        "came": list(people.values())[:4],
        "issued": "4",
        "collected": "4",
        "valid": "4",
        "in_favour": "3",
        "against": "0",
        "abstained": "0",
        "scrutineer": people["officer"],
        "teller": people["deputy"],
        "opinion": "会议同意",
    }
    short = reader("town1.officer").submit(form, "/moves/enter_ballots", 422, **words)
    assert "票数对不上" in short.main and short.value("in_favour") == "3"
    assert [
        value for name, value in short.fields("/moves/enter_ballots") if name == "came"
    ] == words["came"]
    done = reader("town1.officer").submit(short, "/moves/enter_ballots", against="1")
    assert "无记名：赞成 3，反对 1，弃权 0" in done.main
    assert (
        "会议记录" in done.main
        and "应到 5，到会 4" in done.main
        and "town1.committee3 未到会" in done.main
    )
    assert "会议记录" not in page("village.member1").main


def test_several_are_excused_on_one_sheet_with_one_reply(page, reader, village):
    village.begin()
    village.lead("open_self_assessment")
    form = page("village.secretary")
    number = {
        value: name.split("-")[1]
        for name, value in form.fields("/moves/ask_excuse")
        if name.endswith("-member")
    }
    chosen = {village.people[f"village.more{n}"]: why for n, why in ((1, "ill"), (2, "away"))}
    words = {f"members-{number[person]}-reason": why for person, why in chosen.items()}
    asked = reader("village.secretary").submit(form, "/moves/ask_excuse", **words)
    assert "village.more1（年老体弱）、village.more2（长期在外）" in asked.main
    officer = reader("town1.officer").get(f"/cases/{village.case.id}")
    assert "同意哪些党员？" in officer.main
    reader("town1.officer").submit(officer, "/moves/consent_excuse", opinion="同意")
    shown = page("village.secretary").main
    assert "免写：年老体弱" in shown and "部分党员免写个人自评的批复" in shown
    assert "免写个人自评的批复" not in page("village.member1").main, "of others' grounds nothing"


def test_what_hurts_is_told_in_person_to_several_and_entered_of_each(
    page, reader, village, session
):
    village.begin()
    village.assess()
    village.review_peers()
    village.vote()
    one = village.people["village.member1"]
    two = village.people["village.member2"]
    village.lead(
        "propose",
        ratings=village.ratings(member1="basic", member2="basic"),
        reasons={one: "担当不够", two: "担当不够"},
    )
    village.decide_all()
    form = page("village.secretary")
    assert "已当面告知" in form.main
    secretary = reader("village.secretary")
    others = [person for person in village.people.values() if person not in (one, two)]
    rest = secretary.submit(form, "/moves/tell", members=others)
    assert "还有 2 人没有登记" in rest.main
    nobody = secretary.submit(rest, "/moves/tell", 422)
    assert "请勾选已当面告知的人" in nobody.main and "还有 2 人没有登记" in nobody.main
    assert "报区备案" in secretary.submit(nobody, "/moves/tell", members=[one, two]).main
    told = [row for row in session.query(JournalRow).filter_by(move="tell")]
    assert [row.words["members"] for row in told[-2:]] == [[one], [two]]
    sweep.sweep(session, at("2026-12-01"))
    bell = reader("village.member1").get("/notices").main
    assert "民主评议情况已经告知" in bell and "基本合格" not in bell


def test_who_decides_sees_that_the_third_is_exceeded(page, village):
    village.begin()
    village.assess()
    village.review_peers()
    village.vote()
    best = {f"member{n}": "excellent" for n in (1, 2, 3)}
    why = {village.people[f"village.{name}"]: "表现突出" for name in best}
    village.lead("propose", ratings=village.ratings(**best), reasons=why)
    assert "优秀 4 人，超过 8 人的三分之一" in page("town1.committee1").main
