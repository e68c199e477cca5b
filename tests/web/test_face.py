"""What people look at: the paper before it is signed, all ticked in one go, rows that fold, progress that is told,
and the seal that a bulletin carries.
"""

from __future__ import annotations

import re
from datetime import date

import pytest
import sqlalchemy as sa

from oversight import workflows
from oversight.calendar.party_days import activity_for, plan_year
from oversight.commands import audit
from oversight.engine import seals
from oversight.models import Activity, CalendarRow, Paper
from oversight.views import present, progress
from oversight.views.pages import overview
from tests.db.test_rectification_walk import fixing
from tests.support.html import parse
from tests.support.world import at
from tests.web.test_progress import hurry

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WORDS = {"month": "2026-11", "comment": "多数支部按期开展"}


def drafted(play, **changed):
    return play.open("zone.officer", "zone", workflow="bulletin", **WORDS | changed)


def proposed(play):
    play = play.on("2026-12-04")
    return play.move(drafted(play), "zone.officer", "propose")


# A paper before it is signed -----------------------------------------------------------------------


def test_who_signs_a_bulletin_reads_the_very_paper(reader, play, clock, session):
    clock.now = at("2026-12-04").now
    address = f"/cases/{proposed(play).id}"
    signer = reader("zone.committee1")
    page = signer.get(address)
    assert "关于2026年11月支部主题党日活动开展情况的通报" in page.main
    assert "figures" not in page.main
    signer.submit(page, "/moves/sign")
    session.rollback()
    body = session.scalar(sa.select(Paper.body).where(Paper.kind == "bulletin"))
    shown = re.sub(r"\s", "", page.main)
    for line in body["paragraphs"]:
        assert re.sub(r"\s", "", line) in shown


def test_room_to_write_stays_on_one_line_with_what_is_to_be_written(reader, session, world):
    page = reader("town1.officer").get(f"/cases/{fixing(session, world).id}")
    kept = ["".join(one.itertext()) for one in page.tree.iter("span") if one.get("class") == "fill"]
    assert [one.split("：")[0] for one in kept] == ["电话", "签收人", "签收时间"]
    assert kept[0].endswith("　）") and kept[2].endswith("年　　月　　日")


@pytest.mark.parametrize(("said", "shown"), [("2026-12", "2026年12月"), ("2026-13", "2026-13")])
def test_a_month_is_written_as_people_say_it(app, said, shown):
    with app.test_request_context():
        assert present.plain(said) == shown


def test_the_stub_of_an_order_stays_where_it_was_issued(reader, session, world):
    case = fixing(session, world)
    served = ("存根", "收件人签名")
    page = reader("town1.officer").get(f"/cases/{case.id}")
    assert all(said in page.main for said in served)
    page = reader("village.secretary").get(f"/cases/{case.id}")
    assert "送达回证：以上通知书已收到" in page.main
    assert not any(said in page.main for said in served)


def test_signing_stands_before_giving_back(reader, play, clock):
    clock.now = at("2026-12-04").now
    page = reader("zone.committee1").get(f"/cases/{proposed(play).id}")
    assert page.html.index("/moves/sign") < page.html.index("/moves/return")


def test_the_way_ahead_of_a_draft_leads_on(play):
    definition = workflows.of(proposed(play))
    assert [one.name for one in definition.ahead(definition.state("draft"))][:2] == [
        "proposed",
        "published",
    ]


def test_a_month_is_a_line_and_a_comment_is_not(reader, world, clock):
    clock.now = at("2026-12-04").now
    page = reader("zone.officer").get(f"/new/bulletin?unit={world.units['zone'].id}")
    kinds = {
        node.get("name"): node.tag.rpartition("}")[2]
        for node in page.tree.iter()
        if node.get("name")
    }
    assert (kinds["month"], kinds["corrects"], kinds["comment"]) == ("input", "input", "textarea")


# The seal on a bulletin ----------------------------------------------------------------------------


def test_a_bulletin_prints_the_daily_seal_and_verify_takes_it(play, session):
    seal = seals.seal(session, play.world.zone.id, at("2026-12-03").now, date(2026, 12, 3))
    session.commit()
    case = play.on("2026-12-04").move(proposed(play), "zone.committee1", "sign")
    (paper,) = session.scalars(sa.select(Paper).where(Paper.case_id == case.id))
    printed = f"{seal.number}-{seal.hash[:8]}-{seal.hash[8:16]}"
    assert f"2026年12月3日系统日志封印：{printed}，供核对。" in paper.body["paragraphs"]
    session.commit()

    def problems(word: str) -> list[str]:
        found = audit.judged(session, [], at("2026-12-04"))
        before = len(found.problems)
        audit.against(found, word, [])
        return found.problems[before:]

    assert problems(printed) == []
    assert problems(f"{seal.number}-{'0' * 8}-{'0' * 8}") != []
    assert problems(f"99-{seal.hash[:8]}-{seal.hash[8:16]}") != []


def test_a_town_and_a_zone_without_a_seal_print_none(play, session):
    case = play.on("2026-12-04").move(proposed(play), "zone.committee1", "sign")
    (paper,) = session.scalars(sa.select(Paper).where(Paper.case_id == case.id))
    assert not any("封印" in line for line in paper.body["paragraphs"])


# Lists ---------------------------------------------------------------------------------------------


def test_all_are_ticked_by_a_link_also_without_scripts(reader, play):
    for month in ("2026-12-04", "2027-01-08"):
        case = play.open("village.organizer", "village", day=month)
        play.move(
            case, "village.organizer", "ask", new_day=month[:-2] + "11", reason="修水渠，人手不够"
        )
    officer = reader("town1.officer")
    page = officer.get("/desk/many?box=mine")
    assert not [
        one
        for one in page.tree.iter()
        if one.get("checked") is not None and one.get("name") == "case"
    ]
    (every,) = [one.get("href") for one in page.tree.iter() if one.get("data-all")]
    ticked = officer.get(every)
    boxes = [one for one in ticked.tree.iter() if one.get("name") == "case"]
    assert len(boxes) == 2 and all(one.get("checked") is not None for one in boxes)
    assert "都不选" in ticked.main


def test_all_that_is_owed_comes_by_a_few_branches_and_folds_what_is_settled(
    reader, world, session, monkeypatch
):
    branches = [unit for unit in world.units.values() if unit.kind == "branch"]
    for unit in branches:
        unit.accountable_from = date(2026, 9, 1)
        plan_year(session, [unit], 2026, at("2026-09-01"))
    session.commit()
    monkeypatch.setattr(overview, "WHOLE", 1)
    officer, town = reader("town1.officer"), world.units["town1"]
    below, seen, page = [u for u in branches if u.parent_id == town.id], [], None
    address = f"/overview/rows?unit={town.id}"
    while address:
        page = officer.get(address)
        headings = [one for one in page.tree.iter() if (one.get("id") or "").startswith("u")]
        seen += ["".join(one.itertext()).strip() for one in headings]
        onward = [
            one.get("href") for one in page.tree.iter() if "cursor=" in (one.get("href") or "")
        ]
        address = onward[0] if onward else None
    assert len(seen) == len(set(seen)) and set(seen) <= {unit.name for unit in below} and seen


def test_what_is_owed_of_several_months_is_one_row(reader, world, session, clock):
    village = world.units["village"]
    village.accountable_from = date(2026, 1, 1)
    plan_year(session, [village], 2026, at("2026-01-02"))
    session.commit()
    page = reader("village.secretary").get(f"/units/{village.id}/ledger")
    rows = [one for one in page.tree.iter() if one.get("class") == "lg-again"]
    titles = re.findall(r"还有 (\d+) 次", page.main)
    assert len(rows) == len(titles)


# Rest days -----------------------------------------------------------------------------------------


def test_an_import_of_rest_days_tells_how_many_branches_are_done(
    reader, session, world, monkeypatch
):
    hurry(monkeypatch)
    branches = [unit for unit in world.units.values() if unit.kind == "branch"]
    plan_year(session, branches, 2027, at("2026-11-01"))
    session.commit()
    told = []
    real = progress.Going.begin

    def begin(self, stage, total=None):
        told.append((stage, total))
        return real(self, stage, total)

    monkeypatch.setattr(progress.Going, "begin", begin)
    admin = reader("zone.sysadmin")
    text = "date,kind,name,source\n2027-02-05,rest,除夕,国办通知\n"
    page = admin.get("/admin/calendar?year=2027")
    data = {"csrf_token": page.value("csrf_token"), "text": text, "sure": "1"}
    html = admin.raw("POST", "/admin/calendar", data=data).get_data(as_text=True)
    parse(html)
    assert "正在导入休息日" in html and "已导入 1 天" in html
    assert told == [("plan", len(branches))]
    known = sa.select(CalendarRow.name).where(CalendarRow.day == date(2027, 2, 5))
    assert session.scalar(known) == "除夕"
    moved = session.scalar(
        sa.select(Activity.day).where(
            Activity.unit_id == world.units["village"].id,
            Activity.year == 2027,
            Activity.month == 2,
        )
    )
    assert moved != date(2027, 2, 5)


# The plan over the API -----------------------------------------------------------------------------


def test_the_plan_is_read_and_written_over_the_api(api, world, session):
    row = activity_for(session, world.units["village"], 2026, 12)
    session.commit()
    address, secretary = f"/activities/{row.id}/plan", api("village.secretary")
    came = [world.people[f"village.{one}"].id for one in ("secretary", "organizer")]
    sent = {"met_on": "2026-11-20", "came": came, "consulted": "走访六户", "place": "村委会二楼"}
    done = secretary.post(address, sent)
    assert (done["met_on"], set(done["came"])) == ("2026-11-20", set(came))
    assert done["place"] == "村委会二楼"
    secretary.post(address, {"own": "清沟渠"})
    read = secretary.get(address)
    assert (read["own"], read["consulted"], read["met_on"]) == ("清沟渠", "走访六户", "2026-11-20")
    assert "会还没有开" in secretary.post(address, {"met_on": "2026-12-20"}, 422)["detail"]
    secretary.post(address, {"met_on": "2026-11-20", "came": []}, 422)
    api("village2.secretary").get(address, 404)


# What the time in a state is reckoned from ---------------------------------------------------------


def test_the_time_in_a_state_leads_to_its_cases(reader, play, clock):
    for month in ("2026-12-04", "2027-01-08"):
        case = play.open("village.organizer", "village", day=month)
        case = play.move(
            case, "village.organizer", "ask", new_day=month[:-2] + "11", reason="修水渠，人手不够"
        )
        play.move(case, "town1.officer", "approve", opinion="同意")
    officer = reader("town1.officer")
    page = officer.get("/overview")
    rows = [(row.find("th/a"), row.find("td")) for row in page.tree.iter("tr")]
    by_number = {
        link.get("href"): int("".join(n.itertext()))
        for link, n in rows
        if link is not None and "/overview/stays" in link.get("href")
    }
    (asked,) = [one for one in by_number if "date_change" in one and "state=asked" in one]
    assert by_number[asked] == 2
    shown = officer.get(asked)
    assert f"近一年 {by_number[asked]} 次" in shown.main
    cases = [one for one in shown.tree.iter("a") if "/cases/" in (one.get("href") or "")]
    assert len(cases) == 2
    officer.get(asked.replace("state=asked", "state=nothing"), 404)
    reader("village.secretary").get(asked, 404)
