"""Forms from what a move asks: fields for the page, words for the engine. Judges nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from wtforms import StringField, TextAreaField
from wtforms.form import BaseForm

from oversight.base.refusals import BadRequest, DomainError, InvalidInput, RuleViolation
from oversight.law.definition import Field, Move
from oversight.law.inputs import read_count

OTHER = "other"
ATTACH = "attach"  # in the place of a move: the form by which a file is sent
SAY = "say"  # one text for whichever answer is chosen


FIND = "find"  # in the place of a step: looks for units to choose from and keeps what was written


@dataclass(frozen=True)
class Choice:
    """Whom or what a field may name, under the heading of a unit where the list is long."""

    id: str
    name: str
    under: str = ""


@dataclass(frozen=True)
class Bound:
    """A form that came back: which move, what was written, and what is wrong with it."""

    move: str
    words: dict
    wrong: dict[str, str] = field(default_factory=dict)
    refusal: DomainError | None = None

    @classmethod
    def of(cls, move: str, words: dict, refusal: DomainError) -> Bound:
        if isinstance(refusal, InvalidInput):
            return cls(move, words, dict(refusal.fields), refusal)
        named = refusal.extra.get("field") if isinstance(refusal, RuleViolation) else None
        return cls(move, words, {named: refusal.sentence} if named else {}, refusal)

    def __bool__(self) -> bool:
        """True where a form came back at all."""
        return self.refusal is not None

    def of_move(self, name: str) -> Bound:
        """Return this form where it is the one of a move, else none."""
        return self if self.move == name else NO_FORM

    @property
    def sentences(self) -> list[tuple[str, str]]:
        """Return what is wrong as (field or "", sentence)."""
        return list(self.wrong.items()) or [("", self.refusal.sentence)]


NO_FORM = Bound("", {})


def form_for(
    asks: tuple[Field, ...],
    scope: str,
    values: dict | None = None,
    wrong: Mapping[str, str] = MappingProxyType({}),
) -> BaseForm:
    """Make a form; `scope` keeps the ids of several forms on a page apart."""
    form = BaseForm({ask.name: _field(ask, scope) for ask in asks})
    form.process(data={name: _shown(value) for name, value in (values or {}).items()})
    for ask in asks:
        form[ask.name].ask = ask
        form[ask.name].errors = [wrong[ask.name]] if ask.name in wrong else []
    return form


def _shown(value):
    return value.isoformat() if isinstance(value, date) else value


def _field(ask: Field, scope: str):
    kind = TextAreaField if ask.kind in ("text", "list") else StringField
    return kind(ask.label, description=ask.hint, id=f"{scope}-{ask.name}")


def words_from(form, asks: tuple[Field, ...]) -> dict:
    """Take from a posted form the words that a move asks for; what was left empty is left out."""
    found = {ask.name: _word(form, ask) for ask in asks}
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _word(form, ask: Field):
    if ask.kind == "list":
        return _entries(form, ask) if ask.items else _lines(form, ask)
    value = form.get(ask.name)
    if ask.kind == "date" and value in (OTHER, None):
        value = form.get(f"{ask.name}_{OTHER}")
    if value is None and ask.kind == "text":
        value = form.get(SAY)
    return value


def _entries(form, ask: Field) -> list[dict]:
    """Take the entries of a list, each with its own words; empty ones are dropped unless their
    number is fixed.
    """
    named = re.compile(rf"{re.escape(ask.name)}-(\d{{1,3}})-\w+")
    numbers = sorted({int(match[1]) for key in form if (match := named.fullmatch(key))})
    found = [
        {item.name: form.get(f"{ask.name}-{number}-{item.name}", "").strip() for item in ask.items}
        for number in numbers
    ]
    return (
        found if f"{ask.name}-fixed" in form else [entry for entry in found if _written(ask, entry)]
    )


def _written(ask: Field, entry: dict) -> bool:
    """True where something was written; whom a line is about, and a choice that may be left as it
    is, stand there anyway.
    """
    keys = [
        item.name
        for item in ask.items
        if item.kind == "person" or item.kind == "choice" and not item.required
    ]
    return any(value for name, value in entry.items() if name not in keys)


def _lines(form, ask: Field) -> list[str]:
    """Take a list: one entry a line, or one a numbered field, which then keep their places."""
    fixed = read_count(form.get(f"{ask.name}-fixed"))
    if fixed is not None:
        found = [
            form.get(f"{ask.name}-{number}", "").strip() for number in range(1, min(fixed, 500) + 1)
        ]
        return found if any(found) else []
    return [
        line.strip()
        for value in form.getlist(ask.name)
        for line in value.splitlines()
        if line.strip()
    ]


def one_text(moves: list[Move]) -> bool:
    """True where every answer asks for one text, so that one field serves them all."""
    return bool(moves) and all(
        len(move.asks) == 1 and move.asks[0].kind == "text" for move in moves
    )


def version_from(form) -> int:
    """Return the version that the page was made from. Raises BadRequest."""
    found = number(form.get("version", ""))
    if found < 0:
        raise BadRequest("页面缺少版本号，请返回重新打开这件事。")
    return found


def number(text: str) -> int:
    """Read a version; -1, which no case has, where it is none."""
    found = read_count(text)
    return -1 if found is None else found


def page_number(args) -> int:
    """Return which page of a list is asked for, the first where that can't be read."""
    return max(read_count(args.get("page", ""), 1_000_000) or 1, 1)
