"""Rows of strangers: what slow connections and wrong log-ins cost those who work, over the same
server without them.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from tempfile import mkdtemp
from time import perf_counter
from urllib.parse import urlencode

from .pages import TOKEN
from .product import PASSWORD
from .rows import Report
from .scene import Scene

SLOW, EVERY_SECONDS, LOG_INS = 500, 4, 24
READER = "town1.officer"


def measure(report: Report, scene: Scene) -> None:
    """Measure both beside the same server left alone."""
    seconds = 5 if scene.quick else 26
    with _served(scene) as port:
        user = User(port)
        user.log_in()
        for title, crowd, act in (
            (f"page while {SLOW} clients send a byte in {EVERY_SECONDS} s", _slow, user.read),
            (f"write while {LOG_INS} wrong log-ins a second come", _wrong, user.write),
        ):
            alone = _p95(act, seconds / 2)
            with crowd(port):
                beside = _p95(act, seconds)
            report.add(f"{title}, p95", beside * 1e3, "ms", beside / alone, 2)


def _p95(act, seconds: float) -> float:
    """Act as one person does, twenty times a second, and return what 95 in 100 stay under."""
    found, until, pause = [], perf_counter() + seconds, threading.Event()
    while perf_counter() < until:
        begun = perf_counter()
        act()
        found.append(perf_counter() - begun)
        pause.wait(0.05)
    return statistics.quantiles(found, n=20)[-1]


@contextmanager
def _served(scene: Scene):
    """Serve a copy of the demo zone by the program's own command; yields its port."""
    with served(scene) as (port, _process):
        yield port


def environment(scene: Scene, folder: Path, database: Path) -> dict[str, str]:
    """Return the surroundings of a command: its data folder and database, and nothing of the caller's."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("OVERSIGHT_")}
    env |= {"OVERSIGHT_INSTANCE": str(folder), "OVERSIGHT_SECRET_KEY": "bench" * 8}
    env |= {"OVERSIGHT_DATABASE_URL": f"sqlite:///{database}", "OVERSIGHT_LOG": "errors"}
    return env | {"PYTHONPATH": str(scene.tree)}


@contextmanager
def served(scene: Scene, database: Path | None = None):
    """Serve a database, or a copy of the demo zone, by the program's own command; yields its port and
    process.
    """
    if database is None:
        database = Path(mkdtemp(dir=scene.folder)) / "served.db"  # none beside it of one before
        shutil.copy(scene.demo, database)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = environment(scene, database.parent, database) | {"PORT": str(port)}
    command = [sys.executable, "-c", "from oversight.cli import main; main()", "serve"]
    process = subprocess.Popen(command, cwd=scene.tree, env=env, stdout=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int, process: subprocess.Popen) -> None:
    pause = threading.Event()
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if process.poll() is not None:
                break
            pause.wait(0.1)
    raise RuntimeError("the server does not answer")


class User:
    """Somebody at a browser, each request a connection."""

    def __init__(self, port: int):
        self.port, self.cookies = port, {}

    def send(self, method: str, path: str, form: dict | None = None) -> tuple[int, str]:
        link = HTTPConnection("127.0.0.1", self.port, timeout=60)
        words = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        head = {"Cookie": words, "Content-Type": "application/x-www-form-urlencoded"}
        link.request(method, path, urlencode(form) if form else None, head)
        answer = link.getresponse()
        text = answer.read().decode()
        for said in answer.headers.get_all("Set-Cookie") or ():
            key, _, value = said.partition(";")[0].partition("=")
            self.cookies[key] = value
        link.close()
        return answer.status, text

    def log_in(self, password: str = PASSWORD, name: str = READER) -> int:
        token = TOKEN.search(self.send("GET", "/login")[1])[1]
        words = {"username": name, "password": password, "csrf_token": token}
        status = self.send("POST", "/login", words)[0]
        if status == 302:
            self.token = TOKEN.search(self.send("GET", "/password")[1])[1]
        return status

    def read(self) -> None:
        assert self.send("GET", "/desk")[0] == 200

    def write(self) -> None:
        """Change the size of the text: the smallest write that a page makes."""
        assert self.send("POST", "/text-size", {"csrf_token": self.token})[0] == 302


@contextmanager
def _slow(port: int):
    """Hold connections that send a byte now and then; who is hung up on comes again."""
    links, stop = [None] * SLOW, threading.Event()

    def dribble() -> None:
        turn = 0
        while not stop.wait(EVERY_SECONDS / SLOW):
            links[turn] = _byte(port, links[turn])
            turn = (turn + 1) % SLOW

    thread = threading.Thread(target=dribble, daemon=True)
    with ExitStack() as ended:
        for turn in range(SLOW):
            links[turn] = _byte(port, None)
        thread.start()
        ended.callback(lambda: [link.close() for link in links if link])
        yield
        stop.set()
        thread.join()


def _byte(port: int, link: socket.socket | None) -> socket.socket | None:
    """Send one more byte of a request that never ends."""
    try:
        if link is None:
            link = socket.create_connection(("127.0.0.1", port), 5)
            link.sendall(b"GET /login HTTP/1.1\r\nX-Long: ")
        link.sendall(b"a")
        return link
    except OSError:
        if link:
            link.close()
        return None


@contextmanager
def _wrong(port: int):
    """Try wrong passwords for changing names at a steady rate, whatever the server answers."""
    stop, turn = threading.Event(), iter(range(10**9))
    stranger = User(port)
    page = stranger.send("GET", "/login")[1]
    token = TOKEN.search(page)[1]

    def attempt(n: int) -> None:
        name = f"branch{n % 24 + 1:02}.member{n // 24 % 10 + 1:02}"
        words = {"username": name, "password": "wrong-wrong-wrong", "csrf_token": token}
        with suppress(OSError, HTTPException):  # the server has ended
            stranger.send("POST", "/login", words)

    def knock() -> None:
        while not stop.wait(1 / LOG_INS):
            threading.Thread(target=attempt, args=(next(turn),), daemon=True).start()

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join()
