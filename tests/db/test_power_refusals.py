"""What is refused where power needs two: one's own asking, one's own case, whose turn it is not."""

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
from tests.db.test_power_walk import (
    appoint,
    reset_asked,
    reset_handed,
    reset_released,
    seconded,
    town_post,
)
from tests.support.actors import Play

WHY = {"reason": "不需要这样办"}
SECADMIN, SYSADMIN, ZONE, TOWN = "zone.secadmin", "zone.sysadmin", "zone.officer", "town1.officer"
DRIVES = {
    ("appointment", "asked"): town_post,
    ("secondment", "asked"): seconded,
    ("account_reset", "asked"): reset_asked,
    ("account_reset", "released"): reset_released,
    ("account_reset", "to_confirm"): reset_handed,
}
REFUSALS = {  # state, who, move, words, refusal, rule
    "appointment": [
        ("asked", SECADMIN, "release", {}, Forbidden, "authority"),
        ("asked", "village.member1", "release", {}, Forbidden, "authority"),
        ("asked", TOWN, "release", {}, Forbidden, "authority"),
        ("asked", ZONE, "release", {}, Forbidden, "authority"),
        ("asked", SYSADMIN, "refuse", {}, InvalidInput, None),
        ("asked", SECADMIN, "refuse", WHY, Forbidden, "authority"),
        ("asked", SYSADMIN, "withdraw", {}, Forbidden, "authority"),
        ("asked", SECADMIN, "recuse", WHY, Forbidden, "authority"),
        ("asked", SYSADMIN, "void", WHY, Forbidden, "authority"),
        ("asked", SYSADMIN, "terminate", WHY, Forbidden, "authority"),
        ("asked", SYSADMIN, "lapse", {}, Forbidden, None),
        ("asked", "village.member2", "release", {}, NotFound, None),
        ("asked", SYSADMIN, "approve", {}, NotFound, None),
    ],
    "secondment": [
        ("asked", TOWN, "approve", {}, Forbidden, "authority"),
        ("asked", "zone.deputy", "approve", {}, Forbidden, "authority"),
        ("asked", "village.secretary", "approve", {}, Forbidden, "authority"),
        ("asked", "town2.officer", "approve", {}, NotFound, None),
        ("asked", ZONE, "refuse", {}, InvalidInput, None),
        ("asked", ZONE, "withdraw", {}, Forbidden, "authority"),
        ("asked", TOWN, "recuse", WHY, Forbidden, "authority"),
        ("asked", "village.secretary", "void", WHY, Forbidden, "authority"),
        ("asked", "village.secretary", "terminate", WHY, Forbidden, "authority"),
        ("asked", ZONE, "take_over", WHY, RuleViolation, "superior_is_late"),
    ],
    "account_reset": [
        ("asked", SYSADMIN, "release", {}, Forbidden, "authority"),
        ("asked", TOWN, "release", {}, Forbidden, "authority"),
        ("asked", ZONE, "release", {}, Forbidden, "authority"),
        ("asked", SECADMIN, "refuse", {}, InvalidInput, None),
        ("asked", SECADMIN, "withdraw", {}, Forbidden, "authority"),
        ("asked", SYSADMIN, "recuse", WHY, Forbidden, "authority"),
        ("asked", TOWN, "void", WHY, Forbidden, "authority"),
        ("asked", TOWN, "terminate", WHY, Forbidden, "authority"),
        ("released", SYSADMIN, "hand_out", {}, Forbidden, None),
        ("released", SYSADMIN, "finish", {}, Forbidden, None),
        ("released", SECADMIN, "confirm", {}, InvalidTransition, None),
        ("to_confirm", TOWN, "confirm", {}, Forbidden, "authority"),
        ("to_confirm", SYSADMIN, "confirm", {}, Forbidden, "authority"),
        ("to_confirm", SECADMIN, "confirm", {}, Forbidden, "authority"),
        ("to_confirm", "town2.officer", "confirm", {}, NotFound, None),
        ("to_confirm", TOWN, "deny", WHY, Forbidden, "authority"),
        ("to_confirm", "town1.secretary", "deny", {}, InvalidInput, None),
    ],
}
ROWS = [(name, *row) for name, rows in REFUSALS.items() for row in rows]


@pytest.fixture
def play(session, world):
    return Play(session, world)


@pytest.mark.parametrize("workflow, state, who, move, words, kind, rule", ROWS)
def test_it_is_refused(play, workflow, state, who, move, words, kind, rule):
    case = DRIVES[workflow, state](play)
    assert (case.workflow, case.state) == (workflow, state)
    play.no(kind, rule, play.say, case, who, move, words)


@pytest.mark.parametrize("drive", [town_post, seconded])
def test_one_post_is_asked_for_once(play, drive):
    drive(play)
    with pytest.raises(AlreadyTaken):
        drive(play)


@pytest.mark.parametrize(
    "by, person, unit, office, kind, rule",
    [
        ("zone.secadmin", "zone.secadmin", "town1", "officer", RuleViolation, "not_own"),
        ("town1.officer", "town1.officer", "village", "deputy", RuleViolation, "not_own"),
        ("zone.secadmin", "zone.auditor", "zone", "officer", RuleViolation, "apart"),
        ("zone.officer", "village.member1", "zone", "auditor", Forbidden, "keeper"),
        ("zone.sysadmin", "village.member1", "town1", "officer", Forbidden, "keeper"),
    ],
)
def test_nobody_is_appointed_so(play, by, person, unit, office, kind, rule):
    with pytest.raises(kind) as caught:
        appoint(play, by, person, unit, office)
    assert caught.value.extra["rule"] == rule


@pytest.mark.parametrize("office", ["inspector", "officer", "team"])
def test_who_checks_branches_serves_in_none(play, office):
    """督查员 are of towns, departments and the zone. Source: G-4.4a"""
    with pytest.raises(InvalidInput) as caught:
        appoint(play, "town1.officer", "village.member1", "village", office)
    assert "office" in caught.value.fields
