"""Opens a workbook in a child process and yields its rows with their places.

What the words mean is not known here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from oversight.base import typed
from oversight.base.refusals import InvalidInput, TooLarge, WrongType
from oversight.base.sandbox import workbook
from oversight.base.sentences import N_, say

MOST_BYTES = 20 * 2**20
SECONDS = 150  # by the wall; the child's own time is shorter
BINARY = (b"PK", workbook.OLD, b"\x09\x08", b"\x09\x04", b"\x09\x02")
# What is no text, though a decoder may take it for one, and pages that are packed as mail.
NO_TEXT = re.compile(r"[\0-\x08\x0e-\x1a]|^%PDF|^\{\\rtf|^MIME-Version:|<\?mso-application")
NO = {
    "broken": N_("这个工作簿打不开或已损坏，请在 Excel 里另存为“Excel 工作簿（.xlsx）”后再试。"),
    "locked": N_("这个文件加了密码，打不开。请去掉密码后再试。"),
    "kind": N_(
        "这个文件不是表格。可以导入 .xlsx、.xls、.et、.ods 和 CSV；别的请在 Excel 或 WPS 里另存为“Excel 工作簿（.xlsx）”。"
    ),
    "macros": N_("这个工作簿带有宏，不能导入。请另存为不带宏的“Excel 工作簿（.xlsx）”。"),
    "bomb": N_("这个工作簿展开后太大，不能导入。请只保留党组织和党员两张表后另存。"),
    "rows": say(
        "这个工作簿超过 %(most)s 行，请按镇（部门）拆成几个文件分别导入。", most=workbook.MOST_ROWS
    ),
    "sheets": say(
        "这个工作簿的表太多，最多 %(most)s 张，请合并后再导入。", most=workbook.MOST_SHEETS
    ),
}
AREA = re.compile(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})")


@dataclass
class Sheet:
    """A sheet: its rows by number, each a list of plain values; a date comes as a list of one."""

    title: str
    visible: bool = True
    hidden: frozenset[int] = frozenset()
    unsaved: frozenset[str] = frozenset()
    old_epoch: bool = False
    merged: tuple[str, ...] = ()
    rows: dict[int, list] = field(default_factory=dict)


def letter(column: int) -> str:
    """Name a column, counted from 0, as Excel does."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_of(name: str) -> int:
    """Return the number of a column, counted from 0."""
    number = 0
    for c in name:
        number = number * 26 + ord(c) - 64
    return number - 1


def open_book(data: bytes, tick: Callable[[int], None] = lambda rows: None) -> list[Sheet]:
    """Read a workbook; `tick` hears of every row. Raises TooLarge, WrongType, InvalidInput."""
    if len(data) > MOST_BYTES:
        raise TooLarge(
            say(
                "这个文件超过 %(most)s MB，请按镇（部门）拆成几个文件分别导入。",
                most=MOST_BYTES // 2**20,
            )
        )
    if not data.startswith(BINARY):
        data = _text(data)
    sheets: list[Sheet] = []
    ended = None
    for line in _lines(data):
        if isinstance(line, list):
            sheets[-1].rows[line[0]] = line[1]
            tick(1)
        elif "no" in line:
            ended = line
        else:
            _finish(sheets)
            sheets.append(_begun(line))
    why = ended["no"] if ended else "broken"
    if why == "kind":
        raise WrongType(NO[why])
    if why:
        raise InvalidInput({"file": NO[why]})
    _finish(sheets)
    return sheets


def _text(data: bytes) -> bytes:
    """Return a text as UTF-8, in whatever encoding an office saved it. Raises WrongType."""
    plain = typed.decoded(data)
    if plain is None or NO_TEXT.search(plain[:65536]):
        raise WrongType(NO["kind"])
    return plain.encode()


def _lines(data: bytes) -> Iterator:
    """Yield what the child prints; what crashes or eats there does so alone. Raises InvalidInput."""
    with subprocess.Popen(
        [sys.executable, "-I", "-B", workbook.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    ) as process:
        alarm = threading.Timer(SECONDS, process.kill)
        alarm.start()
        try:
            process.stdin.write(data)
            process.stdin.close()
            for line in process.stdout:
                yield json.loads(line)
        except (OSError, ValueError):
            raise InvalidInput({"file": NO["broken"]}) from None
        finally:
            alarm.cancel()
            process.kill()


def _begun(line: dict) -> Sheet:
    return Sheet(
        line["sheet"] or N_("名册"),
        line["visible"],
        frozenset(line["hidden"]),
        frozenset(line["unsaved"]),
        line["old"],
        tuple(line["merged"]),
    )


def _finish(sheets: list[Sheet]) -> None:
    """Let every row of a merged area say what its first row says, in the first column of the area."""
    for area in sheets[-1].merged if sheets else ():
        found = AREA.fullmatch(area)
        if found is None:
            continue
        column, top, bottom = column_of(found[1]), int(found[2]), int(found[4])
        value = _cell(sheets[-1], top, column)
        if value is None or bottom - top > workbook.MOST_ROWS:
            continue
        for number in range(top + 1, bottom + 1):
            row = sheets[-1].rows.get(number)
            if row is not None:  # a row in which nothing else stands is none
                row += [None] * (column + 1 - len(row))
                row[column] = value


def _cell(sheet: Sheet, number: int, column: int):
    row = sheet.rows.get(number, [])
    return row[column] if column < len(row) else None
