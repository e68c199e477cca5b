"""A small world for tests: one zone, two towns, a department, branches of each rule set, and their
people.

Everything is made from plain rows, never through the engine, so that tests can be written against
it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import sqlalchemy as sa

from oversight.base.clock import Clock
from oversight.calendar import workdays
from oversight.models import CalendarRow, Membership, Person, Post, PublishedYear, Unit, Zone
from oversight.organization.actor import actor_of

TIMER = Clock()
FOUNDED = date(2020, 1, 1)
MADE = datetime(2020, 1, 1, tzinfo=UTC)


def id_of(row) -> str:
    """Return the id of a row that was flushed, without reading it again after a commit."""
    return sa.inspect(row).identity[0]


@dataclass
class World:
    """`units` and `people` by short name; `posts` by "unit.office"."""

    session: object
    zone: Zone
    units: dict = field(default_factory=dict)
    people: dict = field(default_factory=dict)

    def actor(self, name: str, on: date):
        """Return a person as an actor on a day."""
        return actor_of(self.session, id_of(self.people[name]), on)

    def unit(
        self,
        name: str,
        kind: str,
        parent: str | None = None,
        category: str | None = None,
        prefix: str | None = None,
        **more,
    ) -> Unit:
        above = self.units[parent] if parent else None
        row = Unit(
            zone_id=self.zone.id,
            kind=kind,
            name=more.pop("title", name),
            category=category,
            parent_id=above.id if above else None,
            doc_prefix=prefix,
            path="",
            accountable_from=FOUNDED,
            sort=len(self.units),
            **more,
        )
        self.session.add(row)
        self.session.flush()
        row.path = f"{above.path if above else '/'}{row.id}/"
        self.units[name] = row
        return row

    def person(self, name: str, branch: str | None = None, **flags) -> Person:
        row = Person(zone_id=self.zone.id, name=flags.pop("title", name), **flags)
        self.session.add(row)
        self.session.flush()
        if branch:
            self.session.add(
                Membership(
                    zone_id=self.zone.id,
                    person_id=row.id,
                    from_on=FOUNDED,
                    unit_id=self.units[branch].id,
                    sort=len(self.people),
                )
            )
        self.people[name] = row
        return row

    def post(
        self,
        person: str,
        unit: str,
        office: str,
        from_on: date = FOUNDED,
        to_on: date | None = None,
    ):
        row = Post(
            zone_id=self.zone.id,
            person_id=self.people[person].id,
            unit_id=self.units[unit].id,
            office=office,
            from_on=from_on,
            to_on=to_on,
        )
        self.session.add(row)
        self.session.flush()
        return row


def at(day: str, hour: int = 9):
    """Return the moment of a local wall time."""
    return TIMER.at(date.fromisoformat(day), hour)


def build(session) -> World:
    """Make the world; does not commit."""
    zone = Zone(name="云泽高新区", created_at=MADE)
    session.add(zone)
    session.flush()
    world = World(session, zone)
    world.unit("zone", "zone", title="云泽高新区党工委", prefix="云党工")
    world.unit("town1", "town", "zone", title="青溪镇党委", prefix="青委")
    world.unit("town2", "town", "zone", title="柏岭镇党委", prefix="柏委")
    world.unit("dept1", "department", "zone", title="区教育局党组", prefix="教党")
    _branches(world)
    _leaders(world)
    _calendar(world)
    return world


Names = tuple[dict[str, str], dict[str, str]]


def names(world: World) -> Names:
    """Return the ids of units and of people by short name."""
    return tuple(
        {name: row.id for name, row in rows.items()} for rows in (world.units, world.people)
    )


def find(session, names: Names) -> World:
    """Return a world that was built before, by its names."""
    units, people = (
        {row.id: row for row in session.scalars(sa.select(model))} for model in (Unit, Person)
    )
    return World(
        session,
        session.scalars(sa.select(Zone)).one(),
        {name: units[key] for name, key in names[0].items()},
        {name: people[key] for name, key in names[1].items()},
    )


def _branches(world: World) -> None:
    for name, parent, category, title in (
        ("village", "town1", "rural", "石桥村党支部"),
        ("community", "town1", "community", "桃源社区党支部"),
        ("organ", "town1", "organ", "青溪镇机关党支部"),
        ("firm", "town1", "private", "恒达公司党支部"),
        ("soe", "town1", "soe", "城投公司党支部"),
        ("village2", "town2", "rural", "柏树村党支部"),
        ("school", "dept1", "school", "实验学校党支部"),
    ):
        world.unit(name, "branch", parent, category, title=title)
        world.person(f"{name}.secretary", name)
        world.post(f"{name}.secretary", name, "secretary")
        world.person(f"{name}.organizer", name)
        world.post(f"{name}.organizer", name, "organizer")
        for number in (1, 2, 3):
            away = {"mobile": True, "elderly": True} if number == 3 else {}
            world.person(f"{name}.member{number}", name, **away)


def _leaders(world: World) -> None:
    for unit in ("zone", "town1", "town2", "dept1"):
        for office in ("officer", "secretary", "deputy", "inspector"):
            world.person(f"{unit}.{office}")
            world.post(f"{unit}.{office}", unit, office)
        for number in (1, 2, 3):
            world.person(f"{unit}.committee{number}")
            world.post(f"{unit}.committee{number}", unit, "committee")
    for office in ("sysadmin", "secadmin", "auditor"):
        world.person(f"zone.{office}")
        world.post(f"zone.{office}", "zone", office)


def _calendar(world: World) -> None:
    days, years = workdays.seed(range(2025, 2027))
    for day in days:
        world.session.add(
            CalendarRow(
                zone_id=world.zone.id,
                day=day.on,
                kind=day.kind,
                name=day.name,
                statutory=day.statutory,
                source=day.source,
            )
        )
    for year in sorted(years):
        world.session.add(
            PublishedYear(zone_id=world.zone.id, year=year, source="国务院通知", at=MADE)
        )
    world.session.flush()
