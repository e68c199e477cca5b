"""The catalogue of everything that people read: what is to be said in another language, and where
it stands.

Chinese is the source: a sentence is its own key. Definitions and rules are read as code, templates
as Jinja.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

HAN = re.compile(r"[㐀-鿿]")
# Data of the demo zone and the clause register are no interface texts.
LEFT_OUT = ("demo", "data/")


def keys(package: Path, templates: Path) -> dict[str, list[tuple[str, int]]]:
    """Return every key with the places (file, line) where it is said."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package.parent).as_posix()
        if not any(part in name for part in LEFT_OUT):
            for line, text in _strings(path):
                found[text].append((name, line))
    for path in sorted(templates.rglob("*.html")):
        for line, text, _comments, _context in extract_from_file("jinja2.ext:babel_extract", path):
            found[text if isinstance(text, str) else text[0]].append(
                (path.relative_to(templates.parent).as_posix(), line)
            )
    return dict(found)


def _strings(path: Path):
    """Yield the Chinese string constants of a module; sentences of guards and effects are
    docstrings.
    """
    tree = ast.parse(path.read_text("utf-8"))
    in_f_strings = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in in_f_strings
            and HAN.search(node.value)
        ):
            yield node.lineno, " ".join(node.value.split())


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
