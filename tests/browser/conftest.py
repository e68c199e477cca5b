"""A live server for the browser: the small world on SQLite, on this machine only, with a stopped
clock.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from tests.support import world as worlds
from tests.support.actors import Play
from tests.support.html import open_accounts
from tests.support.world import at

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
Filled = tuple[dict[str, str], dict[str, str]]  # units and cases by a name, each with its id
Fill = Callable[..., Filled]


@dataclass
class Site:
    """A running application: its address, and what is in it."""

    url: str
    app: Flask
    units: dict[str, str]
    cases: dict[str, str]


@contextmanager
def served(template: Path, folder: Path, fill: Fill) -> Iterator[Site]:
    """Serve what `fill` makes of an empty database, on this machine only."""
    shutil.copy(template, folder / "oversight.db")
    app = create_app(
        {
            "OVERSIGHT_DATABASE_URL": f"sqlite:///{folder / 'oversight.db'}",
            "OVERSIGHT_INSTANCE": str(folder),
            "OVERSIGHT_SECRET_KEY": "t" * 32,
            "OVERSIGHT_TESTING": "1",
        },
        StoppedClock(NOW),
    )
    with app.app_context():
        units, cases = fill(db.session)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.port}", app, units, cases)
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def site(sqlite_template, tmp_path):
    """Serve a world whose years are planned and held up to November, with a few cases on the way."""
    with served(sqlite_template, tmp_path, _fill) as running:
        yield running


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
