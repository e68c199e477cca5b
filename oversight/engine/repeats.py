"""Repeated requests: the first answer is kept with the change it tells of, and given again.

Knows keys and answers; neither requests nor moves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.db import insert_once
from oversight.base.refusals import RuleViolation
from oversight.models import Account, Idempotency

from .use_case import one_transaction

LONGEST = 128  # leaves room in the column for the keys of a bulk request's items


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict
    repeated: bool = False


def fingerprint(*parts) -> str:
    """Hash what a request asks for; the same request always hashes alike."""
    return hashlib.sha256(
        json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()


def given(session: Session, account: Account, key: str, asked: str) -> Answer | None:
    """Return the answer already given under a key.

    Raises RuleViolation where it was used for something else.
    """
    row = session.get(Idempotency, (account.id, key), populate_existing=True)
    if row is not None and row.fingerprint != asked:
        raise RuleViolation(
            "这个 Idempotency-Key 已用于另一项内容不同的请求，请换一个新的。",
            rule="idempotency_key",
        )
    return Answer(row.status, row.body, repeated=True) if row is not None else None


def claim(
    session: Session, account: Account, key: str | None, asked: str, at: Moment
) -> Answer | None:
    """Take a key for this transaction, or return the answer already given under it. Raises as
    `given`.

    A concurrent request waits here until the first has ended: then it finds the answer, or the key
    free again where the first was refused.
    """
    if key is None or insert_once(
        session,
        Idempotency,
        account_id=account.id,
        key=key,
        at=at.now,
        zone_id=account.zone_id,
        fingerprint=asked,
        status=0,
        body={},
    ):
        return None
    return given(session, account, key, asked)


def keep(session: Session, account: Account, key: str | None, answer: Answer) -> Answer:
    """Write the answer down beside the change that it tells of."""
    if key is not None:
        session.execute(
            sa.update(Idempotency)
            .where(Idempotency.account_id == account.id, Idempotency.key == key)
            .values(status=answer.status, body=answer.body)
        )
    return answer


def once(
    session: Session,
    account: Account,
    key: str | None,
    asked: str,
    at: Moment,
    make: Callable[[], Answer],
) -> Answer:
    """Return the answer already given under a key, or make one; it is kept with what it tells of.
    Commits. Raises as `given`.
    """
    with one_transaction(session):
        before = claim(session, account, key, asked, at)
        return before or keep(session, account, key, make())


# Forms of pages ----------------------------------------------------------------------------------


class Repeated(Exception):
    """A form was sent twice: nothing is done; `onward` is where the first time led, if that is known."""

    def __init__(self, onward: str = ""):
        self.onward = onward


def claim_page(session: Session, account: Account, sent: str, at: Moment) -> None:
    """Take what was sent for this transaction, whose end keeps it. Raises Repeated."""
    before = claim(session, account, _page(sent), sent, at)
    if before is not None:
        raise Repeated(before.body.get("onward", ""))


def keep_page(session: Session, account: Account, sent: str, onward: str) -> None:
    """Keep where it led. Does not commit."""
    keep(session, account, _page(sent), Answer(303, {"onward": onward}))


def _page(sent: str) -> str:
    return f"page:{sent}"
