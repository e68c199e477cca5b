"""Everybody is told: each outcome reaches those it concerns, once; a call to work goes when the work
is done.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.base.refusals import NotFound
from oversight.engine import authority, bell, journal
from oversight.models import Case, Notice, Post
from oversight.time import sweep
from tests.support.actors import REASON, Play
from tests.support.world import at


@pytest.fixture
def play(session, world):
    return Play(session, world)


def lines(session, world, case, who: str) -> list[tuple[str, bool]]:
    """Return what a person was told of a case, oldest first, and whether it is still unread."""
    session.expire_all()
    rows = session.scalars(
        sa.select(Notice)
        .where(Notice.case_id == case.id, Notice.person_id == world.people[who].id)
        .order_by(Notice.at, Notice.id)
    )
    return [(row.text, row.read_at is None) for row in rows]


def sweep_on(session, *days):
    for day in days:
        sweep.sweep(session, at(day))


@pytest.mark.parametrize(
    ("move", "sentence"),
    [("approve", "请示已获同意，党日随之变更。"), ("refuse", "请示没有获得同意，党日不变。")],
)
def test_a_branch_is_told_the_answer_once(session, world, play, move, sentence):
    case = play.asked()
    case = play.move(case, "town1.officer", move)
    sweep_on(session, "2026-11-24", "2026-11-24")
    for who in ("village.secretary", "village.organizer"):
        [(text, unread)] = lines(session, world, case, who)
        assert text.endswith(sentence) and unread
        assert "石桥村党支部" in text and (case.number is None or case.number in text)


def test_whoever_made_the_move_is_not_told_of_it(session, world, play):
    case = play.asked()
    play.move(case, "town1.officer", "return")
    sweep_on(session, "2026-11-24")
    assert [text for text, unread in lines(session, world, case, "town1.officer") if unread] == []


def test_a_branch_and_the_level_above_are_told_that_a_request_lapsed(session, world, play):
    case = play.asked()
    sweep_on(session, "2026-12-04", "2026-12-04")
    assert session.get(Case, case.id).state == "lapsed"
    assert [text for text, _new in lines(session, world, case, "village.secretary")][-1].endswith(
        "上级到期没有答复，请示失效，党日不变。"
    )
    assert lines(session, world, case, "zone.officer")[-1][0].endswith("下一级到期没有答复请示。")


def test_the_partner_is_told_that_his_day_moved(session, world, play):
    case = play.joint("community")
    play.move(case, "town1.officer", "approve")
    sweep_on(session, "2026-11-24")
    assert lines(session, world, case, "community.secretary")[-1] == (
        lines(session, world, case, "community.secretary")[-1][0],
        True,
    )
    assert "联合开展的请示已获同意" in lines(session, world, case, "community.secretary")[-1][0]


def test_a_call_says_which_matter_and_goes_when_a_colleague_has_done_it(session, world, play):
    case = play.asked()
    sweep_on(session, "2026-11-24")
    [(text, unread)] = lines(session, world, case, "town1.secretary")
    assert text == "您有1件待办：变更时间请示（石桥村党支部）" and unread
    play.move(case, "town1.officer", "approve")
    sweep_on(session, "2026-11-24")
    assert lines(session, world, case, "town1.secretary") == [(text, False)]


def test_a_reminder_renews_the_call_that_was_not_read(session, world, play):
    """One line a matter, not two for a request that comes near its last day."""
    case = play.asked()
    sweep_on(session, "2026-11-24", "2026-11-26", "2026-11-27")
    assert len(lines(session, world, case, "town1.officer")) == 1
    session.execute(sa.update(Notice).values(read_at=at("2026-11-27").now))
    session.commit()
    sweep_on(session, "2026-11-30")
    assert [unread for _text, unread in lines(session, world, case, "town1.officer")] == [
        False,
        True,
    ]


def test_every_branch_is_told_of_a_notice_of_the_zone_once_it_is_issued(session, world, play):
    case = play.open(
        "zone.officer", "zone", workflow="zone_shift", new_day="2026-12-18", reason=REASON
    )
    play.move(case, "zone.officer", "propose")
    sweep_on(session, "2026-11-24")
    member = world.actor("village.secretary", at("2026-11-24").today)
    with pytest.raises(NotFound):
        authority.see(session, member, case)
    case = play.move(case, "zone.secretary", "publish")
    sweep_on(session, "2026-11-24")
    for who in ("village.secretary", "community.secretary", "organ.secretary"):
        [(text, unread)] = lines(session, world, case, who)
        assert text.endswith("区里印发了调整党日的通知。") and unread
    authority.see(session, member, case)
    rows = journal.of_case(session, case.id)
    workflow = workflows.of(case)
    assert [row.move for row in rows if authority.reads_row(workflow, case, member, row)] == [
        "publish"
    ]


def test_a_line_leads_only_to_what_its_reader_still_sees(session, world, play):
    case = play.asked()
    sweep_on(session, "2026-11-24")
    officer = world.people["town1.officer"]
    post = session.scalar(sa.select(Post).where(Post.person_id == officer.id))
    [line] = bell.lines(session, world.actor("town1.officer", at("2026-11-24").today), 10)
    assert line.case_id == case.id
    post.to_on = at("2026-11-24").today
    session.commit()
    [line] = bell.lines(session, world.actor("town1.officer", at("2026-11-25").today), 10)
    assert line.case_id is None and "石桥村党支部" in line.notice.text
