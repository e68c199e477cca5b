#!/bin/sh
# Babel 2.19.0, parse_time.
#
# Expected: a time that format_time has written with the locale's own marks is read back as that time by parse_time with
#   the same locale and pattern, or refused; in English, 3:30 PM is 15:30.
# Seen: the marks are looked for as “am” and “pm” whatever the locale. 下午3:30 is read as 03:30, 上午12:30 as half past noon,
#   晚上7:30 as 07:30, without a word. The pattern is followed only so far as to see that there is a mark in it.
# Why it matters here: notices give the hour of a meeting as 下午3:30, and so do people in a field for a time. What is stored is a
#   valid time twelve hours off, and an evening's meeting is late, or over, before its day has begun.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'Babel==2.19.0'
"$work/venv/bin/python" - <<'PY'
from datetime import time

import babel
from babel.dates import format_time, parse_time

CASES = {
    ("en_US", "h:mm a"): {time(0, 30): 0, time(9, 30): 9, time(12, 30): 12, time(15, 30): 15},
    ("zh_CN", "ah:mm"): {time(0, 30): 12, time(9, 30): 9, time(12, 30): 12, time(15, 30): 3},
    ("zh_CN", "Bh:mm"): {time(19, 30): 7},
}
print("Babel", babel.__version__)
changed = []
for (locale, pattern), times in CASES.items():
    for given, hour in times.items():
        text = format_time(given, pattern, locale=locale)
        found = parse_time(text, locale=locale, format=pattern.replace("B", "a"))
        print(f"{locale} {given:%H:%M} is written {text} and read as {found:%H:%M}")
        if found != time(hour, 30):
            changed.append(text)
raise SystemExit(f"no longer as seen: {changed}" if changed else 0)
PY
