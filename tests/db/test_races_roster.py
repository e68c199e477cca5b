"""Rosters applied at the same instant: nobody twice, nothing half, one winner a draft, a sentence
for the others.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.base.db import db
from oversight.base.refusals import AlreadyTaken, NotFound, VersionConflict
from oversight.base.sealing import Sealer
from oversight.models import AdminChange, Membership, Person, PostProposal, RosterDraft, Unit, Zone
from oversight.organization.actor import actor_of
from oversight.register import members
from oversight.register.roster import apply
from tests.support.messy import tidy
from tests.support.world import at

pytestmark = pytest.mark.slow
NOW = at("2026-11-24")
TODAY = date(2026, 11, 24)
SEALER = Sealer("t" * 32)
HEAD = ["支部名称", "党小组", "姓名", "入党日期", "党内职务", "手机"]
ROUNDS = 5
ADMINS = ("zone.sysadmin", "second.sysadmin", "third.sysadmin", "fourth.sysadmin")


def book(branch: str, *names: str) -> bytes:
    lines = [
        [
            branch,
            f"{1 + number % 2}组",
            name,
            f"2010.7.{1 + number}",
            "" if number else "书记",
            f"1380000{number:04d}",
        ]
        for number, name in enumerate(names)
    ]
    return tidy(lines, [[branch, "农村", "青溪镇党委"]], HEAD)


@pytest.fixture
def race(session, world, tmp_path):
    """Hand out what administrators do at the same instant, each on a connection of his own."""
    for name in ADMINS[1:]:
        world.person(name)
        world.post(name, "zone", "sysadmin")
    session.commit()
    return Race(session, world, tmp_path / "data")


class Race:
    def __init__(self, session, world, folder):
        self.session, self.world, self.folder, self.engine = session, world, folder, db.engine
        self.zone_id, self.ids = world.zone.id, {name: world.people[name].id for name in ADMINS}

    def propose(self, name: str, data: bytes) -> str:
        """Upload as somebody; returns the mark of what he was shown."""
        found = apply.propose(
            self.session,
            self.folder,
            self.world.zone,
            data,
            "名册.xlsx",
            SEALER,
            self.world.actor(name, TODAY),
            NOW,
        )
        return found.plan.digest

    def accept(self, name: str, digest: str):
        def act(session, who, zone):
            return len(
                apply.accept(session, self.folder, zone, SEALER, who, NOW, digest, True).plan.people
            )

        return name, act

    def bring(self, name: str, data: bytes):
        def act(session, _who, zone):
            found = apply.read(session, zone, data, "名册.xlsx", SEALER, NOW)
            apply.apply(session, found, None, NOW, True)
            session.commit()
            return len(found.plan.people)

        return name, act

    def together(self, *entries) -> list:
        """Let everybody act at once; returns what each got, or what stopped him."""
        barrier, results = threading.Barrier(len(entries)), [None] * len(entries)

        def run(slot: int, name: str, act) -> None:
            try:
                with Session(self.engine) as session:
                    who, zone = (
                        actor_of(session, self.ids[name], TODAY),
                        session.get(Zone, self.zone_id),
                    )
                    session.commit()
                    barrier.wait(timeout=30)
                    results[slot] = act(session, who, zone)
            except BaseException as error:
                results[slot] = error

        threads = [
            threading.Thread(target=run, args=(slot, *entry)) for slot, entry in enumerate(entries)
        ]
        self.session.commit()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        self.session.rollback()
        assert not any(thread.is_alive() for thread in threads), "somebody hangs"
        return results

    def count(self, table, *where) -> int:
        return self.session.scalar(sa.select(sa.func.count()).select_from(table).where(*where))

    def whole(self, branch: str, names: list[str]) -> None:
        """Assert that a branch, its groups, people, memberships and secretary are there once each."""
        unit_id = self.session.scalars(sa.select(Unit.id).where(Unit.name == branch)).one()
        rows = self.session.execute(
            sa.select(Person.name, Membership.group_id)
            .join(Person, Person.id == Membership.person_id)
            .where(Membership.unit_id == unit_id, Membership.to_on.is_(None))
        ).all()
        assert Counter(row.name for row in rows) == Counter(names) and all(
            row.group_id for row in rows
        )
        assert self.count(Unit, Unit.parent_id == unit_id) == min(2, len(names))
        proposed = PostProposal.unit_id == unit_id, PostProposal.office == "secretary"
        assert self.count(PostProposal, *proposed) == 1
        assert all(self.count(Person, Person.name == name) == 1 for name in names)

    def files(self) -> list:
        return [path for path in self.folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("many", [2, 4])
def test_one_draft_applied_at_once_is_applied_once(race, many):
    for number in range(ROUNDS):
        names = [f"张三{mark}" for mark in "甲乙丙丁戊"[:5]]
        branch, names = (
            f"新{'一二三四五'[number]}村党支部",
            [name + "一二三四五"[number] for name in names],
        )
        digest = race.propose("zone.sysadmin", book(branch, *names))
        results = race.together(*[race.accept("zone.sysadmin", digest)] * many)
        assert results.count(5) == 1, results
        losers = [result for result in results if result != 5]
        first = race.world.people["zone.sysadmin"].name
        said = f"名册“名册.xlsx”已由{first}于2026-11-24 09:00导入，您的这一步没有生效。"
        assert all(type(loser) is AlreadyTaken and loser.sentence == said for loser in losers), (
            results
        )
        assert {loser.extra["decided_by"] for loser in losers} == {first}
        race.whole(branch, names)
        assert race.count(RosterDraft) == 0 and race.files() == []
        assert race.count(AdminChange, AdminChange.act == "roster") == number + 1


@pytest.mark.parametrize("many", [2, 4])
def test_drafts_of_one_file_by_several_bring_nobody_twice(race, many):
    data = book("白沙村党支部", "张三丰", "李四海", "王五岳")
    digests = {name: race.propose(name, data) for name in ADMINS[:many]}
    results = race.together(*(race.accept(name, digest) for name, digest in digests.items()))
    assert results.count(3) == 1, results
    losers = [result for result in results if result != 3]
    first = race.world.people[list(digests)[results.index(3)]].name
    said = f"已由{first}于2026-11-24 09:00导入，下面是重新比对的结果"
    assert all(type(loser) is VersionConflict and said in loser.sentence for loser in losers), (
        results
    )
    race.whole("白沙村党支部", ["张三丰", "李四海", "王五岳"])
    assert (
        race.count(RosterDraft) == many - 1 and len(race.files()) == many - 1
    )  # theirs wait for another look


def test_different_drafts_of_one_branch_do_not_mix(race):
    """One is applied; the other is shown anew what it would do now, and does that when it is
    applied then.
    """
    first = race.propose("zone.sysadmin", book("白沙村党支部", "张三丰", "李四海"))
    second = race.propose("second.sysadmin", book("白沙村党支部", "张三丰", "王五岳", "赵六合"))
    results = race.together(
        race.accept("zone.sysadmin", first), race.accept("second.sysadmin", second)
    )
    [loser] = [result for result in results if isinstance(result, Exception)]
    assert type(loser) is VersionConflict, results
    race.whole(
        "白沙村党支部", ["张三丰", "李四海"] if results[0] == 2 else ["张三丰", "王五岳", "赵六合"]
    )


def test_drafts_of_different_branches_all_come_in_whole(race):
    for _round in range(ROUNDS):
        left = {
            name: (f"{mark}{_round}".translate(str.maketrans("01234", "甲乙丙丁戊")) + "村党支部")
            for name, mark in zip(ADMINS, ("东", "南", "西", "北"), strict=True)
        }
        people_of = {
            name: [f"{branch[0]}{branch[1]}{who}" for who in "一二三"]
            for name, branch in left.items()
        }
        while left:
            digests = {
                name: race.propose(name, book(branch, *people_of[name]))
                for name, branch in left.items()
            }
            results = race.together(
                *(race.accept(name, digest) for name, digest in digests.items())
            )
            assert all(result == 3 or type(result) is VersionConflict for result in results), (
                results
            )
            done = [name for name, result in zip(list(left), results, strict=True) if result == 3]
            assert done, results
            for name in done:
                race.whole(left.pop(name), people_of[name])


@pytest.mark.parametrize("many", [2, 4])
def test_the_terminal_and_the_page_take_turns(race, many):
    """Where the file is read and written at one go, whoever comes second finds everybody there."""
    data = book("白沙村党支部", "张三丰", "李四海", "王五岳")
    digest = race.propose("zone.sysadmin", data)
    results = race.together(
        race.accept("zone.sysadmin", digest), *(race.bring(name, data) for name in ADMINS[1:many])
    )
    assert sorted(result for result in results if isinstance(result, int)).count(3) == 1, results
    assert all(type(result) is VersionConflict or result in (0, 3) for result in results), results
    race.whole("白沙村党支部", ["张三丰", "李四海", "王五岳"])


def test_a_draft_put_aside_while_it_is_applied(race):
    """Both keys pressed: it is applied or it is not, and no file is left."""

    def put_aside(session, who, _zone):
        apply.discard(session, race.folder, who)
        return "aside"

    for number in range(ROUNDS):
        branch = f"新{'一二三四五'[number]}村党支部"
        digest = race.propose("zone.sysadmin", book(branch, "张三" + "一二三四五"[number]))
        results = race.together(race.accept("zone.sysadmin", digest), ("zone.sysadmin", put_aside))
        assert results[1] == "aside" and (results[0] == 1 or type(results[0]) is NotFound), results
        assert race.count(Unit, Unit.name == branch) == (results[0] == 1)
        assert race.files() == [] and race.count(RosterDraft) == 0


def test_somebody_is_moved_by_hand_while_a_roster_moves_him(race):
    """He ends in one branch or the other, with one open membership;

    whoever comes second is told.
    """
    person, other = race.world.people["village.member1"], race.world.units["school"].id
    lines = [
        ["柏树村党支部", "", race.world.people[f"village2.{who}"].name, "", "", ""]
        for who in ("secretary", "organizer", "member1", "member2", "member3")
    ]
    names = {
        f"village2.{who}": "甲乙丙丁戊"[number] + "树人"
        for number, who in enumerate(("secretary", "organizer", "member1", "member2", "member3"))
    }
    for key, name in names.items():
        race.world.people[key].name = name
    person.name, person.joined_on = "石桥人", date(2010, 7, 1)
    race.session.commit()
    lines = [["柏树村党支部", "", name, "", "", ""] for name in names.values()]
    data = tidy(
        [*lines, ["柏树村党支部", "", "石桥人", "2010.7.1", "", ""]],
        header=HEAD[:4] + ["备注", "手机"],
    )
    digest, person_id = race.propose("zone.sysadmin", data), person.id

    def transfer(session, who, _zone):
        members.transfer(
            session, session.get(Person, person_id), session.get(Unit, other), TODAY, who, NOW
        )
        session.commit()
        return "moved"

    results = race.together(race.accept("zone.sysadmin", digest), ("second.sysadmin", transfer))
    assert all(result in (0, "moved") or getattr(result, "sentence", "") for result in results), (
        results
    )
    assert (
        race.count(Membership, Membership.person_id == person_id, Membership.to_on.is_(None)) == 1
    )
    assert any(result in (0, "moved") for result in results), results


def test_what_breaks_half_way_leaves_everything_as_it_was(race, monkeypatch):
    digest = race.propose("zone.sysadmin", book("白沙村党支部", "张三丰", "李四海"))
    with monkeypatch.context() as patch:
        patch.setattr(apply, "_change_units", lambda *_: 1 / 0)
        [broken] = race.together(race.accept("zone.sysadmin", digest))
    assert isinstance(broken, ZeroDivisionError)
    assert (
        race.count(Unit, Unit.name == "白沙村党支部")
        == race.count(Person, Person.name == "张三丰")
        == 0
    )
    assert race.together(race.accept("zone.sysadmin", digest)) == [2]
    race.whole("白沙村党支部", ["张三丰", "李四海"])
