#!/bin/sh
# python-stdnum 2.2, stdnum.cn.ric (citizen identity numbers, GB 11643-1999).
#
# Expected: a number with a right check digit, an existing day of birth and a code of GB/T 2260 that has been in force is
#   valid. The code is the one of the place of registration when the number was given, and none was given before 1984.
# Seen: the code has to have been in force in the year of *birth*. Most districts of cities have codes from 1983 on, so that
#   everybody born earlier is refused there: 330106 (杭州西湖区), 420106 (武汉武昌区). Where the code dates from 1980, as
#   110108 (北京海淀区), those born in 1940 pass. Of the 6885 entries of the table 4205 begin after 1980.
# Why it matters here: a roster of a branch has members of every age. Checked with it, the oldest are turned away, for no
#   mistake of theirs, and in one place but not in another: who tests it with numbers of 海淀 sees nothing.
# The numbers are made up (running number 000).
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'python-stdnum==2.2'
"$work/venv/bin/python" - <<'PY'
import stdnum
from stdnum.cn import ric

YEARS = (1940, 1955, 1970, 1982, 1985)
FROM = {"110108": 1940, "330106": 1985, "420106": 1985}


def number(code, year):
    body = f"{code}{year}0312000"
    rest = sum(int(digit) * pow(2, 17 - place) for place, digit in enumerate(body)) % 11
    return body + "10X98765432"[rest]


print("python-stdnum", stdnum.__version__)
changed = []
for code, first in FROM.items():
    valid = {year: ric.is_valid(number(code, year)) for year in YEARS}
    print(code, "born in", ", ".join(f"{year}: {'valid' if fine else 'REFUSED'}" for year, fine in valid.items()))
    if valid != {year: year >= first for year in YEARS}:
        changed.append(code)
raise SystemExit(f"no longer as seen: {changed}" if changed else 0)
PY
