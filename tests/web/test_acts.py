"""What rows, steps, keys and bars say: the act, for whom, and who did what when."""

from __future__ import annotations

import pytest

from tests.db.test_attendance import record, sheet
from tests.support.actors import REASON
from tests.support.html import Page

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def rows(page: Page) -> list[tuple[str, str]]:
    """Return of each row what stands on its first and on its second line."""
    found = []
    for node in page.tree.iter("a"):
        if node.get("class") == "open-w":
            lines = {one.get("class"): one for one in node.iter("span")}
            parts = (node.find(".//b"), lines["q-s"])
            found.append(tuple(" ".join("".join(part.itertext()).split()) for part in parts))
    return found


def steps(page: Page) -> list[tuple[str, str]]:
    """Return of each stop what it is called and what stands below."""
    ol = next(node for node in page.tree.iter("ol") if node.get("class") == "steps")
    return [
        (node.find("b").text, " ".join("".join(node.itertext()).split())) for node in ol.iter("li")
    ]


def test_a_row_says_what_to_do_and_for_whom(reader, world, session, play):
    record(session, world, sheet(world, absent=("member1",), leave=("member2",)))
    play.asked(unit="community", name="community.secretary")
    mine = dict(rows(reader("village.secretary").get("/desk")))
    missing = [world.people[f"village.{name}"].name for name in ("member1", "member2")]
    assert set(mine) == {f"联系 {name}" for name in missing}
    [[act, about]] = rows(reader("town1.officer").get("/desk"))
    assert act == "批复 桃源社区党支部" and "变更时间请示，12月4日 → 12月11日" in about


def test_no_two_rows_of_one_branch_are_alike(reader, world, session, play):
    for day, new in (("2026-12-04", "2026-12-11"), ("2027-01-08", "2027-01-15")):
        play.asked(new, day=day)
    record(session, world, sheet(world, absent=("member1", "member2"), leave=("member3",)))
    for name, box in (("town1.officer", "mine"), ("village.secretary", "mine")):
        found = rows(reader(name).get(f"/desk?box={box}"))
        assert len(found) > 1 and len(set(found)) == len(found), found


def test_a_step_is_signed_by_who_made_it_not_by_who_entered_it(reader, world, play):
    case = play.approved()
    by = {name: world.people[name].name for name in ("village.secretary", "town1.officer")}
    shown = steps(reader("town1.officer").get(f"/cases/{case.id}"))
    assert [name for name, _text in shown[:2]] == ["提交请示", "同意"]
    assert by["village.secretary"] in shown[0][1] and by["town1.officer"] in shown[1][1]


def keys(page: Page) -> set[str]:
    """Return the keys that the desk's foot names."""
    feet = [one for one in page.tree.iter("div") if one.get("class") == "q-keys"]
    return {node.text for foot in feet for node in foot.iter("kbd")}


def test_keys_and_bars_show_only_where_they_work(reader, play):
    empty = reader("town1.officer").get("/desk")
    assert not keys(empty) and 'id="bulk"' not in empty.html
    play.asked()
    assert {"A", "R", "N"} <= keys(reader("town1.officer").get("/desk"))
    assert "J" not in keys(reader("town1.officer").get("/desk")), "one row is nowhere to go to"
    assert not keys(reader("village.secretary").get("/desk?box=waiting")) & {"A", "X"}


def test_after_an_answer_the_next_of_the_desk_opens(reader, play):
    first = play.asked()
    second = play.asked(unit="community", name="community.secretary")
    officer = reader("town1.officer")
    page = officer.get(f"/cases/{first.id}?from=desk")
    done = officer.submit(page, "/moves/approve", say="同意")
    assert done.path == f"/cases/{second.id}?from=desk", done.path
    assert "批复已印发" in done.main
    assert officer.submit(done, "/moves/approve", say="同意").path == "/desk"


def test_the_same_case_stays_where_the_next_step_is_mine(reader, world, play):
    """A draft that is saved waits for nobody but who saved it."""
    case = play.open("village.secretary")
    branch = reader("village.secretary")
    page = branch.get(f"/cases/{case.id}?from=desk")
    kept = branch.submit(page, "/moves/save", new_day="2026-12-11", reason=REASON)
    assert kept.path.startswith(f"/cases/{case.id}")
