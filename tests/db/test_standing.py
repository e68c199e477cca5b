"""What the process keeps of who stands where says the same as the database, whatever was changed by
whom, and whether it was committed.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.base import kept
from oversight.base.db import new_id
from oversight.calendar.zone import zone_calendar, zone_settings
from oversight.engine import authority
from oversight.law.roles import BRANCH, SUPERIOR
from oversight.models import (
    Account,
    CalendarRow,
    Case,
    Membership,
    Person,
    Post,
    PublishedYear,
    Substitution,
    Unit,
    Zone,
    ZoneSettingRow,
    epochs,
)
from tests.support import standing_by_sql
from tests.support.actors import Play
from tests.support.world import MADE

DAY = date(2026, 11, 24)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
STEPS = 40


@pytest.fixture
def play(session, world):
    for number in (1, 2):
        world.person(f"village.more{number}", "village")
    session.commit()
    return Play(session, world)


def token(session, world) -> str:
    session.rollback()
    return epochs.epoch(session, world.zone.id)


def disagreements(session, cases: list[str]) -> list:
    """Hold what is kept against what the database says, for both sides of each case."""
    found = []
    for case in session.scalars(sa.select(Case).where(Case.id.in_(cases))):
        workflow = workflows.get(case.workflow, case.definition_version)
        for role in (BRANCH, SUPERIOR):
            seat = authority.resolve(session, workflow, case, role, DAY)
            kept_says = seat.unit.id, seat.rank, set(seat.people), seat.acting
            truth = standing_by_sql.resolve(session, workflow, case, role, DAY)
            if kept_says != truth:
                found.append((role.name, kept_says, truth))
    return found


# Each change is made in words of SQL, so that it can be made by this process or by another one ------


def _value(value):
    return value.isoformat() if isinstance(value, date) else value


class History:
    """Random changes of who stands where, over the village and the units above it."""

    def __init__(self, session, world, seed: int):
        self.session, self.chance = session, random.Random(seed)
        self.zone = world.zone.id
        self.units = {name: world.units[name].id for name in ("village", "town1", "zone")}
        self.middle = world.units["town1"].id
        self.people = [
            row.id for name, row in world.people.items() if name.startswith(("village", "town1"))
        ]

    def change(self):
        """Return one change as a statement."""
        return getattr(self, self.chance.choice(KINDS))()

    def _one(self, table, *where):
        ids = list(self.session.scalars(sa.select(table.id).where(*where).order_by(table.id)))
        return self.chance.choice(ids) if ids else None

    def appoint(self):
        name = self.chance.choice(list(self.units))
        offices = ("secretary", "deputy", "organizer", "committee")
        return sa.insert(Post.__table__).values(
            id=new_id(),
            zone_id=self.zone,
            person_id=self.chance.choice(self.people),
            unit_id=self.units[name],
            office=self.chance.choice(offices if name == "village" else ("officer", *offices)),
            from_on=self.chance.choice((BEFORE, DAY, AFTER)),
        )

    def lock(self):
        """Lock an account, empty it, or open it again; make one where there is none."""
        who, table = self.chance.choice(self.people), Account.__table__
        how = {
            "enabled": self.chance.choice((True, False)),
            "password_hash": self.chance.choice(("", "x")),
        }
        if self.session.scalar(sa.select(Account.id).where(Account.person_id == who)):
            return sa.update(table).where(table.c.person_id == who).values(how)
        mine = {"id": new_id(), "zone_id": self.zone, "person_id": who, "username": who}
        rest = {"demo": False, "large_text": False, "locale": "zh_CN", "created_at": MADE}
        return sa.insert(table).values(**mine, **rest, **how)

    def relieve(self):
        row = self._one(Post, Post.unit_id.in_(self.units.values()), Post.from_on < DAY)
        last = self.chance.choice((BEFORE, DAY, None))
        return sa.update(Post.__table__).where(Post.__table__.c.id == row).values(to_on=last)

    def strike(self):
        row = self._one(Post, Post.unit_id.in_(self.units.values()))
        return sa.delete(Post.__table__).where(Post.__table__.c.id == row)

    def stand_in(self):
        post = self.session.get(Post, self._one(Post, Post.unit_id.in_(self.units.values())))
        others = [one for one in self.people if one != post.person_id]
        return sa.insert(Substitution.__table__).values(
            id=new_id(),
            zone_id=self.zone,
            person_id=self.chance.choice(others),
            for_id=self.chance.choice((post.person_id, None)),
            unit_id=post.unit_id,
            office=post.office,
            workflow=self.chance.choice((None, "date_change", "rectification")),
            from_on=BEFORE,
            to_on=self.chance.choice((DAY, AFTER)),
            reason="外出学习",
            given_by=self.people[0],
            given_at=sa.func.current_timestamp(),
        )

    def end_acting(self):
        row = self._one(Substitution, Substitution.ended_at.is_(None))
        table = Substitution.__table__
        return (
            sa.update(table).where(table.c.id == row).values(ended_at=sa.func.current_timestamp())
        )

    def leave(self):
        table, who = Membership.__table__, self.chance.choice(self.people)
        last = self.chance.choice((BEFORE, None))
        return sa.update(table).where(table.c.person_id == who).values(to_on=last)

    def change_person(self):
        table, who = Person.__table__, self.chance.choice(self.people)
        new = self.chance.choice(
            ({"probationary": True}, {"probationary": False}, {"left_on": DAY})
        )
        return sa.update(table).where(table.c.id == who).values(**new)

    def pass_through(self):
        table = Unit.__table__
        flag = self.chance.choice((True, False))
        return sa.update(table).where(table.c.id == self.middle).values(passes_through=flag)


KINDS = (
    "appoint",
    "appoint",
    "lock",
    "relieve",
    "strike",
    "stand_in",
    "stand_in",
    "end_acting",
    "leave",
    "change_person",
    "pass_through",
)

OTHER = """
import json, sys
import sqlalchemy as sa
engine = sa.create_engine(sys.argv[1])
for line in sys.stdin:
    told = json.loads(line)
    with engine.connect() as link:
        if engine.dialect.name == "sqlite":
            link.exec_driver_sql("PRAGMA busy_timeout=15000")
        link.exec_driver_sql(told["text"])
        link.commit() if told["keep"] else link.rollback()
    print("done", flush=True)
"""


@pytest.fixture
def other(database_url):
    """Another process that changes the same database as it is told."""
    child = subprocess.Popen(
        [sys.executable, "-c", OTHER, database_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def tell(text: str, keep: bool) -> None:
        child.stdin.write(json.dumps({"text": text, "keep": keep}) + "\n")
        child.stdin.flush()
        assert child.stdout.readline() == "done\n"

    yield tell
    child.stdin.close()
    child.stdout.close()
    assert child.wait(timeout=30) == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_random_history_of_two_processes(play, session, world, other, seed):
    """After each change, mine or another's, committed or rolled back, both say the same."""
    cases = [play.asked().id, play.asked(name="community.secretary", unit="community").id]
    history = History(session, world, seed)
    for _step in range(STEPS):
        session.rollback()
        change, mine = history.change(), history.chance.random() < 0.5
        keep = history.chance.random() < 0.7
        session.rollback()
        if mine:
            assert disagreements(session, cases) == []
            session.execute(change)
            assert disagreements(session, cases) == [], "before it is committed"
            session.commit() if keep else session.rollback()
        else:
            text = change.compile(
                dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True}
            )
            other(str(text), keep)
        assert disagreements(session, cases) == []


def test_what_was_rolled_back_never_comes_back(play, session, world):
    """A token that was seen in a transaction that failed is not seen again by one that succeeds."""
    case, before = play.asked().id, token(session, world)
    out = sa.delete(Post).where(Post.unit_id == world.units["town1"].id)
    session.execute(out)
    failed = epochs.epoch(session, world.zone.id)
    assert failed != before and disagreements(session, [case]) == []
    session.rollback()
    assert token(session, world) == before and disagreements(session, [case]) == []
    session.execute(out.where(Post.office == "officer"))
    assert epochs.epoch(session, world.zone.id) not in (before, failed)
    assert disagreements(session, [case]) == []


def test_a_savepoint_that_is_taken_back(play, session, world):
    case, before = play.asked().id, token(session, world)
    assert disagreements(session, [case]) == []
    with session.begin_nested() as point:
        session.execute(sa.delete(Post).where(Post.unit_id == world.units["town1"].id))
        assert disagreements(session, [case]) == []
        point.rollback()
    assert epochs.epoch(session, world.zone.id) == before and disagreements(session, [case]) == []


def test_objects_that_wait_to_be_written_count(play, session, world):
    """A post that was added and not flushed yet is seen by the next question."""
    case = play.asked().id
    assert disagreements(session, [case]) == []
    found = session.scalars(sa.select(Post).where(Post.unit_id == world.units["town1"].id)).all()
    for post in found:
        post.to_on = BEFORE
    workflow, row = workflows.current("date_change"), session.get(Case, case)
    seat = authority.resolve(session, workflow, row, SUPERIOR, DAY)
    assert seat.unit.id == world.units["zone"].id


def _new(world, table) -> dict:
    """Return a row of a table that a zone's epoch depends on."""
    zone, town = world.zone.id, world.units["town1"]
    person = world.people["town1.officer"].id
    return {
        Unit: {
            "id": new_id(),
            "zone_id": zone,
            "parent_id": town.id,
            "path": f"{town.path}x/",
            "kind": "middle",
            "name": "新片区",
            "sort": 1,
            "is_transparent": True,
            "accountable_from": DAY,
        },
        Post: {
            "id": new_id(),
            "zone_id": zone,
            "person_id": person,
            "unit_id": town.id,
            "office": "team",
            "from_on": DAY,
        },
        Membership: {
            "id": new_id(),
            "zone_id": zone,
            "person_id": person,
            "unit_id": world.units["village"].id,
            "sort": 9,
            "from_on": DAY,
        },
        Substitution: {
            "id": new_id(),
            "zone_id": zone,
            "person_id": person,
            "unit_id": town.id,
            "office": "deputy",
            "from_on": DAY,
            "to_on": AFTER,
            "reason": "外出学习",
            "given_by": person,
            "given_at": Play(None, world).at.now,
        },
        CalendarRow: {
            "zone_id": zone,
            "day": date(2031, 1, 1),
            "kind": "rest",
            "name": "元旦",
            "statutory": True,
            "source": "通知",
        },
        PublishedYear: {
            "zone_id": zone,
            "year": 2031,
            "source": "通知",
            "at": Play(None, world).at.now,
        },
        ZoneSettingRow: {
            "zone_id": zone,
            "name": "week_rule",
            "value": "x",
            "at": Play(None, world).at.now,
        },
    }[table]


@pytest.mark.parametrize(
    "table",
    [Unit, Post, Membership, Substitution, CalendarRow, PublishedYear, ZoneSettingRow],
    ids=lambda table: table.__tablename__,
)
def test_every_write_raises_the_epoch(session, world, table):
    """By whatever way: a row more, a row changed, a row less."""
    values = _new(world, table)
    key = sa.inspect(table).primary_key[-1]
    mine = key == values[key.key]
    seen = [token(session, world)]
    for act in (
        sa.insert(table).values(**values),
        sa.update(table).where(mine).values({key: values[key.key]}),
        sa.delete(table).where(mine),
    ):
        session.connection().execute(act)
        seen.append(epochs.epoch(session, world.zone.id))
    session.commit()
    assert len(set(seen)) == 4 and token(session, world) == seen[-1]


def test_of_an_account_only_whether_it_opens_anything_raises_it(session, world):
    before, row = (
        token(session, world),
        Account(
            zone_id=world.zone.id,
            person_id=world.people["town1.officer"].id,
            username="o",
            password_hash="x",
            created_at=MADE,
        ),
    )
    session.add(row)
    session.commit()
    assert token(session, world) == before
    row.password_hash = "y"
    row.large_text = True
    session.commit()
    assert token(session, world) == before
    seen = [before]
    for name, value in (("enabled", False), ("enabled", True), ("password_hash", "")):
        setattr(session.get(Account, row.id), name, value)
        session.commit()
        seen.append(token(session, world))
    session.delete(row)
    session.commit()
    seen.append(token(session, world))
    assert len(set(seen)) == 5


@pytest.mark.parametrize("change", [{"left_on": DAY}, {"probationary": True}], ids=str)
def test_of_a_person_only_what_matters_raises_it(session, world, change):
    before, person = token(session, world), world.people["village.member1"]
    person.name, person.exempt_from, person.exempt_until = "改名", DAY, AFTER
    session.commit()
    assert token(session, world) == before
    for name, value in change.items():
        setattr(session.get(Person, person.id), name, value)
    session.commit()
    assert token(session, world) != before


def test_the_epoch_of_one_zone_is_not_another_s(session, world):
    other = Zone(name="邻区", created_at=world.zone.created_at)
    session.add(other)
    session.commit()
    before = token(session, world)
    session.add(ZoneSettingRow(zone_id=other.id, name="week_rule", value="x", at=other.created_at))
    session.commit()
    assert token(session, world) == before


def test_calendar_and_settings_follow_at_once(session, world):
    zone = world.zone.id
    assert date(2026, 12, 4) not in zone_calendar(session, zone).days
    session.add(
        CalendarRow(
            zone_id=zone,
            day=date(2026, 12, 4),
            kind="rest",
            name="试",
            statutory=False,
            source="试",
        )
    )
    assert date(2026, 12, 4) in zone_calendar(session, zone).days
    session.rollback()
    assert date(2026, 12, 4) not in zone_calendar(session, zone).days
    session.add(
        ZoneSettingRow(zone_id=zone, name="week_rule", value="iso_week", at=world.zone.created_at)
    )
    assert zone_settings(session, zone)["week_rule"] == "iso_week"


def test_an_engine_that_was_not_prepared_keeps_nothing(database_url, world):
    """Nobody would tell it what is written there."""
    engine = sa.create_engine(database_url)
    with sa.orm.Session(engine) as session:
        epochs.epoch(session, world.zone.id)
        assert epochs.seen.of(session) == {} and "kept" not in kept.link(session).info
    engine.dispose()


def test_what_is_kept_outlives_a_with_that_reads_and_no_with_that_writes(session, world):
    def after(statement: str) -> bool:
        epochs.seen.of(session)["here"] = "kept"
        session.execute(sa.text(statement))
        return "here" in epochs.seen.of(session)

    assert after("WITH found AS (SELECT id FROM units) SELECT count(*) FROM found")
    told = "WITH found AS (SELECT id FROM units) UPDATE units SET sort = sort"
    assert not after(f"{told} WHERE id IN (SELECT id FROM found)")
