"""The templates and the style sheet: lines that fit, what djLint knows, and nothing that nobody
uses.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "templates"
TEXTS = {path: path.read_text("utf-8") for path in sorted(FOLDER.rglob("*.html"))}
CODE = "\n".join(
    path.read_text("utf-8")
    for path in sorted((ROOT / "oversight").rglob("*"))
    if path.suffix in (".py", ".js")
)
ALL = "\n".join((*TEXTS.values(), CODE))
IMPORT = re.compile(r"{%-? *from \"[^\"]+\" import ([^%]*?)(?:with context)? *-?%}")
# A class whose name is put together where it is used, and what it is put together of.
COMPOSED = {
    "l-": ("one", "two"),  # levels of a paper's headings
    "w-": tuple(map(str, range(1, 20))),  # widths of columns, in twentieths
    "o-": ("late1", "late2", "late3", "open", "info", "ok", "none"),
    "k-": ("o", "l", "a", "finding", "remind"),
    "n-": ("p", "o", "l", "a"),
}


def test_lines_of_templates_fit():
    lines = [len(line) for text in TEXTS.values() for line in text.splitlines()]
    assert max(lines) <= 160
    assert statistics.mean(lines) <= 80


def test_templates_pass_djlint():
    done = subprocess.run(
        [sys.executable, "-m", "djlint", str(FOLDER), "--lint", "--quiet"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_stands_in_a_note_stands_in_an_element():
    """A note is a grid of a narrow column for its sign and a wide one: bare text would fall into the first."""
    note = re.compile(r"""<(\w+) class="note[ "](?:[^>{]|{{.*?}}|{%.*?%})*>(.*?)</\1>""", re.S)
    bare = [
        body[:40]
        for text in TEXTS.values()
        for _tag, body in note.findall(text)
        if not re.match(r"\s*(<|\{\{-? *(icon|csrf)\(|\{%)", body)
    ]
    assert bare == []


def test_every_field_of_text_has_the_one_shape():
    style = (ROOT / "oversight" / "static" / "app.css").read_text("utf-8")
    [rule] = re.findall(r"^(textarea,.*)\{width:100%", style, re.M)
    shaped = set(re.findall(r"input\[type=(\w+)\]", rule))
    kinds = {
        kind for text in TEXTS.values() for kind in re.findall(r'<input[^>]* type="(\w+)"', text)
    }
    others = {"hidden", "checkbox", "radio", "button", "file", "reset", "search"}
    assert kinds - others <= shaped and "input:not([type])" in rule


def test_every_template_is_used():
    names = {path.relative_to(FOLDER).as_posix() for path in TEXTS}
    by_workflow = {name for name in names if name.startswith("cases/") and name != "cases/any.html"}
    named = {name for name in names if f'"{name}"' in ALL}
    assert names - by_workflow - named == set()
    workflows = {path.stem for path in (ROOT / "oversight" / "workflows").glob("*.py")}
    assert {Path(name).stem for name in by_workflow} <= workflows


def heirs(path: Path) -> list[str]:
    """Return the texts of a template and of those that extend it: they see what it imports."""
    name = path.relative_to(FOLDER).as_posix()
    below = [one for one, text in TEXTS.items() if f'{{% extends "{name}" %}}' in text]
    return [TEXTS[path], *(text for one in below for text in heirs(one))]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_what_a_template_imports_it_uses(path):
    text = IMPORT.sub("", "\n".join(heirs(path)))
    names = [
        name.split(" as ")[-1].strip()
        for found in IMPORT.findall(TEXTS[path])
        for name in found.split(",")
    ]
    assert [name for name in names if not re.search(rf"\b{name}\(", text)] == []


def test_every_macro_and_each_of_its_words_is_used():
    macro = re.compile(r"{%-? *macro (\w+)\((.*?)\) *-?%}(.*?){%-? *endmacro", re.S)
    unused = []
    for text in TEXTS.values():
        for name, words, body in macro.findall(text):
            elsewhere = len(re.findall(rf"\b{name}\(", ALL)) - len(
                re.findall(rf"macro {name}\(", ALL)
            )
            unused += [] if elsewhere else [name]
            given = re.findall(r"(\w+)(?:=[^,]*)?(?:, |$)", re.sub(r"\(\)|\"[^\"]*\"", "0", words))
            unused += [f"{name}({w})" for w in given if not re.search(rf"\b{w}\b", body)]
    assert unused == []


def test_every_class_of_the_style_sheet_is_used():
    sheet = re.sub(
        r"/\*.*?\*/", "", (ROOT / "oversight/static/app.css").read_text("utf-8"), flags=re.S
    )
    chosen = " ".join(re.findall(r"([^{}]+)\{", sheet))
    classes = set(re.findall(r"\.([a-zA-Z_][\w-]*)", chosen))
    composed = {start + end for start, ends in COMPOSED.items() for end in ends}
    attributes = re.findall(r"\bclass=\"((?:{{.*?}}|{%.*?%}|[^\"])*)\"", ALL, re.S)
    words = set(re.findall(r"[\w-]+", " ".join(attributes)))
    # Classes may also come from the code, as a string of its own.
    words |= set(re.findall(r"[\"'`]([\w-]+)[\"'`]", ALL))
    words |= set(" ".join(re.findall(r"block main_class %}([\w -]+){%", ALL)).split())
    assert sorted(classes - words - composed) == []


def test_every_drawing_is_used():
    from oversight.views.present import ICONS

    drawn = ALL.split("ICONS = {")[0] + ALL.split("ICONS = {")[1].split("\n}\n", 1)[1]
    assert [name for name in ICONS if not re.search(rf"[\"']{name}[\"']", drawn)] == []
