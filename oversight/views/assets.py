"""The program's own files for browsers, at an address that changes with their content.

Copies with their compressed twins lie in the instance folder and are sent by WhiteNoise, to be kept
for a year. Pages are compressed by `masking`, as they carry secrets beside what a stranger wrote.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

YEAR = 365 * 24 * 60 * 60


def digest(folder: Path) -> str:
    """Return a short hash of the names and contents of a folder's files."""
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


def register(app: Flask, always: dict[str, str], around: Callable) -> None:
    """Send static files by WhiteNoise, small where the browser takes that; `always` are headers,
    `around` wraps the whole.
    """
    source = Path(app.static_folder)
    stamp = app.static_url_path.rpartition("/")[2]
    kept = Path(app.instance_path) / "static" / stamp
    there = kept.is_dir() or _prepare(source, kept)
    files = WhiteNoise(
        app.wsgi_app,
        root=kept if there else source,
        prefix=app.static_url_path,
        max_age=YEAR,
        immutable_file_test=lambda _path, _url: True,
        allow_all_origins=False,
        add_headers_function=lambda headers, _path, _url: [
            headers.add_header(*one) for one in always.items()
        ],
    )
    app.wsgi_app = around(files)  # type: ignore[method-assign]  # as Flask documents it


def _prepare(source: Path, kept: Path) -> bool:
    """Copy the files and compress them beside, all or nothing; where a disk takes nothing they are
    sent as they are.
    """
    made = kept.with_name(f"{kept.name}.{id(kept):x}")
    try:
        shutil.copytree(source, made, dirs_exist_ok=True)
        small = Compressor(use_brotli=False, quiet=True)
        for path in sorted(made.iterdir()):
            if small.should_compress(path.name):
                small.compress(str(path))
        made.rename(kept)
    except OSError:  # or another process was first
        shutil.rmtree(made, ignore_errors=True)
    return kept.is_dir()
