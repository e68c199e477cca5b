"""What stands before the application where another server than `oversight serve` imports `wsgi:app`."""

from __future__ import annotations

import os
import threading

from flask import Flask

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
        if self._keeper != os.getpid():  # after a fork nothing runs beside yet
            self._begin()
        return self._inner(environ, start_response)

    def _begin(self) -> None:
        with self._asking:
            if self._keeper == os.getpid() or not self._app.extensions["alone"].mine():
                return
            self._keeper = os.getpid()
            from .background import keep_draining
            from .server import _keep_time
            from .setup import beat

            clock = self._app.extensions["clock"]
            keep_draining(self._app)
            _keep_time(self._app, self._every, lambda: beat(clock.moment()))
