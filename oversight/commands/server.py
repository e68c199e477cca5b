"""The web server: waitress, which reads whole requests before a thread sees them, so that slow
clients cost no thread; what strangers may ask for at some expense has a queue of its own.

Nothing here knows the application's pages, settings or accounts; the caller brings them.
"""

from __future__ import annotations

import errno
import logging
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from flask import Flask
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from oversight.base import logs, patience

from .timekeeper import keep_time

CONNECTIONS = 1_000
HEAD_SECONDS, BODY_SECONDS, IDLE_SECONDS = 20, 300, 60
CROWDED = 4  # where half of the connections are taken, patience is shorter by this
HEADER_MOST = 32 * 2**10
LINE_MOST = 8 * 2**10  # of a chunked body between chunks: waitress itself sets no end to it
IN_MEMORY = 64 * 2**10  # of a body that is coming in; the rest lies on disk
BODIES_MOST = 2**30  # of all bodies that are coming in
SLOWEST = 2**10  # bytes a second of a body, where connections are scarce
BACKLOG = 1_024


@dataclass(frozen=True)
class Service:
    """What is served: the application, what a body may weigh, which requests are at some expense
    open to strangers (1), read files (2), ask how it is (3) or write (4), what is done every minute beside it,
    whether the log tells each request.
    """

    app: Flask
    body_most: int
    costly: Callable[[str, str], int] = lambda _method, _path: 0
    beat: Callable[[], None] | None = None
    every_seconds: int = 60
    requests_logged: bool = False
    beside: tuple[Callable[[], None], ...] = ()  # begun once in each serving process
    ended: Callable[[], None] | None = None  # done once none is served any more


class _Channel(HTTPChannel):
    """A connection that knows since when its present request has been coming in."""

    began = 0.0
    queued = 0.0

    def service(self) -> None:
        """Answer a request; how long it has waited for that counts as patience spent."""
        with patience.come(self.queued):
            super().service()

    def received(self, data: bytes) -> bool:
        before = self.request
        more = super().received(data)
        if self.request is not before:
            self.began = self.last_activity
        if self.request is not None and _endless(self.request.body_rcv):
            self.will_close = True
        return more

    @property
    def coming(self) -> int:
        """Return how much of a body has come in so far that nobody may read yet."""
        return self.request.body_bytes_received if self.request is not None else 0

    def dawdles(self, now: float, patience: float) -> bool:
        """True where the request that is coming in should have come by now."""
        if self.request is None:
            return not self.requests and now - self.last_activity > IDLE_SECONDS * patience
        took = now - self.began
        if not self.request.headers_finished:
            return took > HEAD_SECONDS * patience
        slow = patience < 1 and took > HEAD_SECONDS and self.coming < took * SLOWEST
        return slow or took > BODY_SECONDS


def _endless(body) -> bool:
    """True where a chunked body goes on and on beside its chunks."""
    beside = len(getattr(body, "control_line", b"")) + len(getattr(body, "trailer", b""))
    return beside > LINE_MOST


class _Server(TcpWSGIServer):
    channel_class = _Channel

    def __init__(self, service: Service, sock: socket.socket, threads: int) -> None:
        self._costly = service.costly
        few = max(1, (os.cpu_count() or 2) // 2)
        self._queues = [_queue(n) for n in (threads, few, few, 1, max(1, threads // 2))]
        super().__init__(
            service.app,
            map={},
            _sock=sock,
            dispatcher=self._queues[0],
            bind_socket=False,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
            adj=_adjustments(service, sock, threads),
        )

    def add_task(self, task: _Channel) -> None:
        asked, task.queued = task.requests[0], monotonic()
        dear = self._costly(asked.command, asked.path) if asked.error is None else 0
        self._queues[dear].add_task(task)

    def maintenance(self, now: float) -> None:
        """Hang up on whoever keeps a connection without getting on with it."""
        crowded = len(self.active_channels) > self.adj.connection_limit / 2
        for channel in self.active_channels.values():
            if channel.dawdles(now, 1 / CROWDED if crowded else 1):
                channel.will_close = True
        coming = sorted(self.active_channels.values(), key=lambda one: one.coming, reverse=True)
        total = sum(one.coming for one in coming)
        for channel in coming:
            if total <= BODIES_MOST:
                break
            total -= channel.coming
            channel.will_close = True

    def run(self) -> None:
        super().run()  # until a signal; ends the first queue itself
        for queue in self._queues[1:]:
            queue.shutdown()


def _queue(threads: int) -> ThreadedTaskDispatcher:
    made = ThreadedTaskDispatcher()
    made.set_thread_count(threads)
    return made


def _adjustments(service: Service, sock: socket.socket, threads: int) -> Adjustments:
    return Adjustments(
        sockets=[sock],
        threads=threads,
        backlog=BACKLOG,
        connection_limit=_connections(),
        cleanup_interval=2,
        channel_timeout=IDLE_SECONDS,
        max_request_header_size=HEADER_MOST,
        max_request_body_size=service.body_most,
        inbuf_overflow=IN_MEMORY,
        asyncore_use_poll=True,  # select() ends at 1,024 files
        clear_untrusted_proxy_headers=False,  # the application decides whom it believes
        log_socket_errors=False,
        ident="",
    )


def _connections() -> int:
    """Return how many connections may be open, having asked for files enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS * 2 + 200  # a connection, and what it sends on disk
    most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    return CONNECTIONS if soft == resource.RLIM_INFINITY else max(50, min(CONNECTIONS, soft // 2))


def serve(service: Service, host: str, port: int, threads: int = 8) -> None:
    """Serve until a signal stops it: SQLite has one writer, so one process; PostgreSQL takes two."""
    refuse_taken(host, port)
    _close_connections(service.app)
    logs.begin("oversight", service.requests_logged)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    signal.signal(signal.SIGTERM, _stop)
    family, address = _address(host, port)
    with socket.create_server(address, family=family, backlog=BACKLOG) as sock:
        uri = str(service.app.config.get("SQLALCHEMY_DATABASE_URI") or "sqlite")
        if uri.startswith("sqlite"):
            _run(service, sock, threads)
        else:
            _processes(2, lambda: _run(service, sock, threads))


def _run(service: Service, sock: socket.socket, threads: int) -> None:
    sock.setblocking(False)
    server = _Server(service, sock, threads)
    if service.beat:
        keep_time(service.app, service.every_seconds, service.beat)
    for begin in service.beside:
        begin()
    server.run()
    if service.ended:
        service.ended()


def _stop(_signal, _frame) -> None:
    raise SystemExit(0)


def _processes(count: int, run: Callable[[], None]) -> None:
    """Run in several processes, each begun anew where it died, until a signal stops this one."""
    children = {_child(run) for _ in range(count)}
    try:
        while True:
            died, _status = os.wait()
            children.discard(died)
            threading.Event().wait(1)  # a process that cannot start must not spin
            children.add(_child(run))
    except (KeyboardInterrupt, SystemExit):
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
        for child in children:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)


def _child(run: Callable[[], None]) -> int:
    """Fork a process that runs and never comes back; returns its id to this one."""
    made = os.fork()
    if made:
        return made
    code = 1
    try:
        run()
        code = 0
    except (KeyboardInterrupt, SystemExit):
        code = 0
    except BaseException:
        logging.getLogger("oversight").exception("serve")
    finally:
        os._exit(code)


def refuse_taken(host: str, port: int) -> None:
    """Say on standard error why an address cannot be had, and end the process."""
    trouble = _why_not_listen(host, port)
    if trouble:
        print(trouble, file=sys.stderr)
        raise SystemExit(1)


def _address(host: str, port: int) -> tuple[int, tuple]:
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    return family, address


def _why_not_listen(host: str, port: int) -> str | None:
    """Try the address as the server will; return the sentence that says why it cannot be had."""
    if not 0 < port < 65536:
        return f"端口 {port} 不存在，请用 PORT=… 另选一个（1 到 65535）。"
    try:
        family, address = _address(host, port)
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f"端口 {port} 已被占用，请用 PORT=… 另选一个。"
        if error.errno == errno.EACCES:
            return f"端口 {port} 需要系统管理员权限，请用 PORT=… 另选一个。"
        return f"不能在 {host} 的端口 {port} 上监听（{error}）。"
    return None


def _close_connections(app: Flask) -> None:
    """Close pooled database connections: a forked worker must open its own."""
    database = app.extensions.get("sqlalchemy")
    if database is None:
        return
    with app.app_context():
        for engine in database.engines.values():
            engine.dispose()
