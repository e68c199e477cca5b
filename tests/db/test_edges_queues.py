"""Edges of the boxes: seats filled again, what waits for others, weeks, and who has gone away."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import Forbidden, NotFound
from oversight.engine import authority, desk_acts, inbox
from oversight.engine.inbox import Filters
from oversight.models import Case, FollowUp, Post
from oversight.time import sweep
from tests.db.test_absence_walk import missing
from tests.db.test_exemption import ask
from tests.db.test_queue_agrees import relieve, stand_in
from tests.db.test_queues import box
from tests.support.actors import Play


@pytest.fixture
def play(session, world):
    return Play(session, world)


def test_who_fills_a_vacant_seat_again_finds_what_climbed_to_the_next(play):
    """The deputy has it; the new officer goes before him, and need not wait for the night."""
    case = play.asked()
    play.session.execute(
        sa.update(Post)
        .where(
            Post.unit_id == play.world.units["town1"].id, Post.office.in_(("officer", "secretary"))
        )
        .values(to_on=date(2026, 11, 24))
    )
    play.session.commit()
    sweep.sweep(play.session, play.on("2026-11-25").at)
    play.session.commit()
    assert box(play, "town1.deputy", "mine") == {case.id}
    play.world.post("town1.committee1", "town1", "officer", from_on=date(2026, 11, 25))
    play.session.commit()
    assert box(play, "town1.committee1", "mine") == {case.id}
    assert play.move(play.session.get(Case, case.id), "town1.committee1", "approve").number


def test_what_ones_unit_waits_for_is_waiting_for_its_other_leaders_too(play):
    case = play.asked()
    assert box(play, "village.organizer", "waiting") == {case.id}
    assert box(play, "village.member1", "waiting") == set()


def test_what_comes_back_is_mine_and_waits_no_longer(play):
    case = play.move(play.asked(), "town1.officer", "return")
    assert box(play, "village.secretary", "mine") == {case.id}
    assert box(play, "village.secretary", "waiting") == set()


def test_a_member_finds_his_own_case_among_what_waits(session, world):
    case = missing(session, world)
    play = Play(session, world)
    assert box(play, "village.member1", "waiting") == {case.id}
    assert box(play, "village.member2", "waiting") == set()


def test_who_went_to_another_town_no_longer_lists_what_he_did_in_this_one(play):
    case = play.move(play.asked(), "town1.officer", "refuse")
    assert box(play, "town1.officer", "done") == {case.id}
    play.session.scalar(
        sa.select(Post).where(Post.person_id == play.world.people["town1.officer"].id)
    ).to_on = date(2026, 11, 24)
    play.world.post("town1.officer", "town2", "officer", from_on=date(2026, 11, 25))
    play.session.commit()
    assert box(play.on("2026-11-25"), "town1.officer", "done") == set()


@pytest.mark.parametrize(
    "due, boxes",
    [
        ("2026-11-23", {"overdue"}),
        ("2026-11-24", {"today", "week"}),
        ("2026-11-29", {"week"}),
        ("2026-11-30", set()),
    ],
)
def test_a_week_ends_on_sunday_and_begins_today(play, due, boxes):
    case = play.asked()
    case.due_on = date.fromisoformat(due)
    play.session.commit()
    found = {
        name
        for name in ("overdue", "today", "week")
        if box(play, "zone.officer", "units", due=name)
    }
    assert found == boxes


def test_a_party_group_is_no_unit_to_choose(play):
    play.world.unit("group1", "group", "village", title="第一党小组")
    play.session.commit()
    names = {unit.name for unit in inbox.units_in_sight(play.session, play.who("town1.officer"))}
    assert "石桥村党支部" in names and "第一党小组" not in names


def test_a_follow_up_comes_on_its_day_and_not_before(play):
    case = play.asked()
    play.session.add(
        FollowUp(
            case_id=case.id,
            person_id=play.world.people["zone.officer"].id,
            zone_id=play.world.zone.id,
            day=date(2026, 11, 26),
        )
    )
    play.session.commit()
    come = []
    for day in ("2026-11-25", "2026-11-26", "2026-11-27"):
        who = play.on(day).who("zone.officer")
        come.append(len(inbox.come(play.session, who, who.on, Filters())))
    assert come == [0, 1, 1]


def test_where_any_full_member_steps_in_a_probationary_one_finds_nothing(play):
    play.world.people["village.member1"].probationary = True
    for name in ("village.secretary", "village.organizer"):
        relieve(play, name)
    case = play.open("village.member2")
    assert box(play, "village.member3", "mine") == {case.id}
    assert box(play, "village.member1", "mine") == set()
    with pytest.raises(NotFound):
        authority.see(play.session, play.who("village.member1"), case)


def test_in_whose_place_it_was_asked_does_not_find_it_on_his_new_desk(play):
    """A member asked in the secretary's place, who is an officer of the town since."""
    stand_in(play, "village.member1", "village.secretary", "village", "secretary")
    case = play.asked(name="village.member1")
    relieve(play, "village.secretary")
    play.world.post("village.secretary", "town1", "officer", from_on=date(2026, 11, 24))
    play.session.commit()
    assert box(play, "village.secretary", "mine") == set()
    play.refused(Forbidden, "authority", case, "village.secretary", "approve")
    assert box(play, "town1.officer", "mine") == {case.id}


def test_what_one_has_read_still_lies_with_the_others(play):
    case = play.asked()
    for unit in ("zone", "town2"):
        words = {"unit": play.world.units[unit].id}
        desk_acts.submit(play.session, case.id, "copy", play.who("town1.officer"), play.at, words)
    read = (play.session, case.id, "read")
    play.no(Forbidden, None, desk_acts.submit, *read, play.who("town1.officer"), play.at)
    desk_acts.submit(*read, play.who("town2.officer"), play.at)
    assert box(play, "town2.officer", "copied") == set()
    assert box(play, "zone.officer", "copied") == {case.id}


@pytest.mark.parametrize(
    "name, which", [("town1.officer", "mine"), ("village.secretary", "waiting")]
)
def test_a_page_that_is_just_full_is_the_last(play, name, which):
    second = {"name": "village.secretary", "day": "2027-01-08", "new_day": "2027-01-15"}
    found = {play.asked().id, play.asked(**second).id}
    who, today = play.who(name), play.at.today
    page = inbox.cases(play.session, who, which, today, limit=2)
    assert ({case.id for case in page.items}, page.next) == (found, None)
    first = inbox.cases(play.session, who, which, today, limit=1)
    rest = inbox.cases(play.session, who, which, today, cursor=first.next, limit=1)
    assert {case.id for case in (*first.items, *rest.items)} == found and rest.next is None


def test_what_one_narrows_a_box_to_is_asked_anew_each_time(play):
    """The first page of one branch is not that of the next, nor of all."""
    one = play.asked()
    other = play.asked(name="community.secretary", unit="community")
    who, found = play.who("town1.officer"), []
    for name in ("village", "community", None, "village"):
        path = play.world.units[name].path if name else None
        page = inbox.cases(play.session, who, "mine", who.on, filters=Filters(unit_path=path))
        found.append({case.id for case in page.items})
    assert found == [{one.id}, {other.id}, {one.id, other.id}, {one.id}]


def test_of_two_wishes_the_one_that_he_wrote_down_lies_with_the_others_of_the_branch(play):
    written = ask(play, "village.secretary", about="village.member1")
    own = ask(play, "village.member2")
    assert box(play, "village.secretary", "mine") == {own.id}
    assert box(play, "village.organizer", "mine") == {written.id, own.id}
