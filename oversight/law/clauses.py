"""The clause register: every rule is a clause of the guidance or a declared house rule.

`clause()` is called while definitions are imported, so an unknown number is an import error.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from oversight.base.sentences import N_

DOCUMENTS = {
    "G": N_("《党支部主题党日活动指导书》"),
    "R": N_("《农村（社区）党支部主题党日活动指导书》"),
    "O": N_("《机关党支部主题党日活动指导书》"),
    "P": N_("《非公有制经济组织和社会组织党支部主题党日活动指导书》"),
    "S": N_("《国有企业党支部主题党日活动指导书》"),
}

AS_GENERAL = N_("（依总指导书）")


@dataclass(frozen=True)
class Source:
    """The ground of a rule: a clause (`id` set) or a house rule (`id` empty).

    `general`: the zone-wide document governs a branch whose own is silent.
    """

    id: str
    section: str
    text: str
    document: str = ""
    general: bool = False

    @property
    def is_clause(self) -> bool:
        return bool(self.id)

    @property
    def cite(self) -> str:
        """Name the ground as it is printed: document and section, or 本区约定."""
        if not self.id:
            return N_("本区约定")
        return f"{self.document}{self.section}{AS_GENERAL if self.general else ''}"

    @property
    def short(self) -> str:
        """Name the section alone, where its document is plain from who reads it."""
        return f"{self.section}{AS_GENERAL if self.general else ''}"


class UnknownClause(KeyError):
    """A clause id that the register does not have."""


@cache
def register() -> dict[str, dict]:
    """Return all clauses of the five documents by id."""
    raw = files("oversight.law").joinpath("clauses.json").read_text("utf-8")
    return {entry["id"]: entry for entry in json.loads(raw)}


def clause(number: str) -> Source:
    """Return a clause as a ground. Raises UnknownClause."""
    entry = register().get(number)
    if entry is None:
        raise UnknownClause(number)
    return Source(number, entry["section"], entry["quote"], DOCUMENTS[entry["doc"]])


def house_rule(text: str) -> Source:
    """Declare a rule that the guidance does not contain; shown as 本区约定, never as law."""
    return Source("", "", text)
