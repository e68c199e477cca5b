"""The house itself: floors, signs on doors, sizes, one clock, no test that nobody runs."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.measure import arrows, branches, floors, functions, length

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "oversight").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
CLOCK_CALLS = re.compile(r"\b(datetime|date)\.(now|utcnow|today)\(|\btime\.time\(|func\.now\(")


def test_imports_only_go_down():
    """In a process of its own: the linter switches off every log of the process that it runs in."""
    asked = (
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    )
    ran = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_lives_in_it(path):
    sign = ast.get_docstring(ast.parse(path.read_text("utf-8")))
    if path.stat().st_size:
        assert sign and len(sign.splitlines()) <= 6, f"{path} needs a sign of one to four lines"


def test_functions_are_short():
    found = [(length(node), f"{path}:{node.name}") for path in MODULES for node in functions(path)]
    sizes = sorted(size for size, _ in found)
    assert statistics.median(sizes) <= 8
    assert sizes[int(len(sizes) * 0.9)] <= 22
    assert [row for row in found if row[0] > 60] == []


def test_functions_decide_little():
    found = [branches(node) for path in MODULES for node in functions(path)]
    assert (
        statistics.mean(found) <= 2.86
    )  # 2.80 before the ledger, the drafts, the papers, the worker; owed: 2.6


def test_rooms_and_floors():
    pairs = arrows(ROOT)
    assert 0 < floors(pairs) <= 11
    assert len(pairs) <= 97
    assert len([path for path in (ROOT / "oversight").glob("*.py")]) <= 9


def test_public_functions_say_what_they_do():
    silent = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in MODULES
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("_")
        and length(node) > 6
        and ast.get_docstring(node) is None
    ]
    views = [
        name
        for name in silent
        if "/demo" not in name and "/views/" not in name and "/workflows/" not in name
    ]
    assert views == []


def test_definitions_fit_on_a_page_or_two():
    for path in (ROOT / "oversight" / "workflows").glob("*.py"):
        assert len(path.read_text("utf-8").splitlines()) <= 320, path


def test_views_ask_the_database_through_the_rooms_below():
    """By a key only; whatever a statement is called where it is made."""
    imports = re.compile(
        r"^\s*(import|from) sqlalchemy(?!\.exc import|\.orm import Session$)", re.M
    )
    asks = re.compile(
        r"\.(execute|scalars?|query|stream|connection|begin|commit|flush|bulk_(save|insert|update)\w*)\("
        r"|\bsession\.(add|add_all|delete|merge|refresh|expire\w*)\("
        r"|\bsession\.get\([^()]*(\([^()]*\)[^()]*)*\b(options|with_for_update)="
        r"|\b(select|text|union_all|exists|literal_column)\((?!\))|\bPrepared\("
    )
    views = [path for path in MODULES if "views" in path.parts]
    texts = {path.name: path.read_text("utf-8") for path in views}
    found = {
        name: [match[0] for rule in (imports, asks) for match in rule.finditer(text)]
        for name, text in texts.items()
    }
    assert {name: what for name, what in found.items() if what} == {}


ENDS = {
    "base/jobs.py",  # each step of the queue's own tables
    "engine/bell.py",  # that a line was read: no act, no record
    "engine/use_case.py",  # the one way
    "engine/outbox.py",  # each message by itself, its failure counted
    "time/faults.py",  # what failed, by itself
    "time/sweep.py",
}


def test_one_place_ends_a_write():
    commits = [path for path in MODULES if ".commit()" in path.read_text("utf-8")]
    found = {path.relative_to(ROOT / "oversight").as_posix() for path in commits}
    assert {name for name in found if not name.startswith("demo/")} == ENDS


def test_one_room_writes_desk_rows():
    """A body's and a roster's effects close rows of their own; all else goes through assignment."""
    writes = re.compile(
        r"WorkItem\(\*?\*?[a-z_]+[=)]|(update|insert|delete)\(WorkItem|\.(claimed_by|handed_to), ?.* = "
        r"|\.(claimed_by|claimed_on|handed_to) = "
    )
    found = {
        path.relative_to(ROOT / "oversight").as_posix()
        for path in MODULES
        if writes.search(path.read_text("utf-8"))
    }
    assert found == {"engine/assignment.py", "rules/common.py"}


def _writes(noun: str, *more: str) -> re.Pattern:
    """Match what makes, changes or removes rows of a table."""
    alone = rf"(?<![A-Za-z]){noun}\(\s|(insert|update|delete)\({noun}\)|\.delete\({noun.lower()}\)"
    return re.compile("|".join((alone, *more)))


POWER = {  # what is written: where alone
    "posts": (_writes("Post", r"\bpost\.(to_on|from_on|office|person_id) = "), {"tenure.py"}),
    "acting": (_writes("Substitution"), {"posts.py"}),
    "leaving": (re.compile(r"\.left_(on|why)(, \S+)* = |left_on="), {"leaving.py"}),
    "accounts": (
        _writes("Account", r"\.(enabled|closes_on)(, \S+)* = |account\.\S*password_hash = \"\""),
        {"accounts.py"},
    ),
    "passwords": (re.compile(r"\.password_hash(, \S+)* = "), {"accounts.py", "credentials.py"}),
    "slips": (_writes("Slip"), {"accounts.py"}),
    "tokens": (_writes("ApiToken"), {"tokens.py"}),
}


@pytest.mark.parametrize("fact", POWER)
def test_facts_of_power_have_one_room_each(fact):
    """Guards stand inside these rooms: a second door would pass by them."""
    pattern, rooms = POWER[fact]
    found = {
        path.relative_to(ROOT / "oversight").as_posix()
        for path in MODULES
        if "models" not in path.parts and pattern.search(path.read_text("utf-8"))
    }
    assert found == {f"register/{name}" for name in rooms}


def test_one_place_reads_the_clock():
    guilty = [
        str(path)
        for path in [*MODULES, *TESTS]
        if path.name != "clock.py"
        and path != Path(__file__)
        and CLOCK_CALLS.search(path.read_text("utf-8"))
    ]
    assert guilty == []


def test_tests_do_not_sleep():
    guilty = [
        str(path)
        for path in TESTS
        if path != Path(__file__) and re.search(r"\bsleep\(", path.read_text("utf-8"))
    ]
    assert guilty == []


def test_no_test_is_orphaned():
    for path in TESTS:
        names = [node.name for node in functions(path) if node.name.startswith("test_")]
        assert len(names) == len(set(names)), f"{path}: a test hides another of its name"
        assert not names or path.name.startswith("test_"), f"{path}: tests that nobody collects"


def test_lines_fit():
    wide = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*MODULES, *TESTS]
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > 120
    ]
    assert wide == []


def test_no_inline_script_or_style_in_templates():
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text("utf-8")
        assert not re.search(
            r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|hx-on|js:", text
        ), path


def test_one_migration_head():
    texts = [path.read_text("utf-8") for path in (ROOT / "migrations" / "versions").glob("*.py")]
    made = {re.search(r"^revision = ['\"](.+)['\"]", text, re.M)[1] for text in texts}
    followed = {
        found[1]
        for text in texts
        if (found := re.search(r"^down_revision = ['\"](.+)['\"]", text, re.M))
    }
    assert len(made - followed) == 1


def test_signs_name_what_there_is():
    """What a docstring puts in backticks is an identifier, a key or a file name of today's code."""
    told, known = [], set()
    for path in MODULES:
        tree = ast.parse(path.read_text("utf-8"))
        known |= {*path.relative_to(ROOT).with_suffix("").parts}
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                sign = ast.get_docstring(node) or ""
                told += [(str(path), word) for word in re.findall(r"`([A-Za-z_][\w.]*)`", sign)]
        text = re.sub(r'"""(.|\n)*?"""', "", path.read_text("utf-8"))
        known |= set(re.findall(r"[A-Za-z_]\w*", text))
    assert len(told) > 100
    assert [one for one in told if not set(one[1].split(".")) <= known] == []


def test_the_readme_names_every_package_and_no_other():
    told = (ROOT / "README.md").read_text("utf-8").split("\n## Dependencies\n")[1].split("\n## ")[0]
    asked = {
        line.partition(">")[0].partition("[")[0]
        for path in (ROOT / "requirements").glob("*.in")
        for line in path.read_text("utf-8").splitlines()
        if line[:1].isalpha()
    }
    assert {name for name in asked if not re.search(rf"(?<![\w-]){name}(?![\w-])", told)} == set()
    rows = re.findall(r"^\| ([^|]+) \| (?!Why)[^|]+ \|$", told, re.M)
    assert {name for row in rows for name in row.split(", ")} - asked - {"---"} == set()
