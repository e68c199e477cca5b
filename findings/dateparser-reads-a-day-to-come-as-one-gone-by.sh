#!/bin/sh
# dateparser 1.5.0, languages zh.
#
# Expected: 12月4日前 (by 4 December) is that day or is not read at all; likewise the days in a sentence of a paper.
# Seen: 月 is taken for “months” and 日 for “days”: 12月4日 becomes twelve months and four days, and since 前 also means
#   “ago”, on 29 November 2026 the term 12月4日前 is 25 November 2025. Alone, 12月4日 is not read, but search_dates finds it in a
#   sentence and takes it for as long ago, or, where it is told to prefer days to come, for as long from now: 3 December
#   2027. Only with its year is the day right.
# Why it matters here: papers name the year once and then write 12月4日; terms are nearly always written with 前. Who fills
#   a date from such a sentence gets a valid day, near the right month, of another year: long overdue or far away.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'dateparser==1.5.0'
"$work/venv/bin/python" -W ignore - <<'PY'
from datetime import datetime

import dateparser
from dateparser.search import search_dates

TODAY = datetime(2026, 11, 29)
ALONE = {
    "2026年12月4日": "2026-12-04",
    "12月4日": None,
    "12月4日前": "2025-11-25",
}
SENTENCE = "经研究，同意你支部主题党日由12月4日改为12月8日。"
FOUND = {
    "current_period": [("12月4日", "2025-11-25"), ("12月8日", "2025-11-21")],
    "future": [("12月4日", "2027-12-03"), ("12月8日", "2027-12-07")],
}

print("dateparser", dateparser.__version__, "on", TODAY.date())
changed = []
for text, seen in ALONE.items():
    day = dateparser.parse(text, languages=["zh"], settings={"RELATIVE_BASE": TODAY})
    day = day and day.date().isoformat()
    print(text, "->", day)
    if day != seen:
        changed.append(text)
for wanted, seen in FOUND.items():
    settings = {"RELATIVE_BASE": TODAY, "PREFER_DATES_FROM": wanted}
    found = search_dates(SENTENCE, languages=["zh"], settings=settings) or []
    found = [(text, day.date().isoformat()) for text, day in found]
    print(SENTENCE, wanted, "->", found)
    if found != seen:
        changed.append(wanted)
raise SystemExit(f"no longer as seen: {changed}" if changed else 0)
PY
