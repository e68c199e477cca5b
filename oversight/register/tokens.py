"""Tokens of the interface begin, are used and end here, and nowhere else.

A token has a name, a last day and a scope: it reads, or it acts in its person's name.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.db import is_id, writing
from oversight.base.refusals import InvalidInput, NotFound, RuleViolation
from oversight.base.sealing import fingerprint
from oversight.base.sentences import N_, say
from oversight.engine.use_case import one_transaction
from oversight.models import Account, ApiToken, Zone, epochs

from . import audit_log, told

SCOPES = {"read": N_("只能查看"), "act": N_("可以办理")}
NAMED = "接口令牌"
LASTS, LONGEST = 365, 730  # days
MOST = 20  # live tokens of one account
SEEN_EVERY = timedelta(minutes=10)


def issue(
    session: Session,
    account: Account,
    by_id: str | None,
    at: Moment,
    name: str = NAMED,
    scope: str = "act",
    days: int = LASTS,
) -> str:
    """Make a token and return it; only its hash is kept. `by_id` None is the terminal. Does not commit.

    Raises InvalidInput, RuleViolation.
    """
    name = _read(name, scope, days)
    if not account.open_on(at.today):
        raise RuleViolation(f"账号“{account.username}”已停用，不能发令牌。")
    if len(live(session, account.id, at)) >= MOST:
        raise RuleViolation("令牌太多了，请先收回不用的。", rule="many_tokens")
    token = secrets.token_urlsafe(32)
    session.add(
        ApiToken(
            zone_id=account.zone_id,
            account_id=account.id,
            token_hash=fingerprint(token),
            name=name,
            scope=scope,
            created_at=at.now,
            expires_at=at.now + timedelta(days=days),
        )
    )
    session.flush()
    _note(session, account, "token", by_id, at, token=["", f"{name}（{SCOPES[scope]}）"])
    return token


def _read(name: str, scope: str, days: int) -> str:
    wrong = {}
    name = " ".join(name.split())
    if not typed.says(name) or len(name) > 60:
        wrong["name"] = N_("请写明令牌给什么程序用，最多 60 字。")
    if scope not in SCOPES:
        wrong["scope"] = N_("“范围”请从给出的选项中选择。")
    if not 1 <= days <= LONGEST:
        wrong["days"] = N_("“有效天数”要在 1 到 730 之间。")
    if wrong:
        raise InvalidInput(wrong)
    return name


def live(session: Session, account_id: str, at: Moment) -> list[ApiToken]:
    """Return the tokens of an account that can be used, the newest first."""
    return list(
        session.scalars(
            sa.select(ApiToken)
            .where(ApiToken.account_id == account_id, *_good(at))
            .order_by(ApiToken.created_at.desc(), ApiToken.id)
        )
    )


def _good(at: Moment):
    return ApiToken.ended_at.is_(None), ApiToken.expires_at > at.now


def revoke(
    session: Session, account: Account, token_id: str, by_id: str | None, at: Moment
) -> None:
    """End a token. Does not commit. Raises NotFound."""
    row = session.get(ApiToken, token_id) if is_id(token_id) else None
    if row is None or row.account_id != account.id:
        raise NotFound()
    if row.ended_at is None:
        row.ended_at = at.now
        _note(session, account, "revoke_token", by_id, at, token=[row.name, ""])


def end_all(session: Session, account_id: str, now: datetime) -> None:
    """End every token of an account. Does not commit."""
    session.execute(
        sa.update(ApiToken)
        .where(ApiToken.account_id == account_id, ApiToken.ended_at.is_(None))
        .values(ended_at=now)
    )


def found(session: Session, token: str, at: Moment) -> ApiToken | None:
    """Return a token that is good now, and whose account is."""
    row = session.execute(
        sa.select(ApiToken, Account, Zone.epoch)
        .join(Account, Account.id == ApiToken.account_id)
        .join(Zone, Zone.id == Account.zone_id)
        .where(ApiToken.token_hash == fingerprint(token), *_good(at))
    ).first()
    if row is None or not row.Account.open_on(at.today):
        return None
    epochs.see(session, row.Account.zone_id, row.epoch)
    return row.ApiToken


def seen(session: Session, row: ApiToken, at: Moment) -> None:
    """Keep when a token was last used, at most every ten minutes. Ends the transaction where it
    does.
    """
    if row.used_at is not None and row.used_at > at.now - SEEN_EVERY:
        return
    used = sa.update(ApiToken).where(ApiToken.id == row.id).values(used_at=at.now)
    session.rollback()  # a transaction that has read may not be able to write any more
    with writing(), one_transaction(session):
        session.execute(used)


def _note(
    session: Session, account: Account, act: str, by_id: str | None, at: Moment, **what
) -> None:
    name = f"{account.person.name}（{account.username}）"
    audit_log.by_id(
        session, account.zone_id, by_id, at, "accounts", act, name, account.person_id, **what
    )
    if act == "token" and by_id != account.person_id:
        key = f"token:{account.id}"
        text = N_("服务器终端发了您账号的接口令牌，不是您要的，请到“我的”收回。")
        told.person(session, account.zone_id, account.person_id, key, text, at)
        others = say("服务器终端发了%(name)s的接口令牌。", name=name)
        told.others(session, account.zone_id, key, others, account.person_id, at)
