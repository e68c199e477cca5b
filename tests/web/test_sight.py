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
        if "<" in path:
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
