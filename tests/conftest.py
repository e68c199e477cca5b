"""Fixtures: a fresh migrated database per test on each engine, the application on it, and a small world."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask_migrate import upgrade

from oversight import create_app
from oversight.clock import StoppedClock
from oversight.db import db
from tests.support import postgres
from tests.support import world as worlds

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def _app(url: str, folder: Path):
    source = {"OVERSIGHT_DATABASE_URL": url, "OVERSIGHT_INSTANCE": str(folder), "OVERSIGHT_SECRET_KEY": "t" * 32,
              "OVERSIGHT_TESTING": "1"}
    app = create_app(source, StoppedClock(NOW))
    app.testing = True
    return app


def _migrate(url: str, folder: Path) -> None:
    app = _app(url, folder)
    with app.app_context():
        upgrade(directory=app.extensions["migrate"].directory)
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    _migrate(f"sqlite:///{folder / 'oversight.db'}", folder)
    return folder / "oversight.db"


@pytest.fixture(scope="session")
def postgres_template(tmp_path_factory) -> str:
    url = postgres.create_database()
    _migrate(url, tmp_path_factory.mktemp("pgtemplate"))
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """The address of a fresh, migrated database on each of the two engines."""
    if request.param == "sqlite":
        path = tmp_path / "oversight.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url = postgres.create_database(template=request.getfixturevalue("postgres_template"))
    yield url
    postgres.drop_database(url)


@pytest.fixture
def app(database_url, tmp_path):
    app = _app(database_url, tmp_path)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def session(app):
    return db.session


@pytest.fixture
def world(session):
    made = worlds.build(session)
    session.commit()
    return made


@pytest.fixture
def clock(app):
    """The application's stopped clock; set `clock.now` to move it."""
    return app.extensions["clock"]


def in_ci() -> bool:
    return bool(os.environ.get("CI"))
