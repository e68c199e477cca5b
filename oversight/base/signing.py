"""The installation's signature under its seals. The private key lies in a file of its own, outside the
database and its backups; the public ones, one a line, lie beside it and are given away freely.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


class Signer:
    """Sign with the key of a file, and keep seals as files of their own."""

    def __init__(self, path: Path, folder: Path):
        self.path, self.folder = path, folder
        self.public = path.with_name(path.name + ".pub")

    def prepare(self, known: Iterable[str] = ()) -> None:
        """Make the key where this installation never had one; one that was lost is not replaced.

        `known` are the keys of seals that came with the database: they are believed from then on.
        """
        if self.path.exists() or self.public.exists():
            return
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = Ed25519PrivateKey.generate()
        with suppress(FileExistsError):
            write_once(self.path, key.private_bytes_raw().hex() + "\n")
            own = key.public_key().public_bytes_raw().hex()
            write_once(self.public, "\n".join([own, *known]) + "\n")

    def sign(self, text: str, known: Iterable[str]) -> tuple[str | None, str | None]:
        """Return the public key and the signature; nothing where the key is missing."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self.prepare(known)
        try:
            key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.path.read_text().strip()))
        except (OSError, ValueError):
            return None, None
        return key.public_key().public_bytes_raw().hex(), key.sign(text.encode()).hex()

    def keys(self) -> list[str]:
        """Return the public keys that are known; empty where there are none."""
        return self.public.read_text().split() if self.public.exists() else []

    def keep(self, name: str, line: str) -> Path:
        """Write a seal as a file of its own, once."""
        path = self.folder / name
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            write_once(path, line + "\n")
        return path


def write_once(path: Path, text: str) -> None:
    """Write a file that only its owner reads. Raises FileExistsError."""
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
