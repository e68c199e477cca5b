"""Who may do what today: vacancy, own case, recusal, middle nodes, small branches. Source:
G-2.1.1c.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from oversight.base.refusals import DomainError, Forbidden, NotFound
from oversight.engine import inbox, transitions
from oversight.models import Case, Membership, Post
from tests.support.actors import Play


@pytest.fixture
def play(session, world):
    return Play(session, world)


def end(play, unit: str, *offices: str, on: str = "2026-11-01") -> None:
    """Let posts end on a day: the seats are vacant from the day after."""
    rows = play.session.scalars(
        sa.select(Post).where(Post.unit_id == play.world.units[unit].id, Post.office.in_(offices))
    )
    for post in rows:
        post.to_on = date.fromisoformat(on)
    play.session.commit()


def end_membership(play, *names: str) -> None:
    for name in names:
        play.session.execute(
            sa.update(Membership)
            .where(Membership.person_id == play.world.people[name].id)
            .values(to_on=date(2026, 11, 1))
        )
    play.session.commit()


# The vacancy ladder ------------------------------------------------------------------------------

LADDER = (
    ((), "town1.officer"),
    ((), "town1.secretary"),
    (("officer",), "town1.secretary"),
    (("secretary",), "town1.officer"),
    (("officer", "secretary"), "town1.deputy"),
    (("officer", "secretary", "deputy"), "town1.committee2"),
    (("officer", "secretary", "deputy", "committee"), "zone.officer"),
)


@pytest.mark.parametrize("vacant, who", LADDER)
def test_a_vacant_post_never_locks_a_case(play, vacant, who):
    case = play.asked()
    end(play, "town1", *vacant)
    assert play.on("2026-11-25").move(case, who, "approve").state == "approved"


@pytest.mark.parametrize(
    "vacant, who",
    [
        ((), "town1.deputy"),
        (("officer",), "town1.deputy"),
        (("officer", "secretary"), "town1.committee1"),
        (("officer", "secretary", "deputy"), "zone.officer"),
        (("officer", "secretary", "deputy"), "town1.inspector"),
    ],
)
def test_nobody_steps_in_while_the_tier_before_him_is_filled(play, vacant, who):
    case = play.asked()
    end(play, "town1", *vacant)
    play.on("2026-11-25").refused(Forbidden, "authority", case, who, "approve")


def test_the_number_is_that_of_the_seat_which_answered(play):
    case = play.asked()
    end(play, "town1", "officer", "secretary", "deputy", "committee")
    assert play.move(case, "zone.secretary", "approve").number == "云党工党日〔2026〕1号"


def test_a_request_made_while_the_town_is_vacant_lies_with_the_zone(play):
    end(play, "town1", "officer", "secretary", "deputy", "committee")
    assert play.desks(play.asked()) == ["zone"]


def test_a_post_counts_from_its_first_to_its_last_day(play):
    case = play.asked()
    end(play, "town1", "officer", on="2026-11-26")
    play.world.person("new.officer")
    play.world.post("new.officer", "town1", "officer", from_on=date(2026, 11, 27))
    play.session.commit()
    for day, who, may in (
        ("2026-11-26", "town1.officer", True),
        ("2026-11-26", "new.officer", False),
        ("2026-11-27", "new.officer", True),
        ("2026-11-27", "town1.officer", False),
    ):
        try:
            transitions.perform(
                play.session,
                case.id,
                "approve",
                play.on(day).who(who),
                {"opinion": "同意"},
                version=case.version,
                at=play.at,
            )
            assert may, (day, who)
        except DomainError:
            assert not may, (day, who)
        play.session.rollback()


def test_the_whole_committee_vacant_and_the_zone_too_is_still_no_dead_end(play):
    """The topmost seat keeps the case; whoever is appointed finds it there."""
    case = play.asked()
    for unit in ("town1", "zone"):
        end(play, unit, "officer", "secretary", "deputy", "committee")
    play.world.person("late.officer")
    play.world.post("late.officer", "zone", "officer", from_on=date(2026, 11, 25))
    play.session.commit()
    assert play.on("2026-11-25").move(case, "late.officer", "approve").state == "approved"


# Own case ----------------------------------------------------------------------------------------


def test_the_towns_officer_who_leads_the_branch_cannot_answer_and_the_other_can(play):
    play.world.post("village.secretary", "town1", "officer")
    play.session.commit()
    case = play.asked()
    play.refused(Forbidden, "authority", case, "village.secretary", "approve")
    assert play.move(case, "town1.officer", "approve").state == "approved"


@pytest.mark.parametrize("office", ["secretary", "deputy", "organizer"])
def test_own_case_counts_as_vacant_deputy_then_committee_then_superior(play, office):
    """Each of the town's tiers in turn is held by the branch's own leaders alone."""
    play.world.post("town1.officer", "village", office)
    play.world.post("town1.secretary", "village", "organizer")
    play.session.commit()
    case = play.asked()
    for name in ("town1.officer", "town1.secretary"):
        play.refused(Forbidden, "authority", case, name, "approve")
    play.world.post("town1.deputy", "village", "organizer")
    play.session.commit()
    play.refused(Forbidden, "authority", case, "town1.deputy", "approve")
    for number in (1, 2, 3):
        play.world.post(f"town1.committee{number}", "village", "organizer")
    play.session.commit()
    play.refused(Forbidden, "authority", case, "town1.committee1", "approve")
    assert play.move(case, "zone.officer", "approve").state == "approved"


def test_whoever_acted_for_the_branch_is_barred_even_without_an_office_in_it(play):
    """A branch without leaders: a member steps in, and answers nothing as the town's officer."""
    end(play, "village", "secretary", "organizer")
    play.world.post("village.member1", "town1", "officer")
    play.session.commit()
    case = play.asked(name="village.member1")
    play.refused(Forbidden, "authority", case, "village.member1", "approve")


@pytest.mark.parametrize(
    "last, barred", [("2026-11-23", True), ("2026-10-25", True), ("2026-10-24", False)]
)
def test_who_led_the_branch_till_lately_does_not_answer_it(play, last, barred):
    """House rule: thirty days; the branch asks on 24 November."""
    play.world.person("moved.up", "community")
    play.world.post("moved.up", "village", "deputy", to_on=date.fromisoformat(last))
    play.world.post("moved.up", "town1", "officer")
    play.session.commit()
    case = play.asked()
    if barred:
        play.refused(Forbidden, "authority", case, "moved.up", "approve")
        assert not inbox.box_count(
            play.session, play.world.actor("moved.up", play.at.today), "mine"
        )
    else:
        assert play.move(case, "moved.up", "approve").state == "approved"


def test_who_led_the_branch_when_it_asked_never_answers_it(play):
    """However long it lies: who stood on its side is frozen when it asks."""
    play.world.post("town1.officer", "village", "deputy", to_on=date(2026, 10, 20))
    play.session.commit()
    case = play.asked()
    case.opened_at -= timedelta(days=40)
    play.session.commit()
    play.refused(Forbidden, "authority", case, "town1.officer", "approve")


def test_another_branchs_leader_may_well_be_the_towns_officer(play):
    play.world.post("community.secretary", "town1", "officer")
    play.session.commit()
    assert play.move(play.asked(), "community.secretary", "approve").state == "approved"


# Recusal -----------------------------------------------------------------------------------------


def test_a_recused_person_does_nothing_more_in_the_case(play):
    case = play.move(play.asked(), "town1.officer", "recuse")
    for move in ("approve", "refuse", "return", "recuse", "void", "terminate"):
        play.refused(Forbidden, "authority", case, "town1.officer", move)


def test_recusal_holds_for_the_case_and_not_for_others(play):
    play.move(play.asked(), "town1.officer", "recuse")
    other = play.asked(name="community.secretary", unit="community")
    assert play.move(other, "town1.officer", "approve").state == "approved"


def test_recused_from_the_branch_the_next_takes_the_pen(play):
    case = play.move(play.open("village.secretary"), "village.secretary", "recuse")
    play.refused(Forbidden, "authority", case, "village.secretary", "ask")
    assert play.move(case, "village.organizer", "ask").state == "asked"


# Middle nodes ------------------------------------------------------------------------------------


def middle(play, is_transparent: bool) -> None:
    world = play.world
    world.unit(
        "party",
        "middle",
        "town1",
        title="青溪镇机关党委",
        prefix="机委",
        is_transparent=is_transparent,
    )
    world.unit("office", "branch", "party", "organ", title="财政所党支部")
    for name, unit, office in (
        ("party.secretary", "party", "secretary"),
        ("office.secretary", "office", "secretary"),
    ):
        world.person(name, unit if unit == "office" else None)
        world.post(name, unit, office)
    play.session.commit()


def test_a_middle_node_is_the_direct_superior(play):
    middle(play, is_transparent=False)
    case = play.asked(name="office.secretary", unit="office")
    assert play.desks(case) == ["party"]
    play.refused(Forbidden, "authority", case, "town1.officer", "approve")
    assert play.move(case, "party.secretary", "approve").number == "机委党日〔2026〕1号"


def test_over_a_middle_node_the_town_takes_over_and_not_the_zone(play):
    """Escalation climbs one tier."""
    middle(play, is_transparent=False)
    case = play.asked(name="office.secretary", unit="office")
    play.on("2026-11-30").refused(Forbidden, "authority", case, "zone.officer", "take_over")
    case = play.move(case, "town1.officer", "take_over")
    assert play.desks(case) == ["town1"]
    case = play.on("2026-12-03").move(case, "town1.secretary", "approve")
    assert case.number == "青委党日〔2026〕1号"


def test_escalation_never_climbs_past_the_zone(play):
    case = play.asked()
    case = play.on("2026-11-30").move(case, "zone.officer", "take_over")
    play.on("2026-12-03")
    for name in ("zone.officer", "zone.secretary", "town1.officer"):
        with pytest.raises(DomainError):
            play.move(case, name, "take_over")
        play.session.rollback()


def test_a_middle_node_that_passes_through_is_skipped(play):
    middle(play, is_transparent=True)
    case = play.asked(name="office.secretary", unit="office")
    assert play.desks(case) == ["town1"]
    play.refused(Forbidden, "authority", case, "party.secretary", "approve")
    assert play.move(case, "town1.officer", "approve").number == "青委党日〔2026〕1号"


def test_a_branch_directly_under_the_zone_asks_the_zone(play):
    play.world.unit("zoneoffice", "branch", "zone", "organ", title="区直机关党支部")
    play.world.person("zoneoffice.secretary", "zoneoffice")
    play.world.post("zoneoffice.secretary", "zoneoffice", "secretary")
    play.session.commit()
    case = play.asked(name="zoneoffice.secretary", unit="zoneoffice")
    assert play.desks(case) == ["zone"]
    play.on("2026-11-30")
    with pytest.raises(DomainError):
        play.move(case, "zone.secretary", "take_over")
    play.session.rollback()
    assert play.move(case, "zone.secretary", "approve").number == "云党工党日〔2026〕1号"


# The branch itself -------------------------------------------------------------------------------


def test_a_branch_of_three_without_a_committee_can_ask(play):
    """Below seven full members there may be a secretary only; when he is gone a member steps in."""
    end(play, "village", "secretary", "organizer")
    end_membership(play, "village.secretary", "village.organizer")
    case = play.open("village.member2")
    assert play.move(case, "village.member3", "ask").state == "asked"
    assert play.journal(case)[-1].actor == "village.member3（石桥村党支部党员）"


def test_a_branch_of_three_with_its_secretary_is_not_led_by_members(play):
    end(play, "village", "organizer")
    end_membership(play, "village.organizer", "village.member3")
    play.no(Forbidden, "authority", play.open, "village.member1")
    assert play.move(play.open("village.secretary"), "village.secretary", "ask").state == "asked"


def test_a_probationary_member_does_not_step_in(play):
    end(play, "village", "secretary", "organizer")
    play.world.people["village.member1"].probationary = True
    play.session.commit()
    play.no(Forbidden, "authority", play.open, "village.member1")
    assert play.open("village.member2").state == "draft"


def test_an_empty_branch_is_led_by_its_superior_who_then_does_not_answer(play):
    end(play, "village", "secretary", "organizer")
    everybody = ("secretary", "organizer", "member1", "member2", "member3")
    end_membership(play, *(f"village.{who}" for who in everybody))
    case = play.asked(name="town1.officer")
    play.refused(Forbidden, "authority", case, "town1.officer", "approve")
    assert play.move(case, "town1.secretary", "approve").state == "approved"


def test_publicity_and_discipline_step_in_when_the_leaders_are_gone(play):
    play.world.post("village.member1", "village", "publicity")
    play.session.commit()
    play.no(Forbidden, "authority", play.open, "village.member1")
    end(play, "village", "secretary", "organizer")
    assert play.open("village.member1").state == "draft"


# Sight -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who, sees",
    [
        ("village.secretary", True),
        ("village.organizer", True),
        ("town1.officer", True),
        ("town1.inspector", True),
        ("town1.committee3", True),
        ("zone.officer", True),
        ("zone.inspector", True),
        ("community.secretary", False),
        ("village2.secretary", False),
        ("town2.officer", False),
        ("town2.inspector", False),
        ("dept1.secretary", False),
        ("zone.sysadmin", False),
        ("zone.secadmin", False),
        ("zone.auditor", False),
    ],
)
def test_who_sees_a_request(play, who, sees):
    case = play.asked()
    try:
        transitions.authority.see(play.session, play.who(who), case)
        assert sees
    except NotFound as no:
        assert not sees and no.status == 404


def test_an_administrator_has_no_business(play):
    """三员: no account holds administration and business; an administrator sees no case."""
    case = play.asked()
    with pytest.raises(NotFound):
        play.move(case, "zone.sysadmin", "approve")
    play.session.rollback()
    assert play.who("zone.sysadmin").sight == ()


def test_a_wider_unit_is_not_gained_by_a_similar_path(play):
    """Paths are compared by whole ids: a unit whose path merely begins alike stays out of sight."""
    who = play.who("town1.officer")
    town = play.world.units["town1"]
    stranger = play.world.unit("stranger", "branch", "zone", "rural", title="陌生村党支部")
    stranger.path = town.path.rstrip("/") + "0/" + stranger.id + "/"
    play.session.commit()
    assert not who.sees(stranger)


def test_another_zones_people_see_nothing(play):
    from tests.support.world import MADE, Zone

    case = play.asked()
    other = Zone(name="另一高新区", created_at=MADE)
    play.session.add(other)
    play.session.flush()
    who = play.world.person("foreign.officer")
    who.zone_id = other.id
    play.world.post("foreign.officer", "town1", "officer")
    play.session.commit()
    with pytest.raises(NotFound):
        play.move(case, "foreign.officer", "approve")
    play.session.rollback()
    assert play.session.get(Case, case.id).state == "asked"
