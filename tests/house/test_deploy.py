"""deploy/: what is written for systemd, nginx, compose and PostgreSQL holds as far as one machine can tell."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import crossplane
import pytest
import sqlalchemy as sa
import yaml
from click.testing import CliRunner
from sqlalchemy.engine import make_url

from oversight import ROOT, cli
from oversight.base import logs, settings
from tests.support import postgres
from tests.support.needs import needs

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
WORDS = {"serve", "sweep", "backup", "worker"}


def unit(path: Path) -> configparser.ConfigParser:
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str
    found.read(path, "utf-8")
    return found


def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def commands() -> list[list[str]]:
    """Return what units and containers run of ours, as words behind the program's name."""
    units = [unit(path)["Service"]["ExecStart"].split() for path in UNITS]
    boxes = [one["command"] for one in compose()["services"].values() if "command" in one]
    return [words[1:] for words in [*units, *boxes] if Path(words[0]).name == "oversight"]


def test_what_is_run_is_there():
    known = set(cli.main.list_commands(None))
    assert {words[0] for words in commands()} >= WORDS
    for words in commands():
        assert words[0] in known, words
        if len(words) > 1:
            said = CliRunner().invoke(cli.main, [words[0], "--help"]).output
            assert all(word in said for word in words[1:]), words


@pytest.mark.parametrize("path", [*UNITS, DEPLOY / "oversight.env"], ids=lambda path: path.name)
def test_what_is_set_is_known(path):
    source = Path(settings.__file__).read_text("utf-8") + (ROOT / "README.md").read_text("utf-8")
    for name in re.findall(r"\bOVERSIGHT_(\w+)=", path.read_text("utf-8")):
        assert f'"{name}"' in source or f"OVERSIGHT_{name}" in source, name
    for _of, given in compose()["services"].items():
        for name in given.get("environment") or {}:
            if name.startswith("OVERSIGHT_"):
                assert name in source or f'"{name[10:]}"' in source, name


def test_units_take_what_they_need_and_no_more():
    for path in UNITS:
        own = unit(path)["Service"]
        assert own["User"] == "oversight" and own["ProtectSystem"] == "strict", path.name
        assert own["UMask"] == "0077" and own["CapabilityBoundingSet"] == "", path.name
        assert "OWNER_URL" not in path.read_text("utf-8"), (
            "nobody who serves has the owner's address"
        )
    assert "OVERSIGHT_OWNER_URL=" not in (DEPLOY / "oversight.env").read_text("utf-8")
    timers = {path.stem for path in (DEPLOY / "systemd").glob("*.timer")}
    assert timers == {path.stem for path in UNITS if unit(path)["Service"]["Type"] == "oneshot"}


def test_systemd_takes_the_units(tmp_path):
    needs(shutil.which("systemd-analyze"), "systemd")
    for path in (DEPLOY / "systemd").iterdir():
        text = path.read_text("utf-8").replace("/opt/oversight/.venv/bin/oversight", "/bin/true")
        (tmp_path / path.name).write_text(text)
    names = [str(path) for path in tmp_path.iterdir()]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True
    )
    said = [line for line in done.stderr.splitlines() if "oversight" in line]
    assert said == [], done.stderr


def test_nginx_knows_every_directive_where_it_stands(tmp_path):
    shutil.copytree(DEPLOY / "nginx", tmp_path, dirs_exist_ok=True)
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"events {{}}\nhttp {{\ninclude {tmp_path}/oversight.conf;\n}}\n")
    found = crossplane.parse(str(whole), strict=True)
    assert found["errors"] == []
    read = {Path(one["file"]).name for one in found["config"]}
    assert read == {"nginx.conf", *(path.name for path in (DEPLOY / "nginx").iterdir())}


def test_compose_hangs_together():
    found = compose()
    services = found["services"]
    assert set(services) == {"db", "migrate", "web", "worker", "nginx"}
    for name, of in services.items():
        assert set(of.get("depends_on") or {}) <= set(services), name
        for volume in of.get("volumes", []):
            source = volume.split(":")[0]
            there = source in found["volumes"] or source == "./certs" or (DEPLOY / source).exists()
            assert there, volume
    owners = [name for name, of in services.items() if "OVERSIGHT_OWNER_URL" in str(of)]
    assert owners == ["migrate"], "nobody who serves has the owner's address"


def test_the_image_is_made_of_what_there_is():
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    [wanted] = re.findall(r"-r (\S+)", text)
    assert (ROOT / wanted).exists() and "--require-hashes" in text
    left = (ROOT / ".dockerignore").read_text("utf-8").split()
    own = {".git", ".venv", "node_modules", "instance", "zone", "deploy/.env", "deploy/certs"}
    assert own <= set(left), "what is made on a machine, secrets among it, stays there"
    kept = (ROOT / ".gitignore").read_text("utf-8").split()
    assert {"deploy/.env", "deploy/certs/"} <= set(kept)


def test_the_log_has_the_proxy_s_number_of_a_request():
    for path in (DEPLOY / "nginx" / "oversight_proxy.conf", ROOT / "docs" / "proxy.md"):
        assert "proxy_set_header X-Request-ID $request_id;" in path.read_text("utf-8"), path
    assert logs.new_id("a1" * 16) == "a1" * 16, "as nginx makes them"


@pytest.mark.parametrize("name", ["web", "worker"])
def test_systemd_never_gives_up_what_serves(name):
    text = (DEPLOY / "systemd" / f"oversight-{name}.service").read_text("utf-8")
    assert "StartLimitIntervalSec=0" in text.partition("[Service]")[0] and "Restart=always" in text


def test_postgresql_takes_the_roles():
    """On a server of its own: roles belong to the whole cluster."""
    url = make_url(postgres.create_database())
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    text = (DEPLOY / "postgresql.sql").read_text("utf-8")
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    name = f"deploy_{url.database}"
    try:
        with engine.connect() as link:
            for statement in filter(str.strip, bare.split(";")):
                link.exec_driver_sql(re.sub(r"\boversight\b", name, statement))
            assert (
                link.exec_driver_sql(
                    "SELECT has_database_privilege('oversight_app', %s, 'CREATE')", (name,)
                ).scalar()
                is False
            )
    finally:
        with engine.connect() as link:
            link.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            for role in ("oversight_app", "oversight_owner"):
                link.exec_driver_sql(f"DROP ROLE IF EXISTS {role}")
        engine.dispose()
        postgres.drop_database(url.render_as_string(hide_password=False))
