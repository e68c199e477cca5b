"""The superior's month table: every branch by month in words, and what is urged from it. From issue
part 6, 3.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import plan_year
from oversight.engine import records
from oversight.ledger import life_meetings, table
from oversight.models import Membership, Notice
from oversight.register import reorganize
from oversight.time import sweep
from tests.db.test_attendance import activity, record, sheet
from tests.support.actors import Play
from tests.support.world import at
from tests.web.test_statements import MOST, sent

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TABLE = "/months"


@pytest.fixture
def year(session, world):
    """The village's year: held, on a wrong day, entered late, corrected; the rest missed."""
    units = [unit for unit in world.units.values() if unit.kind == "branch"]
    plan_year(session, units, 2026, at("2026-01-02"))
    session.commit()
    record(session, world, sheet(world, held_on="2026-03-06"), on="2026-03-06", month=3)
    record(session, world, sheet(world, held_on="2026-04-17"), on="2026-04-17", month=4)
    record(session, world, sheet(world, held_on="2026-05-08"), on="2026-11-20", month=5)
    record(session, world, sheet(world, absent=("member1",)), on="2026-06-05", month=6)
    record(session, world, sheet(world, why="签到漏登"), on="2026-06-08", month=6)
    record(session, world, sheet(world, leave=("member1",)), on="2026-09-04", month=9)


def words(page, unit: str = "石桥村党支部") -> list[str]:
    row = next(one for one in page.tree.iter("tr") if unit in "".join(one.itertext()))
    return [" ".join("".join(cell.itertext()).split()) for cell in row.iter("td")]


def test_each_month_is_said_in_words_and_opens_its_row(reader, year, world):
    page = reader("town1.officer").get(TABLE + "?year=2026")
    assert words(page)[:12] == [
        "未开展", "未开展", "已开展", "未按期", "已开展 补录", "已开展 更正",
        "未开展", "未开展", "已开展 待补课 1", "未开展", "待登记", "",
    ]  # fmt: skip
    here = f"/units/{world.units['village'].id}/year/2026"
    assert f"{here}#m4" in page.links("未按期")


def test_no_meeting_and_no_appraisal_at_all_show(reader, year):
    found = words(reader("town1.officer").get(TABLE + "?year=2026"))
    assert found[12] == "上半年没有召开 下半年还没有召开 第四季度还没有召开"
    assert found[13] == "还没有开展"


def test_the_zone_sees_town_by_town_and_a_branch_only_itself(reader, year):
    zone = reader("zone.officer").get(TABLE)
    headings = [node.text for node in zone.tree.iter("h2") if node.get("id", "").startswith("t")]
    assert headings == ["青溪镇党委", "柏岭镇党委", "区教育局党组"]
    branch = reader("village.secretary").get(TABLE)
    assert "石桥村" in branch.main and "桃源社区" not in branch.main
    assert (
        not [one for one in branch.tree.iter("input") if one.get("name") == "cell"]
        and "批量催办" not in branch.main
    )


def test_the_order_of_towns_is_the_same_whoever_reads(reader, year, session, world):
    """Also for an officer of the zone who is himself a member in the last of them: no list ranks."""
    of = world.units["school"]
    person = world.people["zone.officer"]
    joined = {"zone_id": world.zone.id, "person_id": person.id, "unit_id": of.id}
    session.add(Membership(**joined, sort=9, from_on=date(2026, 1, 1)))
    session.commit()
    zone = reader("zone.officer").get(TABLE)
    headings = [node.text for node in zone.tree.iter("h2") if node.get("id", "").startswith("t")]
    assert headings == ["青溪镇党委", "柏岭镇党委", "区教育局党组"]


def test_a_branch_that_was_merged_stays_in_the_table_of_its_year(reader, year, session, world):
    """What it did and left undone until then is not gone with it; nobody is urged for it any more."""
    into = world.units["community"]
    day = at("2026-11-24")
    officer = world.actor("town1.officer", day.today)
    reorganize.merge(session, [world.units["village"]], into, day.today, officer, day)
    session.commit()
    page = reader("town1.officer").get(TABLE + "?year=2026")
    assert words(page, "石桥村党支部（已并入")[:4] == ["未开展", "未开展", "已开展", "未按期"]
    ticks = [one.get("value") for one in page.tree.iter("input") if one.get("name") == "cell"]
    assert ticks and not [one for one in ticks if one.startswith(world.units["village"].id)]
    town = reader("town1.officer")
    mine = [f"{world.units['village'].id}:m1"]
    assert "已催办 1" not in town.submit(page, TABLE, cell=mine).main
    assert "石桥村党支部（已并入" not in town.get(TABLE + "?year=2027").main


def test_what_is_ticked_is_urged_once_in_three_working_days(reader, year, session, world):
    town, village = reader("town1.officer"), world.units["village"].id
    cells = [f"{village}:m11", f"{village}:a", f"{village}:m3"]  # March is held: nothing to urge
    done = town.submit(town.get(TABLE + "?year=2026"), TABLE, cell=cells)
    assert "已催办 1 个支部、2 件事" in done.main
    again = town.submit(town.get(TABLE + "?year=2026"), TABLE, cell=cells[:1])
    assert "1 件 3 个工作日内催办过，没有重复催办" in again.main
    sweep.sweep(session, at("2026-11-24"))
    secretary = world.people["village.secretary"].id
    texts = session.scalars(sa.select(Notice.text).where(Notice.person_id == secretary)).all()
    assert "上级催办：11月主题党日还有登记或补课没有办，请尽快办理。" in texts
    row = activity(session, world)
    assert [one.move for one in records.history(session, [row.id])[row.id]] == ["urge"]
    later = at("2026-11-30")
    who = world.actor("town1.officer", later.today)
    assert table.urge(session, cells[:1], 2026, who, later) == table.Urged(1, 1, 0)


def test_only_who_stands_above_urges(reader, year, world):
    town, other = reader("town1.officer"), reader("town2.officer")
    key = f"{world.units['village'].id}:m11"
    page = town.get(TABLE)
    assert "请勾选要催办的事项" in town.submit(page, TABLE, 422).main
    token = dict(other.get(TABLE).fields(TABLE))
    assert other.raw("POST", TABLE, data={**token, "cell": key}).status_code == 404
    branch = reader("village.secretary")
    token = dict(branch.get(TABLE).fields(TABLE))
    assert branch.raw("POST", TABLE, data={**token, "cell": key}).status_code == 403


def test_a_page_asks_as_much_for_many_branches(reader, session, world):
    officer = reader("town2.officer")
    before = sent(officer.get, TABLE)
    for number in range(90):
        world.unit(f"new{number}", "branch", "town2", "rural", title=f"新村{number}号党支部")
    session.commit()
    assert sent(officer.get, TABLE) <= before <= MOST
    assert officer.get(TABLE).links("下一页")


# A deployment that goes on until March ------------------------------------------------------------


@pytest.fixture
def until_march(session, world):
    """The zone has the year's meeting and appraisal held until 31 March."""
    play = Play(session, world, "2026-10-08")
    days = {"year": 2026, "from_on": "2026-10-20", "until": "2027-03-31"}
    case = play.open("zone.officer", "zone", workflow="campaign", **days)
    case = play.move(case, "zone.officer", "propose")
    return play.move(case, "zone.committee1", "sign")


def beside(reader, clock, day: str, unit="石桥村党支部", year=2026) -> list[str]:
    """Return what the table of a year says on a day of 组织生活会 and 民主评议."""
    clock.now = at(day).now
    officer = reader()
    officer.login("town1.officer")
    return words(officer.get(f"{TABLE}?year={year}"), unit)[12:]


def note(session, world, on: str, today: str) -> None:
    who = world.actor("village.secretary", at(today).today)
    life_meetings.note(session, world.units["village"].id, on, who, at(today))


PUT_OFF = "下半年按区部署延至3月 第四季度按区部署延至3月"


def test_who_does_as_the_zone_has_deployed_did_not_fail_to_meet(
    reader, session, world, year, until_march, clock
):
    assert beside(reader, clock, "2026-11-24") == [f"上半年没有召开 {PUT_OFF}", "按区部署延至3月"]
    page = reader("village.secretary").get(f"/units/{world.units['village'].id}/year/2026")
    assert page.main.count("按区部署延至3月") == 2
    clock.now = at("2027-02-20").now
    note(session, world, "2027-02-10", "2027-02-20")
    assert beside(reader, clock, "2027-04-08")[0] == f"上半年没有召开 {PUT_OFF}", "for good"


def test_who_has_not_met_when_the_deployment_is_over_reads_so(reader, year, until_march, clock):
    found = beside(reader, clock, "2027-04-01")
    assert found == ["上半年没有召开 下半年没有召开 第四季度没有召开", "没有开展"]


def test_a_half_year_of_an_organ_is_not_put_off(reader, year, until_march, clock):
    found = beside(reader, clock, "2027-01-08", "青溪镇机关党支部")
    assert found == ["上半年没有召开 下半年没有召开", "没有开展"]


def test_nobody_is_reminded_at_the_year_s_end_of_what_was_put_off(session, world, until_march):
    sweep.sweep(session, at("2026-12-24"))
    names = {person.id: name for name, person in world.people.items()}
    told = session.scalars(sa.select(Notice.person_id).where(Notice.text.contains("组织生活会")))
    assert {names[one] for one in told} == {"organ.secretary", "organ.organizer"}


def test_a_meeting_noted_after_its_term_is_said_to_be(reader, year, session, world):
    """As a party day is: what was noted in time is not marked."""
    for day, noted in (("2026-06-05", "2026-06-08"), ("2026-10-10", "2026-11-20")):
        who = world.actor("village.secretary", at(noted).today)
        life_meetings.note(session, world.units["village"].id, day, who, at(noted))
    found = words(reader("town1.officer").get(TABLE + "?year=2026"))
    assert found[12] == "上半年已召开 下半年已召开 补录 第四季度已召开 补录"
