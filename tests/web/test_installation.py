"""What an installation keeps to itself: known passwords, SQLite's files, a secret key worth its name."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa

from oversight import create_app
from oversight.base.db import db
from oversight.base.settings import Unfit
from oversight.models import Account
from oversight.views.loopback import LoopbackOnly
from tests.conftest import NOW

NEAR, FAR = "127.0.0.1", "192.0.2.7"


@pytest.fixture
def ask(app, session, monkeypatch):
    """Ask the application as a WSGI server does that chose itself where it listens."""
    monkeypatch.setattr(app, "wsgi_app", LoopbackOnly(app))
    return lambda address, **head: app.test_client().get(
        "/login", environ_base={"REMOTE_ADDR": address}, headers=head
    )


def demo_account(session, world) -> None:
    person = world.people["village.secretary"]
    session.add(
        Account(
            zone_id=person.zone_id,
            person_id=person.id,
            username="known",
            password_hash="x",
            demo=True,
            created_at=NOW,
        )
    )
    session.commit()


def test_known_passwords_are_answered_on_this_machine_only(ask, session, world):
    demo_account(session, world)
    assert ask(NEAR).status_code == 200
    answer = ask(FAR)
    assert answer.status_code == 403 and "示范账号" in answer.get_data(as_text=True)
    assert ask(NEAR, **{"X-Forwarded-For": FAR}).status_code == 403


def test_without_known_passwords_everybody_is_answered(ask):
    assert ask(FAR).status_code == ask(NEAR, **{"X-Forwarded-For": FAR}).status_code == 200


def test_the_wsgi_application_has_the_guard(tmp_path):
    """In a process of its own: what a server imports takes its process's log and begins a data set."""
    asked = "import wsgi; print(type(wsgi.app.wsgi_app).__name__)"
    said = subprocess.check_output(
        [sys.executable, "-c", asked],
        text=True,
        env=os.environ | {"OVERSIGHT_INSTANCE": str(tmp_path)},
    )
    assert said.strip() == LoopbackOnly.__name__


def made(folder, key: str = "t" * 32):
    return create_app({"OVERSIGHT_INSTANCE": str(folder), "OVERSIGHT_SECRET_KEY": key})


def test_the_environment_names_the_folder_of_a_data_set(tmp_path, monkeypatch):
    monkeypatch.setenv("OVERSIGHT_INSTANCE", str(tmp_path / "set"))
    monkeypatch.delenv("OVERSIGHT_DATABASE_URL", raising=False)
    assert create_app().instance_path == str(tmp_path / "set")
    assert (tmp_path / "set" / "secret_key").exists()


def test_sqlite_files_are_their_owners_alone(tmp_path):
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o755)
    (folder / "oversight.db").touch(0o644)
    with made(folder).app_context():
        db.session.execute(sa.text("CREATE TABLE x (y)"))
        db.session.commit()
        assert {path.stat().st_mode & 0o777 for path in folder.glob("oversight.db*")} == {0o600}
        assert len(list(folder.glob("oversight.db*"))) == 3
        db.session.remove()
        db.engine.dispose()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_short_secret_key_is_refused(tmp_path):
    with pytest.raises(Unfit, match="密钥太短"):
        made(tmp_path, "short")
    (tmp_path / "secret_key").write_text("short")
    with pytest.raises(Unfit):
        create_app({"OVERSIGHT_INSTANCE": str(tmp_path)})
