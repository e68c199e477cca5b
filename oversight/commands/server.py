"""The web server: runs an application under gunicorn.

Nothing here knows the application's pages, settings or accounts; the caller brings a ready
application.
"""

from __future__ import annotations

import errno
import socket
import sys
import threading
from collections.abc import Callable

from flask import Flask
from gunicorn.app.base import BaseApplication


class _Server(BaseApplication):
    """One application with the options it was given: no command line, no configuration file."""

    def __init__(self, app: Flask, options: dict[str, object]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def _keep_time(app: Flask, every_seconds: int, beat: Callable[[], None]) -> None:
    """Call `beat` every so many seconds in a serving process, whatever it raises."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(every_seconds):
            try:
                with app.app_context():
                    beat()
            except Exception:  # the next beat tries again; the log says what was wrong
                app.logger.exception("sweep")

    threading.Thread(target=run, name="sweep", daemon=True).start()


def serve(
    app: Flask,
    host: str,
    port: int,
    threads: int = 8,
    beat: Callable[[], None] | None = None,
    every_seconds: int = 60,
) -> None:
    """Serve the application until a signal stops it, calling `beat` every minute beside it."""
    refuse_taken(host, port)
    _close_connections(app)
    options = _options(app, host, port, threads)
    if beat:
        options["post_worker_init"] = lambda _worker: _keep_time(app, every_seconds, beat)
    _Server(app, options).run()


def refuse_taken(host: str, port: int) -> None:
    """Say on standard error why an address cannot be had, and end the process."""
    trouble = _why_not_listen(host, port)
    if trouble:
        print(trouble, file=sys.stderr)
        raise SystemExit(1)


def _options(app: Flask, host: str, port: int, threads: int) -> dict[str, object]:
    """SQLite has one writer: one process, whose threads take turns. PostgreSQL takes two processes."""
    sqlite = str(app.config.get("SQLALCHEMY_DATABASE_URI") or "sqlite").startswith("sqlite")
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": 1 if sqlite else 2,
        "worker_class": "gthread",
        "threads": threads,
        "timeout": 60,
        "graceful_timeout": 5,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "control_socket_disable": True,
        "proc_name": "oversight",
    }


def _why_not_listen(host: str, port: int) -> str | None:
    """Try the address as gunicorn will; return the sentence that says why it cannot be had."""
    if not 0 < port < 65536:
        return f"端口 {port} 不存在，请用 PORT=… 另选一个（1 到 65535）。"
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
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
