"""免予参加:

the member asks, the branch supports, the superior decides; dated, and it ends by itself.
"""

from __future__ import annotations

from datetime import date

import pytest

from oversight.base.refusals import (
    AlreadyTaken,
    Forbidden,
    InvalidInput,
    InvalidTransition,
    NotFound,
    RuleViolation,
)
from oversight.engine import inbox
from oversight.models import WorkItem
from oversight.organization.members import expected
from oversight.time import sweep
from tests.db.test_queue_agrees import disagreements
from tests.support.actors import Play, end_posts, second_hat

WHY = {"reason": "能按时到会，不需要免予参加"}


@pytest.fixture
def play(session, world):
    second_hat(world)
    session.commit()
    return Play(session, world)


def ask(play, who="village.member1", about=None, unit="village", **more):
    facts = {
        "member": play.world.people[about or who].id,
        "reason": "年老体弱",
        "from_on": "2026-12-01",
        "until": "2027-06-01",
        **more,
    }
    return play.open(who, unit=unit, workflow="exemption", **facts)


def in_force(play):
    case = play.move(ask(play), "village.secretary", "support")
    return play.on("2026-11-25").move(case, "town1.officer", "approve")


def on_roster(play, day: str, name="village.member1") -> bool:
    people = expected(play.session, play.world.units["village"].id, date.fromisoformat(day))
    return play.world.people[name].id in {person.id for person in people}


def test_walk(play):
    case = ask(play)
    assert (
        case.state == "asked"
        and play.desks(case) == ["village"]
        and case.due_on == date(2026, 12, 1)
    )
    case = play.move(case, "village.secretary", "support", opinion="支委会研究同意上报")
    assert case.state == "supported" and play.desks(case) == ["town1"]
    assert on_roster(play, "2026-12-04"), "asking changes nothing"
    case = play.on("2026-11-25").move(case, "town1.officer", "approve")
    assert case.state == "in_force" and play.desks(case) == []
    [paper] = play.papers(case)
    assert paper.number == case.number == "青委党日〔2026〕1号"
    assert "自2026年12月1日至2027年6月1日免予参加" in paper.body["paragraphs"][0]
    assert "年老体弱" not in str(paper.body), "the reason stays in the case"
    roster = [
        day
        for day in ("2026-11-30", "2026-12-01", "2027-06-01", "2027-06-02")
        if on_roster(play, day)
    ]
    assert roster == ["2026-11-30", "2027-06-02"]
    sweep.sweep(play.session, play.on("2027-06-01").at)
    assert play.session.get(type(case), case.id, populate_existing=True).state == "in_force"
    sweep.sweep(play.session, play.on("2027-06-02").at)
    assert play.session.get(type(case), case.id, populate_existing=True).state == "ended"
    assert [row.move for row in play.journal(case)] == ["open", "support", "approve", "end"]


def test_it_costs_one_definition_its_rules_and_at_most_one_template():
    from pathlib import Path

    root = Path(__file__).resolve().parents[2]
    named = {
        path.relative_to(root).as_posix()
        for folder in ("oversight", "templates")
        for path in (root / folder).rglob("*")
        if path.suffix in (".py", ".html") and "exemption" in path.name
    }
    assert named <= {
        "oversight/rules/exemption.py",
        "oversight/workflows/exemption.py",
        "templates/cases/exemption.html",
    }


def test_the_member_may_come_back_early(play):
    case = in_force(play)
    case = play.on("2026-12-10").move(case, "village.member1", "resume")
    assert (
        case.state == "resumed"
        and on_roster(play, "2026-12-10")
        and not on_roster(play, "2026-12-09")
    )


def test_coming_back_before_it_began_leaves_nothing_of_it(play):
    case = in_force(play)
    case = play.on("2026-11-26").move(case, "village.member1", "resume")
    assert all(on_roster(play, day) for day in ("2026-11-26", "2026-12-01", "2027-01-08"))


@pytest.mark.parametrize("move", ["void", "terminate"])
def test_what_was_never_granted_takes_no_effect_when_it_is_ended(play, move):
    case = play.move(ask(play, from_on="2026-11-24"), "village.secretary", "support")
    play.on("2026-12-02").move(case, "town1.officer", move)
    assert all(on_roster(play, day) for day in ("2026-11-24", "2026-11-30", "2026-12-04"))


def test_void_takes_a_granted_one_back(play):
    case = in_force(play)
    case = play.on("2026-12-10").move(case, "town1.officer", "void")
    assert on_roster(play, "2026-12-10") and not on_roster(play, "2026-12-04")


def test_it_does_not_reach_back_before_the_day_it_was_granted(play):
    case = play.move(ask(play, from_on="2026-11-24"), "village.secretary", "support")
    play.on("2026-11-27").move(case, "town1.officer", "approve")
    assert on_roster(play, "2026-11-26") and not on_roster(play, "2026-11-27")


def test_the_branch_may_write_for_a_member_who_cannot(play):
    """代录: the journal says who wrote; the superior still decides."""
    case = ask(play, who="village.organizer", about="village.member1")
    assert (play.journal(case)[0].role, play.journal(case)[0].actor) == (
        "member",
        "village.organizer 代 village.member1（石桥村党支部组织委员）",
    )
    assert play.move(case, "village.secretary", "support").state == "supported"


def test_who_wrote_for_a_member_does_not_answer_for_the_branch(play):
    """House rule: a member asks himself; what was entered for him another studies and answers."""
    case = ask(play, who="village.secretary", about="village.member1")
    assert play.journal(case)[0].actor == "village.secretary 代 village.member1（石桥村党支部书记）"
    for move in ("support", "not_support"):
        play.refused(Forbidden, "authority", case, "village.secretary", move)
    secretary, organizer = play.who("village.secretary"), play.who("village.organizer")
    assert inbox.cases(play.session, secretary, "mine", secretary.on).items == []
    assert inbox.waiting(play.session, secretary)[0] == {}
    assert inbox.waiting(play.session, organizer)[0] == {"exemption": 1}
    assert disagreements(play) == []
    assert play.move(case, "village.organizer", "support").state == "supported"
    assert play.move(case, "town1.officer", "approve").state == "in_force"


def test_the_superior_takes_a_wish_where_the_only_one_in_office_wrote_it(play):
    alone = {"village.secretary"}
    end_posts(play, "village", but=alone)
    case = ask(play, who="village.secretary", about="village.member1")
    play.refused(Forbidden, "authority", case, "village.secretary", "support")
    case = play.move(case, "town1.officer", "support")
    play.refused(Forbidden, "authority", case, "town1.officer", "approve")
    assert play.move(case, "town1.secretary", "approve").state == "in_force"


def test_who_stood_in_for_a_vacant_branch_does_not_approve_above_it(play):
    end_posts(play, "village")
    case = play.move(ask(play), "town1.officer", "support")
    assert disagreements(play) == []
    for move in ("approve", "refuse"):
        play.refused(Forbidden, "authority", case, "town1.officer", move)
    officer = play.who("town1.officer")
    assert inbox.cases(play.session, officer, "mine", officer.on).items == []
    assert play.move(case, "town1.secretary", "approve").state == "in_force"


def test_the_zone_approves_where_the_town_has_one_officer_who_stood_in(play):
    end_posts(play, "village")
    end_posts(play, "town1", but={"town1.officer"})
    case = play.move(ask(play), "town1.officer", "support")
    assert play.desks(case) == ["zone"], "it lies there at once, not on an empty desk"
    play.refused(Forbidden, "authority", case, "town1.officer", "approve")
    assert disagreements(play) == []
    assert play.move(case, "zone.officer", "approve").state == "in_force"


def test_a_secretary_s_own_wish_is_studied_by_others(play):
    case = ask(play, who="village.secretary")
    play.refused(Forbidden, "authority", case, "village.secretary", "support")
    secretary = play.who("village.secretary")
    assert inbox.cases(play.session, secretary, "mine", secretary.on).items == []
    assert [
        row.id for row in inbox.cases(play.session, secretary, "waiting", secretary.on).items
    ] == [case.id]
    assert play.move(case, "village.organizer", "support").state == "supported"


def test_an_officer_of_the_town_does_not_decide_on_his_own_wish_or_his_branch_s(play):
    """second.hat leads the branch and is an officer of the town: not for himself and not for his
    own.
    """
    own = play.move(ask(play, who="second.hat"), "village.secretary", "support")
    play.refused(Forbidden, "authority", own, "second.hat", "approve")
    other = play.move(ask(play), "village.secretary", "support")
    play.refused(Forbidden, "authority", other, "second.hat", "approve")


def test_one_open_wish_a_member(play):
    ask(play)
    play.no(RuleViolation, "one_at_a_time", ask, play)
    assert ask(play, who="village.member2").state == "asked"


def test_two_wishes_at_the_same_instant_are_one(play, monkeypatch):
    """The question whether one is under way is asked before the other is written."""
    ask(play)
    monkeypatch.setattr("oversight.rules.exemption.asked_already", lambda attempt: False)
    play.no(AlreadyTaken, None, ask, play)


# Prolonged ---------------------------------------------------------------------------------------

MORE = {"from_on": "2027-06-02", "until": "2027-12-31"}


def prolonged(play):
    """An exemption until 1 June 2027, and another to the end of the year, both granted."""
    first = in_force(play)
    second = play.move(ask(play, **MORE), "village.secretary", "support")
    return first, play.move(second, "town1.officer", "approve")


def test_one_is_prolonged_without_a_gap(play):
    first, second = prolonged(play)
    days = ("2026-12-01", "2027-06-01", "2027-06-02", "2027-12-31")
    assert not [day for day in days if on_roster(play, day)] and on_roster(play, "2028-01-07")
    sweep.sweep(play.session, play.on("2027-06-02").at)
    states = [
        play.session.get(type(case), case.id, populate_existing=True).state
        for case in (first, second)
    ]
    assert states == ["ended", "in_force"] and not on_roster(play, "2027-06-04")


def test_what_prolongs_follows_on(play):
    in_force(play)
    for day in ("2027-06-01", "2027-06-03"):
        play.no(RuleViolation, "follows_on", ask, play, **{**MORE, "from_on": day})


def test_who_comes_back_early_is_exempt_again_when_the_second_begins(play):
    first, _second = prolonged(play)
    play.on("2026-12-10").move(first, "village.member1", "resume")
    assert on_roster(play, "2026-12-11") and on_roster(play, "2027-06-01")
    assert not on_roster(play, "2027-06-02") and not on_roster(play, "2027-12-31")


def test_what_prolonged_may_be_taken_back_alone(play):
    _first, second = prolonged(play)
    play.on("2026-12-10").move(second, "village.member1", "resume")
    assert not on_roster(play, "2027-06-01") and on_roster(play, "2027-06-02")


def test_a_single_day(play):
    case = ask(play, from_on="2026-12-04", until="2026-12-04")
    play.move(case, "village.secretary", "support")
    play.move(case, "town1.officer", "approve")
    days = [day for day in ("2026-12-03", "2026-12-04", "2026-12-05") if on_roster(play, day)]
    assert days == ["2026-12-03", "2026-12-05"]


def test_in_a_branch_of_four_another_full_member_studies_it(play):
    world = play.world
    world.unit("tiny", "branch", "town1", "social", title="协会党支部")
    for name in ("head", "a", "b", "c"):
        world.person(f"tiny.{name}", "tiny")
    world.post("tiny.head", "tiny", "secretary")
    play.session.commit()
    case = ask(play, who="tiny.head", unit="tiny")
    play.refused(Forbidden, None, case, "tiny.head", "support")
    assert play.move(case, "tiny.b", "support").state == "supported"


# Refusals ----------------------------------------------------------------------------------------

OPENINGS = [
    ("village.member2", "village.member1", {}, Forbidden, "authority"),
    ("town1.officer", "village.member1", {}, Forbidden, "authority"),
    ("community.secretary", "village.member1", {}, NotFound, None),
    ("zone.sysadmin", "village.member1", {}, NotFound, None),
    ("village.secretary", "community.member1", {}, RuleViolation, "of_this_branch"),
    ("village.member1", None, {"from_on": "2026-11-23"}, RuleViolation, "not_for_the_past"),
    ("village.member1", None, {"until": "2026-11-30"}, RuleViolation, "within_term"),
    ("village.member1", None, {"until": "2027-12-31"}, RuleViolation, "within_term"),
    ("village.member1", None, {"until": None}, InvalidInput, None),
    ("village.member1", None, {"reason": "高血压三级"}, InvalidInput, None),
    ("village.member1", None, {"from_on": "下月"}, InvalidInput, None),
    ("village.member1", None, {"member": "x"}, Forbidden, "authority"),
    ("village.secretary", None, {"member": "x"}, InvalidInput, None),
    ("village.member1", None, {"doctor": "y"}, InvalidInput, None),
]


@pytest.mark.parametrize("who, about, more, kind, rule", OPENINGS)
def test_what_cannot_be_asked(play, who, about, more, kind, rule):
    play.no(kind, rule, ask, play, who, about, **more)


MOVES = [
    ("asked", "town1.officer", "recuse", WHY, Forbidden, "authority"),
    ("asked", "village.secretary", "recuse", {}, InvalidInput, None),
    ("asked", "village.member1", "void", WHY, Forbidden, "authority"),
    ("asked", "town1.officer", "void", {}, InvalidInput, None),
    ("supported", "village.secretary", "terminate", WHY, Forbidden, "authority"),
    ("supported", "town1.officer", "terminate", {}, InvalidInput, None),
    ("in_force", "village.secretary", "void", WHY, Forbidden, "authority"),
    ("asked", "village.member1", "support", {}, Forbidden, "authority"),
    ("asked", "village.secretary", "not_support", {}, InvalidInput, None),
    ("asked", "town1.officer", "approve", {}, InvalidTransition, None),
    ("asked", "village.secretary", "approve", {}, InvalidTransition, None),
    ("asked", "village.member2", "withdraw", {}, NotFound, None),
    ("asked", "town1.officer", "support", {}, Forbidden, "authority"),
    ("supported", "village.member1", "approve", {}, Forbidden, "authority"),
    ("supported", "village.secretary", "approve", {}, Forbidden, "authority"),
    ("supported", "zone.officer", "approve", {}, Forbidden, "authority"),
    ("supported", "zone.officer", "take_over", WHY, RuleViolation, "superior_is_late"),
    ("supported", "town1.officer", "refuse", {}, InvalidInput, None),
    ("supported", "town1.officer", "end", {}, InvalidTransition, None),
    ("in_force", "town1.officer", "end", {}, Forbidden, None),
    ("in_force", "village.member1", "withdraw", {}, InvalidTransition, None),
    ("in_force", "town1.officer", "resume", {}, Forbidden, "authority"),
    ("in_force", "village.member1", "prolong", {}, NotFound, None),
]


WALKS, REFUSALS = {"exemption": "test_walk"}, {"exemption": MOVES}


@pytest.mark.parametrize("state, who, move, words, kind, rule", MOVES)
def test_what_cannot_be_done(play, state, who, move, words, kind, rule):
    case = ask(play)
    if state != "asked":
        case = play.move(case, "village.secretary", "support")
    if state == "in_force":
        case = play.on("2026-11-25").move(case, "town1.officer", "approve")
    play.no(kind, rule, play.say, case, who, move, words)
    assert play.session.get(type(case), case.id).state == state
    assert play.session.query(WorkItem).filter(
        WorkItem.case_id == case.id, WorkItem.closed_at.is_(None)
    ).count() == (0 if state == "in_force" else 1)
