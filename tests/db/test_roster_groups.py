"""党小组 in a roster: founded once, joined and changed without an end, led by those whom the roster
names.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import RuleViolation
from oversight.base.sealing import Sealer
from oversight.law.roles import OFFICES
from oversight.models import AdminChange, Membership, Person, Post, Unit, UnitChange
from oversight.organization.standing import in_office
from oversight.register import leaving, members, reorganize, tenure
from oversight.register.roster import apply, cells
from tests.support.dump import dump
from tests.support.messy import tidy
from tests.support.power import confirm_all
from tests.support.world import at

NOW, LATER, LAST = at("2026-11-24"), at("2026-12-01"), at("2026-12-08")
TODAY = NOW.today
SEALER = Sealer("t" * 32)
HEAD = ["支部名称", "所在党小组", "姓名", "入党日期", "党内职务"]
UNITS = [["白沙村党支部", "农村", "青溪镇党委"]]
BRANCH = "白沙村党支部"
LINES = [
    [BRANCH, "第一党小组", "张三丰", "2010.7.1", "书记"],
    [BRANCH, "１组", "李四海", "2011.7.1", "党小组长"],
    [BRANCH, "老年党小组", "王五岳", "2012.7.1", ""],
    [BRANCH, "", "赵六合", "2013.7.1", ""],
]


@pytest.fixture
def bring(session, world):
    """Import lines at a day, or only look."""

    def go(lines, on=NOW, units=UNITS, head=HEAD, look=False):
        found = apply.read(session, world.zone, tidy(lines, units, head), "名册.xlsx", SEALER, on)
        if not look:
            apply.apply(session, found, None, on, confirmed=True)
            session.commit()
            confirm_all(session, world, on)
        return found

    return go


def with_(number: int, **cell) -> list[list]:
    """Return the lines with some cells of one written otherwise."""
    lines = [list(line) for line in LINES]
    for name, value in cell.items():
        lines[number][("unit", "group", "name", "joined", "offices").index(name)] = value
    return lines


def groups(session, branch: str = BRANCH) -> dict[str, Unit]:
    above = sa.select(Unit.id).where(Unit.name == branch).scalar_subquery()
    return {
        unit.name: unit
        for unit in session.scalars(
            sa.select(Unit).where(Unit.kind == "group", Unit.parent_id == above).order_by(Unit.sort)
        )
    }


def group_of(session, name: str) -> str | None:
    return session.scalar(
        sa.select(Unit.name)
        .join(Membership, Membership.group_id == Unit.id)
        .join(Person, Person.id == Membership.person_id)
        .where(Person.name == name, Membership.to_on.is_(None))
    )


def led(session, name: str, on: date = TODAY) -> list[str]:
    """Return the organizations that somebody leads as 党小组长."""
    return list(
        session.scalars(
            sa.select(Unit.name)
            .join(Post, Post.unit_id == Unit.id)
            .join(Person, Person.id == Post.person_id)
            .where(Person.name == name, Post.office == "group_leader", in_office(on))
        )
    )


def troubles(bring, lines, **more) -> str:
    with pytest.raises(apply.Troubled) as no:
        bring(lines, **more)
    return "\n".join(no.value.troubles)


def test_groups_are_founded_below_their_branch_and_members_are_in_them(session, bring):
    plan = bring(LINES).plan
    assert plan.counts["groups"] == {"new": 2, "changed": 3} and plan.counts["units"]["new"] == 1
    assert plan.group_names == [("第一党小组", BRANCH), ("老年党小组", BRANCH)]
    found = groups(session)
    assert list(found) == ["第一党小组", "老年党小组"]
    branch = session.scalar(sa.select(Unit).where(Unit.name == BRANCH))
    assert found["第一党小组"].path == f"{branch.path}{found['第一党小组'].id}/"
    assert [group_of(session, name) for name in ("张三丰", "李四海", "王五岳", "赵六合")] == [
        "第一党小组",
        "第一党小组",
        "老年党小组",
        None,
    ]
    assert (
        members.groups_of(session, branch, TODAY)[
            session.scalar(sa.select(Person.id).where(Person.name == "王五岳"))
        ]
        == "老年党小组"
    )
    assert set(
        session.scalars(
            sa.select(UnitChange.kind).where(
                UnitChange.unit_id.in_([unit.id for unit in found.values()])
            )
        )
    ) == {"founded"}


def test_a_second_import_founds_nothing_and_changes_nothing(session, bring):
    bring(LINES)
    again = with_(0, group="一组")
    again[2][1] = "老年组"
    assert bring(again, LATER).plan.empty
    assert len(groups(session)) == 2


def test_who_changes_his_group_stays_a_member_without_a_break(session, bring):
    bring(LINES)
    plan = bring(with_(2, group="第二党小组"), LATER).plan
    assert (
        plan.counts["groups"] == {"new": 1, "changed": 1}
        and not plan.memberships
        and not plan.memberships_ended
    )
    assert group_of(session, "王五岳") == "第二党小组"
    [row] = session.scalars(sa.select(Membership).join(Person).where(Person.name == "王五岳"))
    assert (row.from_on, row.to_on) == (date(2026, 11, 1), None)
    kept = session.scalars(
        sa.select(AdminChange.what).where(AdminChange.act == "roster").order_by(AdminChange.id)
    )
    ids = {name: unit.id for name, unit in groups(session).items()}
    assert list(kept)[-1]["groups"] == [[row.person_id, ids["老年党小组"], ids["第二党小组"]]]


def test_an_empty_cell_says_nothing_and_none_takes_out(session, bring):
    bring(LINES)
    assert bring(with_(2, group=""), LATER).plan.empty
    assert bring(with_(2, group="-"), LATER).plan.empty
    bring(with_(2, group="无"), LATER)
    assert group_of(session, "王五岳") is None and group_of(session, "张三丰") == "第一党小组"


def test_without_a_column_of_groups_nobody_leaves_his(session, bring):
    bring(LINES)
    bring(
        [[line[0], line[2], line[3]] for line in LINES],
        LATER,
        head=["支部名称", "姓名", "入党日期"],
    )
    assert group_of(session, "王五岳") == "老年党小组"


def test_groups_of_one_name_in_two_branches_are_two(session, bring):
    bring([*LINES, ["石桥村党支部", "一组", "新来的", "2014.7.1", ""]])
    assert groups(session)["第一党小组"].id != groups(session, "石桥村党支部")["第一党小组"].id


def test_who_moves_is_in_the_new_branch_s_group_or_in_none(session, bring):
    bring(LINES)
    moved = with_(2, unit="石桥村党支部", group="")
    moved[1][:2] = ["石桥村党支部", "二组"]
    bring(moved, LATER)
    assert group_of(session, "王五岳") is None and group_of(session, "李四海") == "第二党小组"
    assert led(session, "李四海", LATER.today) == ["第二党小组"]
    assert groups(session, "石桥村党支部")["第二党小组"] is not None


# Leaders ------------------------------------------------------------------------------------------


def test_a_leader_sits_in_his_group(session, bring):
    bring(LINES)
    assert led(session, "李四海") == ["第一党小组"]


def test_a_leader_goes_with_his_group_and_leaves_the_old_one(session, bring):
    bring(LINES)
    bring(with_(1, group="二组"), LATER)
    assert led(session, "李四海", date(2026, 11, 30)) == ["第一党小组"]
    assert led(session, "李四海", LATER.today) == ["第二党小组"]


def test_an_empty_group_cell_leaves_a_leader_where_he_is(session, bring):
    bring(LINES)
    assert bring(with_(1, group=""), LATER).plan.empty


def test_who_is_no_longer_named_as_leader_is_none(session, bring):
    bring(LINES)
    bring(with_(1, offices=""), LATER)
    assert led(session, "李四海", LATER.today) == []


@pytest.mark.parametrize(
    "written", ["老年党小组组长", "白沙村党支部老年党小组组长", "老年组党小组长"]
)
def test_a_leader_of_a_group_named_in_his_post_sits_there(session, bring, written):
    bring(with_(1, offices=written))
    assert led(session, "李四海") == ["老年党小组"]


def test_a_leader_whose_group_nobody_names_stays_in_the_branch_and_that_is_told_once(
    session, bring, world, tmp_path
):
    found = bring(with_(3, offices="党小组长"))
    assert led(session, "赵六合") == [BRANCH] and "没有写党小组，职务先记在支部：赵六合" in str(
        found.roster.notes
    )
    bring(with_(3, offices="党小组长", group="三组"), LATER)
    assert led(session, "赵六合", LATER.today) == ["第三党小组"]
    who = world.actor("zone.sysadmin", TODAY)
    apply.propose(
        session,
        tmp_path,
        world.zone,
        tidy(with_(3, offices="党小组长", name="钱小七"), UNITS, HEAD),
        "册.xlsx",
        SEALER,
        who,
        LAST,
    )
    kept = apply.draft(session, tmp_path, world.zone, SEALER, who, LAST)
    assert str(kept.roster.notes).count("没有写党小组") == 1


def test_a_leader_who_leaves_or_dies_leads_nothing(session, bring, world):
    bring(LINES)
    one = session.scalar(sa.select(Person).where(Person.name == "李四海"))
    leaving.gone(
        session, one, "died", LATER.today, world.actor("zone.sysadmin", LATER.today), LATER
    )
    session.commit()
    assert led(session, "李四海", LATER.today) == []
    lines = with_(0, offices="书记、党小组长")
    bring([lines[0], *lines[2:]], LATER)
    assert led(session, "张三丰", LATER.today) == ["第一党小组"]
    bring([LINES[2]], LAST)
    assert led(session, "张三丰", LAST.today) == []


def test_a_leader_who_is_transferred_leads_nothing(session, bring, world):
    bring(LINES)
    one = session.scalar(sa.select(Person).where(Person.name == "李四海"))
    members.transfer(
        session,
        one,
        world.units["village"],
        LATER.today,
        world.actor("zone.sysadmin", TODAY),
        LATER,
    )
    session.commit()
    assert led(session, "李四海", LATER.today) == []


def test_a_branch_that_is_merged_takes_its_groups_and_their_leaders_with_it(session, bring, world):
    bring(LINES)
    old = session.scalar(sa.select(Unit).where(Unit.name == BRANCH))
    reorganize.merge(
        session,
        [old],
        world.units["village"],
        LATER.today,
        world.actor("town1.officer", TODAY),
        LATER,
    )
    session.commit()
    assert {unit.ended_on for unit in groups(session).values()} == {LATER.today}
    assert led(session, "李四海", LATER.today) == [] and group_of(session, "李四海") is None


# Names --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "第一党小组",
        "第１党小组",
        "1",
        "一",
        "1组",
        "第一小组",
        "第 一 组",
        "一组",
        "党小组一",
        "小组1",
        "01组",
        "白沙村党支部第一党小组",
        "中共白沙村支部委员会1组",
    ],
)
def test_forms_of_a_numbered_group_are_one(written):
    assert cells.group(written, BRANCH) == "第一党小组"


@pytest.mark.parametrize(
    ("written", "name", "key"),
    [
        ("十组", "第十党小组", "10"),
        ("第十二党小组", "第十二党小组", "12"),
        ("20", "第二十党小组", "20"),
        (21.0, "第二十一党小组", "21"),
        ("120组", "第120党小组", "120"),
        ("老年组", "老年组", "老年"),
        ("城东片区第2党小组", "城东片区第2党小组", "城东片区2"),
        ("A组", "A组", "A"),
        ("流动党员小组", "流动党员小组", "流动党员"),
    ],
)
def test_names_of_groups(written, name, key):
    assert cells.group(written, BRANCH) == name and cells.group_key(name) == key


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("甲" * 41, "最多 40 个字"),
        ("老年\x07组", "控制字符"),
        ("老年_x0007_组", "控制字符"),
        ("一组、二组", "一人只在一个党小组"),
        ("柳林村党支部第一党小组", "另一个支部"),
        ("党小组", "看不出是哪个党小组"),
        ("0", "看不出"),
        ("***", "看不出"),
        (BRANCH, "看不出"),
    ],
)
def test_no_names_of_groups(written, words):
    with pytest.raises(cells.Unreadable, match=words):
        cells.group(written, BRANCH)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (with_(1, group="甲" * 60), "第 3 行 B 列“甲"),
        (with_(1, group="_x0007_组"), "控制字符"),
        (with_(0, offices="党小组长"), "一个党小组只有一位组长"),
        (with_(1, offices="第五党小组组长"), "请在“党小组”一列写上"),
        ([*LINES, ["青溪镇党委", "一组", "钱办事", "", "党建办经办人"]], "党小组只设在党支部里"),
    ],
)
def test_one_trouble_with_a_group_changes_nothing(session, bring, lines, words):
    before = dump(session)
    assert words in troubles(bring, lines)
    session.rollback()
    assert dump(session) == before


SHARED = ["副书记", "组织委员", "宣传委员", "纪检委员"]


@pytest.mark.parametrize("office", SHARED)
def test_what_one_person_has_is_not_given_to_two(session, world, bring, office):
    """In one workbook by its rows; of a seat that was filled since, when it is confirmed."""
    lines = [[*line[:4], office if n in (2, 3) else ""] for n, line in enumerate(LINES)]
    assert f"一个党组织只有一位{office}" in troubles(bring, lines)
    session.rollback()
    bring(LINES)
    branch = session.scalar(sa.select(Unit).where(Unit.name == BRANCH))
    code = next(code for code, name in OFFICES.items() if name == office)
    found = apply.read(
        session, world.zone, tidy(with_(3, offices=office), UNITS, HEAD), "名册.xlsx", SEALER, LATER
    )
    apply.apply(session, found, None, LATER, confirmed=True)
    other = session.scalar(sa.select(Person).where(Person.name == "王五岳"))
    tenure.begin(session, tenure.Seat(branch, other, code, TODAY), None, LATER)
    session.commit()
    with pytest.raises(RuleViolation, match=f"任{office}，请先登记他离任") as refused:
        confirm_all(session, world, LATER)
    assert refused.value.extra["rule"] == "one_holder"
    session.rollback()


@pytest.mark.parametrize("office", ["委员", "班子成员"])
def test_of_members_there_are_as_many_as_are_written(bring, office):
    above = [["青溪镇党委", "", name, "", office] for name in ("钱办事", "孙办事")]
    own = [[*line[:4], "委员"] for line in LINES]
    assert not bring(above if office == "班子成员" else own, look=True).roster.troubles


def test_two_groups_of_one_name_in_the_database_are_trouble_and_an_ended_one_is_not(session, bring):
    bring(LINES)
    one = groups(session)["第一党小组"]
    twin = Unit(
        zone_id=one.zone_id,
        parent_id=one.parent_id,
        path="",
        kind="group",
        name="第1小组",
        accountable_from=TODAY,
    )
    session.add(twin)
    session.commit()
    assert "几个同名的党小组" in troubles(bring, LINES, on=LATER)
    session.rollback()
    session.get(Unit, twin.id).ended_on = TODAY
    session.commit()
    assert bring(LINES, LATER).plan.empty


def test_a_transfer_that_waits_gives_way_to_what_a_roster_says_of_today(session, bring, world):
    bring(LINES)
    one = session.scalar(sa.select(Person).where(Person.name == "赵六合"))
    admin = world.actor("zone.sysadmin", TODAY)
    members.transfer(session, one, world.units["village"], LAST.today, admin, NOW)
    session.commit()
    bring(LINES[:3], LATER)  # which leaves him out
    rows = sa.select(Membership.to_on).where(Membership.person_id == one.id)
    assert session.scalars(rows).all() == [date(2026, 11, 30)]
