"""Every address there is, from the application's own map: none open to strangers, none that acts by
a page of somebody else or by a token to read, none that shows more than its reader's ground.
"""

from __future__ import annotations

import itertools
import re
from datetime import date

import pytest
import sqlalchemy as sa

from oversight.engine import desk_acts, inbox, repeats
from oversight.models import (
    Account,
    Activity,
    ApiToken,
    Attachment,
    Case,
    Idempotency,
    LifeMeeting,
    Person,
    Post,
    Reorganization,
    Substitution,
    Unit,
)
from tests.db.test_attendance import record, sheet
from tests.support.actors import second_hat
from tests.support.client import NOW, Api, token_for
from tests.support.dump import dump

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAY = date(2026, 11, 24)
STRANGERS = {  # what is open to whoever comes
    *("/login", "/activate", "/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"),
    *("/login/code", "/text-size", "/static", "/check"),
}
INWARDS = ("/login", "/desk")  # whereto a stranger is sent; the latter sends him to the former
WORDS = {"name": "approve", "act": "comment", "what": "gone", "year": "2026", "month": "11"}
BOXED = {rule: [f"{rule}?box={box}" for box in inbox.BOXES] for rule in ("/desk", "/api/v1/queue")}
TABLES = {
    "case_id": Case,
    "unit_id": Unit,
    "person_id": Person,
    "activity_id": Activity,
    "attachment_id": Attachment,
    "meeting_id": LifeMeeting,
    "post_id": Post,
    "acting_id": Substitution,
    "token_id": ApiToken,
    "change_id": Reorganization,
}
ENDING = ("town1.officer", "village.secretary", "second.hat")
MOST = 10  # ids of a kind that are tried
NOBODY = "01900000-0000-7000-8000-000000000000"


def rules(app, *methods: str):
    """Return the addresses that take one of these methods."""
    found = [rule for rule in app.url_map.iter_rules() if set(methods) & rule.methods]
    return sorted(found, key=lambda rule: rule.rule)


def choices(rule, ids: dict[str, list[str]]) -> list[str]:
    """Return the paths of an address with every combination of the ids that it takes."""
    found = []
    takes = re.findall(r"<(?:(\w+)(?:\(([^)]*)\))?:)?(\w+)>", rule.rule)
    offered = [_values(kind, words, name, ids) for kind, words, name in takes]
    for values in itertools.product(*offered):
        path = iter(values)
        found.append(re.sub(r"<[^>]+>", lambda _match, path=path: next(path), rule.rule))
    return found


def _values(kind: str, words: str, name: str, ids: dict[str, list[str]]) -> list[str]:
    if kind == "any":
        return [word.strip() for word in words.split(",")]
    return ids.get(name) or [WORDS.get(name, NOBODY)]


def is_open(path: str) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in STRANGERS)


# Strangers ----------------------------------------------------------------------------------------


def test_a_stranger_finds_no_address_open(app, world, session):
    before = dump(session)
    session.commit()
    for rule in rules(app, "GET", "POST", "PUT"):
        [path, *_rest] = choices(rule, {})
        if is_open(rule.rule):
            continue
        for method in set(rule.methods) & {"GET", "POST", "PUT"}:
            answer = app.test_client().open(path, method=method)
            to_door = answer.status_code == 302 and answer.location.startswith(INWARDS)
            refused = answer.status_code in (400, 401, 404) or to_door
            assert refused, (method, path, answer.status_code)
    assert dump(session) == before


def test_no_page_acts_without_its_token(app, reader, session):
    client, foreign = reader("zone.sysadmin"), reader("zone.auditor").get("/me").value("csrf_token")
    for rule in rules(app, "POST"):
        if rule.rule.startswith("/api/"):
            continue
        for path in choices(rule, {})[:1]:
            for words in ({}, {"csrf_token": "x"}, {"csrf_token": foreign}):
                answer = client.raw("POST", path, data=words)
                assert answer.status_code == 400, (path, answer.status_code)


def test_a_token_to_read_acts_at_no_address(app, world, session):
    token = token_for(world.people["town1.officer"])
    session.execute(sa.update(ApiToken).values(scope="read"))
    session.commit()
    before, program = dump(session), Api(app, token)
    for rule in rules(app, "POST", "PUT"):
        if not rule.rule.startswith("/api/"):
            continue
        for method in rule.methods & {"POST", "PUT"}:
            path = "/" + choices(rule, {})[0]
            headers = {"Idempotency-Key": "k", "If-Match": '"1"'}
            answer = program.send(method, path, json={}, headers=headers)
            assert answer.status_code == 403, (path, answer.status_code)
            assert "只能查看" in answer.get_json()["detail"], path
    assert dump(session) == before


def test_an_answer_kept_for_one_account_is_given_to_no_other(app, world, session):
    """The key and the words of somebody else's request, sent by one who sees nothing of it."""
    owner, other = (token_for(world.people[who]) for who in ENDING[:2])
    account = session.query(Account).filter_by(person_id=world.people[ENDING[0]].id).one()
    told = {"id": NOBODY, "unit": {"id": world.units["village"].id}, "told": "只给他看的话"}
    again = []
    for rule in rules(app, "POST", "PUT"):
        if not rule.rule.startswith("/api/"):
            continue
        path = choices(rule, {})[0]
        for method in sorted(rule.methods & {"POST", "PUT"}):
            key, asked = f"{method}-{rule.endpoint}", repeats.fingerprint(method, path, {})
            session.add(
                Idempotency(
                    account_id=account.id,
                    key=key,
                    at=NOW.now,
                    zone_id=account.zone_id,
                    fingerprint=asked,
                    status=200,
                    body=told,
                )
            )
            session.commit()
            for token in (other, owner):
                headers = {"Idempotency-Key": key, "If-Match": '"1"'}
                headers |= {"Authorization": f"Bearer {token}"}
                with app.app_context():
                    client = app.test_client(use_cookies=False)
                    answer = client.open(path, method=method, json={}, headers=headers)
                given = "told" in (answer.get_json(silent=True) or {})
                again += [path] if given and token == owner else []
                assert token == owner or not given, path
    assert again, "its owner is given it again, where there is no id that he may no longer see"


# Ground -------------------------------------------------------------------------------------------


@pytest.fixture
def lived(session, world, play):
    """A zone in which something of every kind lies: cases, sheets, posts, work that names somebody;
    and a member of the village who has no post.
    """
    record(session, world, sheet(world, absent=("member1",), leave=("member2",)))
    second_hat(world)
    world.person("plain.twin", "village")
    asked = {"town1.officer": play.asked()}
    play.approved(unit="community", name="community.secretary")
    play.asked(unit="village2", name="village2.secretary")
    asked["second.hat"] = play.asked(unit="organ", name="organ.secretary")
    giver = play.who("town1.secretary")
    for taker, case in asked.items():
        words = {"person": world.people[taker].id, "note": "请帮忙核对"}
        desk_acts.submit(session, case.id, "delegate", giver, play.at, words)
    session.commit()


GROUNDS = ("zone", "town1", "village", "community", "village2")  # of each relation to theirs, one
PEOPLE = (*ENDING, "village.member1", "village2.secretary")
ONCE = ("/cases/<uuid:case_id>", "/units/<uuid:unit_id>/year/<int:year>")


def ids_of(session, world) -> dict[str, list[str]]:
    """Return by what stands in an address the ids that are tried: each kind of what lies here, seen
    from those whose posts end.
    """
    units = [world.units[name].id for name in GROUNDS]
    people = [world.people[name].id for name in PEOPLE]
    chosen = {
        Unit: Unit.id.in_(units),
        Person: Person.id.in_(people),
        Post: Post.unit_id.in_(units),
    }
    return {
        name: list(session.scalars(sa.select(table.id).where(chosen.get(table, True)).limit(MOST)))
        or [NOBODY]
        for name, table in TABLES.items()
    }


class Sight:
    """What a person opens, by page and by token, of all that shows something."""

    def __init__(self, app, world, reader, name: str, ids: dict[str, list[str]]):
        self.app, self.ids, self.client = app, ids, reader(name)
        self.token = {"Authorization": f"Bearer {token_for(world.people[name])}"}

    def opened(self, *only: str) -> dict[str, set[str]]:
        """Return the addresses that answer, with the cases that each names."""
        found = {}
        for rule in rules(self.app, "GET"):
            if is_open(rule.rule) or rule.rule == "/logout" or (only and rule.rule not in only):
                continue
            for path in choices(rule, self.ids) + BOXED.get(rule.rule, []):
                answer = self._get(path)
                assert answer.status_code < 500, (path, answer.status_code)
                if answer.status_code == 200:
                    text = "" if answer.is_streamed else answer.get_data(as_text=True)
                    found[path] = {one for one in self.ids["case_id"] if one in text}
        return found

    def _get(self, path: str):
        if not path.startswith("/api/"):
            return self.client.raw("GET", path)
        with self.app.app_context():
            return self.app.test_client(use_cookies=False).get(path, headers=self.token)


def test_with_the_last_post_ends_all_but_what_a_plain_member_sees(
    app, session, world, lived, reader
):
    """Over all addresses, by page and by token, with ids of each ground. Who belongs to no branch
    sees less.
    """
    ids = ids_of(session, world)
    sights = {name: Sight(app, world, reader, name, ids) for name in (*ENDING, "plain.twin")}
    before = {name: sight.opened(*ONCE).keys() for name, sight in sights.items()}
    people = [world.people[name].id for name in ENDING]
    for table in (Post, Substitution):
        for row in session.scalars(sa.select(table).where(table.person_id.in_(people))).all():
            row.to_on = date(2026, 11, 23)
    session.commit()
    twin = sights["plain.twin"].opened()
    for name, person in zip(ENDING, people, strict=True):
        after = sights[name].opened()
        own = {one for one in after if person in one}  # his own page is not his twin's
        assert before[name] - before["plain.twin"] - own, f"{name} had nothing to lose"
        assert after.keys() - own <= twin.keys(), sorted(after.keys() - own - twin.keys())[:10]
        assert not [path for path in after.keys() & twin.keys() if after[path] - twin[path]]


VILLAGE, OTHER = "village", "village2"  # under one town and under the other
TOWN = ("officer", "secretary", "deputy", "committee1", "inspector")
FOREIGN = {  # whoever acts here, and the branch whose business is none of his
    **dict.fromkeys(("village.member1", "village.organizer", "village.secretary"), OTHER),
    **{f"town1.{office}": OTHER for office in TOWN},
    **{f"dept1.{office}": VILLAGE for office in ("officer", "inspector")},
    **{f"zone.{office}": VILLAGE for office in ("sysadmin", "secadmin", "auditor")},
}
ADMINISTERED = re.compile(r"/admin/(units|people)/|/accounts/|/api/v1/units/[^/]+$")
KEPT = {  # what one administrator keeps, and nobody of the business
    "/accounts": "zone.sysadmin",
    "/roster": "zone.sysadmin",
    "/admin/proposals": "zone.secadmin",
    "/admin/changes": "zone.auditor",
    "/admin/sign-ins": "zone.auditor",
}


def ids_in(session, world, branch: str) -> dict[str, list[str]]:
    """Return by what stands in an address one id of a branch's."""
    unit, person = world.units[branch].id, world.people[f"{branch}.member2"].id
    found = {"unit_id": [unit], "person_id": [person], "token_id": [NOBODY]}
    for name, table in TABLES.items():
        if hasattr(table, "unit_id"):
            rows = sa.select(table.id).where(table.unit_id == unit).limit(1)
            found.setdefault(name, list(session.scalars(rows)) or [NOBODY])
    case = sa.select(Attachment.id).join(Case, Case.id == Attachment.case_id)
    found["attachment_id"] = list(session.scalars(case.where(Case.unit_id == unit))) or [NOBODY]
    return found


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_each_role_opens_nothing_of_a_branch_beyond_its_ground(
    app, session, world, lived, reader, name
):
    ids = ids_in(session, world, FOREIGN[name])
    session.commit()
    sight = Sight(app, world, reader, name, {name: ids.get(name, [NOBODY]) for name in TABLES})
    keeps = name.split(".")[1] in ("sysadmin", "secadmin", "auditor")
    found = 0
    for rule in rules(app, "GET"):
        if is_open(rule.rule) or "<uuid:" not in rule.rule:
            continue
        for path in choices(rule, sight.ids):
            if keeps and ADMINISTERED.search(path):
                continue
            answer, found = sight._get(path), found + 1
            assert answer.status_code in (302, 403, 404), (name, path, answer.status_code)
            body = answer.get_data(as_text=True)
            assert world.people[f"{FOREIGN[name]}.member2"].name not in body, (name, path)
    assert found > 20


@pytest.mark.parametrize(
    "name", ["zone.officer", "zone.inspector", "zone.committee1", *KEPT.values()]
)
def test_what_an_administrator_keeps_is_his_alone(world, reader, name):
    for path, keeper in KEPT.items():
        status = reader(name).raw("GET", path).status_code
        assert (status == 200) is (keeper == name), (name, path, status)
