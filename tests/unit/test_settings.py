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


@pytest.mark.parametrize(
    "name, value",
    [
        *(("PORT", wrong) for wrong in ("eighty", "0", "-5", "65536", "8000.0")),
        *(("OVERSIGHT_TIMEZONE", wrong) for wrong in ("Mars/Base", "Asia", "../etc/passwd")),
        *(("OVERSIGHT_LOCALE", wrong) for wrong in ("xx_YY", "12", "中文")),
        *(("OVERSIGHT_HTTPS", wrong) for wrong in ("yes", "on", "true")),
        *(("OVERSIGHT_PROXIES", wrong) for wrong in ("nginx", "10.0.0.1, 300.1.1.1", "10.0.0.0/8")),
        ("OVERSIGHT_BACKUPS", "no"),
        ("OVERSIGHT_LOG", "warn"),
        ("OVERSIGHT_SCANNER", "clamdscan 'a b"),
        *(
            ("OVERSIGHT_MAIL_DOMAINS", wrong)
            for wrong in ("@example.org", "example.org;b.org", "a b.org")
        ),
        ("OVERSIGHT_WORKFLOW_DIRS", "/nowhere/law"),
    ],
)
def test_what_a_variable_cannot_mean_is_said_with_its_name(tmp_path, name, value):
    """Nobody who wrote HTTPS=yes may believe that the cookie is Secure."""
    with pytest.raises(settings.Unfit) as refused:
        settings.environment(tmp_path, {name: value})
    assert str(refused.value).startswith(f"{name} ")


def test_variables_say_what_they_mean(tmp_path):
    given = {
        "PORT": "9000",
        "OVERSIGHT_LOCALE": "en",
        "OVERSIGHT_HTTPS": "1",
        "OVERSIGHT_BACKUPS": "0",
        "OVERSIGHT_LOG": "errors",
        "OVERSIGHT_PROXIES": "10.0.0.1, ::1",
        "OVERSIGHT_MAIL_DOMAINS": "Example.org, b.org",
    }
    env = settings.environment(tmp_path, given)
    assert (env.port, env.locale, env.https, env.backups) == (9000, "en", True, False)
    assert not env.log_requests
    assert (env.proxies, env.mail_domains) == (("10.0.0.1", "::1"), ("example.org", "b.org"))
    plain = settings.environment(tmp_path, {})
    assert (plain.port, plain.locale, plain.timezone) == (8000, "zh_CN", "Asia/Shanghai")
    assert (plain.https, plain.backups, plain.log_requests) == (False, True, True)
