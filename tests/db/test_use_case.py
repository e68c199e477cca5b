"""The one way to end a write: together or not at all, and the refusal kept."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base.refusals import AlreadyTaken, RuleViolation, VersionConflict
from oversight.calendar.party_days import activity_for
from oversight.calendar.zone import zone_calendar
from oversight.engine.use_case import after, one_transaction, shows, use_case
from oversight.models import Activity, Refusal, Unit
from tests.support.world import at

NOW = at("2026-11-24")


@pytest.fixture
def who(world):
    return world.actor("town1.officer", NOW.today)


def named(session, world) -> str:
    session.rollback()
    return session.scalar(sa.select(Unit.name).where(Unit.id == world.units["village"].id))


def refusals(session) -> list[tuple]:
    return [(row.move, row.status) for row in session.scalars(sa.select(Refusal))]


def test_what_is_done_is_committed(session, world, who):
    with use_case(session, who, NOW, "rename"):
        world.units["village"].name = "新名"
    assert named(session, world) == "新名" and refusals(session) == []


def test_a_refusal_changes_nothing_and_is_kept_once(session, world, who):
    with (
        pytest.raises(RuleViolation),
        use_case(session, who, NOW, "outer"),
        use_case(session, who, NOW, "inner"),
    ):
        world.units["village"].name = "新名"
        raise RuleViolation("不行。")
    assert named(session, world) != "新名" and refusals(session) == [("inner", 422)]


def test_only_what_is_shown_next_is_not_read_again(session, world, who):
    shown, other = world.units["village"], world.units["community"]
    with use_case(session, who, NOW, "rename"):
        shown.name = other.name = "新名"
        shows(session, shown)
    assert "name" in vars(shown) and "name" not in vars(other)
    assert shown.name == other.name == named(session, world) == "新名"
    with one_transaction(session):
        shown.name  # noqa: B018  loads it
    assert "name" not in vars(shown), "a later transaction shows nothing"


def test_one_inside_another_ends_with_it(session, world, who):
    with pytest.raises(KeyError), one_transaction(session):
        with use_case(session, who, NOW, "rename"):
            world.units["village"].name = "新名"
        raise KeyError
    assert named(session, world) != "新名" and refusals(session) == []


def test_the_clock_leaves_no_refusal(session):
    with pytest.raises(RuleViolation), use_case(session, None, NOW, "sweep"):
        raise RuleViolation("不行。")
    assert refusals(session) == []


def test_a_trial_is_taken_back_with_what_was_read_in_it(session, world, who):
    with use_case(session, who, NOW, "rename", trial=True):
        world.units["village"].name = "新名"
        within = zone_calendar(session, world.zone.id)
    assert named(session, world) != "新名"
    assert zone_calendar(session, world.zone.id) is not within


@pytest.mark.parametrize("fails", [False, True])
def test_what_comes_after_is_done_either_way(session, who, fails):
    done = []
    try:
        with use_case(session, who, NOW, "act"):
            after(session, lambda: done.append(True))
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert done == [True]


def test_somebody_faster_is_a_refusal(session, world, who):
    row = activity_for(session, world.units["village"], 2026, 12)
    session.commit()
    with pytest.raises(VersionConflict), use_case(session, who, NOW, "stale"):
        session.execute(
            sa.update(Activity)
            .where(Activity.id == row.id)
            .values(version=Activity.version + 1)
            .execution_options(synchronize_session=False)
        )
        row.host_why = "书记外出"
    with pytest.raises(AlreadyTaken), use_case(session, who, NOW, "taken"):
        session.add(
            Activity(
                zone_id=row.zone_id,
                unit_id=row.unit_id,
                year=2026,
                month=12,
                kind="party_day",
                version=1,
            )
        )
    assert refusals(session) == [("stale", 409), ("taken", 409)]


def test_another_broken_constraint_is_no_refusal(session, world, who):
    with pytest.raises(sa.exc.IntegrityError), use_case(session, who, NOW, "broken"):
        session.add(Unit(zone_id=world.zone.id, path="/x/", kind="branch", name=None))
    assert refusals(session) == []
