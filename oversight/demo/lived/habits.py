"""What people do with what lies on their desk: by workflow and state the moves that they choose from, how
often each, and what they write. A move whose words are None does not come into question.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from oversight.calendar.workdays import Calendar, add_workdays
from oversight.demo.appraisals import SAYS, WORDS
from oversight.demo.rectifications import DONE, NO_RECORD, NOT_CALLED
from oversight.models import Activity, Appraised, Case, Membership, PeerReview, Person, Post
from oversight.rules.appraisal.roster import ORDER

Words = dict[str, Any] | None


@dataclass
class Scene:
    """One thing on somebody's desk on a day; `rng` is drawn from the seed and what it is about."""

    session: Session
    case: Case
    day: date
    rng: random.Random
    calendar: Calendar

    @property
    def iso(self) -> str:
        return self.day.isoformat()

    def workday(self, ahead: int) -> str:
        """Return a working day so many ahead."""
        return add_workdays(self.calendar, self.day, ahead).isoformat()

    def subject(self) -> Person:
        return self.session.get(Person, self.case.facts["member"])

    def appraised(self, *standings: str) -> list[Appraised]:
        """Return the roster of an appraisal in its order."""
        rows = sa.select(Appraised).where(
            Appraised.case_id == self.case.id, Appraised.standing.in_(standings)
        )
        return list(self.session.scalars(rows.order_by(Appraised.sort, Appraised.person_id)))


@dataclass(frozen=True)
class Choice:
    """A move, how often it is chosen, and its words."""

    often: float
    move: str
    words: Callable[[Scene], Words]


def other_day(calendar: Calendar, day: date, after: date, rng: random.Random) -> date | None:
    """Draw another working day of the month of a day, behind two others."""
    first = day.replace(day=1)
    days = [first + timedelta(days=step) for step in range(31)]
    able = [
        one
        for one in days
        if one.month == day.month and one != day and one > after and calendar.is_workday(one)
    ]
    return rng.choice(able) if able else None


def says(**words: Any) -> Callable[[Scene], Words]:
    """Return the same words, whatever the scene."""
    return lambda _scene: words


AGREES, NOTHING = says(opinion="同意。"), says()
REFUSES = says(opinion="当天可以开展，不同意变更。")


# Changing a day


def _ask_again(s: Scene) -> Words:
    row = s.session.get(Activity, s.case.business_key)
    new = other_day(s.calendar, row.day, s.day + timedelta(days=1), s.rng)
    ahead = row.day > s.day and new is not None
    return {"new_day": new.isoformat(), "reason": "按意见改到这一天。"} if ahead else None


# Absences


def _tries(s: Scene) -> list[dict]:
    return s.case.facts.get("tries") or []


def _reached(s: Scene) -> Words:
    reason = s.rng.choice(("因公", "外出", "身体", "家事", "其他"))
    way = s.rng.choice(("phone", "visit", "online"))
    return {"reached": True, "told": True, "way": way, "reason": reason}


def _missed(s: Scene) -> Words:
    way = ("phone", "visit", "receiving_branch" if s.subject().mobile else "online")
    return {"reached": False, "told": False, "way": way[len(_tries(s)) % 3]}


def _lost(s: Scene) -> Words:
    failed = [one for one in _tries(s) if not one["reached"]]
    return {} if len({one["on"] for one in failed}) >= 3 and len(failed) == len(_tries(s)) else None


def _lesson(s: Scene) -> Words:
    form = s.rng.choice(("visit", "online"))
    return {"form": form, "held_on": s.iso, "note": "补学当月主题内容"}


def _unexcused(s: Scene) -> Words:
    absent = s.case.facts.get("kind") == "absent" and any(one["reached"] for one in _tries(s))
    known = s.case.facts.get("unexcused") or s.case.facts.get("overturned_on")
    if not absent or known:
        return None
    body = s.session.scalars(
        sa.select(Post.person_id)
        .where(Post.unit_id == s.case.unit_id, Post.to_on.is_(None))
        .order_by(Post.id)
    )
    by = [person for person in body if person != s.case.facts["member"]]
    return (
        {"heard": "本人称忘记了日期。", "note": "支委会研究认定。", "by": by}
        if len(by) > 1
        else None
    )


def _file_number(s: Scene) -> Words:
    return {"archive_no": f"补〔{s.day.year}〕{s.day.month:02d}-{s.rng.randint(1, 999)}"}


def _educates(s: Scene) -> Words:
    wanted = s.case.facts.get("unexcused") and not s.case.facts.get("education")
    return {"measure": "谈话提醒"} if wanted else None


# Orders


def _findings(s: Scene) -> Words:
    found = [NOT_CALLED, NO_RECORD][: s.rng.randint(1, 2)]
    return {"note": "现场观摩当月活动，并查阅记录。", "findings": found}


def _each_finding(s: Scene, what: Any) -> list:
    return [what for _one in s.case.facts["findings"]]


def _measures(s: Scene) -> Words:
    return {"items": _each_finding(s, {**DONE, "done_on": s.iso})}


def _longer(s: Scene) -> Words:
    until = add_workdays(s.calendar, max(s.case.due_on or s.day, s.day), 5)
    asked = s.case.facts.get("extension") or s.case.facts.get("extensions")
    return None if asked else {"until": until.isoformat(), "reason": "材料还没有备齐。"}


def _objects(s: Scene) -> Words:
    heard = s.case.facts.get("objection")
    return None if heard else {"reason": "当月情况与所列问题不符，请核实。"}


# The appraisal


def _self(s: Scene) -> Words:
    grade = "excellent" if s.rng.random() < 0.2 else "qualified"
    return {"text": s.rng.choice(WORDS), "grade": grade}


def _reviews(s: Scene) -> Words:
    if s.session.scalar(sa.select(PeerReview.id).where(PeerReview.case_id == s.case.id).limit(1)):
        return None
    people = [row.person_id for row in s.appraised("graded")]
    pairs = zip(people, [*people[1:], *people[:1]], strict=True)
    rows = [
        {"about": about, "by": by, "opinion": SAYS[number % 3]}
        for number, (about, by) in enumerate(pairs)
    ]
    return {"reviews": rows}


def _moved_on(s: Scene) -> Words:
    """Name somebody who has moved and stands on the list of his new branch, as the refusal asks."""
    belongs = sa.select(Membership.person_id).where(
        Membership.unit_id == s.case.unit_id, Membership.to_on.is_(None)
    )
    gone = {row.person_id for row in s.appraised("graded")} - set(s.session.scalars(belongs))
    listed = sa.select(Appraised.person_id).where(
        Appraised.person_id.in_(gone),
        Appraised.case_id != s.case.id,
        Appraised.standing == "graded",
    )
    found = sorted(s.session.scalars(listed))
    return {"member": found[0], "reason": "transfer"} if found else None


def _count(s: Scene) -> Words:
    if s.case.facts.get("counts"):
        return None
    people = [row.person_id for row in s.appraised("graded")]
    present = max(s.case.facts["entitled"] - len(people) // 8, 1)  # as the page says: 应到
    best, few = set(people[1 : 1 + max(len(people) // 4, 1)]), present // 5
    rows = []
    for person in people:
        votes = (present - few, few, 0, 0) if person in best else (few, present - few, 0, 0)
        rows.append({"member": person, **dict(zip(ORDER, votes, strict=True))})
    same = dict.fromkeys(("present", "issued", "returned", "valid"), present)
    return {**same, "tallies": rows, "scrutineer": _inspector(s), "teller": people[-1]}


def _inspector(s: Scene) -> str:
    wanted = sa.select(Post.person_id).where(
        Post.unit_id == s.case.unit.parent_id, Post.office == "inspector"
    )
    return s.session.scalars(wanted.order_by(Post.id)).first()


def _ratings(s: Scene) -> Words:
    rows = s.appraised("graded")
    return {"ratings": {row.person_id: max(ORDER, key=row.tally.__getitem__) for row in rows}}


def _vote_on(s: Scene) -> Words:
    return {"agree": s.rng.random() > 0.01, "opinion": "同意。"}


def _of(*choices: tuple[float, str, Callable[[Scene], Words]]) -> tuple[Choice, ...]:
    return tuple(Choice(*one) for one in choices)


NOTICE = {
    "draft": _of((1, "propose", NOTHING)),
    "proposed": _of((95, "sign", AGREES), (5, "return", says(reason="请把要求写具体。"))),
}
FIRST = 10_000  # before anything else, where it comes into question
HABITS: dict[str, dict[str, tuple[Choice, ...]]] = {
    "date_change": {
        "draft": _of((1, "ask", _ask_again), (0.001, "withdraw", NOTHING)),
        "returned": _of((80, "ask", _ask_again), (20, "withdraw", NOTHING)),
        "asked": _of(
            (80, "approve", AGREES),
            (8, "refuse", REFUSES),
            (9, "return", says(opinion="请另选一天。")),
            (3, "excuse_month", AGREES),
        ),
        "amend_asked": _of((80, "approve", AGREES), (20, "refuse", REFUSES)),
        "cancel_asked": _of((80, "cancel", AGREES), (20, "keep", REFUSES)),
        "reported_late": _of(
            (85, "accept_late", AGREES),
            (10, "not_accept", says(opinion="不属来不及请示的情形。")),
            (5, "excuse_month", AGREES),
        ),
    },
    "absence": {
        "to_contact": _of(
            (FIRST, "search_lost", _lost),
            (88, "record_contact", _reached),
            (12, "record_contact", _missed),
        ),
        "to_make_up": _of((90, "record_lesson", _lesson), (10, "find_unexcused", _unexcused)),
        "to_confirm": _of((95, "confirm", NOTHING), (5, "redo", says(reason="没有补学当月主题。"))),
        "to_archive": _of((FIRST, "educate", _educates), (1, "archive", _file_number)),
        "finding_objected": _of((60, "uphold_finding", AGREES), (40, "overturn_finding", AGREES)),
        "unreached": _of((80, "begin_search", AGREES), (20, "try_again", AGREES)),
    },
    "rectification": {
        "draft": _of((95, "sign_off", AGREES), (5, "drop", says(reason="情况已当场纠正。"))),
        "signed_off": _of((1, "issue", lambda s: {"due_on": s.workday(14)})),
        "issued": _of((88, "acknowledge", NOTHING), (12, "object", _objects)),
        "fixing": _of((85, "report", _measures), (15, "ask_extension", _longer)),
        "recheck": _of(
            (
                80,
                "accept",
                lambda s: {"verdicts": _each_finding(s, "accepted"), "opinion": "属实。"},
            ),
            (
                20,
                "send_back",
                lambda s: {"verdicts": _each_finding(s, "not"), "opinion": "再联系。"},
            ),
        ),
        "extension_asked": _of((70, "grant", AGREES), (30, "deny", AGREES)),
        "objected": _of((1, "answer_objection", says(opinion="经核实，问题属实。"))),
        "review": _of((1, "answer_review", AGREES)),
        "recalled": _of((1, "reissue", NOTHING)),
    },
    "inspection": {
        "under_way": _of((75, "conclude", says(note="记录完整。")), (25, "order", _findings))
    },
    "appraisal": {
        "preparing": _of((1, "open_self_assessment", NOTHING)),
        "self_assessment": _of((1, "file_self_assessment", _self)),
        "self_done": _of((1, "open_peer_review", NOTHING)),
        "peer_review": _of(
            (FIRST, "record_reviews", _reviews),
            (FIRST, "strike", _moved_on),
            (1, "open_vote", NOTHING),
        ),
        "vote": _of((FIRST, "enter_count", _count), (1, "close_vote", NOTHING)),
        "rating": _of((1, "propose", _ratings)),
        "returned": _of((1, "propose", _ratings)),
        "deciding": _of((1, "decide", _vote_on)),
        "telling": _of((1, "tell", says(in_person=True))),
        "told": _of((1, "file", NOTHING)),
        "under_review": _of((80, "uphold", AGREES)),
    },
    "exemption": {
        "asked": _of((85, "support", AGREES), (15, "not_support", says(reason="可以就近参加。"))),
        "supported": _of((80, "approve", AGREES), (20, "refuse", says(reason="可以送学上门。"))),
    },
    "campaign": NOTICE,
    "theme": NOTICE,
    "bulletin": NOTICE,
    "record_note": {"to_note": _of((1, "take_note", AGREES))},
}


def choices(scene: Scene) -> list[tuple[str, dict]]:
    """Draw what somebody tries, what he would rather do first."""
    able = HABITS.get(scene.case.workflow, {}).get(scene.case.state, ())
    drawn = sorted(able, key=lambda one: scene.rng.random() ** (1 / one.often), reverse=True)
    found = ((one.move, one.words(scene)) for one in drawn)
    return [(move, words) for move, words in found if words is not None]
