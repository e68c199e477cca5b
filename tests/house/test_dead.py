"""Nothing is kept that nothing uses: functions, classes, constants, style classes."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "oversight").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLE = ROOT / "oversight" / "static" / "app.css"

CALLED_BY_LIBRARIES = {
    *(
        "impl",
        "cache_ok",
        "process_bind_param",
        "process_result_value",
        "inherit_cache",
        "_as_text",
        "get_from_hint_text",
        "load_dialect_impl",
        "should_evaluate_none",
    ),  # SQLAlchemy
    *("formatter_class", "context_class", "command_class", "format_usage"),  # click
    *("handle_starttag", "handle_endtag", "handle_data", "regex"),  # html.parser, werkzeug
    *("LoopbackOnly", "Timekeeper"),  # wsgi.py
    "get_retry_decision",  # Procrastinate
    *("channel_class", "maintenance"),  # waitress
    "writable",  # zipfile asks what it writes to
    *("preprocess", "make_globals"),  # Jinja
    *("digest_method", "collect", "get_id"),  # Flask, prometheus-client, Flask-Login
}
FOR_TESTS = {
    "StoppedClock",
    "forget_machine",  # a definition changed in the process
    "live_login",  # whether a log-in lives, as tests ask it
    "balance",  # the record's sums, told independently of the pages
}


def _code(path: Path) -> str:
    return re.sub(r'"""(.|\n)*?"""', "", path.read_text("utf-8"))


def _made(path: Path):
    """Yield the names that a module makes, but not those that a decorator registers."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            registered = any("." in ast.unparse(one) for one in node.decorator_list)
            if not registered and not node.name.startswith("__"):
                yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def test_every_name_is_used():
    told = [*map(_code, MODULES), *(path.read_text("utf-8") for path in TEMPLATES)]
    seen = Counter(re.findall(r"\w+", "\n".join(told)))
    idle = {
        name
        for path in MODULES
        for name in _made(path)
        if seen[name] == 1 and not name.startswith("__")
    }
    assert idle - CALLED_BY_LIBRARIES == FOR_TESTS


def test_every_style_is_used():
    """Classes that templates compose (`k-{{ value }}`) count by their stem."""
    style = re.sub(r"/\*(.|\n)*?\*/", "", STYLE.read_text("utf-8"))
    made = set(re.findall(r"\.([A-Za-z][\w-]*)", " ".join(re.findall(r"([^{}]+)\{", style))))
    users = [*TEMPLATES, *MODULES, *STYLE.parent.glob("*.js")]
    told = "\n".join(path.read_text("utf-8") for path in users)
    words = set(re.findall(r"[\w-]+", told))
    stems = tuple(re.findall(r"([\w-]+-)\{\{", told))
    assert {name for name in made if name not in words and not name.startswith(stems)} == set()
