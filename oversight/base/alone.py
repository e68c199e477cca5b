"""One process serves a SQLite database: it has one writer, so that several would only wait for each
other. Who serves holds a lock on a file beside the database; it goes with the process.
"""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

from .sentences import N_

SEVERAL = N_(
    "已有另一个进程在用这个 SQLite 数据库提供服务，本进程不办理。SQLite 只能由一个进程提供服务：请只启动一个（gunicorn 用 "
    "-w 1 --threads 8）；一个不够用的，改用 PostgreSQL。"
)
END = "-serving"


class Alone:
    """Whether this process is the one that serves a database; of PostgreSQL each is."""

    def __init__(self, url: str):
        path = url.removeprefix("sqlite:///")
        self._path = Path(path + END) if path != url and path != ":memory:" else None
        self._owner, self._handle, self._asking = 0, -1, threading.Lock()

    def mine(self) -> bool:
        """True where this process serves, from now on if nobody did."""
        if self._path is None or self._owner == os.getpid():
            return True
        with self._asking:
            return self._owner == os.getpid() or self._take()

    def _take(self) -> bool:
        """Lock for the process: a record lock, which no forked child has and no dead one keeps."""
        try:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:  # a disk that takes nothing is harmed by nobody; asked anew each time
            return True
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return False
        self._owner, self._handle = os.getpid(), handle  # which stays open as long as the process
        return True
