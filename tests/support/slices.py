"""What `make test` leaves to `make assure`: long proofs run as a seeded slice, the same each time."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from zlib import crc32

WHOLE = os.environ.get("OVERSIGHT_WHOLE") == "1"
ALIKE = 2  # so many cases of one test run on PostgreSQL too; of more a quarter


def drawn(*name: object, share: float) -> bool:
    """True where this case belongs to the slice of so large a share, or all is to run."""
    return WHOLE or random.Random(repr(name)).random() < share


def split(items: list) -> tuple[list, list]:
    """Part tests into those that run and those left to the whole run: of the many cases of one test
    that differ in what they are given, all run on SQLite, and on PostgreSQL the first and a quarter.
    """
    seen: dict[str, int] = defaultdict(int)
    kept, left = [], []
    for item in items:
        call = getattr(item, "callspec", None)
        name = item.nodeid.partition("[")[0]
        if WHOLE or call is None or call.params.get("database_url") != "postgresql":
            kept.append(item)
            continue
        seen[name] += 1
        kept_here = seen[name] <= ALIKE or crc32(item.nodeid.encode()) % 4 == 0
        (kept if kept_here else left).append(item)
    return kept, left
