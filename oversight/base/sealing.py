"""The installation's encryption of telephone numbers and of files that wait. Knows no table.

The keys follow from the secret key: who loses that one enters the numbers anew.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

from . import phone_numbers

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


@lru_cache(maxsize=4)
def _cipher(secret: str) -> Fernet:
    """Derive the key of files once a process: it costs as much as a password's hash."""
    from cryptography.fernet import Fernet

    key = hashlib.scrypt(secret.encode(), salt=b"oversight.sealing", n=2**12, r=8, p=1, dklen=32)
    return Fernet(base64.urlsafe_b64encode(key))


class Sealer:
    """Seal and open numbers, each for its person, and files."""

    def __init__(self, secret_key: str):
        self._secret = secret_key

    @property
    def _fernet(self) -> Fernet:
        return _cipher(self._secret)

    def seal_phone(self, person_id: str, number: str) -> str:
        return phone_numbers.seal(self._secret, person_id, number)

    def phone(self, person) -> str:
        """Return a person's number; empty where there is none or the key is another."""
        return phone_numbers.unseal(self._secret, person.id, person.phone_sealed) or ""

    def seal_file(self, data: bytes) -> bytes:
        return self._fernet.encrypt(zlib.compress(data))

    def open_file(self, data: bytes) -> bytes:
        """Return what was sealed. Raises ValueError."""
        from cryptography.fernet import InvalidToken

        try:
            return zlib.decompress(self._fernet.decrypt(data))
        except (InvalidToken, zlib.error):
            raise ValueError("not sealed with this key") from None


def fingerprint(secret: str) -> str:
    """Return what is kept of a secret of full length that need not be read again."""
    return hashlib.sha256(secret.encode()).hexdigest()
