"""What administration decides of units, rolls, settings and who left is told by the act that decided
it: `audit verify` holds after each act, and names whatever is changed behind its back.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.db import new_id
from oversight.commands import audit
from oversight.models import Membership, Person, Unit, ZoneSettingRow
from oversight.register import (
    audit_log,
    founding,
    leaving,
    members,
    reorganize,
    units,
    zone_settings,
)
from oversight.register.roster import apply
from tests.db.test_roster import LINES, SEALER, UNITS
from tests.support.messy import tidy
from tests.support.world import at

AT = at("2026-11-24")
ON = date(2026, 11, 24)


@pytest.fixture
def zone(session, world):
    """The small world, whose chain has begun."""
    audit_log.begin(session, world.zone.id, AT)
    session.commit()
    return world


def _keeper(world):
    return world.actor("zone.sysadmin", ON)


def _found(session, world):
    founding.ask(
        session, world.units["town1"], "branch", "新桥村党支部", ON, _keeper(world), AT, "rural"
    )


def _rename(session, world):
    units.rename(session, world.units["village"], "石桥新村党支部", _keeper(world), AT)


def _move(session, world):
    officer = world.actor("zone.officer", ON)
    reorganize.move(session, world.units["village"], world.units["town2"], ON, officer, AT)


def _merge(session, world):
    officer, into = world.actor("town1.officer", ON), world.units["community"]
    reorganize.merge(session, [world.units["village"]], into, ON, officer, AT)


def _split(session, world):
    officer, who = world.actor("town1.officer", ON), [world.people["village.member1"].id]
    reorganize.split(session, world.units["village"], "石桥村第二党支部", who, ON, officer, AT)


def _join(session, world):
    members.join(session, world.units["village"], "周新来", ON, _keeper(world), AT)


def _transfer(session, world):
    one, to = world.people["village.member1"], world.units["community"]
    members.transfer(session, one, to, ON, _keeper(world), AT)


def _gone(session, world):
    leaving.gone(session, world.people["village.member1"], "died", ON, _keeper(world), AT)


def _back(session, world):
    _gone(session, world)
    session.commit()
    leaving.take_back(session, world.people["village.member1"], "登记错人", _keeper(world), AT)


def _set(session, world):
    zone_settings.change(session, world.zone.id, "appraisal_share", "refuse", _keeper(world), AT)


def _roster(session, world):
    found = apply.read(session, world.zone, tidy(LINES, UNITS), "名册.xlsx", SEALER, AT)
    apply.apply(session, found, _keeper(world).id, AT)


ACTS = (_found, _rename, _move, _merge, _split, _join, _transfer, _gone, _back, _set, _roster)


@pytest.mark.parametrize("act", ACTS)
def test_every_act_tells_how_it_left_things(session, zone, act):
    assert audit.verify(session) == []
    act(session, zone)
    session.commit()
    assert audit.verify(session) == []


VILLAGE = Unit.name == "石桥村党支部"
HERE = sa.select(Unit.id).where(VILLAGE).scalar_subquery()
TAMPERED = {
    "parent": (sa.update(Unit).where(VILLAGE).values(parent_id=sa.null()), "parent_id"),
    "path": (sa.update(Unit).where(VILLAGE).values(path="/x/"), "path"),
    "category": (sa.update(Unit).where(VILLAGE).values(category="soe"), "category"),
    "ended": (sa.update(Unit).where(VILLAGE).values(ended_on=ON), "ended_on"),
    "owed from": (sa.update(Unit).where(VILLAGE).values(accountable_from=ON), "accountable_from"),
    "asked past": (sa.update(Unit).where(VILLAGE).values(is_transparent=True), "is_transparent"),
    "joined": (sa.update(Membership).values(from_on=date(2021, 1, 1)), "digest"),
    "moved": (sa.update(Membership).values(unit_id=HERE), "digest"),
    "left": (sa.update(Membership).values(to_on=ON), "digest"),
    "grouped": (sa.update(Membership).values(group_id=HERE), "digest"),
    "struck": (sa.delete(Membership), "日志里有，现在没有"),
    "died": (sa.update(Person).values(left_on=ON, left_why="died"), "没有日志说明"),
    "alive": (
        sa.update(Person).where(Person.left_on.is_not(None)).values(left_on=None),
        "现在没有",
    ),
    "set": (sa.update(ZoneSettingRow).values(value="warn"), "value"),
    "unset": (sa.delete(ZoneSettingRow), "日志里有，现在没有"),
}


@pytest.mark.parametrize("name", TAMPERED)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # what verify reads is the same
def test_whatever_is_changed_behind_its_back_is_named(session, zone, name):
    _gone(session, zone)
    _set(session, zone)
    session.commit()
    statement, said = TAMPERED[name]
    session.connection().exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    session.execute(statement.execution_options(synchronize_session=False))
    assert any(said in one for one in audit.verify(session)), audit.verify(session)
    session.rollback()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_added_behind_its_back_is_named(session, zone):
    _set(session, zone)
    session.commit()
    village = zone.units["village"]
    for table, row in (
        (Unit, {"parent_id": village.parent_id, "path": "/x/", "kind": "town", "name": "x"}),
        (Membership, {"person_id": zone.people["zone.officer"].id, "unit_id": village.id}),
        (ZoneSettingRow, {"name": "second_factor", "value": "off", "at": AT.now}),
    ):
        more = {"accountable_from": ON} if table is Unit else {"from_on": ON}
        row |= {} if table is ZoneSettingRow else {"id": new_id(), **more}
        session.execute(sa.insert(table.__table__).values(zone_id=zone.zone.id, **row))
        assert any(table.__tablename__ in one for one in audit.verify(session))
        session.rollback()
