"""The contact page: several with one sheet, each for itself; a try counts; whose own case it is
stands aside.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.models import Case
from oversight.views.pages import contact
from tests.db.test_attendance import cases, record, sheet
from tests.support.world import at

# What these pages show does not depend on the database; the moves are tried on both in tests/db.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CALL = {"reached": "true", "way": "phone", "told": "true", "reason": "外出"}
LESSON = {"form": "visit", "held_on": "2026-11-12", "note": "学习党章"}


@pytest.fixture
def path(world) -> str:
    return f"/units/{world.units['village'].id}/follow-ups"


@pytest.fixture
def absent(session, world) -> list[str]:
    """Two are absent and one is on leave; their cases in the order of the page."""
    record(session, world, sheet(world, absent=("member1", "member2"), leave=("organizer",)))
    return [case.id for case in cases(session)]


def states(session) -> list[str]:
    session.expire_all()
    return sorted(session.scalars(sa.select(Case.state)))


def test_absentees_are_listed_by_day_with_class_and_deadline(reader, path, absent):
    page = reader("village.secretary").get(path)
    assert "11月6日缺席、请假 3 人" in page.main and "待联系 3" in page.main
    assert (
        "village.member1缺席超期 8 个工作日" in page.main and "village.organizer请假" in page.main
    )
    assert "事由：外出 · 未联系" in page.main


def test_one_sheet_serves_several(reader, path, absent, session):
    branch = reader("village.secretary")
    done = branch.submit(branch.get(path), "/record_contact", case=absent, **CALL)
    assert "已登记联系 3 人" in done.main and states(session) == ["to_make_up"] * 3
    assert all(case.facts["reason"] == "外出" for case in cases(session))
    wrong = branch.submit(
        done, "/record_lesson", 422, case=absent[:2], **{**LESSON, "held_on": "2026-11-05"}
    )
    assert "补课日期要在活动当天" in wrong.main and "#b-held_on" in wrong.links("补课日期")
    assert (wrong.value("note"), wrong.value("form")) == ("学习党章", "visit")
    lessons = branch.submit(wrong, "/record_lesson", held_on="2026-11-12")
    assert "已登记补课 2 人" in lessons.main, "who was ticked stays ticked"
    assert states(session) == ["made_up", "made_up", "to_make_up"]
    assert "学习党章" in branch.get(f"{path}?step=done").main


def test_absentees_beyond_a_page_stand_on_the_next(reader, path, absent, monkeypatch):
    monkeypatch.setattr(contact, "MOST", 2)
    branch = reader("village.secretary")
    pages = [branch.get(f"{path}?step=to_contact&page={number}") for number in (1, 2)]
    assert [one.main.count("未联系") for one in pages] == [2, 1]
    assert "下一页" in pages[0].main and "下一页" not in pages[1].main and "上一页" in pages[1].main


def test_nothing_is_taken_without_a_tick_or_an_answer(reader, path, absent, session):
    branch = reader("village.secretary")
    page = branch.submit(branch.get(path), "/record_contact", 422, **CALL)
    assert "请先勾选要登记的人。" in page.main and page.value("way") == "phone"
    asked = branch.submit(page, "/record_contact", 422, case=absent[:1], way="visit", told=[])
    assert "请填写“是否通报活动情况”。" in asked.main and asked.value("case") == absent[0]
    assert states(session) == ["to_contact"] * 3


def test_one_who_is_refused_does_not_hold_up_the_others(reader, path, absent, session, world):
    branch = reader("village.organizer")
    page = branch.get(path)
    own = next(
        case
        for case in cases(session)
        if case.facts["member"] == world.people["village.organizer"].id
    )
    assert "涉及本人，由支部其他人办理" in page.main
    done = branch.submit(
        page, "/record_contact", 403, case=absent, **{f"version-{own.id}": "1"}, **CALL
    )
    assert "village.member1：已登记" in done.main and "village.organizer：“联系登记”由" in done.main
    assert states(session) == ["to_contact", "to_make_up", "to_make_up"]
    assert "“联系登记”由" in done.main and done.value("way") == "phone"


def test_who_was_not_reached_is_a_try_and_after_three_the_town_may_search(
    reader, path, absent, session, world
):
    branch = reader("village.secretary")
    for way, day in (("phone", "2026-11-20"), ("phone", "2026-11-23"), ("visit", "2026-11-24")):
        page = branch.get(path)
        assert "报上级查找" not in [button.text for button in page.tree.iter("button")]
        branch.submit(page, "/record_contact", case=absent[:1], reached="false", way=way, on=day)
    page = branch.get(path)
    assert "已试 3 次，没联系上（上门，11月24日）" in page.main and "village.member2" in page.main
    done = branch.submit(page, "/search_lost", only=absent[0])
    assert "已报上级查找" in done.main and "别处办理 1" in done.main
    assert session.get(Case, absent[0], populate_existing=True).state == "unreached"


def test_told_but_not_reached_is_refused(reader, path, absent):
    branch = reader("village.secretary")
    page = branch.submit(
        branch.get(path),
        "/record_contact",
        422,
        case=absent[:1],
        reached="false",
        way="phone",
        told="true",
    )
    assert "没有联系上，不能登记为已通报活动情况。" in page.main and page.value("told") == "true"


def test_a_colleague_was_first(reader, path, absent, session):
    first, second = reader("village.secretary"), reader("village.organizer")
    mine = second.get(path)
    first.submit(first.get(path), "/record_contact", case=absent[:1], **CALL)
    page = second.submit(mine, "/record_contact", 409, case=absent[:1], **CALL)
    assert page.value("way") == "phone" and len(session.get(Case, absent[0]).facts["tries"]) == 1


def test_above_reads_and_members_do_not(reader, path, absent):
    town = reader("town1.officer").get(path)
    assert "village.member1" in town.main and not town.has_form("/record_contact")
    reader("village.member1").get(path, 403)
    reader("town2.officer").get(path, 404)


def test_a_foreign_case_is_not_found(reader, path, absent, session, world):
    record(
        session,
        world,
        sheet(world, "village2", absent=("member1",)),
        "village2.secretary",
        unit="village2",
    )
    other = cases(session)[-1]
    branch = reader("village.secretary")
    branch.submit(branch.get(path), "/record_contact", 404, case=[other.id], **CALL)
    assert session.get(Case, other.id, populate_existing=True).state == "to_contact"


def test_the_day_is_shown_until_which_to_contact(reader, path, session, world, clock):
    clock.now = at("2026-11-09").now
    record(session, world, sheet(world, absent=("member1",)))
    assert "11月12日前" in reader("village.secretary").get(path).main


# One by one, and numbers


def test_single_exceptions_go_before_the_sheet_that_the_others_share(reader, path, absent, session):
    """dossier 8:

    one 联系登记 per absentee, in batch; a single exception is filled in beside it (逐人填).
    """
    branch, (one, two, three) = reader("village.secretary"), absent
    apart = {f"way-{two}": "visit", f"reason-{two}": "家事", f"reached-{three}": "false"}
    done = branch.submit(branch.get(path), "/record_contact", case=[one, two], **CALL, **apart)
    assert "已登记联系 3 人" in done.main, "what is filled in for somebody means him, ticked or not"
    session.expire_all()
    tries = [session.get(Case, each).facts["tries"][-1] for each in absent]
    assert [entry["way"] for entry in tries] == ["phone", "visit", "phone"]
    assert [entry["reason"] for entry in tries] == ["外出", "家事", "外出"]
    assert [(entry["reached"], entry["told"]) for entry in tries] == [
        (True, True),
        (True, True),
        (False, False),
    ]


def test_an_exception_that_is_refused_keeps_what_was_typed_for_him(reader, path, absent, session):
    branch = reader("village.secretary")
    branch.submit(branch.get(path), "/record_contact", case=absent, **CALL)
    page = branch.get(f"{path}?step=to_make_up")
    own = {f"held_on-{absent[1]}": "2026-11-05", f"note-{absent[1]}": "上门读报"}
    wrong = branch.submit(page, "/record_lesson", 422, case=absent[:2], **LESSON, **own)
    assert "：已登记" in wrong.main and "补课日期要在活动当天" in wrong.main
    assert (
        wrong.value(f"note-{absent[1]}") == "上门读报"
        and wrong.value(f"held_on-{absent[1]}") == "2026-11-05"
    )
    assert states(session) == ["made_up", "to_make_up", "to_make_up"]


def test_organs_file_several_under_numbers_at_once(reader, world, session):
    """三（二）1 of the organs' guidance: make-up lessons are recorded and archived; the number is the
    archive's own.
    """
    record(
        session,
        world,
        sheet(world, "organ", absent=("member1", "member2", "member3")),
        "organ.secretary",
        unit="organ",
    )
    ids, branch = [case.id for case in cases(session)], reader("organ.secretary")
    path = f"/units/{world.units['organ'].id}/follow-ups"
    branch.submit(branch.get(path), "/record_contact", case=ids, **CALL)
    page = branch.submit(branch.get(path), "/record_lesson", case=ids, **LESSON)
    assert "待归档 3" in page.main
    page = branch.get(f"{path}?step=to_archive")
    asked = branch.submit(page, "/archive", 422, case=ids[:1])
    assert "请填写“档案编号”。" in asked.main
    numbers = {f"archive_no-{one}": f"机补2026-0{n}" for n, one in enumerate(ids[:2], 1)}
    done = branch.submit(page, "/archive", **numbers)
    assert "已编号归档 2 人" in done.main and states(session) == [
        "made_up",
        "made_up",
        "to_archive",
    ]
    assert [session.get(Case, one).facts["archive_no"] for one in ids[:2]] == [
        "机补2026-01",
        "机补2026-02",
    ]


def test_a_garbled_case_is_not_found(reader, path, absent):
    branch = reader("village.secretary")
    branch.submit(branch.get(path), "/record_contact", 404, case=["x"], **CALL)
    branch.submit(branch.get(path), "/record_contact", 404, **{"way-x": "phone"}, **CALL)


def test_a_lesson_of_the_same_day_is_entered_with_the_contact(reader, path, absent, session):
    branch = reader("village.secretary")
    done = branch.submit(
        branch.get(path), "/record_contact", case=absent, form="visit", note="送学上门", **CALL
    )
    assert "已登记联系 3 人" in done.main and states(session) == ["made_up"] * 3
    assert all(case.facts["lesson"]["note"] == "送学上门" for case in cases(session))
