"""The second factor: codes of a telephone that change every half minute (TOTP), and codes on paper
for when it is lost.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.refusals import InvalidInput
from oversight.base.sealing import Sealer
from oversight.base.sentences import N_
from oversight.law.roles import ADMINISTRATORS
from oversight.models import Account, Post, RecoveryCode, Unit
from oversight.organization.standing import in_office

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

SECONDS, DIGITS, BYTES = 30, 6, 20
CODES, CODE_SIGNS = 10, "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 12  # 60 bits, and a slow hash
ISSUER = N_("党日督导台")


def required(session: Session, account: Account, chosen: dict[str, str], at: Moment) -> bool:
    """True where the zone asks the owner of an account for a second factor."""
    if chosen["second_factor"] == "off":
        return False
    posts = sa.select(Post.id).join(Unit, Unit.id == Post.unit_id)
    posts = posts.where(Post.person_id == account.person_id, in_office(at.today))
    which: sa.ColumnElement[bool] = Post.office.in_(ADMINISTRATORS)
    if chosen["second_factor"] == "organs":
        which = sa.or_(which, Unit.kind.not_in(("branch", "group")))
    return session.scalar(posts.where(which).limit(1)) is not None


# Setting it up ------------------------------------------------------------------------------------


def draw(account: Account, sealer: Sealer) -> str:
    """Draw a secret for an account and return it sealed: nothing is kept until it was tried."""
    return sealer.seal_file(account.id.encode() + secrets.token_bytes(BYTES)).decode()


def _secret(account: Account, sealed: str, sealer: Sealer) -> bytes:
    """Open the secret of an account. Raises ValueError where it is another's or the key is."""
    opened = sealer.open_file(sealed.encode())
    whose, secret = opened[:-BYTES], opened[-BYTES:]
    if whose != account.id.encode():
        raise ValueError("sealed for another account")
    return secret


def shown(account: Account, sealed: str, sealer: Sealer) -> tuple[str, str]:
    """Return a secret as people type it and as a telephone reads it. Raises ValueError."""
    secret = _secret(account, sealed, sealer)
    typed = base64.b32encode(secret).decode()
    address = _totp(secret).get_provisioning_uri(account.username, ISSUER)
    return " ".join(typed[start : start + 4] for start in range(0, len(typed), 4)), address


def turn_on(
    session: Session, account: Account, sealed: str, code: str, at: Moment, sealer: Sealer
) -> list[str]:
    """Keep a secret whose code was right and return the recovery codes, once. Does not commit.

    Raises InvalidInput.
    """
    try:
        step = _step(_secret(account, sealed, sealer), code, at)
    except ValueError:
        raise InvalidInput({"code": N_("这一页停留太久，请刷新后重新扫码。")}) from None
    if step is None:
        raise InvalidInput({"code": N_("动态码不对。请确认手机时间准确，用最新的 6 位数字再试。")})
    account.totp_sealed, account.totp_step = sealed, step
    return new_codes(session, account, at)


def turn_off(session: Session, account: Account) -> None:
    """Take the second factor off an account, with its recovery codes. Does not commit."""
    account.totp_sealed, account.totp_step = None, None
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account.id))


def new_codes(session: Session, account: Account, at: Moment) -> list[str]:
    """Draw recovery codes in place of all former ones and return them, once. Does not commit."""
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    codes = ["".join(secrets.choice(CODE_SIGNS) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
    session.add_all(
        RecoveryCode(
            account_id=account.id,
            zone_id=account.zone_id,
            code_hash=_code_hash(account, code),
            created_at=at.now,
        )
        for code in codes
    )
    return [" ".join(code[start : start + 4] for start in range(0, 12, 4)) for code in codes]


def codes_left(session: Session, account: Account) -> int:
    """Count the recovery codes that were not used."""
    rows = sa.select(sa.func.count()).where(RecoveryCode.account_id == account.id)
    return session.scalar(rows)


# Using it -----------------------------------------------------------------------------------------


def spend(session: Session, account: Account, code: str, at: Moment, sealer: Sealer) -> bool:
    """True where a code is valid; a code is valid once. Does not commit."""
    written = "".join(c for c in code.upper() if c.isalnum())
    if len(written) != DIGITS:
        return _spend_recovery(session, account, written)
    try:
        step = _step(_secret(account, account.totp_sealed, sealer), written, at)
    except ValueError:
        return False  # the key is another one: recovery codes still open
    if step is None or step <= (account.totp_step or 0):
        return False
    account.totp_step = step
    return True


def _spend_recovery(session: Session, account: Account, written: str) -> bool:
    if len(written) != CODE_LENGTH:
        return False
    code = session.get(RecoveryCode, (account.id, _code_hash(account, written)))
    if code is None:
        return False
    session.delete(code)
    return True


def _code_hash(account: Account, code: str) -> str:
    return hashlib.scrypt(
        code.encode(), salt=account.id.encode(), n=2**12, r=8, p=1, dklen=32
    ).hex()


def _totp(secret: bytes) -> TOTP:
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

    return TOTP(secret, DIGITS, SHA1(), SECONDS)  # what every telephone knows


def _step(secret: bytes, code: str, at: Moment) -> int | None:
    """Return the half minute that a code is of: this one, the last or the next."""
    from cryptography.hazmat.primitives.twofactor import InvalidToken

    now, totp = int(at.now.timestamp()), _totp(secret)
    for shift in (0, -1, 1):
        moment = now + shift * SECONDS
        try:
            totp.verify(code.encode(), moment)
            return moment // SECONDS
        except InvalidToken:
            continue
    return None
