"""Files that are there whole or not at all, whatever is killed: written aside, synced, then named."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PROBE = 4096  # bytes: a disk without as much is full
PART = ".part"  # ends the name of what is not whole yet


@contextmanager
def whole_file(path: Path, over: bool = True) -> Iterator[BinaryIO]:
    """Yield a file of its owner's that takes its name when all is written.

    Raises FileExistsError where the name is taken and not to be written over, OSError.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PART}")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path) if over else os.link(part, path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def whole(path: Path, data: bytes, over: bool = True) -> None:
    """Write a file as `whole_file` does."""
    with whole_file(path, over) as file:
        file.write(data)


def sync_folder(folder: Path) -> None:
    """Let the names in a folder outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def trouble(folder: Path) -> str:
    """Try to write in a folder; return what stands against it, empty where nothing does."""
    probe = folder / f".probe.{secrets.token_hex(4)}{PART}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe.write_bytes(b"\0" * PROBE)
    except OSError as error:
        return error.strerror or type(error).__name__
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    return ""
