"""The server: slow clients and what strangers may ask for at some expense hold up nobody else."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, suppress
from time import monotonic
from types import SimpleNamespace

import pytest
from flask import Flask, request

from oversight.base import patience
from oversight.commands import server
from oversight.views import BODY_MOST, costly

THREADS, BODY, MEMORY = 2, 20_000, 10_000


@pytest.fixture
def gate():
    return threading.Event()


@pytest.fixture
def served(gate, monkeypatch):
    monkeypatch.setattr(server, "IN_MEMORY", MEMORY)
    app = Flask("tried")
    app.add_url_rule("/", "page", lambda: "here", methods=["GET", "POST"])
    app.add_url_rule("/login", "login", lambda: gate.wait(20) and "in", methods=["POST"])
    app.add_url_rule("/roster", "roster", lambda: gate.wait(20) and "read", methods=["POST"])
    app.add_url_rule("/write", "write", lambda: gate.wait(20) and "written", methods=["POST"])
    app.add_url_rule("/size", "size", lambda: str(len(request.data)), methods=["POST"])
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.setblocking(False)
        made = server._Server(server.Service(app, BODY, costly), sock, THREADS)
        thread = threading.Thread(target=made.asyncore.loop, args=(0.1, True, made._map))
        thread.start()
        yield made
        gate.set()
        made.asyncore.close_all(made._map)
        thread.join(timeout=30)
        assert not thread.is_alive(), "the server does not end"


@pytest.fixture
def port(served):
    return served.socket.getsockname()[1]


def send(port: int, data: bytes) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), 20)
    link.sendall(data)
    return link


def answer(link: socket.socket) -> str:
    with link:
        return b"".join(iter(lambda: link.recv(65536), b"")).decode()


def ask(port: int, method: str = "GET", path: str = "/", body: bytes = b"") -> socket.socket:
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    return send(port, f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def test_slow_clients_cost_no_thread(port):
    with ExitStack() as held:
        for n in range(THREADS * 10):
            begun = b"GET / HTTP/1.1\r\nX-Long: a" if n % 2 else b"POST / HTTP/1.1\r\n"
            held.enter_context(send(port, begun + b"Content-Length: 500\r\n\r\na" * (n % 2 == 0)))
        assert answer(ask(port)).endswith("here")


def test_a_trickled_upload_costs_no_thread_and_no_memory(port, served):
    """Multipart bodies that never end, more of them than threads, each larger than what is held."""
    head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    head += (
        f"Content-Length: {BODY - 1}\r\n\r\n--b\r\nContent-Disposition: form-data; name=f\r\n\r\n"
    )
    begun = head.encode() + b"a" * MEMORY
    with ExitStack() as held:
        for link in [held.enter_context(send(port, begun)) for _ in range(THREADS * 10)]:
            link.sendall(b"a")
            assert answer(ask(port)).endswith("here")
        bodies = [one.request.body_rcv.getbuf() for one in served.active_channels.values()]
        kept = [type(body.buf).__name__ for body in bodies if len(body) > MEMORY]
        assert len(kept) == THREADS * 10 and set(kept) == {"TempfileBasedBuffer"}


@pytest.mark.parametrize("beside", [b"a" * 20_000, b"1\r\na\r\n0\r\nX: " + b"a" * 20_000])
def test_a_chunked_body_has_no_endless_line_beside_its_chunks(port, beside):
    head = b"POST /size HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with send(port, head + beside) as link, suppress(ConnectionResetError):
        assert link.recv(100) == b""
    assert answer(ask(port)).endswith("here")


def test_who_fills_the_disk_is_hung_up_on(served):
    channels = [
        SimpleNamespace(coming=n, will_close=False, dawdles=lambda *_: False)
        for n in (server.BODIES_MOST, 5, server.BODIES_MOST // 2)
    ]
    there, served.active_channels = served.active_channels, dict(enumerate(channels))
    served.maintenance(0)
    served.active_channels = there
    assert [one.will_close for one in channels] == [True, False, False]


@pytest.mark.parametrize(
    ("came", "after", "patience", "late"),
    [(0, 25, 1, False), (0, 25, 0.25, True), (0, 15, 0.25, False), (10**6, 60, 0.25, False)],
)
def test_where_connections_are_scarce_a_body_keeps_coming(came, after, patience, late):
    request = SimpleNamespace(headers_finished=True)
    channel = SimpleNamespace(request=request, began=0, last_activity=after, coming=came)
    assert server._Channel.dawdles(channel, after, patience) is late


def test_what_a_request_waits_for_its_turn_is_patience_spent(served, port, monkeypatch):
    served.application.view_functions["page"] = lambda: f"left {patience.left(15):.1f}"
    assert answer(ask(port)).endswith("left 15.0")
    monkeypatch.setattr(server, "monotonic", lambda: monotonic() - 9)
    assert answer(ask(port)).endswith("left 6.0")


def test_log_ins_wait_for_each_other_and_hold_up_nobody(port, gate):
    waiting = [ask(port, "POST", "/login") for _ in range(THREADS * 10)]
    assert answer(ask(port)).endswith("here")
    gate.set()
    assert all(answer(link).endswith("in") for link in waiting)


def test_files_wait_for_each_other_and_hold_up_neither_pages_nor_log_ins(port, gate):
    waiting = [ask(port, "POST", "/roster") for _ in range(THREADS * 10)]
    entering = ask(port, "POST", "/login")
    assert answer(ask(port)).endswith("here")
    gate.set()
    assert answer(entering).endswith("in")
    assert all(answer(link).endswith("read") for link in waiting)


def test_writers_wait_for_each_other_and_readers_go_on(port, gate):
    waiting = [ask(port, "POST", "/write") for _ in range(THREADS * 10)]
    assert answer(ask(port)).endswith("here")
    gate.set()
    assert all(answer(link).endswith("written") for link in waiting)


@pytest.mark.parametrize(
    ("method", "path", "queue"),
    [
        ("POST", "/login", 1),
        ("GET", "/login", 0),
        ("POST", "/roster", 2),
        ("POST", "/roster/apply", 4),
        ("POST", "/cases/1/attachments", 2),
        ("POST", "/api/v1/cases/1/attachments", 2),
        ("GET", "/api/v1/attachments/1", 0),
    ],
)
def test_what_is_at_some_expense_has_its_queue(method, path, queue):
    assert costly(method, path) == queue


def test_a_body_that_weighs_too_much_is_not_read(port):
    head = b"POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
    assert " 413 " in answer(send(port, head % 10**12)).split("\r\n")[0]
    assert answer(ask(port, "POST", "/size", b"a" * 900)).endswith("900")
    chunks = b"Transfer-Encoding: chunked\r\n\r\n" + b"64\r\n" + b"a" * 100 + b"\r\n"
    endless = send(port, b"POST /size HTTP/1.1\r\nHost: x\r\n" + chunks + chunks[30:] * 190)
    assert " 413 " in answer(endless).split("\r\n")[0]


def test_the_server_does_not_say_what_it_is(port):
    assert "server:" not in answer(ask(port)).lower()


@pytest.mark.parametrize(
    ("headers_finished", "after", "patience", "late"),
    [
        (False, server.HEAD_SECONDS, 1, False),
        (False, server.HEAD_SECONDS + 1, 1, True),
        (False, server.HEAD_SECONDS / server.CROWDED + 1, 1 / server.CROWDED, True),
        (True, server.BODY_SECONDS, 1, False),
        (True, server.BODY_SECONDS + 1, 1, True),
    ],
)
def test_who_dawdles_is_hung_up_on(headers_finished, after, patience, late):
    request = SimpleNamespace(headers_finished=headers_finished)
    channel = SimpleNamespace(request=request, began=1_000, last_activity=1_000 + after)
    assert server._Channel.dawdles(channel, 1_000 + after, patience) is late


def test_who_waits_for_his_answer_is_not_hung_up_on():
    idle = SimpleNamespace(request=None, requests=[], last_activity=1_000)
    busy = SimpleNamespace(request=None, requests=[object()], last_activity=1_000)
    later = 1_001 + server.IDLE_SECONDS
    assert server._Channel.dawdles(idle, later, 1)
    assert not server._Channel.dawdles(busy, later, 1)


def test_the_largest_photo_that_is_answered_in_words_gets_through():
    assert BODY_MOST > 64 * 2**20
