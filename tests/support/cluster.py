"""PostgreSQL servers of a test's own, on loopback: to be stopped, killed, followed and promoted."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
from sqlalchemy.engine import make_url

from tests.support import postgres

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
shared_buffers = 32MB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
hot_standby = on
"""


class Cluster:
    """A server; `follows` makes it the standby of another."""

    def __init__(self, home: Path, name: str, follows: Cluster | None = None):
        running = postgres.server()  # knows where the programs lie and as whom they run
        self.bin, self.user = Path(running.bin_path), running.system_user
        self.home, self.name, self.port = home / name, name, _free_port()
        home.chmod(0o755)
        self.home.mkdir(mode=0o700)
        if self.user and os.geteuid() == 0:
            shutil.chown(self.home, self.user)
        if follows is None:
            self.run("initdb", "-D", self.home, "-U", "postgres", "-A", "trust", "-E", "UTF8")
            (self.home / "postgresql.conf").open("a").write(SETTINGS)
        else:
            link = f"host=127.0.0.1 port={follows.port} user=postgres application_name={name}"
            self.run("pg_basebackup", "-D", self.home, "-R", "-X", "stream", "-d", link)
        (self.home / "postgresql.auto.conf").open("a").write(f"port = {self.port}\n")
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *words) -> None:
        """Run one of PostgreSQL's programs to its end, as whom it may run."""
        env = {**os.environ, "LC_ALL": "C"}
        as_whom = {"user": self.user} if self.user and os.geteuid() == 0 else {}
        command = [str(self.bin / program), *map(str, words)]
        with open(self.home.parent / "log", "ab") as told:
            subprocess.run(
                command,
                check=True,
                env=env,
                cwd="/",
                stdout=told,
                stderr=told,
                timeout=90,
                **as_whom,
            )

    def start(self) -> None:
        self.run("pg_ctl", "-D", self.home, "-w", "-l", self.home / "log", "start")

    def fill(self, url: str) -> None:
        """Copy a database of the tests' server."""
        source = make_url(url)
        dump = [self.bin / "pg_dump", "-h", source.query["host"], "-U", "postgres", source.database]
        load = [self.bin / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres"]
        load += ["-h", "127.0.0.1", "-p", str(self.port), "postgres"]
        with subprocess.Popen(dump, stdout=subprocess.PIPE) as told:
            subprocess.run(load, stdin=told.stdout, check=True, stdout=subprocess.DEVNULL)

    def configure(self, name: str, value: str) -> None:
        """Change a setting of a running server."""
        with psycopg.connect(
            f"host=127.0.0.1 port={self.port} user=postgres", autocommit=True
        ) as link:
            link.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            link.execute("SELECT pg_reload_conf()")

    def promote(self) -> None:
        self.run("pg_ctl", "-D", self.home, "-w", "promote")

    def stop(self) -> None:
        """End it at once, whatever state it is in."""
        self.signal(signal.SIGCONT)
        with suppress(subprocess.CalledProcessError):
            self.run("pg_ctl", "-D", self.home, "-w", "-m", "immediate", "stop")

    def signal(self, number: int) -> None:
        """Send a signal to the server and all its processes."""
        with suppress(psutil.NoSuchProcess, FileNotFoundError):
            first = psutil.Process(int((self.home / "postmaster.pid").read_text().split("\n")[0]))
            for process in (first, *first.children(recursive=True)):
                process.send_signal(number)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
