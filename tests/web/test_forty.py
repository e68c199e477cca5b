"""A branch of forty on paper and on the page: the sheet of the meeting, counts that don't add up,
ties, self-assessments handed in together, and what is printed. Issue 11, kinds 8 and 9.
"""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from oversight.base.refusals import RuleViolation
from oversight.models import Appraised, PeerReview
from tests.db.test_appraisal_walk import SELF, Appraising
from tests.web.test_statements import MOST, sent

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LONG = "欧阳修平娜仁托雅古丽米热艾山买买提"


@pytest.fixture
def village(session, world):
    found = Appraising.of_eight(session, world)
    for name, title in (("member1", "王芳"), ("member2", "李强"), ("more1", LONG)):
        world.people[f"village.{name}"].name = title
    session.commit()
    found.begin()
    return found


@pytest.fixture
def page(reader, village):
    return lambda name="village.secretary": reader(name).get(f"/cases/{village.case.id}")


@pytest.fixture
def met(village):
    village.assess()
    village.lead("open_peer_review")
    return village


def line(page, village, name: str, word: str = "reviews", of: str = "about") -> str:
    """Return the beginning of the names of the fields about one member."""
    person = village.world.people[f"village.{name}"].id
    found = [
        field
        for move in ("record_reviews", "enter_count", "propose", "file_for_several")
        if page.has_form(f"/moves/{move}")
        for field, value in page.fields(f"/moves/{move}")
        if value == person and re.fullmatch(rf"{word}-\d+-{of}", field)
    ]
    return found[0].removesuffix(of)


def said(session, village) -> set[tuple[str, str, str]]:
    names = {person.id: name for name, person in village.world.people.items()}
    rows = session.execute(
        sa.select(PeerReview.by_id, PeerReview.about_id, PeerReview.opinion).where(
            PeerReview.case_id == village.case.id
        )
    )
    return {(names[by], names[about], opinion) for by, about, opinion in rows}


# The sheet of the meeting -------------------------------------------------------------------------


def test_one_sheet_takes_who_spoke_on_whom_also_on_the_recorder(page, reader, met, session):
    form = page()
    own, one, two = (line(form, met, name) for name in ("secretary", "member1", "member2"))
    words = {
        "by": met.world.people["village.member2"].id,
        f"{one}opinion": "热心公益",
        f"{own}opinion": "要多下组里",
        f"{two}by": "王芳",
        f"{two}opinion": "肯钻研",
    }
    after = reader("village.secretary").submit(form, "/moves/record_reviews", **words)
    expected = {
        ("village.member2", "village.member1", "热心公益"),
        ("village.member2", "village.secretary", "要多下组里"),
        ("village.member1", "village.member2", "肯钻研"),
    }
    assert said(session, met) == expected
    assert "还没有意见的 5 人" in after.main and "已记 1 条" in after.main
    assert after.value(f"{one}opinion") == "", "a new round of the meeting, nothing twice"
    reader("village.secretary").submit(form, "/moves/record_reviews", **words)
    assert said(session, met) == expected, "sent twice, kept once"
    assert "王芳" in page("village.member2").main, "he reads who spoke"


def test_the_link_to_the_act_leads_to_one_place_also_once_all_were_spoken_of(village, page):
    village.assess()
    village.review_peers()
    shown = page()
    assert shown.has_form("/moves/record_reviews") and shown.has_form("/moves/open_vote")
    assert shown.html.count('id="act"') == 1


@pytest.mark.parametrize(
    "by, sentence", [("王方", "“王方”不在名单上"), ("李强", "不评自己"), ("", "没有写发言人")]
)
def test_a_wrong_line_is_marked_and_nothing_is_lost(page, reader, met, session, by, sentence):
    form = page()
    one, two = (line(form, met, name) for name in ("member1", "member2"))
    words = {
        f"{one}by": LONG,
        f"{one}opinion": "热心公益",
        f"{two}by": by,
        f"{two}opinion": "肯钻研",
    }
    back = reader("village.secretary").submit(form, "/moves/record_reviews", 422, **words)
    assert sentence in back.main
    assert {name: back.value(name) for name in words} == words
    assert said(session, met) == set()


def test_namesakes_are_told_apart(page, reader, met, world, session):
    world.people["village.more2"].name = "王芳"
    session.commit()
    form = page()
    two = line(form, met, "member2")
    words = {f"{two}by": "王芳", f"{two}opinion": "肯钻研"}
    back = reader("village.secretary").submit(form, "/moves/record_reviews", 422, **words)
    assert "“王芳”不在名单上，或不止一人" in back.main
    offered = [node.get("value") for node in back.tree.iter("option") if "王芳" in str(node.attrib)]
    assert len(set(offered)) == 2
    words[f"{two}by"] = offered[0]
    reader("village.secretary").submit(back, "/moves/record_reviews", **words)
    assert len(said(session, met)) == 1


def test_members_still_write_for_themselves(page, met):
    assert page("village.member1").has_form("/moves/record_peer_review")
    assert not page("village.member1").has_form("/moves/record_reviews")


# Self-assessments on paper ------------------------------------------------------------------------


def test_self_assessments_are_entered_together(page, reader, village, session):
    village.lead("open_self_assessment")
    form = page()
    assert "还没有交的 8 人" in form.main
    one, two = (line(form, village, name, "selves", "member") for name in ("member1", "member2"))
    half = {f"{one}text": "学得不够", f"{one}grade": "qualified", f"{two}text": "还要带头"}
    back = reader("village.secretary").submit(form, "/moves/file_for_several", 422, **half)
    assert "自评和等次都要填" in back.main and back.value(f"{two}text") == "还要带头"
    done = reader("village.secretary").submit(
        back, "/moves/file_for_several", **{f"{two}grade": "basic"}
    )
    assert "还没有交的 6 人" in done.main
    rows = {name: village.row(f"village.{name}") for name in ("member1", "member2")}
    assert [row.self_grade for row in rows.values()] == ["qualified", "basic"]
    assert rows["member1"].self_by == village.world.people["village.secretary"].id
    assert (
        "我的评议" in page("village.member1").main and "由支部代录" in page("village.member1").main
    )


# The count ----------------------------------------------------------------------------------------


def test_a_count_that_does_not_add_up_says_of_whom(page, reader, met):
    for name in met.people:
        about, by = met.people[name], met.people["village.more3"]
        by = met.people["village.more2"] if about == by else by
        met.lead("record_reviews", by=by, reviews=[{"about": about, "opinion": "好"}])
    met.lead("open_vote")
    form = page()
    typed = {f"tallies-{n}-qualified": "8" for n in range(1, 9)} | {"tallies-3-qualified": "7"}
    counts = dict.fromkeys(("present", "issued", "returned", "valid"), "8")
    tellers = {name: met.ballots()[name] for name in ("scrutineer", "teller")}
    back = reader("village.secretary").submit(
        form, "/moves/enter_count", 422, **typed, **counts, **tellers
    )
    assert "应等于有效票数" in back.main and back.main.count("应为 8") == 1
    assert back.value("tallies-3-qualified") == "7" and back.value("tallies-1-qualified") == "8"


@pytest.fixture
def tied(met):
    """Vote on eight, four votes 优秀 and four 合格 on one of them."""
    others = list(met.people.values())
    met.lead(
        "record_reviews",
        reviews=[
            {"about": about, "by": others[n - 1], "opinion": "好"} for n, about in enumerate(others)
        ],
    )
    half = {"excellent": 4, "qualified": 4}
    met.vote(**{"village.member1": half})
    return met


def test_a_tie_is_never_preset(page, reader, tied, session):
    form = page()
    number = line(form, tied, "member1", "ratings", "member")
    other = line(form, tied, "member2", "ratings", "member")
    assert "得票并列、要另选的 1 人：王芳" in form.main
    assert form.value(f"{number}grade") is None and form.value(f"{other}grade") == "qualified"
    back = reader("village.secretary").submit(form, "/moves/propose", 422)
    assert "还没有选等次" in back.main and back.value(f"{other}grade") == "qualified"
    reader("village.secretary").submit(back, "/moves/propose", **{f"{number}grade": "qualified"})
    row = session.get(Appraised, (tied.case.id, tied.people["village.member1"]))
    assert (row.proposed, row.proposed_why) == ("qualified", None), "either of both is the vote's"


def test_what_is_not_among_the_tied_wants_a_reason(tied):
    with pytest.raises(RuleViolation) as no:
        tied.lead("propose", ratings=tied.ratings(member1="basic"))
    assert "得票并列的，取其中一个即可" in no.value.sentence


# What is printed ----------------------------------------------------------------------------------


def printed(reader, village, what: str, name: str = "village.secretary", status: int = 200):
    return reader(name).get(f"/cases/{village.case.id}/print/{what}", status)


def test_the_ballot_is_the_same_for_all_and_tells_nothing(reader, village):
    ballot = printed(reader, village, "ballot")
    assert "民主测评票" in ballot.main and "不记名" in ballot.main and "存在问题" in ballot.main
    for word in ("三分之一", "姓名：", "编号：", "投票人"):
        assert word not in ballot.main.replace("没有编号", "")
    rows = [row for row in next(ballot.tree.iter("table")).iter("tr") if row.find("td") is not None]
    assert len(rows) == 8 and all(len(row.findall("td")) == 4 for row in rows)


def test_the_sheets_of_the_meeting(reader, village, world):
    sign = printed(reader, village, "signin")
    assert LONG in sign.main and "应到8" in sign.main and "签名" in sign.main
    count = printed(reader, village, "count")
    for word in ("实到", "发出", "收回", "有效", "监票人（签名）", "计票人（签名）", "合计"):
        assert word in count.main
    printed(reader, village, "summary", status=404)  # nothing is counted yet
    for what in ("ballot", "register", "own"):
        printed(reader, village, what, "village.member1", 404)
        printed(reader, village, what, "community.secretary", 404)


def test_the_summary_and_the_register_have_what_is_known(reader, tied):
    summary = printed(reader, tied, "summary")
    assert "实到8" in summary.main and "无效0" in summary.main
    register = printed(reader, tied, "register")
    assert register.main.count("民主评议党员登记表") == 8
    assert SELF["text"] in register.main and "优秀 4 票，合格 4 票" in register.main
    assert register.main.count("盖章处") == 16 and "本人（签名）" in register.main


def test_a_member_prints_his_own_once_he_was_told(reader, village, page):
    village.assess()
    village.review_peers()
    village.vote()
    village.lead("propose", ratings=village.ratings())
    village.decide_all()
    printed(reader, village, "own", "village.member1", 404)
    village.lead("tell")
    assert "打印我的登记表" in page("village.member1").main
    own = printed(reader, village, "own", "village.member1")
    assert "评定等次：合格" in own.main and own.main.count("民主评议党员登记表") == 1
    assert "票" not in own.main and LONG not in own.main
    printed(reader, village, "register", "village.member1", 404)


@pytest.mark.parametrize("what", ["signin", "ballot", "count", "summary", "register"])
def test_a_printed_page_asks_little_however_many_it_names(reader, tied, what):
    person, path = reader("village.secretary"), f"/cases/{tied.case.id}/print/{what}"
    person.get(path)
    assert sent(person.get, path) <= MOST
