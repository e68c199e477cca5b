"""Whoever owns the database changes what was decided: each table that only grows or is replayed, a row
edited, removed, added; with the seals, and with all seals removed, against one that was kept.
"""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

import pytest
import sqlalchemy as sa

from oversight.base.db import db, new_id
from oversight.base.refusals import DomainError
from oversight.commands import audit
from oversight.engine import journal, transitions
from oversight.engine.use_case import use_case
from oversight.models import (
    Account,
    Attachment,
    Case,
    Person,
    PhoneLook,
    Refusal,
    SettingChange,
    Sighting,
    UnitChange,
    records,
)
from oversight.organization.actor import actor_of
from oversight.register import audit_log, posts
from tests.db.test_cli import NOW, Terminal
from tests.support.actors import Play
from tests.support.world import at

# What is changed in a row: column and SQL.
REPLAYED = {
    "cases": ("facts", "json_set(facts, '$.reason', 'x')"),
    "papers": ("body", "json_set(body, '$.title', 'x')"),
    "appraised": ("grade", "'basic'"),
    "recusals": ("reason", "'x'"),
    "zone_notices": ("day", "'2026-12-30'"),
    "desks": ("answer", "'x'"),
    "activities": ("day", "'2026-12-30'"),
    "persons": ("exempt_until", "'2036-12-30'"),
    "posts": ("office", "'deputy'"),
    "actings": ("ended_at", "NULL"),
    "number_series": ("last", "last + 1"),
}
CHANGED = REPLAYED | {
    "journal": ("actor", "'x'"),
    "checkpoints": ("root", "'x'"),
    "admin_changes": ("about", "'x'"),
    "refusals": ("sentence", "'x'"),
    "unit_changes": ("kind", "'x'"),
    "activity_changes": ("why", "'x'"),
    "setting_changes": ("after", "'x'"),
    "sightings": ("at", "'2026-01-01 00:00:00.000000'"),
    "phone_looks": ("what", "'x'"),
    "peer_reviews": ("opinion", "'x'"),
    "attachments": ("sha256", "'x'"),
    "life_meetings": ("held_on", "'2026-01-01'"),
}
# Which rows of a replayed table somebody has decided.
WHICH = {
    "desks": "answer IS NOT NULL",
    "activities": "moved_by IS NOT NULL",
    "persons": "exempt_until IS NOT NULL",
    "appraised": "grade IS NOT NULL",
    "actings": "ended_at IS NOT NULL",
}
# What makes of a copied row one of its own, where a new id does not.
OTHERWISE = {
    "journal": {"seq": 999},
    "admin_changes": {"seq": 99999},
    "checkpoints": {"number": 99, "day": None, "previous": "x"},
    "papers": {"seq": 999},
    "cases": {"subject": None, "closed_at": "2026-01-01 00:00:00.000000"},
    "sightings": {"person_id": "other"},
    "life_meetings": {"held_on": "2026-02-02"},
    "attachments": {"version": 77, "stored": "other"},
    "activities": {"month": 1, "year": 2031},
    "number_series": {"year": 2031},
    "zone_notices": {"month": 1, "year": 2031},
    "recusals": {"person_id": "other"},
    "appraised": {"person_id": "other"},
}


@pytest.fixture(scope="module")
def sealed(sqlite_template, tmp_path_factory):
    """The demo zone with a row in each of the tables, sealed; and the file of its newest seal."""
    zone = Terminal(tmp_path_factory.mktemp("tampering"), sqlite_template)
    zone.ok("demo")
    with zone.app.app_context():
        fill(db.session)
        db.session.remove()
    zone.ok("audit", "checkpoint")
    return zone, max(zone.path.parent.glob("seals/*.json"))


def fill(session) -> None:
    """Write what the demo zone has none of."""
    case = session.scalar(sa.select(Case).limit(1))
    common = {"zone_id": case.zone_id, "at": NOW}
    of_case, who = {"case_id": case.id}, {"person_id": case.opened_by}
    said = {"workflow": "x", "move": "x", "status": 403, "sentence": "不行。"}
    file = {
        "name": "x",
        "kind": "x",
        "size": 1,
        "sha256": "0",
        "stored": "x",
        "series_id": new_id(),
    }
    unit = {"unit_id": case.unit_id}
    day = at("2026-11-24").today
    for row in (
        Refusal(**common, **said),
        UnitChange(**common, **unit, kind="moved", day=day, what={}),
        SettingChange(**common, name="x", before="a", after="b", moved=0),
        PhoneLook(**common, **who, by_id=case.opened_by, what="shown"),
        Attachment(**common, **of_case, **file, by_id=case.opened_by),
    ):
        session.add(row)
    if session.scalar(sa.select(Sighting.id).limit(1)) is None:
        session.add(Sighting(**common, **of_case, **who, **unit))
    session.commit()
    step_aside(session)
    stand_in(session)


def stand_in(session) -> None:
    """Let an officer be stood in for, and take that back."""
    moment = at("2026-11-24")
    names = ("town1.officer", "town1.secretary")
    wanted = [sa.select(Account.person_id).where(Account.username == name) for name in names]
    officer, other = (session.get(Person, session.scalar(one)) for one in wanted)
    with use_case(session, who := actor_of(session, officer.id, moment.today), moment, "give"):
        unit, day = who.posts[0].unit, moment.today
        row = posts.give(session, unit, "officer", other, day, day, "出差", who, moment)
        posts.take_back(session, row, who, moment)


def step_aside(session) -> None:
    """Let an officer step aside from a request that waits for him."""
    officer = session.scalar(
        sa.select(Account.person_id).where(Account.username == "town1.officer")
    )
    who, moment = actor_of(session, officer, at("2026-11-24").today), at("2026-11-24")
    waiting = sa.select(Case).where(Case.workflow == "date_change", Case.state == "asked")
    for case in session.scalars(waiting).all():
        with suppress(DomainError):
            why = {"reason": "涉及本人，申请回避"}
            transitions.submit(
                session, case.id, "recuse", who, why, version=case.version, at=moment
            )
            return


def test_every_table_is_tried(sealed):
    """Each that is marked, and each of whose rows a chained row tells."""
    from oversight.base.db import Base

    told = {
        one.class_.__tablename__
        for one in Base.registry.mappers
        if hasattr(one.class_, "__decided__")
    }
    assert {one.name for one in records.marked()} | told | {"number_series"} == CHANGED.keys()


def tamper(link, table: str, way: str) -> bool:
    """Change a table behind everybody's back; returns whether there was a row to change."""
    which = f"rowid = (SELECT rowid FROM {table} WHERE {WHICH.get(table, '1')} LIMIT 1)"
    found = link.exec_driver_sql(f"SELECT * FROM {table} WHERE {which}").mappings().first()
    if found is None:
        return False
    if way == "edit":
        column, value = CHANGED[table]
        link.exec_driver_sql(f'UPDATE {table} SET "{column}" = {value} WHERE {which}')
    elif way == "delete":
        link.exec_driver_sql(f"DELETE FROM {table} WHERE {which}")
    else:
        row = {**found, **OTHERWISE.get(table, {})}
        row |= {"id": uuid4().hex} if "id" in row else {}
        row |= {name: uuid4().hex for name, value in row.items() if value == "other"}
        names = ", ".join(f'"{name}"' for name in row)
        link.exec_driver_sql(
            f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})",
            tuple(row.values()),
        )
    return True


def unseen(zone, kept) -> tuple[list[str], list[str]]:
    """Return which of all tamperings do not show: while the seals stand; without any, against a kept one."""
    hidden, gone = [], []
    with zone.app.app_context():
        for table in CHANGED:
            for way in ("edit", "delete", "insert"):
                link = db.session.connection()
                link.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
                for name, _table in records._old_sqlite(link):
                    link.exec_driver_sql(f"DROP TRIGGER {name}")
                assert tamper(link, table, way), f"{table} is empty"
                found = [*journal.told(db.session)]
                db.session.rollback()
                hidden += [] if problems(zone, found) else [f"{table} {way}"]
                bare = [entry for entry in found if entry[0] != "checkpoint"]
                gone += [] if problems(zone, bare, kept) else [f"{table} {way}"]
        db.session.remove()
    return hidden, gone


def problems(zone, found, kept=None) -> list[str]:
    keys = zone.app.extensions["signer"].keys()
    judge = journal.Verifier(keys, at("2026-11-24").now).read(found).done()
    if kept:
        judge.against(audit.kept(kept, keys))
    return judge.problems


def test_untouched_it_holds_and_no_tampering_is_hidden(sealed):
    zone, kept = sealed
    with zone.app.app_context():
        assert problems(zone, [*journal.told(db.session)], kept) == []
    hidden, gone = unseen(zone, kept)
    assert set(hidden) <= {"checkpoints delete"}  # the newest may be dropped: hence one is kept
    assert gone == []


# Later acts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # whose triggers it drops
def test_a_life_meeting_taken_back_unseen_shows(play):
    """Entered under the daily seal; who takes it back says so in the zone's chain."""
    from oversight.ledger import life_meetings

    session, who = play.session, play.who("village.secretary")
    audit_log.begin(session, play.world.zone.id, play.at)
    days = ("2026-11-12", "2026-11-19")
    unit = play.world.units["village"].id
    first, second = (life_meetings.note(session, unit, day, who, play.at) for day in days)
    life_meetings.take_back(session, first.id, "日期填错", who, play.at)
    assert audit.verify(session) == []
    link = session.connection()
    for _name, table in records._old_sqlite(link):
        if table == "life_meetings":
            link.exec_driver_sql(f"DROP TRIGGER {_name}")
    change = "UPDATE life_meetings SET withdrawn_at = {}, withdrawn_by = {}, withdrawn_why = {}"
    cleared = change.format("NULL", "NULL", "NULL")
    moment = "'2026-11-24 01:00:00.000000'"
    for sql in (
        f"{cleared} WHERE id = '{first.id.replace('-', '')}'",
        change.format(moment, "noted_by", "'x'") + f" WHERE id = '{second.id.replace('-', '')}'",
    ):
        session.connection().exec_driver_sql(sql)
        assert any("life_meetings" in said for said in audit.verify(session)), sql
        session.rollback()
        link = session.connection()


@pytest.fixture
def play(session, world):
    return Play(session, world)
