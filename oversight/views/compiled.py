"""Templates as an earlier start has compiled them: a third of a page's first answer."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket


class Compiled(FileSystemBytecodeCache):
    """A folder of its own, which only its owner enters: what lies there is run as code.

    Jinja compiles anew what has changed. Where nothing can be kept, each start compiles its own.
    """

    def __init__(self, folder: Path):
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        super().__init__(str(folder))

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)
