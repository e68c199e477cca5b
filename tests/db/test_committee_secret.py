"""A committee that votes by unsigned paper: a row a member, who came is known, of the votes only
the counts.

From the issue (open or secret, quorum of 应到, threshold of those entitled and not recused) and
dossier §3.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base.refusals import Forbidden, InvalidInput, RuleViolation
from oversight.models import JournalRow, WorkItem
from tests.db.test_appraisal_cases import branch, no, setting
from tests.db.test_appraisal_walk import Appraising

FIVE = ("secretary", "deputy", "committee1", "committee2", "committee3")


@pytest.fixture
def village(session, world):
    for number in (1, 2, 3):
        world.person(f"village.more{number}", "village")
    session.commit()
    play = Appraising(session, world)
    setting(play, "appraisal_vote", "secret")
    return play


def ballots(play, came=FIVE, in_favour=None, against=0, abstained=0, **changed) -> dict:
    """Return a count that adds up: all who came said yes, unless told otherwise."""
    people, number = play.world.people, len(came)
    yes = number - against - abstained if in_favour is None else in_favour
    return {
        "came": [people[f"town1.{name}"].id for name in came],
        "issued": number,
        "collected": number,
        "valid": number,
        "in_favour": yes,
        "against": against,
        "abstained": abstained,
        "scrutineer": people["town1.officer"].id,
        "teller": people["town1.deputy"].id,
        "opinion": "会议同意支部提出的等次",
        **changed,
    }


def enter(play, **changed):
    return play.do("town1.officer", "enter_ballots", **ballots(play, **changed))


def test_every_member_has_a_row_and_nobody_votes_at_his_desk(village):
    village.rated()
    rows = village.session.scalars(
        sa.select(WorkItem.person_id).where(
            WorkItem.case_id == village.case.id, WorkItem.closed_at.is_(None)
        )
    )
    assert set(rows) == {village.world.people[f"town1.{name}"].id for name in FIVE}
    refused = no(
        village, RuleViolation, "said_aloud", "town1.deputy", "decide", agree=True, opinion="同意"
    )
    assert "无记名" in refused.sentence


def test_the_counts_decide_and_nobody_is_named_with_a_vote(village):
    village.rated()
    enter(village, against=2)
    assert village.case.state == "telling"
    answers = village.session.execute(
        sa.select(WorkItem.person_id, WorkItem.answer).where(
            WorkItem.case_id == village.case.id, WorkItem.role == "committee"
        )
    ).all()
    assert {answer for _person, answer in answers} == {"came"} and len(answers) == 5
    moves = village.session.scalars(
        sa.select(JournalRow.actor_id).where(
            JournalRow.case_id == village.case.id, JournalRow.move == "decide"
        )
    ).all()
    assert moves == []


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ({"against": 3}, "returned"),
        ({"against": 1, "abstained": 2}, "returned"),
        ({"against": 2}, "telling"),
        ({"came": FIVE[:3]}, "telling"),  # three of five, all in favour
        (
            {"came": FIVE[:3], "against": 1},
            "returned",
        ),  # two of five are no majority of the entitled
        ({"valid": 4, "in_favour": 3, "against": 1}, "telling"),
        ({"valid": 2, "in_favour": 2}, "returned"),
    ],
)
def test_more_than_half_of_the_entitled_not_of_the_ballots(village, words, state):
    village.rated()
    assert enter(village, **words).state == state


def test_who_stayed_away_is_noted_and_counts_among_those_who_should_attend(village):
    village.rated()
    no(
        village,
        RuleViolation,
        "quorum_came",
        "town1.officer",
        "enter_ballots",
        **ballots(village, came=FIVE[:2]),
    )
    enter(village, came=FIVE[:3])
    absent = village.session.scalars(
        sa.select(WorkItem.person_id).where(
            WorkItem.case_id == village.case.id, WorkItem.answer == "absent"
        )
    )
    assert set(absent) == {village.world.people[f"town1.{name}"].id for name in FIVE[3:]}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("ballots_add_up", {"issued": 6}),
        ("ballots_add_up", {"collected": 5, "issued": 4}),
        ("ballots_add_up", {"valid": 5, "collected": 4}),
        ("ballots_add_up", {"in_favour": 4}),
        ("two_of_the_unit", {"teller": "town1.officer"}),
        ("two_of_the_unit", {"teller": "village.member1"}),
        ("two_of_the_unit", {"teller": "zone.officer"}),
        (
            "came_are_members",
            {"came": ("secretary", "secretary", "deputy", "committee1", "committee2")},
        ),
        (
            "came_are_members",
            {"came": ("secretary", "deputy", "committee1", "inspector", "officer")},
        ),
    ],
)
def test_counts_that_do_not_add_up(village, rule, words):
    village.rated()
    found = ballots(village, **words)
    if "teller" in words:
        found["teller"] = village.world.people[words["teller"]].id
    no(village, RuleViolation, rule, "town1.officer", "enter_ballots", **found)


def test_who_came_is_a_list_of_people_whatever_is_sent(village):
    village.rated()
    no(
        village,
        RuleViolation,
        "came_are_members",
        "town1.officer",
        "enter_ballots",
        **ballots(village) | {"came": [{"id": 1}, 7, None, "x", "y"]},
    )
    no(
        village,
        InvalidInput,
        None,
        "town1.officer",
        "enter_ballots",
        **ballots(village) | {"came": []},
    )


def test_single_ratings_go_back_by_the_count(village):
    village.rated()
    one, two = (village.people[f"village.{name}"] for name in ("member1", "member2"))
    back = [
        {"member": one, "votes": 3, "note": "理由不充分"},
        {"member": two, "votes": 2, "note": "再看"},
    ]
    no(
        village,
        RuleViolation,
        "returned_votes_fit",
        "town1.officer",
        "enter_ballots",
        **ballots(village, returned=[back[0] | {"votes": 6}]),
    )
    enter(village, returned=back)
    assert village.case.state == "returned" and village.case.facts["returned"] == [one]
    assert village.row("village.member1").returned == "理由不充分"


@pytest.mark.parametrize("votes, fits", [(0, False), (1, True), (5, True), (6, False)])
def test_a_rating_is_sent_back_by_one_to_all_of_the_valid_votes(village, votes, fits):
    village.rated()
    back = [{"member": village.people["village.member1"], "votes": votes, "note": "再看"}]
    if fits:
        enter(village, returned=back)
        assert (village.case.state == "returned") == (votes == 5)
    else:
        words = ballots(village, returned=back)
        no(village, RuleViolation, "returned_votes_fit", "town1.officer", "enter_ballots", **words)


def test_a_member_who_steps_aside_is_not_counted_against(village):
    village.rated()
    for name in ("committee2", "committee3"):
        village.do(f"town1.{name}", "recuse", reason="与被评议人是亲属")
    enter(village, came=FIVE[:3], against=1)
    assert village.case.state == "telling", "two of three who are entitled and not recused"


def test_a_meeting_that_has_begun_keeps_its_manner(village):
    village.rated()
    village.session.execute(
        sa.text("UPDATE zone_settings SET value = 'open' WHERE name = 'appraisal_vote'")
    )
    village.session.commit()
    no(village, RuleViolation, "said_aloud", "town1.deputy", "decide", agree=True, opinion="同意")
    assert enter(village, against=3).state == "returned"
    village.lead("propose", ratings=village.ratings())
    no(village, RuleViolation, "by_paper", "town1.officer", "enter_ballots", **ballots(village))
    village.do("town1.deputy", "decide", agree=True, opinion="同意")


def test_who_voted_on_paper_reviews_nobodys_rating(village):
    village.rated()
    enter(village)
    village.lead("tell")
    village.do("village.member1", "ask_review", reason="我认为等次偏低")
    no(village, Forbidden, "authority", "town1.secretary", "uphold", opinion="维持")
    village.do("town1.officer", "uphold", opinion="维持")
    assert village.case.state == "telling"


def test_who_stayed_away_from_the_vote_may_review(village):
    """参与提出或决定等次的人不能复核: who did not come has decided nothing."""
    village.rated()
    enter(village, came=FIVE[1:])
    village.lead("tell")
    village.do("village.member1", "ask_review", reason="我认为等次偏低")
    assert village.do("town1.secretary", "uphold", opinion="维持").state == "telling"


def test_what_is_said_as_a_meeting_is_closed_stands_in_its_minutes(village):
    village.session.execute(
        sa.text("UPDATE zone_settings SET value = 'open' WHERE name = 'appraisal_vote'")
    )
    village.session.commit()
    village.rated()
    for name in FIVE[:3]:
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    said = "11月24日，应到5人，实到3人，同意支部提出的等次。"
    village.do("town1.officer", "close_meeting", minutes=said)
    [kept] = village.case.facts["meetings"]
    assert (kept["minutes"], kept["came"]) == (said, 3)


def test_the_minutes_keep_what_each_meeting_did(village):
    """应到, who came, who stepped aside, the counts and the outcome;

    of a secret vote nobody's own.
    """
    village.rated()
    village.do("town1.committee3", "recuse", reason="与被评议人是亲属")
    enter(village, came=FIVE[:3], in_favour=1, against=1, abstained=1, opinion="请重新研究个别等次")
    village.session.execute(
        sa.text("UPDATE zone_settings SET value = 'open' WHERE name = 'appraisal_vote'")
    )
    village.session.commit()
    village.lead("propose", ratings=village.ratings())
    village.do("town1.secretary", "decide", agree=False, opinion="仍不同意")
    for name in ("deputy", "committee1", "committee2"):
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    first, second = village.case.facts["meetings"]
    assert (first["entitled"], first["came"], first["recused"], first["yes"], first["no"]) == (
        5,
        3,
        1,
        1,
        1,
    )
    assert (
        first["secret"]
        and first["outcome"] == "会议没有通过"
        and first["minutes"] == "请重新研究个别等次"
    )
    assert [answer for _name, answer in first["members"]] == [
        "came",
        "came",
        "came",
        "absent",
        "recuse",
    ]
    assert (second["came"], second["yes"], second["no"], second["secret"]) == (4, 3, 1, False)
    assert ["town1.secretary", "no"] in second["members"] and second["outcome"] == "会议同意"


def test_an_appraisal_of_version_1_is_carried_through_aloud(session, world):
    """What began before committees could vote on paper ends as it began."""
    play = branch(session, world, "early", 8)
    setting(play, "appraisal_vote", "secret")
    play.begin()
    play.case.definition_version = 1
    session.commit()
    play.assess()
    play.lead("open_peer_review")
    for name, person in play.people.items():
        play.do(
            "early.member1" if name == "early.secretary" else "early.secretary",
            "record_peer_review",
            about=person,
            opinion="踏实肯干。",
        )
    play.lead("open_vote")
    rows = [{"member": person, "qualified": 8} for person in play.people.values()]
    play.lead(
        "enter_count",
        present=8,
        issued=8,
        returned=8,
        valid=8,
        tallies=rows,
        scrutineer=world.people["early.member1"].id,
        teller=world.people["early.member2"].id,
    )
    play.lead("close_vote")
    play.lead("propose", ratings=dict.fromkeys(play.people.values(), "qualified"))
    assert play.decide_all().state == "telling" and "meetings" not in play.case.facts
