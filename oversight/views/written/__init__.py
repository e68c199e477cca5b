"""Papers that bear no number: made from the records when they are asked for, as page, DOCX and PDF, seen
by who sees the records. One function each, from who asks and an id to the content.
"""

from __future__ import annotations

from collections.abc import Callable

from oversight.base.refusals import NotFound
from oversight.papers.layout import Content

from . import appraising, books, days, requests, visits
from .asked import Ask

KINDS: dict[str, Callable[[Ask, str], Content]] = {
    "activity": days.activity,
    "notice": days.notice,
    "committee": days.committee,
    "filing": days.filing,
    "contacts": days.contacts,
    "calls": days.calls,
    "life": days.life,
    "request": requests.request,
    "inspection": visits.inspection,
    "report": visits.report,
    "signin": appraising.signin,
    "ballot": appraising.ballot,
    "count": appraising.count,
    "summary": appraising.summary,
    "register": appraising.register,
    "own": appraising.own,
    "told": appraising.told,
    "branch": books.branch,
    "member": books.member,
    "reporting": books.report,
    "handover": books.handover,
    "draft": books.draft,
}
YEARLY = ("branch", "member", "reporting")  # that are of a year


def written(ask: Ask, kind: str, of: str) -> Content:
    """Return a paper of a kind. Raises NotFound, Forbidden."""
    made = KINDS.get(kind)
    if made is None:
        raise NotFound()
    return made(ask, of)
