"""Who tried to log in, from where, with what success: the record that owner and auditor read, and
the delay that grows with it.

Nobody is locked out: wrong tries make who made them wait, by name and address; others are held up
only at names and addresses under attack, and not where they have logged in before.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from math import ceil

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.paging import First
from oversight.base.refusals import TooMany
from oversight.base.sentences import N_, say
from oversight.models import Account, SignIn

WORDS = {
    "in": N_("登录"),
    "activate": N_("凭激活单设密码"),
    "password": N_("密码不对"),
    "code": N_("动态码不对"),
    "slip": N_("激活码不对"),
}
RIGHT, WRONG = ("in", "activate"), ("password", "code", "slip")
FREE, LONGEST = 5, timedelta(minutes=15)  # at one name from one address
FREE_BY_NAME, LONGEST_BY_NAME = 50, timedelta(minutes=1)  # at one name, from strange addresses
FREE_BY_ADDRESS, BY_ADDRESS = 60, timedelta(minutes=10)  # from one address, at strange names
PAUSE = timedelta(seconds=10)
COUNTED = timedelta(days=1)
KNOWN = timedelta(days=90)
KEPT = timedelta(days=180)  # the law asks for six months of log
_LOOPBACK = ("", "127.0.0.1", "::1")  # this machine, or a proxy that nobody has named


@dataclass(frozen=True)
class Place:
    """Where a try comes from; both words are the client's, cut and cleaned."""

    address: str = ""
    agent: str = ""

    @classmethod
    def of(cls, address: str | None, agent: str | None) -> Place:
        """Make a place of what a request says."""
        try:
            clean = _plain(ipaddress.ip_address((address or "").partition("%")[0]))
        except ValueError:
            clean = ""
        return cls(clean, "".join(c for c in agent or "" if c.isprintable())[:120])


NOWHERE = Place()


def _plain(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """Write an address; of IPv6 the network, since whoever has one address has all of it."""
    if address.version == 4 or address.is_loopback:
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _name_hash(username: str) -> str:
    return hashlib.sha256(username.encode()).hexdigest()[:16]


def note(
    session: Session, username: str, account: Account | None, what: str, at: Moment, place: Place
):
    """Record an attempt to log in. Does not commit."""
    session.add(
        SignIn(
            at=at.now,
            name_hash=_name_hash(username),
            account_id=account.id if account else None,
            zone_id=account.zone_id if account else None,
            address=place.address,
            agent=place.agent,
            what=what,
        )
    )


# Delay --------------------------------------------------------------------------------------------


def refuse_hasty(
    session: Session, username: str, at: Moment, place: Place, since: datetime | None = None
) -> None:
    """Make sure that a name may be tried from a place now; `since` is when a new start was given.

    Raises TooMany.
    """
    rows = _latest(session, username, max(at.now - COUNTED, since or at.now - COUNTED))
    wait = _growing((row for row in rows if row.address == place.address), FREE, LONGEST, at)
    strange = max(
        _growing(rows, FREE_BY_NAME, LONGEST_BY_NAME, at), _of_address(session, place, at)
    )
    if strange > wait and not _known(session, username, place, at):
        wait = strange
    if wait > timedelta():
        raise _too_many(ceil(wait.total_seconds()))


def _latest(session: Session, username: str, since: datetime) -> list[sa.Row]:
    found = session.execute(
        sa.select(SignIn.what, SignIn.address, SignIn.at)
        .where(SignIn.name_hash == _name_hash(username), SignIn.at >= since)
        .order_by(SignIn.id.desc())
        .limit(FREE_BY_NAME + 20)
    )
    return list(found)


def _growing(rows: Iterable[sa.Row], free: int, longest: timedelta, at: Moment) -> timedelta:
    """Return what is left of the wait after so many wrong tries in a row: 2 s, 4 s, 8 s …"""
    wrong = list(takewhile(lambda row: row.what in WRONG, rows))
    if len(wrong) < free:
        return timedelta()
    wait = min(timedelta(seconds=2 ** (1 + len(wrong) - free)), longest)
    return max(timedelta(), wrong[0].at + wait - at.now)


def _of_address(session: Session, place: Place, at: Moment) -> timedelta:
    if place.address in _LOOPBACK:
        return timedelta()
    wrong, last = session.execute(
        sa.select(sa.func.count(), sa.func.max(SignIn.at)).where(
            SignIn.address == place.address, SignIn.at > at.now - BY_ADDRESS, SignIn.what.in_(WRONG)
        )
    ).one()
    return max(timedelta(), last + PAUSE - at.now) if wrong >= FREE_BY_ADDRESS else timedelta()


def _known(session: Session, username: str, place: Place, at: Moment) -> bool:
    """True where the owner of a name has logged in from a place before."""
    found = sa.select(SignIn.id).where(
        SignIn.name_hash == _name_hash(username),
        SignIn.address == place.address,
        SignIn.what.in_(RIGHT),
        SignIn.at > at.now - KNOWN,
    )
    return session.scalar(found.limit(1)) is not None


def _too_many(seconds: int) -> TooMany:
    if seconds < 120:
        sentence = say("试得太多了，请 %(n)s 秒后再试。", n=seconds)
    else:
        sentence = say("试得太多了，请 %(n)s 分钟后再试。", n=ceil(seconds / 60))
    return TooMany(sentence, retry_after=seconds)


# The record ---------------------------------------------------------------------------------------


def of_account(session: Session, account_id: str, limit: int = 30) -> First:
    """Return the latest tries at an account, the newest first."""
    rows = sa.select(SignIn).where(SignIn.account_id == account_id)
    return First(session.scalars(rows.order_by(SignIn.id.desc()).limit(limit + 1)), limit)


def of_zone(
    session: Session, zone_id: str, wrong: bool = False, before: int | None = None, limit: int = 50
) -> list[tuple[SignIn, Account]]:
    """Return the tries at accounts of a zone, the newest first; `before` is the last id of the page
    before.
    """
    rows = sa.select(SignIn, Account).join(Account, Account.id == SignIn.account_id)
    rows = rows.where(SignIn.zone_id == zone_id)
    rows = rows.where(SignIn.what.in_(WRONG)) if wrong else rows
    rows = rows.where(SignIn.id < before) if before else rows
    found = session.execute(rows.order_by(SignIn.id.desc()).limit(limit))
    return [(row, account) for row, account in found]


def forget_old(session: Session, at: Moment) -> None:
    """Delete attempts older than half a year, and those at unknown names after a day. Does not
    commit.
    """
    for which, kept in ((SignIn.account_id.is_(None), COUNTED), (sa.true(), KEPT)):
        session.execute(sa.delete(SignIn).where(which, SignIn.at < at.now - kept))
