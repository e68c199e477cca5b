"""`oversight migrate-to`: everything in another database of either kind, held against what was there, or nothing."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.base import carried
from oversight.base.db import Base, db
from oversight.models import AdminChange, Case
from oversight.time import moving
from tests.db.test_backup import NOW, PHOTO, Place, lived, uploads
from tests.support import postgres

__all__ = ["lived"]


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request, tmp_path):
    """An empty installation on either kind of database, under the same key."""
    url = f"sqlite:///{tmp_path / 'there' / 'oversight.db'}"
    return Place(
        tmp_path / "there", postgres.create_database() if request.param == "postgresql" else url
    )


def held(place) -> dict[str, carried.Sum]:
    with place.app.app_context(), db.engine.connect() as link:
        return carried.sums(link, Base.metadata.sorted_tables)


def test_all_rows_arrive_and_the_journal_goes_on(lived, other):
    other.ok("upgrade")
    said = lived.ok("migrate-to", other.url)
    assert "逐行核对一致" in said and "OVERSIGHT_DATABASE_URL" in said
    before, after = held(lived), held(other)
    assert before == after and before["journal"].rows > 3 and before["cases"].rows
    assert "日志完整" in other.ok("audit", "verify")
    other.ok("sweep", "--on", "2026-11-25")  # what the database numbers itself goes on
    assert "日志完整" in other.ok("audit", "verify")
    assert other.no("migrate-to", other.url).count("目标就是现在用的数据库") == 1


def test_files_are_copied_where_that_is_asked(lived, other, tmp_path):
    other.ok("upgrade")
    said = lived.ok("migrate-to", other.url, "--files", str(tmp_path / "there" / "data"))
    assert "复制了 2 个文件" in said
    assert uploads(other) == uploads(lived) and PHOTO in uploads(other).values()
    assert moving.copy_files(lived.folder / "data", tmp_path / "there" / "data") == 0


def test_a_database_that_is_not_built_or_not_empty_is_refused(lived, other):
    assert "oversight upgrade" in lived.no("migrate-to", other.url)
    other.ok("upgrade")
    lived.ok("migrate-to", other.url)
    before = held(other)
    assert "已有数据" in lived.no("migrate-to", other.url)
    assert held(other) == before


def test_an_address_that_leads_nowhere_is_a_sentence(lived, tmp_path):
    for url in ("nonsense", "mysql://a@b/c", "postgresql+psycopg://a@127.0.0.1:1/c"):
        assert lived.no("migrate-to", url)


@pytest.mark.parametrize("broken", ["differing", "carry"])
def test_what_does_not_agree_or_is_cut_off_leaves_nothing(lived, other, monkeypatch, broken):
    other.ok("upgrade")
    before = held(other)

    def cut(*_given):
        raise OSError(28, "no space")

    whole = carried.carry
    if broken == "carry":
        monkeypatch.setattr(carried, "_insert", cut)
        monkeypatch.setattr(carried, "_copy", cut)
    else:
        monkeypatch.setattr(
            carried,
            "carry",
            lambda old, new, tables, done: whole(
                old, new, [one for one in tables if one.name != "papers"], done
            ),
        )
    assert ("papers" in lived.no("migrate-to", other.url)) == (broken == "differing")
    assert held(other) == before
    monkeypatch.undo()
    lived.ok("migrate-to", other.url)  # again, from the beginning


def test_nobody_writes_meanwhile(lived, other, monkeypatch):
    other.ok("upgrade")
    refused = []

    def try_to_write(source, *given):
        engine = sa.create_engine(lived.url)
        with pytest.raises(sa.exc.OperationalError), engine.begin() as link:
            if engine.dialect.name == "postgresql":
                link.exec_driver_sql("SET lock_timeout = '200ms'")
            else:
                link.exec_driver_sql("PRAGMA busy_timeout = 200")
            link.execute(sa.update(Case.__table__).values(version=9))
        engine.dispose()
        refused.append(True)
        return whole(source, *given)

    whole = carried.carry
    monkeypatch.setattr(carried, "carry", try_to_write)
    lived.ok("migrate-to", other.url)
    assert refused


def test_triggers_guard_the_journal_again(lived, other):
    other.ok("upgrade")
    lived.ok("migrate-to", other.url)
    with other.app.app_context(), db.engine.connect() as link:
        with pytest.raises(sa.exc.DatabaseError, match="append-only"):
            link.execute(sa.update(AdminChange.__table__).values(at=NOW))
        link.rollback()


def test_sums_tell_a_changed_row_whatever_the_order(lived):
    with lived.app.app_context(), db.engine.connect() as link:
        one = carried.sums(link, [Case.__table__])
        link.execute(sa.update(Case.__table__).values(version=Case.version + 1))
        assert carried.differing(one, carried.sums(link, [Case.__table__])) == ["cases"]
        link.rollback()
        assert carried.differing(one, carried.sums(link, [Case.__table__])) == []
