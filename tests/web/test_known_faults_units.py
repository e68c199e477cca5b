"""Known faults of organizations; the reason of each names the part that mends it."""

from __future__ import annotations

import pytest

from tests.support.faults import known_fault

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def reorganize(reader, unit, kind: str, into, on: str) -> None:
    """Merge or move a unit, having seen what passes on."""
    path = f"/admin/units/{unit.id}/{kind}"
    shown = reader.submit(reader.get(path), f"/{kind}", into=into.id, on=on)
    assert shown.value("sure") == "1"
    reader.submit(shown, f"/{kind}")


@pytest.fixture
def moved_next_year(reader, world, play):
    """A request of the village, which comes under another town next year."""
    case = play.asked()
    reorganize(
        reader("zone.officer"), world.units["village"], "move", world.units["town2"], "2027-01-01"
    )
    return case


@known_fault(reason="part 6: a move for a later day shuts the superior of today out at once")
def test_until_the_day_of_a_move_the_superior_of_today_answers(api, moved_next_year):
    case = api("town1.officer").get(f"/cases/{moved_next_year.id}")
    api("town1.officer").move(case, "approve", opinion="同意")


@known_fault(reason="part 6: a move for a later day lets the superior to come in at once")
def test_until_the_day_of_a_move_the_superior_to_come_sees_nothing(api, moved_next_year):
    api("town2.officer").get(f"/cases/{moved_next_year.id}", 404)


@known_fault(reason="part 6: papers that were issued change with the names of today")
@pytest.mark.parametrize("unit, name", [("village", "新石桥村党支部"), ("town1", "青溪街道党工委")])
def test_an_issued_paper_keeps_the_names_of_its_day(reader, world, play, unit, name):
    case, admin = play.approved(), reader("zone.sysadmin")
    admin.submit(admin.get(f"/admin/units/{world.units[unit].id}"), "/rename", name=name)
    page = reader("town1.officer").get(f"/cases/{case.id}").main
    papers = page[page.index("文书") : page.index("经过")]
    assert name not in papers and "批复" in papers
