#!/bin/sh
# Babel 2.18.0, the extractor for Python.
#
# Expected: a text marked for translation is found wherever it stands, also inside the call that marks another
#   one, as xgettext finds it.
# Seen: found when it is a direct argument or stands in square brackets; dropped without a word when it stands in
#   further parentheses, be they a call or a tuple. Outside of a marked call the same lines are found.
# Why it matters here: sentences for officials are put together (“由%(unit)s办理”, the unit or office itself a marked
#   word, often joined or in a tuple). Such a word is missing from the template for translators, nothing warns, and
#   a page in the other language shows it in Chinese in the midst of a translated sentence.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'Babel==2.18.0'
"$work/venv/bin/python" - <<'PY'
from io import BytesIO

import babel
from babel.messages.extract import extract

CASES = (
    ('_("由%(unit)s办理", unit=_("支部"))', True),
    ('_("由%(unit)s办理", unit=[_("支部")])', True),
    ('_("由%(unit)s办理", unit=str(_("支部")))', False),
    ('_("由%(unit)s办理", unit=(_("支部"),))', False),
    ('_("由%(unit)s办理", unit="、".join([_("支部")]))', False),
    ('fill("由%(unit)s办理", unit=str(_("支部")))', True),
)
print("Babel", babel.__version__)
changed = []
for line, expected in CASES:
    found = {text for _, text, *_ in extract("python", BytesIO(line.encode()), {"_": None})}
    print(f"{line:55} 支部 {'found' if '支部' in found else 'DROPPED'}")
    if ("支部" in found) is not expected:
        changed.append(line)
raise SystemExit(f"no longer as seen: {changed}" if changed else 0)
PY
