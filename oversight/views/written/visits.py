"""The papers of a visit and of what it led to: the inspector's record, the branch's report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from oversight import workflows
from oversight.base.refusals import NotFound
from oversight.base.sentences import N_
from oversight.casework import attachments
from oversight.engine import authority, journal
from oversight.law.binding import own_id
from oversight.law.clauses import register
from oversight.law.inputs import read_day
from oversight.models import Case, JournalRow, Unit
from oversight.organization.then import unit_then, with_post
from oversight.papers import forms, orders
from oversight.papers.layout import Content, letter
from oversight.papers.letter import full_day
from oversight.rules.rectification import METHODS

from .asked import Ask

FOUND, REMINDED = N_("不符合"), "当场提醒"
ANSWERED = ("accept", "send_back")


def _case(ask: Ask, case_id: str, workflow: str) -> Case:
    """Return a case of a kind that the reader may read whole. Raises NotFound."""
    case = authority.seen(ask.session, ask.who, case_id)
    if case.workflow != workflow or not authority.reads_all(workflows.of(case), case, ask.who):
        raise NotFound()
    return case


def inspection(ask: Ask, case_id: str) -> Content:
    """Return the record of a visit that was written up. Raises NotFound."""
    case = _case(ask, case_id, "inspection")
    facts, rows = case.facts, journal.of_case(ask.session, case.id)
    written = next((row for row in reversed(rows) if row.move in ("conclude", "order")), None)
    if written is None:
        raise NotFound("督查情况还没有登记。")
    on = read_day(facts["inspected_on"])
    said = {
        "unit": unit_then(ask.session, case.unit, on),
        "held": full_day(on),
        "method": dict(METHODS)[facts["method"]],
        "by": _author(ask, facts.get("issuer"), facts.get("author"), written),
        "advice": facts.get("note") or "",
    }
    return forms.inspection(said, _looked(case))


def _author(ask: Ask, unit_id: str | None, person: str | None, row: JournalRow) -> str:
    """Name who made a visit, with the post held at the level that made it."""
    unit, by = ask.session.get(Unit, unit_id), person or row.actor_id
    on = row.at.astimezone(ask.clock.zone).date()
    return with_post(ask.session, unit, by, on) if unit else ""


def _looked(case: Case) -> list[tuple[str, ...]]:
    """Return what was looked at, each by the branch's own clause: what was found, and reminded of."""
    facts, kind = case.facts, case.unit.category
    found: list[tuple[str, ...]] = [
        (
            register()[one["clause"]]["quote"],
            orders.cite(own_id(one["clause"], kind)),
            FOUND,
            f"{one['fact']}\n整改要求：{one['demand']}",
        )
        for one in facts.get("findings") or []
    ]
    reminded = [_reminded(str(one)) for one in facts.get("reminders") or []]
    fine: list[tuple[str, ...]] = [(N_("没有发现需要整改的问题"), "", "符合要求", "")]
    return [*found, *reminded] or fine


def _reminded(text: str) -> tuple[str, ...]:
    """Return a reminder with its clause named in full, where it was made from the list of clauses."""
    section, colon, rest = text.partition("：")
    if colon and orders.SECTION.fullmatch(section):
        return rest, orders.in_full(section), REMINDED, ""
    return text, "", REMINDED, ""


def report(ask: Ask, case_id: str) -> Content:
    """Return a branch's report of what it put right, as it was last sent. Raises NotFound."""
    case = _case(ask, case_id, "rectification")
    rows = journal.of_case(ask.session, case.id)
    sent = next((row for row in reversed(rows) if row.move == "report"), None)
    if sent is None:
        raise NotFound("还没有报送整改报告。")
    on = sent.at.astimezone(ask.clock.zone).date()
    by = with_post(ask.session, case.unit, sent.actor_id, on)
    issuer = ask.session.get(Unit, case.facts["issuer"])
    shown = attachments.newest(attachments.of_case(ask.session, case))
    body = orders.report(
        case,
        unit_then(ask.session, case.unit, on),
        unit_then(ask.session, issuer, on),
        sent.words["items"],
        by,
        on,
        [one.name for one in shown if one.at <= sent.at and one.finding is not None],
    )
    name = (sent.actor or "").split("（")[0]
    content = letter(body, contact=name, signers=(name,))
    answer = _answer(rows, sent)
    return _with_answer(content, answer) if answer else content


def _answer(rows: Iterable[JournalRow], sent: JournalRow) -> JournalRow | None:
    """Return the step by which a report was judged."""
    return next((row for row in rows if row.seq > sent.seq and row.move in ANSWERED), None)


def _with_answer(content: Content, row: JournalRow) -> Content:
    """Add what came of it: passed and closed, or sent back."""
    outcome = N_("销号") if row.move == "accept" else "退回再改"
    said = f"复查结果：{outcome}。{row.words.get('opinion') or ''}"
    return replace(content, after=(*content.after, said))
