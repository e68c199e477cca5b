"""Files that were made for somebody and wait an hour to be fetched, on the server and in no backup."""

from __future__ import annotations

import re
import secrets
import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from .written import whole_file

SHELF = "shelf"
LIVES = timedelta(hours=1)
NAME = re.compile(r"([0-9]{10,11})-[0-9a-f]{32}")


def put(folder: Path, file: IO[bytes], now: datetime) -> str:
    """Keep a file until its hour is over, and return its name. What is older goes."""
    shelf = folder / SHELF
    shelf.mkdir(parents=True, exist_ok=True, mode=0o700)
    forget_old(folder, now)
    name = f"{int(now.timestamp())}-{secrets.token_hex(16)}"
    with whole_file(shelf / name) as out:
        shutil.copyfileobj(file, out)
    return name


def fetch(folder: Path, name: str, now: datetime) -> IO[bytes] | None:
    """Open a file that is kept; None where its hour is over."""
    if not _lives(name, now):
        return None
    with suppress(FileNotFoundError):
        return (folder / SHELF / name).open("rb")
    return None


def forget_old(folder: Path, now: datetime) -> None:
    """Delete what waited for an hour, and what was never whole."""
    shelf = folder / SHELF
    for path in shelf.iterdir() if shelf.is_dir() else ():
        begun = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        if not (_lives(path.name, now) or path.name.startswith(".") and now - begun < LIVES):
            path.unlink(missing_ok=True)


def _lives(name: str, now: datetime) -> bool:
    found = NAME.fullmatch(name)
    return found is not None and 0 <= now.timestamp() - int(found[1]) < LIVES.total_seconds()
