"""The first answer after a start imports nothing that it does not need, whatever is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = "oversight.commands"  # of these `wsgi` has one
# What is rare, or is asked for by the terminal alone: it comes when it is used.
LATER = (
    *("PIL", "alembic", "argon2", "babel.messages", "cryptography", "defusedxml", "flask_migrate"),
    *("gunicorn", "mako", "multiprocessing", "numpy", "openpyxl", "prometheus_client", "psycopg"),
    *("pydantic", "pydantic_core", "segno"),
    *("oversight.commands", "oversight.demo", "oversight.law.model_check"),
)
ASK = """
import json, sys
from oversight import create_app
answer = create_app(json.loads(sys.argv[1])).test_client().get("/login")
assert answer.status_code == 200 and "csrf_token" in answer.text
print(json.dumps(sorted(sys.modules)))
"""


def test_the_first_answer_imports_nothing_that_it_does_not_need(tmp_path):
    source = {
        "OVERSIGHT_INSTANCE": str(tmp_path),
        "OVERSIGHT_SECRET_KEY": "k" * 32,
        "OVERSIGHT_DATABASE_URL": f"sqlite:///{tmp_path}/start.db",
    }
    command = [sys.executable, "-c", ASK, json.dumps(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ})
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert {"flask", "sqlalchemy", "oversight.views"} <= loaded
    assert [name for name in LATER if name in loaded] == []


WSGI = """
import gc, json, sys
from wsgi import app
from oversight.commands import timekeeper
timekeeper._drain = lambda app: None  # it comes after a second, whether the answer is out or not
answer = app.test_client().get("/login")
assert answer.status_code == 200
print(json.dumps([gc.get_freeze_count(), *sorted(sys.modules)]))
"""
BESIDE = ("waitress", *(f"oversight.commands.{one}" for one in ("background", "server", "setup")))


def test_under_another_server_too(tmp_path):
    """What keeps time beside it comes after the answer; all the rest is loaded once for good, where
    the collector looks for nothing.
    """
    own = {
        "OVERSIGHT_INSTANCE": str(tmp_path),
        "OVERSIGHT_SECRET_KEY": "k" * 32,
        "OVERSIGHT_DATABASE_URL": f"sqlite:///{tmp_path}/start.db",
    }
    found = subprocess.run(
        [sys.executable, "-c", WSGI],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, **own},
    )
    frozen, *loaded = json.loads(found.stdout.splitlines()[-1])
    assert [name for name in (*LATER, *BESIDE) if name in loaded and name != COMMANDS] == []
    assert frozen > 100_000


def test_templates_are_compiled_once_an_installation(tmp_path, monkeypatch):
    """A folder that cannot be written costs time and nothing else."""
    from jinja2 import DictLoader, Environment

    from oversight.views.compiled import Compiled

    def rendered(folder, text: str) -> str:
        env = Environment(loader=DictLoader({"a": text}), bytecode_cache=Compiled(folder))
        return env.get_template("a").render()

    folder = tmp_path / "templates"
    assert rendered(folder, "one") == "one"
    [kept] = folder.iterdir()
    assert folder.stat().st_mode & 0o077 == 0 and kept.stat().st_mode & 0o077 == 0
    assert rendered(folder, "two") == "two"
    monkeypatch.setattr(Environment, "_generate", lambda *_: 1 / 0)
    assert rendered(folder, "two") == "two"
    monkeypatch.undo()
    shutil.rmtree(folder)
    monkeypatch.setattr(Path, "mkdir", lambda *_args, **_more: None)
    assert rendered(folder, "three") == "three" and not folder.exists()
