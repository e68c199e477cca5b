"""Who may change units, people, posts and the calendar, and the record of what was changed.

三员分立: the system administrator keeps units, people and the calendar, the security administrator
posts and acting, the auditor reads everything; an organization keeps what is below it. Nobody
changes his own. No change is made here.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.clock import Moment
from oversight.base.db import find, id_of
from oversight.base.paging import First
from oversight.base.refusals import Forbidden
from oversight.base.rows import ids_of
from oversight.base.sentences import N_, say
from oversight.engine import journal
from oversight.engine.authority import refuse_unconfirmed
from oversight.law.clauses import house_rule
from oversight.law.roles import OFFICES, SUPERIOR
from oversight.models import AdminChange, Person, Unit
from oversight.organization.actor import Actor
from oversight.organization.units import superiors

AREAS = {
    "units": N_("单位"),
    "people": N_("党员"),
    "posts": N_("职务"),
    "acting": N_("代理"),
    "calendar": N_("日历"),
    "accounts": N_("账号"),
    "rosters": N_("名册"),
    "settings": N_("设置"),
    "records": N_("台账"),
}
KEEPERS = {
    "units": "sysadmin",
    "people": "sysadmin",
    "calendar": "sysadmin",
    "posts": "secadmin",
    "acting": "secadmin",
}
ACTS = {
    "found": N_("新设"),
    "rename": N_("更名"),
    "begin": N_("定启用日期"),
    "recorder": N_("定代录人"),
    "merge": N_("并入"),
    "split": N_("分设"),
    "move": N_("划转"),
    "plan": N_("登记待生效的变动"),
    "replan": N_("改变生效日期"),
    "impossible": N_("到期未能生效"),
    "undo_merge": N_("收回并入"),
    "undo_split": N_("收回分设"),
    "undo_found": N_("收回新设"),
    "undo_move": N_("收回划转"),
    "transfer_in": N_("转入"),
    "transfer_out": N_("转出"),
    "left": N_("登记离开"),
    "correct": N_("更正姓名、编号、入党日期"),
    "flags": N_("更正情况"),
    "appoint": N_("任职"),
    "end_post": N_("结束任职"),
    "give": N_("指定代理"),
    "end": N_("结束代理"),
    "import": N_("导入休息日"),
    "released": N_("移交"),
    "issue": N_("发激活单"),
    "reset": N_("重发激活单"),
    "activate": N_("本人激活"),
    "lock": N_("锁定账号"),
    "unlock": N_("解除锁定"),
    "close": N_("停用账号（已离开）"),
    "password": N_("终端重设密码"),
    "factor_on": N_("开通动态码"),
    "factor_off": N_("关闭动态码"),
    "roster": N_("导入名册"),
    "init": N_("建立首位管理员"),
    "token": N_("发接口令牌"),
    "revoke_token": N_("收回接口令牌"),
    "undo_post": N_("收回任职登记"),
    "undo_end": N_("收回离任登记"),
    "undo_transfer": N_("收回转接登记"),
    "undo_left": N_("收回离开登记"),
    "undo_slip": N_("收回激活单"),
    "decline": N_("不予任免"),
    "schedule": N_("排定党日"),
    "sweep": N_("按日期办理到期事项"),
    "set": N_("修改设置"),
    "keep": N_("看过设置，不改"),
    "sealing": N_("开始封存"),
    "withdraw": N_("撤回组织生活会登记"),
    "prune": N_("按期清理记录"),
    "reseal": N_("换密钥后重新封存"),
    "mail": N_("登记办公邮箱"),
    "mail_off": N_("去掉办公邮箱"),
    "retry": N_("让没有办成的再试"),
    "outlet": N_("设群机器人"),
    "outlet_off": N_("停用群机器人"),
}
# What a change tells of. Rows of earlier versions name it in Chinese and are shown as they are.
WORDS = {
    "name": N_("名称（姓名）"),
    "number": N_("编号"),
    "joined_on": N_("入党日期"),
    "begins": N_("启用日期"),
    "recorder": N_("代录人"),
    "unit_kind": N_("类型"),
    "parent": N_("上级"),
    "branch": N_("支部"),
    "new_branch": N_("新支部"),
    "people": N_("人数"),
    "into": N_("到"),
    "appointed": N_("任职"),
    "relieved": N_("不再任职"),
    "stand_in": N_("代理"),
    "scope": N_("范围"),
    "from_on": N_("起"),
    "to_on": N_("止"),
    "fate": N_("情况"),
    "on": N_("日期"),
    "days": N_("天数"),
    "planned": N_("新排的党日"),
    "moved": N_("顺延的党日"),
    "value": N_("值"),
    "why": N_("原因"),
    "token": N_("令牌"),
    "probationary": N_("预备党员"),
    "mobile": N_("流动党员"),
    "retired": N_("离退休党员"),
    "elderly": N_("年老体弱"),
    "leading": N_("党员领导干部"),
    "in_post": N_("在职党员"),
    "no_office": N_("无职党员"),
    "earlier": N_("此前的记录（条数、根）"),
    "pruned": N_("清理到第几号封印"),
    "rows": N_("条数"),
}
TERMINAL = N_("服务器终端")
BY_TOKEN = N_("凭令牌：")
SEPARATE = house_rule(
    "系统管理员管单位、党员和日历，安全管理员管职务和代理，审计管理员只看记录；上级党组织管所属单位。"
)


def answers_for(session: Session, who: Actor, unit: Unit) -> bool:
    """True where the actor is officer or secretary of an organization above a unit."""
    above = set(ids_of(superiors(session, unit))) - {unit.id}
    return any(post.unit_id in above and post.office in SUPERIOR.ranks[0] for post in who.posts)


def may(session: Session, who: Actor, area: str, unit: Unit | None) -> bool:
    """True where the actor keeps an area of the zone, or the unit from above."""
    if unit is not None and unit.zone_id != who.zone_id:
        return False
    return (
        who.holds(KEEPERS[area])
        or unit is not None
        and area != "calendar"
        and answers_for(session, who, unit)
    )


def require(session: Session, who: Actor, area: str, unit: Unit | None) -> None:
    """Make sure that the actor keeps an area. Raises Forbidden."""
    if not may(session, who, area, unit):
        raise Forbidden(
            say("这项由%(keeper)s或上级党组织办理，不由您办理。", keeper=OFFICES[KEEPERS[area]]),
            rule="keeper",
            house_rule=SEPARATE.text,
        )
    refuse_unconfirmed(who)


def alone(session: Session, zone_id: str) -> None:
    """Let one change of a zone's people and posts, by roster or by hand, be worked out and written
    at a time.

    Holds until the transaction ends; rows that only refer to the zone are not held up.
    """
    journal.lock(session, zone_id)


def note(
    session: Session,
    who: Actor | None,
    at: Moment,
    area: str,
    act: str,
    unit: Unit,
    about: str,
    about_id: str | None,
    **what,
) -> None:
    """Write down a change: word=[before, after]; None is the server's terminal. Does not commit."""
    in_zone(session, unit.zone_id, who, at, area, act, about, about_id, **what)


def in_zone(
    session: Session,
    zone_id: str,
    who: Actor | None,
    at: Moment,
    area: str,
    act: str,
    about: str,
    about_id: str | None = None,
    **what,
) -> None:
    """Write down a change that is no unit's own. Does not commit."""
    journal.note(
        session,
        AdminChange(
            zone_id=zone_id,
            at=at.now,
            by_id=id_of(who),
            area=area,
            act=act,
            about=about[:200],
            by=_signature(who),
            about_id=about_id,
            what=what,
        ),
    )


def _signature(who: Actor | None) -> str:
    if who is None:
        return TERMINAL
    by_token = f"，{BY_TOKEN}{who.token}" if who.token else ""
    return f"{who.person.name}（{who.title}{by_token}）"[:120]


def by_id(
    session: Session,
    zone_id: str,
    person_id: str | None,
    at: Moment,
    area: str,
    act: str,
    about: str,
    about_id: str | None = None,
    **what,
) -> None:
    """Write down what somebody did of whom only the id is known; None is the server's terminal.
    Does not commit.
    """
    person = find(session, Person, person_id)
    journal.note(
        session,
        AdminChange(
            zone_id=zone_id,
            at=at.now,
            by_id=person_id,
            by=person.name if person else TERMINAL,
            area=area,
            act=act,
            about=about[:200],
            about_id=about_id,
            what=what,
        ),
    )


def begin(session: Session, zone_id: str, at: Moment) -> None:
    """Begin a zone's chain with all posts as they stand, where nobody's act has begun it. Does not
    commit.
    """
    if journal.admin_head(session, zone_id)[0] == 0:
        in_zone(session, zone_id, None, at, "settings", "sealing", "")


def listed(
    session: Session,
    zone_id: str,
    area: str | None = None,
    about_id: str | None = None,
    before: str | None = None,
    limit: int = 20,
) -> First:
    """Return changes, the newest first; `before` is the last id of the page before."""
    rows = sa.select(AdminChange).where(AdminChange.zone_id == zone_id)
    for column, value in ((AdminChange.area, area), (AdminChange.about_id, about_id)):
        rows = rows.where(column == value) if value else rows
    rows = rows.where(AdminChange.id < before) if before else rows
    return First(session.scalars(rows.order_by(AdminChange.id.desc()).limit(limit + 1)), limit)
