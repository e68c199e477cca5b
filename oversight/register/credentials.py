"""Passwords and tokens: hashing, checking with the same cost for unknown names, random secrets."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session, joinedload

from oversight.base.clock import Moment
from oversight.base.refusals import InvalidInput
from oversight.base.sentences import N_, say
from oversight.engine.use_case import one_transaction
from oversight.models import Account, ApiToken, Login

LONGEST, SHORTEST = 128, 10
ATTEMPTS, LOCKED_FOR = 5, timedelta(minutes=15)
LOGIN_LASTS = timedelta(hours=12)
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """Hash a password. Raises InvalidInput where it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(
            {
                "password": say(
                    "密码要有 %(least)s 到 %(most)s 个字符。", least=SHORTEST, most=LONGEST
                )
            }
        )
    return _hasher.hash(password)


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex())


def check(stored: str | None, password: str) -> bool:
    """Compare a password, spending the same time where there is nothing to compare with."""
    try:
        return _hasher.verify(stored or _nobody(), password[:LONGEST]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(session: Session, username: str, password: str, at: Moment) -> str | None:
    """Return a fresh log-in token, or None; five failures lock the account for a quarter of an
    hour.

    Commits.
    """
    with one_transaction(session):
        account = session.scalar(
            sa.select(Account).where(Account.username == username[:60]).with_for_update(of=Account)
        )
        locked = (
            account is not None
            and account.locked_until is not None
            and account.locked_until > at.now
        )
        good = check(account.password_hash if account and not locked else None, password)
        if account is None or locked or not good or not account.enabled:
            if account is not None and not locked:
                count_failure(account, at.now)
            return None
        account.failures, account.locked_until = 0, None
        token = secrets.token_urlsafe(32)
        session.add(
            Login(
                zone_id=account.zone_id,
                account_id=account.id,
                token_hash=fingerprint(token),
                created_at=at.now,
                seen_at=at.now,
            )
        )
        return token


def count_failure(account: Account, now: datetime) -> None:
    """Count a wrong password or code; the fifth in a row locks the account for a quarter of an
    hour.
    """
    account.failures += 1
    if account.failures >= ATTEMPTS:
        account.failures, account.locked_until = 0, now + LOCKED_FOR


def live_login(session: Session, token: str, now: datetime) -> Account | None:
    """Return the account of a log-in while it lives: not ended, not too old, account enabled."""
    return session.scalar(
        sa.select(Account)
        .options(joinedload(Account.zone))  # whose name stands on every page
        .join(Login, Account.id == Login.account_id)
        .where(
            Login.token_hash == fingerprint(token),
            Login.ended_at.is_(None),
            Login.created_at > now - LOGIN_LASTS,
            Account.enabled,
        )
    )


def sign_out(session: Session, account_id: str, now: datetime, token: str | None = None) -> None:
    """End one log-in, or all of an account. Does not commit."""
    statement = sa.update(Login).where(Login.account_id == account_id, Login.ended_at.is_(None))
    if token is not None:
        statement = statement.where(Login.token_hash == fingerprint(token))
    session.execute(statement.values(ended_at=now))


def change_password(session: Session, account: Account, old: str, new: str, now: datetime) -> None:
    """Replace a password and end every log-in and token of the account. Commits. Raises
    InvalidInput.

    A wrong old password counts as a failed log-in.
    """
    if account.locked_until is not None and account.locked_until > now:
        raise InvalidInput({"old": N_("连续输错 5 次，请 15 分钟后再试。")})
    if not check(account.password_hash, old):
        with one_transaction(session):
            count_failure(account, now)
        raise InvalidInput({"old": N_("原密码不对。")})
    if old == new:
        raise InvalidInput({"password": N_("新密码不能与原密码相同。")})
    with one_transaction(session):
        account.password_hash = hash_password(new)
        end_all(session, account, now)


def end_all(session: Session, account: Account, now: datetime) -> None:
    """End every log-in and token of an account. Does not commit."""
    sign_out(session, account.id, now)
    session.execute(
        sa.update(ApiToken)
        .where(ApiToken.account_id == account.id, ApiToken.ended_at.is_(None))
        .values(ended_at=now)
    )


def issue_token(session: Session, account: Account, now: datetime) -> str:
    """Make an API token and return it; only its hash is kept. Does not commit."""
    token = secrets.token_urlsafe(32)
    session.add(
        ApiToken(
            zone_id=account.zone_id,
            account_id=account.id,
            token_hash=fingerprint(token),
            created_at=now,
        )
    )
    return token


def token_account(session: Session, token: str) -> Account | None:
    """Return the account of a live API token."""
    return session.scalar(
        sa.select(Account)
        .join(ApiToken, ApiToken.account_id == Account.id)
        .where(
            ApiToken.token_hash == fingerprint(token), ApiToken.ended_at.is_(None), Account.enabled
        )
    )
