#!/bin/sh
# pydantic 2.14.4.
#
# Expected: 20261204, the basic form of ISO 8601 (GB/T 7408), is 4 December 2026 for a field of type datetime, as it is for
#   datetime.fromisoformat, or is refused, as 20261204T153000 and 2026/12/04 are.
# Seen: a text of digits alone is taken for seconds since 1970, and for milliseconds where that would be too much:
#   20261204 is 23 August 1970 and 20261204153000 is 20 January 2612, both with UTC. A field of type date refuses the first,
#   since it is not at midnight, so that models with date do not lead to suspect those with datetime.
# Why it matters here: tables and interfaces of personnel, registry and document exchange write days and times in this form.
#   A moment of joining, sending or receiving is stored five decades before its time, and is a valid one to every later check.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'pydantic==2.14.4'
"$work/venv/bin/python" - <<'PY'
from datetime import date, datetime

import pydantic

SEEN = {
    (datetime, "2026-12-04"): "2026-12-04 00:00:00",
    (datetime, "20261204"): "1970-08-23 12:06:44+00:00",
    (datetime, "20261204153000"): "2612-01-20 16:15:53+00:00",
    (datetime, "20261204T153000"): None,
    (date, "20261204"): None,
}


def read(kind, text):
    try:
        return str(pydantic.TypeAdapter(kind).validate_python(text))
    except pydantic.ValidationError:
        return None


print("pydantic", pydantic.VERSION)
changed = []
for (kind, text), seen in SEEN.items():
    found = read(kind, text)
    print(f"{kind.__name__:8} {text:16} {found or 'refused'}")
    if found != seen:
        changed.append(text)
raise SystemExit(f"no longer as seen: {changed}" if changed else 0)
PY
