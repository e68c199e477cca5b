"""New business: what each may open, the sensible days, drafts, late reports, joint requests."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import plan_year
from oversight.models import Activity, Case, ZoneNotice
from tests.support.actors import REASON
from tests.support.html import Page
from tests.support.world import at

# What these pages show does not depend on the database; the desk and the case pages are tried on
# both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def planned(session, world):
    """Two years are planned, as after `oversight schedule`."""
    branches = [unit for unit in world.units.values() if unit.kind == "branch"]
    for year in (2026, 2027):
        plan_year(session, branches, year, at("2026-01-05"))
    session.commit()


def days(page: Page) -> list[str]:
    return [node.get("value") for node in page.tree.iter("input") if node.get("name") == "new_day"]


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("village.secretary", "变更活动时间请示"),
        ("village.organizer", "变更活动时间请示"),
        ("zone.officer", "全区调整活动时间通知"),
        ("town1.officer", "您现在没有可以发起的业务"),
        ("town1.inspector", "督查先选支部"),
        ("town1.inspector", "整改先选支部"),
        ("village.member1", "免予参加活动申请"),
        ("village.secretary", "免予参加活动申请"),
    ],
)
def test_everybody_is_offered_what_he_may_open(reader, name, offered):
    assert offered in reader(name).get("/new").main


def test_a_branch_that_chooses_its_day_is_told_so(reader):
    page = reader("firm.secretary").get("/new")
    assert "不需要请示，请直接在“主题党日”里定日期" in page.main
    assert not [link for link in page.links() if "date_change" in link]
    assert "不需要请示" in reader("firm.secretary").get("/new/date_change", 422).main


def test_others_cannot_open_it_by_its_address(reader, world):
    assert "由党支部提出" in reader("town1.officer").get("/new/date_change", 403).main
    assert "区党建办" in reader("village.secretary").get("/new/zone_shift", 403).main
    reader("village2.secretary").get(f"/new/date_change?unit={world.units['village'].id}", 404)
    reader("town1.officer").get(f"/new/date_change?unit={world.units['village'].id}", 403)
    reader("village.secretary").get("/new/nothing", 404)


def test_the_day_in_force_is_explained_and_sensible_days_are_offered(reader):
    page = reader("village.secretary").get("/new/date_change?day=2026-12-04")
    assert "每月第一周的周五：12月4日" in page.main
    assert days(page) == ["2026-12-03", "2026-12-11", "2026-12-18", "other"]
    assert "提前 1 天" in page.main and "推迟 14 天" in page.main
    postponed = reader("village.secretary").get("/new/date_change?day=2027-01-08").main
    assert "1月1日是元旦，法定节假日" in postponed and "已顺延" in postponed


def test_days_that_a_guard_forbids_are_not_offered(reader, session, world):
    row = session.scalar(
        sa.select(Activity).where(
            Activity.unit_id == world.units["village"].id,
            Activity.year == 2027,
            Activity.month == 2,
        )
    )
    assert row.day.isoformat() == "2027-02-12"
    page = reader("village.secretary").get("/new/date_change?day=2027-02-12")
    assert "2027-02-26" in days(page)
    row.day = row.day.replace(day=26)
    session.commit()
    assert [
        day
        for day in days(reader("village.secretary").get("/new/date_change?day=2027-02-26"))
        if day > "2027-02-28" and day != "other"
    ] == []


def test_who_answers_and_by_when_is_said_before_sending(reader, play):
    page = reader("village.secretary").get("/new/date_change").main
    assert "青溪镇党委 批复（town1.officer 承办）" in page and "最晚 11月27日" in page
    case = play.asked()
    assert case.due_on.isoformat() == "2026-11-27"


def test_a_draft_is_kept_taken_up_again_and_sent(reader, session):
    branch = reader("village.secretary")
    draft = branch.submit(
        branch.get("/new/date_change"), "/new/date_change", reason="还没有想好", then="save"
    )
    assert "草稿已保存，还没有提交" in draft.main
    assert draft.value("reason") == "还没有想好"
    kept = branch.submit(draft, "/moves/save", new_day="2026-12-11", reason="想好了")
    assert kept.value("new_day") == "2026-12-11"
    sent = branch.submit(kept, "/moves/ask", new_day="2026-12-11", reason=REASON)
    assert "已提交" in sent.main
    assert session.scalar(sa.select(Case.state)) == "asked"


def test_a_refused_opening_opens_nothing_and_keeps_the_words(reader, session):
    branch = reader("village.secretary")
    page = branch.submit(
        branch.get("/new/date_change"),
        "/new/date_change",
        422,
        new_day="other",
        new_day_other="2027-01-05",
        reason="写好的原因",
        then="ask",
    )
    assert "改到的日期必须在同一个月之内。" in page.main
    assert page.value("reason") == "写好的原因" and page.value("new_day_other") == "2027-01-05"
    assert session.scalar(sa.select(sa.func.count()).select_from(Case)) == 0


def test_a_second_request_about_one_day_is_shown_the_first(reader, play):
    case = play.asked()
    branch = reader("village.organizer")
    page = branch.get("/new/date_change?day=2026-12-04")
    taken = branch.submit(
        page, "/new/date_change", 409, new_day="2026-12-11", reason="另一个原因", then="ask"
    )
    assert f"/cases/{case.id}" in taken.html and "另一个原因" in taken.main


def test_a_day_that_has_come_is_reported_late_instead(reader, clock, session):
    clock.now += timedelta(days=12)
    branch = reader("village.secretary")
    page = branch.get("/new/date_change?day=2026-12-04")
    assert "事后补报" in page.main and days(page)[:1] == [None] or "other" not in days(page)
    done = branch.submit(
        page, "/new/date_change", reason="山洪冲断道路，当日无法到会", then="report_late"
    )
    assert "补报已提交，等 青溪镇党委 认可" in done.main
    officer = reader("town1.officer")
    officer.submit(officer.get("/desk"), "/moves/accept_late", note="", opinion="情况属实")
    session.expire_all()
    assert session.scalar(sa.select(Case.state)) == "accepted_late"


def test_branches_of_the_town_can_be_asked_along(reader, world, session):
    branch = reader("village.secretary")
    page = branch.get("/new/date_change?day=2026-12-04")
    names = [node.tail or "" for node in page.tree.iter("input") if node.get("name") == "with"]
    assert [name.strip() for name in names] == [
        *("桃源社区党支部", "青溪镇机关党支部", "恒达公司党支部", "城投公司党支部"),
        *("柏树村党支部", "实验学校党支部"),
    ], "those of the town, then those under others"
    sent = branch.submit(
        page,
        "/new/date_change",
        new_day="2026-12-11",
        reason=REASON,
        then="ask_jointly",
        **{"with": [world.units["community"].id]},
    )
    assert "桃源社区党支部" in sent.main
    assert session.scalar(sa.select(Case.state)) == "consulting"
    partner = reader("community.secretary")
    page = partner.get(sent.path)
    done = partner.submit(page, "/moves/join", opinion="同意")
    session.expire_all()
    assert session.scalar(sa.select(Case.state)) == "asked_joint" and "桃源社区" in done.main


def test_a_request_that_leaves_no_working_day_is_called_urgent(reader, clock):
    clock.now = at("2026-12-03").now
    page = reader("village.secretary").get("/new/date_change?day=2026-12-04").main
    assert "按紧急请示办理" in page and "电话请示上级" in page and "活动后 3 个工作日内" in page
    assert "变更12月主题党日活动时间的紧急请示" in page
    clock.now = at("2026-12-02").now
    assert "紧急" not in reader("village.secretary").get("/new/date_change?day=2026-12-04").main


def test_partners_that_were_ticked_stay_ticked_after_a_refusal(reader, world):
    branch = reader("village.secretary")
    page = branch.submit(
        branch.get("/new/date_change?day=2026-12-04"),
        "/new/date_change",
        422,
        new_day="2026-12-11",
        reason=REASON,
        then="ask",
        **{"with": [world.units["organ"].id]},
    )
    assert "请提交联合请示" in page.main
    assert ("with", world.units["organ"].id) in page.fields("/new/date_change")


def test_the_zone_moves_a_month_and_somebody_else_signs(reader, session):
    office, signer = reader("zone.officer"), reader("zone.secretary")
    page = office.get("/new/zone_shift")
    wrong = office.submit(
        page, "/new/zone_shift", 422, new_day="2026-11-01", reason="全区防汛演练", then="propose"
    )
    assert "改到的日期必须在今天之后。" in wrong.main and wrong.value("reason") == "全区防汛演练"
    office.submit(
        wrong, "/new/zone_shift", new_day="2027-03-12", reason="全区防汛演练", then="propose"
    )
    assert not office.get("/desk?box=waiting").has_form("/moves/publish")
    signed = signer.submit(signer.get("/desk"), "/moves/publish", say="")
    assert "云党工〔2026〕1号" in signed.main
    assert session.scalar(sa.select(ZoneNotice.day)).isoformat() == "2027-03-12"


def test_looking_at_the_form_writes_nothing(reader, session, world):
    session.execute(sa.delete(Activity))
    session.commit()
    branch = reader("village.secretary")
    assert "12月4日" in branch.get("/new/date_change").main
    branch.get("/new")
    assert session.scalar(sa.select(sa.func.count()).select_from(Activity)) == 0
    sent = branch.submit(
        branch.get("/new/date_change"),
        "/new/date_change",
        new_day="2026-12-11",
        reason=REASON,
        then="ask",
    )
    assert "已提交" in sent.main


@pytest.mark.parametrize("day", ["nonsense", "2026-13-01"])
def test_a_day_that_cannot_be_read_is_said_so(reader, day):
    assert (
        "不是一个日期" in reader("village.secretary").get(f"/new/date_change?day={day}", 422).main
    )


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("village.secretary", "《农村（社区）党支部主题党日活动指导书》二（一）1"),
        ("organ.secretary", "《机关党支部主题党日活动指导书》二（一）1"),
    ],
)
def test_a_page_cites_the_branch_s_own_document(reader, name, document):
    page = reader(name).get("/new/date_change").main
    assert f"依据：{document}" in page and "《党支部主题党日活动指导书》" not in page


# Partners of a joint request ----------------------------------------------------------------------


@pytest.fixture
def many_branches(session, world):
    """Seventy further branches in another town."""
    for number in range(70):
        world.unit(f"far{number}", "branch", "town2", "rural", title=f"远山第{number}党支部")
    session.commit()


def partners(page: Page) -> list[str]:
    return [node.get("value") for node in page.tree.iter("input") if node.get("name") == "with"]


def test_partners_are_looked_for_where_there_are_many(reader, world, many_branches):
    secretary = reader("village.secretary")
    page = secretary.get("/new/date_change?day=2026-12-04")
    assert len(partners(page)) == 50 and "这里没有列全" in page.main
    assert world.units["village2"].id in partners(page), "those of the same town come first"
    near, far = world.units["village2"].id, world.units["far69"].id
    words = {"reason": REASON, "new_day": "2026-12-11", "with": [near]}
    found = secretary.submit(page, "/new/date_change", then="find", find="第69党", **words)
    assert set(partners(found)) == {near, far} and found.value("with") == near
    assert found.value("reason") == REASON and found.value("new_day") == "2026-12-11"
    none = secretary.submit(found, "/new/date_change", then="find", find="没有的", **words)
    assert "没有找到这个名称的支部" in none.main and partners(none) == [near]
    done = secretary.submit(
        found, "/new/date_change", then="ask_jointly", **(words | {"with": [near, far]})
    )
    assert "远山第69党支部" in done.main


def branches_of(page: Page) -> list[str]:
    """Return the branches among which one chooses."""
    return [href.partition("unit=")[2] for href in page.links() if "unit=" in href]


def test_many_branches_are_chosen_below_their_town_or_by_name(reader, world, many_branches):
    zone = reader("zone.inspector")
    page = zone.get("/new/inspection")
    assert branches_of(page) == [], "nobody reads seventy names of every town"
    town = world.units["town1"]
    [link] = [href for href in page.links(town.name) if "town=" in href]
    below = [unit.id for unit in world.units.values() if unit.parent_id == town.id]
    assert set(branches_of(zone.get(link))) <= set(below) and branches_of(zone.get(link))
    found = zone.get("/new/inspection?q=第69党")
    assert branches_of(found) == [world.units["far69"].id]
    assert branches_of(zone.get(link + "&q=第69党")) == [], "looked for below the town chosen"


def test_a_month_with_a_request_is_marked_and_not_proposed_again(reader, play):
    case = play.asked()
    page = reader("village.secretary").get("/new/date_change")
    assert page.value("day") == "2027-01-08", "December waits for an answer"
    assert page.links("12月") == [f"/cases/{case.id}"] and "12月 已请示" in page.main


def test_a_branch_is_looked_for_and_no_list_ends_silently(reader, world, many_branches):
    inspector = reader("town2.inspector")
    page = inspector.get("/new/rectification")
    assert len(branches_of(page)) == 50 and "这里只列出前 50 个" in page.main
    found = inspector.get("/new/rectification?q=第69党")
    assert branches_of(found) == [world.units["far69"].id] and "找到 1 个支部" in found.main
    form = inspector.get(f"/new/rectification?unit={world.units['far69'].id}")
    assert world.units["far69"].name in form.main, "the form says which branch it is about"


def test_who_comes_second_is_shown_the_one_that_is_open(reader):
    """Not all that the branch has open: another month's is another matter."""
    branch = reader("village.secretary")
    first, again, other = (
        branch.get(f"/new/date_change?day={day}")
        for day in ("2026-12-04", "2026-12-04", "2027-01-08")
    )
    new = "/new/date_change"
    asked = branch.submit(first, new, new_day="2026-12-11", reason=REASON, then="ask")
    branch.submit(other, new, new_day="2027-01-15", reason=REASON, then="ask")
    page = branch.submit(again, new, 409, new_day="2026-12-18", reason=REASON, then="ask")
    shown = [link for link in page.links() if link.startswith("/cases/")]
    assert shown == [asked.path]


def test_a_branch_with_a_fixed_day_reads_how_a_month_of_its_is_put_off(reader, world):
    """Dossier 8: nothing possible in the month → 同意缓开. It asks for another day, and is answered so."""
    secretary = reader("village.secretary")
    page = secretary.get("/new/month_report?unit=" + world.units["village"].id)
    assert "上级答复时可以同意暂缓开展" in page.main
    words = {"asks": "excuse", "month": "2026-12", "reason": "洪水进村，本月无法开展"}
    refused = secretary.submit(page, "/new/month_report", 422, **words)
    assert "上级答复时可以同意暂缓开展" in refused.main
