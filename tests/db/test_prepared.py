"""Statements that are run on the driver say what SQLAlchemy would have said."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base.db import by_ids, db, new_id
from oversight.base.prepared import Prepared, among
from oversight.engine import statements
from oversight.models import Activity, JournalRow, NumberSeries, Unit
from tests.support.actors import Play


@pytest.fixture
def play(session, world):
    return Play(session, world)


@pytest.fixture
def ear(app):
    """Somebody who hears the engine's statements."""
    heard: list[str] = []

    def hear(_connection, _cursor, statement, *_) -> None:
        heard.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", hear)
    yield heard
    sa.event.remove(db.engine, "before_cursor_execute", hear)


def test_whoever_listens_hears_them_and_gets_the_same(play, session, request):
    case = play.asked()
    key, plain = case.id, statements.CASE.first(session, of_case=case.id)
    heard = request.getfixturevalue("ear")
    assert statements.CASE.first(session, of_case=key)._asdict() == plain._asdict()
    assert [text for text in heard if "FROM cases" in text]
    play.move(case, "town1.officer", "approve")
    assert [text for text in heard if text.startswith("INSERT INTO journal")]
    assert len(session.scalars(sa.select(JournalRow).where(JournalRow.case_id == key)).all()) == 3


def test_rows_by_their_ids_are_the_session_s_own(session, world):
    """What is no id, or nobody's, is left out; what is changed and not written yet stays so."""
    village, town = world.units["village"], world.units["town1"]
    with session.no_autoflush:
        village.name = "新名"
        found = by_ids(session, Unit, [village.id, town.id, new_id(), "; --", None, 7])
        assert found == {village.id: village, town.id: town}
        assert found[village.id].name == "新名" and [*found] == sorted(found)
    assert by_ids(session, Unit, []) == {}


def test_days_are_found_among_days(session, play, world):
    """Of whatever number, as ids and texts are."""
    play.asked()
    days = Activity.__table__.c
    asked = Prepared(
        lambda dialect: sa.select(days.id, days.day).where(among(days.day, "days", dialect))
    )
    wanted = session.scalars(sa.select(Activity.day).where(Activity.day.is_not(None))).all()[:2]
    rows = asked.rows(session, days=wanted)
    assert wanted and {row.day for row in rows} == set(wanted)
    assert asked.rows(session, days=[]) == []


def test_a_refusal_of_the_database_is_told_as_ever(session, world):
    """As SQLAlchemy's error, with no value in it."""
    keys = NumberSeries.__table__.c.keys()
    row = {"unit_id": world.units["town1"].id, "series": "密", "year": 2026, "last": 1}
    bad = Prepared(sa.insert(NumberSeries.__table__), keys)
    with pytest.raises(sa.exc.IntegrityError) as caught:
        bad.write(session, **row, zone_id=None)
    assert "密" not in str(caught.value).split("[SQL")[1]
