"""A live server for the browser: the small world on SQLite, on this machine only, with a stopped
clock.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from oversight import create_app
from oversight.base.clock import StoppedClock
from oversight.base.db import db
from oversight.calendar.party_days import plan_year
from tests.browser.driver import close_all
from tests.support import world as worlds
from tests.support.actors import Play
from tests.support.html import open_accounts
from tests.support.world import at

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
INSTANCE = {"OVERSIGHT_SECRET_KEY": "t" * 32, "OVERSIGHT_TESTING": "1"}
Filled = tuple[dict[str, str], dict[str, str]]  # units and cases by a name, each with its id
Fill = Callable[..., Filled]


@dataclass
class Site:
    """A running application: its address, and what is in it."""

    url: str
    app: Flask
    units: dict[str, str]
    cases: dict[str, str]


def application(folder: Path, now: datetime = NOW) -> Flask:
    """Return the application whose database lies in a folder, with a stopped clock."""
    where = {
        "OVERSIGHT_DATABASE_URL": f"sqlite:///{folder / 'oversight.db'}",
        "OVERSIGHT_INSTANCE": str(folder),
    }
    return create_app({**where, **INSTANCE}, StoppedClock(now))


@pytest.fixture(scope="session")
def filled(sqlite_template, tmp_path_factory):
    """Let each filling of a database be made once, and copied for each test that begins with it."""
    made: dict[Callable, tuple[Path, object]] = {}

    def copy(fill: Callable, folder: Path, now: datetime = NOW):
        if fill not in made:
            home = tmp_path_factory.mktemp("filled")
            shutil.copy(sqlite_template, home / "oversight.db")
            with application(home, now).app_context():
                made[fill] = home, fill(db.session)
                db.session.remove()
                db.engine.dispose()
        shutil.copytree(made[fill][0], folder, dirs_exist_ok=True)
        return deepcopy(made[fill][1])

    return copy


@contextmanager
def running(app: Flask) -> Iterator[str]:
    """Serve an application on this machine only; gives its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


@contextmanager
def served(filled: Callable, folder: Path, fill: Fill) -> Iterator[Site]:
    """Serve what `fill` makes of an empty database, on this machine only."""
    units, cases = filled(fill, folder)
    app = application(folder)
    with running(app) as url:
        yield Site(url, app, units, cases)


@pytest.fixture
def site(filled, tmp_path):
    """Serve a world whose years are planned and held up to November, with a few cases on the way."""
    with served(filled, tmp_path, _fill) as found:
        yield found


def pytest_sessionfinish():
    """End the browsers that were kept for the next test."""
    close_all()


def _fill(session) -> Filled:
    world = worlds.build(session)
    open_accounts(world)
    branches = [unit for unit in world.units.values() if unit.kind == "branch"]
    for year in (2026, 2027):
        plan_year(session, branches, year, at("2026-01-05"))
    session.commit()
    play = Play(session, world)
    cases = {
        "asked": play.asked(name="community.secretary", unit="community"),
        "draft": play.open("organ.secretary", unit="organ"),
        "approved": play.approved(
            "2027-01-15", name="organ.secretary", unit="organ", day="2027-01-08"
        ),
    }
    cases["again"] = play.asked(
        "2027-03-12", name="organ.secretary", unit="organ", day="2027-03-05"
    )
    return (
        {name: unit.id for name, unit in world.units.items()},
        {name: case.id for name, case in cases.items()},
    )
