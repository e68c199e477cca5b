"""Clients of a served application: each request a connection, its cost the CPU of the server."""

from __future__ import annotations

import json
import re
import select
import socket
import subprocess
import sys
from pathlib import Path
from time import monotonic
from urllib.parse import urlencode

from . import pages, raw
from .moves import DateChange
from .product import PASSWORD


class Client:
    """Serves an application in a process of its own and asks it."""

    kind, path = "sites.floor", "/desk"

    def __init__(self, folder: str, name: str, given: dict | None = None):
        self.socket = str(Path(folder) / f"{name}.sock")
        command = [
            sys.executable,
            "-m",
            "bench.server",
            self.kind,
            self.socket,
            json.dumps(given or {}),
        ]
        self.process = subprocess.Popen(command)
        self.cookies: dict[str, str] = {}
        self._wait()

    def _wait(self) -> None:
        """Wait until the server answers."""
        until = monotonic() + 120
        while monotonic() < until and self.process.poll() is None:
            try:
                self.cpu()
                return
            except (OSError, IndexError):
                select.select([], [], [], 0.1)
        raise RuntimeError("the server does not answer")

    def send(self, method: str, path: str, cookie: str = "", form: dict | None = None) -> bytes:
        """Send one request and return the whole answer."""
        body = urlencode(form or {}).encode() if form is not None else b""
        kind = "Content-Type: application/x-www-form-urlencoded\r\n" if form is not None else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{kind}"
        head += f"Content-Length: {len(body)}\r\nCookie: {cookie}\r\n\r\n"
        with socket.socket(socket.AF_UNIX) as link:
            link.settimeout(200)
            link.connect(self.socket)
            link.sendall(head.encode() + body)
            return b"".join(iter(lambda: link.recv(65536), b""))

    def cpu(self) -> float:
        return float(self.send("GET", "/__cpu").split(b"\r\n\r\n", 1)[1])

    def run(self, n: int) -> float:
        """Send so many requests; returns the server's seconds of CPU."""
        begun = self.cpu()
        for _ in range(n):
            self.step()
        return self.cpu() - begun

    def step(self) -> None:
        answer = self.send("GET", self.path, self.cookies.get("me", ""))
        assert answer.startswith(b"HTTP/1.1 200"), answer[:200]

    def close(self) -> None:
        """End the server."""
        self.process.terminate()


class Floor(Client):
    pass


class Orm(Client):
    """The peer: Flask and an ORM, on the four tables of raw U."""

    kind = "sites.orm"

    def __init__(self, folder: str, name: str):
        url = f"sqlite:///{folder}/{name}.db"
        own = raw.Own(url, sync="FULL")
        own.link.raw.close()
        self.case = own.cases[0][0]
        super().__init__(folder, name, {"url": url})


class OrmPost(Orm):
    def step(self) -> None:
        answer = self.send("POST", f"/cases/{self.case}/moves/submit", form={"reason": "x"})
        assert answer.startswith(b"HTTP/1.1 302"), answer[:200]


class Program(Client):
    """The program's desk, read by an officer who is logged in."""

    kind, reader = "sites.program", pages.OFFICER

    def __init__(self, url: str, folder: str, name: str, sync: str | None = None):
        super().__init__(folder, name, {"url": url, "folder": folder, "sync": sync})
        self.cookies["me"], self.token = self.log_in(self.reader)

    def log_in(self, name: str) -> tuple[str, str]:
        """Return the cookie of a session, and its word against forged forms."""
        page = self.send("GET", "/login")
        words = {"username": name, "password": PASSWORD, "csrf_token": _token(page)}
        answer = self.send("POST", "/login", _cookie(page), words)
        assert b" 302 " in answer.split(b"\r\n", 1)[0], answer[:200]
        page = self.send("GET", "/password", _cookie(answer))
        return _cookie(page) or _cookie(answer), _token(page)


class DemoDesk(Program):
    """The same desk in the demo zone, where a town's officer has some nine things to do."""

    reader = "town1.officer"


class Post(Program):
    """A date change asked and returned by form, as people do, in the demo zone."""

    reader = "town1.officer"

    def __init__(self, url: str, folder: str, name: str, sync: str | None = None):
        moves = DateChange(url=url, folder=folder, sync=sync)
        names = dict(moves.program.rows("SELECT person_id, username FROM accounts"))
        names = {str(key).replace("-", ""): value for key, value in names.items()}
        self.cases = [
            [
                key,
                [names[who.id.replace("-", "")] for who in people],
                moves.words((0, 0, 0, day), "ask"),
            ]
            for key, *people, day in moves.cases
        ]
        sql = "SELECT version FROM cases WHERE id=?"
        self.versions = [
            moves.program.rows(sql, key.replace("-", ""))[0][0] for key, *_ in self.cases
        ]
        moves.program.db.session.remove()
        moves.program.db.engine.dispose()
        self.turn, self.sessions = 0, {}
        super().__init__(url, folder, name, sync)
        for _key, people, _words in self.cases:
            for one in people:
                self.sessions[one] = self.sessions.get(one) or self.log_in(one)

    def step(self) -> None:
        number, back = self.turn % len(self.cases), self.turn // len(self.cases) % 2
        key, people, words = self.cases[number]
        cookie, token = self.sessions[people[back]]
        words = {"opinion": "请写清人数"} if back else words
        form = {**words, "csrf_token": token, "version": self.versions[number]}
        answer = self.send(
            "POST", f"/cases/{key}/moves/{'return' if back else 'ask'}", cookie, form
        )
        assert b" 302 " in answer.split(b"\r\n", 1)[0], answer[:300]
        self.versions[number] += 1
        self.turn += 1


def _cookie(answer: bytes) -> str:
    head = answer.split(b"\r\n\r\n", 1)[0].decode("latin-1")
    return "; ".join(re.findall(r"(?im)^set-cookie: ([^;\r\n]+)", head))


def _token(page: bytes) -> str:
    return pages.TOKEN.search(page.decode())[1]
