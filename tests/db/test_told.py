"""Everybody is told: each outcome reaches those it concerns, once; a call to work goes when the work
is done.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.base.refusals import NotFound
from oversight.engine import authority, bell, journal, outbox
from oversight.models import Case, Notice, OutboxMessage, Post
from oversight.time import sweep
from tests.db.test_absence_walk import CALL, missing
from tests.db.test_absence_walk import do as absent
from tests.db.test_exemption import ask as asks_to_stay_away
from tests.db.test_record_note import corrected
from tests.db.test_rectification_walk import ITEMS, do, opened
from tests.support.actors import REASON, Play
from tests.support.world import at

LED = "village.organizer"


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


def test_a_line_names_the_paper_that_it_tells_of_however_late_it_is_told(session, world, play):
    """Consent 1, no to another day 2, no to cancelling 3, revocation 4, all told at once in the evening."""
    case = play.approved()
    for who, move in (
        ("village.secretary", "amend"),
        ("town1.officer", "refuse"),
        ("village.secretary", "ask_cancel"),
        ("town1.officer", "keep"),
        ("town1.officer", "revoke"),
    ):
        case = play.move(case, who, move)
    sweep_on(session, "2026-11-24")
    told = {text.partition("）：")[2]: text for text, _new in lines(session, world, case, LED)}
    said = {
        "请示已获同意，党日随之变更。": 1,
        "修改没有获得同意，仍按原批复执行。": 2,
        "不取消变更，按批复执行。": 3,
        "批复已撤销，党日恢复原定日期。": 4,
    }
    for sentence, number in said.items():
        assert f"（石桥村党支部 青委党日〔2026〕{number}号）" in told[sentence]


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


def told_of(session, world, play, new_day: str, today: str) -> set[str]:
    """Return which branches read of a month that the zone moved."""
    play.on(today)
    case = play.open("zone.officer", "zone", workflow="zone_shift", new_day=new_day, reason=REASON)
    play.move(play.move(case, "zone.officer", "propose"), "zone.secretary", "publish")
    sweep_on(session, today)
    branches = ("village", "community", "organ", "firm", "soe", "school")
    return {one for one in branches if lines(session, world, case, f"{one}.secretary")}


def test_of_a_moved_day_those_read_whose_day_it_is(session, world, play):
    """G-2.1.2: enterprises, schools and social organizations choose their own; G-2.1.3: 七一 is everybody's."""
    world.units["organ"].accountable_from = date(2027, 1, 1)
    session.commit()
    moved = told_of(session, world, play, "2026-12-18", "2026-11-24")
    assert moved == {"village", "community"}, "an organ that begins later has no such day either"
    every = {"village", "community", "organ", "firm", "soe", "school"}
    assert told_of(session, world, play, "2027-07-02", "2027-06-15") == every


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


# One outcome each ---------------------------------------------------------------------------------

MET = {"verdicts": ["explained", "accepted"], "opinion": "同意"}


def last(session, world, case, who: str) -> str:
    """Return what a person was told last of a case, without its matter."""
    return lines(session, world, case, who)[-1][0].partition("）：")[2]


def issued(session, world):
    case = opened(session, world)
    do(session, world, case, "sign_off", who="town1.secretary")
    return do(session, world, case, "issue", {"due_on": "2026-12-11"})


def test_an_order_is_told_when_it_is_issued_and_when_it_is_closed(session, world):
    case = issued(session, world)
    sweep_on(session, "2026-11-23")
    [(text, _new)] = lines(session, world, case, "village.organizer")
    assert text == "您有1件待办：整改（石桥村党支部 青委整〔2026〕1号）"
    branch = {"who": "village.secretary"}
    do(session, world, case, "acknowledge", **branch, on="2026-11-24")
    do(session, world, case, "report", {"items": ITEMS}, **branch, on="2026-12-02")
    do(session, world, case, "accept", MET, on="2026-12-03")
    sweep_on(session, "2026-12-03", "2026-12-03")
    for who in ("village.secretary", "village.organizer"):
        assert last(session, world, case, who) == "整改已通过复核，予以销号。"
    assert last(session, world, case, "town1.inspector") == "整改已销号。"


def test_what_was_told_before_there_was_a_number_names_none(session, world):
    """A draft of an order waits for a signature: it has no number yet, however late that is told."""
    case = issued(session, world)
    sweep_on(session, "2026-11-23")
    told = [text for text, _new in lines(session, world, case, "town1.secretary")]
    assert [text for text in told if "待签发" in text] == [
        "整改（石桥村党支部）：有一份整改通知书待签发。"
    ]


def test_a_member_is_told_that_he_was_found_unexcused_and_may_object(session, world):
    case = missing(session, world)
    absent(session, world, case, "record_contact", CALL)
    absent(session, world, case, "find_unexcused", {"heard": "本人称忘记了", "note": "认定"})
    sweep_on(session, "2026-11-12", "2026-11-12")
    told = [text for text, _new in lines(session, world, case, "village.member1")]
    assert told.count("支委会认定您这次无故不参加，您可以在归档以前提出一次异议。") == 1


@pytest.mark.parametrize(
    "move, member, branch",
    [
        ("approve", "免予参加活动已获批准。", "这名党员免予参加活动已获批准。"),
        ("refuse", "免予参加活动没有获得批准。", "这名党员免予参加活动没有获得批准。"),
    ],
)
def test_an_exemption_that_is_decided_is_told_to_the_member_and_the_branch(
    session, world, play, move, member, branch
):
    case = play.move(asks_to_stay_away(play), "village.secretary", "support")
    words = {"refuse": {"reason": "能按时到会"}}.get(move, {})
    case = play.say(case, "town1.officer", move, words)
    sweep_on(session, "2026-11-24", "2026-11-24")
    assert [text for text, _new in lines(session, world, case, "village.member1")] == [member]
    assert last(session, world, case, "village.organizer") == branch


def test_what_a_branch_puts_right_is_told_above_and_the_note_is_told_back(session, world, play):
    case = corrected(session, world)
    sweep_on(session, "2026-11-09")
    for who in ("town1.officer", "town1.secretary"):
        [(text, unread)] = lines(session, world, case, who)
        assert text == "记录阅知（石桥村党支部）：有支部的党日记录要阅知。" and unread
    play.say(case, "town1.officer", "take_note", {})
    sweep_on(session, "2026-11-24")
    assert last(session, world, case, "village.secretary") == "上级已阅知党日记录。"


def test_a_return_that_comes_near_its_last_day_stays_one_line(session, world, play):
    case = play.move(play.asked(), "town1.officer", "return")
    sweep_on(session, "2026-11-24", "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-03")
    unread = [text for text, new in lines(session, world, case, "village.secretary") if new]
    assert unread == ["您有1件待办：变更时间请示（石桥村党支部）"]


def told_in(session, world, case) -> list[tuple[str, str, bool]]:
    """Return all lines about a case: who, what without the name of the branch, and whether unread."""
    session.expire_all()
    names = {row.id: name for name, row in world.people.items()}
    rows = session.scalars(sa.select(Notice).where(Notice.case_id == case.id))
    said = ((names[row.person_id], row.text, row.read_at is None) for row in rows)
    return sorted(
        (who.split(".")[-1], text.split("）", 1)[-1], unread) for who, text, unread in said
    )


def sent_alone(session, day: str) -> None:
    """Deliver what lies in the outbox, each message by itself."""
    sum(iter(lambda: outbox.dispatch(session, at(day), sweep.HANDLERS, limit=1), 0))


def asked_again(play, sent, branch: str):
    """Ask, tell, have it returned and ask once more, and tell both at once."""
    name = f"{branch}.secretary"
    case = play.asked(name=name, unit=branch)
    sent()
    play.move(case, "town1.officer", "return", opinion="请写清人数")
    play.move(case, name, "ask", new_day="2026-12-11", reason=REASON)
    sent()
    return case


def test_what_is_told_together_is_told_as_alone(session, world, play):
    alone = asked_again(play, lambda: sent_alone(session, "2026-11-24"), "village")
    together = asked_again(play, lambda: sweep_on(session, "2026-11-24"), "community")
    found = told_in(session, world, together)
    assert found == told_in(session, world, alone)
    assert {unread for _who, _text, unread in found} == {True, False}


def test_one_broken_message_does_not_stop_the_others_of_its_list(session, world, play):
    broken, sound = play.asked(), play.asked(name="community.secretary", unit="community")
    kept = sa.select(OutboxMessage).where(OutboxMessage.done_at.is_(None))
    for row in session.scalars(kept):
        if row.payload["case"] == broken.id:
            row.payload = {**row.payload, "move": "none", "left": "nowhere"}
    session.commit()
    sweep_on(session, "2026-11-24")
    left = list(session.scalars(kept))
    assert {row.payload["case"] for row in left} == {broken.id}
    assert all(row.attempts and row.last_error for row in left)
    assert told_in(session, world, sound) and not told_in(session, world, broken)
