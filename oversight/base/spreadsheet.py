"""A list as a workbook, the one way in which any leaves the program: Chinese headers in a frozen first row, dates
as dates, numbers as numbers, and nothing that a spreadsheet would run.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import IO, Any

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
LONGEST = 32_000  # characters of a cell
UNPRINTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
BAD_IN_TITLE = re.compile(r"[\[\]:*?/\\]")
NARROW, WIDE = 10, 40
IN_MEMORY = 2 * 2**20


def safe(value: Any) -> Any:
    """Return what may stand in a cell: text that a spreadsheet would take for a formula is marked as
    text by an apostrophe.
    """
    if value is None or isinstance(value, bool | int | float | date):
        return value
    text = UNPRINTED.sub("", str(value))[:LONGEST]
    return f"'{text}" if text.startswith(FORMULA) else text


def sheet_of(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    tick: Callable[[int], None] = lambda rows: None,
) -> IO[bytes]:
    """Return a workbook of one sheet; as `book_of`."""
    return book_of([(title, columns, rows)], tick)


def book_of(
    sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]],
    tick: Callable[[int], None] = lambda rows: None,
) -> IO[bytes]:
    """Return a workbook of sheets (title, columns, rows), read row by row; `tick` hears of every row.
    Moments are local and without zone.
    """
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for title, columns, rows in sheets:
        sheet = book.create_sheet(BAD_IN_TITLE.sub(" ", title)[:31])
        _begin(sheet, columns)
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
            tick(1)
    out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (its reader closes it)
    book.save(out)
    out.seek(0)
    return out


def _begin(sheet, columns: Sequence[str]) -> None:
    """Write the first row, which stays in sight."""
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "A2"
    for number, label in enumerate(columns, 1):
        width = min(max(2 * len(str(label)) + 4, NARROW), WIDE)
        sheet.column_dimensions[get_column_letter(number)].width = width
    head = [_cell(sheet, label) for label in columns]
    for cell in head:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="F1EDE6")
    sheet.append(head)


def _cell(sheet, value: Any):
    from openpyxl.cell import WriteOnlyCell

    found = WriteOnlyCell(sheet, value=safe(value))
    if isinstance(value, datetime):
        found.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(value, date):
        found.number_format = "yyyy-mm-dd"
    return found
