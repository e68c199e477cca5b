"""Edges of who stands beside whom and of what is cited: namesakes, the order of units, the clause of a
month, whom a late message leaves called.

From the guidance 二（一）1、2 and the habit of offices to write units in their own order.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.base.refusals import InvalidInput, RuleViolation
from oversight.base.rows import ids_of
from oversight.calendar import holidays
from oversight.engine import desk_acts
from oversight.law.clauses import clause
from oversight.ledger import own_days
from oversight.models import Case, Membership, OutboxMessage
from oversight.organization import members, reach, units
from oversight.organization.actor import Actor
from oversight.time import sweep
from tests.db.test_acting import give
from tests.db.test_told import lines
from tests.support.actors import Play
from tests.support.world import at


@pytest.fixture
def play(session, world):
    return Play(session, world)


def test_two_of_a_name_are_told_apart_by_their_branch(session, world):
    one = world.person("name.one", "village")
    other = world.person("name.two", "firm")
    one.name = other.name = "王秀英"
    session.flush()
    alone = world.people["village.secretary"]
    called = members.called(session, [one, other, alone], date(2026, 11, 24))
    assert called[alone.id] == alone.name
    assert called[one.id] != called[other.id]
    assert world.units["village"].name in called[one.id]
    assert world.units["firm"].name in called[other.id]


def test_units_to_choose_from_stand_in_their_own_order_below_what_is_above_them(session, world):
    below: dict[str, list[int]] = {}
    sorts = {unit.id: unit.sort for unit in world.units.values()}
    for number, unit in enumerate(sorted(world.units.values(), key=lambda one: one.id)):
        unit.sort = 100 - number  # the other way round than they were made
        sorts[unit.id] = unit.sort
    session.flush()
    for key, _name, above in units.others_of_zone(session, world.units["zone"]):
        below.setdefault(above, []).append(sorts[key])
    assert len(below) > 1 and any(len(found) > 1 for found in below.values())
    assert all(found == sorted(found) for found in below.values())


@pytest.mark.parametrize(("name", "cited"), [("village", "R-2.1.1a"), ("firm", "P-2.1.1b")])
def test_a_day_outside_its_month_is_refused_by_the_clause_of_the_branch(
    session, world, name, cited
):
    """A fixed day lies in its month by 二（一）1, a chosen one by 二（一）2: 每月至少一次."""
    on = at("2026-11-24")
    who = world.actor(f"{name}.secretary", on.today)
    with pytest.raises(RuleViolation) as refused:
        own_days.another(session, world.units[name], 2026, 11, date(2026, 12, 1), who, on)
    found = refused.value.extra["clause"]
    assert (found, clause(found).id) == (cited, cited)


def test_a_copy_to_nobody_is_refused_beside_its_field(play):
    case = play.asked()
    with pytest.raises(InvalidInput) as refused:
        desk_acts.submit(play.session, case.id, "copy", play.who("town1.officer"), play.at, {})
    assert set(refused.value.extra["fields"]) == {"unit"}


def test_a_message_that_is_done_again_later_leaves_those_called_who_are_called_now(
    session, world, play
):
    """What was told of the first request is told again after the second has been asked."""
    case = play.asked()
    sweep.sweep(session, at("2026-11-24", 10))
    first = sa.select(OutboxMessage).where(OutboxMessage.key.startswith(f"desk:{case.id}:"))
    [told] = session.scalars(first).all()
    play.hour = 11
    case = play.move(case, "town1.officer", "return")
    case = play.move(case, "village.secretary", "ask", new_day="2026-12-12", reason="改到周六")
    sweep.sweep(session, at("2026-11-24", 12))
    called = lines(session, world, case, "town1.officer")
    assert called[-1][1], "the second request calls him anew"
    told.done_at = None
    session.commit()
    sweep.sweep(session, at("2026-11-24", 13))
    assert lines(session, world, case, "town1.officer") == called


def test_who_is_stood_in_for_knows_by_whom_and_stands_in_for_nobody(session, world, play):
    on = play.at
    world.person("town1.clerk")
    world.post("town1.clerk", "town1", "publicity")
    give(play, "town1.officer", "town1", "officer", "town1.clerk")
    replaced: list[Actor] = [
        actor
        for actor in (world.actor(name, on.today) for name in world.people)
        if actor.replaced_by
    ]
    standing = [
        actor for actor in (world.actor(name, on.today) for name in world.people) if actor.acting
    ]
    assert len(replaced) == len(standing) == 1
    assert [row.person_id for row in replaced[0].replaced_by] == [standing[0].id]
    assert replaced[0].acting == () and standing[0].replaced_by == ()


def test_a_case_of_an_unknown_version_is_shown_under_its_own_title(play):
    case = play.session.get(Case, play.asked().id)
    title = workflows.of(case).title
    case.definition_version = 99
    shown = workflows.reading(case)
    assert shown.title == title and shown.moves == ()


def test_days_of_a_year_that_is_not_published_are_those_that_the_law_names(session, world):
    published, days = holidays.days_of(session, world.zone.id, 2026)
    assert published and days
    published, days = holidays.days_of(session, world.zone.id, 2031)
    assert not published and date(2031, 10, 1) in {day.on for day in days}


def test_who_joins_by_a_statement_is_read_in_the_same_transaction(session, world):
    branch, day = world.units["village"].id, date(2026, 11, 24)
    person = world.person("name.new")
    before = [set(ids_of(read(session, branch, day))) for read in (members.members, members.listed)]
    row = {"zone_id": world.zone.id, "person_id": person.id, "unit_id": branch, "from_on": day}
    session.execute(sa.insert(Membership).values(row))
    after = [set(ids_of(read(session, branch, day))) for read in (members.members, members.listed)]
    assert after == [{*one, person.id} for one in before]


def test_a_member_who_left_belongs_to_the_branch_till_the_day_before(session, world):
    person, branch = world.people["village.member1"], world.units["village"].id
    person.left_on = date(2026, 11, 24)
    session.flush()
    there = {
        day: person.id in ids_of(members.members(session, branch, date(2026, 11, day)))
        for day in (23, 24, 25)
    }
    assert there == {23: True, 24: False, 25: False}


def test_who_served_in_a_place_once_is_no_more_known_there(session, world):
    """Who belongs or serves within reach is known by name, today."""
    world.person("name.away")
    world.post("name.away", "town1", "publicity", to_on=date(2026, 11, 24))
    session.commit()
    person, known = world.people["name.away"], []
    for day in (24, 25):
        who = world.actor("town1.officer", date(2026, 11, day))
        found = reach.person_in_reach(session, person.id, who)
        listed = set(session.scalars(sa.select(reach.people(who).subquery().c.id)))
        assert (found is not None) == (person.id in listed)
        known.append(found is not None)
    assert known == [True, False]
