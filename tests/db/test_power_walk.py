"""Power in two hands: posts above the branches, people of others, resets; each from its asking to an
end.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import Forbidden, RuleViolation
from oversight.engine import inbox
from oversight.models import Account, AdminChange, ApiToken, Case, Notice, Post
from oversight.register import accounts, tenure, zone_settings
from oversight.time import sweep
from tests.support.actors import Play

TODAY = date(2026, 11, 24)
WALKS = {
    "appointment": "test_a_town_s_post_is_asked_by_one_and_released_by_another",
    "secondment": "test_who_serves_above_is_appointed_by_his_side_s_consent",
    "account_reset": "test_a_reset_is_asked_released_handed_out_and_confirmed",
}


@pytest.fixture
def play(session, world):
    return Play(session, world)


def seat(play: Play, person: str, unit: str, office: str, **days) -> tenure.Seat:
    world = play.world
    days = {"from_on": TODAY, **days}
    return tenure.Seat(world.units[unit], world.people[person], office, **days)


def appoint(play: Play, by: str, *where) -> Post | Case:
    made = tenure.appoint(play.session, seat(play, *where), play.who(by), play.at)
    play.session.commit()
    return made


def town_post(play: Play) -> Case:
    """Ask for a post at the town for the village's first member."""
    return appoint(play, "zone.secadmin", "village.member1", "town1", "inspector")


def seconded(play: Play) -> Case:
    """Ask for the zone's deputy as deputy of the village."""
    return appoint(play, "town1.officer", "zone.deputy", "village", "deputy")


def opened(play: Play, name: str = "town1.officer") -> Account:
    """Give somebody an account with a password and a token."""
    person = play.world.people[name]
    account = accounts.open_account(play.session, person, name, "hash", play.at)
    play.session.commit()
    return account


def reset_asked(play: Play, name: str = "town1.officer") -> Case:
    opened(play, name)
    who, person = play.who("zone.sysadmin"), play.world.people[name].id
    case = accounts.ask_reset(play.session, person, "忘记密码", who, play.at)
    play.session.commit()
    return case


def reset_released(play: Play) -> Case:
    return play.say(reset_asked(play), "zone.secadmin", "release", {})


def reset_handed(play: Play) -> Case:
    case = reset_released(play)
    person = play.world.people["town1.officer"].id
    accounts.issue_one(play.session, person, play.who("zone.sysadmin"), play.at)
    play.session.commit()
    return play.session.get(Case, case.id, populate_existing=True)


def opened_again(play: Play, name: str = "town1.officer") -> None:
    """Let somebody set a password by his slip."""
    ids = Account.person_id == play.world.people[name].id
    play.session.execute(sa.update(Account).where(ids).values(password_hash="new"))
    play.session.commit()


def holds(play: Play, person: str, office: str) -> bool:
    return play.who(person).holds(office)


def told(play: Play, name: str) -> list[str]:
    rows = sa.select(Notice.text).where(Notice.person_id == play.world.people[name].id)
    return list(play.session.scalars(rows.order_by(Notice.id)))


# Posts above the branches -------------------------------------------------------------------------


def test_a_town_s_post_is_asked_by_one_and_released_by_another(play):
    case = town_post(play)
    assert (case.state, play.desks(case)) == ("asked", ["zone"])
    assert not holds(play, "village.member1", "inspector")
    case = play.say(case, "zone.sysadmin", "release", {})
    assert case.state == "begun" and holds(play, "village.member1", "inspector")
    sentence = "village.member1已任青溪镇党委督查员。"
    for name in ("village.member1", "zone.secadmin", "zone.auditor"):
        assert sentence in told(play, name), name
    [row] = play.session.scalars(sa.select(AdminChange).where(AdminChange.act == "appoint"))
    assert row.by.startswith("zone.sysadmin") and row.about == "青溪镇党委督查员"


def test_it_lies_on_the_desk_of_who_may_release_it(play):
    town_post(play)
    for name, found in (("sysadmin", {"appointment": 1}), ("secadmin", {}), ("auditor", {})):
        who = play.who(f"zone.{name}")
        assert inbox.counts(play.session, who, "mine", TODAY) == found, name


def test_what_nobody_releases_lapses(play):
    case = town_post(play)
    sweep.sweep(play.session, play.on("2026-12-24").at)
    case = play.session.get(Case, case.id, populate_existing=True)
    assert case.state == "lapsed" and not holds(play, "village.member1", "inspector")


@pytest.mark.parametrize("unit", ["zone", "town1", "dept1"])
def test_every_post_above_the_branches_is_released(play, unit):
    case = appoint(play, "zone.secadmin", "village.member1", unit, "committee")
    assert isinstance(case, Case) and case.workflow == "appointment"


def test_where_both_other_administrators_are_concerned_the_auditor_releases(play):
    play.world.person("second")
    play.session.execute(sa.delete(Post).where(Post.office == "sysadmin"))
    case = appoint(play, "zone.secadmin", "second", "zone", "sysadmin")
    assert play.say(case, "zone.auditor", "release", {}).state == "begun"


# Others' people -----------------------------------------------------------------------------------


def test_who_serves_above_is_appointed_by_his_side_s_consent(play):
    case = seconded(play)
    assert (case.state, play.desks(case)) == ("asked", ["zone"])
    assert not play.session.scalar(
        sa.select(Post.id).where(
            Post.unit_id == play.world.units["village"].id, Post.office == "deputy"
        )
    )
    case = play.say(case, "zone.officer", "approve", {})
    assert case.state == "begun"
    assert {post.unit.kind for post in play.who("zone.deputy").posts} == {"zone", "branch"}


def test_who_serves_in_another_town_is_asked_of_that_town(play):
    case = appoint(play, "town1.officer", "town2.inspector", "village", "instructor")
    assert play.desks(case) == ["town2"]


@pytest.mark.parametrize("person", ["village.member1", "town1.inspector", "organ.secretary"])
def test_who_serves_within_reach_is_appointed_at_once(play, person):
    assert isinstance(appoint(play, "town1.officer", person, "village", "deputy"), Post)


# Resets -------------------------------------------------------------------------------------------


def test_a_reset_is_asked_released_handed_out_and_confirmed(play):
    case = reset_asked(play)
    assert (case.state, play.desks(case)) == ("asked", ["zone"])
    who, person = play.who("zone.sysadmin"), play.world.people["town1.officer"].id
    with pytest.raises(RuleViolation, match="另一名管理员放行"):
        accounts.issue_one(play.session, person, who, play.at)
    play.session.rollback()
    case = play.say(case, "zone.secadmin", "release", {})
    assert (case.state, play.desks(case)) == ("released", ["zone"])
    accounts.issue_one(play.session, person, who, play.at)
    play.session.commit()
    case = play.session.get(Case, case.id, populate_existing=True)
    assert (case.state, play.desks(case)) == ("to_confirm", ["town1"])
    opened_again(play)
    request = play.asked()
    play.refused(Forbidden, "unconfirmed", request, "town1.officer", "approve")
    case = play.say(case, "town1.secretary", "confirm", {})
    assert case.state == "confirmed"
    assert play.move(request, "town1.officer", "approve").state == "approved"
    assert any("账号已重置" in text for text in told(play, "town1.officer"))


def test_a_reset_that_was_not_the_owner_s_locks_the_account(play):
    case = play.say(reset_handed(play), "town1.committee1", "deny", {"reason": "他没有要过"})
    owner = play.world.people["town1.officer"]
    account = play.session.scalar(sa.select(Account).where(Account.person_id == owner.id))
    assert case.state == "denied" and not account.enabled and owner.reset_at is not None


def test_a_reset_that_nobody_confirms_locks_the_account(play):
    case = reset_handed(play)
    sweep.sweep(play.session, play.on("2026-12-24").at)
    case = play.session.get(Case, case.id, populate_existing=True)
    assert case.state == "unconfirmed"
    assert play.session.scalar(sa.select(Account.enabled)) is False


def test_the_zone_may_do_without_the_confirmation(play):
    zone = play.world.zone.id
    zone_settings.change(play.session, zone, "reset_confirmation", "off", None, play.at)
    case = reset_handed(play)
    assert case.state == "handed"
    opened_again(play)
    assert play.move(play.asked(), "town1.officer", "approve").state == "approved"


def test_whose_account_was_reset_neither_takes_back_nor_signs_before_it_is_confirmed(play):
    """A consent is taken back above the branch without a new decision; a town's own notice is signed
    in the town itself.
    """
    case, month = play.approved(), {"month": "2026-11", "comment": "多数支部按期开展"}
    notice = play.open("town1.officer", "town1", workflow="bulletin", **month)
    notice = play.move(notice, "town1.officer", "propose")
    for name in ("town1.officer", "town1.secretary"):
        play.world.people[name].reset_at = play.at.now
    play.session.commit()
    play.refused(Forbidden, "unconfirmed", case, "town1.officer", "revoke")
    play.refused(Forbidden, "unconfirmed", notice, "town1.secretary", "sign")
    play.world.people["town1.officer"].reset_at = None
    play.session.commit()
    assert play.move(case, "town1.officer", "revoke").state == "revoked"


@pytest.mark.parametrize("name", ["village.secretary", "village.member1"])
def test_who_decides_nothing_gets_his_slip_at_once(play, name):
    opened(play, name)
    person = play.world.people[name].id
    assert accounts.issue_one(play.session, person, play.who("zone.sysadmin"), play.at).code


def test_a_first_slip_is_no_reset(play):
    person = play.world.people["town1.officer"].id
    assert accounts.issue_one(play.session, person, play.who("zone.sysadmin"), play.at).code
    assert play.world.people["town1.officer"].reset_at is None


def three_log_in(play: Play) -> None:
    """Let the three administrators have passwords."""
    for office in ("sysadmin", "secadmin", "auditor"):
        opened(play, f"zone.{office}")


def test_the_first_slip_of_who_serves_above_passes_through_two_hands(play):
    """§1: credentials of accounts that decide are asked by one and released by another."""
    three_log_in(play)
    root, officer = play.who("zone.sysadmin"), play.world.people["town1.officer"]
    with pytest.raises(RuleViolation, match="另一名管理员放行"):
        accounts.issue_one(play.session, officer.id, root, play.at)
    play.session.rollback()
    town = play.world.units["town1"]
    assert accounts.ask_unit(play.session, town, root, play.at) > 0
    made = accounts.issue_unit(play.session, town, root, play.at)
    assert made and not {one.person for one in made} & {"town1.officer", "town1.secretary"}
    play.session.commit()
    case = accounts.reset_case(play.session, officer.id)
    assert (case.state, case.facts["first"]) == ("asked", True)
    play.refused(Forbidden, "authority", case, "zone.sysadmin", "release")
    case = play.say(case, "zone.secadmin", "release", {})
    [slip] = accounts.issue_unit(play.session, town, root, play.at)
    play.session.commit()
    case = play.session.get(Case, case.id, populate_existing=True)
    assert slip.person == "town1.officer" and case.state == "handed"
    assert officer.reset_at is None
    sweep.sweep(play.session, play.at)
    assert any("发激活单，正等" in text for text in told(play, "town1.officer"))


def test_a_slip_from_before_an_appointment_above_is_void_with_it(play):
    three_log_in(play)
    member = play.world.people["village.member1"]
    accounts.issue_one(play.session, member.id, play.who("zone.sysadmin"), play.at)
    play.session.commit()
    assert accounts.slips_of(play.session, play.world.zone.id, play.at)
    play.say(town_post(play), "zone.sysadmin", "release", {})
    assert not accounts.slips_of(play.session, play.world.zone.id, play.at)


def test_a_fresh_zone_waits_for_no_administrator_whom_it_has_not_yet(play):
    opened(play, "zone.sysadmin")
    opened(play, "zone.secadmin")
    root, person = play.who("zone.sysadmin"), play.world.people["town1.officer"].id
    assert accounts.issue_one(play.session, person, root, play.at).code


def test_the_terminal_resets_and_everybody_learns_of_it(play):
    opened(play)
    person = play.world.people["town1.officer"]
    accounts.issue_one(play.session, person.id, None, play.at)
    play.session.commit()
    for name in ("town1.officer", "zone.sysadmin", "zone.secadmin", "zone.auditor"):
        assert any("账号已重置" in text for text in told(play, name)), name
    assert not play.session.scalars(sa.select(ApiToken)).all() and person.reset_at is None
