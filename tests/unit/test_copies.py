"""A database brought into one file, by its name and where it is away."""

from __future__ import annotations

import sqlite3

from oversight.base import copies


def test_where_the_file_is_away_none_is_made(tmp_path):
    copies.made_whole(f"sqlite:///{tmp_path / 'away.db'}")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_may_be_called_as_one_likes(tmp_path):
    """`#` and `%` mean something in the address by which SQLite is asked, not in the name of a folder."""
    folder = tmp_path / "党建 #1 100%"
    folder.mkdir()
    link = sqlite3.connect(folder / "one.db")
    link.execute("PRAGMA journal_mode=WAL")
    link.execute("CREATE TABLE t(x)")
    link.commit()
    assert (folder / "one.db-wal").stat().st_size
    copies._copy(folder / "one.db", tmp_path / "copy.db")
    copies.made_whole(f"sqlite:///{folder}/one.db")
    assert (folder / "one.db-wal").stat().st_size == 0
    link.close()
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("SELECT name FROM sqlite_master").fetchall() == [("t",)]
