"""Pages made small for the way: secrets in them look different each time, and their length is blurred.

A stranger who can put words into a page and measure how small it gets would otherwise guess the
token in it, figure by figure.
"""

from __future__ import annotations

import gzip
import io
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

from flask import Flask, g
from flask_wtf.csrf import CSRFProtect, generate_csrf
from werkzeug.datastructures import Headers
from werkzeug.http import parse_accept_header

LEAST = 1024  # bytes below which a page is sent as it is
LEVEL = 6
BLUR = 32  # bytes by which the length of a page differs from time to time


class Masked(CSRFProtect):
    """Takes the tokens of forms as pages show them."""

    def init_app(self, app: Flask) -> None:
        super().init_app(app)
        app.jinja_env.globals["csrf_token"] = shown

    def _get_csrf_token(self) -> str:
        return token(super()._get_csrf_token())


def shown() -> str:
    """Return the token for the forms of this answer, under a mask of its own."""
    if "masked" not in g:
        plain = generate_csrf().encode()
        mask = os.urandom(len(plain))
        g.masked = urlsafe_b64encode(mask + _xor(mask, plain)).decode()
    return g.masked


def renew() -> None:
    """Let the rest of this answer show the token of the session that has just begun."""
    g.pop("csrf_token", None)
    g.pop("masked", None)


def token(given: str | None) -> str:
    """Return what a mask hides; what is no mask's is not any token."""
    try:
        raw = urlsafe_b64decode((given or "").encode())
        return _xor(raw[: len(raw) // 2], raw[len(raw) // 2 :]).decode()
    except ValueError:
        return ""


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


# Compressing -------------------------------------------------------------------------------------


def squeezing(plain):
    """Wrap a WSGI application so that its pages are compressed for browsers that take that."""

    def sent(environ, start_response):
        taken = parse_accept_header(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if environ["REQUEST_METHOD"] == "HEAD" or not taken["gzip"]:
            return plain(environ, start_response)
        head: list[tuple] = []
        body = plain(environ, lambda *given: head.append(given))
        return _squeezed(body, *head[-1], start_response=start_response)

    return sent


def _squeezed(body, status: str, headers: list, *more, start_response):
    """Begin an answer, compressed where it is a page of some length."""
    found = Headers(headers)
    page = found.get("Content-Type", "").startswith("text/html")
    if page and int(found.get("Content-Length", 0)) >= LEAST:
        body = [small(_whole(body))]
        found["Vary"] = ", ".join(filter(None, (found.get("Vary"), "Accept-Encoding")))
        found["Content-Encoding"], found["Content-Length"] = "gzip", str(len(body[0]))
    start_response(status, found.to_wsgi_list(), *more)
    return body


def _whole(body) -> bytes:
    try:
        return b"".join(body)
    finally:
        getattr(body, "close", lambda: None)()


def small(data: bytes) -> bytes:
    """Compress a page; the name in the head of the result blurs its length."""
    name, out = "x" * (1 + secrets.randbelow(BLUR)), io.BytesIO()
    with gzip.GzipFile(name, "wb", LEVEL, out, mtime=0) as squeezed:
        squeezed.write(data)
    return out.getvalue()
