"""Reminders that leave the program: a morning digest, and at once what is urgent. They say how many
things wait and where, nothing else; what waits is counted when they are sent.

Network comes between two short transactions: who takes a message has it for five minutes. A way that
fails rests, each time twice as long, and with it what would go by it; nothing else waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base import mail, outward, robots
from oversight.base.clock import Moment
from oversight.base.db import insert_once, reading
from oversight.base.outside import DIGEST, MOST, NEVER, QUIET, SEAL, URGENT
from oversight.base.sealing import Sealer
from oversight.base.sentences import N_, say
from oversight.base.settings import Environment
from oversight.calendar.zone import zone_calendar, zone_settings
from oversight.engine import authority, inbox, outbox, seals
from oversight.engine.use_case import one_transaction
from oversight.models import (
    Account,
    Case,
    Checkpoint,
    InstallationFact,
    OutboxMessage,
    Outlet,
    Post,
    Reach,
    WorkItem,
    Zone,
)
from oversight.organization.actor import actor_of
from oversight.organization.standing import in_office
from oversight.register import outlets

LETTER, GROUP = "mail", "group"  # kinds of the outbox
KINDS = (LETTER, GROUP)
SERVER = "server"
CHUNK = 500
OLD = timedelta(days=1)  # after the day it was for, nobody needs it any more
REST = timedelta(hours=1)  # of a way that fails, at the longest
WAIT, SOON = N_("您有%(n)s件待办"), N_("您有%(n)s件待办，请尽快办理")
WAIT_HERE, SOON_HERE = N_("本单位有%(n)s件待办"), N_("本单位有%(n)s件待办，请尽快办理")
SEALED = N_("每日封印第%(n)s号")
WHY = {  # what is kept of a failure, in words
    "refused: private address": N_("地址在内部网络里"),
    "refused: address": N_("地址的写法不对"),
    "no such host": N_("找不到这台主机"),
    "gaierror": N_("找不到这台主机"),
    "TimeoutError": N_("对方没有回答"),
    "ConnectionRefusedError": N_("对方没有开通"),
    "SSLCertVerificationError": N_("对方的证书不对"),
    "SSLError": N_("对方不按加密的办法回答"),
    "SMTPNotSupportedError": N_("对方没有所设的加密或登录办法"),
    "SMTP 530": N_("对方要求先加密或登录"),
    "SMTP 535": N_("用户名或密码不对"),
    "SMTPServerDisconnected": N_("对方断开了"),
    "ConnectionResetError": N_("对方断开了"),
    "RemoteDisconnected": N_("对方断开了"),
    **dict.fromkeys(("JSONDecodeError", "ValueError", "BadStatusLine"), N_("对方的回答看不懂")),
    "sealed by another key": N_("密钥换过，请重新填写"),
    "quiet": N_("不打扰的时间，过后再发"),
}


@dataclass(frozen=True)
class Sender:
    """What sending takes, as the installation is set up; `seconds` for each answer."""

    sealer: Sealer
    server: mail.Server | None
    known: outward.Listed
    address: str
    zone: tzinfo
    seconds: float = mail.SECONDS


def sender_of(env: Environment, secret: str, zone: tzinfo) -> Sender:
    """Return what sending takes, by what the environment says."""
    return Sender(Sealer(secret), env.mail, env.webhooks, env.address, zone)


# Planning -----------------------------------------------------------------------------------------


def urge(session: Session, case: Case, key: str, late: bool, at: Moment) -> None:
    """Leave it to the outbox to remind at once of a case, where its zone wants that and anybody can be
    reached. Does not commit.
    """
    wanted = zone_settings(session, case.zone_id)[URGENT]
    if wanted == NEVER or not late and wanted == "late" or not _reachable(session, case.zone_id):
        return
    payload = {"case": case.id, "on": at.today.isoformat()}
    outbox.enqueue(session, case.zone_id, f"urgent:{key}", "urgent", payload, at.now)


def _reachable(session: Session, zone_id: str) -> bool:
    mails = sa.exists().where(Account.zone_id == zone_id, Account.mail.is_not(None))
    groups = sa.exists().where(Outlet.zone_id == zone_id, Outlet.ended_at.is_(None))
    return bool(session.scalar(sa.select(sa.or_(mails, groups))))


def urgent(session: Session, key: str, payload: dict, at: Moment) -> None:
    """Leave a letter for each whose work a case is now, and a message for each group of theirs. Does
    not commit.
    """
    case = session.get(Case, payload["case"])
    if not case.open or zone_settings(session, case.zone_id)[URGENT] == NEVER:
        return
    lying = WorkItem.case_id == case.id, WorkItem.closed_at.is_(None), WorkItem.kind == "act"
    items = list(session.scalars(sa.select(WorkItem).where(*lying)))
    people = {one for item in items for one in authority.desk_people(session, item, at.today)}
    more = {"on": payload["on"], "soon": True}
    named = sa.select(Account.person_id).where(
        Account.person_id.in_(people), Account.mail.is_not(None)
    )
    groups = sa.select(Outlet.id).where(
        Outlet.zone_id == case.zone_id,
        Outlet.unit_id.in_({item.unit_id for item in items}),
        Outlet.ended_at.is_(None),
    )
    rows = [
        _row(case.zone_id, LETTER, key, {"person": one, **more}, at)
        for one in session.scalars(named)
    ]
    rows += [
        _row(case.zone_id, GROUP, key, {"outlet": one, **more}, at)
        for one in session.scalars(groups)
    ]
    outbox.enqueue_all(session, rows)


def _row(zone_id: str, kind: str, key: str, payload: dict, at: Moment) -> dict:
    to = payload.get("person") or payload["outlet"]
    return outbox.message(zone_id, f"{kind}:{key}:{to}", kind, payload, at.now)


def digests(session: Session, at: Moment, sender: Sender) -> int:
    """Leave the morning's messages of each zone whose hour has come; returns how many. Commits."""
    session.rollback()
    with reading():
        due = [
            zone
            for zone in session.scalars(sa.select(Zone.id)).all()
            if _hour_has_come(session, zone, at, sender.zone)
        ]
        session.rollback()
    return sum(_digest(session, zone, at, sender) for zone in due)


def _hour_has_come(session: Session, zone_id: str, at: Moment, local: tzinfo) -> bool:
    chosen, now = zone_settings(session, zone_id), at.now.astimezone(local)
    if chosen[DIGEST] == NEVER or at.late or f"{now:%H:%M}" < chosen[DIGEST]:
        return False
    if quiet_until(chosen[QUIET], now) is not None:  # of the evening: it would come the day after
        return False
    before = session.get(InstallationFact, _mark(zone_id))
    new = before is None or before.value < at.today.isoformat()
    return new and zone_calendar(session, zone_id).is_workday(at.today)


def _mark(zone_id: str) -> str:
    return f"digest:{zone_id.replace('-', '')}"


def _digest(session: Session, zone_id: str, at: Moment, sender: Sender) -> int:
    on = at.today.isoformat()
    with one_transaction(session):
        people = sa.select(Account.person_id).where(
            Account.zone_id == zone_id, Account.mail.is_not(None)
        )
        groups = sa.select(Outlet.id).where(Outlet.zone_id == zone_id, Outlet.ended_at.is_(None))
        named = session.scalars(people.order_by(Account.id)).all() if sender.server else []
        key = f"digest:{on}"
        rows = [_row(zone_id, LETTER, key, {"person": one, "on": on}, at) for one in named]
        rows += [
            _row(zone_id, GROUP, key, {"outlet": one, "on": on}, at)
            for one in session.scalars(groups)
        ]
        for start in range(0, len(rows), CHUNK):
            outbox.enqueue_all(session, rows[start : start + CHUNK])
        session.merge(InstallationFact(name=_mark(zone_id), value=on, at=at.now))
    return len(rows)


def seal_written(session: Session, point: Checkpoint, at: Moment) -> None:
    """Leave a letter with a seal to the auditors, where the zone wants that. Does not commit."""
    if zone_settings(session, point.zone_id)[SEAL] == NEVER:
        return
    auditors = sa.select(Post.person_id).where(
        Post.zone_id == point.zone_id, Post.office == "auditor", in_office(at.today)
    )
    named = sa.select(Account.person_id).where(
        Account.person_id.in_(auditors), Account.mail.is_not(None)
    )
    session.flush()
    more = {"seal": point.id, "on": at.today.isoformat()}
    key = f"seal:{point.number}"
    people = session.scalars(named).all()
    rows = [_row(point.zone_id, LETTER, key, {"person": one, **more}, at) for one in people]
    outbox.enqueue_all(session, rows)


# Sending ------------------------------------------------------------------------------------------


class Needless(Exception):
    """A message that nobody needs any more; says why."""


@dataclass(frozen=True)
class _Parcel:
    """What is about to be sent, by which way, and to whom, as the rows of `reaches` name them."""

    work_id: str
    zone_id: str
    way: str
    to: str
    go: Callable[[], None]


def send(session: Session, work_id: str, at: Moment, sender: Sender) -> bool:
    """Send one message, or write down why not and when it is tried again; returns whether it was
    sent. Commits, twice.
    """
    session.rollback()
    with one_transaction(session):
        parcel = _taken(session, work_id, at, sender)
    if parcel is None:
        return False
    trouble: Exception | None = None
    try:
        parcel.go()
    except (mail.Unsent, outward.Unreached) as error:
        trouble = error
    with one_transaction(session):
        _ended(session, parcel, at, trouble)
    return trouble is None


def _fresh(payload: dict, at: Moment) -> None:
    """Make sure that it is not too late to say something: a morning has its own. Raises Needless."""
    lasts = OLD if {"soon", "seal"} & payload.keys() else timedelta()
    if date.fromisoformat(payload["on"]) + lasts < at.today:
        raise Needless("old")


def _taken(session: Session, work_id: str, at: Moment, sender: Sender) -> _Parcel | None:
    """Take a message and count it, or put it off, or find that nobody needs it."""
    row = outbox.take(session, work_id, at)
    if row is None:
        return None
    chosen = zone_settings(session, row.zone_id)
    until = quiet_until(chosen[QUIET], at.now.astimezone(sender.zone))
    if until is not None and "seal" not in row.payload:
        outbox.postpone(session, work_id, at, "quiet", until, counts=False)
        return None
    try:
        _fresh(row.payload, at)
        parcel = (_letter if row.kind == LETTER else _message)(session, row, at, sender)
        way = _reach(session, parcel.zone_id, parcel.way)
        if way.rests_until is not None and way.rests_until > at.now:
            why = way.last_error or "rests"
            outbox.postpone(session, work_id, at, why, way.rests_until, counts=False)
            return None
        _count(session, parcel, int(chosen[MOST]), at)
    except Needless as why:
        outbox.done(session, work_id, at, str(why))
        return None
    return parcel


def quiet_until(chosen: str, local: datetime) -> datetime | None:
    """Return when the hours end in which nobody is disturbed; None outside of them."""
    if chosen == NEVER:
        return None
    begin, end = map(int, chosen.split("-"))
    if end <= local.hour < begin:
        return None
    day = local.date() + timedelta(days=local.hour >= begin)
    return datetime.combine(day, datetime.min.time().replace(hour=end), local.tzinfo)


def _reach(session: Session, zone_id: str, name: str) -> Reach:
    """Return how a way did lately, locked until the transaction ends."""
    insert_once(session, Reach, zone_id=zone_id, name=name, sent=0, failures=0)
    return session.get(Reach, (zone_id, name), with_for_update=True, populate_existing=True)


def _count(session: Session, parcel: _Parcel, most: int, at: Moment) -> None:
    """Count a message for whom it goes to. Raises Needless where he has had enough today."""
    to = _reach(session, parcel.zone_id, parcel.to)
    if to.day != at.today:
        to.day, to.sent = at.today, 0
    if to.sent >= most:
        raise Needless("enough for today")
    to.sent += 1


def _letter(session: Session, row: OutboxMessage, at: Moment, sender: Sender) -> _Parcel:
    person = row.payload["person"]
    account = session.scalar(sa.select(Account).where(Account.person_id == person))
    if sender.server is None or account is None or not account.mail:
        raise Needless("no address")
    if not account.open_on(at.today):
        raise Needless("account closed")
    subject, files = _said(session, row, at)
    text = f"{subject}。\n{sender.address}\n" if sender.address else f"{subject}。\n"
    letter = mail.Letter(account.mail, subject, text, row.key, files)
    server, seconds = sender.server, sender.seconds
    return _Parcel(
        row.id,
        row.zone_id,
        SERVER,
        f"person:{person}",
        lambda: mail.send(server, letter, at.now, seconds),
    )


def _said(session: Session, row: OutboxMessage, at: Moment) -> tuple[str, tuple]:
    """Return what a letter says and brings. Raises Needless where nothing waits."""
    if "seal" in row.payload:
        point = session.get_one(Checkpoint, row.payload["seal"])
        return say(SEALED, n=point.number), (seals.file_of(point),)
    n = inbox.box_count(session, actor_of(session, row.payload["person"], at.today), "mine")
    if not n:
        raise Needless("nothing waits")
    return say(SOON if row.payload.get("soon") else WAIT, n=n), ()


def _message(session: Session, row: OutboxMessage, at: Moment, sender: Sender) -> _Parcel:
    outlet = session.get(Outlet, row.payload["outlet"])
    if outlet is None or outlet.ended_at is not None:
        raise Needless("ended")
    lying = WorkItem.unit_id == outlet.unit_id, WorkItem.closed_at.is_(None)
    cases = sa.select(sa.func.count(WorkItem.case_id.distinct())).where(
        *lying, WorkItem.kind == "act", WorkItem.person_id.is_(None)
    )
    n = session.scalar(cases)
    if not n:
        raise Needless("nothing waits")
    text = say(SOON_HERE if row.payload.get("soon") else WAIT_HERE, n=n)
    go = ring(outlet, f"{text}。{sender.address}", at, sender)
    return _Parcel(row.id, row.zone_id, f"group:{outlet.id}", f"group:{outlet.id}", go)


def ring(outlet: Outlet, text: str, at: Moment, sender: Sender) -> Callable[[], None]:
    """Return what sends a text to a group. Raises Needless where its address cannot be opened."""
    try:
        url, key = outlets.opened(outlet, sender.sealer)
    except ValueError:
        raise Needless("sealed by another key") from None
    asked, body = robots.ROBOTS[outlet.kind].ask(url, key, text, at.now)
    return lambda: robots.heard(outward.post(asked, body, sender.known, sender.seconds))


def trial(session: Session, outlet: Outlet, text: str, at: Moment, sender: Sender) -> str:
    """Send a text to a group now; returns why it did not arrive, or nothing. Commits."""
    zone_id, name = outlet.zone_id, f"group:{outlet.id}"
    try:
        go = ring(outlet, text, at, sender)
        session.rollback()
        go()
        trouble = None
    except (outward.Unreached, Needless) as error:
        trouble = error
    with one_transaction(session):
        _went(_reach(session, zone_id, name), trouble, at)
    return str(trouble or "")


def _went(way: Reach, trouble: Exception | None, at: Moment) -> None:
    """Write down how a way did: one that fails rests, each time twice as long."""
    if trouble is None:
        way.failures, way.rests_until, way.last_ok, way.last_error = 0, None, at.now, None
        return
    way.failures, way.last_error = way.failures + 1, str(trouble)[:80]
    way.rests_until = at.now + min(outbox.pause(way.failures), REST)


def _ended(session: Session, parcel: _Parcel, at: Moment, trouble: Exception | None) -> None:
    """Write down how it went. Where the way itself fails the message rests with it, else alone."""
    way = _reach(session, parcel.zone_id, parcel.way)
    # the server is well, the address is not
    letter = isinstance(trouble, mail.Deferred | mail.Refused)
    _went(way, None if letter else trouble, at)
    to = _reach(session, parcel.zone_id, parcel.to)
    if trouble is None or letter:
        to.last_ok = to.last_ok if trouble else at.now
        to.last_error = str(trouble) if trouble else None
    if trouble is None or isinstance(trouble, mail.Refused):
        outbox.done(session, parcel.work_id, at, to.last_error)
        return
    to.sent -= to.day == at.today  # a try that was in vain is no reminder
    outbox.postpone(session, parcel.work_id, at, str(trouble)[:80], way.rests_until)


def wake(session: Session, zone_id: str) -> None:
    """Let ways that rest be tried at once. Does not commit."""
    resting = Reach.zone_id == zone_id, Reach.rests_until.is_not(None)
    session.execute(sa.update(Reach).where(*resting).values(rests_until=None))
