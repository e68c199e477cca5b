"""A list as a workbook: what a spreadsheet would run is text, days are days, numbers are numbers."""

from __future__ import annotations

from datetime import date, datetime

import openpyxl
import pytest

from oversight.base import spreadsheet


@pytest.mark.parametrize("text", ["=1+1", "+86", "-x", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_run_is_marked_as_text(text):
    found = spreadsheet.sheet_of("表", ["列"], [[text]])
    cell = openpyxl.load_workbook(found).active["A2"]
    assert cell.data_type == "s" and cell.value.startswith("'")


def test_days_and_numbers_stay_what_they_are():
    found = spreadsheet.sheet_of("甲/乙", ["日", "时", "数", "字"], [[date(2026, 11, 6),
                                 datetime(2026, 11, 6, 9, 30), -3, "党课"]])  # fmt: skip
    row = openpyxl.load_workbook(found).active[2]
    assert [cell.value for cell in row] == [
        datetime(2026, 11, 6),
        datetime(2026, 11, 6, 9, 30),
        -3,
        "党课",
    ]
    assert row[0].number_format == "yyyy-mm-dd" and row[0].is_date
