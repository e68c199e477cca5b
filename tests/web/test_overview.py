"""The month at a glance: what stands in its tables is what the rows behind them are, for towns and for the
zone, as of any day.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from oversight.calendar.party_days import plan_year
from oversight.commands import keeping
from oversight.ledger import obligations, overview, pace
from oversight.ledger.tally import Tally
from oversight.models import Rollup
from oversight.register import reorganize
from oversight.time import rollups
from tests.db.test_attendance import record, sheet
from tests.db.test_obligations import do
from tests.support.world import at

TODAY = "2026-11-24"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def lived(session, world):
    """The branches answer from September on; the village has recorded November and some of its duties."""
    for unit in world.units.values():
        if unit.kind == "branch":
            unit.accountable_from = date(2026, 9, 1)
            plan_year(session, [unit], 2026, at("2026-09-01"))
    session.commit()
    record(session, world, sheet(world, absent=("member1",)))
    do(session, world, {"DUES.MONTHLY": "", "STUDY.SPEECHES": "讲话"})
    return world


def table(page, name: str) -> list[list]:
    """Return the cells of a table's body, each row from its heading on."""
    body = page.tree.find(f".//section[@aria-labelledby='{name}']//tbody")
    return [list(row) for row in body]


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text) or 0)


def said(cell) -> str:
    return "".join(cell.itertext()).strip()


def links(cell) -> list[str]:
    return [node.get("href") for node in cell.iter("a")]


@pytest.mark.parametrize("name", ["town1.officer", "zone.officer"])
def test_every_number_opens_as_many_rows(reader, lived, name):
    """By month and by kind, of branches, of towns and of the superior itself."""
    somebody = reader(name)
    page = somebody.get("/overview")
    seen = 0
    for heading in ("ov-m", "ov-d"):
        for row in table(page, heading):
            for cell in row[1:]:
                [*found] = links(cell)
                if not found or not found[0].startswith("/overview/rows"):
                    continue
                state = {"超": "overdue", "待": "open", "缓": "excused"}.get(said(cell)[0])
                if state is None or seen % 7:  # one in seven: each is a page
                    seen += 1
                    continue
                seen += 1
                rows = somebody.get(f"{found[0]}&state={state}")
                assert len(rows.tree.findall(".//li[@class='lg-r']")) == number(said(cell)), found
    assert seen > 20


def test_a_town_s_numbers_are_the_sum_of_its_branches(session, lived):
    """And the zone's those of its towns, however they are cut."""
    zone, now = lived.units["zone"], at(TODAY)
    branches = obligations.branches_below(session, [zone])
    found = overview.reckon(session, overview.seats(session, zone, branches), now)
    assert sum(len(office.lines) for office in found) == len(branches) == 7
    whole = overview.Sums.total(office.sums for office in found)
    for office in found:
        assert office.sums.below == sum((line.tally for line in office.lines), Tally())
    alone = [one for unit in branches for one in obligations.of_units(session, [unit], now)]
    states = obligations.counted(alone)
    assert whole.below.states()["overdue"] == states["overdue"] > 0
    assert whole.below.states()["open"] == states["open"] > 0
    by = [sum(found.values()) for found in whole.below.months().values()]
    assert sum(by) == sum(whole.below.values())


def test_what_is_kept_of_a_large_zone_is_what_is_reckoned(session, lived, reader, monkeypatch):
    """Rebuilt at will, and read in place of the records where there are many branches."""
    live = reader("zone.officer").get("/overview")
    monkeypatch.setattr(rollups, "LIVE", 3)
    assert len(rollups.stale(session, at(TODAY).today)) == 4  # two towns, a department, the zone
    told = []
    assert rollups.rebuild(session, lived.zone.id, at(TODAY), told.append) == 4 == len(told)
    assert rollups.stale(session, at(TODAY).today) == []
    kept = reader("zone.officer").get("/overview")
    for heading in ("ov-m", "ov-d"):
        cells = [
            [[said(cell) for cell in row] for row in table(page, heading)] for page in (live, kept)
        ]
        assert cells[0] == cells[1]
    for heading in ("ov-r", "ov-a", "ov-p"):
        parts = [
            page.tree.find(f".//section[@aria-labelledby='{heading}']") for page in (live, kept)
        ]
        assert said(parts[0]) == said(parts[1])
    figures = [page.tree.find(".//ul[@class='panel ov-k']") for page in (live, kept)]
    assert said(figures[0]) == said(figures[1]) != ""
    zone = lived.units["zone"]
    groups = overview.seats(session, zone, obligations.branches_below(session, [zone]))
    for office in overview.reckon(session, groups, at(TODAY)):
        row = session.get(Rollup, office.own.unit.id)
        assert overview.Sums.load(row.sums) == office.sums
        assert row.sums == office.sums.dump()


def test_what_was_drawn_of_kept_sums_goes_with_them(reader, session, lived, monkeypatch):
    """The same page twice is the same; sums reckoned anew are drawn anew."""
    monkeypatch.setattr(rollups, "LIVE", 1)
    rollups.rebuild(session, lived.zone.id, at(TODAY))
    first, second = (reader("zone.officer").get("/overview") for _time in range(2))
    cells = [[said(cell) for cell in row] for row in table(first, "ov-m")]
    assert [[said(cell) for cell in row] for row in table(second, "ov-m")] == cells
    lived.units["town1"].name = "青溪街道党工委"
    session.commit()
    renamed = table(reader("zone.officer").get("/overview"), "ov-m")
    assert "青溪街道党工委" in [said(row[0]) for row in renamed]
    do(session, lived, {"DUES.MONTHLY": "", "STUDY.SPEECHES": "讲话", "DISCLOSE.ITEMS": ""})
    rollups.rebuild(session, lived.zone.id, at(TODAY, 10))
    third = reader("zone.officer").get("/overview")
    assert [[said(cell) for cell in row] for row in table(third, "ov-m")] != cells


def test_what_stands_directly_below_a_large_zone_has_its_row_there_too(
    reader, session, lived, monkeypatch
):
    zone, village = lived.units["zone"], lived.units["village"]
    village.parent_id, village.path = zone.id, f"{zone.path}{village.id}/"
    session.commit()
    live = reader("zone.officer").get("/overview")
    monkeypatch.setattr(rollups, "LIVE", 3)
    rollups.rebuild(session, lived.zone.id, at(TODAY))
    kept = reader("zone.officer").get("/overview")
    rows = [[[said(cell) for cell in row] for row in table(page, "ov-m")] for page in (live, kept)]
    assert rows[0] == rows[1] and rows[0][-1][0] == "区直属支部"


def test_rows_stand_in_the_units_own_order(reader, lived):
    rows = [said(row[0]) for row in table(reader("town1.officer").get("/overview"), "ov-m")]
    assert rows == ["本级：青溪镇党委"] + [
        lived.units[name].name for name in ("village", "community", "organ", "firm", "soe")
    ]
    page = reader("zone.officer").get("/overview")
    assert [said(row[0]) for row in table(page, "ov-m")][1:] == [
        "青溪镇党委", "柏岭镇党委", "区教育局党组",
    ]  # fmt: skip
    assert "%" not in page.main and "排名" in page.main  # says that there is none


def test_cells_say_in_words_how_things_stand(reader, lived):
    page = reader("town1.officer").get("/overview")
    village = table(page, "ov-m")[1]
    assert said(village[1]) == "—"  # January: before it began
    assert said(village[9])[0] == said(village[10])[0] == "超"
    columns = page.tree.findall(".//section[@aria-labelledby='ov-m']//thead//th")
    assert [node.get("scope") for node in columns] == ["col"] * len(columns)
    title = village[9].find("a").get("title")
    assert "超期" in title and str(number(said(village[9]))) in title


def test_the_drawing_has_its_words_and_a_table(reader, lived):
    page = reader("town1.officer").get("/overview")
    drawing = page.tree.find(f".//{SVG}svg[@class='ov-s']")
    assert drawing.find(f"{SVG}title").text and "11月应办" in drawing.find(f"{SVG}desc").text
    assert "看成表格" in page.main


def test_a_past_day_and_a_day_to_come(reader, lived):
    officer = reader("town1.officer")
    before, today = officer.get("/overview?on=2026-11-05"), officer.get("/overview")
    ahead = officer.get("/overview?on=2026-12-15")
    late = [
        number(said(page.tree.find(".//ul[@class='panel ov-k']/li[2]"))) for page in (before, today)
    ]
    assert late[0] < late[1]
    assert "当天的情形" in before.main and "没有人办" in ahead.main
    wrong = officer.get("/overview?on=2026-13-45", 422)
    assert "请写一个日期" in wrong.main and wrong.value("on") == "2026-13-45"


def test_what_people_may_want_to_ask_about_is_a_question(reader, session, lived, monkeypatch):
    monkeypatch.setattr(overview, "ENOUGH", 1)
    for unit in ("community", "firm"):
        raw = sheet(lived, unit, held_on="2026-11-06")
        record(session, lived, raw, f"{unit}.secretary", "2026-11-09", unit)
    page = reader("town1.officer").get("/overview")
    assert "2 个支部今年每次党日都全员到会，是否需要了解一下？" in page.main
    assert lived.units["firm"].name in page.main


def test_months_held_on_their_last_day(session, lived, reader, monkeypatch):
    monkeypatch.setattr(overview, "SEVERAL", 1)
    raw = sheet(lived, "firm", held_on="2026-10-30")  # a Friday; the 31st is no working day
    from oversight.calendar.party_days import activity_for
    from oversight.ledger import attendance

    row = activity_for(session, lived.units["firm"], 2026, 10)
    who = lived.actor("firm.secretary", date(2026, 11, 2))
    attendance.submit(session, row.id, attendance.read_sheet(raw), who, at("2026-11-02"))
    assert (
        "1 个支部10月都在最后一天开展，是否需要了解一下？"
        in reader("town1.officer").get("/overview").main
    )


def test_lengths_give_the_median_and_what_nine_in_ten_do_not_exceed():
    assert [pace.quantile({0: 5, 3: 4, 9: 1}, share) for share in (0.5, 0.9, 1)] == [0, 3, 9]
    assert pace.quantile({2: 1}, 0.9) == 2 and pace.steps({0: 2, 5: 1, 6: 1, 21: 3}) == [3, 1, 0, 3]


def test_how_long_a_state_lasted(reader, session, world, play):
    case = play.asked()
    play.on("2026-11-26").move(case, "town1.officer", "approve", opinion="同意")
    found = pace.by_state(
        pace.stays(
            session,
            [world.units["village"].id],
            at("2026-11-26"),
            pace.Days(session, world.zone.id),
        )[world.units["village"].id]
    )
    assert found["date_change", "asked"] == {2: 1}  # from the 24th to the 26th


@pytest.mark.parametrize("name", ["town1.officer", "zone.officer"])
def test_the_numbers_of_trend_age_and_time_open_their_rows(reader, session, lived, play, name):
    case = play.on("2026-11-03").asked(new_day="2026-12-11")
    session.commit()
    page = reader(name).get("/overview")
    trend = page.tree.find(".//section[@aria-labelledby='ov-r']//tbody")
    cells = [cell for row in trend for cell in list(row)[1:]]
    assert cells and all(links(cell) for cell in cells)
    november = next(row for row in trend if said(list(row)[0]) == "11月")
    for cell in list(november)[1:]:
        rows = reader(name).get(links(cell)[0])
        shown = sum(
            number(said(one)) for one in rows.tree.findall(".//section//span[@class='count']")
        )
        assert shown == number(said(cell))
    for row in table(page, "ov-a"):
        for cell in row[1:]:
            if links(cell):
                aged = reader(name).get(links(cell)[0])
                assert len(aged.tree.findall(".//tbody/tr")) == number(said(cell))
    aged = reader(name).get(_of(page, "date_change", 2))
    assert links(aged.tree.find(".//tbody/tr")) == [f"/cases/{case.id}"]
    assert all(links(cell) for row in table(page, "ov-p") for cell in row[1:])


def _of(page, workflow: str, step: int) -> str:
    """Return where the open cases of a kind and age are."""
    every = [one for row in table(page, "ov-a") for cell in row for one in links(cell)]
    return next(one for one in every if f"workflow={workflow}&state={step}" in one)


@pytest.mark.parametrize("state", ["9", "-1", "made_up_state", ""])
def test_an_age_that_is_none_is_not_found(reader, lived, state):
    unit = lived.units["town1"].id
    reader("town1.officer").get(f"/overview/stays?unit={unit}&workflow=absence&state={state}", 404)


def test_who_may_look(reader, lived):
    reader("village.secretary").get("/overview", 403)
    reader("town1.officer").get(f"/overview?unit={lived.units['town2'].id}", 404)
    reader("town1.officer").get(f"/overview?unit={lived.units['zone'].id}", 404)
    reader("town1.officer").get(f"/overview/rows?unit={lived.units['village2'].id}", 404)
    reader("town1.officer").get("/overview?unit=x", 404)
    town = reader("zone.officer").get(f"/overview?unit={lived.units['town1'].id}")
    assert "本镇总览" in town.main
    assert reader("town1.officer").get("/desk").links("总览")
    assert not reader("village.secretary").get("/desk").links("总览")


def test_a_page_of_a_superior_goes_on(reader, lived, monkeypatch):
    from oversight.views.pages import overview as pages

    monkeypatch.setattr(pages, "SIZE", 3)
    officer = reader("town1.officer")
    first = officer.get("/overview")
    [following] = first.links("下一页")
    assert parse_qs(urlsplit(following).query)["cursor"]
    names = [
        said(row[0]) for page in (first, officer.get(following)) for row in table(page, "ov-m")
    ]
    assert len(names) == len(set(names)) == 6


def test_sums_of_a_large_zone_are_begun_beside_the_server_until_they_are_of_today(
    lived, session, app, monkeypatch
):
    """No term waits for them: the sweep of a county took more than a minute with them."""
    begun = []
    monkeypatch.setattr(rollups, "LIVE", 3)
    monkeypatch.setattr(keeping, "_summing", [])
    monkeypatch.setattr(keeping, "_beside", lambda *words: begun.append(words) or Ended())
    moment = at(TODAY)
    for minute in (1, 10, 11, 20):
        keeping.begin_sums(replace(moment, now=moment.now.replace(minute=minute)))
    assert begun == [("obligations", "rollup")] * 2
    rollups.rebuild(session, lived.zone.id, moment)
    keeping.begin_sums(replace(moment, now=moment.now.replace(minute=30)))
    assert len(begun) == 2


class Ended:
    """A process that has ended."""

    def poll(self):
        return 1


def test_a_past_day_shows_the_branches_that_there_were(reader, world, session):
    """Of a branch that was merged since: the day's own picture has it, today's has not."""
    town, day = reader("town1.officer"), at("2026-11-24")
    assert "5 个支部" in town.get("/overview").main
    actor = world.actor("town1.officer", day.today)
    firm, heir = world.units["firm"], world.units["community"]
    reorganize.merge(session, [firm], heir, day.today, actor, day)
    session.commit()
    assert "4 个支部" in town.get("/overview").main
    before = town.get("/overview?on=2026-11-23")
    assert "5 个支部" in before.main and "恒达公司党支部" in before.main
    assert "4 个支部" in town.get("/overview?on=2026-11-24").main
