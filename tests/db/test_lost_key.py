"""A lost secret key is said aloud, on the pages and at the terminal, and never replaced in silence."""

from __future__ import annotations

import pytest

from oversight.register import key_check
from tests.db.test_backup import Place
from tests.support.html import text_of  # noqa: F401

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def place(world, stage, tmp_path):
    """An installation whose key lies in its folder."""
    (tmp_path / "secret_key").write_text("a" * 64)
    found = Place(tmp_path, stage.url, key=None)
    found.ok("upgrade")
    return found


def page(place, path="/login") -> tuple[int, str]:
    answer = place.app.test_client().get(path)
    return answer.status_code, answer.get_data(as_text=True)


def test_its_own_key_opens(place, tmp_path):
    again = Place(tmp_path, place.url, key=None)
    assert page(again)[0] == 200 and page(again, "/readyz")[0] == 200


@pytest.mark.parametrize("key", ["b" * 64, None])
def test_another_key_or_none_is_told_and_opens_nothing(place, tmp_path, key):
    (tmp_path / "secret_key").unlink()
    if key:
        (tmp_path / "secret_key").write_text(key)
    again = Place(tmp_path, place.url, key=None)
    if key is None:
        again.app.extensions["other_key"] = True  # what a SQLite file beside it says
    assert again.no("accounts", "issue", "x").strip() == key_check.OTHER
    status, text = page(again)
    assert status == 503 and "密钥与数据库对不上" in text
    assert page(again, "/readyz") == (503, "secret key is not the database's\n")
    assert page(again, "/healthz")[0] == 200
    assert again.no("upgrade").strip().endswith(key_check.OTHER)
    (tmp_path / "secret_key").write_text("a" * 64)
    assert page(Place(tmp_path, place.url, key=None))[0] == 200, "put back, all is as it was"


def test_who_gives_the_old_key_up_says_so(place, tmp_path):
    (tmp_path / "secret_key").write_text("b" * 64)
    again = Place(tmp_path, place.url, key=None)
    assert "reseal --lost" in again.no("reseal")
    assert "从现在起用新的密钥" in again.ok("reseal", "--lost")
    assert page(Place(tmp_path, place.url, key=None))[0] == 200


def test_an_empty_key_is_refused(place, tmp_path):
    (tmp_path / "secret_key").write_text("")
    with pytest.raises(Exception, match="密钥太短"):
        Place(tmp_path, place.url, key=None)


def test_no_backup_with_another_key_pushes_out_one_with_the_right(place, tmp_path):
    place.ok("backup", "--daily")
    kept = list((tmp_path / "backups").iterdir())
    (tmp_path / "secret_key").write_text("b" * 64)
    again = Place(tmp_path, place.url, key=None)
    kept[0].rename(older := kept[0].with_name("oversight-2026-11-01.backup"))
    assert key_check.OTHER in again.no("backup", "--daily")
    assert list((tmp_path / "backups").iterdir()) == [older]
    assert key_check.OTHER in again.no("backup", str(tmp_path / "by_hand.backup"))
    assert (tmp_path / "by_hand.backup").is_file()
