"""Desk acts: each act, who may not, and what stays unchanged. They move work between people, never
a state.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base.refusals import (
    AlreadyTaken,
    DomainError,
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.engine import desk_acts, inbox
from oversight.models import Case, FollowUp, JournalRow, Notice, Post
from tests.support.actors import Play, second_hat


@pytest.fixture
def play(session, world):
    second_hat(world)
    session.commit()
    return Play(session, world)


def do(play, case, name, act, **words):
    """Do a desk act by the door that commits; `person` and `unit` are short names."""
    for kind, known in (("person", play.world.people), ("unit", play.world.units)):
        if kind in words:
            words[kind] = known[words[kind]].id
    return desk_acts.submit(play.session, case.id, act, play.who(name), play.at, words)


def no(play, kind, case, name, act, **words):
    """Assert that an act is refused so, and that nothing changed."""
    return play.no(kind, None, do, play, case, name, act, **words)


def _refusal(to: str) -> type[DomainError]:
    """Return how a person is refused: one out of the town's reach as if there were no such."""
    return InvalidInput if to.startswith(("zone.", "town2.")) else Forbidden


def box(play, name, which="mine"):
    who = play.who(name)
    return [case.id for case in inbox.cases(play.session, who, which, who.on).items]


def told(play, name):
    return play.session.scalars(
        sa.select(Notice.text).where(Notice.person_id == play.world.people[name].id)
    ).all()


def last(play, case) -> JournalRow:
    return play.journal(case)[-1]


# 转办 ---------------------------------------------------------------------------------------------


def test_handed_over_work_is_one_persons_for_good(play):
    case = play.asked()
    version, state = case.version, case.state
    do(play, case, "town1.officer", "hand_over", person="town1.secretary")
    assert box(play, "town1.officer") == [] and box(play, "town1.secretary") == [case.id]
    row = last(play, case)
    assert (row.kind, row.move, row.result["to"]) == ("desk", "hand_over", ["town1.secretary"])
    assert (case.version, case.state) == (version, state)
    assert told(play, "town1.secretary") == ["您有1件待办：变更时间请示（石桥村党支部）"]
    play.on("2026-11-25")  # not only for the day
    error = play.refused(AlreadyTaken, None, case, "town1.officer", "approve")
    assert "已转办给town1.secretary" in error.sentence
    assert play.move(case, "town1.secretary", "approve").state == "approved"


def test_one_may_take_it_back_to_oneself(play):
    case = play.asked()
    do(play, case, "town1.officer", "hand_over", person="town1.secretary")
    do(play, case, "town1.officer", "hand_over", person="town1.officer")
    assert play.move(case, "town1.officer", "approve").state == "approved"


def test_handing_over_twice_to_the_same_says_nothing_new(play):
    case = play.asked()
    do(play, case, "town1.officer", "hand_over", person="town1.secretary")
    rows = len(play.journal(case))
    do(play, case, "town1.officer", "hand_over", person="town1.secretary")
    assert len(play.journal(case)) == rows


@pytest.mark.parametrize(
    "to", ["second.hat", "town1.deputy", "town2.officer", "village.secretary", "zone.officer"]
)
def test_nobody_gets_what_he_may_not_decide(play, to):
    """second.hat is an officer of the town but leads the asking branch; a deputy only where nobody
    is above him.
    """
    no(play, _refusal(to), play.asked(), "town1.officer", "hand_over", person=to)


def test_who_stepped_aside_gets_nothing(play):
    case = play.asked()
    play.move(case, "town1.secretary", "recuse")
    no(play, Forbidden, case, "town1.officer", "hand_over", person="town1.secretary")


def test_work_handed_to_one_who_then_steps_aside_returns_to_the_seat(play):
    case = play.asked()
    do(play, case, "town1.officer", "hand_over", person="town1.secretary")
    play.move(case, "town1.secretary", "recuse")
    assert box(play, "town1.officer") == [case.id]


@pytest.mark.parametrize(
    "name", ["town1.deputy", "town1.inspector", "zone.officer", "village.secretary"]
)
@pytest.mark.parametrize("act", ["hand_over", "delegate", "add_signer", "claim", "give_back"])
def test_only_the_seat_moves_its_work(play, name, act):
    words = {"person": "town1.secretary"} if act in ("hand_over", "delegate", "add_signer") else {}
    no(play, Forbidden, play.asked(), name, act, **words)


# 委派 ---------------------------------------------------------------------------------------------


def test_delegated_work_comes_back_and_is_decided_by_the_seat(play):
    case = play.asked()
    do(play, case, "town1.officer", "delegate", person="town1.committee1", note="请核对人数")
    assert box(play, "town1.officer") == [] and box(play, "town1.committee1") == [case.id]
    assert box(play, "town1.officer", "waiting") == [case.id]
    play.refused(Forbidden, "authority", case, "town1.committee1", "approve")
    play.refused(AlreadyTaken, None, case, "town1.officer", "approve")
    do(play, case, "town1.committee1", "give_back", note="31 名党员中 27 名在工地，属实")
    assert box(play, "town1.committee1") == [] and box(play, "town1.officer") == [case.id]
    assert last(play, case).result["to"] == ["town1.officer"]
    assert play.move(case, "town1.officer", "approve").state == "approved"


def test_the_delegator_may_take_it_back(play):
    case = play.asked()
    do(play, case, "town1.officer", "delegate", person="town1.deputy")
    do(play, case, "town1.officer", "give_back")
    assert box(play, "town1.officer") == [case.id] and box(play, "town1.deputy") == []
    no(play, InvalidTransition, case, "town1.officer", "give_back")


@pytest.mark.parametrize(
    "to", ["second.hat", "town2.officer", "village.secretary", "zone.auditor", "town1.officer"]
)
def test_nobody_is_delegated_what_he_is_barred_from(play, to):
    no(play, _refusal(to), play.asked(), "town1.officer", "delegate", person=to)


def test_a_case_that_moves_on_ends_the_delegation(play):
    case = play.asked()
    do(play, case, "town1.officer", "delegate", person="town1.deputy")
    play.move(case, "village.secretary", "withdraw")
    assert box(play, "town1.deputy") == []


# 加签 ---------------------------------------------------------------------------------------------


def test_an_opinion_is_asked_and_answered_and_decides_nothing(play):
    case = play.asked()
    do(play, case, "town1.officer", "add_signer", person="zone.officer", note="可否")
    assert box(play, "zone.officer", "copied") == [case.id] and box(play, "town1.officer") == [
        case.id
    ]
    play.refused(Forbidden, "authority", case, "zone.officer", "approve")
    do(play, case, "zone.officer", "comment", text="可以")
    assert box(play, "zone.officer", "copied") == []
    assert last(play, case).words == {"text": "可以"}
    assert "您征求的意见已答复：变更时间请示（石桥村党支部）" in told(play, "town1.officer")
    assert "请您提意见：变更时间请示（石桥村党支部）" in told(play, "zone.officer")
    do(play, case, "town1.officer", "add_signer", person="town1.deputy")
    assert play.move(case, "town1.officer", "approve").state == "approved"  # not waited for


@pytest.mark.parametrize(
    "to", ["village.secretary", "second.hat", "town2.officer", "zone.sysadmin"]
)
def test_only_officers_of_the_line_are_asked(play, to):
    no(play, _refusal(to), play.asked(), "town1.officer", "add_signer", person=to)


# 催办, 跟进, 抄送, 意见 ----------------------------------------------------------------------------


def test_a_nudge_reaches_those_it_waits_for_once_in_three_working_days(play):
    case = play.asked()
    do(play, case, "village.secretary", "nudge")
    assert sorted(last(play, case).result["to"]) == ["town1.officer", "town1.secretary"]
    assert (
        told(play, "town1.officer") == ["有人催办，请尽快办理：变更时间请示（石桥村党支部）"]
        and told(play, "second.hat") == []
    )
    said = no(play.on("2026-11-26"), RuleViolation, case, "zone.officer", "nudge").sentence
    assert "11月24日催办过，同一件事 3 个工作日内只催办一次" in said
    do(play.on("2026-11-27"), case, "zone.officer", "nudge")


def test_a_weekend_is_no_new_working_day(play):
    case = play.asked()
    do(play.on("2026-11-27"), case, "village.secretary", "nudge")
    no(play.on("2026-11-29"), RuleViolation, case, "village.secretary", "nudge")


def test_a_nudge_follows_the_work(play):
    case = play.asked()
    do(play, case, "town1.officer", "delegate", person="town1.committee1")
    do(play, case, "village.secretary", "nudge")
    assert last(play, case).result["to"] == ["town1.committee1"]


def test_nobody_nudges_himself(play):
    no(play, Forbidden, play.asked(), "town1.officer", "nudge")


def test_a_follow_up_is_ones_own_and_can_be_dropped(play):
    case = play.asked()
    do(play, case, "village.secretary", "follow_up", day="2026-11-26")
    assert [row.day.isoformat() for row in play.session.scalars(sa.select(FollowUp))] == [
        "2026-11-26"
    ]
    do(play, case, "village.secretary", "follow_up")
    assert play.count(FollowUp) == 0
    no(play, InvalidInput, case, "village.secretary", "follow_up", day="2026-11-23")


def test_a_follow_up_is_found_by_its_day_and_by_its_owner_alone(play):
    first, second = play.asked(), play.asked(name="organ.secretary", unit="organ")
    do(play, first, "town1.officer", "follow_up", day="2026-11-30", note="问问支部")
    do(play, second, "town1.officer", "follow_up", day="2026-11-26")
    do(play, second, "zone.officer", "follow_up", day="2026-11-24")
    assert box(play, "town1.officer", "follow_up") == [second.id, first.id]
    for name in ("town1.secretary", "village.secretary", "organ.secretary", "zone.secretary"):
        assert box(play, name, "follow_up") == [], name
    who = play.who("town1.officer")
    page = inbox.cases(play.session, who, "follow_up", who.on, limit=1)
    assert [case.id for case in page.items] == [second.id]
    assert [
        case.id
        for case in inbox.cases(play.session, who, "follow_up", who.on, cursor=page.next).items
    ] == [first.id]
    assert inbox.come(play.session, who, who.on) == []
    play.on("2026-11-27")
    assert [case.id for case in inbox.come(play.session, who, play.at.today)] == [second.id]
    zone = play.who("zone.officer")
    assert [case.id for case in inbox.come(play.session, zone, play.at.today)] == [second.id]


def test_a_follow_up_leaves_the_box_with_the_case_or_with_the_sight_of_it(play):
    gone, shut = play.asked(), play.asked(name="organ.secretary", unit="organ")
    for case in (gone, shut):
        do(play, case, "town1.officer", "follow_up", day="2026-11-26")
    play.move(shut, "town1.officer", "refuse")
    assert box(play, "town1.officer", "follow_up") == [gone.id]
    play.session.execute(
        sa.update(Post)
        .where(Post.person_id == play.world.people["town1.officer"].id)
        .values(to_on=play.at.today)
    )
    play.session.commit()
    play.on("2026-11-27")
    assert box(play, "town1.officer", "follow_up") == []
    assert inbox.come(play.session, play.who("town1.officer"), play.at.today) == []


def test_only_the_note_of_a_follow_up_may_change(play):
    case = play.asked()
    do(play, case, "village.secretary", "follow_up", day="2026-11-26")
    rows = len(play.journal(case))
    do(play, case, "village.secretary", "follow_up", day="2026-11-26", note="先打电话")
    do(play, case, "village.secretary", "follow_up", day="2026-11-26", note="先打电话")
    assert play.session.scalars(sa.select(FollowUp.note)).all() == ["先打电话"]
    assert len(play.journal(case)) == rows + 1


def test_a_copy_lies_on_the_other_desk_to_read(play):
    case = play.asked()
    assert box(play, "town2.officer", "copied") == []
    do(play, case, "town1.officer", "copy", unit="town2")
    do(play, case, "town1.officer", "copy", person="zone.deputy")
    assert box(play, "town2.officer", "copied") == [case.id] and box(
        play, "zone.deputy", "copied"
    ) == [case.id]
    assert box(play, "town2.officer") == []
    no(play, InvalidInput, case, "town1.officer", "copy", person="dept1.secretary")
    play.refused(Forbidden, "authority", case, "town2.officer", "approve")
    rows = len(play.journal(case))
    do(play, case, "town1.officer", "copy", unit="town2")
    assert len(play.journal(case)) == rows


def test_who_only_got_a_copy_passes_none_on(play):
    case = play.asked()
    do(play, case, "town1.officer", "copy", unit="town2")
    no(play, Forbidden, case, "town2.officer", "copy", unit="dept1")
    no(play, InvalidInput, case, "town1.officer", "copy")
    no(play, InvalidInput, case, "town1.officer", "copy", person="zone.auditor")


def test_a_comment_is_for_all_who_see_the_case_and_for_nobody_else(play):
    case = play.asked()
    do(play, case, "village.organizer", "comment", text="名单已备齐")
    assert last(play, case).actor == "village.organizer（石桥村党支部组织委员）"
    no(play, NotFound, case, "town2.officer", "comment", text="路过")
    no(play, InvalidInput, case, "town1.officer", "comment")


def test_a_comment_sent_twice_is_said_once(play):
    case = play.asked()
    for name in ("village.organizer", "village.organizer", "town1.officer", "village.organizer"):
        do(play, case, name, "comment", text="名单已备齐")
    assert last(play, case).seq == 5  # opened, asked, and once each in turn
    play.hour += 1
    do(play, case, "village.organizer", "comment", text="名单已备齐")
    assert last(play, case).seq == 6


@pytest.mark.parametrize("act", ["comment", "follow_up", "nudge", "copy"])
def test_a_closed_case_is_left_alone(play, act):
    case = play.asked()
    play.move(case, "town1.officer", "refuse")
    no(play, InvalidTransition, case, "town1.officer", act)


def test_what_is_offered_is_what_can_be_done(play):
    """Every act listed succeeds, every other is refused."""
    words = {
        "hand_over": {"person": "town1.secretary"},
        "delegate": {"person": "town1.deputy"},
        "add_signer": {"person": "zone.officer"},
        "copy": {"unit": "town2"},
        "comment": {"text": "知悉"},
        "follow_up": {"day": "2026-11-30"},
    }
    for name in ("town1.officer", "organ.organizer", "zone.officer", "town1.inspector"):
        for act in desk_acts.ACTS:
            case = play.asked(unit="organ", name="organ.secretary")
            listed = act in desk_acts.possible(play.session, case, play.who(name), play.at)
            try:
                do(play, case, name, act, **words.get(act, {}))
                assert listed, (name, act)
            except DomainError as error:
                assert not listed, (name, act, error.sentence)
            play.move(play.session.get(Case, case.id), "organ.secretary", "withdraw")


def test_whom_work_was_delegated_to_gives_back_that_and_nothing_else(play):
    """Nor does he press anybody for what he is to do; where nobody is waited for, nobody does."""
    case, other = play.asked(), play.asked(unit="organ", name="organ.secretary")
    do(play, case, "town1.officer", "delegate", person="town1.committee1")

    def offered(name, one):
        return {"give_back", "nudge"}.intersection(
            desk_acts.possible(play.session, one, play.who(name), play.at)
        )

    assert offered("town1.committee1", case) == {"give_back"}
    assert offered("town1.committee1", other) == offered("zone.officer", case) == {"nudge"}
    other = play.move(other, "town1.officer", "approve")
    assert offered("zone.officer", other) == set()
    no(play, RuleViolation, other, "zone.officer", "nudge")


def test_a_vacant_desk_row_never_binds(play):
    """Whom work was handed to left his post: the seat decides again once the case is laid anew."""
    case = play.asked()
    do(play, case, "town1.officer", "hand_over", person="town1.secretary")
    play.session.execute(
        sa.update(Post)
        .where(Post.person_id == play.world.people["town1.secretary"].id)
        .values(to_on=play.at.today)
    )
    play.session.commit()
    play.on("2026-11-25")
    do(play, case, "town1.officer", "hand_over", person="town1.officer")
    assert play.move(case, "town1.officer", "approve").state == "approved"
