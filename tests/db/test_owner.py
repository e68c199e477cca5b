"""PostgreSQL with two roles: the owner migrates, the application's role cannot change what was
recorded.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from oversight import cli, create_app
from oversight.base.clock import StoppedClock
from oversight.base.db import db
from oversight.engine import seals
from oversight.models import InstallationFact, Refusal, records
from oversight.register import zone_settings
from oversight.time import growth
from tests.support import postgres
from tests.support.world import at


@pytest.fixture
def two_roles(tmp_path):
    """Yield an application whose role has no rights but those that `upgrade` gives it, and the
    owner's address.
    """
    owner, role = postgres.create_database(), f"app_{uuid4().hex[:8]}"
    engine = sa.create_engine(owner)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
    url = make_url(owner).set(username=role).render_as_string(hide_password=False)
    app = create_app(
        {
            "OVERSIGHT_DATABASE_URL": url,
            "OVERSIGHT_OWNER_URL": owner,
            "OVERSIGHT_SECRET_KEY": "t" * 32,
            "OVERSIGHT_INSTANCE": str(tmp_path),
            "OVERSIGHT_TESTING": "1",
        }
    )
    yield app
    with app.app_context():
        db.engine.dispose()
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {role}")
        connection.exec_driver_sql(f"DROP ROLE {role}")
    engine.dispose()
    postgres.drop_database(owner)


def test_the_owner_migrates_and_the_application_cannot_touch_the_record(two_roles):
    runner = two_roles.test_cli_runner()
    done = runner.invoke(
        cli.main,
        ["init", "--admin", "first.admin", "--password-stdin"],
        obj=two_roles,
        input="a-long-password\n",
    )
    assert done.exit_code == 0, done.output
    with two_roles.app_context():
        assert db.session.scalar(sa.text("SELECT count(*) FROM accounts")) == 3
        for table in (one.name for one in records.marked()):
            for statement in (
                f"UPDATE {table} SET id = id",
                f"DELETE FROM {table}",
                f"TRUNCATE {table}",
                f"ALTER TABLE {table} DISABLE TRIGGER ALL",
            ):
                with pytest.raises(ProgrammingError) as no:
                    db.session.execute(sa.text(statement))
                assert type(no.value.orig).__name__ == "InsufficientPrivilege", statement
                db.session.rollback()
        with pytest.raises(ProgrammingError):
            db.session.execute(sa.text("CREATE TABLE own (id int)"))


def test_upgrade_may_be_repeated(two_roles):
    runner = two_roles.test_cli_runner()
    for _time in range(2):
        assert runner.invoke(cli.main, ["upgrade"], obj=two_roles).exit_code == 0


def test_the_owner_prunes_what_the_application_may_not(two_roles):
    runner = two_roles.test_cli_runner()
    first = ["init", "--admin", "first.admin", "--password-stdin"]
    runner.invoke(cli.main, first, obj=two_roles, input="a-long-password\n")
    with two_roles.app_context():
        zone_id = db.session.scalar(sa.text("SELECT id FROM zones"))
        row = {"zone_id": str(zone_id), "workflow": "x", "move": "x", "status": 403}
        old = datetime(2020, 1, 1, tzinfo=UTC)
        db.session.add(Refusal(**row, at=old, sentence="否", seal=1))
        db.session.commit()
    done = runner.invoke(cli.main, ["audit", "prune"], obj=two_roles)
    assert done.exit_code == 0 and "已清理 1 条" in done.output, done.output
    short = runner.invoke(cli.main, ["audit", "prune", "--days", "10"], obj=two_roles)
    assert short.exit_code == 1 and "183" in short.output
    with two_roles.app_context(), pytest.raises(ProgrammingError):
        db.session.execute(sa.text("DELETE FROM refusals"))


def test_who_serves_without_the_owner_s_address_prunes_the_rest(two_roles, tmp_path):
    """As `deploy/oversight.env` has it: nobody who serves is given that address."""
    owner = two_roles.test_cli_runner()
    first = ["init", "--admin", "first.admin", "--password-stdin"]
    owner.invoke(cli.main, first, obj=two_roles, input="a-long-password\n")
    env = two_roles.config["OVERSIGHT"]
    served = create_app(
        {
            "OVERSIGHT_DATABASE_URL": env.database_url,
            "OVERSIGHT_SECRET_KEY": "t" * 32,
            "OVERSIGHT_INSTANCE": str(tmp_path),
        },
        StoppedClock(at("2026-11-24").now),
    )
    with served.app_context():
        session, now = db.session, at("2026-11-24")
        zone_id = str(session.scalar(sa.text("SELECT id FROM zones")))
        row = {"zone_id": zone_id, "workflow": "x", "move": "x", "status": 403}
        old = datetime(2020, 1, 1, tzinfo=UTC)
        session.add(Refusal(**row, at=old, sentence="否", seal=1))
        zone_settings.change(session, zone_id, "keep_refusals", "365", None, now)
        session.commit()
        assert seals.ripe(session, zone_id, now.now - timedelta(days=365)) == (1, 1)
        growth.daily(session, tmp_path, now)
        assert session.get(InstallationFact, growth.NAME).value == "2026-11-24"
        assert session.scalar(sa.text("SELECT count(*) FROM refusals")) == 1
        session.remove()
    runner = served.test_cli_runner()
    assert "不能改日志" in runner.invoke(cli.main, ["doctor"], obj=served).output
    no = runner.invoke(cli.main, ["audit", "prune"], obj=served)
    assert no.exit_code == 1 and "OVERSIGHT_OWNER_URL" in no.output
    with served.app_context():
        db.engine.dispose()
