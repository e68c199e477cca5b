"""Fixtures: a fresh migrated database per test on each engine, the application on it, and a small
world.

One application and one database address serve all tests of a process on an engine: what they have
compiled, SQL and templates, stays. Before each test the database is replaced by a copy of a
template, empty or with the small world.
"""

from __future__ import annotations

import gc
import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.engine import make_url
from sqlalchemy.util import LRUCache

from oversight import create_app
from oversight.base.clock import StoppedClock
from oversight.base.db import db
from tests.support import explain, papers, postgres, scratch, slices
from tests.support import world as worlds

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
COMPILED = "TEMPLATES_COMPILED"


def pytest_configure(config):
    explain.listen()
    papers.listen()
    _compile_templates_once(config)


def _compile_templates_once(config) -> None:
    """Let every application of every process of this run share what templates compile to."""
    if not hasattr(config, "workerinput"):
        folder = scratch.folder("oversight-templates-")
        os.environ[COMPILED] = str(folder)  # the workers inherit it
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    Flask.jinja_options = {"bytecode_cache": FileSystemBytecodeCache(os.environ[COMPILED])}


def pytest_collection_modifyitems(config, items):
    """Leave to `make assure` what is sliced."""
    items[:], left = slices.split(items)
    config.hook.pytest_deselected(items=left)


def pytest_collection_finish():
    """Let the collector of garbage pass over all that lives as long as the run: a sixth of its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """Fail the test in which the product first read all of a table that grows (`house/scans.py`)."""
    try:
        outcome = yield
    except BaseException:
        item.add_report_section("call", "scans", explain.explainer.take())
        raise
    found = explain.explainer.take()
    if found:
        pytest.fail(found, pytrace=False)
    return outcome


def _app(url: str, folder: Path):
    source = {
        "OVERSIGHT_DATABASE_URL": url,
        "OVERSIGHT_INSTANCE": str(folder),
        "OVERSIGHT_SECRET_KEY": "t" * 32,
        "OVERSIGHT_TESTING": "1",
    }
    app = create_app(source, StoppedClock(NOW))
    app.testing = True
    with app.app_context():  # all that the tests of a process send, each compiled once
        db.engine.update_execution_options(compiled_cache=LRUCache(4000))
    return app


def _migrate(url: str, folder: Path) -> None:
    app = _app(url, folder)
    with app.app_context():
        upgrade(directory=app.extensions["migrate"].directory)
        db.engine.dispose()


class Stage:
    """An application whose database is laid anew for each test.

    `names` are those of the world in the template.
    """

    app: Flask
    names: worlds.Names

    @property
    def url(self) -> str:
        return self.app.config["SQLALCHEMY_DATABASE_URI"]

    def lay(self, inhabited: bool) -> None:
        raise NotImplementedError

    def inhabit(self) -> None:
        """Build the small world in the database as it lies."""
        with self.app.app_context():
            made = worlds.build(db.session)
            self.names = worlds.names(made)
            db.session.commit()
            self.close()

    def close(self) -> None:
        """End what a test has open;

        closing the last connection folds SQLite's log into the file.
        """
        db.session.remove()
        db.engine.dispose()


class SqliteStage(Stage):
    def __init__(self, empty: Path, folder: Path):
        self.path, self.templates = (
            folder / "oversight.db",
            {False: empty, True: folder / "world.db"},
        )
        self.app = _app(f"sqlite:///{self.path}", folder)
        with self.app.app_context():  # what a test wrote need not outlive a power cut
            sa.event.listen(
                db.engine, "connect", lambda link, _: link.execute("PRAGMA synchronous=OFF")
            )
        self.lay(False)
        self.inhabit()
        shutil.copy(self.path, self.templates[True])

    def lay(self, inhabited: bool) -> None:
        for end in ("-wal", "-shm"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)
        shutil.copy(self.templates[inhabited], self.path)


class PostgresStage(Stage):
    def __init__(self, empty: str, folder: Path):
        self.templates = {False: empty, True: postgres.create_database(template=empty)}
        self.app = _app(self.templates[True], folder)
        self.inhabit()
        self.app = _app(postgres.create_database(template=empty), folder)

    def lay(self, inhabited: bool) -> None:
        postgres.drop_database(self.url)
        postgres.create_database(
            template=self.templates[inhabited], name=make_url(self.url).database
        )


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    _migrate(f"sqlite:///{folder / 'oversight.db'}", folder)
    explain.explainer.plan_on("sqlite", str(folder / "oversight.db"))
    return folder / "oversight.db"


@pytest.fixture(scope="session")
def sqlite_stage(sqlite_template):
    folder = scratch.folder("oversight-sqlite-")
    yield SqliteStage(sqlite_template, folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql_stage(tmp_path_factory) -> Stage:
    url = postgres.create_database()
    _migrate(url, tmp_path_factory.mktemp("pgtemplate"))
    explain.explainer.plan_on("postgresql", url)
    return PostgresStage(url, tmp_path_factory.mktemp("pgstage"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """The address of a fresh, migrated database on each of the two engines."""
    stage = request.getfixturevalue(f"{request.param}_stage")
    stage.lay(inhabited="world" in request.fixturenames)
    return stage.url


@pytest.fixture
def stage(database_url, request) -> Stage:
    return request.getfixturevalue(f"{make_url(database_url).get_backend_name()}_stage")


@pytest.fixture
def app(stage, tmp_path):
    app = stage.app
    app.extensions["clock"].now = NOW
    app.config["OVERSIGHT"] = replace(app.config["OVERSIGHT"], data_dir=tmp_path / "data")
    with app.app_context():
        yield app
        stage.close()


@pytest.fixture
def session(app):
    return db.session


@pytest.fixture
def world(session, stage):
    """The small world that `database_url` has laid."""
    found = worlds.find(session, stage.names)
    session.commit()
    return found


@pytest.fixture
def clock(app):
    """The application's stopped clock; set `clock.now` to move it."""
    return app.extensions["clock"]


def in_ci() -> bool:
    return bool(os.environ.get("CI"))
