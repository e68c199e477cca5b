"""The attendance sheet as a page: exceptions only, what comes filled in, refusals that keep
everything, corrections.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from oversight.calendar.party_days import plan_year
from oversight.ledger import attendance
from oversight.models import Activity, Attendance, Case
from oversight.time import sweep
from tests.support.html import Page
from tests.support.world import at

# What these pages show does not depend on the database; recording is tried on both in tests/db.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MEMBERS = ("secretary", "organizer", "member1", "member2", "member3")


@pytest.fixture(autouse=True)
def planned(session, world):
    plan_year(
        session,
        [unit for unit in world.units.values() if unit.kind == "branch"],
        2026,
        at("2026-01-05"),
    )
    session.commit()


def activity(session, world, unit: str = "village", month: int = 11) -> Activity:
    return session.scalar(
        sa.select(Activity).where(
            Activity.unit_id == world.units[unit].id, Activity.year == 2026, Activity.month == month
        )
    )


@pytest.fixture
def path(session, world) -> str:
    return f"/activities/{activity(session, world).id}/attendance"


def ids(world, *names: str, unit: str = "village") -> list[str]:
    return [world.people[f"{unit}.{name}"].id for name in names]


def out(world, unit: str = "village", **classes: str) -> dict:
    """Return what is tapped: by member, a class or 请假 with its reason."""
    words: dict = {"out": ids(world, *classes, unit=unit)}
    for name, said in classes.items():
        person = world.people[f"{unit}.{name}"].id
        kind, _colon, detail = said.partition(":")
        words[f"kind-{person}"] = kind
        words |= {f"{'form' if kind == 'other_form' else 'why'}-{person}": detail} if detail else {}
    return words


def chosen(page: Page) -> dict[str, str]:
    """Return by the id of each member who is out what his card says."""
    return {
        value: page.value(f"kind-{value}")
        for name, value in page.fields("/attendance")
        if name == "out"
    }


def test_everybody_is_present_unless_touched(reader, path, session):
    page = reader("village.secretary").get(path)
    assert chosen(page) == {} and "11月6日星期五" in page.main and "应到 5 人" in page.main
    done = reader("village.secretary").submit(page, "/attendance")
    assert "到会情况已登记" in done.main
    assert session.scalars(sa.select(Attendance.kind)).all() == ["present"] * 5
    assert session.scalars(sa.select(Case.workflow)).all() == ["record_note"], "补录"


def test_a_tapped_member_is_on_leave_and_the_missing_go_to_contact(reader, path, world, session):
    branch = reader("village.secretary")
    person = world.people["village.member1"].id
    page = branch.get(path)
    assert page.value(f"kind-{person}") == "leave" and page.value(f"why-{person}") is None, (
        "the reason is not preset"
    )
    done = branch.submit(
        page,
        "/attendance",
        **out(world, member1="leave:外出", member2="absent", member3="other_form:visit"),
    )
    assert "请假、缺席的人转入联系登记，11月27日前联系" in done.main
    assert (
        "/follow-ups" in done.path
        and "village.member1请假" in done.main
        and "village.member2缺席" in done.main
    )
    held = activity(session, world)
    assert attendance.counts(session, [held.id])[held.id].classes == {
        "expected": 5,
        "present": 2,
        "other_form": 1,
        "leave": 1,
        "absent": 1,
    }
    assert held.host_id == world.people["village.secretary"].id


def test_the_form_of_last_time_is_a_suggestion_that_is_confirmed(reader, world, session):
    branch = reader("village.secretary")
    before = f"/activities/{activity(session, world, month=10).id}/attendance"
    branch.submit(
        branch.get(before),
        "/attendance",
        **out(world, member3="other_form:receiving_branch", member2="leave:家事"),
    )
    page = branch.get(f"/activities/{activity(session, world).id}/attendance")
    (person,) = ids(world, "member3")
    assert chosen(page) == {person: None} and page.value(f"form-{person}") == "receiving_branch"
    assert page.main.count("10 月是流入地支部参加，请确认这次怎样参加的") == 1
    assert page.html.count('<b class="n-u">') == 1, "the sums count who is kept from last time"
    wrong = branch.submit(page, "/attendance", 422)
    assert "请确认这次怎样参加的：上次的方式只是建议。" in wrong.main
    branch.submit(wrong, "/attendance", as_before="1")
    row = session.get(Attendance, (activity(session, world).id, person))
    assert (row.kind, row.form) == ("other_form", "receiving_branch")


def test_a_leave_without_a_reason_is_refused_by_name_and_nothing_is_lost(
    reader, path, world, session
):
    branch = reader("village.secretary")
    words = out(world, member1="leave", member2="absent", member3="other_form:online")
    page = branch.submit(
        branch.get(path),
        "/attendance",
        422,
        **words,
        **{"invited-activist": "2"},
        host_why="书记在外",
        mode="joint",
    )
    assert "请选请假事由：village.member1。" in page.main
    assert chosen(page) == dict(
        zip(
            ids(world, "member1", "member2", "member3"),
            ("leave", "absent", "other_form"),
            strict=True,
        )
    )
    assert (
        page.value(f"form-{ids(world, 'member3')[0]}") == "online" and page.value("mode") == "joint"
    )
    assert (page.value("invited-activist"), page.value("host_why")) == ("2", "书记在外")
    assert f"#out-{ids(world, 'member1')[0]}" in page.links("请选请假事由")
    assert session.scalars(sa.select(Attendance)).all() == []
    assert (
        "转入联系登记，11月27日前联系"
        in branch.submit(page, "/attendance", **{f"why-{ids(world, 'member1')[0]}": "身体"}).main
    )


@pytest.mark.parametrize(
    "words, said, field",
    [
        ({"held_on": "2026-11-30"}, "活动还没有开展", "held_on"),
        ({"held_on": "2026-10-30"}, "11 月之内", "held_on"),
        ({"held_on": "昨天"}, "开展日期要写成", "held_on"),
        ({"invited-masses": "几位"}, "请填人数", "invited-masses"),
        ({"invited-masses": "²"}, "请填人数", "invited-masses"),
        pytest.param({"invited-masses": "9" * 5000}, "请填人数", "invited-masses", id="long"),
    ],
)
def test_what_is_wrong_is_named_beside_its_field(reader, path, world, words, said, field):
    branch = reader("village.secretary")
    page = branch.submit(
        branch.get(path), "/attendance", 422, **words, **out(world, member2="absent")
    )
    assert said in page.main and f"#{field}" in page.links(said)
    assert page.value(field) == words[field] and chosen(page) == {
        ids(world, "member2")[0]: "absent"
    }


def test_a_sheet_that_does_not_add_up_names_who(reader, path, world):
    branch = reader("village.secretary")
    page = branch.get(path)
    fewer = branch.submit(page, "/attendance", 422, who=ids(world, *MEMBERS[:4]))
    assert "有人没有登记：village.member3。" in fewer.main
    twice = branch.submit(
        page, "/attendance", 422, who=[*ids(world, *MEMBERS), ids(world, "member1")[0]]
    )
    assert "有人登记了两次：village.member1。" in twice.main
    strange = branch.submit(
        page, "/attendance", 422, who=[*ids(world, *MEMBERS), world.people["firm.member1"].id]
    )
    assert "不在这次应到名单里" in strange.main and "firm.member1" not in strange.main


def test_another_host_needs_a_reason_and_must_have_been_there(reader, path, world, session):
    branch = reader("village.secretary")
    (organizer,) = ids(world, "organizer")
    page = branch.submit(branch.get(path), "/attendance", 422, host=organizer)
    assert "书记不主持的，要写明委托他人主持的原因。" in page.main and "#host_why" in page.links(
        "书记不主持的"
    )
    away = branch.submit(
        page,
        "/attendance",
        422,
        host=organizer,
        host_why="书记外出",
        **out(world, organizer="absent"),
    )
    assert "主持人village.organizer没有到会" in away.main
    branch.submit(page, "/attendance", host=organizer, host_why="书记外出")
    assert activity(session, world).host_why == "书记外出"


def test_a_correction_needs_a_reason_and_the_follow_ups_come_and_go(reader, path, world, session):
    branch = reader("village.secretary")
    branch.submit(branch.get(path), "/attendance", **out(world, member1="absent"))
    page = branch.get(path)
    assert chosen(page) == {ids(world, "member1")[0]: "absent"} and "为什么更正？" in page.main
    wrong = branch.submit(page, "/attendance", 422, **out(world, member2="leave:因公"))
    assert "更正已确认的考勤要写明原因。" in wrong.main and chosen(wrong) == {
        ids(world, "member2")[0]: "leave"
    }
    done = branch.submit(wrong, "/attendance", why="名字点错了")
    assert "考勤已更正" in done.main
    states = {
        case.facts["member"]: case.state
        for case in session.scalars(sa.select(Case).where(Case.workflow == "absence"))
    }
    assert states == {ids(world, "member1")[0]: "corrected", ids(world, "member2")[0]: "to_contact"}


def test_invitees_are_those_of_the_rule_set(reader, world, session):
    shown = {
        unit: [
            node.get("name")
            for node in reader(f"{unit}.secretary")
            .get(f"/activities/{activity(session, world, unit).id}/attendance")
            .tree.iter("input")
            if (node.get("name") or "").startswith("invited-")
        ]
        for unit in ("village", "organ", "firm")
    }
    assert "invited-stationed" in shown["village"] and "invited-owner" not in shown["village"]
    assert "invited-served" in shown["organ"] and "invited-owner" in shown["firm"]


def test_others_read_and_do_not_write(reader, path, world):
    branch, town = reader("village.secretary"), reader("town1.officer")
    assert "支部还没有登记到会情况" in town.get(path).main
    branch.submit(branch.get(path), "/attendance", **out(world, member1="leave:身体"))
    page = town.get(path)
    assert (
        not page.has_form("/attendance")
        and "village.member1 身体" in page.main
        and page.links("village.member1")
    )
    token = dict(town.get("/me").fields("/logout"))
    assert town.raw("POST", path, data={**token, "who": ids(world, *MEMBERS)}).status_code == 403
    reader("village2.secretary").get(path, 404)
    reader("community.member1").get(path, 404)


def test_a_blank_sheet_of_paper_is_one_tap_away(reader, path):
    branch = reader("village.secretary")
    (link,) = branch.get(path).links("打印空白到会表")
    page = branch.get(link)
    assert "village.member3" in page.main and "到会签名" in page.main


def test_the_year_counts_who_took_part_and_who_is_to_make_up(reader, path, world, session):
    branch, year = reader("village.secretary"), f"/units/{world.units['village'].id}/year/2026"
    page = branch.get(year)
    assert path in page.links("登记考勤（11月）") and "平均参加率" not in page.main
    branch.submit(
        branch.get(path),
        "/attendance",
        **out(world, member1="leave:外出", member3="other_form:visit"),
    )
    october = f"/activities/{activity(session, world, month=10).id}/attendance"
    branch.submit(branch.get(october), "/attendance")
    page = branch.get(year)
    assert "90.0%平均参加率1人待补课" in page.main
    assert "参加 4 / 5" in page.main and "参加 5 / 5" in page.main and "1 人待补课" in page.main
    assert not page.links("登记考勤（11月）") and page.links("去补课登记")
    member = reader("village.member1").get(year)
    assert "参加 4 / 5" in member.main and not member.links("参加 4 / 5")


def test_a_month_nobody_planned_is_opened_from_the_year(reader, world, session):
    session.execute(sa.delete(Activity))
    session.commit()
    branch, year = reader("village.secretary"), f"/units/{world.units['village'].id}/year/2026"
    page = branch.submit(branch.get(year), "/2026/11/attendance")
    assert page.path.endswith("/attendance") and "11月6日" in page.main


def test_side_and_tab_bar_lead_to_what_is_there(reader, path, world, session):
    branch = reader("village.secretary")
    branch.submit(branch.get(path), "/attendance", **out(world, member1="absent"))
    page = branch.get("/desk")
    assert page.links("缺席补课")[0].endswith("/follow-ups") and "缺席补课1" in page.text
    assert not page.links("督查") and not reader("village.member2").get("/desk").links("缺席补课")


def test_the_record_is_filed_and_lessons_follow_as_its_supplement(
    reader, path, world, session, clock
):
    """dossier 8: the confirmed record is entered at once; make-ups follow as its supplement."""
    branch, year = reader("village.secretary"), f"/units/{world.units['village'].id}/year/2026"
    clock.now = at("2026-11-10").now
    branch.submit(
        branch.get(path), "/attendance", **out(world, member1="absent", member2="leave:外出")
    )
    page = branch.get(year)
    assert "补录" not in page.main and "11月10日 登记，补课补充 0 / 2 人" in page.main
    contacts = page.links("去补课登记")[0]
    cases = session.scalars(sa.select(Case.id)).all()
    call = {"reached": "true", "told": "true", "way": "phone", "reason": "家事"}
    branch.submit(branch.get(contacts), "/record_contact", case=cases, **call)
    branch.submit(
        branch.get(contacts), "/record_lesson", case=cases[:1], form="group", held_on="2026-11-09"
    )
    for who in ("village.secretary", "town1.officer"):
        assert "11月10日 登记，补课补充 1 / 2 人" in reader(who).get(year).main


@pytest.mark.parametrize("number", ["²", "9" * 5000], ids=["superscript", "5000 digits"])
def test_a_number_that_is_none_is_refused_with_a_sentence(
    reader, app, session, play, clock, monkeypatch, number
):
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    sweep.sweep(session, at("2026-12-04"))
    clock.now = at("2026-12-04", 15).now
    secretary, path = reader("village.secretary"), f"/activities/{play.activity().id}/attendance"
    page = secretary.get(path)
    again = secretary.submit(page, "/attendance", 422, **{"invited-masses": number})
    assert again.value("invited-masses") == number
