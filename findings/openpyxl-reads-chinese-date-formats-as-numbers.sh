#!/bin/sh
# openpyxl 3.1.5 beside python-calamine 0.9.1, on one workbook.
#
# Expected: a cell whose format is one of the dates that ECMA-376 (18.8.30) builds in for zh-cn (27 to 31, 36, 50 to
#   54, 57, 58: “yyyy年m月”, “m月d日” and their like) is read as a date, as one with format 14 is.
# Seen: openpyxl knows the built-in formats of Western Excel only. The same day with format 14 is a date, with each of
#   these a plain number, without a warning. calamine reads all of them as dates.
# Why it matters here: these formats need no entry in styles.xml, so nothing in the file names them as dates. A roster's
#   days of birth or of joining the Party come as 46355 or 30317, which a careless reader takes for a code or a number
#   of members. Who reads with openpyxl has to know from the column that a day is meant.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'openpyxl==3.1.5' 'python-calamine==0.9.1'
"$work/venv/bin/python" -W ignore - "$work/dates.xlsx" <<'PY'
import sys
from datetime import date, datetime
from zipfile import ZipFile

import openpyxl
import python_calamine

DATES = [27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 57, 58]
IDS = [14, *DATES]
SERIAL = 46355  # 29 November 2026
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def related(**targets):
    inside = "".join(
        f'<Relationship Id="r{n}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets.items(), 1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{inside}</Relationships>'


formats = "".join(
    f'<xf numFmtId="{n}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' for n in [0, *IDS]
)
rows = "".join(f'<row r="{n}"><c r="A{n}" s="{n}"><v>{SERIAL}</v></c></row>' for n, _ in enumerate(IDS, 1))
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{KINDS}.sheet.main+xml"/>'
    f'<Override PartName="/xl/sheet.xml" ContentType="{KINDS}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{KINDS}.styles+xml"/></Types>',
    "_rels/.rels": related(officeDocument="xl/workbook.xml"),
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="名册" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": related(worksheet="sheet.xml", styles="styles.xml"),
    "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    f'<cellXfs count="{len(IDS) + 1}">{formats}</cellXfs></styleSheet>',
    "xl/sheet.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
}
with ZipFile(sys.argv[1], "w") as book:
    for name, text in PARTS.items():
        book.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')

first = [row[0].value for row in openpyxl.load_workbook(sys.argv[1]).active]
second = [row[0] for row in python_calamine.CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0).to_python()]
print("openpyxl", openpyxl.__version__)
for number, ours, theirs in zip(IDS, first, second, strict=True):
    print(f"format {number}: openpyxl {ours!r:40} calamine {theirs!r}")
seen = (
    first == [datetime(2026, 11, 29)] + [SERIAL] * len(DATES)
    and second == [date(2026, 11, 29)] * len(IDS)
)
raise SystemExit(0 if seen else "no longer as seen")
PY
