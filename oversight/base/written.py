"""Files that are there whole or not at all, whatever is killed: written aside, synced, then named."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

PROBE = 4096  # bytes: a disk without as much is full
PART = ".part"  # ends the name of what is not whole yet
ASIDE = ".oversight-"
ONE_NAME = (
    errno.EPERM,
    errno.EOPNOTSUPP,
    errno.ENOSYS,
)  # a stick's or a share's files have no second


@contextmanager
def whole_file(path: Path, over: bool = True, aside: Path | None = None) -> Iterator[BinaryIO]:
    """Yield a file of its owner's that takes its name when all is written; till then it lies beside
    it, or in a folder of the same disk.

    Raises FileExistsError where the name is taken and not to be written over, OSError.
    """
    part = (aside or path.parent) / f".{path.name}.{secrets.token_hex(4)}{PART}"
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path) if over else _named(part, path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _named(part: Path, path: Path) -> None:
    """Give a file a name that must not be taken. Raises FileExistsError."""
    try:
        os.link(part, path)
    except OSError as error:
        if error.errno not in ONE_NAME:
            raise
        if path.exists():  # between this and the next line lies what such a disk cannot do better
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        part.rename(path)


def whole(path: Path, data: bytes, over: bool = True) -> None:
    """Write a file as `whole_file` does."""
    with whole_file(path, over) as file:
        file.write(data)


@contextmanager
def folder_aside(beside: Path) -> Iterator[Path]:
    """Yield a folder that only its owner enters, gone afterwards; where this process is killed it goes
    with the next one, or with `clear`.
    """
    clear(beside)
    made = Path(tempfile.mkdtemp(prefix=ASIDE, dir=beside))
    held = os.open(made, os.O_RDONLY)
    try:
        with suppress(OSError):  # where none can be held none is cleared either
            fcntl.flock(held, fcntl.LOCK_EX)  # before it has a name by which it is cleared
        folder = made.rename(made.with_name(made.name + PART))
        yield folder
    finally:
        shutil.rmtree(made.with_name(made.name + PART), ignore_errors=True)
        os.close(held)


def clear(beside: Path) -> int:
    """Remove the folders that killed processes left; returns how many."""
    found = [one for one in beside.glob(f"{ASIDE}*{PART}") if one.is_dir() and _nobodys(one)]
    for folder in found:
        shutil.rmtree(folder, ignore_errors=True)
    return len(found)


def _nobodys(folder: Path) -> bool:
    """True where no living process holds a folder."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # it is gone, or another account's
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def sync_folder(folder: Path) -> None:
    """Let the names in a folder outlive a power cut, where its disk can promise that."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a share's folder
            raise
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
