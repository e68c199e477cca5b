"""Pages, answers and rows are as they were when somebody last read them: no change comes unseen.

To renew them: `.venv/bin/python -m tests.support.golden --keep`, then read the diff.
"""

from __future__ import annotations

import difflib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import visible

ROOT = Path(__file__).resolve().parents[2]
KEPT = Path(__file__).parent / "golden"
RENEW = (
    "Is it meant? Renew with `.venv/bin/python -m tests.support.golden --keep` and read"
    " `git diff --word-diff tests/web/golden`."
)
SHOWN = 60  # lines of a difference

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The texts as the program makes them now, in a process of its own: ids are fixed there."""
    folder = tmp_path_factory.mktemp("golden")
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.golden", "--few", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def difference(name: str, made: Path) -> list[str]:
    """Return how a text differs from the one that is kept."""
    kept, now = ((place / name).read_text("utf-8").splitlines() for place in (KEPT, made))
    return list(difflib.unified_diff(kept, now, f"kept/{name}", f"now/{name}", "", "", 1, ""))


def test_the_same_texts_are_made(made):
    assert names(made) == names(KEPT), RENEW


@pytest.mark.parametrize("kind", ["page", "answer", "posts", "rows"])
def test_nothing_changed_unseen(made, kind):
    those = sorted(name for name in names(made) & names(KEPT) if name.startswith(kind))
    changed = [line for name in those for line in difference(name, made)]
    assert those and not changed, "\n".join((RENEW, *changed[:SHOWN]))


def test_no_page_gained_a_blank_between_two_chinese_characters(made):
    assert (made / "blanks.txt").read_text("utf-8") == ""


@pytest.mark.parametrize(
    ("html", "blanks"),
    [
        ("<body><p>请您\n   办理</p>", ["请您 办理"]),
        ("<body><p>请您 办理</p>", []),
        ("<body><p>请<b>您</b>\n办理</p>", ["请您 办理"]),
        ("<body><p>请您\n</p>\n<p>办理</p>", []),
        ("<body><p>第\n3\n项</p>", []),
        ("<body><nav><a>待办</a>\n<a>党日</a></nav>", []),
        ("<body><button>提交\n请示</button>", ["[提交 请示]"]),
        ("<body><p>见《指导书》\n第三条</p>", ["见《指导书》 第三条"]),
    ],
)
def test_what_a_gained_blank_is(html, blanks):
    assert visible.broken(html) == blanks


def test_what_is_seen_of_a_page():
    page = (
        "<head><title>待办 ·\n台</title></head><body><h1>待办 <b>2</b>件</h1><script>no</script>"
        '<p>第 1 件<br>已<em>超期</em></p><input type="hidden" value="x"><label>意见 '
        '<textarea>同意\n照办</textarea></label><input type="checkbox" checked>'
        "<select><option>甲<option selected>乙</select>"
    )
    assert (
        visible.text(page) == "待办 · 台\n待办 2件\n第 1 件\n已超期\n意见 [同意⏎照办][x][甲|*乙]\n"
    )
