"""Whose desk is it on: boxes, counts, pages, and that nobody sees beyond his subtree in any of
them.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.base.refusals import InvalidInput, NotFound
from oversight.engine import assignment, authority, inbox, transitions
from oversight.engine.inbox import BOXES, Filters
from oversight.models import Case, Post
from tests.support.actors import CAST, REASON, Play, second_hat
from tests.support.dump import difference, dump


@pytest.fixture
def play(session, world):
    second_hat(world)
    session.commit()
    return Play(session, world)


def box(play, who: str, name: str, **filters) -> set[str]:
    found = inbox.cases(
        play.session, play.who(who), name, play.at.today, Filters(**filters), limit=500
    )
    assert found.next is None
    return {case.id for case in found.items}


def town(play) -> dict[str, Case]:
    """Leave cases in many hands: draft, asked, refused, overdue, another town's."""
    cases = {
        "asked": play.asked(),
        "draft": play.open("community.secretary", "community"),
        "closed": play.move(
            play.asked(name="organ.secretary", unit="organ"), "town1.officer", "refuse"
        ),
        "elsewhere": play.asked(name="village2.secretary", unit="village2"),
    }
    play.on("2026-10-10")
    cases["old"] = play.open("organ.secretary", "organ", day="2026-11-06")
    play.move(cases["old"], "organ.secretary", "ask", new_day="2026-11-10", reason=REASON)
    play.on("2026-11-24")
    return {
        name: play.session.get(Case, case.id, populate_existing=True)
        for name, case in cases.items()
    }


def ids(cases, *names):
    return {cases[name].id for name in names}


def test_mine_is_what_waits_for_me(play):
    cases = town(play)
    assert box(play, "town1.officer", "mine") == ids(cases, "asked", "old")
    assert box(play, "town1.secretary", "mine") == ids(cases, "asked", "old")
    assert box(play, "community.secretary", "mine") == ids(cases, "draft")
    assert box(play, "town2.officer", "mine") == ids(cases, "elsewhere")
    for who in (
        "town1.deputy",
        "town1.inspector",
        "zone.officer",
        "village.secretary",
        "zone.sysadmin",
        "village.member1",
        "dept1.officer",
    ):
        assert box(play, who, "mine") == set(), who


def test_waiting_is_what_i_began_and_others_have(play):
    cases = town(play)
    assert box(play, "village.secretary", "waiting") == ids(cases, "asked")
    assert box(play, "organ.secretary", "waiting") == ids(cases, "old")
    assert box(play, "community.secretary", "waiting") == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_waits_for_others_is_looked_up_among_what_is_open(play):
    """Most of what somebody did is closed: read in full, the count grew with all that he ever did.
    PostgreSQL chooses the index itself.
    """
    town(play)
    counted = inbox._counted(play.who("village.secretary"), "waiting")
    plan = str(counted.compile(play.session.connection()))
    assert "FROM cases INDEXED BY ix_cases_open_id" in plan


def test_units_is_my_subtree(play):
    cases = town(play)
    assert box(play, "zone.officer", "units") == ids(cases, "asked", "draft", "elsewhere", "old")
    assert box(play, "zone.inspector", "units") == box(play, "zone.officer", "units")
    assert box(play, "town1.inspector", "units") == ids(cases, "asked", "draft", "old")
    assert box(play, "town2.secretary", "units") == ids(cases, "elsewhere")
    assert box(play, "village.organizer", "units") == ids(cases, "asked")
    for who in (
        "zone.sysadmin",
        "zone.secadmin",
        "zone.auditor",
        "dept1.officer",
        "village.member1",
    ):
        assert box(play, who, "units") == set(), who


def test_done_is_what_i_took_part_in(play):
    cases = town(play)
    assert (
        box(play, "town1.officer", "done")
        == box(play, "organ.secretary", "done")
        == ids(cases, "closed")
    )
    assert box(play, "town1.secretary", "done") == box(play, "zone.officer", "done") == set()


def test_a_late_case_is_shown_to_the_zone_beside_the_towns_own_desk(play):
    case = play.asked()
    assert box(play, "zone.officer", "copied") == set()
    assignment.escalate(
        play.session, transitions.lock(play.session, case.id), play.on("2026-11-30").at
    )
    play.session.commit()
    assert box(play, "zone.officer", "copied") == box(play, "zone.secretary", "copied") == {case.id}
    assert box(play, "zone.officer", "mine") == set() and box(play, "town1.officer", "mine") == {
        case.id
    }
    case = play.move(case, "zone.officer", "take_over")
    assert (
        box(play, "zone.officer", "mine") == {case.id}
        and box(play, "town1.officer", "mine") == set()
    )


def test_the_second_hat_does_not_find_his_own_branch_on_the_towns_desk(play):
    case = play.asked()
    other = play.asked(name="community.secretary", unit="community")
    assert box(play, "second.hat", "mine") == {other.id}
    assert case.id in box(play, "second.hat", "waiting") | box(play, "second.hat", "units")


def test_recused_it_is_on_my_desk_no_more(play):
    case = play.move(play.asked(), "town1.officer", "recuse")
    assert box(play, "town1.officer", "mine") == set() and box(play, "town1.secretary", "mine") == {
        case.id
    }


def test_a_joint_request_is_on_every_superiors_desk_until_he_has_answered(play):
    case = play.joint("village2")
    assert box(play, "town1.officer", "mine") == box(play, "town2.officer", "mine") == {case.id}
    play.move(case, "town1.officer", "approve")
    assert box(play, "town1.officer", "mine") == set() and box(play, "town2.officer", "mine") == {
        case.id
    }


def test_narrowed(play):
    cases = town(play)
    town1 = play.world.units["town1"].path
    assert box(play, "zone.officer", "units", unit_path=town1) == ids(
        cases, "asked", "draft", "old"
    )
    assert box(play, "zone.officer", "units", workflow="zone_shift") == set()
    assert box(play, "zone.officer", "units", workflow="date_change") == box(
        play, "zone.officer", "units"
    )
    assert box(play, "zone.officer", "units", due="overdue") == ids(cases, "old")
    assert box(play, "zone.officer", "units", due="week") == ids(cases, "asked", "elsewhere")
    play.on("2026-11-27")
    assert box(play, "zone.officer", "units", due="today") == ids(cases, "asked", "elsewhere")
    play.on("2026-11-28")
    assert box(play, "zone.officer", "units", due="overdue") == ids(
        cases, "asked", "elsewhere", "old"
    )
    assert box(play, "zone.officer", "units", due="week") == set()


@pytest.mark.parametrize(
    "call",
    [
        lambda s, who, day: inbox.cases(s, who, "everything", day),
        lambda s, who, day: inbox.cases(s, who, "mine", day, Filters(due="yesterday")),
        lambda s, who, day: inbox.cases(s, who, "mine", day, cursor="1"),
        lambda s, who, day: inbox.cases(s, who, "mine", day, cursor="2026-11-24_x"),
        lambda s, who, day: inbox.cases(s, who, "mine", day, cursor="' OR 1=1 --_0"),
        lambda s, who, day: inbox.counts(s, who, "all", day),
    ],
)
def test_what_cannot_be_asked_is_said(play, call):
    with pytest.raises(InvalidInput):
        call(play.session, play.who("town1.officer"), play.at.today)


def test_another_units_path_does_not_widen_the_sight(play):
    town(play)
    for path in ("/", "%", "_", play.world.units["zone"].path, play.world.units["town2"].path):
        found = box(play, "town1.officer", "units", unit_path=path)
        assert found <= box(play, "town1.officer", "units")


# The same for everybody --------------------------------------------------------------------------


def unsettle(play) -> None:
    """Put cases into every odd hand:

    recused, raised, vacant, own case, joint, excused, promoted.
    """
    town(play)
    play.session.commit()
    play.move(
        play.session.scalar(
            sa.select(Case)
            .where(Case.state == "asked", Case.due_on > play.at.today)
            .order_by(Case.id)
            .limit(1)
        ),
        "town1.officer",
        "recuse",
    )
    play.on("2026-09-21")
    escalation_level = play.asked("2026-10-15", day="2026-10-09")
    play.on("2026-09-30").move(escalation_level, "zone.officer", "take_over")
    play.on("2026-10-12")
    play.move(
        play.open(
            "community.secretary",
            "community",
            day="2026-11-06",
            **{"with": [play.world.units["village2"].id]},
        ),
        "community.secretary",
        "ask_jointly",
        new_day="2026-11-12",
        reason=REASON,
    )
    play.on("2026-11-24")


def test_nobody_finds_a_case_that_he_may_not_see(play):
    """Every list and every count of every box, for everybody: within the subtree or on the own
    desk.
    """
    unsettle(play)
    for person, _role, _relation in CAST:
        who = play.who(person)
        for name in BOXES:
            items = inbox.cases(play.session, who, name, play.at.today, limit=500).items
            for case in items:
                try:
                    authority.see(play.session, who, case)
                except NotFound:
                    pytest.fail(f"{person} finds a case of {case.unit.name} in {name}")
            counted = inbox.counts(play.session, who, name, play.at.today)
            assert counted == ({"date_change": len(items)} if items else {}), (person, name)
            assert inbox.box_count(play.session, who, name) == len(items)


@pytest.mark.parametrize(
    "filters", [Filters(due="overdue"), Filters(due="week"), Filters(workflow="zone_shift")]
)
def test_counts_are_narrowed_like_the_list(play, filters):
    unsettle(play)
    for person in (
        "zone.officer",
        "town1.officer",
        "town2.inspector",
        "village.secretary",
        "zone.auditor",
    ):
        who = play.who(person)
        for name in BOXES:
            items = inbox.cases(play.session, who, name, play.at.today, filters, limit=500).items
            counted = inbox.counts(play.session, who, name, play.at.today, filters)
            assert counted == ({"date_change": len(items)} if items else {}), (person, name)


def test_mine_is_exactly_what_the_engine_would_let_me_do(play):
    """For everybody and every open case: on my desk if and only if I fill the party that it waits
    for.
    """
    unsettle(play)
    wrong = []
    for person, _role, _relation in CAST:
        who, mine = play.who(person), box(play, person, "mine")
        for case in play.session.scalars(sa.select(Case).where(Case.closed_at.is_(None))):
            workflow = workflows.get(case.workflow, case.definition_version)
            party = workflow.state(case.state).waits_on
            may = (
                party.human
                and authority.basis(play.session, workflow, case, party, who) is not None
            )
            if may != (case.id in mine):
                wrong.append(
                    f"{person}: {case.unit.name} {case.state}: {may=}, listed {case.id in mine}"
                )
    assert not wrong, "\n".join(wrong)


def test_who_was_promoted_does_not_find_his_own_request_on_his_new_desk(play):
    """He asked as the branch's secretary and is the town's officer since: he may not answer it."""
    case = play.asked()
    play.session.scalar(
        sa.select(Post).where(Post.person_id == play.world.people["village.secretary"].id)
    ).to_on = date(2026, 11, 24)
    play.world.post("village.secretary", "town1", "officer", from_on=date(2026, 11, 25))
    play.session.commit()
    play.on("2026-11-25")
    assert case.id not in box(play, "village.secretary", "mine")


def test_a_vacancy_leaves_no_orphan_on_a_desk(play):
    """Officer and secretary leave: the deputy finds the case in his box once the clock has gone
    round.
    """
    from oversight.time.sweep import sweep

    case = play.asked()
    for post in play.session.scalars(
        sa.select(Post).where(
            Post.unit_id == play.world.units["town1"].id, Post.office.in_(("officer", "secretary"))
        )
    ):
        post.to_on = date(2026, 11, 24)
    play.session.commit()
    sweep(play.session, play.on("2026-11-25").at)
    play.session.commit()
    assert box(play, "town1.deputy", "mine") == {case.id}
    assert box(play, "town1.officer", "mine") == set()


# Pages -------------------------------------------------------------------------------------------


def many(play) -> None:
    """One draft a month and branch over two years, and some that are due on the same day."""
    play.on("2026-11-24")
    for unit in ("village", "community", "organ", "village2"):
        play.asked(name=f"{unit}.secretary", unit=unit)
        for year, months in ((2026, (1, 2, 3, 8, 9, 11)), (2027, (3, 4, 9))):
            for month in months:
                play.open(f"{unit}.secretary", unit, day=_rule_day(play, unit, year, month))


def _rule_day(play, unit: str, year: int, month: int) -> str:
    from oversight.calendar.zone import rule_for

    return rule_for(play.session, play.world.units[unit], year, month).on.isoformat()


@pytest.mark.parametrize("limit", [1, 3, 7, 25])
def test_pages_lose_nothing_and_repeat_nothing(play, limit):
    many(play)
    who, cursor, found = play.who("zone.officer"), None, []
    for _page in range(41):
        page = inbox.cases(play.session, who, "units", play.at.today, cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        found += [(case.due_on or date(9999, 12, 31), case.id) for case in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert len(found) == len(set(found)) == 40 and found == sorted(found)


def test_pages_of_what_is_done_come_newest_first(play):
    for _number in range(5):
        play.move(play.asked(), "village.secretary", "withdraw")
    who = play.who("village.secretary")
    first = inbox.cases(play.session, who, "done", play.at.today, limit=3)
    rest = inbox.cases(play.session, who, "done", play.at.today, cursor=first.next, limit=3)
    found = [case.id for case in first.items + rest.items]
    assert len(set(found)) == 5 and found == sorted(found, reverse=True) and rest.next is None


def test_a_case_that_leaves_between_two_pages_hides_no_other(play):
    many(play)
    who = play.who("town1.officer")
    first = inbox.cases(play.session, who, "mine", play.at.today, limit=1)
    [gone] = first.items
    play.move(gone, "town1.officer", "refuse")
    who = play.who("town1.officer")
    rest = inbox.cases(play.session, who, "mine", play.at.today, cursor=first.next, limit=5)
    assert len(rest.items) == 2 and gone.id not in {case.id for case in rest.items}


def test_reading_changes_nothing(play):
    """Invariant 36: looking at a queue, an overview or a case writes no row."""
    from oversight.engine import available

    unsettle(play)
    before = dump(play.session)
    for person in (
        "zone.officer",
        "town1.officer",
        "second.hat",
        "village.secretary",
        "town2.inspector",
    ):
        who = play.who(person)
        for name in BOXES:
            for case in inbox.cases(play.session, who, name, play.at.today).items:
                available.options(play.session, case, who, play.at)
                available.waiting(play.session, case, who, play.at)
        inbox.units_in_sight(play.session, who)
    assert not difference(before, dump(play.session))


# Units -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who, first, count",
    [
        ("zone.officer", "zone", 11),
        ("town1.officer", "town1", 6),
        ("town2.inspector", "town2", 2),
        ("village.secretary", "village", 1),
        ("village.member1", "village", 1),
        ("zone.sysadmin", None, 0),
        ("zone.auditor", None, 0),
    ],
)
def test_my_units_own_unit_first(play, who, first, count):
    found = inbox.units_in_sight(play.session, play.who(who))
    assert len(found) == count
    assert not first or found[0].id == play.world.units[first].id
