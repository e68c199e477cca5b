"""One application behind a real server of one process, on a socket in a scratch folder."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from time import process_time

from gunicorn.app.base import BaseApplication


class Server(BaseApplication):
    """gunicorn with one worker that takes a request at a time, and tells its CPU when asked."""

    def __init__(self, kind: str, socket: str, given: dict):
        self.kind, self.socket, self.given = kind, socket, given
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"unix:{self.socket}",
            "workers": 1,
            "loglevel": "error",
            "timeout": 300,
            "worker_class": "gthread",
            "threads": 8,
        }
        for name, value in {**options, "control_socket_disable": True}.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self):
        module, name = self.kind.split(".")
        app = getattr(import_module(f".{module}", __package__), name)(**self.given)

        def timed(environ, start_response):
            if environ["PATH_INFO"] != "/__cpu":
                return app(environ, start_response)
            said = str(process_time()).encode()
            start_response("200 OK", [("Content-Length", str(len(said)))])
            return [said]

        return timed


if __name__ == "__main__":
    Server(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])).run()
