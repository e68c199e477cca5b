"""A separate program: reads one workbook that somebody sent and prints its cells, a line of JSON a
row.

Runs as a child with little time and memory. Imports nothing of the package; values only, never
formulas.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
import zipfile
from contextlib import suppress
from datetime import date, datetime, time

MOST_PARTS, MOST_UNPACKED = 400, 400 * 2**20
MOST_ROWS, MOST_CELLS, MOST_COLUMNS, MOST_SHEETS = 100_000, 3_000_000, 100, 60
LONGEST = 500  # characters of a cell
CPU_SECONDS, MEMORY = 120, 1024 * 2**20


class Refused(Exception):
    """A refusal by name; the caller has the sentence."""


class Marks:
    """What openpyxl's streaming leaves out: hidden rows, merged areas, formulas whose value was
    never saved.
    """

    def __init__(self, stream):
        self.hidden: list[int] = []
        self.merged: list[str] = []
        self.unsaved: list[str] = []
        self.cell, self.formula, self.value = "", False, False
        self._parse(stream)

    def _parse(self, stream) -> None:
        from xml.parsers import expat

        self.parser = parser = expat.ParserCreate(namespace_separator="}")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.EntityDeclHandler = self._entity
        parser.ParseFile(stream)

    def _entity(self, *_declared) -> None:
        raise Refused("broken")

    def _start(self, name: str, words: dict) -> None:
        tag = name.rpartition("}")[2]
        if tag == "c":
            self.cell, self.formula, self.value = words.get("r", ""), False, False
        elif tag == "f":
            self.formula = True
        elif tag == "v" and self.formula:
            self.parser.CharacterDataHandler = self._said
        elif tag == "row":
            if words.get("hidden") in ("1", "true"):
                self.hidden.append(int(words.get("r", 0)))
        elif tag == "mergeCell":
            self.merged.append(words.get("ref", ""))

    def _said(self, words: str) -> None:
        self.value = self.value or bool(words.strip())

    def _end(self, name: str) -> None:
        if self.formula and name.endswith("}v"):
            self.parser.CharacterDataHandler = None
        elif self.formula and not self.value and name.endswith("}c"):
            self.unsaved.append(self.cell)


def read(data: bytes, out) -> None:
    """Write a line for each sheet and each row that says something. Raises Refused."""
    _look_at(data)
    import openpyxl

    book = openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=True, keep_links=False
    )
    left = [MOST_ROWS, MOST_CELLS]
    if len(book.worksheets) > MOST_SHEETS:
        raise Refused("sheets")
    old = book.epoch.year == 1904
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for sheet in book.worksheets:
            _sheet(parts, sheet, old, left, out)


def _look_at(data: bytes) -> None:
    """Weigh the archive before anything is unpacked. Raises Refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            found = parts.infolist()
    except (zipfile.BadZipFile, ValueError):
        raise Refused("broken") from None
    names = {part.filename for part in found}
    if "xl/workbook.xml" not in names:
        raise Refused("broken")
    if any(name.endswith("vbaProject.bin") for name in names):
        raise Refused("macros")
    if len(found) > MOST_PARTS or sum(part.file_size for part in found) > MOST_UNPACKED:
        raise Refused("bomb")


def _sheet(parts, sheet, old: bool, left: list[int], out) -> None:
    with parts.open(sheet._worksheet_path) as stream:  # noqa: SLF001 - the part's name is told nowhere else
        marks = Marks(stream)
    sheet.reset_dimensions()
    _line(
        out,
        {
            "sheet": sheet.title,
            "visible": sheet.sheet_state == "visible",
            "hidden": marks.hidden[:MOST_ROWS],
            "merged": marks.merged[:MOST_ROWS],
            "unsaved": marks.unsaved[:1000],
            "old": old,
        },
    )
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True), 1):
        row = [_plain(cell) for cell in cells]
        while row and row[-1] is None:
            row.pop()
        if not row:
            continue
        left[0] -= 1
        left[1] -= len(row)
        if min(left) < 0:
            raise Refused("rows")
        _line(out, [number, row])


def _line(out, value) -> None:
    out.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def _plain(value):
    """Write a cell as JSON; a date as a list of one, so that it is not taken for text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value[:LONGEST] if value.strip() else None
    if isinstance(value, float):
        return value if value == value and abs(value) < 1e15 else str(value)
    if isinstance(value, datetime | date):
        return [value.isoformat()[:10]]
    return value.isoformat() if isinstance(value, time) else str(value)[:LONGEST]


def _confine() -> None:
    """Limit CPU time, memory and open files. Limits that the system does not know are left out."""
    import resource

    for limit, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))


def main() -> None:
    """Read a workbook from standard input; the last line says how it went."""
    _confine()
    warnings.simplefilter("ignore")
    out = io.TextIOWrapper(
        sys.stdout.buffer, encoding="utf-8", errors="replace", write_through=False
    )
    try:
        read(sys.stdin.buffer.read(), out)
        _line(out, {"no": None})
    except Refused as refusal:
        _line(out, {"no": refusal.args[0]})
    except Exception:  # whatever a broken file does to a parser
        _line(out, {"no": "broken"})
    out.flush()


if __name__ == "__main__":
    main()
