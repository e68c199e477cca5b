"""A paper as PDF: its content and a Typst source go to a child process, bytes come back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import Any

from oversight.base.sandbox import typeset

from .checking import Check
from .layout import Content, Sheet, Table, mark_lines, signed_by, signed_right, title_lines, width

SECONDS = 30  # of a paper, by the wall; the child's own time is shorter
RENEWED = 250  # papers of one child
SOURCE = Path(__file__).with_name("paper.typ")
# Of each style the official type first, then what stands in for it, the first that has the character.
SERIF, SANS = "Noto Serif SC", "Noto Sans SC"
FAMILIES = {
    "fang": ["FangSong_GB2312", "仿宋_GB2312", "FangSong", "FandolFang R", "FandolFang", SERIF],
    "kai": [
        "KaiTi_GB2312",
        "楷体_GB2312",
        "KaiTi",
        "LXGW WenKai",
        "AR PL UKai CN",
        "FandolKai",
        SERIF,
    ],
    "hei": ["SimHei", "黑体", SANS, SERIF],
    "biao": ["FZXiaoBiaoSong-B05S", "方正小标宋简体", SERIF],
    "song": ["SimSun", "宋体", SERIF],
}
PACKAGE = (
    "pylopdf_fonts_zh_cn"  # comes with the program's own packages: Noto Serif SC, Noto Sans SC
)
FOLDERS = (
    *(find_spec(PACKAGE).submodule_search_locations if find_spec(PACKAGE) else ()),
    "/usr/share/fonts/truetype/lxgw-wenkai",
    "/usr/share/texlive/texmf-dist/fonts/opentype/public/fandol",
)


class NotSet(Exception):
    """Why there is no PDF: `fonts`, `lacks` with the characters, or `failed`."""

    def __init__(self, why: str, which: str = ""):
        super().__init__(f"{why}:{which}" if which else why)


class Setter:
    """Sets papers in a child process, one after the other, with the fonts of folders and those that
    are known. A child that fails is replaced for the next paper. Closed by `with`.
    """

    def __init__(self, folders: Sequence[Path | str] = ()):
        self._folders, self._set = folders, 0
        self.child: Any = None  # with both its pipes

    def __enter__(self) -> Setter:
        return self

    def __exit__(self, *_raised) -> None:
        child, self.child = self.child, None
        if child is not None:
            child.kill()
            child.communicate()

    def __call__(self, content: Content, check: Check, at: datetime) -> bytes:
        """Return a paper as PDF/A, the same bytes for the same paper and fonts. Raises NotSet."""
        order = {"data": data_of(content, check), "at": int(at.timestamp())}
        try:
            about, data = self._answered(order)
        except (OSError, ValueError, EOFError):
            self.__exit__()
            raise NotSet("failed") from None
        if "no" in about:
            raise NotSet(about["no"], about["which"])
        return data

    def _answered(self, order: dict) -> tuple[dict, bytes]:
        child = self._begun()
        alarm = Timer(SECONDS, child.kill)
        alarm.start()
        try:
            _tell(child, order)
            about = json.loads(child.stdout.readline())
            data = child.stdout.read(about.get("size", 0))
        finally:
            alarm.cancel()
        if len(data) != about.get("size", 0):
            raise EOFError
        return about, data

    def _begun(self) -> Any:
        """Return the child; after many papers a fresh one, lest it grow."""
        if self._set >= RENEWED:
            self.__exit__()
        if self.child is None:
            self._set, self.child = 0, _child()
            source = SOURCE.read_text("utf-8")
            _tell(self.child, {"source": source, "families": FAMILIES, "folders": self.there()})
        self._set += 1
        return self.child

    def there(self) -> list[str]:
        """Return the folders of types that there are."""
        return [str(one) for one in (*self._folders, *FOLDERS) if Path(one).is_dir()]


def _child() -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-I", "-B", typeset.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    )


def _tell(child: Any, what: dict) -> None:
    child.stdin.write(json.dumps(what).encode() + b"\n")
    child.stdin.flush()


def make(content: Content, check: Check, at: datetime, folders: Sequence[Path | str]) -> bytes:
    """Return one paper as `Setter` does. Raises NotSet."""
    with Setter(folders) as setter:
        return setter(content, check, at)


def data_of(content: Content, check: Check) -> dict:
    """Return what the Typst source reads."""
    return {
        "name": content.title,
        "mark": mark_lines(content.mark) if content.mark else [],
        "number": content.number,
        "title": title_lines(content.title),
        "to": content.to,
        "blocks": [_block(one) for one in content.blocks],
        "signers": signed_by(content),
        "enclosed": content.enclosed,
        "sender": content.sender,
        "others": content.others,
        "signed-width": max(map(width, (content.sender, *content.others))),
        "signed-right": signed_right(content),
        "date": content.date,
        "after": content.after,
        "copies": content.copies,
        "printed": content.printed,
        "annexes": [{"title": one.title, "table": _block(one.table)} for one in content.annexes],
        "check": check.said,
        "alt": check.alt,
        "qr": check.drawn(),
    }


def _block(block) -> dict:
    if isinstance(block, Sheet):
        return {"kind": "sheet", "title": title_lines(block.title)}
    return {"kind": "table" if isinstance(block, Table) else "text", **asdict(block)}
