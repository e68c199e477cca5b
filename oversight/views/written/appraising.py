"""The papers of a yearly appraisal, for who leads it; a member's own page is his."""

from __future__ import annotations

from oversight import workflows
from oversight.base.refusals import NotFound
from oversight.base.sentences import N_
from oversight.base.terms import APPEAL
from oversight.calendar.zone import zone_terms
from oversight.casework import appraisal
from oversight.casework.appraisal import Line
from oversight.engine import authority
from oversight.law.inputs import read_day
from oversight.models import Case
from oversight.models.appraisal import GRADES
from oversight.organization import members
from oversight.organization.then import unit_then
from oversight.papers import forms
from oversight.papers.layout import Block, Content, Paragraph, Sheet
from oversight.papers.letter import chinese_day

from .asked import Ask

TAKING_PART = ("graded", "ungraded")
CLASSES = {
    "present": "到会",
    "other_form": "其他方式",
    "informed": N_("只了解情况"),
    "leave": "请假",
    "absent": "缺席",
}
EXCUSED = {
    "late": N_("未交"),
    "ill": N_("免写：年老体弱"),
    "away": N_("免写：长期在外"),
    "other": N_("免写"),
    "elsewhere": N_("本年度已评议"),
}


def _case(ask: Ask, case_id: str) -> Case:
    """Return an appraisal that the reader sees. Raises NotFound."""
    case = authority.seen(ask.session, ask.who, case_id)
    if case.workflow != "appraisal":
        raise NotFound()
    return case


def _led(ask: Ask, case_id: str) -> tuple[Case, list[Line]]:
    """Return an appraisal with its roster for who leads it. Raises NotFound."""
    case = _case(ask, case_id)
    if not authority.reads_all(workflows.of(case), case, ask.who):
        raise NotFound()
    return case, appraisal.lines(ask.session, case)


def _said(ask: Ask, case: Case, lines: list[Line]) -> dict[str, str]:
    """Return what the head of each of its papers says."""
    fixed = case.facts.get("entitled")
    voting = sum(one.row.votes for one in lines if one.row.standing in TAKING_PART)
    held = read_day(case.facts.get("meeting_on") or "")
    return {
        "unit": unit_then(ask.session, case.unit, held or ask.at.today),
        "year": str(case.facts["year"]),
        "entitled": str(voting if fixed is None else fixed),
        "held": chinese_day(held) if held else "",
    }


def _called(ask: Ask, lines: list[Line]) -> dict[str, str]:
    return members.called(ask.session, [one.person for one in lines], ask.at.today)


def signin(ask: Ask, case_id: str) -> Content:
    """Return the sign-in sheet of the meeting. Raises NotFound."""
    case, lines = _led(ask, case_id)
    called, present = _called(ask, lines), [o for o in lines if o.row.standing in TAKING_PART]
    people = [called[o.person.id] + ("" if o.row.votes else N_("（预备）")) for o in present]
    return forms.meeting(_said(ask, case, lines), people)


def ballot(ask: Ask, case_id: str) -> Content:
    """Return the ballot. Raises NotFound."""
    case, lines = _led(ask, case_id)
    called = _called(ask, lines)
    people = [called[one.person.id] for one in appraisal.graded(lines)]
    said = _said(ask, case, lines)
    return forms.ballot(said, people, tuple(GRADES.values()))


def count(ask: Ask, case_id: str) -> Content:
    """Return the sheet on which ballots are counted. Raises NotFound."""
    case, lines = _led(ask, case_id)
    called, empty = _called(ask, lines), ("",) * (len(GRADES) + 1)
    rows = [(called[one.person.id], *empty) for one in appraisal.graded(lines)]
    return forms.count(_said(ask, case, lines), rows, tuple(GRADES.values()))


def summary(ask: Ask, case_id: str) -> Content:
    """Return what was counted. Raises NotFound."""
    case, lines = _led(ask, case_id)
    counts = case.facts.get("counts")
    if not counts:
        raise NotFound("还没有计票。")
    called = _called(ask, lines)
    rows = [(called[one.person.id], *_votes(one)) for one in appraisal.graded(lines)]
    known = {name: str(counts[name]) for name in ("present", "issued", "returned", "valid")}
    known["void"] = str(counts["returned"] - counts["valid"])
    said = _said(ask, case, lines) | known
    return forms.count(said, rows, tuple(GRADES.values()), summary=True)


def _votes(line: Line) -> list[str]:
    """Return a member's votes by grade, and their sum."""
    tally = line.row.tally
    if not tally:
        return [""] * (len(GRADES) + 1)
    return [*(str(tally[key]) for key in GRADES), str(sum(tally.values()))]


def register(ask: Ask, case_id: str) -> Content:
    """Return the register of the appraisal, a page a member. Raises NotFound."""
    case, lines = _led(ask, case_id)
    said, called = _said(ask, case, lines), _called(ask, lines)
    graded = appraisal.graded(lines)
    pages = [said | _entry(case, one, called[one.person.id], True) for one in graded]
    return forms.register(pages)


def own(ask: Ask, case_id: str) -> Content:
    """Return a member's own register once he was told, without the votes. Raises NotFound."""
    case = _case(ask, case_id)
    lines = appraisal.lines(ask.session, case, ask.who.id)
    if not lines or lines[0].row.told_on is None:
        raise NotFound()
    said = _said(ask, case, lines) | _entry(case, lines[0], lines[0].person.name, False)
    return forms.register([said], votes=False)


def _entry(case: Case, line: Line, name: str, leads: bool) -> dict[str, str]:
    """Return what the register says of a member; to himself only what was settled."""
    row, one = line.row, line.person
    grade = row.grade or (row.proposed if leads else None)
    outcome = (
        f"评定等次：{GRADES[grade]}" if grade else "",
        f"理由：{row.proposed_why}" if row.proposed_why else "",
        f"本人意见：{row.heard}" if row.heard else "",
    )
    return {
        "name": name,
        "joined": chinese_day(one.joined_on) if one.joined_on else "",
        "kind": "预备党员" if one.probationary else "正式党员",
        "attended": _attended(line),
        "self": _self(line),
        "peers": "\n".join(f"{who}：{opinion}" for who, opinion in line.peers),
        "tally": _tally(case, line) if leads else "",
        "outcome": "　".join(filter(None, outcome)),
    }


def _attended(line: Line) -> str:
    """Say how a member took part in the year, and what was corrected since it went up."""
    made_up = f"，补课{line.made_up}次" if line.made_up else ""
    since = f"（上报后有更正，现为：{_classes(line.corrected)}）" if line.corrected else ""
    return (_classes(line.attendance) or "没有记录") + made_up + since


def _classes(found: dict[str, int]) -> str:
    return "，".join(f"{label}{found[key]}次" for key, label in CLASSES.items() if found[key])


def _self(line: Line) -> str:
    row = line.row
    if not row.self_text:
        return EXCUSED.get(row.excused or "", "")
    by = N_("（由支部代录）") if row.self_by != row.person_id else ""
    return f"{row.self_text}\n自评等次：{GRADES.get(row.self_grade or '', '')}{by}"


def _tally(case: Case, line: Line) -> str:
    tally, counts = line.row.tally, case.facts.get("counts")
    votes = (f"{label} {tally[key] if tally else '＿＿'} 票" for key, label in GRADES.items())
    return "，".join(votes) + (f"（有效 {counts['valid']} 票）" if counts else "")


def told(ask: Ask, case_id: str) -> Content:
    """Return the written notices of the grades, a page a member; to a member his own. Raises NotFound."""
    case = _case(ask, case_id)
    leads = authority.reads_all(workflows.of(case), case, ask.who)
    lines = appraisal.lines(ask.session, case, None if leads else ask.who.id)
    settled = [one for one in appraisal.graded(lines) if one.row.grade]
    if not leads:
        settled = [one for one in settled if one.row.told_on]
    if not settled:
        raise NotFound("还没有评定的等次可以告知。")
    said, days = (
        _said(ask, case, lines),
        zone_terms(ask.session, case.zone_id, ask.at.now)[APPEAL.name],
    )
    return _bound([forms.told(said | {"days": str(days)} | _told(one)) for one in settled])


def _told(line: Line) -> dict[str, str]:
    on = line.row.told_on
    date = {"date": chinese_day(on)} if on else {}
    return {"name": line.person.name, "grade": GRADES[line.row.grade]} | date


def _bound(pages: list[Content]) -> Content:
    """Return letters of one title as one paper, each on a page of its own with who signs it."""
    if len(pages) == 1:
        return pages[0]
    blocks = [
        block
        for number, page in enumerate(pages)
        for block in (*((Sheet(page.title),) if number else ()), *_apart(page))
    ]
    return Content(pages[0].title, blocks=tuple(blocks))


def _apart(page: Content) -> list[Block]:
    """Return a letter as paragraphs."""
    signed = [Paragraph(one, at="right") for one in (page.sender, page.date)]
    return [
        Paragraph(page.to, at="flush"), *page.blocks, *signed, *map(Paragraph, page.after)
    ]  # fmt: skip
