"""How people and units of one name are told apart where they stand together: by what else is known of
them, and by nothing where the name alone is enough. Words only; reads no table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from oversight.base.sentences import say
from oversight.models import Person


def told_apart(people: Iterable[Person], units: dict[str, str] | None = None) -> dict[str, str]:
    """Return by id how each of these people is called among the others: the name, and where another
    bears it too the unit, the 编号 or the day of joining, whichever tells them apart.

    `units` are the names of their units by person.
    """
    listed = {one.id: one for one in people}
    names = {key: one.name for key, one in listed.items()}
    marks = (
        lambda key: (units or {}).get(key, ""),
        lambda key: _numbered(listed[key].number),
        lambda key: _joined(listed[key]),
    )
    return _apart(names, marks)


def _numbered(number: str | None) -> str:
    return say("编号 %(number)s", number=number) if number else ""


def _joined(person: Person) -> str:
    if person.joined_on is None:
        return ""
    return say("%(day)s 入党", day=person.joined_on.isoformat())


def units_apart(units: Iterable, above: dict[str, str]) -> dict[str, str]:
    """Return by id how each of these units is called among the others: the name, and where another
    bears it too what stands above it; `above` are its names by the id of the unit.
    """
    names = {unit.id: unit.name for unit in units}
    return _apart(names, (lambda key: above.get(key, ""),))


def _apart(names: dict[str, str], marks: tuple[Callable[[str], str], ...]) -> dict[str, str]:
    """Add to names that stand twice the first marks that tell all of one name apart."""
    times = Counter(names.values())
    said = dict(names)
    for name in [name for name, count in times.items() if count > 1]:
        ids = [key for key, own in names.items() if own == name]
        told = _marks(ids, marks)
        said |= {
            key: say("%(name)s（%(mark)s）", name=name, mark=told[key]) for key in ids if told[key]
        }
    return said


def _marks(ids: list[str], marks: tuple[Callable[[str], str], ...]) -> dict[str, str]:
    """Return for each of one name the marks that it takes to tell all of them apart; where nothing
    does, their number.
    """
    told = dict.fromkeys(ids, "")
    for mark in marks:
        found = {key: mark(key) for key in ids}
        if len(set(found.values())) > 1:
            told = {key: "，".join(filter(None, (told[key], found[key]))) for key in ids}
        if len(set(told.values())) == len(ids):
            return told
    numbered = enumerate(sorted(ids), 1)  # ids are drawn in time: the order of entering
    return {key: "，".join(filter(None, (told[key], str(n)))) for n, key in numbered}
