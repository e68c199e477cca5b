"""What stands before the application where another server than `oversight serve` imports `wsgi:app`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from flask import Flask
from werkzeug.wsgi import ClosingIterator

from oversight.base import logs
from oversight.base.alone import Alone


class Timekeeper:
    """A process that is asked something does from then on each minute what time brings, and within
    seconds what is due, as `serve` does, where it may serve at all.
    """

    def __init__(self, app: Flask, every_seconds: int = 60):
        self._app, self._inner, self._every = app, app.wsgi_app, every_seconds
        self._keeper, self._asking = 0, threading.Lock()
        logs.begin("oversight", app.config["OVERSIGHT"].log_requests)
        app.extensions["alone"] = Alone(app.config["SQLALCHEMY_DATABASE_URI"])

    def __call__(self, environ: dict, start_response):
        answer = self._inner(environ, start_response)
        if self._keeper != os.getpid():  # after a fork nothing runs beside yet
            return ClosingIterator(answer, self._begin)  # the first answer needs none of it
        return answer

    def _begin(self) -> None:
        with self._asking:
            if self._keeper == os.getpid() or not self._app.extensions["alone"].mine():
                return
            self._keeper = os.getpid()
            threading.Thread(target=_drain, args=(self._app,), name="work", daemon=True).start()
            keep_time(self._app, self._every, self._beat)

    def _beat(self) -> None:
        from .setup import beat

        beat(self._app.extensions["clock"].moment())


def keep_time(app: Flask, every_seconds: int, beat: Callable[[], None]) -> None:
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


def _drain(app: Flask) -> None:
    """Do what is due, with what that takes."""
    from .background import drain

    drain(app, threading.Event())
