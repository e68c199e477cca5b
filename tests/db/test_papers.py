"""What papers say, line by line. From shared domain/wording.md; that of every paper of every test is in
tests/support/papers.py.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.casework import prints
from oversight.engine import transitions
from oversight.models import ZoneSettingRow
from oversight.papers import replies
from tests.db.test_rectification_walk import ITEMS, do, fixing, rechecking
from tests.db.test_zone_shift import published
from tests.support.actors import Play
from tests.support.world import at

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def play(session, world):
    return Play(session, world)


def lines(play, case) -> list[str]:
    return play.papers(case)[-1].body["paragraphs"]


def test_a_reply_agrees_once(play):
    case = play.move(play.asked(), "town1.officer", "approve", opinion="同意，请按新日期组织。")
    assert lines(play, case) == [
        "你支部关于变更12月主题党日活动时间的请示收悉。经研究，同意你支部12月主题党日由"
        "2026年12月4日（星期五）改为2026年12月11日（星期五）开展。",
        "请按新日期组织。",
        "此复。",
    ]


@pytest.mark.parametrize(
    "opinion",
    [
        "原则同意。请注意安全，按时开展。",
        "原则上同意支部意见，请注意安全，按时开展。",
        "同意变更时间，请注意安全，按时开展。",
        "经研究，同意所请。请注意安全，按时开展",
    ],
)
def test_an_opinion_that_begins_with_consent_does_not_say_it_twice(play, opinion):
    case = play.move(play.asked(), "town1.officer", "approve", opinion=opinion)
    [text, more, _end] = lines(play, case)
    assert more == "请注意安全，按时开展。" and (text + more).count("同意") == 1


@pytest.mark.parametrize("opinion", ["同意在当天上午开展，下午防汛。", "原则性问题会上通报。"])
def test_what_an_opinion_adds_stays(play, opinion):
    case = play.move(play.asked(), "town1.officer", "approve", opinion=opinion)
    assert lines(play, case)[1] == opinion


def test_a_paper_that_replaces_another_says_that_this_is_void(play):
    case = play.move(play.approved(), "village.secretary", "amend")
    case = play.move(case, "town1.officer", "approve")
    first, second = play.papers(case)
    assert first.void_at and not second.void_at
    assert second.body["title"] == "关于同意再次变更12月主题党日活动时间的批复"
    assert second.body["paragraphs"][0] == (
        "你支部关于再次变更12月主题党日活动时间的请示收悉。经研究，同意你支部12月主题党日由"
        "2026年12月4日（星期五）改为2026年12月10日（星期四）开展。青委党日〔2026〕1号批复同时作废。"
    )


def test_one_whose_number_is_in_the_offices_register_is_named_by_its_day(play):
    row = {"name": "reply_numbers", "value": "all", "at": at("2026-01-01").now}
    play.session.add(ZoneSettingRow(zone_id=play.world.zone.id, **row))
    play.session.commit()
    case = play.move(play.approved(), "village.secretary", "amend")
    case = play.move(case, "town1.officer", "approve")
    assert lines(play, case)[0].endswith("2026年11月24日印发的批复同时作废。")


@pytest.mark.parametrize("move", ["accept_late", "not_accept", "excuse_month"])
def test_a_paper_that_names_no_day_names_the_year(play, move):
    case = play.on("2026-12-07").open("village.secretary")
    case = play.move(case, "village.secretary", "report_late")
    case = play.move(case, "town1.officer", move, opinion="情况属实")
    assert "2026年12月主题党日" in lines(play, case)[0]
    assert "2026年12月主题党日" in play.papers(case)[-1].body["title"]


def test_a_month_of_another_year_is_put_off_by_name(play):
    """Issued in 2026 about 2027."""
    case = play.on("2026-12-29").asked("2027-01-15", day="2027-01-08")
    case = play.move(case, "town1.officer", "excuse_month")
    [text, why, _end] = lines(play, case)
    assert text.endswith("经研究，当月确实无法开展，同意你支部2027年1月主题党日暂缓开展。")
    assert why == "全月抢险救灾，当月确实无法开展。"


def test_a_notice_names_who_drafted_it_to_be_asked_not_who_signed(play, session):
    """GB/T 9704-2012, 7.3.8: 附注 names who can be asked; the office that drafted knows."""
    case = published(play)
    [paper] = play.papers(case)
    assert case.workflow == "zone_shift"
    assert any("联系人：zone.officer，" in line for line in prints.content_of(session, paper).after)


def test_a_refusal_says_what_stands_and_why(play):
    case = play.move(play.asked(), "town1.officer", "refuse", opinion="不同意。与镇级活动冲突")
    [text, why, end] = lines(play, case)
    assert text.endswith("不同意变更，12月主题党日仍按2026年12月4日（星期五）开展。")
    assert (why, end) == ("与镇级活动冲突。", "此复。")


def test_a_request_gives_its_reason_and_asks_for_instruction(play):
    case = play.asked()
    attempt = transitions.context(play.session, case, play.at, play.who("village.secretary"))
    attempt.words = {"new_day": date(2026, 12, 11), "reason": "镇里当天组织冬修水利"}
    body = replies.request(attempt)
    assert body["title"] == "关于变更12月主题党日活动时间的请示" and body["to"] == "青溪镇党委："
    assert body["paragraphs"] == [
        "因镇里当天组织冬修水利，我支部12月主题党日活动时间原定2026年12月4日（星期五），"
        "拟改为2026年12月11日（星期五）开展。",
        "妥否，请批示。",
    ]


def test_an_order_names_findings_grounds_term_address_and_receipt(session, world, play):
    case = fixing(session, world)
    paper = play.papers(case)[-1]
    assert paper.body["paragraphs"] == [
        "经2026年11月20日督查，认定你支部主题党日活动组织不力，存在下列问题：",
        "一、11月6日未开展活动。整改要求：说明情况，按期开展。",
        "二、缺席党员未逐一联系。整改要求：逐一联系并补课。",
        "以上依据《农村（社区）党支部主题党日活动指导书》第二部分第（一）项第1条、第三部分第（二）项第1条。"
        "请你支部于2026年12月11日前（含当日）完成整改，并向青溪镇党委书面报告整改情况。",
        "特此通知。",
    ]
    assert "送达回证" in paper.body["receipt"]


def test_a_closing_notice_has_a_series_of_its_own(session, world, play):
    case = rechecking(session, world)
    words = {"verdicts": ["accepted"] * len(ITEMS), "opinion": "同意销号"}
    do(session, world, case, "accept", words, on="2026-12-03")
    order, closing = play.papers(case)
    assert (order.number, closing.number) == ("青委整〔2026〕1号", "青委整销〔2026〕1号")
    assert "青委整〔2026〕1号整改通知书所列2个问题" in closing.body["paragraphs"][0]
    assert "于2026年12月3日予以销号" in closing.body["paragraphs"][0]


def test_a_notice_is_complete(play):
    case = published(play)
    assert play.papers(case)[-1].body["title"] == "关于调整2026年12月支部主题党日活动时间的通知"
    assert lines(play, case) == [
        "因12月4日全区防汛演练，经研究，全区2026年12月支部主题党日统一调整为2026年12月18日（星期五）开展，"
        "请认真组织落实。",
        "特此通知。",
    ]


def test_who_signs_is_the_unit_never_one_for_another(play):
    case = play.approved()
    body = play.papers(case)[-1].body
    assert body["from"] == "青溪镇党委" and "代" not in body["from"]
