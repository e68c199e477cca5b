"""The program's own files for browsers: stamped with their content, kept for a year, sent
compressed.

Pages themselves are never compressed: they carry secrets beside what a stranger may have written.
"""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request

KEPT = "public, max-age=31536000, immutable"
TEXT = ("text/css", "text/javascript", "application/javascript", "image/svg+xml")


def register(app: Flask) -> None:
    """Stamp the addresses of static files, and send those files small."""
    folder = Path(app.static_folder)

    @app.url_defaults
    def stamp(endpoint: str, values: dict) -> None:
        if endpoint == "static" and "filename" in values:
            values.setdefault("v", _stamp(folder / values["filename"]))

    app.after_request(_squeezed)


def _stamp(path: Path) -> str:
    return _hash(path, path.stat().st_mtime_ns)[:12] if path.is_file() else "0"


@lru_cache(maxsize=64)
def _hash(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=64)
def _small(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def _squeezed(response: Response) -> Response:
    if request.endpoint != "static" or response.status_code != 200:
        return response
    if request.args.get("v"):
        response.headers["Cache-Control"] = KEPT
    if response.mimetype in TEXT and "gzip" in request.accept_encodings:
        response.direct_passthrough = False
        response.set_data(_small(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    return response
