"""The catalogue of everything that people read: what is to be said in another language, and where
it stands.

Chinese is the source: a sentence is its own key. Babel's extractor finds what is marked where it
stands; `docs/decisions/words-are-marked.md` says how.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

from oversight.base.refusals import DomainError, InvalidInput

MARKERS = {"_": None, "N_": None, "say": None}
# Whose call marks one of its words, by number: refusals, and what a definition is made of. Babel
# looks for no keyword deep inside the call of another, so what stands in a move has its own run.
REFUSALS: list[type[DomainError]] = [DomainError, *DomainError.__subclasses__()]
PARTS = {"Field": (3,), "Tell": (2,), "Role": (2,), "house_rule": (1,)}
WHOLES = {
    **{"Move": (2,), "State": (2,), "Committee": (2,), "MultiInstance": (3,)},
    **{kind.__name__: (1,) for kind in REFUSALS if kind is not InvalidInput},  # it says a dict
    "Unreadable": (1,),
}
LEFT_OUT = "demo"  # data of the demo zone, no words of the program


def keys(package: Path, templates: Path) -> dict[str, list[tuple[str, int]]]:
    """Return every key with the places (file, line) where it is said."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for path, line, text in _marked(package, templates):
        if text.strip():  # a refusal may begin with what joins its lines
            found[text].append((path.relative_to(package.parent).as_posix(), line))
    return dict(found)


def _marked(package: Path, templates: Path) -> Iterator[tuple[Path, int, str]]:
    for path in sorted(package.rglob("*.py")):
        if LEFT_OUT in path.relative_to(package).parts:
            continue
        for keywords in (MARKERS, PARTS, WHOLES):
            yield from _found(path, "python", keywords)
        yield from _found(path, rules)
    for path in sorted(templates.rglob("*.html")):
        yield from _found(path, "jinja2.ext:babel_extract")


def _found(path: Path, method, *keywords) -> Iterator[tuple[Path, int, str]]:
    for line, text, *_ in extract_from_file(method, path, *keywords):
        if isinstance(text, str):  # no plural has a key of its own
            yield path, line, text


def rules(file, keywords, comment_tags, options):
    """Extract the sentences of rules and effects, which are their docstrings: a method of Babel."""
    for node in ast.walk(ast.parse(file.read())):
        if not isinstance(node, ast.FunctionDef):
            continue
        for mark in node.decorator_list:
            named = mark.func if isinstance(mark, ast.Call) else mark
            if isinstance(named, ast.Name) and named.id in ("rule", "effect"):
                yield node.lineno, None, " ".join(ast.get_docstring(node).split()), []


def write(package: Path, templates: Path, path: Path) -> int:
    """Write the template catalogue to a file; returns the number of keys."""
    catalog = template(package, templates)
    with path.open("wb") as file:
        write_po(file, catalog, sort_output=True, omit_header=True, width=0, no_location=True)
    return len(catalog)


def template(package: Path, templates: Path) -> Catalog:
    """Make the template catalogue (POT); without a date, so that it changes only with the texts."""
    catalog = Catalog(project="oversight", charset="utf-8", fuzzy=False)
    for key, places in sorted(keys(package, templates).items()):
        catalog.add(
            key, locations=[(name, 0) for name in dict.fromkeys(name for name, _ in places)]
        )
    return catalog
