"""What machines ask: alive, ready, figures. To nobody else, and nothing about people."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

ASK = {"new_day": "2026-12-11", "reason": "冬修水利集中施工"}


def test_alive_and_ready(api):
    assert api(None).send("GET", "//healthz").status_code == 200
    ready = api(None).send("GET", "//readyz")
    assert ready.status_code == 200 and ready.get_data(as_text=True) == "ready\nnever swept\n"


def test_not_ready_before_the_migration(api, session):
    session.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    session.commit()
    response = api(None).send("GET", "//readyz")
    assert response.status_code == 503 and "migrated" in response.get_data(as_text=True)
    session.execute(sa.text("DROP TABLE alembic_version"))
    session.commit()
    assert api(None).send("GET", "//readyz").status_code == 503


def test_not_ready_without_a_database(api, monkeypatch):
    from sqlalchemy.exc import OperationalError

    from oversight.base.db import db

    def gone(*_):
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(db.session.__class__, "connection", gone, raising=False)
    assert api(None).send("GET", "//readyz").status_code == 503
    assert api(None).send("GET", "//healthz").status_code == 200, "alive all the same"


def test_figures(api, world, clock):
    village = api("village.secretary")
    village.move(village.open(world.units["village"]), "ask", **ASK)
    text = api(None).send("GET", "//metrics").get_data(as_text=True)
    assert (
        'oversight_open_cases{workflow="date_change"} 1.0\n' in text
        and "oversight_overdue_cases 0.0\n" in text
    )
    clock.now = clock.at(clock.moment().today.replace(day=30)).now
    later = api(None).send("GET", "//metrics").get_data(as_text=True)
    assert "oversight_overdue_cases 1.0\n" in later
    for person in world.people.values():
        assert person.name not in later
    assert "石桥" not in later


def test_the_handbook_names_every_figure(api):
    said = api(None).send("GET", "//metrics").get_data(as_text=True)
    told = Path(__file__).parents[2] / "docs" / "operations.md"
    named = re.findall(r"^\| `(oversight_\w+)", told.read_text("utf-8"), re.M)
    assert sorted(named) == sorted(re.findall(r"^# TYPE (\w+) gauge", said, re.M))


def test_figures_stay_on_this_machine(api):
    strangers = [
        {"environ_base": {"REMOTE_ADDR": "10.0.0.7"}},
        {"headers": {"X-Forwarded-For": "10.0.0.7"}},
        {"headers": {"Forwarded": "for=10.0.0.7"}},
    ]
    for more in strangers:
        assert api(None).send("GET", "//metrics", **more).status_code == 404
    assert (
        api(None).send("GET", "//metrics", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200
    )
