"""Power by page: who may not have it alone, who loses it, and what is taken back."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.ledger import life_meetings
from oversight.models import Account, Case, Membership, Notice, Person, Post, PostProposal, Slip
from oversight.register import posts
from oversight.time import sweep
from tests.db.test_attendance import record, sheet
from tests.db.test_power_walk import told
from tests.support.actors import Play
from tests.support.html import Reader
from tests.support.world import FOUNDED, at
from tests.web.test_effective_days import reorganize

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def join(session, world, person: str, branch: str) -> None:
    """Make somebody a member of a branch. Commits."""
    one, unit = world.people[person], world.units[branch]
    row = Membership(
        zone_id=unit.zone_id, person_id=one.id, unit_id=unit.id, from_on=FOUNDED, sort=99
    )
    session.add(row)
    session.commit()


def post_of(session, person) -> Post:
    return session.scalar(sa.select(Post).where(Post.person_id == person.id))


# Leaving ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, why", [("village.member1", "left"), ("village.secretary", "died")])
def test_who_has_left_no_longer_logs_in(reader, app, world, clock, name, why):
    admin, path = reader("zone.sysadmin"), f"/admin/people/{world.people[name].id}"
    admin.submit(admin.get(path), "/gone", why=why, on="2026-11-24")
    clock.now = at("2026-11-26").now
    Reader(app).login(name, status=422)


def test_the_token_of_who_has_left_opens_nothing(reader, api, world, clock):
    admin = reader("zone.sysadmin")
    api("village.member1").get("/me")
    page = admin.get(f"/admin/people/{world.people['village.member1'].id}")
    admin.submit(page, "/gone", why="left", on="2026-11-24")
    clock.now = at("2026-11-26").now
    assert api("village.member1").send("GET", "/me").status_code == 401


def test_who_holds_no_post_any_more_and_is_no_member_logs_in_no_more(
    reader, app, world, session, clock
):
    admin, post = reader("zone.secadmin"), post_of(session, world.people["town1.inspector"])
    page = admin.get(f"/admin/units/{world.units['town1'].id}/posts")
    admin.submit(page, f"/{post.id}/end", last="2026-11-24")
    clock.now = at("2026-11-26").now
    Reader(app).login("town1.inspector", status=422)


# One door ----------------------------------------------------------------------------------------


def test_administrators_do_not_write_each_other_down_as_gone(reader, session, world):
    join(session, world, "zone.auditor", "organ")
    admin = reader("zone.sysadmin")
    page = admin.get(f"/admin/people/{world.people['zone.auditor'].id}")
    admin.submit(page, "/gone", 403, why="died", on="2026-11-24")


def test_a_town_does_not_come_under_a_town(reader, world):
    admin, path = reader("zone.officer"), f"/admin/units/{world.units['town1'].id}/move"
    admin.submit(admin.get(path), "/move", 422, into=world.units["town2"].id, on="2026-11-24")


def test_a_merger_is_of_our_time(reader, world):
    admin, path = reader("town1.officer"), f"/admin/units/{world.units['village'].id}/merge"
    admin.submit(admin.get(path), "/merge", 422, into=world.units["community"].id, on="2099-01-01")


def test_nobody_is_appointed_from_above_without_consent(reader, session, world):
    officer, path = reader("town1.officer"), f"/admin/units/{world.units['village'].id}/posts"
    page, person = officer.get(f"{path}?find=zone.deputy"), world.people["zone.deputy"].id
    words = {"person": person, "office": "deputy", "from_on": "2026-11-24"}
    officer.raw("POST", path, data=dict(page.fields("/posts")) | words)
    of_branch = Post.unit_id == world.units["village"].id
    assert session.scalar(sa.select(Post.id).where(Post.person_id == person, of_branch)) is None


def test_a_merger_ends_posts_with_a_term_too(reader, api, world, clock, session):
    village, admin = world.units["village"], reader("zone.secadmin")
    admin.submit(
        admin.get(f"/admin/units/{village.id}/posts"),
        "/posts",
        person=world.people["village.member1"].id,
        office="deputy",
        from_on="2026-11-24",
        to_on="2027-12-31",
    )
    reorganize(reader("town1.officer"), village, "merge", world.units["community"], "2026-11-25")
    clock.now = at("2026-12-01").now
    sweep.sweep(session, at("2026-12-01"))
    assert api("village.member1").get("/me")["posts"] == []


def test_a_death_of_long_ago_is_refused(reader, world):
    page = reader("zone.sysadmin").get(f"/admin/people/{world.people['village.member1'].id}")
    reader("zone.sysadmin").submit(page, "/gone", 422, why="died", on="2001-01-01")


# Rosters ------------------------------------------------------------------------------------------


@pytest.fixture
def proposed(session, world):
    """A roster of one new inspector of the town, uploaded by the system administrator."""
    from oversight.register import proposals

    asked = [
        proposals.Asked(
            world.people[name].id,
            world.units[unit].id,
            office,
            date(2026, 11, 24),
            True,
            name,
            world.units[unit].name,
        )
        for name, unit, office in (
            ("village.member1", "town1", "inspector"),
            ("village.member2", "village", "deputy"),
        )
    ]
    sysadmin = world.people["zone.sysadmin"].id
    proposals.ask(session, world.zone.id, asked, [], "名册.xlsx", sysadmin, at("2026-11-24"))
    session.commit()


def test_a_roster_s_posts_are_named_and_confirmed_one_by_one(reader, world, session, proposed):
    admin = reader("zone.secadmin")
    page = admin.get("/admin/proposals")
    assert "village.member1 任督查员" in page.main and "village.member2 任副书记" in page.main
    assert not session.scalar(sa.select(Post.id).where(Post.office == "inspector", _of(world)))
    first = session.scalar(sa.select(PostProposal.id).order_by(PostProposal.id).limit(1))
    admin.submit(page, "/confirm", proposal=first)
    assert session.scalar(sa.select(Post.id).where(Post.office == "inspector", _of(world)))
    assert "village.member1" not in admin.get("/admin/proposals").main
    play = Play(session, world)
    assert "village.member1已任青溪镇党委督查员。" in told(play, "village.member1")


def _waiting():
    return sa.select(PostProposal.id).where(PostProposal.decided_at.is_(None))


def _of(world):
    return Post.person_id == world.people["village.member1"].id


def test_a_roster_s_posts_are_declined_with_a_reason(reader, world, session, proposed):
    admin = reader("zone.secadmin")
    page = admin.get("/admin/proposals")
    form = dict(page.fields("/confirm")) | {"proposal": list(session.scalars(_waiting()))}
    again = admin.raw("POST", "/admin/proposals/decline", data=form | {"why": ""})
    assert again.status_code == 422 and "请写明收回的原因" not in again.text
    assert (
        admin.raw("POST", "/admin/proposals/decline", data=form | {"why": "未经研究"}).status_code
        == 302
    )
    assert not session.scalar(_waiting())
    assert session.scalar(sa.select(Post.id).where(_of(world))) is None


@pytest.mark.parametrize("name", ["zone.sysadmin", "zone.auditor", "zone.officer", "town1.officer"])
def test_only_the_security_administrator_confirms(reader, session, proposed, name):
    form = dict(reader(name).get("/me").fields("/text-size"))
    for act in ("confirm", "decline"):
        rows = list(session.scalars(sa.select(PostProposal.id)))
        words = form | {"proposal": rows, "why": "不对"}
        assert reader(name).raw("POST", f"/admin/proposals/{act}", data=words).status_code == 403
    assert not session.scalar(sa.select(PostProposal.id).where(PostProposal.outcome.is_not(None)))


# Taking back --------------------------------------------------------------------------------------


def test_an_appointment_is_taken_back_while_nothing_rests_on_it(reader, world, session):
    admin, path = reader("town1.officer"), f"/admin/units/{world.units['village'].id}/posts"
    person = world.people["village.member1"]
    admin.submit(admin.get(path), "/posts", person=person.id, office="deputy", from_on="2026-11-24")
    post = session.scalar(sa.select(Post).where(Post.person_id == person.id))
    admin.submit(admin.get(path), f"{post.id}/undo_begin", 422, why="")
    admin.submit(admin.get(path), f"{post.id}/undo_begin", why="选错了人")
    assert session.scalar(sa.select(Post.id).where(Post.person_id == person.id)) is None
    assert "收回任职登记" in admin.get(path).main and "选错了人" in admin.get(path).main


def test_a_post_by_which_somebody_acted_is_not_taken_back(reader, world, session, play):
    play.move(play.asked(), "town1.officer", "approve")
    post = post_of(session, world.people["town1.officer"])
    page = reader("zone.secadmin").get(f"/admin/units/{world.units['town1'].id}/posts")
    reader("zone.secadmin").submit(page, f"{post.id}/undo_begin", 422, why="登记错了")
    assert session.get(Post, post.id) is not None


@pytest.mark.parametrize("what", ["acting", "meeting", "sheet"])
def test_a_post_on_which_a_record_rests_is_not_taken_back(reader, world, session, what):
    post = session.scalar(
        sa.select(Post).where(Post.person_id == world.people["village.organizer"].id)
    )
    rest_on(session, world, world.actor("village.organizer", at("2026-11-24").today), what)
    session.commit()
    admin, path = reader("zone.secadmin"), f"/admin/units/{world.units['village'].id}/posts"
    page = admin.submit(admin.get(path), f"{post.id}/undo_begin", 422, why="选错了人")
    assert "办过事" in page.main and session.get(Post, post.id) is not None


def rest_on(session, world, who, what: str) -> None:
    """Leave behind what was done by a post."""
    now, branch = at("2026-11-24"), world.units["village"]
    if what == "acting":
        one = world.people["village.member1"]
        posts.give(session, branch, "organizer", one, now.today, now.today, "出差", who, now)
    elif what == "meeting":
        life_meetings.note(session, branch.id, "2026-11-20", who, now)
    else:
        record(session, world, sheet(world), who="village.organizer")


def test_an_ending_is_taken_back_until_somebody_has_followed(reader, world, session, clock):
    admin, path = reader("zone.secadmin"), f"/admin/units/{world.units['town1'].id}/posts"
    person = world.people["town1.inspector"]
    post = post_of(session, person)
    admin.submit(admin.get(path), f"/{post.id}/end", last="2026-11-23")
    session.expire_all()
    account = session.scalar(sa.select(Account).where(Account.person_id == person.id))
    assert not account.enabled
    admin.submit(admin.get(path), f"{post.id}/undo_end", why="看错了人")
    session.expire_all()
    assert account.enabled and post.to_on is None


def test_a_death_that_was_none_is_taken_back(reader, world, session):
    admin, person = reader("zone.sysadmin"), world.people["village.secretary"]
    admin.submit(admin.get(f"/admin/people/{person.id}"), "/gone", why="died", on="2026-11-24")
    path = f"/admin/units/{world.units['village'].id}/people"
    page = admin.get(path)
    assert "一年内登记离开的" in page.main
    admin.submit(page, "/undo_left", 422, why="")
    admin.submit(page, "/undo_left", why="同名的另一个人")
    session.expire_all()
    assert session.get(Person, person.id).left_on is None
    assert post_of(session, person).to_on is None
    assert session.scalar(sa.select(Account.enabled).where(Account.person_id == person.id))
    membership = sa.select(Membership.to_on).where(Membership.person_id == person.id)
    assert session.scalars(membership).all() == [None]


def test_a_slip_that_was_not_used_is_taken_back(reader, app, world, session):
    admin, unit = reader("zone.sysadmin"), world.units["village"]
    account = session.scalar(sa.select(Account).where(Account.username == "village.member1"))
    account.password_hash = ""
    shown = admin.submit(admin.get(f"/accounts/units/{unit.id}"), f"{account.person_id}/reset")
    assert "激活码" in shown.text
    page = admin.get(f"/accounts/units/{unit.id}")
    admin.submit(page, f"{account.person_id}/undo_slip", why="写错了人")
    assert "收回激活单" not in admin.get(f"/accounts/units/{unit.id}").main
    live = sa.select(Slip.id).where(Slip.ended_at.is_(None), Slip.account_id == account.id)
    assert session.scalar(live) is None


def with_term(session, world, to_on: date) -> Post:
    post = post_of(session, world.people["town1.inspector"])
    post.to_on = to_on
    session.commit()
    return post


def test_a_term_is_not_made_longer_by_ending_it(reader, world, session):
    """It would be an appointment by one hand alone."""
    post, admin = with_term(session, world, date(2026, 12, 31)), reader("zone.secadmin")
    path = f"/admin/units/{world.units['town1'].id}/posts"
    page = admin.submit(admin.get(path), f"{post.id}/end", 422, last="2027-11-20")
    assert "另行任职" in page.main
    admin.submit(admin.get(path), f"{post.id}/end", last="2026-11-30")
    session.expire_all()
    assert post.to_on == date(2026, 11, 30)
    admin.submit(admin.get(path), f"{post.id}/undo_end", why="日期填错")
    session.expire_all()
    assert post.to_on == date(2026, 12, 31)


def test_a_term_that_is_over_is_not_taken_back(reader, world, session):
    post, admin = with_term(session, world, date(2026, 11, 20)), reader("zone.secadmin")
    path = f"/admin/units/{world.units['town1'].id}/posts"
    page = admin.submit(admin.get(path), f"{post.id}/undo_end", 422, why="想再任")
    session.expire_all()
    assert "任期届满" in page.main and post.to_on == date(2026, 11, 20)


def test_what_ended_long_ago_is_appointed_anew(reader, world, session):
    post = post_of(session, world.people["town1.inspector"])
    post.to_on = date(2026, 10, 1)
    path = f"/admin/units/{world.units['town1'].id}/posts"
    form = dict(reader("zone.secadmin").get(path).fields("/posts")) | {"why": "看错了"}
    answer = reader("zone.secadmin").raw("POST", f"/admin/posts/{post.id}/undo_end", data=form)
    assert answer.status_code == 422 and "另行任职" in answer.text


# Resets -------------------------------------------------------------------------------------------


def test_a_reset_of_who_decides_is_a_case_first(reader, world, session):
    admin, town = reader("zone.sysadmin"), world.units["town1"]
    person = world.people["town1.officer"]
    page = admin.get(f"/accounts/units/{town.id}")
    shown = admin.submit(page, f"{person.id}/reset")
    assert "另一名管理员放行" in shown.main and "激活码" not in shown.main
    case = session.scalar(sa.select(Case).where(Case.workflow == "account_reset"))
    other = reader("zone.secadmin")
    other.submit(other.get(f"/cases/{case.id}"), "/moves/release")
    slip = admin.submit(admin.get(f"/accounts/units/{town.id}"), f"{person.id}/reset")
    assert "激活码" in slip.text
    Reader(reader("zone.auditor").client.application).login("town1.officer", status=422)
    assert session.scalar(
        sa.select(Notice.id).where(Notice.person_id == person.id, Notice.text.contains("已重置"))
    )
