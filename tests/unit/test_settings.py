"""What the environment of an installation says."""

from __future__ import annotations

from pathlib import Path

import pytest

from oversight.base import settings


def test_the_key_comes_from_where_a_vault_lays_it(tmp_path):
    laid = tmp_path / "credential"
    laid.write_text("k" * 40 + "\n", "utf-8")
    env = settings.environment(tmp_path, {"OVERSIGHT_SECRET_KEY_FILE": str(laid)})
    assert settings.secret_key(env, tmp_path) == "k" * 40
    assert not (tmp_path / "secret_key").exists()


def test_a_key_that_is_not_laid_is_not_made_up(tmp_path):
    with pytest.raises(OSError):
        settings.environment(tmp_path, {"OVERSIGHT_SECRET_KEY_FILE": "/nowhere/key"})


def test_a_short_key_is_refused(tmp_path):
    env = settings.environment(tmp_path, {"OVERSIGHT_SECRET_KEY": "short"})
    with pytest.raises(settings.Unfit, match="32"):
        settings.secret_key(env, tmp_path)


def test_the_scanner_is_a_command_with_its_words(tmp_path):
    env = settings.environment(tmp_path, {"OVERSIGHT_SCANNER": "clamdscan --no-summary -"})
    assert env.scanner == ("clamdscan", "--no-summary", "-")
    assert settings.environment(Path(tmp_path), {}).scanner == ()


def test_only_its_owner_enters_a_folder_that_is_made_beside_postgresql(tmp_path):
    instance = tmp_path / "new" / "instance"
    env = settings.environment(instance, {"OVERSIGHT_DATABASE_URL": "postgresql+psycopg://x/y"})
    settings.keep_private(env, instance)
    assert instance.stat().st_mode & 0o777 == 0o700
