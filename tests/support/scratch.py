"""Where databases of tests lie: in memory, where the system has room there, and else on disk."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3


def folder(prefix: str) -> Path:
    """Make a folder;

    the caller removes it. Laying a database anew is ten times as fast in memory.
    """
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if roomy else None))
