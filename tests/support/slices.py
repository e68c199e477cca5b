"""What `make test` leaves to `make assure`: long proofs run as a seeded slice, the same each time."""

from __future__ import annotations

import os
import random
from collections import defaultdict
from zlib import crc32

WHOLE = os.environ.get("OVERSIGHT_WHOLE") == "1"
ALIKE = 2  # so many cases of one test of the database run on PostgreSQL too; of more a quarter
# Files in which the database itself is the point: locks, plans, triggers, rights, order, what is sent.
OF_THE_DATABASE = {
    *(
        "authority",
        "backup",
        "boxes",
        "cli",
        "due",
        "edges_engine",
        "edges_queues",
        "engine",
        "explain",
    ),
    *(
        "insert_once",
        "journal",
        "kill",
        "migrations",
        "owner",
        "prepared",
        "queue_agrees",
        "queues",
    ),
    *(
        "races",
        "races_body",
        "races_part2",
        "races_roster",
        "records",
        "resealing",
        "seals",
        "sight",
    ),
    *("served", "served_kill", "standing", "statements", "sweep", "sweep_part2", "tampering"),
    *("use_case", "work", "work_kill"),
}


def drawn(*name: object, share: float) -> bool:
    """True where this case belongs to the slice of so large a share, or all is to run."""
    return WHOLE or random.Random(repr(name)).random() < share


def split(items: list) -> tuple[list, list]:
    """Part tests into those that run and those left to the whole run: all run on SQLite; on PostgreSQL a
    quarter, and where the database is the point the first of the many cases of one test besides.
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
        first = seen[name] <= ALIKE and item.path.stem.removeprefix("test_") in OF_THE_DATABASE
        (kept if first or crc32(item.nodeid.encode()) % 4 == 0 else left).append(item)
    return kept, left
