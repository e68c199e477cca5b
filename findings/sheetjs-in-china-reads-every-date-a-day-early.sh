#!/bin/sh
# SheetJS (npm xlsx 0.18.5, the last one in the registry) beside exceljs 4.4.0, with Node in TZ=Asia/Shanghai.
#
# Expected: with cellDates a cell that shows 2026/11/29 is a Date of that day in local time, as it is in other time zones.
# Seen: it's 28 November, 23:59:17. The days are counted from 1899-12-30, and the 43 seconds are those by which Shanghai's own
#   time of before 1901 was ahead of the zone's: Date gives that day's offset in whole minutes. In UTC and in Tokyo the
#   same cell is right. So is raw:false, which gives the text shown. exceljs gives midnight in UTC, which is that day.
# Why it matters here: browsers and servers of every office are set to this zone, while a build machine is on UTC and its tests
#   pass. Days of birth, of joining the Party and of activities all come one day early, whatever is in the sheet.
set -eu
command -v npm >/dev/null || { echo 'needs node and npm' >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts 'xlsx@0.18.5' 'exceljs@4.4.0' >/dev/null
cat > read.js <<'JS'
const ExcelJS = require("exceljs");
const XLSX = require("xlsx");
const WANTED = "2026/11/29";
const shown = (day) => `${day.getFullYear()}/${day.getMonth() + 1}/${day.getDate()}`;
(async () => {
  const sheet = { "!ref": "A1", A1: { t: "n", v: 46355, z: "yyyy/m/d" } };
  const file = XLSX.write({ SheetNames: ["名册"], Sheets: { 名册: sheet } }, { type: "buffer", bookType: "xlsx" });
  const cell = XLSX.read(file, { cellDates: true }).Sheets["名册"].A1.v;
  const text = XLSX.utils.sheet_to_json(XLSX.read(file).Sheets["名册"], { header: 1, raw: false })[0][0];
  const book = await new ExcelJS.Workbook().xlsx.load(file);
  const other = book.worksheets[0].getCell("A1").value;
  console.log(process.env.TZ, "| SheetJS:", cell.toString().slice(0, 33), "| text", text, "| exceljs:", shown(other));
  const seen = process.env.TZ === "Asia/Shanghai" ? "2026/11/28" : WANTED;
  process.exitCode = shown(cell) === seen && text === WANTED && shown(other) === WANTED ? 0 : 1;
})();
JS
echo "Node $(node --version), SheetJS $(node -p 'require("xlsx").version')"
for zone in UTC Asia/Tokyo Asia/Shanghai; do
  TZ=$zone node read.js || { echo "no longer as seen in $zone"; exit 1; }
done
