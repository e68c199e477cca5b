"""What is refused when a branch borrows a place: whose turn it is, too late, one's own, and bad
input.
"""

from __future__ import annotations

import pytest

from oversight.base.refusals import (
    AlreadyTaken,
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.engine import transitions
from tests.db.test_races_part2 import together
from tests.db.test_venue_walk import FACTS, agreed, ask, forwarded, lending
from tests.support.actors import second_hat

WHY = {"reason": "不需要这样办"}
DRIVES = {"asked": ask, "forwarded": forwarded, "agreed": agreed}
REFUSALS = {
    "venue": [  # state, who, move, words, today, refusal, rule
        ("asked", "village.secretary", "forward", {}, "2026-11-24", Forbidden, "authority"),
        ("asked", "community.secretary", "forward", {}, "2026-11-24", NotFound, None),
        ("asked", "zone.officer", "forward", {}, "2026-11-24", Forbidden, "authority"),
        ("asked", "second.hat", "forward", {}, "2026-11-24", Forbidden, "authority"),
        ("asked", "town1.officer", "forward", {}, "2026-12-11", RuleViolation, "day_ahead"),
        ("asked", "town1.officer", "refuse", {}, "2026-11-24", InvalidInput, None),
        ("asked", "town1.officer", "approve", {}, "2026-11-24", InvalidTransition, None),
        ("asked", "town1.officer", "withdraw", {}, "2026-11-24", Forbidden, "authority"),
        ("asked", "town1.officer", "lapse", {}, "2026-12-11", Forbidden, None),
        (
            "asked",
            "zone.officer",
            "take_over",
            WHY,
            "2026-11-24",
            RuleViolation,
            "superior_is_late",
        ),
        ("asked", "village.secretary", "recuse", WHY, "2026-11-24", Forbidden, "authority"),
        ("asked", "village.secretary", "void", WHY, "2026-11-24", Forbidden, "authority"),
        ("forwarded", "town1.officer", "approve", {}, "2026-11-24", Forbidden, "authority"),
        ("forwarded", "village.secretary", "approve", {}, "2026-11-24", Forbidden, "authority"),
        ("forwarded", "community.member1", "approve", {}, "2026-11-24", NotFound, None),
        ("forwarded", "organ.secretary", "approve", {}, "2026-11-24", NotFound, None),
        (
            "forwarded",
            "community.secretary",
            "approve",
            {},
            "2026-12-11",
            RuleViolation,
            "day_ahead",
        ),
        ("forwarded", "community.secretary", "refuse", {}, "2026-11-24", InvalidInput, None),
        ("forwarded", "town1.officer", "forward", {}, "2026-11-24", InvalidTransition, None),
        ("forwarded", "town1.officer", "take_over", WHY, "2026-11-24", RuleViolation, None),
        (
            "forwarded",
            "community.secretary",
            "terminate",
            WHY,
            "2026-11-24",
            Forbidden,
            "authority",
        ),
        ("agreed", "community.secretary", "give_up", WHY, "2026-11-24", Forbidden, "authority"),
        ("agreed", "village.secretary", "give_up", {}, "2026-11-24", InvalidInput, None),
        ("agreed", "village.secretary", "give_up", WHY, "2026-12-11", RuleViolation, "day_ahead"),
        ("agreed", "village.secretary", "withdraw", {}, "2026-11-24", InvalidTransition, None),
        ("agreed", "town1.officer", "end", {}, "2026-12-12", Forbidden, None),
    ]
}


@pytest.fixture
def play(session, world):
    second_hat(world)
    return lending(session, world)


@pytest.mark.parametrize("state, who, move, words, today, kind, rule", REFUSALS["venue"])
def test_refused(play, state, who, move, words, today, kind, rule):
    case = DRIVES[state](play)
    play.on(today).no(kind, rule, play.say, case, who, move, words)


OPENINGS = [
    ("village.secretary", {"owner": "village"}, RuleViolation, "owned_by_another"),
    ("village.secretary", {"owner": "zone"}, RuleViolation, "owned_by_another"),
    ("village.secretary", {"day": "2026-11-24"}, RuleViolation, "day_ahead"),
    ("village.secretary", {"place": " "}, InvalidInput, None),
    ("village.secretary", {"hall": "大厅"}, InvalidInput, None),
    ("town1.officer", {"unit": "town1"}, RuleViolation, "by_a_branch"),
    ("village.member1", {}, Forbidden, "authority"),
    ("town1.officer", {}, Forbidden, "authority"),
    ("village2.secretary", {}, NotFound, None),
]


@pytest.mark.parametrize("who, facts, kind, rule", OPENINGS)
def test_a_request_that_cannot_be_opened(play, who, facts, kind, rule):
    play.no(kind, rule, ask, play, who=who, **facts)


@pytest.mark.parametrize("owner", ["x", "00000000-0000-4000-8000-000000000000", ["a"], None])
def test_an_owner_that_is_none(play, owner):
    kind = RuleViolation if owner and owner[0] == "0" else InvalidInput
    facts = {**FACTS, "owner": owner}
    village = play.world.units["village"].id
    opening = ("venue", village, facts, play.who("village.secretary"), play.at)
    play.no(kind, None, transitions.submit_opening, play.session, *opening)


def test_who_leads_both_does_not_answer_himself(play, world):
    world.post("village.secretary", "community", "deputy")
    play.session.commit()
    case = forwarded(play)
    play.no(Forbidden, "authority", play.say, case, "village.secretary", "approve", {})


def test_one_request_for_a_day(play):
    ask(play)
    play.no(AlreadyTaken, None, ask, play)


def test_one_room_is_lent_once_also_at_the_same_instant(session, world):
    """Two yeses of one owner that meet: the second sees the first. House rule of the venue."""
    play = lending(session, world)
    for day in ("2026-12-09", "2026-12-10", "2026-12-11", "2026-12-14"):
        asked = [
            play.say(
                ask(play, who=f"{unit}.secretary", unit=unit, day=day),
                "town1.officer",
                "forward",
                {},
            )
            for unit in ("village", "organ")
        ]
        deeds = [
            (
                world.people["community.secretary"].id,
                lambda own, who, case_id=case.id: (
                    transitions.submit(
                        own, case_id, "approve", who, {}, version=None, at=play.at
                    ).state
                ),
            )
            for case in asked
        ]
        session.commit()
        told = together(session, play.at, *deeds)
        assert sorted(map(str, told)).count("agreed") == 1, told
        assert sum(isinstance(one, RuleViolation) for one in told) == 1, told
