"""The appraisal over HTTP: who only adds needs no version, and a member reads nothing of the
others.
"""

from __future__ import annotations

from tests.db.test_appraisal_walk import Appraising


def test_who_only_adds_needs_no_version(api, session, world):
    """A move that calls itself `many` is taken without If-Match; the others are not."""
    play = Appraising(session, world)
    play.begin()
    play.assess()
    play.lead("open_peer_review")
    member, case = api("village.member1"), play.case.id
    shape = member.get(f"/cases/{case}")
    assert [move["many"] for move in shape["moves"] if move["name"] == "record_peer_review"] == [
        True
    ]
    about = world.people["village.member2"].id
    member.move(shape, "record_peer_review", version=None, about=about, opinion="热心公益。")
    api("village.secretary").move(shape, "open_vote", status=428, version=None)


def test_a_member_reads_what_it_was_opened_with_and_his_own(api, session, world):
    play = Appraising(session, world)
    play.begin()
    play.assess()
    play.lead("open_peer_review")
    about = world.people["village.member2"].id
    play.do("village.secretary", "record_peer_review", about=about, opinion="担当不够。")
    shape = api("village.member1").get(f"/cases/{play.case.id}")
    assert shape["facts"] == {"year": 2026} and "担当不够" not in str(shape)
    assert [
        entry["words"] for entry in shape["journal"] if entry["move"] == "file_self_assessment"
    ][0]["text"]
    assert (
        len([entry for entry in shape["journal"] if entry["move"] == "file_self_assessment"]) == 1
    )
    found = api("village.member1").get("/queue", box="waiting")["items"]
    assert all(set(item) >= {"id", "state"} and "facts" not in item for item in found)
    api("community.member1").get(f"/cases/{play.case.id}", status=404)
