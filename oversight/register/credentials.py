"""Passwords, log-ins and tokens: hashing, checking with the same cost for unknown names, random
secrets. A password is compared outside any transaction: it takes longer than all else.
"""

from __future__ import annotations

import secrets
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import kept
from oversight.base.clock import Moment
from oversight.base.db import columns, put, reading, settle, unsynced
from oversight.base.prepared import Prepared
from oversight.base.refusals import InvalidInput, NotLoggedIn
from oversight.base.sealing import Sealer, fingerprint
from oversight.base.sentences import N_
from oversight.calendar.zone import zone_settings
from oversight.engine.use_case import one_transaction
from oversight.models import Account, Draft, Login, Person, Zone, epochs

from . import passwords, second_factor, sign_ins, stays, tokens
from .sign_ins import NOWHERE, Place

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LONGEST = passwords.LONGEST
LOGIN_LASTS = timedelta(hours=24)  # at most; how long one lasts it says itself
IDLE_MINUTES = {"modern": 120, passwords.GRADED: 30}
IDLE_MOST = {"modern": 240, passwords.GRADED: 30}
RENEWED, CODE_WITHIN = timedelta(minutes=10), timedelta(minutes=10)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """Hash a password. Raises InvalidInput where it is too short or too long."""
    passwords.refuse_long_or_short(password)
    return _hasher().hash(password)


@cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_hex())


def check(stored: str | None, password: str) -> bool:
    """Compare a password, spending the same time where there is nothing to compare with."""
    from argon2.exceptions import InvalidHashError, VerificationError

    fits = stored if stored and len(password) <= LONGEST else None
    try:
        return _hasher().verify(fits or _nobody(), password[:LONGEST]) and fits is not None
    except (VerificationError, InvalidHashError):
        return False


@dataclass(frozen=True)
class Found:
    """What is known of a name before its password is compared."""

    account_id: str
    password_hash: str
    enabled: bool


def sign_in(
    session: Session,
    username: str,
    password: str,
    at: Moment,
    place: Place = NOWHERE,
    stay: bool = False,
) -> str | None:
    """Return a fresh log-in token, or None where name or password is wrong. Commits. `stay`: it is to
    stay on this device, where the zone lets it.

    Where the account has a second factor the token opens nothing but `enter_code`. Raises TooMany.
    """
    username = username[:60]
    found = _look(session, username, at, place)
    good = check(found.password_hash if found else None, password)
    with nullcontext() if good else unsynced(), one_transaction(session):
        account = _locked(session, found.account_id) if found else None
        if (
            not good
            or not account.open_on(at.today)
            or account.password_hash != found.password_hash
        ):
            sign_ins.note(session, username, account, "password", at, place)
            return None
        found_days = stays.days(session, account, at) if stay else 0
        return _begin(
            session, account, at, place, code=account.totp_sealed is not None, days=found_days
        )


def _look(session: Session, username: str, at: Moment, place: Place) -> Found | None:
    """Read what a try needs, and let go of the database. Raises TooMany."""
    session.rollback()  # a write begun before would hold SQLite's lock while the password is hashed
    with reading():
        try:
            sign_ins.refuse_hasty(session, username, at, place)
            columns = (Account.id, Account.password_hash, Account.enabled)
            row = session.execute(sa.select(*columns).where(Account.username == username)).first()
        finally:
            session.rollback()
    return Found(*row) if row else None


def _locked(session: Session, account_id: str) -> Account:
    return session.scalar(
        sa.select(Account).where(Account.id == account_id).with_for_update(of=Account)
    )


def _begin(
    session: Session, account: Account, at: Moment, place: Place, code: bool, days: int = 0
) -> str:
    """Begin a log-in and return its token; with `code` it waits for the second factor, it stays for
    `days`. Does not commit.
    """
    chosen, token = zone_settings(session, account.zone_id), secrets.token_urlsafe(32)
    session.add(
        Login(
            zone_id=account.zone_id,
            account_id=account.id,
            token_hash=fingerprint(token),
            created_at=at.now,
            seen_at=at.now,
            idle_minutes=_idle(chosen),
            lasts_hours=int(chosen["login_hours"]),
            stays_days=days,
            waits_for_code=code,
            owes=_owes(session, account, chosen, at),
            address=place.address,
            agent=place.agent,
        )
    )
    if not code:
        sign_ins.note(session, account.username, account, "in", at, place)
    return token


def _idle(chosen: dict[str, str]) -> int:
    """Return after how many minutes without use a log-in ends."""
    profile, own = chosen["password_profile"], chosen["login_idle"]
    minutes = IDLE_MINUTES[profile] if own == "profile" else int(own)
    return min(minutes, IDLE_MOST[profile])


def _owes(session: Session, account: Account, chosen: dict[str, str], at: Moment) -> str:
    """Say what the owner must set before he may do anything else."""
    set_at = account.password_set_at or account.created_at
    if passwords.outlived(chosen["password_profile"], set_at, at.now):
        return "password"
    lacks = account.totp_sealed is None
    return "factor" if lacks and second_factor.required(session, account, chosen, at) else ""


def enter_code(
    session: Session, token: str, code: str, at: Moment, sealer: Sealer, place: Place = NOWHERE
) -> str | None:
    """Return a fresh log-in token for one that waits for its code, or None where the code is wrong.

    Commits. Raises NotLoggedIn where there is no such log-in, TooMany.
    """
    with one_transaction(session):
        waiting = _waiting(session, token, at)
        account = _locked(session, waiting.account_id)
        sign_ins.refuse_hasty(session, account.username, at, place)
        if not second_factor.spend(session, account, code, at, sealer):
            sign_ins.note(session, account.username, account, "code", at, place)
            return None
        waiting.ended_at = at.now
        return _begin(session, account, at, place, code=False, days=waiting.stays_days)


def waits_for_code(session: Session, token: str, at: Moment) -> bool:
    """True where a token is a log-in that only waits for its second factor."""
    return _half(session, token, at) is not None


def _half(session: Session, token: str, at: Moment) -> Login | None:
    return session.scalar(
        sa.select(Login)
        .join(Account, Account.id == Login.account_id)
        .where(
            Login.token_hash == fingerprint(token),
            Login.ended_at.is_(None),
            Login.waits_for_code,
            Login.created_at > at.now - CODE_WITHIN,
            Account.enabled,
        )
    )


def _waiting(session: Session, token: str, at: Moment) -> Login:
    found = _half(session, token, at)
    if found is None:
        raise NotLoggedIn("登录已过期，请重新输入用户名和密码。")
    return found


def live_login(session: Session, token: str, now: datetime) -> Account | None:
    """Return the account of a log-in while it lives."""
    found = live(session, token, now, now.date())
    return found[0] if found else None


def live(session: Session, token: str, now: datetime, today: date) -> tuple[Account, Login] | None:
    """Return a log-in with its account while it lives: not ended, not too old, not unused for too
    long (unless it stays), account enabled.
    """
    given = {"fingerprint": fingerprint(token), "since": now - LOGIN_LASTS}
    kept.write_out(session)
    row = _LIVE.first(session, **given)
    if row is None:
        return None
    zone, person, account, login = (
        put(session, model, dict(zip(_names(model), row[begin:end], strict=True)))
        for model, begin, end in _PARTS
    )
    if not _lives(session, account, login, now, today):
        return None
    settle(account, {"zone": zone, "person": person})
    epochs.see(session, zone.id, zone.epoch)
    login.has_drafts = bool(row[-1])
    return account, login


def _young(since: datetime | sa.BindParameter) -> sa.ColumnElement[bool]:
    return sa.or_(Login.created_at > since, Login.stays_days > 0)


@cache
def _names(model) -> list[str]:
    return [column.key for column in columns(model)]


# Asked with every request: made ready once. The zone's name stands on every page; whose account it is
# is asked next.
_READ = (Zone, Person, Account, Login)
_ENDS = list(accumulate(len(columns(model)) for model in _READ))
_PARTS = list(zip(_READ, [0, *_ENDS], _ENDS, strict=False))
_LIVE = Prepared(
    sa.select(
        *(
            column.label(f"c{n}")
            for n, column in enumerate(one for m in _READ for one in m.__mapper__.columns)
        ),
        sa.exists().where(Draft.account_id == Account.id).label("drafts"),
    )
    .select_from(Account)
    .join(Account.zone)
    .join(Account.person)
    .join(Login, Account.id == Login.account_id)
    .where(
        Login.token_hash == sa.bindparam("fingerprint"),
        Login.ended_at.is_(None),
        _young(sa.bindparam("since")),
        sa.not_(Login.waits_for_code),
        Account.enabled,
    )
)


def _lives(session: Session, account: Account, login: Login, now: datetime, today: date) -> bool:
    """True where a log-in is young and used enough, or stays."""
    if login.lives(now):
        return True
    return login.stays_days > 0 and stays.lives(session, account, login, now, today)


def renew(session: Session, login_id: str, now: datetime) -> None:
    """Note that a log-in is in use. Does not commit."""
    session.execute(sa.update(Login).where(Login.id == login_id).values(seen_at=now))


def log_ins(session: Session, account: Account, at: Moment) -> list[Login]:
    """Return the live log-ins of an account, the one used last first."""
    rows = session.scalars(
        sa.select(Login)
        .where(
            Login.account_id == account.id,
            Login.ended_at.is_(None),
            _young(at.now - LOGIN_LASTS),
            sa.not_(Login.waits_for_code),
        )
        .order_by(Login.seen_at.desc(), Login.id)
    )
    return [row for row in rows if _lives(session, account, row, at.now, at.today)]


def sign_out(
    session: Session,
    account_id: str,
    now: datetime,
    token: str | None = None,
    login_id: str | None = None,
    but: str | None = None,
) -> None:
    """End one log-in, or all of an account `but` one. Does not commit."""
    statement = sa.update(Login).where(Login.account_id == account_id, Login.ended_at.is_(None))
    if token is not None:
        statement = statement.where(Login.token_hash == fingerprint(token))
    if login_id is not None:
        statement = statement.where(Login.id == login_id)
    if but is not None:
        statement = statement.where(Login.id != but)
    session.execute(statement.values(ended_at=now))


def confirm_password(
    session: Session, account: Account, password: str, at: Moment, place: Place = NOWHERE
) -> None:
    """Make sure that it is the owner who sits there. Commits. Raises InvalidInput for `old`,
    TooMany.
    """
    username = account.username
    found = _look(session, username, at, place)
    if not check(found.password_hash, password):
        with one_transaction(session):
            sign_ins.note(session, username, account, "password", at, place)
        raise InvalidInput({"old": N_("原密码不对。")})


def change_password(
    session: Session, account: Account, old: str, new: str, at: Moment, place: Place = NOWHERE
) -> None:
    """Replace a password and end every log-in and token of the account. Commits. Raises
    InvalidInput, TooMany.

    A wrong old password counts as a failed log-in.
    """
    confirm_password(session, account, old, at, place)
    if old == new:
        raise InvalidInput({"password": N_("新密码不能与原密码相同。")})
    with reading():
        refuse_weak(session, account, new)
        session.rollback()
    hashed = hash_password(new)
    with one_transaction(session):
        set_password(account, hashed, at)
        end_all(session, account, at.now)


def refuse_weak(session: Session, account: Account, password: str) -> None:
    """Make sure that an account may have a password. Raises InvalidInput."""
    names = (account.username, account.person.name)
    chosen = zone_settings(session, account.zone_id)
    passwords.refuse_weak(password, names, chosen["password_profile"])


def set_password(account: Account, hashed: str, at: Moment) -> None:
    """Give an account a password. Does not commit."""
    account.password_hash, account.password_set_at = hashed, at.now


def end_all(session: Session, account: Account, now: datetime) -> None:
    """End every log-in and token of an account. Does not commit."""
    sign_out(session, account.id, now)
    tokens.end_all(session, account.id, now)
