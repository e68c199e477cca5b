"""A commit whose answer was lost: whether it came about or not, what was asked for is done once, and the person
or program that asked reads how it stands.
"""

from __future__ import annotations

import psycopg
import pytest
import sqlalchemy as sa

from oversight.base import outages
from oversight.base.db import db
from oversight.models import Case, JournalRow

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
CAME = pytest.mark.parametrize("came", [True, False], ids=["committed", "not committed"])


@pytest.fixture
def losing(app, monkeypatch):
    """Yield what loses the connection at the next commits of a journal's rows."""

    def lose(came: bool, times: int = 1) -> None:
        dialect, left = db.engine.dialect, [times]
        commit, wrote = dialect.do_commit, []
        sa.event.listen(
            db.engine,
            "before_cursor_execute",
            lambda _link, _cursor, text, *_: wrote.append(1) if "INTO journal" in text else None,
        )

        def broken(connection):
            if not (wrote and left[0]):
                return commit(connection)
            left[0] -= 1
            wrote.clear()
            if came:
                commit(connection)
            connection.driver_connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

        monkeypatch.setattr(dialect, "do_commit", broken)

    return lose


def count(session, model, *which) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count()).select_from(model).where(*which))


@CAME
def test_a_form_is_done_once(reader, world, session, losing, came):
    inspector = reader("town1.inspector")
    form = inspector.get(f"/new/inspection?unit={world.units['village'].id}")
    losing(came)
    inspector.submit(form, "/new/inspection", method="random")
    assert count(session, Case, Case.workflow == "inspection") == 1


@CAME
def test_a_program_s_key_is_done_once(api, world, session, losing, came):
    losing(came)
    facts = {"method": "random", "inspected_on": "2026-11-24"}
    asked = {"workflow": "inspection", "unit": world.units["village"].id, "facts": facts}
    answer = api("town1.inspector").send(
        "POST", "/cases", json=asked, headers={"Idempotency-Key": "one"}
    )
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert count(session, Case, Case.workflow == "inspection") == 1


def test_lost_twice_it_says_that_nobody_knows(reader, world, session, losing):
    inspector = reader("town1.inspector")
    form = inspector.get(f"/new/inspection?unit={world.units['village'].id}")
    losing(False, times=2)
    answer = inspector.submit(form, "/new/inspection", 503, method="random")
    assert outages.UNSURE in answer.text
    assert count(session, JournalRow) == 0
    inspector.submit(form, "/new/inspection", method="random")
    assert count(session, Case, Case.workflow == "inspection") == 1


def test_without_a_key_nothing_is_tried_again(api, world, session, losing):
    losing(True)
    facts = {"method": "random", "inspected_on": "2026-11-24"}
    asked = {"workflow": "inspection", "unit": world.units["village"].id, "facts": facts}
    answer = api("town1.inspector").send("POST", "/cases", json=asked)
    assert answer.status_code == 503 and answer.json["detail"] == outages.UNSURE
    assert count(session, Case, Case.workflow == "inspection") == 1
