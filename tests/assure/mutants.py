"""Where a fault could be, and how the source reads with it: mutmut's operators on every statement.

Left out is what no rule depends on: types, decorators, sentences in Chinese (the catalogue and the
golden pages hold those), the drawing of diagrams.
"""

from __future__ import annotations

import difflib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("engine", "rules", "organization", "calendar", "law", "workflows")
DRAWINGS = {"oversight/law/diagram.py"}
# Two thirds of all that mutmut can change are arguments: each kind has a third of a sample.
KINDS = {
    "operator_arg_removal": "arguments",
    "operator_dict_arguments": "arguments",
} | dict.fromkeys(
    ("operator_swap_op", "operator_keywords", "operator_remove_unary_ops", "operator_if_exp")
    + ("operator_name", "operator_match"),
    "logic",
)
EXPORTS = cst.Name("__all__")
Function = cst.FunctionDef | cst.ClassDef


@dataclass(frozen=True)
class Place:
    """One change at one node. `lines` are the node's first line and its statement's."""

    path: str
    function: str
    lines: tuple[int, int]
    kind: str
    node: cst.CSTNode
    changed: cst.CSTNode


@dataclass(frozen=True)
class Mutant:
    """A module with one fault. `was` and `now` are the changed lines, as `known.toml` names them."""

    path: str
    function: str
    lines: tuple[int, int]
    source: str
    diff: str
    was: str
    now: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.path, self.function, self.was, self.now

    @property
    def in_function(self) -> bool:
        return bool(self.function)


class _Finder(cst.CSTVisitor):
    """Collect the places of a module."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, path: str):
        super().__init__()
        self.path, self.places = path, list[Place]()
        self.names, self.functions, self.statements = list[str](), 0, list[int]()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _left_out(node):
            return False
        if isinstance(node, Function):
            self.names.append(node.name.value)
            self.functions += isinstance(node, cst.FunctionDef)
        if isinstance(node, cst.BaseSmallStatement | cst.BaseCompoundStatement):
            self.statements.append(self._line(node))
        self._collect(node)
        return True

    def on_leave(self, node: cst.CSTNode) -> None:
        if _left_out(node):
            return
        if isinstance(node, Function):
            self.names.pop()
            self.functions -= isinstance(node, cst.FunctionDef)
        if isinstance(node, cst.BaseSmallStatement | cst.BaseCompoundStatement):
            self.statements.pop()

    def _line(self, node: cst.CSTNode) -> int:
        return self.get_metadata(PositionProvider, node).start.line

    def _collect(self, node: cst.CSTNode) -> None:
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                for changed in operator(node):
                    self.places.append(self._place(node, changed, operator.__name__))

    def _place(self, node: cst.CSTNode, changed: cst.CSTNode, operator: str) -> Place:
        statement = self.statements[-1] if self.statements else 1
        try:
            line = self._line(node)
        except KeyError:  # libcst knows no position of some operators
            line = statement
        function = ".".join(self.names) if self.functions else ""
        kind = KINDS.get(operator, "values")
        return Place(self.path, function, (line, statement), kind, node, changed)


def _left_out(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.BaseString | cst.FormattedString):
        return bool(re.search("[\u2e80-\uffff]", cst.Module([]).code_for_node(node)))
    if isinstance(node, cst.Assign):
        return cst.ensure_type(node.targets[0], cst.AssignTarget).target.deep_equals(EXPORTS)
    if isinstance(node, cst.Param):  # a default is made while the module is read
        return not isinstance(node.default, cst.Name | cst.BaseNumber | cst.BaseString | None)
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Name) and node.func.value in ("len", "isinstance")
    return isinstance(node, cst.Annotation | cst.Decorator | cst.ImportFrom | cst.Import)


def sources() -> list[str]:
    """Return the modules that hold rules, as paths from the root."""
    paths = (one for room in ROOMS for one in (ROOT / "oversight" / room).rglob("*.py"))
    return sorted({str(path.relative_to(ROOT)) for path in paths} - DRAWINGS)


def places(path: str) -> tuple[cst.Module, list[Place]]:
    """Find what can be changed in a module."""
    wrapper = MetadataWrapper(cst.parse_module((ROOT / path).read_text("utf-8")), True)
    finder = _Finder(path)
    wrapper.visit(finder)
    return wrapper.module, finder.places


def _changed_lines(was: str, now: str) -> tuple[str, str, str]:
    """Return the difference, and the lines on either side."""
    both = was.splitlines(), now.splitlines()
    diff = list(difflib.unified_diff(*both, "", "", n=2, lineterm=""))[2:]
    sides = ("\n".join(line[1:].strip() for line in diff if line[0] == sign) for sign in "-+")
    return "\n".join(diff), *sides


def build(module: cst.Module, place: Place) -> Mutant | None:
    """Write the module with the fault; nothing if it reads the same or not at all."""
    now = module.deep_replace(place.node, place.changed).code
    try:
        compile(now, place.path, "exec")
    except SyntaxError:
        return None
    if now == module.code:
        return None
    diff, *sides = _changed_lines(module.code, now)
    return Mutant(place.path, place.function, place.lines, now, diff, *sides)


def sample(seed: int, size: int, paths: list[str]) -> list[Mutant]:
    """Draw mutants from modules: every kind in turn, the same for the same seed and source."""
    return list(_drawn(random.Random(seed), size, paths))


def _drawn(chance: random.Random, size: int, paths: list[str]) -> Iterator[Mutant]:
    modules: dict[str, cst.Module] = {}
    kinds: dict[str, list[Place]] = {"logic": [], "arguments": [], "values": []}
    for path in paths:
        modules[path], found = places(path)
        for place in found:
            kinds[place.kind].append(place)
    for kind in kinds.values():
        chance.shuffle(kind)
    seen = set()
    while size and any(kinds.values()):
        for kind in kinds.values():
            mutant = build(modules[kind[-1].path], kind.pop()) if kind and size else None
            if mutant and mutant.key not in seen:
                seen.add(mutant.key)
                size -= 1
                yield mutant
