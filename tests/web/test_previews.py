"""What an answer would issue is shown before it is given: the preview's text is the issued text, for every paper.
Issue 13, 1 and "shown by".
"""

from __future__ import annotations

import pytest

from oversight import workflows
from oversight.base.db import db
from oversight.casework import prints
from oversight.models import Case
from oversight.papers.layout import letter
from oversight.register import zone_settings
from oversight.views.forms import NO_FORM, Bound
from oversight.views.pages.casefile import CaseFile
from tests.db import (
    test_bulletin,
    test_campaign,
    test_exemption,
    test_month_report,
    test_theme,
    test_venue_walk,
    test_zone_shift,
)
from tests.db.test_appraisal_walk import Appraising
from tests.db.test_rectification_walk import fixing, rechecking
from tests.support.one_text import on_page, words

OFFICER, SECRETARY, SIGNER = "town1.officer", "village.secretary", "zone.committee1"
YES, NO = {"opinion": "同意，请按期组织。"}, {"opinion": "不同意，请按原定日期开展。"}
WHY = {"reason": "情况已经变化"}


def approved(play) -> Case:
    return play.approved()


def amended(play) -> Case:
    words = {"new_day": "2026-12-10", "reason": "天气好转，可以提前"}
    return play.say(play.approved(), SECRETARY, "amend", words)


def cancelled(play) -> Case:
    return play.move(play.approved(), SECRETARY, "ask_cancel")


def reported(play) -> Case:
    case = play.open(SECRETARY)
    words = {"reason": "山洪冲断道路，当日无法到会", "new_day": "2026-12-07"}
    return play.on("2026-12-07").say(case, SECRETARY, "report_late", words)


def joint(play) -> Case:
    return play.joint("community")


def lent(play) -> Case:
    zone_settings.change(play.session, play.world.zone.id, "venue_lending", "on", None, play.at)
    play.session.commit()
    return test_venue_walk.forwarded(play)


def borrowing(play) -> Case:
    lent(play)
    return test_venue_walk.ask(play, day="2026-12-10")


def exempted(play) -> Case:
    return play.move(test_exemption.ask(play), SECRETARY, "support")


def late(play) -> Case:
    return test_month_report.late(play)


def put_off(play) -> Case:
    return test_month_report.ask(play)


def checked(play) -> Case:
    case = rechecking(play.session, play.world)
    play.on("2026-12-03")
    return case


def later(play) -> Case:
    case = fixing(play.session, play.world)
    words = {"until": "2026-12-18", "reason": "材料要到区里补办"}
    return play.on("2026-12-02").say(case, SECRETARY, "ask_extension", words)


def objected(play) -> Case:
    case = fixing(play.session, play.world)
    words = {"reason": "当天按时开展，签到表可查"}
    return play.on("2026-11-27").say(case, SECRETARY, "object", words)


def reviewed(play) -> Case:
    case = play.say(objected(play), OFFICER, "answer_objection", {"opinion": "维持"})
    return play.say(case, SECRETARY, "ask_higher_review", {})


def away(play) -> Case:
    return _asked(play, "ask_not_counted", "abroad")


def away_later(play) -> Case:
    village = Appraising.of_eight(play.session, play.world)
    village.begin()
    village.assess()
    village.lead("open_peer_review", meeting_on="2026-11-24")
    people = [village.people[f"village.more{number}"] for number in (1, 2)]
    return village.lead("ask_not_counted", members=dict.fromkeys(people, "abroad"))


def excused(play) -> Case:
    return _asked(play, "ask_excuse", "ill")


def _asked(play, move: str, why: str) -> Case:
    village = Appraising.of_eight(play.session, play.world)
    village.begin()
    if move == "ask_excuse":
        village.lead("open_self_assessment")
    people = [village.people[f"village.more{number}"] for number in (1, 2)]
    return village.lead(move, members=dict.fromkeys(people, why))


HEARD = {"answers": ["签到表与照片不符，维持", ""], "opinion": "请按期整改。"}
JUDGED = {"verdicts": ["accepted", "explained"], "opinion": "同意销号"}
# By workflow, state and move: what leads there, who answers, with which words.
SCENES = {
    ("date_change", "asked", "approve"): (lambda play: play.asked(), OFFICER, YES),
    ("date_change", "asked", "refuse"): (lambda play: play.asked(), OFFICER, NO),
    ("date_change", "asked", "excuse_month"): (lambda play: play.asked(), OFFICER, YES),
    ("date_change", "asked_joint", "approve"): (joint, OFFICER, YES),
    ("date_change", "asked_joint", "refuse"): (joint, OFFICER, NO),
    ("date_change", "approved", "revoke"): (approved, OFFICER, WHY),
    ("date_change", "amend_asked", "approve"): (amended, OFFICER, YES),
    ("date_change", "amend_asked", "refuse"): (amended, OFFICER, NO),
    ("date_change", "cancel_asked", "cancel"): (cancelled, OFFICER, YES),
    ("date_change", "cancel_asked", "keep"): (cancelled, OFFICER, NO),
    ("date_change", "reported_late", "accept_late"): (reported, OFFICER, YES),
    ("date_change", "reported_late", "not_accept"): (reported, OFFICER, NO),
    ("date_change", "reported_late", "excuse_month"): (reported, OFFICER, YES),
    ("exemption", "supported", "approve"): (exempted, OFFICER, YES),
    ("exemption", "supported", "refuse"): (exempted, OFFICER, WHY),
    ("month_report", "asked", "accept_late"): (late, OFFICER, YES),
    ("month_report", "asked", "excuse_month"): (put_off, OFFICER, YES),
    ("month_report", "asked", "refuse"): (put_off, OFFICER, WHY),
    ("rectification", "recheck", "accept"): (checked, OFFICER, JUDGED),
    ("rectification", "extension_asked", "grant"): (later, OFFICER, YES),
    ("rectification", "extension_asked", "deny"): (later, OFFICER, NO),
    ("rectification", "objected", "answer_objection"): (objected, OFFICER, HEARD),
    ("rectification", "review", "answer_review"): (reviewed, "zone.officer", HEARD),
    ("venue", "asked", "refuse"): (borrowing, OFFICER, WHY),
    ("venue", "forwarded", "approve"): (lent, "community.secretary", YES),
    ("venue", "forwarded", "refuse"): (lent, "community.secretary", WHY),
    ("appraisal", "not_counted_asked", "consent_not_counted"): (away, OFFICER, YES),
    ("appraisal", "not_counted_asked", "deny_not_counted"): (away, OFFICER, NO),
    ("appraisal", "not_counted_asked_later", "consent_not_counted"): (away_later, OFFICER, YES),
    ("appraisal", "not_counted_asked_later", "deny_not_counted"): (away_later, OFFICER, NO),
    ("appraisal", "excuse_asked", "consent_excuse"): (excused, OFFICER, YES),
    ("appraisal", "excuse_asked", "deny_excuse"): (excused, OFFICER, NO),
    ("bulletin", "proposed", "sign"): (test_bulletin.proposed, SIGNER, YES),
    ("campaign", "proposed", "sign"): (test_campaign.proposed, SIGNER, YES),
    ("theme", "proposed", "sign"): (test_theme.proposed, SIGNER, YES),
    ("zone_shift", "proposed", "publish"): (test_zone_shift.proposed, "zone.secretary", YES),
}  # fmt: skip
# What a branch or an inspector sends is previewed where it is written: tests/web/test_one_text.py.
SENT = {
    ("date_change", state, move)
    for state in ("draft", "returned")
    for move in ("ask", "ask_jointly")
} | {("date_change", "approved", "amend"), ("rectification", "signed_off", "issue")}
DAYS = {"bulletin": "2026-12-04", "campaign": "2026-10-08", "theme": "2026-11-20"}


def test_every_answer_that_issues_a_paper_is_tried():
    issuing = {
        (workflow.name, state.name, move.name)
        for workflow in workflows.every()
        for move in workflow.moves
        for state in move.from_states
        if move.composes
    }
    assert set(SCENES) | SENT == issuing


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("key", SCENES, ids=".".join)
def test_what_is_shown_is_what_is_issued(app, play, clock, reader, key):
    name, state, move = key
    make, who, said = SCENES[key]
    case = make(play.on(DAYS.get(name, play.day)))
    assert (case.workflow, case.state) == (name, state)
    play.session.commit()
    clock.now = play.at.now
    on_its_page = [
        on_page(one) for one in reader(who).get(f"/cases/{case.id}").tree.iter("article")
    ]
    unsaid, shown = (
        shown_to(app, play, case, who, NO_FORM),
        shown_to(app, play, case, who, Bound(move, said)),
    )
    assert unsaid and set(unsaid) <= set(on_its_page)
    before = {paper.id for paper in play.papers(case)}
    case = play.say(case, who, move, said)
    if key == ("date_change", "asked_joint", "approve") and case.state == "asked_joint":
        case = play.say(case, "town1.secretary", move, {})
    made = [paper for paper in play.papers(case) if paper.id not in before]
    texts = [issued(play, paper) for paper in made]
    assert texts and set(texts) & set(shown), (texts, shown)


def shown_to(app, play, case: Case, who: str, bound: Bound) -> list[str]:
    """Return what the page shows somebody of the papers that he would issue, with what he has written."""
    with app.test_request_context():
        file = CaseFile(db.session.get(Case, case.id), play.who(who), play.at, bound)
        bodies = [file.to_sign] if file.to_sign else file.previews
        contact = file.drafts if file.to_sign else file.who.person.name
        return [words(letter(body, "（待编号）", contact)) for body in bodies]


def issued(play, paper) -> str:
    text = words(prints.content_of(play.session, paper)).replace(paper.number, "（待编号）")
    return text
