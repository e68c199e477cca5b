"""借用活动阵地: asked through the superior, answered by the owner's party organization; offered where the
zone has turned it on.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight import workflows
from oversight.base.refusals import NotFound, RuleViolation
from oversight.engine import transitions
from oversight.models import Case
from oversight.register import zone_settings
from oversight.time import sweep
from tests.support.actors import Play

WALKS = {"venue": "test_walk"}
FACTS = {"place": "党员活动室", "day": "2026-12-11", "purpose": "12 月主题党日"}


def lending(session, world) -> Play:
    """Turn the business on in a world; returns who acts in it."""
    play = Play(session, world)
    zone_settings.change(session, world.zone.id, "venue_lending", "on", None, play.at)
    session.commit()
    return play


@pytest.fixture
def play(session, world):
    return lending(session, world)


def ask(
    play: Play,
    owner: str = "community",
    who: str = "village.secretary",
    unit: str = "village",
    **facts,
) -> Case:
    """Open a request, by default of the village for the community's room on 11 December."""
    units = play.world.units
    named = {"owner": units[owner].id, **FACTS, **facts}
    return transitions.submit_opening(
        play.session, "venue", units[unit].id, named, play.who(who), play.at
    )


def forwarded(play: Play, owner: str = "community") -> Case:
    return play.say(ask(play, owner), "town1.officer", "forward", {})


def agreed(play: Play, owner: str = "community") -> Case:
    return play.say(forwarded(play, owner), "community.secretary", "approve", {})


def at_the_end_of(play: Play, case: Case, day: str) -> Case:
    sweep.sweep(play.session, play.on(day).at)
    return play.session.get(Case, case.id, populate_existing=True)


def test_walk(play):
    case = ask(play)
    assert (case.state, play.desks(case)) == ("asked", ["town1"])
    assert case.due_on == date(2026, 11, 27)
    case = play.on("2026-11-25").say(case, "town1.officer", "forward", {})
    assert (case.state, play.desks(case)) == ("forwarded", ["community"])
    assert case.due_on == date(2026, 11, 30), "the owner has a clock of its own"
    words = {"opinion": "请爱护设施。"}
    case = play.say(case, "community.secretary", "approve", words)
    paper = play.papers(case)[0]
    assert (case.state, play.desks(case)) == ("agreed", [])
    assert paper.unit_id == play.world.units["community"].id
    assert paper.number == case.number and "函〔2026〕1号" in paper.number
    assert paper.body["paragraphs"][1:] == ["请爱护设施。", "特此函复。"]
    assert "2026年12月11日（星期五）借用党员活动室" in paper.body["paragraphs"][0]
    assert at_the_end_of(play, case, "2026-12-11").state == "agreed"
    assert at_the_end_of(play, case, "2026-12-12").state == "used"
    assert [row.move for row in play.journal(case)] == ["open", "forward", "approve", "end"]


def test_a_no_of_the_owner_is_a_numbered_letter_too(play):
    case = play.say(forwarded(play), "community.secretary", "refuse", {"reason": "当天已有安排"})
    paper = play.papers(case)[0]
    assert case.state == "refused" and "不同意借用" in paper.body["title"]
    assert "当天已有安排。" in paper.body["paragraphs"]


def test_a_town_answers_for_its_own_hall(play):
    case = forwarded(play, owner="town2")
    assert play.desks(case) == ["town2"]
    assert play.say(case, "town2.officer", "approve", {}).state == "agreed"


def test_silence_of_the_owner_climbs_to_what_stands_above_the_owner(play):
    case = forwarded(play, owner="village2")
    assert at_the_end_of(play, case, "2026-12-01").state == "forwarded"
    assert play.desks(case, "watch") == ["town2"]
    why = {"reason": "支部逾期未答复"}
    case = play.say(case, "town2.officer", "take_over", why)
    assert play.desks(case) == ["town2"]
    case = play.say(case, "town2.officer", "approve", {})
    assert case.state == "agreed" and play.papers(case)[0].unit_id == play.world.units["town2"].id


def test_an_answer_that_was_taken_over_leaves_the_owner_its_own_turn(play):
    case = ask(play)
    case = play.on("2026-12-01").say(case, "zone.officer", "take_over", {"reason": "逾期"})
    case = play.say(case, "zone.officer", "forward", {})
    assert play.desks(case) == ["community"]


@pytest.mark.parametrize("start", [ask, forwarded])
def test_silence_is_never_consent(play, start):
    case = start(play)
    assert at_the_end_of(play, case, "2026-12-10").state == case.state
    ended = at_the_end_of(play, case, "2026-12-11")
    assert ended.state == "lapsed" and play.papers(ended) == []
    assert play.journal(ended)[-1].result["unanswered"]["by"]


def test_what_is_given_up_keeps_its_number(play):
    case = agreed(play)
    case = play.say(case, "village.secretary", "give_up", {"reason": "改在室外开展"})
    assert case.state == "withdrawn" and case.number
    assert all(paper.void_at for paper in play.papers(case))


MORNING, AFTERNOON = {"part": "morning"}, {"part": "afternoon"}


def of_another(play: Play, **facts) -> Case:
    other = ask(play, who="organ.secretary", unit="organ", **facts)
    return play.say(other, "town1.officer", "forward", {})


@pytest.mark.parametrize(
    ("first", "second"),
    [({}, {}), (MORNING, MORNING), (MORNING, {}), ({}, MORNING), ({}, {"place": " 党员 活动室"})],
)
def test_a_place_is_lent_to_one_branch_at_a_time(play, first, second):
    """G-4.3b: shared by branches, not at once; without a part of the day it is the whole."""
    lent = play.say(ask(play, **first), "town1.officer", "forward", {})
    play.say(lent, "community.secretary", "approve", {})
    other = of_another(play, **second)
    play.no(RuleViolation, "free", play.say, other, "community.secretary", "approve", {})
    assert play.papers(other) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [(MORNING, AFTERNOON), ({}, {"day": "2026-12-14"}), ({}, {"place": "会议室"})],
)
def test_at_another_time_or_beside_it_it_is_lent_again(play, first, second):
    lent = play.say(ask(play, **first), "town1.officer", "forward", {})
    play.say(lent, "community.secretary", "approve", {})
    other = play.say(of_another(play, **second), "community.secretary", "approve", {})
    assert other.state == "agreed"
    if second is AFTERNOON:
        assert "（星期五）下午借用党员活动室" in play.papers(other)[0].body["paragraphs"][0]


def test_what_was_given_up_is_free_again(play):
    play.say(agreed(play), "village.secretary", "give_up", {"reason": "改在室外开展"})
    other = play.say(of_another(play), "community.secretary", "approve", {})
    assert other.state == "agreed"


def test_a_request_of_before_is_answered_as_it_was_agreed(play):
    """Version 2 points it out and leaves it to the owner."""
    agreed(play)
    other = of_another(play)
    other.definition_version = 2
    play.session.commit()
    other = play.say(other, "community.secretary", "approve", {})
    assert play.journal(other)[-1].result["warned"] == [
        "这处阵地这一天已借给别的支部，请先商量好时间。"
    ]


def test_it_is_not_offered_while_the_zone_has_not_turned_it_on(play, session, world):
    case = ask(play)
    zone_settings.change(session, world.zone.id, "venue_lending", "off", None, play.at)
    session.commit()
    offered = workflows.offered({"venue_lending": "off"})
    assert "venue" not in {one.name for one in offered}
    play.no(NotFound, None, ask, play, place="会议室", day="2026-12-18")
    case = play.say(case, "town1.officer", "forward", {})
    assert case.state == "forwarded", "what is open is carried to its end"
    assert transitions.last_act(session, case)["what"] == "同意，转阵地所属党组织"
