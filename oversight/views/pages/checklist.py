"""The inspector's round as a list of clauses: what binds a branch, and the words a filled list
amounts to.
"""

from __future__ import annotations

import re

from flask_babel import gettext as _

from oversight.base.refusals import InvalidInput
from oversight.base.sentences import N_
from oversight.law.binding import Binding, binding
from oversight.law.clauses import register
from oversight.law.definition import Move
from oversight.models import Unit
from oversight.papers.orders import HOLLOW
from oversight.views import forms

SECTIONS = {
    "二（一）": N_("时间安排"),
    "二（二）": N_("参加对象"),
    "二（三）": N_("活动主题"),
    "二（四）": N_("实施主体"),
    "二（五）": N_("组织方式"),
    "三（一）": N_("规范组织生活"),
    "三（二）": N_("加强组织建设"),
    "三（三）": N_("立足岗位发挥作用"),
    "四": N_("保障措施"),
}
FOUND = {"finding": {}, "hollow": {"ground": HOLLOW}}
_SECTION = re.compile("^(四|[二三]（[一二三四五]）)")


def sections(unit: Unit, musts: bool = False) -> list[tuple[str, list[Binding]]]:
    """Return what binds a branch by section; `musts`: only what the branch itself must do."""
    found: dict[str, list[Binding]] = {}
    for entry in binding(unit.category).values():
        if entry.own_duty or not musts:
            match = _SECTION.match(entry.section)
            found.setdefault(match[1] if match else "", []).append(entry)
    return [(f"{name} {title}", found[name]) for name, title in SECTIONS.items() if name in found]


def words(form, move: Move) -> dict:
    """Return the words of a filled list: reminders, findings, and how much was looked at. Raises
    InvalidInput.
    """
    found = forms.words_from(form, move.asks)
    seen = {key[5:]: value for key, value in form.items() if key.startswith("seen-") and value}
    remind, fine = ([n for n in seen if seen[n] == kind] for kind in ("remind", "ok"))
    wrong = [n for n in seen if seen[n] in FOUND]
    ordered = any(ask.name == "findings" for ask in move.asks)
    if wrong and not ordered:
        said = _("清单里记了 %(n)s 个组织不力的问题，请选“登记情况并转整改”。", n=len(wrong))
        raise InvalidInput({"checklist": said})
    found["reminders"] = [*(_reminder(form, n) for n in remind), *found.get("reminders", [])]
    if ordered:
        listed = [_finding(form, n, FOUND[seen[n]]) for n in wrong]
        found["findings"] = listed + found.get("findings", [])
    if seen:
        found["note"] = _looked(found.get("note", "").strip(), len(seen), len(fine))
    return {name: value for name, value in found.items() if value}


def _looked(note: str, seen: int, fine: int) -> str:
    """Add to a note how much was looked at."""
    looked = _("对照条款查看 %(n)s 条，%(fine)s 条没有问题。", n=seen, fine=fine)
    return "\n".join(filter(None, [note, looked]))


def _said(form, name: str, number: str) -> str:
    return form.get(f"{name}-{number}", "").strip()


def _reminder(form, number: str) -> str:
    entry = register().get(number)
    return f"{entry['section'] if entry else number}：{_said(form, 'fact', number) or (entry or {}).get('quote', '')}"


def _finding(form, number: str, ground: dict) -> dict:
    return {
        "clause": number,
        "fact": _said(form, "fact", number),
        "demand": _said(form, "demand", number),
        **ground,
    }
