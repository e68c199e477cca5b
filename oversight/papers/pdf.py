"""A paper as PDF: its content and a Typst source go to a child process, bytes come back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from oversight.base.sandbox import typeset

from .checking import Check
from .layout import Content, Sheet, Table, mark_lines, signed_by, signed_right, title_lines, width

SECONDS = 30  # by the wall; the child's own time is shorter
SOURCE = Path(__file__).with_name("paper.typ")
# Of each style the official type first, then what stands in for it, the first that has the character.
SERIF, SANS = "Noto Serif CJK SC", "Noto Sans CJK SC"
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
FOLDERS = (
    "/usr/share/fonts/opentype/noto",
    "/usr/share/fonts/truetype/lxgw-wenkai",
    "/usr/share/texlive/texmf-dist/fonts/opentype/public/fandol",
)


class NotSet(Exception):
    """Why there is no PDF: `fonts`, `lacks` with the characters, or `failed`."""

    def __init__(self, why: str, which: str = ""):
        super().__init__(f"{why}:{which}" if which else why)


def make(content: Content, check: Check, at: datetime, folders: Sequence[Path | str]) -> bytes:
    """Return a paper as PDF/A, the same bytes for the same paper and fonts. Raises NotSet."""
    there = [str(one) for one in (*folders, *FOLDERS) if Path(one).is_dir()]
    order = {
        "source": SOURCE.read_text("utf-8"),
        "data": data_of(content, check),
        "families": FAMILIES,
        "folders": there,
        "at": int(at.timestamp()),
    }
    return _apart(json.dumps(order).encode())


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


def _apart(order: bytes) -> bytes:
    """Set a paper in a child process. Raises NotSet."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-B", typeset.__file__],
            input=order,
            capture_output=True,
            timeout=SECONDS,
            env={},
            check=True,
        )
        line, _newline, data = done.stdout.partition(b"\n")
        about = json.loads(line)
    except (subprocess.SubprocessError, ValueError, OSError):
        raise NotSet("failed") from None
    if "no" in about:
        raise NotSet(about["no"], about["which"])
    return data
