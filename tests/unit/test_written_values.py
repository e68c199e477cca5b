"""What is written in less Python than a library's reads as that library's: ids in their order, moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from oversight.base import db

CHINA = timezone(timedelta(hours=8))
MOMENTS = (
    datetime(2026, 11, 24, 9, 0, tzinfo=CHINA),
    datetime(2026, 1, 1, 7, 59, 59, 999_999, tzinfo=CHINA),
    datetime(999, 3, 4, 5, 6, 7, 8, tzinfo=UTC),
)


def test_ids_are_of_version_7_and_each_is_later_than_the_one_before():
    made = [db.new_id() for _time in range(500)]
    assert made == sorted(set(made))
    assert {(UUID(one).version, UUID(one).variant) for one in made} == {
        (7, "specified in RFC 4122")
    }
    assert all(str(UUID(one)) == one for one in made)


def test_a_clock_set_back_makes_no_earlier_id(monkeypatch):
    last = db.new_id()
    monkeypatch.setattr(db.time, "time_ns", lambda: 0)
    assert db.new_id() > last


def test_an_id_tells_when_it_was_made(monkeypatch):
    monkeypatch.setattr(db, "_last", 0)
    at = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    monkeypatch.setattr(db.time, "time_ns", lambda: int(at.timestamp()) * 10**9)
    assert UUID(db.new_id()).int >> 80 == int(at.timestamp()) * 1000


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_moment_is_written_for_sqlite_as_sqlalchemy_does(moment):
    dialect = sqlite.dialect()
    theirs = sa.DateTime().dialect_impl(dialect).bind_processor(dialect)
    ours = db.UTCDateTime()
    text = ours.bind_processor(dialect)(moment)
    assert text == theirs(moment.astimezone(UTC))
    assert ours.result_processor(dialect, None)(text) == moment
    assert ours.bind_processor(dialect)(None) is ours.result_processor(dialect, None)(None) is None


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda d: d.name)
def test_a_moment_without_time_zone_is_refused(dialect):
    with pytest.raises(ValueError, match="without time zone"):
        db.UTCDateTime().bind_processor(dialect)(datetime(2026, 11, 24))
