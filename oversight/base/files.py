"""Files that people send: what is allowed, how it is cleaned, and where it lies. Knows neither
cases nor the web.

Hostile bytes are read by `sandbox` in a child process. Files lie under random names outside the
static tree.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import outages, written
from .refusals import InvalidInput, TooLarge, Unavailable, WrongType
from .sandbox import media
from .sentences import N_, say
from .typed import INVISIBLE

MOST_BYTES = 10 * 2**20
MARK = 40  # characters of the hash in the name of a small copy, which no row holds
OVERHEAD = 64 * 2**10  # what a form adds to its file
SCAN_SECONDS = 30
SECONDS = 20  # by the wall; the child's own time is shorter
KINDS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"%PDF-")
PHOTOS = ("jpg", "jpeg", "png", "pdf", "webp", "heic", "heif", "avif")  # endings of what is taken
NO = {
    "empty": N_("这个文件是空的，请重新选择。"),
    "pixels": N_("这张照片的像素太多，打不开。请用手机相册缩小后再传。"),
    "broken": N_("这个文件没有传完，或已损坏。请重新选择后再传。"),
    "phone": N_("这张照片没有传完，或格式打不开。请重选一次；仍不行，请在手机里另存为 JPG 再传。"),
    "active": N_(
        "这个 PDF 里带有脚本、附件或自动执行的内容，不能上传。请打印成新的 PDF，或拍照上传。"
    ),
    "locked": N_("这个 PDF 加了密码。请去掉密码后再传。"),
    "pages": N_("这个 PDF 太长，请只传要用的几页。"),
    "scanned": N_("病毒扫描没有放行这个文件，不能上传。请换一个文件，或告诉系统管理员。"),
    "behind": N_("这个 PDF 后面还夹带了别的内容，不能上传。请打印成新的 PDF，或拍照上传。"),
}


@dataclass(frozen=True)
class Clean:
    """A harmless copy: its media type and bytes, for an image also its size and a small copy."""

    kind: str
    data: bytes
    thumb: bytes | None = None
    width: int | None = None
    height: int | None = None

    @property
    def sha256(self) -> str:
        return sha256(self.data)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def too_large(size: int | None) -> TooLarge:
    """Say how large a file is and what to do. `size` in bytes, None where nobody knows."""
    megabytes = f"{max(round(size / 2**20, 1), 10.1):g}" if size else ""
    known = say("这张照片有 %(size)s MB，超过 10 MB。请重拍，或选“压缩后上传”。", size=megabytes)
    return TooLarge(known if size else N_("这张照片超过 10 MB。请重拍，或选“压缩后上传”。"))


def clean(data: bytes, name: str, scanner: Sequence[str] = ()) -> Clean:
    """Check a file and make a harmless copy of it; `scanner` is the operator's command that reads
    it first. Raises TooLarge, WrongType, InvalidInput.
    """
    if not data:
        raise InvalidInput({"file": NO["empty"]})
    if len(data) > MOST_BYTES:
        raise too_large(len(data))
    if not _of_a_kind(data):
        raise _wrong_type(name)
    _scan(data, scanner)
    return _apart(data)


def _of_a_kind(data: bytes) -> bool:
    """Tell by its first bytes whether a file is of a kind that is taken."""
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return webp or data.startswith(MAGIC) or bool(media.brands(data) & media.BRANDS)


def _scan(data: bytes, scanner: Sequence[str]) -> None:
    """Ask the operator's scanner, which gets none of our keys and passwords; whatever it does but end
    with 0 is a no. Raises InvalidInput.
    """
    if not scanner:
        return
    theirs = {
        name: value for name, value in os.environ.items() if not name.startswith("OVERSIGHT_")
    }
    try:
        subprocess.run(
            scanner, input=data, timeout=SCAN_SECONDS, check=True, capture_output=True, env=theirs
        )
    except (subprocess.SubprocessError, OSError):
        raise InvalidInput({"file": NO["scanned"]}) from None


def _wrong_type(name: str) -> WrongType:
    ending = re.search(r"\.([A-Za-z0-9]{1,8})$", name)
    if ending is None or ending[1].lower() in PHOTOS:
        return WrongType("只能传 JPG、PNG 或 PDF。这个文件的内容不是照片，也不是 PDF。")
    return WrongType(
        say("只能传 JPG、PNG 或 PDF。这个文件是 .%(ending)s。", ending=ending[1].lower())
    )


def _apart(data: bytes) -> Clean:
    """Read the file in a child process, so that a crash or a bomb harms only that. Raises
    InvalidInput.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-B", media.__file__],
            input=data,
            capture_output=True,
            timeout=SECONDS,
            env={},
            check=True,
        )
        line, _newline, rest = done.stdout.partition(b"\n")
        about = json.loads(line)
        if "no" in about:
            raise InvalidInput({"file": NO[about["no"]]})
        first, *more = about["sizes"]
        return Clean(
            about["kind"],
            rest[:first],
            rest[first : first + more[0]] if more else None,
            about["width"],
            about["height"],
        )
    except (subprocess.SubprocessError, ValueError, KeyError):
        raise InvalidInput({"file": NO["broken"]}) from None


def shown_name(name: str, kind: str) -> str:
    """Return a name fit to be shown: no path, no marks of writing direction, and the ending that is
    true.
    """
    last = re.split(r"[\\/]", name or "")[-1]
    plain = "".join(
        c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c) not in INVISIBLE
    )
    stem = re.sub(r"(\s*\.[A-Za-z0-9]{1,8})+$", "", plain)
    stem = re.sub(r'[<>:"|?*\s]+', " ", stem).strip(" .")[:80] or N_("附件")
    return f"{stem}.{KINDS[kind]}"


# Where they lie ----------------------------------------------------------------------------------


def place(folder: Path, stored: str) -> Path:
    return folder / "uploads" / stored[:2] / stored


def keep(folder: Path, data: bytes, marked: bool = False) -> str:
    """Write bytes under a random name so that they outlive a power cut; returns the name, which ends
    with their hash where `marked` asks for it. Raises Unavailable.
    """
    stored = secrets.token_hex(12) + sha256(data)[:MARK] if marked else secrets.token_hex(20)
    path = place(folder, stored)
    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            written.sync_folder(path.parent.parent)
        written.whole(path, data)
    except OSError as error:
        raise outages.as_refusal(error) or error from error
    return stored


def sync(path: Path) -> None:
    """Let the name of a file that was moved here outlive a power cut."""
    written.sync_folder(path.parent)


def drop(folder: Path, *stored: str | None) -> None:
    """Take away files whose change did not come about."""
    for name in filter(None, stored):
        place(folder, name).unlink(missing_ok=True)


def all_of(folder: Path) -> Iterator[Path]:
    """Return every file that lies there, those that are not whole too."""
    return place(folder, "00").parent.parent.glob("??/*")


def state(folder: Path, stored: str, expected: str | None = None) -> str:
    """Return `lacking`, `changed` or nothing."""
    try:
        read(folder, stored, expected)
    except Unavailable:
        return "changed" if place(folder, stored).is_file() else "lacking"
    return ""


def sweep_loose(folder: Path, known: set[str], before: float) -> int:
    """Remove files that no row knows, where they are older than a time in seconds; returns how many.

    Younger ones may belong to a change that is not committed yet.
    """
    loose = [path for path in all_of(folder) if path.name not in known]
    old = [path for path in loose if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def read(folder: Path, stored: str, expected: str | None = None) -> bytes:
    """Return the bytes of a file, held against their hash where one is given.

    Raises Unavailable.
    """
    try:
        data = place(folder, stored).read_bytes()
    except OSError:
        raise Unavailable("这个附件暂时取不到，请联系管理员。") from None
    marked = stored[-MARK:] if len(stored) > MARK else ""
    if not sha256(data).startswith(marked) or expected not in (None, sha256(data)):
        raise Unavailable("这个附件与登记时不一致，已停止提供，请联系管理员。")
    return data
