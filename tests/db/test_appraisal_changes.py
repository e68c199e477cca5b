"""What happens to people, consents and clocks while an appraisal is under way.

From the issue and dossier §8.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.base.refusals import RuleViolation
from tests.db.test_appraisal_cases import move_out, no
from tests.db.test_appraisal_walk import Appraising


@pytest.fixture
def village(session, world):
    for number in (1, 2, 3):
        world.person(f"village.more{number}", "village")
    session.commit()
    return Appraising(session, world)


def dies(play, name: str, why: str = "death") -> str:
    person = play.world.people[name]
    person.left_on, person.left_why = date(2026, 11, 24), why
    play.session.commit()
    return person.id


def to_the_vote(play):
    play.begin()
    play.assess()
    play.review_peers()
    return play.lead("open_vote")


# Death after the vote has opened ------------------------------------------------------------------


def test_who_dies_before_the_count_should_not_attend(village):
    """Exits must never lock a case (dossier §8): death, leaving the Party."""
    to_the_vote(village)
    gone = dies(village, "village.more3")
    village.lead("strike_gone", member=gone, reason="death")
    assert village.case.facts["entitled"] == 7
    village.lead("enter_count", **village.ballots(present=7))
    assert village.lead("close_vote").state == "rating"


def test_who_dies_after_the_count_is_rated_and_told_no_more(village):
    to_the_vote(village)
    village.lead("enter_count", **village.ballots())
    village.lead("close_vote")
    village.lead("strike_gone", member=dies(village, "village.more3"), reason="death")
    assert village.case.facts["entitled"] == 8, "so many should have attended on the day"
    village.lead("propose", ratings=village.ratings())
    village.decide_all()
    village.lead("strike_gone", member=dies(village, "village.more2"), reason="death")
    village.lead("tell")
    assert village.case.state == "told"
    assert (
        village.row("village.more2").told_on is None and village.row("village.more3").grade is None
    )


def test_the_last_who_was_to_be_told_dies(village):
    village.rated()
    village.decide_all()
    others = [person for name, person in village.people.items() if name != "village.more3"]
    village.lead("tell", members=others)
    assert village.case.state == "telling"
    assert (
        village.lead("strike_gone", member=dies(village, "village.more3"), reason="death").state
        == "told"
    )


def test_who_asked_for_a_review_dies(village):
    village.told()
    village.do("village.member1", "ask_review", reason="等次偏低，请复核")
    assert village.case.state == "under_review"
    village.lead("strike_gone", member=dies(village, "village.member1"), reason="death")
    assert village.case.state == "told", "nobody is left who waits for an answer"


def test_who_only_moved_away_is_rated_to_the_end_where_the_vote_was(village):
    to_the_vote(village)
    move_out(village, "village.more3")
    refused = no(
        village,
        RuleViolation,
        "has_died_or_quit",
        "village.secretary",
        "strike_gone",
        member=village.people["village.more3"],
        reason="left",
    )
    assert "转出" in refused.sentence


def test_a_committee_cannot_send_back_whom_death_has_taken(village):
    village.rated()
    back = [{"member": village.people["village.more3"], "note": "理由不充分"}]
    for name in ("secretary", "deputy", "committee1", "committee2", "committee3"):
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意", returned=back)
    assert village.case.state == "returned"
    village.lead("strike_gone", member=dies(village, "village.more3"), reason="death")
    village.lead("propose", ratings=village.ratings())
    assert village.decide_all().state == "telling"


def test_the_dead_are_struck_while_the_committee_sits(village):
    """Issue 10, 6: at any state before filing; who has spoken has spoken."""
    village.rated()
    village.do("town1.deputy", "decide", agree=True, opinion="同意")
    gone = dies(village, "village.more3")
    village.lead("strike_gone", member=gone, reason="death")
    assert village.case.state == "deciding" and village.row("village.more3").standing == "struck"
    for name in ("secretary", "committee1", "committee2", "committee3"):
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    assert village.case.state == "telling" and village.row("village.more3").grade is None


def test_the_dead_are_struck_while_a_consent_is_asked_and_after_all_were_told(village):
    village.begin()
    gone = dies(village, "village.more3")
    village.lead("ask_not_counted", member=gone, reason="ill")
    village.lead("strike_gone", member=gone, reason="death")
    village.do("town1.officer", "consent_not_counted")
    assert (village.row("village.more3").standing, village.row("village.more3").why) == (
        "struck",
        "death",
    )
    village.assess()
    village.review_peers()
    village.vote()
    village.lead("propose", ratings=village.ratings())
    village.decide_all()
    village.lead("tell")
    village.lead("strike_gone", member=dies(village, "village.more2"), reason="death")
    assert village.case.state == "told" and village.lead("file").state == "filed"


# A consent that was late --------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["consent_not_counted", "deny_not_counted"])
def test_taking_over_a_late_consent_raises_that_consent_and_nothing_else(village, answer):
    """提级办理 is for the superior who did not answer; the ratings are still the direct superior's to
    approve.
    """
    village.begin()
    village.lead("ask_not_counted", member=village.people["village.more3"], reason="abroad")
    village.on("2026-12-02").do("zone.officer", "take_over", reason="上级逾期没有答复")
    assert "zone" in village.desks(village.case)
    village.do("zone.officer", answer)
    assert village.case.escalation_level == 0
    village.on("2026-12-03").assess()
    village.review_peers()
    village.vote()
    village.lead("propose", ratings=village.ratings())
    assert village.desks(village.case) == ["town1"] * 5, (
        "the town's committee decides, not the zone's"
    )


# Clocks -------------------------------------------------------------------------------------------


def test_asking_and_being_denied_gains_no_time(village):
    """The branch has ten working days to prepare: to 8 December; while the superior has the
    question it stands.
    """
    village.begin()
    assert village.case.due_on == date(2026, 12, 8)
    village.on("2026-12-01").lead(
        "ask_not_counted", member=village.people["village.more3"], reason="abroad"
    )
    village.on("2026-12-03").do("town1.officer", "deny_not_counted")
    assert village.case.due_on == date(2026, 12, 10), (
        "five were used, two stood still: five from 3 December"
    )
    village.on("2026-12-10").lead(
        "ask_not_counted", member=village.people["village.more3"], reason="abroad"
    )
    village.do("town1.officer", "deny_not_counted")
    assert village.case.due_on == date(2026, 12, 10)


def test_calling_again_gains_no_time(village):
    """Fifteen working days for peer review and ten for the vote, however often it is called again."""
    to_the_vote(village)
    assert village.case.due_on == date(2026, 12, 8)
    village.on("2026-12-08").lead("reconvene")
    assert village.case.due_on == date(2026, 12, 29), (
        "peer review has used none of its fifteen days yet"
    )
    village.on("2026-12-09").lead("open_vote", meeting_on="2026-12-09")
    assert village.case.due_on == date(2026, 12, 9), "the vote has used its ten"
    village.lead("reconvene")
    assert village.case.due_on == date(2026, 12, 29)
