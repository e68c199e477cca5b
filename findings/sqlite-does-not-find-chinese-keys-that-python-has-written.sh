#!/bin/sh
# SQLite 3.44.2 (apsw 3.44.2.0 brings it; Debian 12 has 3.40.1, which does the same) beside 3.54.1 (apsw 3.54.1.0), with
#   JSON as json.dumps writes it, and with it the JSON column of SQLAlchemy.
#
# Expected: {"\u5355\u4f4d": …} and {"单位": …} are the same JSON (RFC 8259, section 8.3), and the path $.单位 finds either.
# Seen: up to 3.44 the key is compared as it is spelt. Python spells all Chinese as \uXXXX, so that json_extract and ->>
#   give NULL for a key that is there, while values are unescaped and English keys are found. json_set and json_patch add the
#   key a second time, beside the old one, and readers differ on which of the two counts. 3.54.1 compares what is meant.
# Why it matters here: forms are kept as JSON under the names of their fields, in Chinese where an office has made them. A
#   developer's Python brings a new SQLite, the office's server has that of its system: there a filter finds nothing.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/keys.py" <<'PY'
import json
import sys

import apsw

FIELD = json.dumps({"单位": "石桥村", "unit": "石桥村"})
ASKED = {
    "json_extract(:f, '$.unit')": {"old": "石桥村", "new": "石桥村"},
    "json_extract(:f, '$.单位')": {"old": None, "new": "石桥村"},
    ":f ->> '单位'": {"old": None, "new": "石桥村"},
    "(SELECT count(*) FROM json_each(json_set(:f, '$.单位', '桃源')))": {"old": 3, "new": 2},
    """(SELECT count(*) FROM json_each(json_patch(:f, '{"单位": "桃源"}')))""": {"old": 3, "new": 2},
}
print("SQLite", apsw.sqlite_lib_version(), FIELD)
changed = []
link = apsw.Connection(":memory:")
for expression, seen in ASKED.items():
    found = next(link.execute(f"SELECT {expression}", {"f": FIELD}))[0]
    print(f"  {expression} = {found}")
    if found != seen[sys.argv[1]]:
        changed.append(expression)
raise SystemExit(f"no longer as seen: {changed}" if changed else 0)
PY
for pair in old=3.44.2.0 new=3.54.1.0; do
  python3 -m venv "$work/${pair%=*}"
  "$work/${pair%=*}/bin/python" -m pip install -qq --disable-pip-version-check "apsw==${pair#*=}"
  "$work/${pair%=*}/bin/python" "$work/keys.py" "${pair%=*}"
done
