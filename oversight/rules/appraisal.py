"""Facts and effects of the yearly appraisal: roster, self-assessments, peer reviews, counts, ratings, outcome."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from math import floor

import sqlalchemy as sa

from ..grammar import Effect
from ..models import Appraised, Case, Desk, JournalRow, PeerReview, Post, Unit
from ..models.appraisal import GRADES
from ..models.cases import NO, YES
from ..workdays import add_workdays
from .organization import COMMITTEE_FROM, in_office, superiors
from .papers import chinese_day, issue
from .people import members

ORDER = tuple(GRADES)  # from the best
GRADE_CHOICES = tuple(GRADES.items())
REVIEW_DAYS = 5

# The roster --------------------------------------------------------------------------------------


def roster(attempt, *standings: str) -> list[Appraised]:
    """Return the rows of the case in the order of the roster, of these standings or of all."""
    rows = sa.select(Appraised).where(
        Appraised.case_id == attempt.case.id).order_by(Appraised.sort, Appraised.person_id)
    return list(attempt.session.scalars(rows.where(Appraised.standing.in_(standings)) if standings else rows))


def row_of(attempt, person: str | None) -> Appraised | None:
    return attempt.session.get(Appraised, (attempt.case.id, person)) if person else None


def graded(attempt) -> dict[str, Appraised]:
    return {row.person_id: row for row in roster(attempt, "graded")}


def asked(attempt) -> list[str]:
    """Return who writes a self-assessment: probationary members too, who are not graded."""
    return [row.person_id for row in roster(attempt, "graded", "ungraded")]


def entitled(attempt) -> int:
    """Count who should attend the vote (应到): full members that are counted. 党章第七条"""
    return sum(row.votes for row in roster(attempt, "graded", "ungraded"))


def _draw_up(attempt) -> None:
    """党员名单按今天的花名册定下；预备党员参加、不评定等次。"""
    for sort, person in enumerate(members(attempt.session, attempt.case.unit_id, attempt.today)):
        _enrol(attempt, person, sort)


def _enrol(attempt, person, sort: int) -> None:
    attempt.session.add(Appraised(
        case_id=attempt.case.id, person_id=person.id, zone_id=attempt.case.zone_id, sort=sort,
        votes=not person.probationary, standing="ungraded" if person.probationary else "graded",
        why="probationary" if person.probationary else None))
    attempt.session.flush()


def _add(attempt) -> None:
    """新转入的党员列入名单。"""
    person = next(row for row in members(attempt.session, attempt.case.unit_id, attempt.today)
                  if row.id == attempt.words["member"])
    old = row_of(attempt, person.id)
    if old is not None:
        attempt.session.delete(old)
        attempt.session.flush()
    _enrol(attempt, person, len(roster(attempt)))
    if attempt.state == "self_assessment":
        attempt.seats.append(person.id)
    else:
        attempt.shows.append(person.id)


def _strike(attempt) -> None:
    """从名单中移出，原因留在记录里；已写的自评不再使用。"""
    row = row_of(attempt, attempt.words["member"])
    row.standing, row.votes, row.why = "struck", False, attempt.words["reason"]
    attempt.session.execute(sa.update(Desk).where(
        Desk.case_id == attempt.case.id, Desk.person_id == row.person_id, Desk.closed_at.is_(None),
    ).values(closed_at=attempt.at.now, answer="strike"))


def _ask_not_counted(attempt) -> None:
    """报上级同意后不计入应到。"""
    attempt.set_facts(not_counted={"member": attempt.raw["member"], "reason": attempt.raw["reason"]})


def _not_count(attempt) -> None:
    """这名党员不计入应到，不评定等次。"""
    asked_for = attempt.case.facts["not_counted"]
    row = row_of(attempt, asked_for["member"])
    row.standing, row.votes, row.why = "not_counted", False, asked_for["reason"]


def still_member(attempt, person: str) -> bool:
    return person in {row.id for row in members(attempt.session, attempt.case.unit_id, attempt.today)}


def this_year(attempt) -> bool:
    """True where no other appraisal of the branch counts for the year."""
    others = attempt.session.scalars(sa.select(Case).where(
        Case.workflow == "appraisal", Case.unit_id == attempt.case.unit_id, Case.id != attempt.case.id,
        Case.state.not_in(("void", "terminated"))))
    return all(case.facts.get("year") != attempt.words["year"] for case in others)


def window(attempt) -> tuple[date, date]:
    """Return from when to when a branch appraises: organs within the year, others as the zone deploys, by default
    in the fourth quarter. Source: G-3.1.6d, O-3.1.6c"""
    year = attempt.words["year"]
    if not 2000 <= year <= 2100:
        return date.max, date.min
    if attempt.unit.rule_set == "organ":
        return date(year, 1, 1), date(year, 12, 31)
    campaign = attempt.session.scalar(sa.select(Case).where(
        Case.zone_id == attempt.case.zone_id, Case.workflow == "campaign", Case.state.in_(("in_force", "over")),
        Case.subject == campaign_of(attempt.case.zone_id, year)).order_by(Case.opened_at.desc()).limit(1))
    if campaign is None:
        return date(year, 10, 1), date(year, 12, 31)
    return date.fromisoformat(campaign.facts["from_on"]), date.fromisoformat(campaign.facts["until"])


def campaign_of(zone_id: str, year: int) -> str:
    """Name what a deployment is about: one a zone and year."""
    return f"{zone_id}:{year}"


def campaign(attempt) -> str:
    return campaign_of(attempt.case.zone_id, attempt.words["year"])


def deployed_until(attempt) -> date:
    """Return the day after the last one of a deployment."""
    return attempt.fact_day("until") + timedelta(days=1)


def _deploy(attempt) -> None:
    """通知编文号印发到各支部，部署期内各支部开展评议。"""
    facts, unit = attempt.case.facts, attempt.unit
    begin, end = attempt.fact_day("from_on"), attempt.fact_day("until")
    issue(attempt, unit, "notice", "", {
        "title": f"关于开展{facts['year']}年度民主评议党员工作的通知", "to": "各镇党委、区属部门（单位）党组织：",
        "paragraphs": [f"{facts['year']}年度民主评议党员于{chinese_day(begin)}至{chinese_day(end)}开展，各党支部召开一次组织生活会，"
                       "对照“四个合格”标准，按照个人自评、党员互评、民主测评、组织评定等程序进行。",
                       *([facts["points"]] if facts.get("points") else [])],
        "from": unit.name, "date": chinese_day(attempt.today)})
    attempt.copies += [(branch, "branch") for branch in attempt.session.scalars(sa.select(Unit.id).where(
        Unit.zone_id == attempt.case.zone_id, Unit.kind == "branch", Unit.ended_on.is_(None)))]


# Self-assessment and peer review -----------------------------------------------------------------


def _write_self(attempt, row: Appraised) -> None:
    row.self_text, row.self_grade = attempt.words["text"], attempt.words["grade"]
    row.self_by, row.self_at = attempt.actor.id, attempt.at.now


def _file_own(attempt) -> None:
    """自评存入本人的评议材料。"""
    _write_self(attempt, row_of(attempt, attempt.actor.id))


def _file_for(attempt) -> None:
    """按本人口述代录，注明代录人。"""
    _write_self(attempt, row_of(attempt, attempt.words["member"]))


def _excuse_self(attempt) -> None:
    """免填自评，原因留在记录里。"""
    row_of(attempt, attempt.words["member"]).excused = attempt.words["reason"]


def _hold_meeting(attempt) -> None:
    """记下组织生活会的日期；没有填的，就是今天。到期没有交自评的，注明未交。"""
    attempt.set_facts(meeting_on=(attempt.words.get("meeting_on") or attempt.today).isoformat())
    for row in roster(attempt, "graded", "ungraded"):
        if row.self_text is None and row.excused is None:
            row.excused = "late"


def _review_peer(attempt) -> None:
    """互评意见归入被评党员的材料。"""
    attempt.session.add(PeerReview(
        zone_id=attempt.case.zone_id, case_id=attempt.case.id, about_id=attempt.words["about"],
        by_id=attempt.actor.id, opinion=attempt.words["opinion"], at=attempt.at.now))
    attempt.session.flush()


def unreviewed(attempt) -> set[str]:
    """Return the graded members of whom nothing was said yet."""
    done = set(attempt.session.scalars(sa.select(PeerReview.about_id).where(PeerReview.case_id == attempt.case.id)))
    return set(graded(attempt)) - done


def meeting_held(attempt) -> bool:
    """True where the meeting has a day of the year, not to come; one that opens without a day is held today."""
    today = attempt.today if attempt.move.name == "open_peer_review" else None
    day = attempt.words.get("meeting_on") or attempt.fact_day("meeting_on") or today
    return day is not None and day <= attempt.today and day.year >= attempt.case.facts["year"]


def _open_vote(attempt) -> None:
    """名单就此定下，列出应到人数。"""
    day = attempt.words.get("meeting_on")
    attempt.set_facts(entitled=entitled(attempt), **({"meeting_on": day.isoformat()} if day else {}))


# The vote on paper -------------------------------------------------------------------------------

COUNTS = ("present", "issued", "returned", "valid")


def quorum_share(attempt) -> Fraction:
    return Fraction(2, 3) if attempt.settings["appraisal_quorum"] == "two_thirds" else Fraction(1, 2)


def enough_present(attempt) -> bool:
    counts = attempt.case.facts.get("counts")
    return counts is not None and counts["present"] >= attempt.case.facts["entitled"] * quorum_share(attempt)


def tallies(attempt) -> dict[str, dict[str, int]]:
    """Return the votes by member and grade; what was left empty is none."""
    return {entry["member"]: {grade: entry.get(grade) or 0 for grade in ORDER}
            for entry in attempt.words.get("tallies") or []}


def every_graded_once(attempt, word: str, among: set[str] | None = None) -> bool:
    """True where a list names each graded member once and nobody else."""
    named = [entry["member"] for entry in attempt.words.get(word) or []]
    return sorted(named) == sorted(among if among is not None else graded(attempt))


def small(attempt) -> bool:
    return sum(row.votes for row in roster(attempt)) < COMMITTEE_FROM


def of_superior(attempt, person: str) -> bool:
    unit = superiors(attempt.session, attempt.unit)[0]
    return attempt.session.scalar(sa.select(Post.id).where(
        Post.unit_id == unit.id, Post.person_id == person, in_office(attempt.today)).limit(1)) is not None


def tellers_fit(attempt) -> bool:
    """True where two different people watched and counted: members, or in a small branch one sent from above."""
    watch, count = attempt.words["scrutineer"], attempt.words["teller"]
    on_roster = {row.person_id for row in roster(attempt, "graded", "ungraded")}
    watched = of_superior(attempt, watch) if small(attempt) else watch in on_roster or of_superior(attempt, watch)
    return watch != count and watched and (count in on_roster or of_superior(attempt, count))


def _enter_count(attempt) -> None:
    """记下应到、实到、发出、收回、有效票数和每名党员的得票，监票人、计票人各自签名。"""
    attempt.set_facts(counts={name: attempt.words[name] for name in COUNTS},
                      scrutineer=attempt.words["scrutineer"], teller=attempt.words["teller"])
    for person, votes in tallies(attempt).items():
        row_of(attempt, person).tally = votes


def _forget_count(attempt) -> None:
    """本次计票作废，另定日期重新召开。"""
    attempt.set_facts(counts=None, meeting_on=None)
    for row in roster(attempt):
        row.tally = None


# Ratings -----------------------------------------------------------------------------------------


def voted(row: Appraised) -> str | None:
    """Return the grade with the most votes; of several the better one."""
    if not row.tally or not any(row.tally.values()):
        return None
    return max(ORDER, key=lambda grade: (row.tally[grade], -ORDER.index(grade)))


def to_rate(attempt) -> set[str]:
    """Return whose rating is to be proposed: all, or those that were sent back."""
    return set(attempt.case.facts.get("returned") or graded(attempt))


def ratings(attempt) -> dict[str, str]:
    return {entry["member"]: entry["grade"] for entry in attempt.words.get("ratings") or []}


def _told(attempt, word: str) -> set[str]:
    return {entry["member"] for entry in attempt.words.get(word) or []}


def departures_explained(attempt) -> bool:
    return all(grade == voted(row_of(attempt, person)) or person in _told(attempt, "reasons")
               for person, grade in ratings(attempt).items())


def harsh_are_heard(attempt) -> bool:
    return all(person in _told(attempt, "heard") for person, grade in ratings(attempt).items()
               if harsh(voted(row_of(attempt, person)), grade))


def harsh(vote: str | None, grade: str) -> bool:
    """True for a rating two grades from the vote, or into 不合格: the member is heard first."""
    return grade == ORDER[-1] or (vote is not None and abs(ORDER.index(vote) - ORDER.index(grade)) >= 2)


def excellent_within_share(attempt) -> bool:
    """True where 优秀 are no more than a third of the members, or of those who took part, as the zone has set."""
    proposed = {row.person_id: row.proposed for row in roster(attempt, "graded")} | ratings(attempt)
    counts = attempt.case.facts.get("counts") or {}
    base = counts.get("present", 0) if attempt.settings["appraisal_share_of"] == "present" else len(
        roster(attempt, "graded", "ungraded", "not_counted"))
    return Counter(proposed.values())["excellent"] <= max(floor(Fraction(base, 3)), 1)


def share_kept(attempt) -> bool:
    return attempt.settings["appraisal_share"] != "refuse" or excellent_within_share(attempt)


def _propose(attempt) -> None:
    """等次建议列入名册。"""
    why, heard = _notes(attempt, "reasons"), _notes(attempt, "heard")
    for person, grade in ratings(attempt).items():
        row = row_of(attempt, person)
        row.proposed, row.proposed_why, row.heard = grade, why.get(person), heard.get(person)
        row.returned, row.grade, row.told_on = None, None, None
    attempt.set_facts(returned=None, proposed_by=attempt.words.get("decided_by") or "committee")


def _notes(attempt, word: str) -> dict[str, str]:
    return {entry["member"]: entry["note"] for entry in attempt.words.get(word) or []}


def final_step(attempt) -> str:
    return attempt.settings["appraisal_final_step"]


def _settle(attempt) -> None:
    """等次确定，逐人告知。"""
    for row in roster(attempt, "graded"):
        row.grade = row.proposed


# The superior committee --------------------------------------------------------------------------


def on_roster(attempt) -> set[str]:
    """Return whose own case it is: they step aside from the committee."""
    return {row.person_id for row in roster(attempt)}


def votes_of_round(attempt) -> list[dict]:
    """Return the last words of each who has answered in the body that has the case now."""
    voters = sa.select(Desk.person_id).where(
        Desk.case_id == attempt.case.id, Desk.role == "committee", Desk.kind == "act", Desk.answer.in_((YES, NO)))
    rows = attempt.session.execute(sa.select(JournalRow.actor_id, JournalRow.words).where(
        JournalRow.case_id == attempt.case.id, JournalRow.move == "decide", JournalRow.actor_id.in_(voters),
    ).order_by(JournalRow.seq))
    return list({person: words for person, words in rows}.values())


def sent_back(attempt) -> dict[str, str]:
    """Return whom more than half of those who said yes want back, with the reasons."""
    words = votes_of_round(attempt)
    named = [entry for said in words for entry in said.get("returned") or []]
    count = Counter(entry["member"] for entry in named)
    return {person: "；".join(entry["note"] for entry in named if entry["member"] == person)
            for person, times in count.items() if times * 2 > len(words)}


def returned_known(attempt) -> bool:
    named = [entry["member"] for entry in attempt.words.get("returned") or []]
    return len(named) == len(set(named)) and set(named) <= set(graded(attempt))


def _send_back(attempt) -> None:
    """退回的等次写明理由，由支部重新提出。"""
    back = sent_back(attempt)
    for person, why in back.items():
        row_of(attempt, person).returned = why
    attempt.set_facts(returned=sorted(back))


def _send_all_back(attempt) -> None:
    """全部等次退回，理由是没有同意的成员的意见。"""
    why = "；".join(said["opinion"] for said in votes_of_round(attempt) if not said["agree"])
    for row in roster(attempt, "graded"):
        row.returned = why
    attempt.set_facts(returned=sorted(graded(attempt)))


# Telling, review, filing -------------------------------------------------------------------------


def untold(attempt) -> list[str]:
    return [row.person_id for row in roster(attempt, "graded") if row.told_on is None]


def _tell(attempt) -> None:
    """告知本人，从告知起 5 个工作日内可以申请复核一次。"""
    for person in attempt.words.get("members") or untold(attempt):
        row_of(attempt, person).told_on = attempt.today


def review_until(attempt) -> date | None:
    """Return the last day on which anybody may still ask for a review. Local date."""
    days = [row.told_on for row in roster(attempt, "graded") if row.told_on]
    return add_workdays(attempt.calendar, max(days), REVIEW_DAYS) if days else None


def may_still_ask(attempt) -> bool:
    row = row_of(attempt, attempt.actor.id)
    if row is None or row.told_on is None:
        return False
    return attempt.today <= add_workdays(attempt.calendar, row.told_on, REVIEW_DAYS)


def _ask_review(attempt) -> None:
    """复核期间不归档备案。"""
    row_of(attempt, attempt.actor.id).review = {
        "reason": attempt.words["reason"], "asked_on": attempt.today.isoformat()}


def open_reviews(attempt) -> list[Appraised]:
    return [row for row in roster(attempt, "graded") if row.review and "outcome" not in row.review]


def reviewed(attempt) -> Appraised | None:
    """Return whose review is answered: the member named, or the only one."""
    found = open_reviews(attempt)
    named = attempt.words.get("member")
    if named:
        return next((row for row in found if row.person_id == named), None)
    return found[0] if len(found) == 1 else None


def _answer_review(attempt, grade: str | None) -> None:
    row = reviewed(attempt)
    row.review = {**row.review, "outcome": attempt.move.name, "opinion": attempt.words.get("opinion") or "",
                  "by": attempt.actor.id, "answered_on": attempt.today.isoformat()}
    row.grade, row.told_on = grade or row.grade, None


def _uphold(attempt) -> None:
    """维持原等次，告知本人。"""
    _answer_review(attempt, None)


def _change(attempt) -> None:
    """改定等次，告知本人。"""
    _answer_review(attempt, attempt.words["grade"])


def decided(attempt) -> set[str]:
    """Return who was rated, proposed or decided; they review nobody's rating."""
    return on_roster(attempt) | set(attempt.session.scalars(sa.select(JournalRow.actor_id).where(
        JournalRow.case_id == attempt.case.id, JournalRow.move.in_(("propose", "decide")))))


def past_review(attempt) -> date | None:
    """Return the first day on which no review can be asked for any more."""
    last = review_until(attempt)
    return add_workdays(attempt.calendar, last, 1) if last else None


deploy = Effect(_deploy)
draw_up, add, strike = Effect(_draw_up), Effect(_add), Effect(_strike)
ask_not_counted, not_count = Effect(_ask_not_counted), Effect(_not_count)
file_own, file_for, excuse_self = Effect(_file_own), Effect(_file_for), Effect(_excuse_self)
hold_meeting, review_peer, open_vote = Effect(_hold_meeting), Effect(_review_peer), Effect(_open_vote)
enter_count, forget_count = Effect(_enter_count), Effect(_forget_count)
propose, settle = Effect(_propose), Effect(_settle)
send_back, send_all_back = Effect(_send_back), Effect(_send_all_back)
tell, ask_review, uphold, change = Effect(_tell), Effect(_ask_review), Effect(_uphold), Effect(_change)
