"""Attacks on the appraisal: dead ends, one's own case, old answers, what leaks to the rated. From
dossier §4 and §8.
"""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from oversight.base.refusals import Forbidden, RuleViolation, VersionConflict
from oversight.engine import inbox, transitions
from oversight.models import Case, Membership, Post, WorkItem
from oversight.register import reorganize
from oversight.time import sweep
from oversight.views.api import shapes
from tests.db.test_appraisal_cases import branch, move_in
from tests.db.test_appraisal_walk import SELF, Appraising

WHY = {"reason": "请复核，情况与事实不符"}


@pytest.fixture
def village(session, world):
    return Appraising.of_eight(session, world)


def leave_office(play, *names: str, on: str = "2026-11-24") -> None:
    ids = [play.world.people[name].id for name in names]
    play.session.execute(
        sa.update(Post).where(Post.person_id.in_(ids)).values(to_on=date.fromisoformat(on))
    )
    play.session.commit()


def swept(play, day: str) -> Case:
    sweep.sweep(play.session, play.on(day).at)
    play.case = play.session.get(Case, play.case.id, populate_existing=True)
    return play.case


def voters(play) -> set[str]:
    rows = play.session.scalars(
        sa.select(WorkItem.person_id).where(
            WorkItem.case_id == play.case.id,
            WorkItem.role == "committee",
            WorkItem.kind == "act",
            WorkItem.closed_at.is_(None),
        )
    )
    names = {person.id: name for name, person in play.world.people.items()}
    return {names[row] for row in rows}


# Telling, review, filing -------------------------------------------------------------------------


def test_nothing_is_filed_while_a_review_is_open(village):
    """Asked for while the others were still being told: it is answered before anything is filed."""
    village.rated()
    village.decide_all()
    village.lead("tell", members=[village.people["village.member1"]])
    village.do("village.member1", "ask_review", **WHY)
    village.lead("tell")
    assert village.case.state == "under_review"
    village.do("town1.officer", "uphold", opinion="维持")
    village.lead("tell")
    assert village.case.state == "told"


def test_the_day_of_telling_is_the_local_one(village):
    """Told at six in the morning, when it is still yesterday in UTC:

    five working days from today.
    """
    village.rated()
    village.decide_all()
    village.hour = 6
    village.lead("tell")
    assert village.row("village.member1").told_on == date(2026, 11, 24)
    assert (
        village.on("2026-12-01").do("village.member1", "ask_review", **WHY).state == "under_review"
    )


def test_an_officer_of_the_superior_does_not_answer_for_himself(session, world):
    """The town's own organ branch: whom the branch rates reviews nobody there and consents to
    nothing of his own.
    """
    world.person("organ.more", "organ")
    session.commit()
    play = Appraising(session, world, "organ")
    move_in(play, "town1.officer", "organ")
    play.begin()
    officer = world.people["town1.officer"].id
    play.lead("ask_not_counted", member=officer, reason="moved")
    play.no(
        RuleViolation,
        "not_about_whom_answers",
        play.say,
        play.case,
        "town1.officer",
        "consent_not_counted",
        {},
    )
    play.do("town1.secretary", "deny_not_counted")
    play.assess()
    play.review_peers()
    play.vote()
    play.lead("propose", ratings=play.ratings())
    play.decide_all()
    play.lead("tell")
    play.do("town1.officer", "ask_review", **WHY)
    for name in ("town1.officer", "town1.secretary", "town1.deputy"):
        play.no(
            Forbidden,
            "authority",
            play.say,
            play.case,
            name,
            "change_rating",
            {"grade": "excellent"},
        )
    assert play.do("zone.officer", "uphold").state == "telling"


def test_a_superior_without_an_officer_leaves_the_review_to_who_has_not_decided(village):
    """Its whole committee has decided, so the one above answers, at once."""
    leave_office(village, "town1.officer", on="2026-11-01")
    village.told()
    village.do("village.member1", "ask_review", **WHY)
    village.no(Forbidden, "authority", village.say, village.case, "town1.secretary", "uphold", {})
    assert village.do("zone.officer", "uphold").state == "telling"


def test_a_branch_that_never_files_does_not_keep_the_case_open(village):
    village.told()
    village.on("2026-12-09").do("town1.officer", "close_unfinished", **WHY)
    assert not village.case.open


# The committee -----------------------------------------------------------------------------------


def test_the_night_lets_go_who_has_left_the_committee(village):
    village.rated()
    for name in ("secretary", "deputy", "committee1", "committee2"):
        village.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    leave_office(village, "town1.committee3")
    assert swept(village, "2026-11-25").state == "telling"


def test_all_recused_with_nobody_above_waits_for_new_people_and_not_for_ever(village):
    village.rated()
    for unit in ("town1", "zone"):
        for name in ("secretary", "deputy", "committee1", "committee2", "committee3"):
            if f"{unit}.{name}" in voters(village):
                village.do(f"{unit}.{name}", "recuse", reason="与被评党员有亲属关系")
    assert village.case.state == "deciding" and voters(village) == set()
    village.world.post("zone.inspector", "zone", "committee", from_on=date(2026, 11, 25))
    village.session.commit()
    swept(village, "2026-11-25")
    assert voters(village) == {"zone.inspector"}
    assert village.do("zone.inspector", "decide", agree=True, opinion="同意").state == "telling"


def test_a_unit_without_a_committee_refers_upward(village):
    leave_office(
        village,
        *(
            f"town1.{name}"
            for name in ("secretary", "deputy", "committee1", "committee2", "committee3")
        ),
        on="2026-11-01",
    )
    village.rated()
    assert village.case.state == "deciding" and {
        name.split(".")[0] for name in voters(village)
    } == {"zone"}


def test_a_branch_that_moves_is_decided_by_its_new_superior_afresh(village):
    village.rated()
    one = village.people["village.organizer"]
    for name in ("secretary", "deputy", "committee1"):
        village.do(
            f"town1.{name}", "decide", agree=True, opinion="其余同意", returned={one: "事迹不实"}
        )
    officer = village.who("zone.officer")
    reorganize.move(
        village.session,
        village.world.units["village"],
        village.world.units["town2"],
        village.at.today,
        officer,
        village.at,
    )
    village.session.commit()
    village.case = village.session.get(Case, village.case.id, populate_existing=True)
    assert voters(village) == {
        f"town2.{name}"
        for name in ("secretary", "deputy", "committee1", "committee2", "committee3")
    }
    for name in ("secretary", "deputy", "committee1", "committee2", "committee3"):
        village.do(f"town2.{name}", "decide", agree=True, opinion="同意")
    assert village.case.state == "telling", "what the old superior sent back is not counted"


def test_an_answer_written_for_the_last_round_is_not_counted_in_this(village):
    """Whoever has the page of the first proposal open does not decide on the second."""
    village.rated()
    seen = village.case.version
    for name in ("secretary", "deputy", "committee1", "committee2"):
        village.do(f"town1.{name}", "decide", agree=False, opinion="请再研究")
    village.do("town1.officer", "close_meeting")
    village.lead("propose", ratings=village.ratings())
    village.no(
        VersionConflict,
        None,
        village.say,
        village.case,
        "town1.committee3",
        "decide",
        {"agree": True, "opinion": "同意"},
        seen,
    )
    first = village.case.version
    village.do("town1.deputy", "decide", agree=True, opinion="同意")
    village.say(
        village.case, "town1.committee3", "decide", {"agree": True, "opinion": "同意"}, first
    )


# The branch --------------------------------------------------------------------------------------


def test_who_stepped_aside_from_leading_still_writes_his_own(village):
    village.begin()
    village.lead("recuse", reason="涉及亲属，不主持本次评议")
    village.do("village.organizer", "open_self_assessment")
    mine = inbox.cases(
        village.session, village.who("village.secretary"), "mine", village.at.today
    ).items
    assert [case.id for case in mine] == [village.case.id]
    village.do("village.secretary", "file_self_assessment", **SELF)
    assert village.row("village.secretary").self_grade == "qualified"


def test_a_branch_with_nobody_on_the_roster_is_no_dead_end(session, world):
    play = branch(session, world, "empty", 1)
    session.execute(
        sa.delete(Membership).where(Membership.person_id == world.people["empty.secretary"].id)
    )
    session.commit()
    play.begin()
    assert play.lead("open_self_assessment").state == "self_done"
    play.lead("open_peer_review")
    play.lead("open_vote")
    assert (
        play.on("2026-12-09").do("town1.officer", "close_unfinished", **WHY).state == "unfinished"
    )


def test_a_branch_whose_leaders_are_gone_is_led_from_above(village):
    village.begin()
    leave_office(village, "village.secretary", "village.organizer", on="2026-11-23")
    assert village.do("town1.officer", "open_self_assessment").state == "self_assessment"


# What the rated read -----------------------------------------------------------------------------

SECRET = ("事迹不实", "认真负责，联系群众", "不能服众", "held")


def test_what_a_member_reads_tells_nothing_of_the_others(village):
    """Facts, course and results: neither votes nor ratings, nor why somebody is not counted."""
    village.begin()
    village.lead("ask_not_counted", member=village.people["village.member3"], reason="held")
    village.do("town1.officer", "consent_not_counted")
    village.assess()
    village.review_peers()
    village.vote(present=7)
    best = village.ratings(member1="excellent", member2="excellent")
    village.lead(
        "propose",
        ratings=best,
        reasons={village.people[f"village.{name}"]: "不能服众" for name in ("member1", "member2")},
    )
    one = village.people["village.organizer"]
    village.decide_all(returned={one: "事迹不实"})
    assert village.case.state == "returned"
    shape = shapes.whole(village.session, village.case, village.who("village.more1"), village.at)
    assert shape["facts"] == {"year": 2026}
    assert not any(entry["result"] for entry in shape["journal"])
    assert {entry["move"] for entry in shape["journal"]}.isdisjoint(
        {"decide", "record_peer_review", "file_for"}
    )
    assert not [
        secret for secret in SECRET if secret in str(shape["journal"]) + str(shape["facts"])
    ]
    assert one not in str(shape)
    whole = shapes.whole(
        village.session, village.case, village.who("village.secretary"), village.at
    )
    assert whole["facts"]["returned"] == [one] and "事迹不实" in str(whole["journal"])


def test_who_asks_for_a_review_is_not_told_to_the_others(village):
    village.told()
    village.do("village.member1", "ask_review", **WHY)
    moves = [
        entry["move"]
        for entry in shapes.whole(
            village.session, village.case, village.who("village.member2"), village.at
        )["journal"]
    ]
    assert "ask_review" not in moves and "tell" in moves
    own = shapes.whole(village.session, village.case, village.who("village.member1"), village.at)[
        "journal"
    ]
    assert [entry["words"] for entry in own if entry["move"] == "ask_review"] == [WHY]
    assert transitions.last_act(village.session, village.case)["what"] == "申请复核"
