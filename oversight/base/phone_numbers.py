"""Telephone numbers at rest: sealed under a key that follows from the secret key, and their masked
form.

Knows no table and no right; nothing here is ever logged.
"""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from typing import TYPE_CHECKING

from .refusals import InvalidInput
from .sentences import N_

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12  # bytes


@lru_cache(maxsize=4)
def _box(secret: str) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return AESGCM(HKDF(SHA256(), 32, None, b"oversight: telephone numbers").derive(secret.encode()))


def read(text: str) -> str:
    """Return a number as digits, with a dash where it has an area code. Raises InvalidInput."""
    bare = (
        re.sub(r"[\s()（）+]", "", text).removeprefix("86")
        if not text.strip().startswith("0")
        else text.strip()
    )
    if not re.fullmatch(r"1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}", bare, re.ASCII):
        raise InvalidInput(
            {"number": N_("电话号码应是 11 位手机号，或带区号的座机号，如 0722-3312345。")}
        )
    return bare


def seal(secret: str, person_id: str, number: str) -> str:
    """Seal a number for one person: a sealed number copied to another person's row cannot be opened
    there.
    """
    nonce = secrets.token_bytes(NONCE)
    return urlsafe_b64encode(
        nonce + _box(secret).encrypt(nonce, number.encode(), person_id.encode())
    ).decode()


def unseal(secret: str, person_id: str, sealed: str | None) -> str | None:
    """Return the number, or None where there is none or it was sealed under another key."""
    if not sealed:
        return None
    from cryptography.exceptions import InvalidTag

    raw = urlsafe_b64decode(sealed)
    try:
        return _box(secret).decrypt(raw[:NONCE], raw[NONCE:], person_id.encode()).decode()
    except InvalidTag:
        return None


def masked(number: str | None) -> str:
    """Return a number as lists show it: 138****5678."""
    return f"{number[:3]}****{number[-4:]}" if number else ""
