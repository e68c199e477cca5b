"""The first steps of a zone: what it still lacks before its people can work, who does it, and how it
stands. Read from what is there; nothing is ticked by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.prepared import Prepared
from oversight.base.sentences import N_
from oversight.law.roles import ADMINISTRATORS, BRANCH_LEADERS
from oversight.models import (
    Account,
    Activity,
    Membership,
    Post,
    PostProposal,
    PublishedYear,
    SettingChange,
    Slip,
    Unit,
)
from oversight.organization.standing import in_office


@dataclass(frozen=True)
class Step:
    """One step: `who` is the office that makes it, `said` how it stands. Without a `needed` one others
    can't work.
    """

    key: str
    title: str
    who: str
    done: bool
    said: str
    needed: bool = True


@dataclass(frozen=True)
class Kind:
    """A step as it is known before anything is: what is said while a fact lacks, the first first, and
    once all are there.
    """

    key: str
    title: str
    who: str
    lacking: tuple[tuple[str, str], ...]
    there: str
    needed: bool = True

    def step(self, has: dict[str, bool]) -> Step:
        """Return the step as it stands by these facts."""
        open_ = [said for fact, said in self.lacking if not has[fact]]
        said = [*open_, self.there][0]
        return Step(self.key, self.title, self.who, not open_, said, self.needed)


NO_ROSTER = N_("还没有支部和党员。用 Excel 名册一次导入。")
KINDS = (
    Kind(
        "roster",
        N_("名册：导入单位、党员和职务"),
        "sysadmin",
        (("branches", NO_ROSTER), ("members", NO_ROSTER)),
        N_("单位和党员已经在库里。"),
    ),
    Kind(
        "posts",
        N_("职务：确认名册提出的任免"),
        "secadmin",
        (
            ("confirmed", N_("名册提出的任免在等安全管理员逐项确认，确认以后各人才能办事。")),
            ("posts", N_("还没有人担任支部职务。")),
        ),
        N_("支部书记等职务已经确认。"),
    ),
    Kind(
        "administrators",
        N_("账号：三位管理员各自激活"),
        "sysadmin",
        (("keepers", N_("有管理员还没有用激活单设密码。")),),
        N_("系统、安全、审计管理员都已激活。"),
        needed=False,
    ),
    Kind(
        "slips",
        N_("账号：发激活单"),
        "sysadmin",
        (
            ("issued", N_("还没有发激活单。各单位打印后当面交给本人。")),
            ("activated", N_("激活单已经发了，还没有人激活。")),
        ),
        N_("已经有人激活；还没有的，继续发。"),
    ),
    Kind(
        "days",
        N_("放假：核对今年的放假安排"),
        "sysadmin",
        (("published", N_("今年的放假安排还没有导入，党日都是预排。")),),
        N_("今年的放假安排已经有了，明年的公布以后再导入。"),
    ),
    Kind(
        "settings",
        N_("设置：看一遍区的设置和期限"),
        "sysadmin",
        (("chosen", N_("改一项，或者点“都按默认，不改”。")),),
        N_("已经看过。"),
        needed=False,
    ),
    Kind(
        "schedule",
        N_("部署：各支部的党日已经排好"),
        "sysadmin",
        (("planned", N_("有了支部，系统一分钟内自动排好；党建办再发各项部署。")),),
        N_("党日已经排好，各支部可以请示、登记了。"),
    ),
)


def of(session: Session, zone_id: str, today: date) -> list[Step]:
    """Return the first steps of a zone, in their order."""
    has = _there(session, zone_id, today)
    return [kind.step(has) for kind in KINDS]


def _there(session: Session, zone_id: str, today: date) -> dict[str, bool]:
    """Ask for all of it in one question."""
    row = _THERE.first(session, of_zone=zone_id, day=today, of_year=today.year)
    return {name: bool(value) for name, value in row._asdict().items()}


def _asked() -> sa.Select:
    """Build the question; somebody who is active is looked for before slips, of which there may be
    none.
    """
    zone_id: sa.BindParameter[str] = sa.bindparam("of_zone")
    today, year = sa.bindparam("day", type_=sa.Date), sa.bindparam("of_year", type_=sa.Integer)
    top = sa.select(Unit.id).where(Unit.zone_id == zone_id, Unit.kind == "zone").scalar_subquery()
    serving = (
        Post.zone_id == zone_id,
        Post.office.not_in(ADMINISTRATORS),
        Account.person_id == Post.person_id,
    )
    shut_out = (
        Post.unit_id == top,
        Post.office.in_(ADMINISTRATORS),
        in_office(today),
        Account.person_id == Post.person_id,
        Account.password_hash == "",
    )
    some = sa.exists().where
    active = some(*serving, Account.password_hash != "")
    undecided = (PostProposal.zone_id == zone_id, PostProposal.decided_at.is_(None))
    leading = (Post.zone_id == zone_id, Post.office.in_(BRANCH_LEADERS), in_office(today))
    branches = (Unit.zone_id == zone_id, Unit.kind == "branch", Unit.ended_on.is_(None))
    asked = {
        "branches": some(*branches),
        "members": some(Membership.zone_id == zone_id),
        "confirmed": ~some(*undecided),
        "posts": some(*leading),
        "keepers": ~some(*shut_out),
        "issued": sa.case((active, sa.true()), else_=some(*serving, Slip.account_id == Account.id)),
        "activated": active,
        "published": some(PublishedYear.zone_id == zone_id, PublishedYear.year == year),
        "chosen": some(SettingChange.zone_id == zone_id),
        "planned": some(Activity.zone_id == zone_id),
    }
    return sa.select(*(one.label(name) for name, one in asked.items()))


_THERE = Prepared(lambda _dialect: _asked())
