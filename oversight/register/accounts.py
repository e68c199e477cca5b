"""Accounts and activation slips begin and end here, and nowhere else; each act is noted and told.

System administrators keep accounts, but those of the three administrators only at the terminal
(三员分立). An account lives as long as its person belongs somewhere.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import typed
from oversight.base.clock import Moment
from oversight.base.db import is_id, reading, touched
from oversight.base.refusals import Forbidden, InvalidInput, NotFound, RuleViolation
from oversight.base.sealing import fingerprint
from oversight.base.sentences import N_, say
from oversight.engine import transitions
from oversight.engine.authority import AuthorityBasis
from oversight.engine.use_case import one_transaction
from oversight.law.roles import ADMINISTRATORS, KEEPER, NO_BUSINESS
from oversight.models import Account, Case, Membership, Person, Post, Slip, Substitution, Unit
from oversight.organization.actor import Actor
from oversight.organization.standing import in_office, is_member
from oversight.organization.substitution import in_force
from oversight.organization.units import outline, zone_unit
from oversight.rules import power
from oversight.rules.context import TransitionContext

from . import audit_log, credentials, passwords, second_factor, sign_ins, stand_ins, tokens, told
from .sign_ins import NOWHERE, Place

LASTS = timedelta(days=14)
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is taken for another when copied by hand
LENGTH = 16  # 80 bits
CHUNK = 500
RESET = "account_reset"


@dataclass(frozen=True)
class Issued:
    """A slip as it is printed, once: whose it is and the code in the clear."""

    person: str
    unit: str
    username: str
    code: str
    until: datetime


def as_written(code: str) -> str:
    """Return a code without what people add when they copy it."""
    return "".join(c for c in code.upper() if c.isalnum())[:64]


def grouped(code: str) -> str:
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


# Whose accounts -----------------------------------------------------------------------------------


def rule_over(who: Actor | None, unit: Unit) -> None:
    """Make sure that the actor keeps the accounts of a unit; None is the terminal. Raises
    NotFound, Forbidden.
    """
    if who is None:
        return
    kept = [post.unit for post in who.posts if post.office == "sysadmin"]
    if not kept:
        raise Forbidden("账号由系统管理员管理，不由您办理。", rule="authority")
    if unit.zone_id != who.zone_id or not any(unit.within(above.path) for above in kept):
        raise NotFound()


def kept(session: Session, who: Actor, name: str = "") -> list[str]:
    """Return the ids of the units whose accounts the actor keeps, by place in the tree; `name` is a
    part of theirs. Raises Forbidden.
    """
    posts = [post.unit for post in who.posts if post.office == "sysadmin"]
    rule_over(who, posts[0] if posts else zone_unit(session, who.zone_id))
    paths = tuple(unit.path for unit in posts)
    units = outline(session, who.zone_id, Unit.kind != "group")
    found = [unit for unit in units if unit.path.startswith(paths) and name in unit.name]
    found.sort(
        key=lambda unit: (unit.path.count("/") > 3, unit.parent_id or "", unit.sort, unit.id)
    )
    return [unit.id for unit in found]


def counts(session: Session, unit_ids: list[str], at: Moment) -> dict[str, tuple[int, int]]:
    """Count members and set passwords of some branches."""
    rows = session.execute(
        sa.select(
            Membership.unit_id,
            sa.func.count(),
            sa.func.count(sa.case((Account.password_hash != "", 1))),
        )
        .select_from(Membership)
        .outerjoin(Account, Account.person_id == Membership.person_id)
        .where(Membership.unit_id.in_(unit_ids), is_member(at.today))
        .group_by(Membership.unit_id)
    )
    return {unit_id: (members, active) for unit_id, members, active in rows}


def unit_of(session: Session, person_id: str, at: Moment) -> Unit | None:
    """Return where a person belongs: the branch, else the unit of the first post."""
    branch = session.scalar(
        sa.select(Unit)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id == person_id, is_member(at.today))
    )
    return branch or session.scalar(
        sa.select(Unit)
        .join(Post, Post.unit_id == Unit.id)
        .where(Post.person_id == person_id, in_office(at.today))
        .order_by(Post.from_on, Post.id)
        .limit(1)
    )


def people_of(session: Session, unit: Unit, at: Moment) -> list[tuple[Person, Account | None]]:
    """Return who belongs to a unit or holds a post in it, with the account, members first in roster
    order.
    """
    sort = (
        sa.select(Membership.sort)
        .where(
            Membership.person_id == Person.id, Membership.unit_id == unit.id, is_member(at.today)
        )
        .scalar_subquery()
    )
    holds = sa.exists().where(
        Post.person_id == Person.id, Post.unit_id == unit.id, in_office(at.today)
    )
    return list(
        session.execute(
            sa.select(Person, Account)
            .outerjoin(Account, Account.person_id == Person.id)
            .where(
                Person.zone_id == unit.zone_id,
                Person.left_on.is_(None),
                sa.or_(sort.is_not(None), holds),
            )
            .order_by(sort.is_(None), sort, Person.id)
        ).all()
    )


def refuse_touching(session: Session, person_id: str, who: Actor | None, at: Moment) -> None:
    """Make sure that an account may be touched on a page by this actor.

    Raises Forbidden, NotFound.
    """
    unit = unit_of(session, person_id, at)
    if who is None:
        return
    posts = set(
        session.scalars(
            sa.select(Post.office).where(Post.person_id == person_id, in_office(at.today))
        )
    )
    if person_id == who.id:
        raise Forbidden("自己的账号由别的管理员办理，改密码请到“我的”。", rule="own_account")
    if posts & ADMINISTRATORS:
        raise Forbidden(
            "系统、安全、审计管理员的账号只在服务器终端上办理，三员互不经手。",
            rule="three_administrators",
            house_rule=N_("三员分立：系统管理员不能借重置账号取得另两员的权限。"),
        )
    if unit is None:
        unit = session.scalar(
            sa.select(Unit)
            .join(Person, Person.zone_id == Unit.zone_id)
            .where(Person.id == person_id, Unit.kind == "zone")
        )
    if unit is None:
        raise NotFound()
    rule_over(who, unit)


# Slips --------------------------------------------------------------------------------------------


def issue_unit(
    session: Session, unit: Unit, who: Actor | None, at: Moment, again: bool = False
) -> list[Issued]:
    """Issue slips to everybody of a unit, and below it, who never set a password.

    Who holds a slip that is still good keeps it, unless `again`. Does not commit. Raises Forbidden,
    NotFound.
    """
    rule_over(who, unit)
    rows = session.scalars(
        sa.select(Unit)
        .where(
            Unit.zone_id == unit.zone_id,
            Unit.path.startswith(unit.path, autoescape=True),
            Unit.kind != "group",
            Unit.ended_on.is_(None),
        )
        .order_by(Unit.path)
    ).all()
    passed = set() if again else set(slips_of(session, unit.zone_id, at))
    return [one for row in rows for one in _issue_all(session, row, who, at, passed)]


def _issue_all(
    session: Session, unit: Unit, who: Actor | None, at: Moment, passed: set[str]
) -> list[Issued]:
    """Issue slips in one unit; `passed` are accounts and people who have theirs, and it grows."""
    made = []
    for person, account in people_of(session, unit, at):
        used = account is not None and (
            account.password_hash or not account.enabled or account.id in passed
        )
        if used or person.id in passed:
            continue
        passed.add(person.id)
        if who is not None and (
            _administers(session, person.id, at) or _waits(session, person.id, who, at)
        ):
            continue
        made.append(_issue(session, person, account, unit, "issue", who, at))
        _went_on(session, person.id, at)
    return made


def _went_on(session: Session, person_id: str, at: Moment) -> None:
    """Let the case that asked for a slip go on, now that it is issued."""
    case = reset_case(session, person_id)
    if case is not None:
        transitions.evaluate_automatic(session, case.id, at)


def slips_of(session: Session, zone_id: str, at: Moment) -> dict[str, datetime]:
    """Return the accounts of a zone whose slip can still be used, and until when."""
    return dict(
        session.execute(
            sa.select(Slip.account_id, Slip.expires_at).where(
                Slip.zone_id == zone_id, Slip.ended_at.is_(None), Slip.expires_at > at.now
            )
        ).all()
    )


def _administers(session: Session, person_id: str, at: Moment) -> bool:
    return (
        session.scalar(
            sa.select(Post.id)
            .where(
                Post.person_id == person_id, Post.office.in_(ADMINISTRATORS), in_office(at.today)
            )
            .limit(1)
        )
        is not None
    )


def issue_one(session: Session, person_id: str, who: Actor | None, at: Moment) -> Issued:
    """Issue a slip to one person; an account that has a password loses it, its log-ins and tokens
    (重置).

    Does not commit. Raises Forbidden, NotFound, RuleViolation.
    """
    person = session.get(Person, person_id) if is_id(person_id) else None
    if person is None:
        raise NotFound()
    refuse_touching(session, person.id, who, at)
    account = session.scalar(
        sa.select(Account).where(Account.person_id == person.id).with_for_update(of=Account)
    )
    unit = _serves(session, person, account, at)
    if who is not None and needs_release(session, person.id, at):
        raise RuleViolation(
            "这个账号办理决定事项，激活单要由一名管理员提出、另一名管理员放行。",
            rule="release",
            house_rule=power.TWO.text,
        )
    again = account is not None and bool(account.password_hash)
    made = _issue(session, person, account, unit, "reset" if again else "issue", who, at)
    _went_on(session, person.id, at)
    return made


def _serves(session: Session, person: Person, account: Account | None, at: Moment) -> Unit:
    """Return the unit for which somebody gets a slip. Raises RuleViolation."""
    if account is not None and not account.enabled:
        raise RuleViolation(
            "这个账号已锁定或停用，请先解除锁定，再发激活单。",
            rule="locked",
            house_rule=N_("锁定的账号不发激活单。"),
        )
    unit = unit_of(session, person.id, at)
    if unit is None:
        raise RuleViolation(
            "这个人现在不在任何支部，也没有职务，不发激活单。",
            rule="nobody",
            house_rule=N_("离开的人没有账号。"),
        )
    return unit


# Resets of those who decide -----------------------------------------------------------------------


def decides(session: Session, person_id: str, on: date) -> bool:
    """True where a person decides on others: serves above the branches, or stands in for one who
    does.
    """
    for table, holds in ((Post, in_office(on)), (Substitution, in_force(on))):
        found = (
            sa.select(table.id)
            .join(Unit, Unit.id == table.unit_id)
            .where(
                table.person_id == person_id,
                table.office.not_in(NO_BUSINESS),
                Unit.kind.not_in(("branch", "group")),
                holds,
            )
        )
        if session.scalar(found.limit(1)) is not None:
            return True
    return False


def reset_case(session: Session, person_id: str) -> Case | None:
    """Return the case in which the reset of an account is asked for."""
    return session.scalar(
        sa.select(Case).where(
            Case.workflow == RESET, Case.business_key == person_id, Case.closed_at.is_(None)
        )
    )


def needs_release(session: Session, person_id: str, at: Moment) -> bool:
    """True where a slip may be issued only once another administrator has released it."""
    if not is_id(person_id) or not decides(session, person_id, at.today):
        return False
    if _is_first(session, person_id) and not three_active(session, person_id, at.today):
        return False  # a fresh zone must not wait for administrators whom it hasn't yet
    case = reset_case(session, person_id)
    return case is None or case.state == "asked"


def _is_first(session: Session, person_id: str) -> bool:
    """True where somebody has never had a password."""
    account = session.scalar(sa.select(Account).where(Account.person_id == person_id))
    return account is None or not (account.password_hash or account.person.reset_at)


def three_active(session: Session, person_id: str, on: date) -> bool:
    """True where each of the three administrators of a person's zone can log in."""
    held = (
        sa.select(Post.office)
        .join(Account, Account.person_id == Post.person_id)
        .join(Unit, Unit.id == Post.unit_id)
        .join(Person, Person.zone_id == Post.zone_id)
        .where(
            Person.id == person_id,
            Unit.kind == "zone",
            Post.office.in_(ADMINISTRATORS),
            in_office(on),
            Account.enabled,
            Account.password_hash != "",
        )
    )
    return set(session.scalars(held.distinct())) == ADMINISTRATORS


def ask_unit(session: Session, unit: Unit, who: Actor, at: Moment) -> int:
    """Ask for the first slips of a unit, and below it, that another administrator releases; returns
    how many wait for him now. Does not commit. Raises Forbidden, NotFound.
    """
    rule_over(who, unit)
    paths = Unit.path.startswith(unit.path, autoescape=True)
    rows = sa.select(Unit).where(Unit.zone_id == unit.zone_id, paths, Unit.ended_on.is_(None))
    above = session.scalars(rows.where(Unit.kind.not_in(("branch", "group")))).all()
    waiting = set()
    for row in above:
        for person, account in people_of(session, row, at):
            if (account is None or (account.enabled and not account.password_hash)) and (
                _waits(session, person.id, who, at)
            ):
                waiting.add(person.id)
    for person_id in sorted(waiting):
        ask_reset(session, person_id, "", who, at)
    return len(waiting)


def _waits(session: Session, person_id: str, who: Actor | None, at: Moment) -> bool:
    """True where the actor may not hand out a person's slip now, as another must release it first."""
    if who is None or person_id == who.id or _administers(session, person_id, at):
        return False
    return needs_release(session, person_id, at)


def ask_reset(session: Session, person_id: str, why: str, who: Actor, at: Moment) -> Case:
    """Ask for the slip of an account that decides, or return the case that asks already.

    Does not commit. Raises Forbidden, NotFound, InvalidInput.
    """
    refuse_touching(session, person_id, who, at)
    asked = reset_case(session, person_id)
    if asked is not None:
        return asked
    unit = unit_above(session, person_id, at)
    post = next(post for post in who.posts if post.office == "sysadmin")
    basis = AuthorityBasis(post.unit_id, KEEPER.name, post.office)
    first = _is_first(session, person_id)
    why = why.strip() or str(N_("第一次发激活单。") if first else N_("本人要求重置。"))
    facts = {"member": person_id, "reason": why, "first": first}
    case = transitions.open_case(session, RESET, unit.id, facts, who, at, basis=basis)
    transitions.reassign_case(session, case.id, at)  # who has asked does not answer himself
    return case


def unit_above(session: Session, person_id: str, at: Moment) -> Unit:
    """Return the highest unit in which a person decides: there his colleagues are."""
    posts = sa.select(Post).where(Post.person_id == person_id, in_office(at.today))
    acting = sa.select(Substitution).where(Substitution.person_id == person_id, in_force(at.today))
    rows = [
        row.unit
        for row in (*session.scalars(posts), *session.scalars(acting))
        if row.office not in NO_BUSINESS and row.unit.kind not in ("branch", "group")
    ]
    return min(rows, key=lambda unit: (len(unit.path), unit.id))


def _denied(attempt: TransitionContext) -> None:
    """Lock the account that somebody else than its owner uses after a reset."""
    person_id, session = attempt.case.facts["member"], attempt.session
    account = session.scalar(sa.select(Account).where(Account.person_id == person_id))
    account.enabled = False
    _end_everything(session, account, attempt.at)
    by_id = attempt.actor.id if attempt.actor else None
    note(session, account, "lock", by_id, attempt.at, why=attempt.words.get("reason") or "")


power.DOES["lock_account"] = _denied


def _issue(
    session: Session,
    person: Person,
    account: Account | None,
    unit: Unit,
    act: str,
    who: Actor | None,
    at: Moment,
) -> Issued:
    account = account or open_account(session, person, _free_name(session), "", at)
    account.password_hash = ""  # matches no password: only the slip opens the account again
    _end_everything(session, account, at)
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    until = at.now + LASTS
    session.add(
        Slip(
            zone_id=account.zone_id,
            account_id=account.id,
            code_hash=fingerprint(code),
            issued_at=at.now,
            expires_at=until,
        )
    )
    note(session, account, act, who.id if who else None, at)
    return Issued(person.name, unit.name, account.username, grouped(code), until)


def open_account(
    session: Session, person: Person, username: str, password_hash: str, at: Moment
) -> Account:
    """Make the account of a person; "" is a password that nothing matches. Does not commit."""
    account = Account(
        zone_id=person.zone_id,
        person_id=person.id,
        username=username,
        password_hash=password_hash,
        created_at=at.now,
    )
    session.add(account)
    session.flush()
    return account


def prepare(session: Session, person: Person, at: Moment) -> None:
    """Give who is to hold a post an account, if he has none: until he has a password his seat counts
    as vacant. Does not commit.
    """
    account = session.scalar(sa.select(Account).where(Account.person_id == person.id))
    if account is None:
        open_account(session, person, _free_name(session), "", at)
    elif (
        not account.password_hash
        and needs_release(session, person.id, at)
        and account.id in slips_of(session, account.zone_id, at)
    ):
        _end_everything(session, account, at)  # it passed through one hand only
        note(session, account, "undo_slip", None, at)


def found(session: Session, rows: list[dict]) -> None:
    """Write the accounts with which a demo zone is founded. Does not commit. Raises RuleViolation."""
    if session.scalar(sa.select(Account.id).where(Account.demo.is_(False)).limit(1)):
        raise RuleViolation("已有正式账号，不能再成批写入账号。")
    session.execute(sa.insert(Account), rows)


def set_password(session: Session, account: Account, password: str, at: Moment) -> None:
    """Give an account a new password at the terminal; what was open ends. Does not commit.

    Raises InvalidInput.
    """
    credentials.refuse_weak(session, account, password)
    credentials.set_password(account, credentials.hash_password(password), at)
    _end_everything(session, account, at)
    note(session, account, "password", None, at)


def _free_name(session: Session) -> str:
    """Draw a user name of seven digits: short enough for elderly members to type, and not to be
    counted through.
    """
    while True:
        name = str(1_000_000 + secrets.randbelow(9_000_000))
        if session.scalar(sa.select(Account.id).where(Account.username == name)) is None:
            return name


def _end_everything(session: Session, account: Account, at: Moment) -> None:
    """End log-ins, tokens and slips of an account."""
    credentials.sign_out(session, account.id, at.now)
    tokens.end_all(session, account.id, at.now)
    session.execute(
        sa.update(Slip)
        .where(Slip.account_id == account.id, Slip.ended_at.is_(None))
        .values(ended_at=at.now)
    )


def withdraw_slip(
    session: Session, person_id: str, why: str, who: Actor | None, at: Moment
) -> None:
    """Take back slips that were not used yet, with a reason. Does not commit.

    Raises Forbidden, NotFound, RuleViolation.
    """
    account, why = _account_of(session, person_id, who, at), why.strip()
    if not typed.says(why) or len(why) > 200:
        raise InvalidInput({"why": N_("请写明原因，最多 200 字。")})
    ended = touched(
        session,
        sa.update(Slip)
        .where(Slip.account_id == account.id, Slip.ended_at.is_(None), Slip.expires_at > at.now)
        .values(ended_at=at.now),
    )
    if not ended:
        raise RuleViolation("没有还能用的激活单可收回。", rule="no_slip")
    note(session, account, "undo_slip", who.id if who else None, at, why=why)


def activate(
    session: Session, username: str, code: str, password: str, at: Moment, place: Place = NOWHERE
) -> None:
    """Let a person set the password that a slip permits; the slip is spent. Commits. Raises
    InvalidInput, TooMany.

    Wrong codes count as wrong passwords do. The password is hashed outside any transaction.
    """
    username = username[:60]
    session.rollback()
    with reading():
        try:
            good = _may_activate(session, username, code, password, at, place)
        finally:
            session.rollback()
    hashed = credentials.hash_password(password) if good else ""
    with one_transaction(session):
        account = session.scalar(
            sa.select(Account).where(Account.username == username).with_for_update(of=Account)
        )
        if good and account.enabled and _live_slip(session, account, code, at):
            credentials.set_password(account, hashed, at)
            _end_everything(session, account, at)
            sign_ins.note(session, username, account, "activate", at, place)
            note(session, account, "activate", account.person_id, at)
            return
        sign_ins.note(session, username, account, "slip", at, place)
    raise InvalidInput(
        {
            "code": N_(
                "用户名或激活码不对，或激活单已用过、已过期。输错多次后，要隔一会儿才能再试；仍不行，请找管理员重发。"
            )
        }
    )


def _may_activate(
    session: Session, username: str, code: str, password: str, at: Moment, place: Place
) -> bool:
    """Tell whether a code opens an account now, and to this password. Raises InvalidInput, TooMany."""
    account = session.scalar(sa.select(Account).where(Account.username == username))
    sign_ins.refuse_hasty(session, username, at, place, _slip_since(session, account))
    passwords.refuse_long_or_short(password)
    if account is None or not account.enabled or not _live_slip(session, account, code, at):
        return False
    credentials.refuse_weak(session, account, password)
    return True


def _slip_since(session: Session, account: Account | None) -> datetime | None:
    """Return when the newest slip was issued: what was tried before no longer counts."""
    if account is None:
        return None
    return session.scalar(
        sa.select(sa.func.max(Slip.issued_at)).where(Slip.account_id == account.id)
    )


def _live_slip(session: Session, account: Account, code: str, at: Moment) -> Slip | None:
    return session.scalar(
        sa.select(Slip).where(
            Slip.account_id == account.id,
            Slip.code_hash == fingerprint(as_written(code)),
            Slip.ended_at.is_(None),
            Slip.expires_at > at.now,
        )
    )


# Locking ------------------------------------------------------------------------------------------


def lock(session: Session, person_id: str, who: Actor | None, at: Moment, why: str = "") -> None:
    """Shut an account for now; its log-ins and tokens end. Does not commit. Raises Forbidden,
    NotFound.
    """
    account = _account_of(session, person_id, who, at)
    account.enabled = False
    _end_everything(session, account, at)
    note(session, account, "lock", who.id if who else None, at, why=why)


def unlock(session: Session, person_id: str, who: Actor | None, at: Moment) -> None:
    """Open an account again. Does not commit. Raises Forbidden, NotFound, RuleViolation."""
    account = _account_of(session, person_id, who, at)
    if account.closed_at is not None and unit_of(session, account.person_id, at) is None:
        raise RuleViolation(
            "这个人已离开，现在不在任何支部，也没有职务，账号不能再开。",
            rule="left",
            house_rule=N_("离开的人没有账号。"),
        )
    account.enabled, account.closed_at, account.closes_on = True, None, None
    note(session, account, "unlock", who.id if who else None, at)


def drop_factor(session: Session, person_id: str, who: Actor | None, at: Moment) -> None:
    """Take the second factor off the account of somebody who has lost it, once he has shown who he
    is; his log-ins end. Does not commit. Raises Forbidden, NotFound, RuleViolation.
    """
    account = _account_of(session, person_id, who, at)
    if account.totp_sealed is None:
        raise RuleViolation(
            "这个账号没有开通手机动态码。",
            rule="no_factor",
            house_rule=N_("没有开通的，不用取消。"),
        )
    second_factor.turn_off(session, account)
    credentials.sign_out(session, account.id, at.now)
    note(session, account, "factor_off", who.id if who else None, at)


def leave(session: Session, person_id: str, who: Actor | None, at: Moment) -> None:
    """Close the account of somebody who left. Does not commit. Raises Forbidden, NotFound."""
    account = _account_of(session, person_id, who, at)
    close(session, account.person_id, who.id if who else None, at)


def close(session: Session, person_id: str, by_id: str | None, at: Moment) -> None:
    """Close the account of a person who left, if there is one that is open. Does not commit."""
    account = session.scalar(sa.select(Account).where(Account.person_id == person_id))
    if account is None or account.closed_at is not None:
        return
    account.enabled, account.closed_at, account.closes_on = False, at.now, None
    _end_everything(session, account, at)
    note(session, account, "close", by_id, at)


# With tenure --------------------------------------------------------------------------------------


def follow(
    session: Session, people: Iterable[str], who: Actor | None, at: Moment, reopen: bool = False
) -> None:
    """Let accounts, and acting, end with what their people hold: at once, or on the day after its
    last day.

    `reopen`: what was closed opens again where its person belongs somewhere, since an ending was
    taken back. Does not commit.
    """
    session.flush()
    ids = sorted(set(people))
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        stand_ins.follow(session, part, who, at)
        held = _last_days(session, part)
        for account in session.scalars(sa.select(Account).where(Account.person_id.in_(part))):
            _follow(session, account, held.get(account.person_id, date.min), who, at, reopen)


def _last_days(session: Session, people: list[str]) -> dict[str, date]:
    """Return until when people belong somewhere: their last day; date.max where it is open."""
    found: dict[str, date] = {}
    for table in (Membership, Post):
        rows = sa.select(table.person_id, table.to_on).where(table.person_id.in_(people))
        for person_id, to_on in session.execute(rows):
            found[person_id] = max(found.get(person_id, date.min), to_on or date.max)
    return found


def _follow(
    session: Session, account: Account, last: date, who: Actor | None, at: Moment, reopen: bool
) -> None:
    by_id = who.id if who else None
    if last < at.today:
        close(session, account.person_id, by_id, at)
        return
    if account.closed_at is not None and reopen:
        account.enabled, account.closed_at = True, None
        note(session, account, "unlock", by_id, at)
    if account.closed_at is None:
        account.closes_on = None if last == date.max else last + timedelta(days=1)


class Ending:
    """For the sweep: accounts whose person has belonged nowhere since a day that has come."""

    @staticmethod
    def keys(session: Session, at: Moment, _since) -> list[str]:
        due = sa.select(Account.person_id).where(Account.closes_on <= at.today)
        return sorted(session.scalars(due))

    @staticmethod
    def one(session: Session, person_id: str, at: Moment) -> bool:
        follow(session, [person_id], None, at)
        return True


def _account_of(session: Session, person_id: str, who: Actor | None, at: Moment) -> Account:
    account = (
        session.scalar(
            sa.select(Account).where(Account.person_id == person_id).with_for_update(of=Account)
        )
        if is_id(person_id)
        else None
    )
    if account is None:
        raise NotFound("这个人还没有账号。")
    refuse_touching(session, account.person_id, who, at)
    return account


# The record ---------------------------------------------------------------------------------------


def note(
    session: Session, account: Account, act: str, by_id: str | None, at: Moment, why: str = ""
) -> None:
    """Record what was done to an account and by whom. Does not commit."""
    name = session.get(Person, account.person_id).name
    about = f"{name}（{account.username}）"
    what = {"why": [None, why]} if why else {}
    audit_log.by_id(
        session, account.zone_id, by_id, at, "accounts", act, about, account.person_id, **what
    )
    if act in TOLD and by_id != account.person_id:
        text, key = say(TOLD[act], name=name), f"{act}:{account.id}"
        told.person(session, account.zone_id, account.person_id, key, text, at)
        told.others(session, account.zone_id, key, text, by_id, at)


# A first slip is part of every day and is told to nobody: who gets it holds it in his hand.
TOLD = {
    "reset": N_("%(name)s的账号已重置，原来的密码、登录和令牌都已失效。"),
    "password": N_("%(name)s的密码已在服务器终端重设。"),
    "lock": N_("%(name)s的账号已锁定。"),
    "unlock": N_("%(name)s的账号已解除锁定。"),
    "close": N_("%(name)s的账号已停用。"),
    "factor_off": N_("%(name)s的手机动态码已取消，原来的登录已退出。"),
    "undo_slip": N_("%(name)s的激活单已收回。"),
    "mail": N_("系统管理员登记了%(name)s的办公邮箱，提醒会发到那里。"),
    "mail_off": N_("系统管理员去掉了%(name)s的办公邮箱。"),
}
