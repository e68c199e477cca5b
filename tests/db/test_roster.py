"""Importing a roster: what it would change, what it changes, and that a second import changes
nothing.
"""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from oversight.base.db import db
from oversight.base.refusals import (
    AlreadyTaken,
    Forbidden,
    NotFound,
    RuleViolation,
    VersionConflict,
)
from oversight.base.sealing import Sealer
from oversight.models import (
    Account,
    AdminChange,
    Login,
    Membership,
    Person,
    Post,
    Refusal,
    RosterDraft,
    Unit,
    UnitChange,
)
from oversight.organization.members import members
from oversight.organization.standing import in_office, is_member
from oversight.register import accounts
from oversight.register.roster import apply
from tests.support import messy
from tests.support.dump import dump
from tests.support.messy import tidy
from tests.support.power import confirm_all
from tests.support.world import at

TODAY = date(2026, 11, 24)
NOW = at("2026-11-24")
SEALER = Sealer("t" * 32)
UNITS = [["白沙村党支部", "农村", "青溪镇党委"]]
LINES = [
    ["白沙村党支部", "张三丰", "2010.7.1", "正式党员", "书记", "13800001111", ""],
    ["白沙村党支部", "李四海", "2011.7.1", "预备党员", "", "13800002222", ""],
    ["白沙村党支部", "王五岳", "2012.7.1", "正式党员", "组织委员、纪检委员", "", ""],
]


@pytest.fixture
def bring(session, world):
    """Import a workbook at a day, or only look."""

    def go(data: bytes, on=NOW, look: bool = False, confirmed: bool = False):
        found = apply.read(session, world.zone, data, "名册.xlsx", SEALER, on)
        if not look:
            apply.apply(session, found, None, on, confirmed)
            session.commit()
            confirm_all(session, world, on)
        return found.plan

    return go


def unit(session, name: str) -> Unit:
    return session.scalar(sa.select(Unit).where(Unit.name == name))


def person(session, name: str) -> Person:
    return session.scalar(sa.select(Person).where(Person.name == name))


def offices(session, name: str, on: date = TODAY) -> set[str]:
    return set(
        session.scalars(
            sa.select(Post.office).where(Post.person_id == person(session, name).id, in_office(on))
        )
    )


def test_a_new_branch_with_its_people_comes_in(session, bring):
    plan = bring(tidy(LINES, UNITS))
    assert plan.counts == {
        "units": {"new": 1, "changed": 0, "same": 0, "left": 7},
        "people": {"new": 3, "changed": 0, "same": 0, "left": 0},
        "memberships": {"new": 3, "ended": 0},
        "groups": {"new": 0, "changed": 0},
        "posts": {"new": 3, "ended": 0},
    }
    branch = unit(session, "白沙村党支部")
    assert (branch.kind, branch.category, branch.rule_set) == ("branch", "rural", "rural")
    assert branch.path.startswith(unit(session, "青溪镇党委").path)
    assert [one.name for one in members(session, branch.id, TODAY)] == [
        "张三丰",
        "李四海",
        "王五岳",
    ]
    assert offices(session, "王五岳") == {"organizer", "discipline"}
    assert person(session, "李四海").probationary


def test_telephones_are_sealed(session, bring):
    bring(tidy(LINES, UNITS))
    row = person(session, "张三丰")
    assert "1380" not in row.phone_sealed and SEALER.phone(row) == "13800001111"
    assert Sealer("another key").phone(row) == ""


def test_a_second_import_changes_nothing(session, bring):
    bring(tidy(LINES, UNITS))
    before = session.scalar(sa.select(sa.func.count()).select_from(Person))
    plan = bring(tidy(LINES, UNITS), at("2026-11-30"))
    assert plan.empty and plan.same == {"units": 1, "people": 3}
    assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == before


def test_a_look_changes_nothing(session, bring):
    before = dump(session)
    bring(tidy(LINES, UNITS), look=True)
    session.rollback()
    assert dump(session) == before


def test_one_bad_cell_changes_nothing(session, bring):
    before = dump(session)
    with pytest.raises(apply.Troubled) as no:
        bring(tidy([*LINES, ["白沙村党支部", "赵六合", "2010.13.1"]], UNITS))
    session.rollback()
    assert dump(session) == before
    assert no.value.troubles == [
        "“党员”表第 5 行 C 列“2010.13.1”：没有这一天，请核对后写成 2010-07-01 这样。"
    ]


def test_the_messy_workbook_changes_nothing(session, bring):
    before = dump(session)
    with pytest.raises(apply.Troubled) as no:
        bring(messy.build().bytes())
    session.rollback()
    assert dump(session) == before and len(no.value.troubles) == 25


def test_what_is_written_otherwise_is_updated_and_the_rest_stays(session, bring):
    bring(tidy(LINES, UNITS))
    known = person(session, "李四海").id
    lines = [list(line) for line in LINES]
    lines[0][5] = "13800003333"
    lines[1][2:6] = ["2011.8.1", "正式党员", "", ""]  # an empty cell says nothing
    plan = bring(tidy(lines, UNITS), at("2026-11-30"))
    assert (
        set(plan.people_changes) == {known, person(session, "张三丰").id}
        and plan.same["people"] == 1
    )
    row = session.get(Person, known)
    assert (row.joined_on, row.probationary, SEALER.phone(row)) == (
        date(2011, 8, 1),
        False,
        "13800002222",
    )
    assert SEALER.phone(person(session, "张三丰")) == "13800003333"


def test_a_namesake_of_another_day_and_telephone_is_another_person(session, bring):
    bring(tidy(LINES, UNITS))
    old = person(session, "李四海").id
    lines = [list(line) for line in LINES]
    lines[1][2], lines[1][5] = "2019.8.1", "13800003333"
    plan = bring(tidy(lines, UNITS), at("2026-12-01"))
    assert [one[0] for one in plan.left] == [old] and plan.counts["people"]["new"] == 1


def test_posts_end_and_begin_with_their_days(session, bring):
    bring(tidy(LINES, UNITS))
    lines = [list(line) for line in LINES]
    lines[0][4], lines[1][4] = "", "书记"
    plan = bring(tidy(lines, UNITS), at("2026-12-01"))
    assert plan.counts["posts"] == {"new": 1, "ended": 1}
    assert offices(session, "张三丰", date(2026, 11, 30)) == {"secretary"}
    assert offices(session, "张三丰", date(2026, 12, 1)) == set()
    assert offices(session, "李四海", date(2026, 12, 1)) == {"secretary"}


def test_without_a_column_of_posts_no_post_is_touched(session, bring):
    bring(tidy(LINES, UNITS))
    lines = [[line[0], line[1], line[2]] for line in LINES]
    assert bring(tidy(lines, header=["支部名称", "姓名", "入党日期"]), at("2026-12-01")).empty


def test_who_is_no_longer_named_leaves_and_the_account_is_closed(session, world, bring):
    bring(tidy(LINES, UNITS))
    gone = person(session, "王五岳")
    accounts.issue_one(session, gone.id, None, NOW)
    account = session.scalar(sa.select(Account).where(Account.person_id == gone.id))
    session.add(
        Login(
            zone_id=world.zone.id,
            account_id=account.id,
            token_hash="x",
            created_at=NOW.now,
            seen_at=NOW.now,
        )
    )
    session.commit()
    plan = bring(tidy(LINES[:2], UNITS), at("2026-12-01"))
    assert [(name, where) for _id, name, where in plan.left] == [("王五岳", "白沙村党支部")]
    assert session.scalar(
        sa.select(Membership.to_on).where(Membership.person_id == gone.id)
    ) == date(2026, 11, 30)
    assert offices(session, "王五岳", date(2026, 12, 1)) == set()
    session.refresh(account)
    assert not account.enabled and account.closed_at is not None
    assert session.scalar(sa.select(Login.ended_at)) is not None


def test_branches_that_the_file_does_not_name_are_left_alone(session, world, bring):
    bring(tidy(LINES, UNITS))
    assert len(members(session, world.units["village"].id, TODAY)) == 5
    assert unit(session, "石桥村党支部").ended_on is None


def test_a_roster_that_empties_a_branch_asks_first(session, world, bring):
    lines = [["石桥村党支部", "新来的", "2010.7.1"]]
    with pytest.raises(RuleViolation, match="石桥村党支部现有 5 人，名册里少了 5 人"):
        bring(tidy(lines))
    session.rollback()
    assert len(members(session, world.units["village"].id, TODAY)) == 5
    bring(tidy(lines), confirmed=True)
    assert [one.name for one in members(session, world.units["village"].id, TODAY)] == ["新来的"]


def test_who_moves_takes_his_person_along(session, bring):
    bring(tidy(LINES, UNITS))
    mover = person(session, "王五岳").id
    other = ["桃源社区党支部", "王五岳", "2012.7.1", "正式党员", "", "", ""]
    head = ["支部名称", "姓名", "入党日期", "党员类别", "党内职务", "手机", "编号"]
    plan = bring(tidy([*LINES[:2], other], UNITS, head), at("2026-12-01"), confirmed=True)
    assert plan.moved == [("王五岳", "桃源社区党支部")]
    rows = session.execute(
        sa.select(Membership.from_on, Membership.to_on)
        .where(Membership.person_id == mover)
        .order_by(Membership.from_on)
    ).all()
    assert rows[0].to_on == date(2026, 11, 30) and rows[1] == (date(2026, 12, 1), None)
    assert offices(session, "王五岳", date(2026, 12, 1)) == set()


def test_namesakes_of_one_branch_stay_two(session, bring):
    lines = [
        ["白沙村党支部", "张三丰", day, "正式党员", "", phone, ""]
        for day, phone in (("2010.7.1", "13800001111"), ("2015.7.1", "13800009999"))
    ]
    bring(tidy(lines, UNITS))
    plan = bring(tidy(lines[::-1], UNITS), at("2026-12-01"))
    assert plan.empty and plan.same["people"] == 2


def test_a_namesake_whom_nothing_tells_apart_is_trouble(session, bring):
    bring(tidy([["白沙村党支部", "张三丰", day] for day in ("2010.7.1", "2015.7.1")], UNITS))
    with pytest.raises(apply.Troubled) as no:
        bring(tidy([["白沙村党支部", "张三丰"]], UNITS))
    assert "请填入党日期、手机或编号来区分" in no.value.troubles[0]


def test_an_office_s_own_number_finds_its_person_whatever_else_changed(session, bring):
    bring(tidy([["白沙村党支部", "张三丰", "2010.7.1", "", "", "", "A1"]], UNITS))
    plan = bring(
        tidy([["白沙村党支部", "张三丰", "2012.1.1", "", "", "13800007777", "A1"]], UNITS),
        at("2026-12-01"),
    )
    assert plan.counts["people"] == {"new": 0, "changed": 1, "same": 0, "left": 0}
    with pytest.raises(apply.Troubled, match="1 处"):
        bring(tidy([["白沙村党支部", "李四海", "2012.1.1", "", "", "", "A1"]], UNITS))


@pytest.mark.parametrize(
    ("units", "lines", "words"),
    [
        ([], [["没有的村党支部", "张三丰"]], "没有这个党组织"),
        (
            [["白沙村党支部", "农村", "没有的局党组"]],
            [["白沙村党支部", "张三丰"]],
            "C 列“没有的局党组”：没有这个上级党组织",
        ),
        ([["白沙村党支部", "农村", ""]], [["白沙村党支部", "张三丰"]], "请写上级党组织"),
        (
            [["石桥村党支部", "农村", "柏岭镇党委"]],
            [["石桥村党支部", "张三丰"]],
            "库里它在青溪镇党委之下",
        ),
        ([["青溪镇党委", "区属部门", ""]], [["石桥村党支部", "张三丰"]], "种类不能由名册改"),
        (
            [["白沙村党支部", "农村", "石桥村党支部"]],
            [["白沙村党支部", "张三丰"]],
            "上级不能是党支部",
        ),
        (
            [["白沙村党支部", "村改居", "青溪镇党委"]],
            [["白沙村党支部", "张三丰"]],
            "请从这八类里选",
        ),
        (UNITS, [["白沙村党支部", "张三丰", "", "", "督查员"]], "镇（部门）以上的职务"),
        (
            UNITS,
            [["白沙村党支部", "张三丰", "", "", "某某镇党委督查员"]],
            "职务里写的党组织没有找到",
        ),
    ],
)
def test_what_the_database_knows_better_is_trouble(session, bring, units, lines, words):
    before = dump(session)
    with pytest.raises(apply.Troubled) as no:
        bring(tidy(lines, units))
    session.rollback()
    assert words in "\n".join(no.value.troubles)
    assert dump(session) == before


def test_a_town_that_only_its_branches_name_is_founded(session, bring):
    plan = bring(tidy([["新塘村党支部", "张三丰"]], [["新塘村党支部", "农村", "新塘镇党委"]]))
    assert [row["kind"] for row in plan.units] == ["town", "branch"]
    assert unit(session, "新塘镇党委").parent_id == unit(session, "云泽高新区党工委").id


def test_another_form_of_a_known_name_is_the_same_branch(session, bring):
    plan = bring(tidy([["中共石桥村支部委员会", "新来的"]]), look=True)
    assert plan.units == [] and len(plan.people) == 1


def test_a_category_that_changed_is_noted(session, bring):
    bring(tidy(LINES, UNITS))
    bring(tidy(LINES, [["白沙村党支部", "社区", "青溪镇党委"]]), at("2026-12-01"))
    branch = unit(session, "白沙村党支部")
    assert branch.category == "community"
    kinds = session.scalars(
        sa.select(UnitChange.kind).where(UnitChange.unit_id == branch.id).order_by(UnitChange.at)
    )
    assert list(kinds) == ["founded", "changed"]


def test_an_official_without_a_branch_gets_a_post_and_no_membership(session, bring):
    bring(tidy([["青溪镇党委", "钱办事", "", "", "党建办经办人", "", ""]]))
    official = person(session, "钱办事")
    assert offices(session, "钱办事") == {"officer"}
    assert (
        session.scalar(sa.select(Membership.id).where(Membership.person_id == official.id)) is None
    )


def test_a_post_elsewhere_is_written_in_full_and_other_posts_there_stay(session, world, bring):
    lines = [list(line) for line in LINES]
    lines[1][4] = "青溪镇党委督查员"
    bring(tidy(lines, UNITS))
    row = session.scalar(sa.select(Post).where(Post.person_id == person(session, "李四海").id))
    assert (row.unit_id, row.office) == (world.units["town1"].id, "inspector")
    assert (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(Post)
            .where(
                Post.unit_id == world.units["town1"].id,
                Post.office == "inspector",
                in_office(TODAY),
            )
        )
        == 2
    )


def test_a_roster_appoints_nobody_it_proposes(session, world):
    found = apply.read(session, world.zone, tidy(LINES, UNITS), "名册.xlsx", SEALER, NOW)
    assert [(one.name, one.title) for one in found.plan.asked] == [
        ("张三丰", "白沙村党支部书记"),
        ("王五岳", "白沙村党支部纪检委员"),
        ("王五岳", "白沙村党支部组织委员"),
    ]
    apply.apply(session, found, world.people["zone.sysadmin"].id, NOW)
    session.commit()
    assert offices(session, "张三丰") == offices(session, "王五岳") == set()
    row = session.scalar(sa.select(AdminChange).where(AdminChange.act == "roster"))
    assert ["张三丰", "白沙村党支部书记", True] in row.what["posts_asked"]
    again = apply.read(session, world.zone, tidy(LINES, UNITS), "名册.xlsx", SEALER, NOW)
    assert again.plan.empty, "what waits is not proposed twice"
    assert confirm_all(session, world, NOW) == 3 and offices(session, "张三丰") == {"secretary"}


def test_what_a_later_roster_no_longer_says_is_not_confirmed(session, world):
    zone = world.zone
    found = apply.read(session, zone, tidy(LINES, UNITS), "名册.xlsx", SEALER, NOW)
    apply.apply(session, found, None, NOW)
    lines = [list(line) for line in LINES]
    lines[0][4] = "副书记"
    session.commit()
    found = apply.read(session, zone, tidy(lines, UNITS), "名册.xlsx", SEALER, NOW)
    apply.apply(session, found, None, NOW)
    session.commit()
    confirm_all(session, world, NOW)
    assert offices(session, "张三丰") == {"deputy"}


@pytest.mark.parametrize("name", ["zone.sysadmin", "zone.secadmin", "zone.auditor"])
def test_no_roster_gives_an_administrator_another_post(session, world, bring, name):
    world.people[name].name = "赵守正"
    session.commit()
    line = ["云泽高新区党工委", "赵守正", "", "", "党建办经办人", "", ""]
    with pytest.raises(apply.Troubled) as caught:
        bring(tidy([line]))
    assert any("管理员不由名册任免" in trouble for trouble in caught.value.troubles)


def test_who_did_it_and_what_is_kept_without_numbers(session, world, bring):
    bring(tidy(LINES, UNITS))
    row = session.scalar(sa.select(AdminChange).where(AdminChange.act == "roster"))
    assert (
        row.by_id is None
        and row.what["file"] == "名册.xlsx"
        and row.what["counts"]["people"]["new"] == 3
    )
    assert "1380" not in json.dumps(row.what)
    with pytest.raises(sa.exc.DBAPIError):
        session.execute(sa.update(AdminChange).values(act="lock"))
    session.rollback()
    with pytest.raises(sa.exc.DBAPIError):
        session.execute(sa.delete(AdminChange))
    session.rollback()


def test_nobody_waits_for_a_lock_while_a_workbook_is_parsed(session, bring, monkeypatch):
    read, seen = apply.rosters.read, []

    def watched(*args):
        seen.append(session().in_transaction())
        return read(*args)

    monkeypatch.setattr(apply.rosters, "read", watched)
    bring(tidy(LINES, UNITS))
    assert seen == [False]


def test_every_stage_is_told_from_its_first_row_to_its_last(session, world):
    told: list[list] = []

    def stage(name, total=None):
        told.append([name, total, 0])
        return lambda rows: told[-1].__setitem__(2, told[-1][2] + rows)

    changed = [[*LINES[0][:5], "13800009999", ""], *LINES[1:]]
    for lines in (LINES, changed):
        found = apply.read(session, world.zone, tidy(lines, UNITS), "名册.xlsx", SEALER, NOW, stage)
        apply.apply(session, found, None, NOW, stage=stage)
        session.commit()
    assert told == [
        ["read", None, 6],
        ["check", 6, 6],
        ["compare", 3, 3],
        ["write", 7, 7],
        ["read", None, 6],
        ["check", 6, 6],
        ["compare", 3, 3],
        ["write", 1, 1],
    ]


# Upload, look, apply ------------------------------------------------------------------------------


@pytest.fixture
def desk(session, world, tmp_path):
    """Return the administrator's two steps with a scratch folder."""

    class WorkItem:
        folder, who = tmp_path / "data", world.actor("zone.sysadmin", TODAY)

        def propose(self, data, who=None):
            return apply.propose(
                session, self.folder, world.zone, data, "名册.xlsx", SEALER, who or self.who, NOW
            )

        def accept(self, digest, confirmed=False, when=NOW):
            return apply.accept(
                session, self.folder, world.zone, SEALER, self.who, when, digest, confirmed
            )

        def files(self):
            return (
                [path for path in self.folder.rglob("*") if path.is_file()]
                if self.folder.exists()
                else []
            )

    return WorkItem()


def test_the_read_file_is_kept_sealed_until_it_is_applied(session, desk):
    found = desk.propose(tidy(LINES, UNITS))
    assert len(desk.files()) == 1 and b"1380" not in desk.files()[0].read_bytes()
    desk.accept(found.plan.digest)
    assert desk.files() == [] and session.get(RosterDraft, desk.who.id) is None
    assert person(session, "张三丰") is not None
    assert (
        session.scalar(sa.select(AdminChange.by_id).where(AdminChange.act == "roster"))
        == desk.who.id
    )


def test_a_second_upload_takes_the_place_of_the_first(desk):
    desk.propose(tidy(LINES, UNITS))
    desk.propose(tidy(LINES[:1], UNITS))
    assert len(desk.files()) == 1


def test_what_changed_since_the_look_is_shown_again(session, desk, bring):
    found = desk.propose(tidy(LINES, UNITS))
    bring(tidy(LINES[:1], UNITS))
    with pytest.raises(VersionConflict, match="重新比对"):
        desk.accept(found.plan.digest)
    session.rollback()
    assert person(session, "李四海") is None


def test_a_roster_is_applied_once_and_not_after_a_day(session, desk):
    found = desk.propose(tidy(LINES, UNITS))
    later = at("2026-11-26")
    with pytest.raises(NotFound):
        desk.accept(found.plan.digest, when=later)
    session.rollback()
    desk.accept(found.plan.digest)
    with pytest.raises(AlreadyTaken, match="已由zone.sysadmin于2026-11-24 09:00导入"):
        desk.accept(found.plan.digest)


def test_old_drafts_are_dropped(session, desk):
    desk.propose(tidy(LINES, UNITS))
    assert apply.forget_old(session, desk.folder, NOW) == 0
    assert apply.forget_old(session, desk.folder, at("2026-11-26")) == 1
    assert desk.files() == []


@pytest.mark.parametrize(
    "name", ["zone.secadmin", "zone.auditor", "zone.officer", "town1.officer", "village.secretary"]
)
def test_nobody_but_the_zone_s_system_administrator_brings_rosters(session, world, desk, name):
    with pytest.raises(Forbidden):
        desk.propose(tidy(LINES, UNITS), world.actor(name, TODAY))
    assert desk.files() == [] and session.scalar(sa.select(Refusal.id)) is None


def test_current_membership_is_what_is_compared(session, world, bring):
    """Somebody whose membership ended long ago is not among those who leave now."""
    old = session.scalar(
        sa.select(Membership).where(Membership.unit_id == world.units["village"].id).limit(1)
    )
    old.to_on = TODAY - timedelta(days=100)
    session.commit()
    plan = bring(tidy([["石桥村党支部", "新来的"]]), look=True)
    assert len(plan.left) == 4
    assert (
        db.session.scalar(
            sa.select(sa.func.count()).select_from(Membership).where(is_member(TODAY))
        )
        == 34
    )
