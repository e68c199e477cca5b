"""Where reminders may leave the program: office addresses of accounts, robots of groups. An address is
set by its owner or the system administrator, a robot by the latter; what is secret is sealed, and
never shown again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import mail, outward, typed
from oversight.base.clock import Moment
from oversight.base.db import find
from oversight.base.refusals import Forbidden, InvalidInput, NotFound
from oversight.base.robots import ROBOTS
from oversight.base.sealing import Sealer
from oversight.base.sentences import N_, say
from oversight.models import Account, Outlet, Reach, Unit
from oversight.organization.actor import Actor

from . import accounts, audit_log

KEEPER = "sysadmin"
KEY_MOST = 100


@dataclass(frozen=True)
class Typed:
    """What is typed about a robot: the address that the platform gave, and the key it signs with."""

    kind: str
    url: str
    key: str = ""


def require(who: Actor) -> None:
    """Make sure that somebody keeps the ways out of his zone. Raises Forbidden."""
    if not who.holds(KEEPER):
        raise Forbidden("由系统管理员办理。", rule="keeper", house_rule=audit_log.SEPARATE.text)


# Addresses ----------------------------------------------------------------------------------------


def set_mail(
    session: Session, account: Account, text: str, domains: Sequence[str], who: Actor, at: Moment
) -> None:
    """Set or clear the office address of an account: one's own, or as its administrator. Does not
    commit. Raises Forbidden, InvalidInput, NotFound.
    """
    if account.zone_id != who.zone_id:
        raise NotFound()
    if account.person_id != who.id:
        require(who)
    address = _address(text.strip(), domains)
    if address == account.mail:
        return
    account.mail = address
    accounts.note(session, account, "mail" if address else "mail_off", who.id, at)


def _address(text: str, domains: Sequence[str]) -> str | None:
    if not text:
        return None
    if not mail.is_address(text):
        raise InvalidInput({"mail": N_("邮箱要写成 name@example.gov.cn 这样，只写地址。")})
    if not mail.in_domains(text, domains):
        allowed = "、".join(domains)
        raise InvalidInput({"mail": say("只能用办公邮箱：%(domains)s。", domains=allowed)})
    return text


def account_named(session: Session, who: Actor, username: str) -> Account:
    """Return an account of the actor's zone by its user name. Raises Forbidden, InvalidInput."""
    require(who)
    named = Account.zone_id == who.zone_id, Account.username == username.strip()[:60]
    found = session.scalar(sa.select(Account).where(*named))
    if found is None:
        raise InvalidInput({"username": N_("没有这个用户名的账号。")})
    return found


def addressed(session: Session, zone_id: str) -> int:
    """Count the accounts of a zone with an office address."""
    known = Account.zone_id == zone_id, Account.mail.is_not(None)
    return session.scalar(sa.select(sa.func.count()).select_from(Account).where(*known))


# Robots -------------------------------------------------------------------------------------------


def unit_named(session: Session, who: Actor, name: str) -> Unit:
    """Return a unit of the actor's zone by its whole name. Raises InvalidInput."""
    named = (
        Unit.zone_id == who.zone_id,
        Unit.name == typed.line(name)[:100],
        Unit.ended_on.is_(None),
    )
    found = session.scalars(sa.select(Unit).where(*named).limit(2)).all()
    if not found:
        raise InvalidInput({"unit": N_("没有这个单位，请写全称。")})
    if len(found) > 1:
        raise InvalidInput({"unit": N_("有几个单位都叫这个名称，请先更名区分。")})
    return found[0]


def add(
    session: Session,
    unit: Unit,
    given: Typed,
    known: outward.Listed,
    sealer: Sealer,
    who: Actor,
    at: Moment,
) -> Outlet:
    """Add a robot of a unit's group. Does not commit. Raises Forbidden, InvalidInput."""
    require(who)
    if given.kind not in ROBOTS:
        raise InvalidInput({"kind": N_("请选企业微信或钉钉。")})
    try:
        host = outward.parts(given.url.strip(), known).hostname
    except ValueError as error:
        raise InvalidInput({"url": error.args[0]}) from error
    key = given.key.strip() if ROBOTS[given.kind].signed else ""
    if len(key) > KEY_MOST or not key.isascii():
        raise InvalidInput({"key": N_("加签密钥照平台给的整行复制。")})
    sealed = sealer.seal_file(json.dumps([given.url.strip(), key]).encode()).decode()
    made = Outlet(
        zone_id=who.zone_id,
        unit_id=unit.id,
        kind=given.kind,
        sealed=sealed,
        host=host,
        by_id=who.id,
        at=at.now,
    )
    session.add(made)
    session.flush()
    _note(session, made, unit, who, at, "outlet")
    return made


def end(session: Session, outlet_id: str, who: Actor, at: Moment) -> Outlet:
    """End a robot; what was sealed of it is dropped. Does not commit. Raises Forbidden, NotFound."""
    outlet = one(session, outlet_id, who)
    if outlet.ended_at is None:
        outlet.ended_at, outlet.sealed = at.now, ""
        _note(session, outlet, outlet.unit, who, at, "outlet_off")
        session.flush()
    return outlet


def _note(session: Session, outlet: Outlet, unit: Unit, who: Actor, at: Moment, act: str) -> None:
    about = f"{unit.name} {ROBOTS[outlet.kind].label}"
    audit_log.in_zone(session, who.zone_id, who, at, "settings", act, about, outlet.id)


def one(session: Session, outlet_id: str, who: Actor) -> Outlet:
    """Return a robot of the actor's zone. Raises Forbidden, NotFound."""
    require(who)
    found = find(session, Outlet, outlet_id)
    if found is None or found.zone_id != who.zone_id:
        raise NotFound()
    return found


def listed(session: Session, zone_id: str) -> list[Outlet]:
    """Return the robots of a zone, by unit."""
    live = Outlet.zone_id == zone_id, Outlet.ended_at.is_(None)
    rows = sa.select(Outlet).join(Unit, Unit.id == Outlet.unit_id).where(*live)
    return list(session.scalars(rows.order_by(Unit.path, Outlet.id)))


def opened(outlet: Outlet, sealer: Sealer) -> tuple[str, str]:
    """Return address and key of a robot. Raises ValueError where the secret key is another."""
    url, key = json.loads(sealer.open_file(outlet.sealed.encode()))
    return url, key


def reaches(session: Session, zone_id: str) -> dict[str, Reach]:
    """Return how the mail server and the groups of a zone did lately, by name."""
    shared = sa.or_(Reach.name == "server", Reach.name.startswith("group:"))
    rows = session.scalars(sa.select(Reach).where(Reach.zone_id == zone_id, shared))
    return {row.name: row for row in rows}


def reach_of(session: Session, account: Account) -> Reach | None:
    """Return how letters to an account did lately."""
    return session.get(Reach, (account.zone_id, f"person:{account.person_id}"))
