"""Accounts, their live log-ins and tokens, repeated requests, and refusals."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oversight.base.db import Base, Id, new_id, partial

from .organizations import Zone
from .people import Person
from .records import append_only


class Account(Base):
    __tablename__ = "accounts"
    __table_args__ = (
        partial("ix_accounts_closing", "closes_on", where="closes_on IS NOT NULL"),
        partial("ix_accounts_mail", "zone_id", "id", where="mail IS NOT NULL"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"), unique=True)
    username: Mapped[str] = mapped_column(sa.String(60), unique=True)
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    enabled: Mapped[bool] = mapped_column(default=True)
    closed_at: Mapped[datetime | None] = mapped_column(
        comment="its person left; not to be unlocked"
    )
    closes_on: Mapped[date | None] = mapped_column(
        comment="first day on which its person belongs nowhere; opens nothing from then on"
    )
    demo: Mapped[bool] = mapped_column(
        default=False, comment="the server refuses to listen beyond loopback"
    )
    password_set_at: Mapped[datetime | None]
    totp_sealed: Mapped[str | None] = mapped_column(
        sa.String(300), comment="secret of the second factor, sealed by the secret key"
    )
    totp_step: Mapped[int | None] = mapped_column(
        sa.BigInteger, comment="half minute of the code that was used last: none is used twice"
    )
    mail: Mapped[str | None] = mapped_column(sa.String(120), comment="office address for reminders")
    large_text: Mapped[bool] = mapped_column(default=False, comment="大字")
    locale: Mapped[str] = mapped_column(sa.String(10), default="zh_CN")
    created_at: Mapped[datetime]
    person: Mapped[Person] = relationship(lazy="joined")
    zone: Mapped[Zone] = relationship()

    def open_on(self, day: date) -> bool:
        """True where it may be used on a day."""
        return self.enabled and (self.closes_on is None or day < self.closes_on)


class Login(Base):
    """A session on the server: it dies with log-out, a new password, or a disabled account."""

    __tablename__ = "logins"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]  # renewed at most every ten minutes
    ended_at: Mapped[datetime | None]
    idle_minutes: Mapped[int] = mapped_column(default=120, comment="ends when unused for so long")
    lasts_hours: Mapped[int] = mapped_column(default=12, comment="ends so long after it began")
    stays_days: Mapped[int] = mapped_column(
        default=0, comment="stays on the phone of a member for so many days; 0: not"
    )
    waits_for_code: Mapped[bool] = mapped_column(
        default=False, comment="the password was right, the second factor is still asked for"
    )
    owes: Mapped[str] = mapped_column(
        sa.String(10), default="", comment="first to be set: factor or password; empty: nothing"
    )
    address: Mapped[str] = mapped_column(sa.String(45), default="")
    agent: Mapped[str] = mapped_column(sa.String(120), default="")

    has_drafts = False  # of its account, as of this request; known once it was read for one

    def lives(self, now: datetime) -> bool:
        """True while it is neither too old nor unused for too long; renewed by use."""
        ends = self.created_at + timedelta(hours=self.lasts_hours)
        return now < min(ends, self.seen_at + timedelta(minutes=self.idle_minutes))


class SignIn(Base):
    """One try to log in, right or wrong; kept for half a year, of unknown names for a day."""

    __tablename__ = "sign_ins"
    __table_args__ = (
        sa.Index("ix_sign_ins_name", "name_hash", "id"),
        sa.Index("ix_sign_ins_address", "address", "at"),
        sa.Index("ix_sign_ins_account", "account_id", "id"),
        sa.Index("ix_sign_ins_zone", "zone_id", "id"),
    )

    id: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True
    )
    at: Mapped[datetime]
    name_hash: Mapped[str] = mapped_column(
        sa.String(16), comment="of the user name: people type passwords there too"
    )
    account_id: Mapped[str | None] = mapped_column(sa.ForeignKey("accounts.id"))
    zone_id: Mapped[str | None] = mapped_column(sa.ForeignKey("zones.id"))
    address: Mapped[str] = mapped_column(sa.String(45))
    agent: Mapped[str] = mapped_column(sa.String(120))
    what: Mapped[str] = mapped_column(sa.String(12), comment="key of sign_ins.WORDS")


class RecoveryCode(Base):
    """Stands in for the second factor, once."""

    __tablename__ = "recovery_codes"

    account_id: Mapped[str] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    created_at: Mapped[datetime]


class ApiToken(Base):
    """A program's key to an account: it acts in its person's name, or only reads, until a day."""

    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(60), comment="what it is for")
    scope: Mapped[str] = mapped_column(sa.String(8), comment="read, or act")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None] = mapped_column(comment="last use, to within ten minutes")
    ended_at: Mapped[datetime | None]


class Idempotency(Base):
    """The answer to a request that carried a key, so that a retry gets it again."""

    __tablename__ = "idempotency"
    __table_args__ = (sa.Index("ix_idempotency_at", "at"),)

    account_id: Mapped[str] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    fingerprint: Mapped[str] = mapped_column(sa.String(64), comment="of method, path and body")
    status: Mapped[int]
    body: Mapped[dict]
    at: Mapped[datetime]


class Draft(Base):
    """What its author has typed into a form and not sent; binds nobody, and stands in no journal."""

    __tablename__ = "drafts"
    __table_args__ = (sa.Index("ix_drafts_saved_at", "saved_at"),)

    account_id: Mapped[str] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    address: Mapped[str] = mapped_column(
        sa.String(300), primary_key=True, comment="where its form is sent"
    )
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    words: Mapped[bytes] = mapped_column(comment="page and fields, sealed by the secret key")
    saved_at: Mapped[datetime] = mapped_column(comment="kept for 30 days from then")


class Refusal(Base):
    """A refusal: by which rule, to whom; written in a transaction of its own."""

    __tablename__ = "refusals"
    __table_args__ = (sa.Index("ix_refusals_seal", "zone_id", "seal"), append_only("seal"))

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    case_id: Mapped[str | None] = mapped_column(Id, index=True)
    workflow: Mapped[str] = mapped_column(sa.String(40))
    move: Mapped[str] = mapped_column(sa.String(40))
    actor_id: Mapped[str | None] = mapped_column(Id)
    status: Mapped[int]
    rule: Mapped[str | None] = mapped_column(sa.String(60))
    ground: Mapped[str | None] = mapped_column(sa.String(200), comment="clause id or house rule")
    sentence: Mapped[str] = mapped_column(sa.Text)
    seal: Mapped[int | None] = mapped_column(comment="number of the daily seal it lies under")
