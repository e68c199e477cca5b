"""A separate program: reads one workbook, page or text that somebody sent and prints its cells, a
line of JSON a row.

Runs as a child with little time and memory. Imports nothing of the package; values only, never
formulas.
"""

from __future__ import annotations

import io
import json
import re
import sys
import warnings
import zipfile
from contextlib import suppress
from datetime import date, datetime, time
from html.parser import HTMLParser

MOST_PARTS, MOST_UNPACKED = 400, 400 * 2**20
MOST_DRAWN = 2 * 2**20  # rows in the XML: a sheet of Excel has half as many
MOST_ROWS, MOST_CELLS, MOST_COLUMNS, MOST_SHEETS = 100_000, 3_000_000, 100, 60
LONGEST = 500  # characters of a cell
CPU_SECONDS, MEMORY = 120, 1024 * 2**20
OLD = b"\xd0\xcf\x11\xe0"
MARKS_OF_OLD = (("_VBA_PROJECT", "macros"), ("EncryptedPackage", "locked"))
OFFICE = frozenset({"content.xml", "META-INF/manifest.xml"})
EXACT = 10**15  # beyond it a number of Excel is rounded
_WORDS = r'(?:"[^"]*"|\\.|[-/ ()])*'
AS_MANY_FIGURES = re.compile(rf"({_WORDS})(0+)({_WORDS})")


class Refused(Exception):
    """A refusal by name; the caller has the sentence."""


class Marks:
    """What openpyxl's streaming leaves out: hidden rows, merged areas, formulas whose value was
    never saved.
    """

    def __init__(self, stream, drawn: int = 0):
        self.drawn = drawn  # rows of this and earlier sheets, empty ones too
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
            self.drawn += 1
            if self.drawn > MOST_DRAWN:
                raise Refused("rows")
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
    if data.startswith(b"PK"):
        names = _look_at(data)
        (_read_ods if "content.xml" in names else _read_xlsx)(data, out)
    elif data.startswith((OLD, b"\x09\x08", b"\x09\x04", b"\x09\x02")):
        _read_xls(data, out)
    else:  # text, already decoded by who asks
        text = data.decode()
        (_read_html if re.search("<(table|html)", text[:65536], re.I) else _read_csv)(text, out)


class Sheets:
    """What is written for whoever asks, never more than one may take."""

    def __init__(self, out):
        self.out, self.rows, self.cells, self.sheets = out, MOST_ROWS, MOST_CELLS, MOST_SHEETS

    def begin(self, title: str, visible=True, hidden=(), merged=(), unsaved=(), old=False) -> None:
        self.sheets -= 1
        if self.sheets < 0:
            raise Refused("sheets")
        about = {
            "sheet": title,
            "visible": bool(visible),
            "hidden": list(hidden)[:MOST_ROWS],
            "merged": list(merged)[:MOST_ROWS],
            "unsaved": list(unsaved)[:1000],
            "old": bool(old),
        }
        _line(self.out, about)

    def row(self, number: int, row: list) -> None:
        if not _stripped(row):
            return
        self.rows -= 1
        self.cells -= len(row)
        if min(self.rows, self.cells) < 0:
            raise Refused("rows")
        _line(self.out, [number, row])


def _stripped(row: list) -> list:
    """Take the empty cells from the end of a row."""
    while row and row[-1] is None:
        row.pop()
    return row


def _area(top: int, left: int, bottom: int, right: int) -> str:
    """Name an area, rows and columns counted from 1 and 0."""
    return f"{_letter(left)}{top}:{_letter(right)}{bottom}"


def _letter(column: int) -> str:
    before, last = divmod(column, 26)
    return (_letter(before - 1) if before else "") + chr(65 + last)


def _look_at(data: bytes) -> set[str]:
    """Weigh the archive before anything is unpacked; returns its parts. Raises Refused."""
    found = _parts(data)
    names = {part.filename for part in found}
    if "xl/workbook.xml" not in names and not names >= OFFICE:
        raise Refused("kind")
    if any(name.endswith("vbaProject.bin") for name in names):
        raise Refused("macros")
    if len(found) > MOST_PARTS or sum(part.file_size for part in found) > MOST_UNPACKED:
        raise Refused("bomb")
    _refuse_locked(data, names)
    return names


def _parts(data: bytes) -> list[zipfile.ZipInfo]:
    """Return what an archive says of its parts. Raises Refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return parts.infolist()
    except (zipfile.BadZipFile, ValueError):
        raise Refused("broken") from None


def _refuse_locked(data: bytes, names: set[str]) -> None:
    if names >= OFFICE:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if b"encryption-data" in parts.read("META-INF/manifest.xml"):
                raise Refused("locked")


# Workbooks of today -------------------------------------------------------------------------------


def _read_xlsx(data: bytes, out) -> None:
    import openpyxl

    book = openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=True, keep_links=False
    )
    sheets, shown, drawn = Sheets(out), Shown(), 0
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        for sheet in book.worksheets:
            with parts.open(sheet._worksheet_path) as stream:  # noqa: SLF001 - the part's name is told nowhere else
                marks = Marks(stream, drawn)
            drawn = marks.drawn
            sheet.reset_dimensions()
            visible = sheet.sheet_state == "visible"
            old = book.epoch.year == 1904
            sheets.begin(sheet.title, visible, marks.hidden, marks.merged, marks.unsaved, old)
            for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1):
                sheets.row(number, [shown.cell(cell) for cell in cells])


class Shown:
    """How numbers are shown: 123 under the format 00000 is 00123, and that is what was meant."""

    def __init__(self):
        self.known: dict[str, tuple[str, int, str] | None] = {}

    def cell(self, cell):
        """Return a cell of openpyxl as plain value."""
        value = cell.value
        if type(value) in (int, float):
            return self.number(value, cell.number_format)
        return _plain(value)

    def number(self, value, form: str):
        if form == "General" or value < 0 or value != int(value) or value >= EXACT:
            return _plain(value)
        if form not in self.known:
            self.known[form] = self._read(form)
        found = self.known[form]
        return _plain(value) if found is None else f"{found[0]}{int(value):0{found[1]}}{found[2]}"

    def _read(self, form: str) -> tuple[str, int, str] | None:
        """Read a format of fixed words around as many figures; None for any other."""
        found = AS_MANY_FIGURES.fullmatch(form.split(";")[0])
        if found is None:
            return None
        before, figures, after = found.groups()
        if figures == "0" and not before + after:
            return None
        return _words(before), len(figures), _words(after)


def _words(part: str) -> str:
    return re.sub(r'"([^"]*)"|\\(.)', lambda one: one[1] or one[2] or "", part)


# Old workbooks, and those of WPS ------------------------------------------------------------------


def _read_xls(data: bytes, out) -> None:
    import xlrd

    for mark, why in MARKS_OF_OLD:
        if mark.encode("utf-16-le") in data:
            raise Refused(why)
    book = _opened(xlrd, data)
    sheets, shown = Sheets(out), Shown()
    for sheet in book.sheets():
        hidden = [row + 1 for row, about in sheet.rowinfo_map.items() if about.hidden]
        merged = [
            _area(top + 1, left, bottom, right - 1)
            for top, bottom, left, right in sheet.merged_cells
        ]
        sheets.begin(sheet.name, sheet.visibility == 0, hidden, merged, old=book.datemode == 1)
        for number in range(sheet.nrows):
            cells = sheet.row(number)[:MOST_COLUMNS]
            sheets.row(number + 1, [_old_cell(xlrd, book, cell, shown) for cell in cells])


def _opened(xlrd, data: bytes):
    """Open with the formats of numbers; some that other programs wrote open only without. Raises
    Refused.
    """
    quiet = io.StringIO()
    try:
        return xlrd.open_workbook(
            file_contents=data, formatting_info=True, ragged_rows=True, logfile=quiet
        )
    except xlrd.XLRDError as error:
        raise Refused("locked" if "encrypted" in str(error).lower() else "kind") from None
    except Exception:
        return xlrd.open_workbook(file_contents=data, ragged_rows=True, logfile=quiet)


def _old_cell(xlrd, book, cell, shown: Shown):
    if cell.ctype == xlrd.XL_CELL_DATE:
        with suppress(Exception):
            return _plain(xlrd.xldate_as_datetime(cell.value, book.datemode))
    if cell.ctype in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        form = "General"
        if cell.xf_index is not None:
            form = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
        return shown.number(cell.value, form)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#N/A")
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return _plain(cell.value) if cell.ctype == xlrd.XL_CELL_TEXT else None


# OpenDocument -------------------------------------------------------------------------------------


def _read_ods(data: bytes, out) -> None:
    from xml.parsers import expat

    found = OpenDocument(Sheets(out))
    parser = expat.ParserCreate(namespace_separator="}")
    parser.EntityDeclHandler = found.entity
    parser.StartElementHandler, parser.EndElementHandler = found.start, found.end
    parser.CharacterDataHandler = found.said
    with zipfile.ZipFile(io.BytesIO(data)) as parts, parts.open("content.xml") as stream:
        parser.ParseFile(stream)


class OpenDocument:
    """The cells of an .ods as they are shown; a table is written when it has ended."""

    def __init__(self, sheets: Sheets):
        self.sheets, self.style, self.title, self.visible = sheets, "", "", True
        self.number, self.repeated, self.notes = 0, 1, 0
        self.unseen: set[str] = set()
        self.rows: list[tuple[int, list]] = []
        self.hidden: list[int] = []
        self.merged: list[str] = []
        self.text: list[str] = []
        self.row: list | None = None
        self.cell: dict | None = None

    def entity(self, *_declared) -> None:
        raise Refused("broken")

    def start(self, name: str, words: dict) -> None:
        said = {key.rpartition("}")[2]: value for key, value in words.items()}
        self.BEGIN.get(_tag(name), _nothing)(self, said)

    def end(self, name: str) -> None:
        self.END.get(_tag(name), _nothing)(self)

    def said(self, words: str) -> None:
        if self.cell is not None and not self.notes:
            self.text.append(words)

    def begin_annotation(self, _said: dict) -> None:
        self.notes += 1

    def end_annotation(self) -> None:
        self.notes -= 1

    def begin_style(self, said: dict) -> None:
        self.style = said.get("name", "")

    def begin_table_properties(self, said: dict) -> None:
        if said.get("display") == "false":
            self.unseen.add(self.style)

    def begin_table(self, said: dict) -> None:
        self.title, self.visible = said.get("name", ""), said.get("style-name") not in self.unseen
        self.rows, self.hidden, self.merged, self.number = [], [], [], 0

    def end_table(self) -> None:
        self.sheets.begin(self.title, self.visible, self.hidden, self.merged)
        for number, row in self.rows:
            self.sheets.row(number, row)

    def begin_table_row(self, said: dict) -> None:
        self.row, self.repeated = [], int(said.get("number-rows-repeated", 1))
        if said.get("visibility", "visible") != "visible":
            self.hidden += range(self.number + 1, self.number + min(self.repeated, 1000) + 1)

    def end_table_row(self) -> None:
        row = _stripped(self.row)
        if row:
            last = self.number + min(self.repeated, MOST_ROWS + 1)
            self.rows += [(number, list(row)) for number in range(self.number + 1, last + 1)]
        if len(self.rows) > MOST_ROWS:
            raise Refused("rows")
        self.number, self.row = self.number + self.repeated, None

    def begin_table_cell(self, said: dict) -> None:
        self.cell, self.text = said, []

    def end_table_cell(self) -> None:
        self._cell()

    def begin_p(self, _said: dict) -> None:
        self.said("\n" if self.text else "")

    def _cell(self) -> None:
        column, said = len(self.row), self.cell
        down, across = (int(said.get(f"number-{of}-spanned", 1)) for of in ("rows", "columns"))
        if down > 1 or across > 1:
            top = self.number + 1
            self.merged.append(_area(top, column, top + down - 1, column + across - 1))
        times = min(int(said.get("number-columns-repeated", 1)), MOST_COLUMNS - column)
        self.row += [self._value(said)] * max(times, 0)
        self.cell = None

    def _value(self, said: dict):
        if said.get("value-type") == "date":
            return [said.get("date-value", "")[:10]]
        text = _plain("".join(self.text))
        whole = re.fullmatch(r"\d{1,15}", said.get("value", ""))
        return said["value"] if whole and text and "E+" in text else text

    BEGIN = {
        "annotation": begin_annotation,
        "style": begin_style,
        "table-properties": begin_table_properties,
        "table": begin_table,
        "table-row": begin_table_row,
        "table-cell": begin_table_cell,
        "p": begin_p,
    }
    END = {
        "annotation": end_annotation,
        "table": end_table,
        "table-row": end_table_row,
        "table-cell": end_table_cell,
    }


def _tag(name: str) -> str:
    return name.rpartition("}")[2].removeprefix("covered-")


def _nothing(*_said) -> None:
    """Pass over an element that says nothing about cells."""


# Texts --------------------------------------------------------------------------------------------


def _read_csv(text: str, out) -> None:
    import csv

    sheets, first = Sheets(out), text[:65536]
    sheets.begin("")
    delimiter = max(",;\t", key=first.count)
    for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1):
        sheets.row(number, [_plain(cell) for cell in row[:MOST_COLUMNS]])


def _read_html(text: str, out) -> None:
    """Read the tables of a page that calls itself a workbook. Raises Refused."""
    found = Tables(Sheets(out))
    found.feed(text)
    if found.depth:
        raise Refused("broken")


class Tables(HTMLParser):
    """The tables of a page; a table in a table is part of a cell."""

    def __init__(self, sheets: Sheets):
        super().__init__()
        self.sheets, self.depth, self.place = sheets, 0, 0
        self.cell: list[str] | None = None
        self._begin()

    def _begin(self) -> None:
        self.rows: list[list] = []
        self.merged: list[str] = []
        self.below: dict[int, int] = {}

    def handle_starttag(self, tag, attrs):
        self.BEGIN.get(tag, _nothing)(self, dict(attrs))

    def handle_endtag(self, tag):
        self.END.get(tag, _nothing)(self)

    def begin_table(self, _said) -> None:
        self.depth += 1
        if self.depth == 1:
            self._begin()

    def end_table(self) -> None:
        if self.depth == 1:
            self._close()
            self._write()
        self.depth = max(self.depth - 1, 0)

    def begin_tr(self, _said) -> None:
        if self.depth == 1:
            self._close()
            self.rows.append([])

    def begin_td(self, said) -> None:
        if self.depth == 1 and self.rows:
            self._close()
            self._open(said)

    def end_td(self) -> None:
        if self.depth == 1:
            self._close()

    def begin_br(self, _said) -> None:
        if self.cell is not None:
            self.cell.append("\n")

    BEGIN = {"table": begin_table, "tr": begin_tr, "td": begin_td, "th": begin_td, "br": begin_br}
    END = {"table": end_table, "tr": end_td, "td": end_td, "th": end_td}

    def _open(self, said):
        row, number, self.cell = self.rows[-1], len(self.rows), []
        while self.below.get(len(row), 0) >= number:
            row.append(None)
        down, across = (
            _span(said.get("rowspan"), MOST_ROWS),
            _span(said.get("colspan"), MOST_COLUMNS),
        )
        self.place, column = len(row), len(row)
        row += [None] * across
        for one in range(column, column + across):
            self.below[one] = number + down - 1
        if down > 1 or across > 1:
            self.merged.append(_area(number, column, number + down - 1, column + across - 1))

    def _close(self):
        if self.cell is not None:
            self.rows[-1][self.place] = _plain("".join(self.cell).replace("\xa0", " "))
        self.cell = None

    def _write(self) -> None:
        self.sheets.begin("", merged=self.merged)
        for number, row in enumerate(self.rows, 1):
            self.sheets.row(number, row[:MOST_COLUMNS])

    def handle_data(self, data):
        if self.cell is not None:
            self.cell.append(" ".join(data.split()))


def _span(said: str | None, most: int) -> int:
    return min(max(int(said), 1), most) if re.fullmatch("[0-9]{1,6}", said or "") else 1


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
