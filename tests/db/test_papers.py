"""What papers say, line by line. From shared domain/wording.md; that of every paper of every test is in
tests/support/papers.py.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.engine import transitions
from oversight.papers import replies
from tests.db.test_rectification_walk import ITEMS, do, fixing, rechecking
from tests.db.test_zone_shift import published
from tests.support.actors import Play

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
