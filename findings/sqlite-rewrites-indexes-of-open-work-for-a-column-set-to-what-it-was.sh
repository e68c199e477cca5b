#!/bin/sh
# SQLite 3.54.1 (apsw 3.54.1.0 brings it).
#
# Expected: an UPDATE that sets a column to the value that it has leaves the indexes alone whose keys and
#   conditions stay the same, since nothing in them changes.
# Seen: which indexes are written is decided by the names in SET, not by the values. `closed_at = NULL` on a row
#   where it is NULL takes the row out of every partial index `WHERE closed_at IS NULL` and puts it back: a page
#   each, in the log and at the next checkpoint, whatever those indexes are on.
# Why it matters here: work that is open is found by many small indexes with just this condition (due, state, unit,
#   person), and a step that writes "not ended" together with the new state, as an object mapper does that was given
#   all columns, pays for all of them at every step: of 27 pages a step 7 were for nothing.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -qq --disable-pip-version-check 'apsw==3.54.1.0'
"$work/venv/bin/python" - "$work" <<'PY'
import os
import sys

import apsw

INDEXES = 6
path = f"{sys.argv[1]}/cases.db"
link = apsw.Connection(path)
link.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=0")
columns = ", ".join(f"c{n}" for n in range(INDEXES))
link.execute(f"CREATE TABLE cases(id INTEGER PRIMARY KEY, state, closed_at, {columns})")
for n in range(INDEXES):
    link.execute(f"CREATE INDEX open_{n} ON cases(c{n}) WHERE closed_at IS NULL")
holes = ", ".join("?" * INDEXES)
for number in range(5_000):
    link.execute(f"INSERT INTO cases VALUES(?, 'asked', NULL, {holes})", (number, *[number] * INDEXES))


def pages(sql: str) -> int:
    link.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    link.execute(sql)
    return (os.path.getsize(f"{path}-wal") - 32) // (4096 + 24)


found = {
    "state alone": pages("UPDATE cases SET state='told' WHERE id=2500"),
    "state, and closed_at to what it is": pages("UPDATE cases SET state='seen', closed_at=NULL WHERE id=2500"),
    "state, and one indexed column to what it is": pages("UPDATE cases SET state='read', c0=c0 WHERE id=2500"),
}
print("SQLite", apsw.sqlite_lib_version(), f"{INDEXES} partial indexes WHERE closed_at IS NULL")
for what, number in found.items():
    print(f"  UPDATE of {what}: {number} pages written")
seen = {"state alone": 1, "state, and closed_at to what it is": 1 + INDEXES}
changed = {what: found[what] for what, number in seen.items() if found[what] != number}
raise SystemExit(f"no longer as seen: {changed}" if changed else 0)
PY
