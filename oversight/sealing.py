"""Seals what must not lie open in the database, above all telephone numbers. Knows no table.

The key follows from the installation's secret key: who loses that key enters the numbers anew.
"""

from __future__ import annotations

import base64
import hashlib
import zlib

from cryptography.fernet import Fernet, InvalidToken


class Sealer:
    """Seal and open texts and files with one key."""

    def __init__(self, secret_key: str):
        key = hashlib.scrypt(secret_key.encode(), salt=b"oversight.sealing", n=2**12, r=8, p=1, dklen=32)
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, plain: str) -> str:
        return self._fernet.encrypt(plain.encode()).decode()

    def open(self, sealed: str | None) -> str:
        """Return what was sealed; empty where there is nothing or the key is another."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode() if sealed else ""
        except InvalidToken:
            return ""

    def seal_file(self, data: bytes) -> bytes:
        return self._fernet.encrypt(zlib.compress(data))

    def open_file(self, data: bytes) -> bytes:
        """Return what was sealed. Raises ValueError."""
        try:
            return zlib.decompress(self._fernet.decrypt(data))
        except (InvalidToken, zlib.error):
            raise ValueError("not sealed with this key") from None


def masked(phone: str) -> str:
    """Show a telephone number's ends only."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else ""
