from oversight import engine
from tests.support.world import at


def test_walk(session, world):
    a = world.actor("village.secretary", at("2026-11-24").today)
    case = engine.submit_opening(session, "date_change", world.units["village"].id, {"day": "2026-12-04"}, a,
                                 at("2026-11-24"), then=("ask", {"new_day": "2026-12-11", "reason": "冬修水利"}))
    assert case.state == "asked"
    o = world.actor("town1.officer", at("2026-11-25").today)
    case = engine.submit(session, case.id, "approve", o, {"opinion": "同意"}, version=case.version, at=at("2026-11-25"))
    assert case.state == "approved"
    print(case.number, case.facts, case.due_on, case.wake_on)
