"""Known passwords are not offered to the network: with demo accounts only this machine is answered."""

from __future__ import annotations

from flask import Flask

from oversight.base.db import db
from oversight.base.sentences import N_
from oversight.register import installation

FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")
SAID = N_("库里有密码公开的示范账号，只能在本机（127.0.0.1）上使用。")


class LoopbackOnly:
    """Stands before an application whose server chooses itself where it listens."""

    def __init__(self, app: Flask):
        self._app, self._inner = app, app.wsgi_app
        self._demo: bool | None = None  # demo accounts come only into an empty database

    def __call__(self, environ: dict, start_response):
        if from_afar(environ) and self._refuses():
            head = [("Content-Type", "text/plain; charset=utf-8")]
            start_response("403 Forbidden", head)
            return [SAID.encode()]
        return self._inner(environ, start_response)

    def _refuses(self) -> bool:
        if self._demo is None:
            with self._app.app_context():
                self._demo = installation.has_demo_accounts(db.session)
        return bool(self._demo)


def from_afar(environ: dict) -> bool:
    """True where a request came over the network, through a proxy on this machine too."""
    forwarded = any(name in environ for name in FORWARDED)
    return forwarded or not installation.is_loopback(environ.get("REMOTE_ADDR", "127.0.0.1"))
