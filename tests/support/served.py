"""The program as it is served: `oversight serve` in a process of its own, with a stopped clock."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
CODE = """
from datetime import datetime
from oversight import cli, create_app
from oversight.base.clock import StoppedClock
cli.main({words!r}, obj=create_app(None, StoppedClock(datetime.fromisoformat({now!r}))))
"""


class Served:
    """A server on loopback; `stop` or `kill` ends it."""

    def __init__(
        self, folder: Path, url: str, now: datetime = NOW, log: Path | None = None, **settings: str
    ):
        self.folder, self.url, self.settings, self.now = folder, url, settings, now
        self.log = log or folder / "served.log"
        folder.mkdir(exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.start()

    @property
    def env(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if "OVERSIGHT" not in name},
            "PYTHONPATH": str(ROOT),
            "PORT": str(self.port),
            "OVERSIGHT_DATABASE_URL": self.url,
            "OVERSIGHT_INSTANCE": str(self.folder),
            "OVERSIGHT_SECRET_KEY": "t" * 32,
            "OVERSIGHT_BACKUPS": "0",
            **self.settings,
        }

    def command(self, *words: str) -> list[str]:
        code = CODE.format(words=list(words), now=self.now.isoformat())
        return [sys.executable, "-c", code]

    def start(self) -> None:
        """Start it and wait until it answers."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command("serve"), env=self.env, stdout=log, stderr=log, start_new_session=True
            )
        until = monotonic() + 90
        while monotonic() < until:
            with suppress(OSError, http.client.HTTPException):
                self.ask("GET", "/healthz")
                return
            assert self.process.poll() is None, self.log.read_text()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        raise AssertionError("the server does not answer")

    def ask(self, method: str, path: str, token: str = "", key: str = "", body=None, **more: str):
        """Send a request; return its status, its text and how many seconds it took."""
        begun, headers = monotonic(), {"Connection": "close", **more}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        data = body
        if isinstance(body, dict):
            headers["Content-Type"], data = "application/json", json.dumps(body)
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=40)
        try:
            link.request(method, path, data, headers)
            answer = link.getresponse()
            return answer.status, answer.read().decode(), monotonic() - begun
        finally:
            link.close()

    def kill(self) -> None:
        """End it and its children without a word."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ask it to end; returns what it ended with."""
        self.process.terminate()
        return self.process.wait(30)

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_) -> None:
        self.kill()
