"""A landed migration is never edited: databases have run it as it was."""

from __future__ import annotations

import hashlib
from pathlib import Path

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
LANDED = Path(__file__).with_name("landed.txt")


def test_landed_migrations_are_as_they_were():
    """A new one is added to `landed.txt` when it lands; only the number it follows may still change
    until then.
    """
    kept = dict(line.split()[::-1] for line in LANDED.read_text("utf-8").splitlines())
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in VERSIONS.glob("*.py")
    }
    assert {name: found.get(name) for name in kept} == kept
