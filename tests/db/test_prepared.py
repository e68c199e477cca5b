"""Statements that are run on the driver say what SQLAlchemy would have said."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base.db import db
from oversight.base.prepared import Prepared
from oversight.engine import statements
from oversight.models import JournalRow, NumberSeries
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


def test_a_refusal_of_the_database_is_told_as_ever(session, world):
    """As SQLAlchemy's error, with no value in it."""
    keys = NumberSeries.__table__.c.keys()
    row = {"unit_id": world.units["town1"].id, "series": "密", "year": 2026, "last": 1}
    bad = Prepared(sa.insert(NumberSeries.__table__), keys)
    with pytest.raises(sa.exc.IntegrityError) as caught:
        bad.write(session, **row, zone_id=None)
    assert "密" not in str(caught.value).split("[SQL")[1]
