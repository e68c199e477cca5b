"""The server's log: lines of JSON with the id of the request, and nothing about people; and its end,
which lets whoever is being answered have his answer.
"""

from __future__ import annotations

import http.client
import json
import logging
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from psycopg_pool import ConnectionPool

from oversight.base import logs

SLOW = """
import sys
from flask import Flask
from oversight.commands import server
app = Flask("slow")
@app.get("/")
def slow():
    print("in", flush=True)
    sys.stdin.readline()
    return "whole"
server.serve(server.Service(app, 10_000), "127.0.0.1", {port})
"""


@pytest.fixture
def line():
    def written(*given, **more) -> dict:
        record = logging.LogRecord("oversight", logging.ERROR, __file__, 1, *given, **more)
        return json.loads(logs.Lines().format(record))

    return written


def test_an_error_tells_its_class_and_place_and_none_of_its_words(line):
    mark = logs.request_id.set("abc")
    try:
        raise ValueError("王小明 13800000000")
    except ValueError:
        found = line("sweep: %s", ("x",), sys.exc_info())
    finally:
        logs.request_id.reset(mark)
    assert found["event"] == "sweep: x" and found["request"] == "abc" and found["level"] == "error"
    assert found["error"] == "ValueError" and found["where"][0].startswith("test_logs.py:")
    assert "王小明" not in json.dumps(found, ensure_ascii=False)


REFUSED = 'connection to server at "10.1.2.3", port 5432 failed: FATAL: no role "keeper"'
SECRETS = ("10.1.2.3", "5432", "keeper", "/cases/", "smtp.example.org")


@pytest.mark.parametrize(
    ("name", "said", "args", "event"),
    [
        ("psycopg.pool", "error connecting in %r: %s", ("pool-1", OSError(REFUSED)), "OSError"),
        (
            "psycopg.pool",
            "discarding %(link)s",
            ({"link": OSError(REFUSED)},),
            "discarding OSError",
        ),
        ("procrastinate.worker", f"fetch_jobs error: OSError({REFUSED!r})", (), "fetch"),
        (
            "asyncio",
            f"Task exception was never retrieved\nfuture: <OSError({REFUSED!r})>",
            (),
            "Task",
        ),
        ("urllib3.connectionpool", "pool is full: %s, %d", ("smtp.example.org", 10), "10"),
        ("waitress", "Exception while serving /cases/1", (), "Exception while serving"),
    ],
)
def test_what_libraries_say_tells_no_address_and_no_user(name, said, args, event):
    record = logging.LogRecord(name, logging.WARNING, "pool.py", 680, said, args, None, "connect")
    text = logs.Lines().format(record)
    assert event in json.loads(text)["event"] and not [one for one in SECRETS if one in text]
    assert json.loads(text)["where"] == ["pool.py:680 connect"]


def test_a_pool_that_cannot_connect_does_not_say_where_to(tmp_path, monkeypatch):
    """The library's own warning, by the handler that takes what no other does."""
    lines, told = [], threading.Event()
    monkeypatch.setattr(logging.lastResort, "formatter", None)
    monkeypatch.setattr(
        logging.lastResort,
        "handle",
        lambda one: (lines.append(logging.lastResort.format(one)), told.set()),
    )
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    own = logging.getLogger("a program")
    logs.begin(own.name, everything=False)
    pool = ConnectionPool(kwargs={"host": str(tmp_path), "user": "keeper"}, open=False)
    try:
        pool.open()
        assert told.wait(30)
    finally:
        pool.close()
        own.handlers.clear()
    assert '"logger": "psycopg.pool"' in lines[0] and "OperationalError" in lines[0]
    assert not [line for line in lines if str(tmp_path) in line or "keeper" in line]


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "换行\n"])
def test_an_id_from_outside_is_taken_only_where_it_is_one(given):
    assert logs.new_id(given) != given and len(logs.new_id(given)) == 16
    assert logs.new_id("req-2026-0001") == "req-2026-0001"


@contextmanager
def killed_at_the_end(server):
    """Let a test that fails not wait for its server for ever."""
    try:
        yield
    finally:
        server.kill()


def test_a_stop_lets_an_answer_go_out():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with (
        subprocess.Popen(
            [sys.executable, "-c", SLOW.format(port=port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server,
        killed_at_the_end(server),
    ):
        link, got = None, []
        while link is None:
            assert server.poll() is None
            try:
                link = socket.create_connection(("127.0.0.1", port), 20)
            except ConnectionError:  # refused, or reset by a server that is just coming up
                continue
            if link.getsockname() == link.getpeername():  # nobody listens yet: it has met itself
                link.close()
                link = None
        link.close()

        def ask():
            asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            asked.request("GET", "/")
            got.append(asked.getresponse().read())

        asking = threading.Thread(target=ask)
        asking.start()
        assert server.stdout.readline() == "in\n"
        server.terminate()
        server.stdin.write("go\n")
        server.stdin.flush()
        asking.join(30)
        assert got == [b"whole"]
        assert server.wait(30) == 0
