"""Sight rests on a ground that somebody has today: with the last post goes what came by it."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from oversight.base.refusals import NotFound
from oversight.engine import authority, inbox
from oversight.models import Case, Membership, Post, Substitution, Unit, WorkItem
from tests.support.client import ROOT
from tests.support.random_boxes import Filling

DAY = date(2026, 11, 24)
PEOPLE = ("second.hat", "town1.officer", "village.secretary", "zone.officer", "town1.committee1")


@pytest.fixture
def filled(session, world):
    Filling(world, 3, DAY.isoformat()).fill(cases=60)
    session.commit()


def leave(session, person_id: str) -> None:
    """End every post that somebody holds or fills in another's place, a day ago. Commits."""
    for table in (Post, Substitution):
        held = sa.select(table).where(table.person_id == person_id)
        for row in session.scalars(held).all():
            row.to_on = DAY - timedelta(days=1)
    session.commit()


def names_him(session, person_id: str) -> set[str]:
    """Return the cases that are about somebody, or ask him as a member of his branch."""
    about = sa.select(Case.id).where(Case.data_subject_id == person_id)
    asked = sa.select(WorkItem.case_id).where(
        WorkItem.person_id == person_id, WorkItem.role == "member"
    )
    return {*session.scalars(about), *session.scalars(asked)}


def seen(session, world, name: str) -> set[str]:
    """Return what somebody can open, and what his lists name."""
    who, found = world.actor(name, DAY), set()
    for box in inbox.BOXES:
        found |= {case.id for case in inbox.cases(session, who, box, DAY, limit=100).items}
    for case in session.scalars(sa.select(Case)).all():
        with suppress(NotFound):
            authority.see(session, who, case)
            found.add(case.id)
    return found


@pytest.mark.parametrize("name", PEOPLE)
def test_without_posts_somebody_sees_what_a_plain_member_sees(session, world, filled, name):
    person = world.people[name]
    branch = session.scalar(
        sa.select(Unit)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.person_id == person.id, Membership.to_on.is_(None))
    )
    before = seen(session, world, name)
    leave(session, person.id)
    left = seen(session, world, name)
    assert left < before
    if branch is not None:
        key = next(key for key, unit in world.units.items() if unit.id == branch.id)
        world.person("plain.twin", key, probationary=person.probationary)
        session.commit()
        twin = seen(session, world, "plain.twin")
        assert twin <= left
        assert left - twin <= names_him(session, person.id)
    else:
        assert left <= names_him(session, person.id)


def addresses(app) -> list[str]:
    """Return every address that shows one case, as a pattern."""
    return sorted(
        {rule.rule for rule in app.url_map.iter_rules()
         if "GET" in rule.methods and "<uuid:case_id>" in rule.rule}
    )  # fmt: skip


def answers(app, api, reader, name: str, case_id: str) -> dict[str, int]:
    """Return the status of every address of a case, by page and by token."""
    found = {}
    for rule in addresses(app):
        path = rule.replace("<uuid:case_id>", case_id)
        if "<" in path or rule.endswith("/print/own"):  # a member's own page, of an appraisal alone
            continue
        by_token = path.startswith(ROOT)
        ask = api(name).send if by_token else reader(name).raw
        found[rule] = ask("GET", f"/{path}" if by_token else path).status_code
    return found


def test_with_the_last_post_every_address_of_a_case_closes(session, world, app, play, api, reader):
    case_id = play.asked().id
    key = {"key": "again", "version": 2}
    path, words = f"/cases/{case_id}/moves/approve", {"words": {"opinion": "同意"}}
    api("town1.officer").post(path, words, **key)
    before = answers(app, api, reader, "town1.officer", case_id)
    assert before and not {404, 403} & set(before.values())
    leave(session, world.people["town1.officer"].id)
    assert set(answers(app, api, reader, "town1.officer", case_id).values()) == {404}
    api("town1.officer").post(path, words, status=404, **key)


# Whom one may choose -------------------------------------------------------------------------------


def foreign(world, *units: str) -> set[str]:
    """Return the ids of those who belong to or serve in none of these units."""
    return {
        one.id
        for name, one in world.people.items()
        if name.partition(".")[0] not in (*units, "second")
    }


TOWN1 = ("town1", "village", "community", "organ", "firm", "soe")


@pytest.mark.parametrize("find", ["", "village2", "zone", "member"])
def test_only_names_within_reach_are_offered(reader, world, find):
    path = f"/admin/units/{world.units['village'].id}/posts?find={find}"
    page = reader("town1.officer").get(path)
    assert not set(page.options("person")) & foreign(world, *TOWN1)
    everybody = reader("zone.secadmin").get(path).options("person")
    assert world.people["village.member1"].id in everybody


@pytest.mark.parametrize("name", ["zone.deputy", "village2.member1"])
def test_a_form_with_a_foreign_id_names_nobody(reader, world, name):
    officer, path = reader("town1.officer"), f"/admin/units/{world.units['village'].id}/posts"
    words = {"person": world.people[name].id, "office": "deputy", "from_on": "2026-11-24"}
    fields = dict(officer.get(path).fields("/posts"))
    answer = officer.raw("POST", path, data=fields | words)
    assert answer.status_code == 422 and name not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "name, of_unit, asked",
    [("zone.deputy", "zone", "zone"), ("village2.member1", "village2", "town2")],
)
def test_who_is_out_of_reach_is_named_in_full_and_his_side_asked(
    reader, session, world, name, of_unit, asked
):
    called = world.people[name].name = "欧阳春燕"
    session.commit()
    officer, path = reader("town1.officer"), f"/admin/units/{world.units['village'].id}/posts"
    words = {"office": "deputy", "from_on": "2026-11-24", "of_unit": world.units[of_unit].name}
    page = officer.get(path)
    part = officer.submit(page, "/posts", 422, **words, name=called[:-1])
    assert "写准确" in part.main
    officer.submit(page, "/posts", 422, **words | {"of_unit": "石桥村"}, name=called)
    assert session.scalar(sa.select(Case.id).where(Case.workflow == "secondment")) is None
    officer.submit(page, "/posts", **words, name=called)
    case = session.scalar(sa.select(Case).where(Case.workflow == "secondment"))
    assert case.facts["side"] == world.units[asked].id
    of_branch = sa.select(Post.person_id).where(Post.unit_id == world.units["village"].id)
    assert world.people[name].id not in session.scalars(of_branch).all()


@pytest.mark.parametrize("act", ["hand_over", "add_signer", "copy"])
def test_an_act_on_the_desk_names_nobody_out_of_reach(world, play, api, act):
    case = play.asked()
    words = {"words": {"person": world.people["dept1.secretary"].id}}
    path = f"/cases/{case.id}/desk/{act}"
    said = api("town1.officer").post(path, words, status=422, key=act)
    assert "dept1.secretary" not in str(said)


@pytest.mark.parametrize("workflow", ["secondment", "appointment", "account_reset", "absence"])
def test_what_another_act_opens_is_opened_by_no_facts(api, reader, session, world, workflow):
    """By its own facts somebody would choose who is asked for consent."""
    town, person = world.units["town1"].id, world.people["zone.deputy"].id
    facts = {"member": person, "office": "deputy", "from_on": "2026-11-24", "side": town}
    for name in ("town1.officer", "zone.sysadmin", "zone.secadmin", "village.secretary"):
        body = {"workflow": workflow, "unit": world.units["village"].id, "facts": facts}
        api(name).post("/cases", body, status=403)
    assert session.scalar(sa.select(Case.id)) is None
    for name in ("town1.officer", "zone.sysadmin", "zone.secadmin"):
        page = f"/new/{workflow}?unit={world.units['village'].id}"
        assert reader(name).raw("GET", page).status_code == 403
