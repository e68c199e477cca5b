"""Units founded for a day: nothing before it, shown while they wait, put off, taken back (§7)."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import Forbidden, InvalidInput, RuleViolation
from oversight.models import Activity, Reorganization, Unit
from oversight.register import founding, installation, pending, reorganize, reorganized
from oversight.time import sweep
from tests.support.world import at

TODAY, LATER, NAME = date(2026, 11, 24), date(2026, 12, 1), "新桥村党支部"


def ask(session, world, on=LATER, who="zone.sysadmin", parent="town1", name=NAME) -> Reorganization:
    who, at_ = world.actor(who, TODAY), at("2026-11-24")
    row = founding.ask(session, world.units[parent], "branch", name, on, who, at_, "rural")
    session.commit()
    return row


def there(session) -> Unit | None:
    return session.scalar(sa.select(Unit).where(Unit.name == NAME, Unit.ended_on.is_(None)))


def test_a_unit_for_a_later_day_is_not_there_before_it(session, world):
    row = ask(session, world)
    assert row.pending and there(session) is None
    [coming] = pending.within(session, world.actor("zone.sysadmin", TODAY))
    assert (coming.day, str(coming.sentence)) == (LATER, "青溪镇党委下设新桥村党支部")
    sweep.sweep(session, at("2026-11-30"))
    assert there(session) is None
    sweep.sweep(session, at("2026-12-01"))
    unit = there(session)
    assert unit.accountable_from == LATER and unit.parent_id == world.units["town1"].id
    days = sa.select(Activity.day).where(Activity.unit_id == unit.id)
    assert all(day is None or day >= LATER for day in session.scalars(days))


def test_it_is_put_off_and_taken_back_with_a_reason(session, world):
    row, who, at_ = ask(session, world), world.actor("town1.officer", TODAY), at("2026-11-24")
    other = world.actor("zone.officer", TODAY)
    reorganized.redate(session, row, date(2027, 1, 1), "村里推迟", other, at_)
    session.commit()
    sweep.sweep(session, at("2026-12-02"))
    assert there(session) is None
    with pytest.raises(InvalidInput):
        reorganized.take_back(session, row, "", other, at_)
    session.rollback()
    with pytest.raises(Forbidden):
        reorganized.take_back(session, row, "不设了", who, at_)
    session.rollback()
    reorganized.take_back(session, row, "不设了", other, at_)
    session.commit()
    sweep.sweep(session, at("2027-01-02"))
    assert there(session) is None


def test_a_founding_waits_for_no_other_and_holds_up_no_move(session, world):
    ask(session, world)
    assert ask(session, world, name="另一村党支部").pending
    officer = world.actor("zone.officer", TODAY)
    kind = reorganize.move(
        session, world.units["village"], world.units["town2"], TODAY, officer, at("2026-11-24")
    ).kind
    assert kind == "move"


def test_what_was_founded_by_mistake_ends_while_nothing_rests_on_it(session, world):
    row, who, at_ = ask(session, world, TODAY), world.actor("zone.officer", TODAY), at("2026-11-24")
    assert there(session) is not None
    reorganized.take_back(session, row, "登记错了", who, at_)
    session.commit()
    assert there(session) is None
    again = ask(session, world, TODAY)
    new = session.get(Unit, again.into_id)
    world.units["new"] = new
    world.person("new.member", "new")
    session.commit()
    with pytest.raises(RuleViolation, match="已有党员"):
        reorganized.take_back(session, again, "登记错了", who, at_)


@pytest.mark.parametrize(
    "words, field",
    [
        ({"on": date(2029, 1, 1)}, "on"),
        ({"on": date(2010, 1, 1)}, "on"),
        ({"name": "石桥村党支部"}, "name"),
        ({"parent": "village"}, "kind"),
    ],
)
def test_what_could_not_be_founded_today_is_not_for_later(session, world, words, field):
    with pytest.raises(InvalidInput) as no:
        ask(session, world, **words)
    assert field in no.value.fields


def test_what_can_no_longer_be_founded_on_its_day_says_so(session, world):
    row = ask(session, world)
    ask(session, world, TODAY)
    sweep.sweep(session, at("2026-12-01"))
    row = session.get(Reorganization, row.id, populate_existing=True)
    assert not row.pending and row.done_at is None and row.why


def test_units_of_one_name_are_told_apart_at_the_terminal(session, world):
    """Whoever names one of two gets both by what stands above them, with the id to be written."""
    made = [ask(session, world, TODAY, parent=town) for town in ("town1", "town2")]
    with pytest.raises(RuleViolation) as no:
        installation.unit(session, NAME)
    for row, above in zip(made, ("青溪镇党委", "柏岭镇党委"), strict=True):
        assert f"{NAME}（{above}） {row.into_id}" in no.value.sentence
