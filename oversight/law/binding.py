"""What binds whom: does a clause bind a kind of branch, as what, whose duty is it, in whose words.

Orders, the inspector's checklist, citations, the ledger and refusals ask here. A branch is bound by
its own document first; where that is silent the zone-wide one governs it (依总指导书).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from .clauses import DOCUMENTS, Source, clause, register

# Whose document a category has, and under which name the register says whom a clause concerns.
LETTERS = {
    "rural": "R",
    "community": "R",
    "organ": "O",
    "school": None,
    "hospital": None,
    "soe": "S",
    "private": "P",
    "social": "P",
}
CONCERNED = {"R": "rural", "O": "organ", "S": "soe", "P": "private"}
# Schools and hospitals have no document of their own: what the zone-wide one says to 企事业单位 binds them.
INSTITUTIONS = {"all", "private", "soe"}
NARROWER = {"R-2.4.1c": {"rural"}}  # 农村党支部 alone, in the document of villages and communities
# Actors whose duty is the branch's own; the program only reckons the day that the branch has to keep.
BRANCH = {"branch", "secretary", "zone+branch", "system"}


@dataclass(frozen=True)
class Binding:
    """A clause as it binds a kind of branch; `general`: in the zone-wide document's words, for its
    own is silent.
    """

    id: str
    key: str
    kind: str
    actor: str
    section: str
    quote: str
    document: str
    general: bool

    @property
    def own_duty(self) -> bool:
        """True where the branch itself must do it: what an order may rest on."""
        return self.kind == "must" and self.actor in BRANCH

    @property
    def source(self) -> Source:
        return replace(clause(self.id), general=self.general)


@cache
def binding(category: str) -> dict[str, Binding]:
    """Return what binds a category of branches, by clause id: its own document, then what that
    leaves out.
    """
    letter = LETTERS[category]
    own = [entry for entry in register().values() if entry["doc"] == letter]
    said = {entry["key"] for entry in own}
    rest = [
        entry for entry in register().values() if entry["doc"] == "G" and entry["key"] not in said
    ]
    return {
        entry["id"]: _binding(entry, general=entry["doc"] == "G" and letter is not None)
        for entry in [*own, *rest]
        if _concerns(entry, category)
    }


def binds(number: str, category: str) -> Binding | None:
    """Return how a clause binds a category; a clause of the zone-wide document that its own repeats
    binds it too.
    """
    found = binding(category).get(number)
    entry = register().get(number)
    if found is None and entry is not None and entry["doc"] == "G" and _concerns(entry, category):
        return _binding(entry, general=False)
    return found


def by_key(key: str, category: str) -> list[Binding]:
    """Return the clauses under which a rule key binds a category."""
    return [found for found in binding(category).values() if found.key == key]


def in_own_words(source: Source, category: str | None) -> Source:
    """Return a ground in the words of the branch's own document, where this has any.

    One key may have several clauses: that of the same section is taken, else the first.
    """
    entry = register().get(source.id)
    if entry is None or category is None:
        return source
    if source.id in binding(category):
        return binding(category)[source.id].source
    own = by_key(entry["key"], category)
    same = [found for found in own if found.id.partition("-")[2] == source.id.partition("-")[2]]
    return (same or own)[0].source if own else source


def own_id(number: str, category: str | None) -> str:
    """Return the id of a clause in the branch's own document, where this has it."""
    return in_own_words(clause(number), category).id


def _concerns(entry: dict, category: str) -> bool:
    letter = LETTERS[category]
    wanted = {"all", CONCERNED[letter]} if letter else INSTITUTIONS
    return bool(wanted & set(entry["applies_to"])) and category in NARROWER.get(
        entry["id"], {category}
    )


def _binding(entry: dict, *, general: bool) -> Binding:
    return Binding(
        entry["id"],
        entry["key"],
        entry["kind"],
        entry["actor"],
        entry["section"],
        entry["quote"],
        DOCUMENTS[entry["doc"]],
        general,
    )
