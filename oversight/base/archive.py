"""The file of a backup: an archive of its members and, last, what each must hash to. It is written
whole or not at all, and read back before anybody relies on it.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from .refusals import BadRequest
from .sentences import N_
from .written import whole_file

MANIFEST = "manifest.json"
FORMAT = 1
NAMES = re.compile(r"secret_key|database/[\w.]+|uploads/[0-9a-f]{2}/[0-9a-f]{40,64}")
BROKEN = N_("不是本系统的备份，或已损坏，请换一个备份文件。")
PIECE = 2**24  # large: whoever works beside it is asked for his turn once a piece
_LARGE: dict[str, Any] = {"copybufsize": PIECE}  # which type checkers do not know of


class Writer:
    """What takes members in."""

    def __init__(self, tar: tarfile.TarFile):
        self._tar = tar
        self.hashes: dict[str, str] = {}  # by name

    def add(self, name: str, data: BinaryIO, size: int) -> None:
        """Take a member of so many bytes in."""
        member, hashed = tarfile.TarInfo(name), _Hashed(data)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, hashed)
        self.hashes[name] = hashed.sha256.hexdigest()

    def add_bytes(self, name: str, data: bytes) -> None:
        self.add(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, path: Path) -> None:
        """Take a file in; one that has gone meanwhile is left out."""
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return
        with file:
            self.add(name, file, path.stat().st_size)


class _Hashed:
    """A file that is hashed as it is read."""

    def __init__(self, file):
        self._file, self.sha256 = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.sha256.update(data)
        return data


@contextmanager
def new(path: Path, about: dict, aside: Path) -> Iterator[Writer]:
    """Yield what takes the members of a new archive in; `about` is written down at the end. It lies
    `aside` until then.

    Raises FileExistsError, OSError.
    """
    with (
        whole_file(path, over=False, aside=aside) as file,
        tarfile.open(fileobj=file, mode="w:gz", compresslevel=1, **_LARGE) as tar,
    ):
        out = Writer(tar)
        yield out
        told = {**about, "format": FORMAT, "sha256": out.hashes}
        data = json.dumps(told, ensure_ascii=False).encode()
        member = tarfile.TarInfo(MANIFEST)
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))


def read(path: Path, into: Path | None = None) -> dict:
    """Read an archive to its end and return what it says of itself; its members are laid below
    `into`. Raises BadRequest where it is none, or where any part of it is not as written.
    """
    try:
        with tarfile.open(path, "r|gz") as tar:
            about, found = _members(tar, into)
    except FileNotFoundError as error:
        raise BadRequest(f"打不开文件 {path}，请检查路径和权限。") from error
    except (tarfile.TarError, zlib.error, EOFError, ValueError, OSError) as error:
        raise _judged(error) from error
    if about.get("format") != FORMAT or about.get("sha256") != found:
        raise BadRequest(BROKEN)
    return about


def _judged(error: Exception) -> Exception:
    """Return what to raise: a disk that fails is no broken archive."""
    return error if getattr(error, "errno", None) else BadRequest(BROKEN)


def _members(tar: tarfile.TarFile, into: Path | None) -> tuple[dict, dict[str, str]]:
    """Read all members; returns the last one, which tells of the others, and the hashes of those."""
    about: dict = {}
    found: dict[str, str] = {}
    for member in tar:
        data = tar.extractfile(member)
        if member.name == MANIFEST:
            about = json.load(data)
        else:
            found[_named(member)] = _laid(data, into and into / member.name)
    return about, found


def _named(member: tarfile.TarInfo) -> str:
    """Return the name of a member that there may be. Raises BadRequest."""
    if not (member.isfile() and NAMES.fullmatch(member.name)):
        raise BadRequest(BROKEN)
    return member.name


def _laid(data, path: Path | None) -> str:
    """Read a member, lay it down where that is wanted, and return its hash."""
    hashed = _Hashed(data)
    if path is None:
        _through(hashed, lambda _piece: 0)
    else:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with whole_file(path) as file:
            _through(hashed, file.write)
    return hashed.sha256.hexdigest()


def _through(hashed: _Hashed, take: Callable[[bytes], int]) -> None:
    while piece := hashed.read(PIECE):
        take(piece)
