#!/bin/sh
# lunar_python 1.4.8 (HolidayUtil) beside chinesecalendar 1.11.0 and holidays 0.109.
#
# Expected: tables of China's rest days and swapped workdays, made from the same notices of the State Council's office,
#   agree on days long past.
# Seen: they agree on every day of 2010 to 2026 but two. The notice for 2013 makes Sunday 7 April (after 清明节) and
#   Saturday 12 October (after 国庆节) working days; lunar_python hasn't either and takes them for rest days. Nothing tells
#   a year that is whole from one that isn't.
# Why it matters here: terms are counted in working days and a party day must not lie on a rest day. Records of past
#   years are copied in from paper; a table with a gap calls an activity of that Saturday wrongly held. Two sources
#   should be held against each other before a year is trusted.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check \
  'lunar_python==1.4.8' 'chinesecalendar==1.11.0' 'holidays==0.109'
"$work/venv/bin/python" - <<'PY'
from datetime import date, timedelta
from importlib.metadata import version

import chinese_calendar
import holidays
from lunar_python.util import HolidayUtil

for name in ("lunar_python", "chinesecalendar", "holidays"):
    print(name, version(name))
china = holidays.CN(years=range(2010, 2027))
day, apart = date(2010, 1, 1), []
while day.year < 2027:
    row = HolidayUtil.getHoliday(day.isoformat())
    works = {
        "lunar_python": row.isWork() if row else day.weekday() < 5,
        "chinesecalendar": chinese_calendar.is_workday(day),
        "holidays": china.is_working_day(day),
    }
    if len(set(works.values())) > 1:
        print(day, day.strftime("%A"), works)
        apart.append((str(day), [name for name, working in works.items() if working]))
    day += timedelta(1)
others = ["chinesecalendar", "holidays"]
raise SystemExit(0 if apart == [("2013-04-07", others), ("2013-10-12", others)] else f"no longer as seen: {apart}")
PY
