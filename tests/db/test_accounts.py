"""Slips, resets, locks: who may, what is kept, and that a code opens an account once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from oversight.base.clock import Moment
from oversight.base.refusals import Forbidden, InvalidInput, NotFound, RuleViolation, TooMany
from oversight.models import Account, AdminChange, Membership, Post, Slip
from oversight.register import accounts, audit_log, credentials, tokens
from tests.support.dump import dump
from tests.support.world import at

TODAY = date(2026, 11, 24)
NOW = at("2026-11-24")
NEW = "a-sentence-as-password"


@pytest.fixture
def root(world):
    return world.actor("zone.sysadmin", TODAY)


@pytest.fixture
def slip(session, world, root):
    made = accounts.issue_one(session, world.people["village.member1"].id, root, NOW)
    session.commit()
    return made


def account(session, world, name: str = "village.member1") -> Account:
    return session.scalar(sa.select(Account).where(Account.person_id == world.people[name].id))


def acts(session) -> list[str]:
    return list(
        session.scalars(sa.select(AdminChange.act).order_by(AdminChange.at, AdminChange.id))
    )


def later(**more) -> Moment:
    return Moment(NOW.now + timedelta(**more), TODAY)


def test_a_branch_gets_a_slip_for_each_who_has_no_password(session, world, root):
    made = accounts.issue_unit(session, world.units["village"], root, NOW)
    session.commit()
    assert (
        len(made) == 5
        and len({one.username for one in made}) == 5
        and len({one.code for one in made}) == 5
    )
    assert {one.unit for one in made} == {"石桥村党支部"}
    assert accounts.issue_unit(session, world.units["village"], root, later(hours=1)) == []
    assert (
        len(accounts.issue_unit(session, world.units["village"], root, later(hours=1), again=True))
        == 5
    )


def test_a_town_s_slips_reach_its_branches(session, world, root):
    made = accounts.issue_unit(session, world.units["town1"], root, NOW)
    assert {one.unit for one in made} >= {"青溪镇党委", "石桥村党支部", "桃源社区党支部"}
    assert "柏树村党支部" not in {one.unit for one in made}


def test_only_the_hash_of_a_code_is_kept(session, slip):
    kept = str(dump(session))
    assert slip.code not in kept and slip.code.replace(" ", "") not in kept
    assert len(slip.code.replace(" ", "")) == 16


def test_a_slip_opens_the_account_once(session, world, slip):
    accounts.activate(session, slip.username, slip.code.lower(), NEW, NOW)
    assert credentials.sign_in(session, slip.username, NEW, NOW)
    with pytest.raises(InvalidInput):
        accounts.activate(session, slip.username, slip.code, "another-password", NOW)
    assert credentials.sign_in(session, slip.username, NEW, NOW)
    assert acts(session) == ["issue", "activate"]


def test_an_account_without_a_password_opens_to_no_password(session, slip):
    assert credentials.sign_in(session, slip.username, "", NOW) is None
    assert credentials.sign_in(session, slip.username, slip.code, NOW) is None


def test_a_slip_expires(session, slip):
    with pytest.raises(InvalidInput, match="已过期"):
        accounts.activate(
            session, slip.username, slip.code, NEW, Moment(NOW.now + accounts.LASTS, TODAY)
        )
    accounts.activate(
        session,
        slip.username,
        slip.code,
        NEW,
        Moment(NOW.now + accounts.LASTS - timedelta(seconds=1), TODAY),
    )


def test_a_newer_slip_takes_the_place_of_the_older(session, world, root, slip):
    newer = accounts.issue_one(session, world.people["village.member1"].id, root, NOW)
    session.commit()
    with pytest.raises(InvalidInput):
        accounts.activate(session, slip.username, slip.code, NEW, NOW)
    accounts.activate(session, newer.username, newer.code, NEW, NOW)


def test_another_s_slip_opens_nothing(session, world, root, slip):
    other = accounts.issue_one(session, world.people["village.member2"].id, root, NOW)
    session.commit()
    with pytest.raises(InvalidInput):
        accounts.activate(session, other.username, slip.code, NEW, NOW)


def test_wrong_codes_make_who_tries_them_wait(session, world, root, slip):
    def wrong(at=NOW):
        accounts.activate(session, slip.username, "WRONG", NEW, at)

    for _ in range(5):
        with pytest.raises(InvalidInput):
            wrong()
    for code in ("WRONG", slip.code):
        with pytest.raises(TooMany):
            accounts.activate(session, slip.username, code, NEW, NOW)
    with pytest.raises(InvalidInput):
        wrong(later(seconds=2))
    with pytest.raises(TooMany, match="4 秒"):
        wrong(later(seconds=2))
    newer = accounts.issue_one(session, world.people["village.member1"].id, root, later(seconds=3))
    session.commit()
    accounts.activate(session, newer.username, newer.code, NEW, later(seconds=3))


def test_an_unknown_name_reads_as_a_wrong_code(session, slip):
    said = set()
    for username in (slip.username, "9999999"):
        with pytest.raises(InvalidInput) as no:
            accounts.activate(session, username, "WRONG", NEW, NOW)
        said.add(no.value.sentence)
    assert len(said) == 1


def test_a_short_password_spends_nothing(session, slip):
    with pytest.raises(InvalidInput, match="10 到 128"):
        accounts.activate(session, slip.username, slip.code, "short", NOW)
    accounts.activate(session, slip.username, slip.code, NEW, NOW)


def test_a_reset_takes_password_log_ins_and_tokens(session, world, root, slip):
    accounts.activate(session, slip.username, slip.code, NEW, NOW)
    live = credentials.sign_in(session, slip.username, NEW, NOW)
    token = tokens.issue(session, account(session, world), None, NOW)
    session.commit()
    again = accounts.issue_one(session, world.people["village.member1"].id, root, NOW)
    session.commit()
    assert again.username == slip.username
    assert credentials.live_login(session, live, NOW.now) is None
    assert tokens.found(session, token, NOW) is None
    assert credentials.sign_in(session, slip.username, NEW, NOW) is None
    assert acts(session)[-1] == "reset"


def test_a_locked_account_is_shut_until_unlocked(session, world, root, slip):
    accounts.activate(session, slip.username, slip.code, NEW, NOW)
    live = credentials.sign_in(session, slip.username, NEW, NOW)
    person = world.people["village.member1"].id
    accounts.lock(session, person, root, NOW, "手机丢失")
    session.commit()
    assert credentials.live_login(session, live, NOW.now) is None
    assert credentials.sign_in(session, slip.username, NEW, NOW) is None
    with pytest.raises(RuleViolation, match="先解除锁定"):
        accounts.issue_one(session, person, root, NOW)
    accounts.unlock(session, person, root, NOW)
    session.commit()
    assert credentials.sign_in(session, slip.username, NEW, NOW)
    assert session.scalar(sa.select(AdminChange.what).where(AdminChange.act == "lock"))["why"] == [
        None,
        "手机丢失",
    ]


def test_a_slip_does_not_open_a_locked_account(session, world, root, slip):
    accounts.lock(session, world.people["village.member1"].id, root, NOW)
    session.commit()
    with pytest.raises(InvalidInput):
        accounts.activate(session, slip.username, slip.code, NEW, NOW)


def test_who_left_has_no_account_until_he_belongs_again(session, world, root, slip):
    person = world.people["village.member1"].id
    accounts.leave(session, person, root, NOW)
    session.execute(
        sa.update(Membership).where(Membership.person_id == person).values(to_on=date(2026, 11, 23))
    )
    session.commit()
    assert account(session, world).closed_at is not None
    with pytest.raises(RuleViolation, match="已离开"):
        accounts.unlock(session, person, None, NOW)
    session.rollback()
    world.session.add(
        Membership(
            zone_id=world.zone.id, person_id=person, unit_id=world.units["organ"].id, from_on=TODAY
        )
    )
    session.commit()
    accounts.unlock(session, person, root, NOW)
    assert account(session, world).enabled and account(session, world).closed_at is None


@pytest.mark.parametrize(
    "name",
    [
        "zone.secadmin",
        "zone.auditor",
        "zone.officer",
        "zone.secretary",
        "town1.officer",
        "village.secretary",
    ],
)
def test_only_system_administrators_keep_accounts(session, world, slip, name):
    who, person = world.actor(name, TODAY), world.people["village.member1"].id
    before = dump(session)
    for act in (accounts.issue_one, accounts.lock, accounts.unlock, accounts.leave):
        with pytest.raises(Forbidden):
            act(session, person, who, NOW)
        session.rollback()
    with pytest.raises(Forbidden):
        accounts.issue_unit(session, world.units["village"], who, NOW)
    session.rollback()
    assert dump(session) == before


@pytest.mark.parametrize("name", ["zone.secadmin", "zone.auditor", "zone.sysadmin"])
def test_the_three_administrators_are_out_of_each_other_s_hands(session, world, root, name):
    with pytest.raises(Forbidden):
        accounts.issue_one(session, world.people[name].id, root, NOW)
    made = accounts.issue_unit(session, world.units["zone"], root, NOW)
    assert name not in {one.person for one in made}
    assert accounts.issue_one(session, world.people[name].id, None, NOW).person == name


def test_a_town_s_administrator_keeps_his_town(session, world):
    world.person("town1.root")
    world.post("town1.root", "town1", "sysadmin")
    who = world.actor("town1.root", TODAY)
    accounts.issue_one(session, world.people["village.member1"].id, who, NOW)
    for person in ("village2.member1", "zone.officer"):
        with pytest.raises(NotFound):
            accounts.issue_one(session, world.people[person].id, who, NOW)
    with pytest.raises(NotFound):
        accounts.issue_unit(session, world.units["town2"], who, NOW)


def test_nobody_gets_a_slip_who_belongs_nowhere(session, world, root):
    world.person("stranger")
    with pytest.raises(RuleViolation, match="不在任何支部"):
        accounts.issue_one(session, world.people["stranger"].id, root, NOW)


def test_an_unknown_person_is_not_found(session, root):
    for person_id in ("nonsense", "01a20d19-2dd3-750e-b8e2-a660b2af10a0"):
        with pytest.raises(NotFound):
            accounts.issue_one(session, person_id, root, NOW)
        with pytest.raises(NotFound):
            accounts.lock(session, person_id, root, NOW)


def test_what_was_done_stands_in_the_record_of_changes(session, world, root, slip):
    [row] = audit_log.listed(session, world.zone.id, "accounts")
    assert (row.act, row.by_id, row.about_id) == (
        "issue",
        root.id,
        world.people["village.member1"].id,
    )
    assert slip.code not in str(row.what) + row.about


def test_what_the_terminal_does_is_recorded_without_a_name(session, world):
    accounts.issue_one(session, world.people["zone.auditor"].id, None, NOW)
    session.commit()
    assert session.scalar(sa.select(AdminChange)).by_id is None


def test_a_post_of_yesterday_keeps_nothing(session, world):
    session.execute(
        sa.update(Post).where(Post.office == "sysadmin").values(to_on=date(2026, 11, 23))
    )
    session.commit()
    with pytest.raises(Forbidden):
        accounts.issue_one(
            session, world.people["village.member1"].id, world.actor("zone.sysadmin", TODAY), NOW
        )
    assert session.scalar(sa.select(sa.func.count()).select_from(Slip)) == 0
