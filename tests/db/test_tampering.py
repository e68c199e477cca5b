"""Whoever owns the database changes what was decided: each table that only grows or is replayed, a row
edited, removed, added; with the seals, and with all seals removed, against one that was kept.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from oversight.base.db import db, new_id
from oversight.base.refusals import DomainError
from oversight.casework import prints, sealed_copies
from oversight.commands import audit
from oversight.engine import journal, transitions
from oversight.engine.use_case import use_case
from oversight.ledger import duty_records, registers
from oversight.models import (
    Account,
    Attachment,
    Case,
    Paper,
    Person,
    PhoneLook,
    Refusal,
    SettingChange,
    Sighting,
    UnitChange,
    records,
)
from oversight.organization.actor import actor_of
from oversight.register import audit_log, posts, zone_settings
from tests.db.test_cli import NOW, Terminal
from tests.db.test_prints import Setter
from tests.support.actors import Play
from tests.support.world import at

PLAIN = Path(__file__).parents[1] / "support" / "pdfs" / "plain.pdf"
# What is changed in a row: column and SQL.
REPLAYED = {
    "cases": ("facts", "json_set(facts, '$.reason', 'x')"),
    "papers": ("body", "json_set(body, '$.title', 'x')"),
    "paper_files": ("sha256", "'x'"),
    "sealed_copies": ("sha256", "'x'"),
    "appraised": ("grade", "'basic'"),
    "recusals": ("reason", "'x'"),
    "zone_notices": ("day", "'2026-12-30'"),
    "desks": ("answer", "'x'"),
    "activities": ("day", "'2026-12-30'"),
    "persons": ("exempt_until", "'2036-12-30'"),
    "posts": ("office", "'deputy'"),
    "actings": ("ended_at", "NULL"),
    "units": ("category", "'soe'"),
    "zone_settings": ("value", "'x'"),
    "number_series": ("last", "last + 1"),
    "year_sheets": ("year", "2031"),
    "register_entries": ("came_on", "'2026-01-01'"),
}
# Told by the digest of a party day's sheet or of a branch's roll, or by the heads of chains. The
# other two parts of a sheet are tried in test_records.
DIGESTED = {
    "attendance": ("category", "'因公'"),
    "memberships": ("to_on", "'2026-01-01'"),
    "duty_records": ("done_on", "'2026-01-01'"),
    "record_chains": ("seq", "seq + 1"),
}
CHANGED = (
    REPLAYED
    | DIGESTED
    | {
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
)
# Which rows of a replayed table somebody has decided.
WHICH = {
    "desks": "answer IS NOT NULL",
    "units": "kind = 'branch'",
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
    "papers": {"seq": 999, "code": "X"},
    "paper_files": {"kind": "x", "stored": "other"},
    "sealed_copies": {"version": 77, "stored": "other"},
    "cases": {"subject": None, "closed_at": "2026-01-01 00:00:00.000000"},
    "sightings": {"person_id": "other"},
    "life_meetings": {"held_on": "2026-02-02"},
    "attachments": {"version": 77, "stored": "other"},
    "activities": {"month": 1, "year": 2031},
    "number_series": {"year": 2031},
    "year_sheets": {"year": 2032},
    "duty_records": {"month": 77},
    "zone_notices": {"month": 1, "year": 2031},
    "recusals": {"person_id": "other"},
    "appraised": {"person_id": "other"},
    "zone_settings": {"name": "x"},
    "attendance": {"person_id": "other"},
    "memberships": {"person_id": "other"},
}


@pytest.fixture(scope="module")
def sealed(sqlite_template, tmp_path_factory):
    """The demo zone with a row in each of the tables, sealed; and the file of its newest seal."""
    zone = Terminal(tmp_path_factory.mktemp("tampering"), sqlite_template)
    zone.ok("demo")
    with zone.app.app_context():
        fill(db.session)
        press = prints.Press(zone.path.parent, "", Setter())
        prints.run(db.session, press, zone.app.extensions["clock"].moment(), 1)
        scan(db.session, press.folder, zone.app.extensions["clock"].moment())
        db.session.remove()
    zone.ok("audit", "checkpoint")
    return zone, max(zone.path.parent.glob("seals/*.json"))


def scan(session, folder, at) -> None:
    """Keep a paper as it was sealed."""
    paper = session.scalar(sa.select(Paper).where(Paper.issued_by.is_not(None)).limit(1))
    who = actor_of(session, paper.issued_by, at.today)
    sealed_copies.submit(session, folder, paper.id, PLAIN.read_bytes(), "a.pdf", who, at)


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
    choose(session, case.zone_id)
    enter(session)


def enter(session) -> None:
    """Let a branch enter on the sheet of its year what it did."""
    secretary = sa.select(Account.person_id).where(Account.username == "branch01.secretary")
    moment = at("2026-11-24")
    who = actor_of(session, session.scalar(secretary), moment.today)
    unit_id = who.posts[0].unit_id
    duty_records.enter(session, unit_id, "FAMILY", "2026-03-02", "评选三户", who, moment)
    words = {"kind": "raised", "on": "2026-11-20", "what": "路灯不亮"}
    registers.note(session, unit_id, words, who, moment)


def choose(session, zone_id: str) -> None:
    """Make a choice of the zone."""
    zone_settings.change(session, zone_id, "appraisal_share", "refuse", None, at("2026-11-24"))
    session.commit()


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
    named = {one.name for one in records.marked()} | told | DIGESTED.keys() | {"number_series"}
    assert named == CHANGED.keys()


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


NAMED = {
    "attendance": "sheets",
    "duty_records": "sheets",
}  # what names a change where the table itself does not
WAYS = ("edit", "delete", "insert")
ALONE = {"number_series", "record_chains"}  # a change of others shows as theirs would


def after(zone, way: str, *tables: str) -> list:
    """Return all that is told of a zone after tables were changed; undoes the change."""
    link = db.session.connection()
    link.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    for name, _table in records._old_sqlite(link):
        link.exec_driver_sql(f"DROP TRIGGER {name}")
    for table in tables:
        assert tamper(link, table, way), f"{table} is empty"
    found = [*journal.told(db.session)]
    db.session.rollback()
    return found


def both(zone, kept, found) -> tuple[list[str], list[str]]:
    """Return what is wrong while the seals stand; without any, against a kept one."""
    bare = [entry for entry in found if entry[0] != "checkpoint"]
    return problems(zone, found), problems(zone, bare, kept)


def problems(zone, found, kept=None) -> list[str]:
    keys = zone.app.extensions["signer"].keys()
    judge = journal.Verifier(keys, at("2026-11-24").now).read(found).done()
    if kept:
        judge.against(audit.kept(kept, keys))
    return judge.problems


@pytest.mark.parametrize("way", WAYS)
def test_each_replayed_row_that_was_changed_is_named(sealed, way):
    """All at once, since each is named by its table."""
    zone, kept = sealed
    tables = [table for table in REPLAYED | DIGESTED if table not in ALONE]
    with zone.app.app_context():
        found = after(zone, way, *tables)
        db.session.remove()
    for said in both(zone, kept, found):
        named = {one.partition(" ")[0] for one in said}
        assert [table for table in tables if NAMED.get(table, table) not in named] == []


def test_untouched_it_holds_and_no_tampering_is_hidden(sealed):
    zone, kept = sealed
    hidden, gone = set(), set()
    with zone.app.app_context():
        assert problems(zone, [*journal.told(db.session)], kept) == []
        for table in (CHANGED.keys() - REPLAYED.keys() - DIGESTED.keys()) | ALONE:
            for way in WAYS:
                with_seals, without = both(zone, kept, after(zone, way, table))
                hidden |= set() if with_seals else {f"{table} {way}"}
                gone |= set() if without else {f"{table} {way}"}
        db.session.remove()
    assert hidden <= {"checkpoints delete"}  # the newest may be dropped: hence one is kept
    assert gone == set()


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
