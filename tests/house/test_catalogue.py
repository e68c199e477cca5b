"""Every sentence that people read stands in the catalogue, so that it can be said in another
language.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from oversight.commands import catalogue

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "oversight"
HAN = re.compile(r"[㐀-鿿]")
# Chinese that is looked for in what others wrote, and examples.
SAID_BY_NOBODY = (
    "demo/",
    "ledger/charter.py",
    "papers/docx.py",  # names of fonts
    "papers/layout.py",
    "papers/pdf.py",
    "engine/verifier.py",  # stands alone, without a catalogue
    "base/cells.py",
    "register/roster/cells.py",
    "register/roster/headers.py",
    "views/api/openapi.py",
)
LOOKS = ["compile", "fullmatch", "search", "sub", "removesuffix", "endswith", "split", "toYmd"]


@pytest.fixture(scope="module")
def said() -> set[str]:
    return set(catalogue.keys(PACKAGE, ROOT / "templates"))


def test_the_catalogue_has_every_key_and_no_other(said):
    with (PACKAGE / "translations" / "messages.pot").open("rb") as file:
        kept = {message.id for message in read_po(file) if message.id}
    assert (sorted(said - kept)[:5], sorted(kept - said)[:5]) == ([], []), "make catalogue"
    assert len(kept) > 500


def test_refusals_and_labels_are_among_the_keys(said):
    assert {
        "改到的日期必须在同一个月之内。",  # a rule's docstring
        "待批复",  # a state
        "提交请示",  # a move
        "请示退回修改。",  # whom a move tells, inside the move
        "“%(move)s”由%(party)s办理，您可以查看，不能办理。",
        "这个文件是空的，请重新选择。",  # marked in a table
        "待办",
    } <= said


def test_placeholders_have_one_style(said):
    assert [key for key in said if re.search(r"\{\w*\}", key)] == []


def test_what_is_filled_in_is_what_a_sentence_names():
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or _called(node) not in ("say", "_"):
                continue
            template, given = node.args[0], {word.arg for word in node.keywords}
            if isinstance(template, ast.Constant) and given != _named(template.value):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []


def test_nothing_is_marked_inside_an_f_string():
    """Python 3.11 reads an f-string as one word: what is marked in it is found by later ones alone."""
    marked = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if "demo" not in path.parts
        for text in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and _called(call) in catalogue.MARKERS
    ]
    assert marked == []


def test_no_chinese_text_is_left_unmarked(said):
    unmarked = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.value}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if not path.relative_to(PACKAGE).as_posix().startswith(SAID_BY_NOBODY)
        for node in _texts(ast.parse(path.read_text("utf-8")))
        if node.value not in said
    ]
    assert unmarked == []


def _called(node: ast.Call) -> str:
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def _named(template: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", template))


def _texts(node: ast.AST):
    """Yield the Chinese strings of a module that may be shown; not docstrings, f-strings, the
    comments of columns, keys, and what a text is compared with or searched for.
    """
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str) and HAN.search(node.value):
            yield node
        return
    if isinstance(node, ast.JoinedStr | ast.Compare | ast.Set | ast.Subscript):
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.keyword) and node.arg == "comment":
        return
    if isinstance(node, ast.Call) and _called(node) in LOOKS:
        return
    inside = node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node)
    for child in inside:
        yield from _texts(child)


def test_what_click_says_is_compiled_from_its_catalogue():
    folder = PACKAGE / "translations" / "zh" / "LC_MESSAGES"
    with (folder / "click.po").open("rb") as file:
        written = read_po(file, locale="zh")
    with (folder / "click.mo").open("rb") as file:
        compiled = read_mo(file)
    assert list(written.check()) == []
    assert _said(written) == _said(compiled), "make catalogue"


def _said(catalog) -> dict[str, list[str]]:
    """Return the translations by the first form of their key."""
    return {
        "".join(each.id[:1]) if each.pluralizable else each.id: [*each.string]
        for each in catalog
        if each.id
    }
