"""What a paper was decided on, frozen in the row that decided: the facts, what was shown with the case,
the definition, what was checked, and by what authority. A paper that is void says what has changed since.
"""

from __future__ import annotations

import sqlalchemy as sa

from oversight.models import Attachment, Case, JournalRow, Paper
from oversight.rules.context import TransitionContext

from .verifier import digest

NAME = "capsule"  # in the result of the row


def frozen(attempt: TransitionContext, facts: dict, unmet: set[str]) -> dict:
    """Return the capsule of a move that issued a paper; `facts` as they were before its effects,
    `unmet` the checks that only warned.
    """
    move, stand = attempt.move, attempt.basis
    return {
        "facts": {"sha256": digest(facts)} if attempt.workflow.discreet else facts,
        "attachments": shown(attempt.session, attempt.case),
        "definition": [attempt.workflow.name, attempt.workflow.version],
        "guards": {one.name: one.name not in unmet for one in (*move.only_if, *move.warns)},
        "authority": [stand.role, stand.office, stand.acting_for] if stand else [],
    }


def shown(session, case: Case) -> dict[str, str]:
    """Return the hashes of what is shown with a case now, the newest version of each, by series."""
    rows = sa.select(Attachment.series_id, Attachment.sha256).where(Attachment.case_id == case.id)
    found = session.execute(rows.order_by(Attachment.series_id, Attachment.version))
    return {series: sha256 for series, sha256 in found}


def of(rows: list[JournalRow], paper: Paper) -> dict | None:
    """Return the capsule of a paper from the journal of its case; None of one that is older."""
    for row in rows:
        if NAME in row.result and paper.id in row.after.get("papers", {}):
            return row.result[NAME]
    return None


def changed(capsule: dict, case: Case, attachments: dict[str, str]) -> dict[str, list]:
    """Return by name what is not as it was: [before, now]; of attachments how many are others."""
    before, now = capsule["facts"], case.facts
    found = {
        name: [before.get(name), now.get(name)]
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    }
    others = len(capsule["attachments"].items() ^ attachments.items())
    return {
        **found,
        **({"attachments": [len(capsule["attachments"]), len(attachments)]} if others else {}),
    }
