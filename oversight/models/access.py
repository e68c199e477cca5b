"""Accounts, their live log-ins and tokens, repeated requests, and refusals."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oversight.base.db import Base, Id, new_id

from .organizations import Zone
from .people import Person


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    person_id: Mapped[str] = mapped_column(sa.ForeignKey("persons.id"), unique=True)
    username: Mapped[str] = mapped_column(sa.String(60), unique=True)
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    enabled: Mapped[bool] = mapped_column(default=True)
    closed_at: Mapped[datetime | None] = mapped_column(
        comment="its person left; not to be unlocked"
    )
    demo: Mapped[bool] = mapped_column(
        default=False, comment="the server refuses to listen beyond loopback"
    )
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    large_text: Mapped[bool] = mapped_column(default=False, comment="大字")
    locale: Mapped[str] = mapped_column(sa.String(10), default="zh_CN")
    created_at: Mapped[datetime]
    person: Mapped[Person] = relationship(lazy="joined")
    zone: Mapped[Zone] = relationship()


class Login(Base):
    """A session on the server: it dies with log-out, a new password, or a disabled account."""

    __tablename__ = "logins"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ApiToken(Base):
    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    zone_id: Mapped[str] = mapped_column(sa.ForeignKey("zones.id"))
    account_id: Mapped[str] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    created_at: Mapped[datetime]
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


class Refusal(Base):
    """A refusal: by which rule, to whom; written in a transaction of its own."""

    __tablename__ = "refusals"

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
