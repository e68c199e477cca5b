"""Measure the house: rooms, floors, arrows, functions, branches, lines. Run by anyone, on any tree.

    python -m tests.house.measure [FOLDER]

FOLDER is a checkout (this one by default). A room is a package, or a module beside the packages;
an arrow is a pair of rooms of which one imports the other (imports for type checkers left out).
"""

from __future__ import annotations

import ast
import re
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

BRANCHES = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.IfExp,
    ast.ExceptHandler,
    ast.comprehension,
    ast.BoolOp,
    ast.match_case,
    ast.Assert,
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def branches(function: Function) -> int:
    """Count 1 + if, for, while, conditional, except, comprehension, boolean chain, case, assert."""
    return 1 + sum(isinstance(node, BRANCHES) for node in ast.walk(function))


def statements(function: Function) -> int:
    """Count the statements of a function, its docstring left out."""
    documented = ast.get_docstring(function) is not None
    return sum(isinstance(node, ast.stmt) for node in ast.walk(function)) - 1 - documented


def length(function: Function) -> int:
    """Count the lines from `def` to the end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def functions(path: Path) -> list[Function]:
    """Return every function of a module, methods and nested ones too."""
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def room_of(module: str) -> str:
    """Return the room of a dotted name: what stands directly under the package."""
    return module.split(".")[1] if "." in module else module


def _modules(root: Path) -> dict[str, Path]:
    found = {}
    for path in sorted((root / "oversight").rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _imported(name: str, path: Path, modules: dict[str, Path]) -> Iterator[str]:
    """Yield the dotted names inside the package that a module imports at run time."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    tree = ast.parse(path.read_text("utf-8"))
    unseen = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in unseen:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("oversight."))
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            source = ".".join(part for part in (base, node.module) if part)
            for alias in node.names:
                whole = f"{source}.{alias.name}"
                yield whole if whole in modules else source


def arrows(root: Path) -> set[tuple[str, str]]:
    """Return the pairs (room, room that it imports)."""
    modules = _modules(root)
    found = set()
    for name, path in modules.items():
        for target in _imported(name, path, modules):
            if target.startswith("oversight.") and room_of(target) != room_of(name):
                found.add((room_of(name), room_of(target)))
    return {(one, other) for one, other in found if one != "oversight"}


def floors(pairs: set[tuple[str, str]]) -> int:
    """Count the rooms of the longest way down; 0 where the arrows run in a circle."""
    below: dict[str, set[str]] = {}
    for one, other in pairs:
        below.setdefault(one, set()).add(other)
    depth: dict[str, int] = {}

    def deep(room: str, seen: tuple[str, ...]) -> int:
        if room in seen:
            raise RecursionError(room)
        if room not in depth:
            depth[room] = 1 + max((deep(o, (*seen, room)) for o in below.get(room, ())), default=0)
        return depth[room]

    try:
        return max((deep(room, ()) for room in below), default=1)
    except RecursionError:
        return 0


def measure(root: Path) -> dict[str, float]:
    """Return every figure by name."""
    modules = _modules(root)
    found = [function for path in modules.values() for function in functions(path)]
    lengths = sorted(length(function) for function in found)
    pairs = arrows(root)
    templates = [
        line
        for path in (root / "templates").rglob("*.html")
        for line in path.read_text("utf-8").splitlines()
    ]
    views = [path for name, path in modules.items() if name.startswith("oversight.views")]
    sql = re.compile(r"\bsa\.(select|update|delete|insert|exists)\(|\.(scalars?|execute|query)\(")
    return {
        "modules": len(modules),
        "rooms": len({room_of(name) for name in modules if name != "oversight"}),
        "modules beside the packages": sum(
            1 for p in (root / "oversight").glob("*.py") if p.name != "__init__.py"
        ),
        "floors": floors(pairs),
        "arrows between rooms": len(pairs),
        "lines": sum(len(path.read_text("utf-8").splitlines()) for path in modules.values()),
        "functions": len(found),
        "lines a function, median": statistics.median(lengths),
        "lines a function, nine in ten": lengths[int(len(lengths) * 0.9)],
        "lines a function, longest": lengths[-1],
        "branches a function, mean": round(statistics.mean(map(branches, found)), 2),
        "SQL in views": sum(len(sql.findall(path.read_text("utf-8"))) for path in views),
        "template lines": len(templates),
        "template line, mean": round(statistics.mean(map(len, templates)), 1),
        "template line, longest": max(map(len, templates)),
    }


def main() -> None:
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parents[2])
    for name, value in measure(root).items():
        print(f"{name:32} {value:>10}")


if __name__ == "__main__":
    main()
