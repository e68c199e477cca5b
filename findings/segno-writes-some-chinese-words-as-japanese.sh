#!/bin/sh
# segno 1.6.6, read back with zxing-cpp 3.1.1.
#
# Expected: a QR code of Chinese text holds its UTF-8, in bytes, as most words' codes do; kanji mode, which has no other
#   characters than those of Shift JIS, is for text that can be written in it.
# Seen: the text becomes bytes first (UTF-8 where Shift JIS has no such character), and then the mode is guessed from
#   the bytes: where those of 党员, 委员, 会员, 农村 or 会场 taken in pairs happen to look like Shift JIS, they are written in
#   kanji mode, and the reader gets other characters. encoding="utf-8" or eci=True change nothing, mode="byte" does.
# Why it matters here: codes on notices and sign-in sheets hold short words or names (乔勇, 龙霞), where the whole has an even
#   number of bytes; of pairs of common characters one in seven is hit. Addresses in Latin letters, and longer texts mostly,
#   are not, so that tests with those see nothing.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check \
  'segno==1.6.6' 'zxing-cpp==3.1.1' 'pillow==13.0.0' 'numpy==2.4.6'
"$work/venv/bin/python" - <<'PY'
from io import BytesIO

import segno
import zxingcpp
from PIL import Image

WRONG = {"党员", "委员", "会员", "农村", "会场", "乔勇", "龙霞"}
RIGHT = {"党费", "支部", "石桥村党支部", "党员活动室", "2026年12月4日"}


def read(code):
    picture = BytesIO()
    code.save(picture, kind="png", scale=8, border=4)
    return "".join(found.text for found in zxingcpp.read_barcodes(Image.open(picture).convert("L")))


print("segno", segno.__version__)
changed = []
for word in sorted(WRONG | RIGHT):
    code = segno.make(word, micro=False)
    told = segno.make(word, micro=False, encoding="utf-8", eci=True)
    bytewise = segno.make(word, micro=False, mode="byte", encoding="utf-8")
    print(f"{word} is written in {code.mode} mode, read as {read(code)}; with mode='byte' as {read(bytewise)}")
    seen = {read(code) == word, read(told) == word}
    if seen != {word in RIGHT} or read(bytewise) != word:
        changed.append(word)
raise SystemExit(f"no longer as seen: {changed}" if changed else 0)
PY
