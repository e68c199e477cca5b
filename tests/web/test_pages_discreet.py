"""What members may see of each other in an appraisal, on every page and paper of it: nothing but
their own.
"""

from __future__ import annotations

import pytest

from tests.db.test_appraisal_walk import SELF, Appraising

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def play(session, world):
    for number in (1, 2, 3):
        world.person(f"village.more{number}", "village")
    session.commit()
    return Appraising(session, world)


def test_a_member_never_reads_of_the_others(reader, play):
    """From why somebody is not counted to who was sent back, asked for a review, or how the votes
    fell.
    """
    secrets = (
        "被留置",
        "担当不够",
        "不能服众",
        "事迹不实",
        "本人表示接受",
        "有亲属关系",
        "证据不足",
        "基本合格 7",
    )
    member, seen = reader("village.member2"), []

    def look():
        play.session.commit()
        page = member.get(f"/cases/{play.case.id}")
        seen.append((play.case.state, [secret for secret in secrets if secret in page.text]))

    play.begin()
    play.lead("open_self_assessment")
    for name in play.people:
        play.do(
            name,
            "file_self_assessment",
            **{**SELF, "text": "证据不足" if name == "village.member1" else "努力。"},
        )
    play.lead("open_peer_review")
    for name, person in play.people.items():
        play.do(
            "village.organizer" if name == "village.secretary" else "village.secretary",
            "record_peer_review",
            about=person,
            opinion="很好。" if name == "village.member2" else "担当不够。",
        )
    play.lead("ask_not_counted", member=play.people["village.member3"], reason="held")
    look()
    play.do("town1.officer", "consent_not_counted")
    look()
    one = play.people["village.member1"]
    play.lead("open_vote")
    play.lead("enter_count", **play.ballots(**{"village.member1": {"qualified": 0, "basic": 7}}))
    look()
    play.lead("close_vote")
    words = {"reasons": {one: "不能服众。"}, "heard": {one: "本人表示接受。"}}
    play.lead("propose", ratings=play.ratings(member1="unqualified"), **words)
    play.do("town1.committee3", "recuse", reason="有亲属关系")
    look()
    for name in ("secretary", "deputy", "committee1", "committee2"):
        play.do(
            f"town1.{name}", "decide", agree=True, opinion="其余同意", returned={one: "事迹不实"}
        )
    look()
    play.lead("propose", ratings={one: "basic"})
    for name in ("secretary", "deputy", "committee1", "committee2"):
        play.do(f"town1.{name}", "decide", agree=True, opinion="同意")
    play.lead("tell", members=[one], in_person=True)
    play.lead("tell")
    play.do("village.member1", "ask_review", reason="证据不足")
    look()
    assert [state for state, _ in seen] == [
        "not_counted_asked_later",
        "peer_review",
        "vote",
        "deciding",
        "returned",
        "under_review",
    ]
    assert not [found for found in seen if found[1]], seen
    for path in (
        "/desk",
        "/desk?box=waiting",
        "/desk?box=done",
        "/notices",
        "/me",
        "/law/appraisal",
    ):
        page = member.get(path)
        assert not [secret for secret in secrets[1:] if secret in page.text], path
