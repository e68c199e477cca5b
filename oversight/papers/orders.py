"""The letters of a rectification: the order, and the notice that closes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oversight.base.sentences import N_
from oversight.law.binding import own_id
from oversight.law.clauses import DOCUMENTS, register
from oversight.law.inputs import read_day
from oversight.models import Unit

from .letter import chinese_day, letter

if TYPE_CHECKING:
    from oversight.rules.context import TransitionContext

SERIES = N_("整")
POOR, HOLLOW = "poor", "hollow"
GROUNDS = ((POOR, N_("组织不力")), (HOLLOW, N_("走过场")))  # Source: G-4.4f, S-4.4f


def issuer(attempt: TransitionContext) -> Unit:
    """Return the organization in whose name the order is."""
    return attempt.session.get(Unit, attempt.case.facts["issuer"])


def order(attempt: TransitionContext) -> dict:
    """Compose the order: what was found, on which grounds, and what is demanded by when."""
    facts, findings = attempt.case.facts, attempt.case.facts["findings"]
    points = "；".join(
        f"{number}、{finding['fact'].rstrip('。；')}" for number, finding in enumerate(findings, 1)
    )
    numbers = (own_id(finding["clause"], attempt.unit.category) for finding in findings)
    grounds = "、".join(dict.fromkeys(map(cite, numbers)))
    day = chinese_day(read_day(facts.get("due_on")))
    return letter(
        attempt,
        issuer(attempt),
        N_("整改通知书"),
        attempt.unit.name,
        [
            f"经{chinese_day(attempt.fact_day('inspected_on'))}督查，认定你支部主题党日活动{_ground(findings)}，存在下列问题：{points}。",
            f"依据{grounds}，请你支部于{day}前完成整改并书面报告。",
            *(f"{number}．{finding['demand']}" for number, finding in enumerate(findings, 1)),
        ],
    )


def _ground(findings: list[dict]) -> str:
    """Say as what the inspector found it; nothing said is 组织不力."""
    found = {finding.get("ground") or POOR for finding in findings}
    return "、".join(label for key, label in GROUNDS if key in found)


def closing(attempt: TransitionContext) -> dict:
    """Compose the notice that an order is met."""
    unit = attempt.session.get(Unit, attempt.basis.unit_id) if attempt.basis else issuer(attempt)
    count = len(attempt.case.facts["findings"])
    return letter(
        attempt,
        unit,
        N_("整改销号通知"),
        attempt.unit.name,
        [
            f"{attempt.case.number}整改通知书所列 {count} 个问题已整改到位或说明属实，予以销号。",
            N_("请在下一次主题党日向党员通报整改情况。"),
        ],
    )


def cite(number: str) -> str:
    """Name a clause with its document."""
    entry = register()[number]
    return f"{DOCUMENTS[entry['doc']]}{entry['section']}"
