"""Zones, first administrator, new passwords and tokens: what is done at the terminal, not on a
page.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.db import by_ids, is_id
from oversight.base.refusals import InvalidInput, NotFound, RuleViolation
from oversight.base.sentences import N_
from oversight.calendar import holidays
from oversight.law.roles import OFFICES
from oversight.models import Account, Person, Post, Unit, Zone
from oversight.organization.names import told_apart, units_apart

from . import accounts, credentials, passwords, tenure, tokens

THREE = ("sysadmin", "secadmin", "auditor")
FIRST_PUBLISHED = 2004  # the earliest holiday notice that is known

DEMO_PASSWORD = "demo-demo-demo"


def zone(session: Session) -> Zone:
    """Return the zone of this installation.

    Raises NotFound where there is none, or more than one.
    """
    found = session.scalars(sa.select(Zone).limit(2)).all()
    if not found:
        raise NotFound("还没有建立区，请先运行 oversight init，或用 oversight demo 载入示范区。")
    if len(found) > 1:
        raise NotFound("这里有不止一个区，这条命令只用于一个区的安装。")
    return found[0]


def found_zone(session: Session, name: str, at: Moment, /, **unit) -> Unit:
    """Make a zone with its unit and the published rest days; returns the unit. Does not commit."""
    made = Zone(name=name, created_at=at.now)
    session.add(made)
    session.flush()
    top = Unit(
        zone_id=made.id,
        path="",
        kind="zone",
        **{"name": name, "accountable_from": date(at.today.year, 1, 1), **unit},
    )
    session.add(top)
    session.flush()
    top.path = f"/{top.id}/"
    holidays.seed(session, made.id, range(FIRST_PUBLISHED, at.today.year + 3), at)
    return top


def missing(session: Session) -> tuple[str, ...]:
    """Return which of the three administrators there never was: the first run opens for them only."""
    known = session.scalars(sa.select(Post.office).where(Post.office.in_(THREE)).distinct())
    there = set(known)
    return tuple(office for office in THREE if office not in there)


def refuse_second(session: Session) -> None:
    """Make sure that an administrator is missing. Raises RuleViolation."""
    if not missing(session):
        raise RuleViolation(
            "已经有管理员了，不能再次初始化；忘记密码请用 oversight accounts reset 用户名。"
        )


def first_administrators(
    session: Session, zone_name: str, username: str, password: str, at: Moment
) -> list[tuple[str, accounts.Issued]]:
    """Make the three administrators, and the zone where there is none; who is there stays.

    The system administrator gets the password, or whichever is missing first; the others get
    slips, returned with their office. Does not commit. Raises RuleViolation, InvalidInput.
    """
    refuse_second(session)
    if not 0 < len(username) <= 60 or any(c.isspace() for c in username):
        raise InvalidInput({"admin": N_("管理员的用户名要有 1 到 60 个字符，中间不能有空格。")})
    passwords.refuse_weak(password, (username,))
    hashed = credentials.hash_password(password)
    top = session.scalar(sa.select(Unit).where(Unit.kind == "zone").limit(1))
    zone_name = typed.field("zone", typed.organization_name, zone_name)
    top = top or found_zone(session, zone_name, at)
    first, *rest = missing(session)
    people = [
        _person(session, top, name) for name in (username, *(OFFICES[office] for office in rest))
    ]
    made = accounts.open_account(session, people[0], username, hashed, at)
    accounts.note(session, made, "init", None, at)
    for office, one in zip((first, *rest), people, strict=True):
        tenure.begin(session, tenure.Seat(top, one, office, at.today), None, at)
    slips = (accounts.issue_one(session, one.id, None, at) for one in people[1:])
    return list(zip(rest, slips, strict=True))


def _person(session: Session, top: Unit, name: str) -> Person:
    person = Person(zone_id=top.zone_id, name=name)
    session.add(person)
    session.flush()
    return person


def account(session: Session, username: str) -> Account:
    """Find an account by its user name. Raises NotFound."""
    username = typed.user_name(username)
    found = session.scalar(sa.select(Account).where(Account.username == username))
    if found is None:
        raise NotFound(f"没有用户名为“{username[:60]}”的账号。")
    return found


def unit(session: Session, name: str) -> Unit:
    """Find a unit by its id or its whole name. Raises NotFound, RuleViolation."""
    which = (
        Unit.id == name
        if is_id(name)
        else Unit.name.in_({name.strip(), typed.line(name).replace(" ", "")})
    )
    found = session.scalars(sa.select(Unit).where(which, Unit.ended_on.is_(None)).limit(9)).all()
    if not found:
        raise NotFound(f"没有叫“{name[:60]}”的党组织，请写全称。")
    if len(found) > 1:
        raise RuleViolation(f"有几个党组织都叫“{name[:60]}”，请写编号：{_apart(session, found)}。")
    return found[0]


def _apart(session: Session, units: Sequence[Unit]) -> str:
    """Name units of one name by what stands above each, with the id to be written."""
    above = {one.id: session.get_one(Unit, one.parent_id).name for one in units if one.parent_id}
    called = units_apart(units, above)
    return "；".join(f"{called[one.id]} {one.id}" for one in units)


def whose(session: Session, found: Account, at: Moment) -> str:
    """Name the owner of an account with the unit that tells him from namesakes."""
    unit = accounts.unit_of(session, found.person_id, at)
    return f"{found.person.name}，{unit.name}" if unit else found.person.name


def called(session: Session, ids: list[str]) -> dict[str, str]:
    """Return how these people are called among each other: namesakes by 编号 or day of joining."""
    return told_apart(by_ids(session, Person, ids).values())


def reset_password(session: Session, username: str, password: str, at: Moment) -> None:
    """Give an account a new password; its log-ins and tokens end. Does not commit.

    Raises NotFound, InvalidInput.
    """
    accounts.set_password(session, account(session, username), password, at)


def token(
    session: Session,
    username: str,
    at: Moment,
    name: str = tokens.NAMED,
    scope: str = "act",
    days: int = tokens.LASTS,
) -> str:
    """Make an API token for an account. Does not commit. Raises NotFound, RuleViolation."""
    found = account(session, username)
    return tokens.issue(session, found, None, at, name, scope, days)


def demo_accounts(session: Session, usernames: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Return those of the user names that are demo accounts: user name, person, and what the person
    is.
    """
    rows = session.execute(
        sa.select(Account.username, Person.name, Unit.name, Post.office)
        .join(Person, Person.id == Account.person_id)
        .outerjoin(Post, (Post.person_id == Person.id) & Post.to_on.is_(None))
        .outerjoin(Unit, Unit.id == Post.unit_id)
        .where(Account.demo, Account.username.in_(usernames))
        .order_by(Account.username, Post.from_on)
    ).all()
    found: dict[str, tuple[str, str, str]] = {}
    for username, name, unit, office in rows:
        found.setdefault(
            username, (username, name, f"{unit}{OFFICES[office]}" if office else N_("党员"))
        )
    return [found[username] for username in usernames if username in found]


def refuse_beyond_loopback(session: Session, host: str) -> None:
    """Make sure that known passwords are not offered to the network. Raises RuleViolation."""
    if not is_loopback(host) and has_demo_accounts(session):
        raise RuleViolation(
            f"库里有密码公开的示范账号，只能在本机（127.0.0.1）上提供服务，不能监听 {host}。"
        )


def has_demo_accounts(session: Session) -> bool | None:
    """True where passwords are known; None where there is no account of any kind yet."""
    return session.scalar(sa.select(Account.demo).order_by(Account.demo.desc()).limit(1))


def is_loopback(host: str) -> bool:
    """True where only this machine can be meant."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
