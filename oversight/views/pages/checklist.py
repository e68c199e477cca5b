"""The inspector's round as a list of clauses: what binds a branch, and the words a filled list
amounts to.
"""

from __future__ import annotations

import re

from flask_babel import gettext as _

from oversight.base.refusals import InvalidInput
from oversight.base.sentences import N_
from oversight.law.clauses import register
from oversight.law.definition import Move
from oversight.models import Unit
from oversight.views import forms

LETTERS = {"rural": "R", "organ": "O", "private": "P", "soe": "S"}
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
BRANCH_ACTS = ("branch", "secretary", "zone+branch")
_SECTION = re.compile("^(四|[二三]（[一二三四五]）)")


def binding(unit: Unit) -> list[dict]:
    """Return the clauses that bind a branch: those of its own document, and of the zone-wide one
    what it leaves out.
    """
    letter = LETTERS.get(unit.rule_set, "G")
    own = [entry for entry in register().values() if entry["doc"] == letter]
    keys = {entry["key"] for entry in own}
    return own + [
        entry
        for entry in register().values()
        if letter != "G" and entry["doc"] == "G" and entry["key"] not in keys
    ]


def sections(unit: Unit, musts: bool = False) -> list[tuple[str, list[dict]]]:
    """Return the clauses by section; `musts`: only what the branch itself must do."""
    found: dict[str, list[dict]] = {}
    for entry in binding(unit):
        if not musts or entry["kind"] == "must" and entry.get("actor") in BRANCH_ACTS:
            match = _SECTION.match(entry["section"])
            found.setdefault(match[1] if match else "", []).append(entry)
    return [(f"{name} {title}", found[name]) for name, title in SECTIONS.items() if name in found]


def words(form, move: Move) -> dict:
    """Return the words of a filled list: reminders, findings, and how much was looked at. Raises
    InvalidInput.
    """
    found = forms.words_from(form, move.asks)
    seen = {key[5:]: value for key, value in form.items() if key.startswith("seen-") and value}
    marked = {
        kind: [number for number, value in seen.items() if value == kind]
        for kind in ("remind", "finding")
    }
    if marked["finding"] and not any(ask.name == "findings" for ask in move.asks):
        raise InvalidInput(
            {
                "checklist": _(
                    "清单里记了 %(n)s 个组织不力的问题，请选“登记情况并转整改”。",
                    n=len(marked["finding"]),
                )
            }
        )
    found["reminders"] = [
        *(_reminder(form, number) for number in marked["remind"]),
        *found.get("reminders", []),
    ]
    if any(ask.name == "findings" for ask in move.asks):
        found["findings"] = [
            *(_finding(form, number) for number in marked["finding"]),
            *found.get("findings", []),
        ]
    if seen:
        fine = sum(value == "ok" for value in seen.values())
        looked = _("对照条款查看 %(n)s 条，%(fine)s 条没有问题。", n=len(seen), fine=fine)
        found["note"] = "\n".join(filter(None, [found.get("note", "").strip(), looked]))
    return {name: value for name, value in found.items() if value}


def _said(form, name: str, number: str) -> str:
    return form.get(f"{name}-{number}", "").strip()


def _reminder(form, number: str) -> str:
    entry = register().get(number)
    return f"{entry['section'] if entry else number}：{_said(form, 'fact', number) or (entry or {}).get('quote', '')}"


def _finding(form, number: str) -> dict:
    return {
        "clause": number,
        "fact": _said(form, "fact", number),
        "demand": _said(form, "demand", number),
    }
