"""Written words: reading what somebody typed, a word alone or a move's asks, and saying what is
wrong with it. Nothing else makes values of typed text.

Pure: knows the asks, not the database.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from uuid import UUID

from oversight.base.refusals import InvalidInput
from oversight.base.sentences import N_, say
from oversight.base.typed import INVISIBLE, says

from .definition import Field

LONGEST = 2000
FIGURES = re.compile(r"\s*[-+]?\d[\d.,]*\s*$")
FULL_WIDTH = {0xFF10 + figure: str(figure) for figure in range(10)}
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Words that may always be added; they are kept in the journal although nobody asked for them.
WELCOME = (
    Field("reason", "text", "理由", required=False),
    Field("opinion", "text", "意见", required=False),
    Field("note", "text", "备注", required=False),
)
YES, NO = {"true", "1", "yes", "on", "是"}, {"false", "0", "no", "否"}


class _Wrong(Exception):
    pass


def read_words(asks: tuple[Field, ...], raw: dict) -> tuple[dict, dict]:
    """Return the words as typed values and as plain JSON values.

    Raises InvalidInput naming every field.
    """
    if not isinstance(raw, dict):
        raise InvalidInput({"words": N_("填写的内容格式不对。")})
    typed, plain, wrong = {}, {}, {}
    asked = {ask.name for ask in asks}
    asks = (*asks, *(ask for ask in WELCOME if ask.name in raw and ask.name not in asked))
    for unknown in set(raw) - {ask.name for ask in asks}:
        wrong[unknown[:40]] = say("没有“%(word)s”这一项。", word=unknown[:40])
    for ask in asks:
        try:
            typed[ask.name] = _read(ask, raw.get(ask.name))
            plain[ask.name] = _plain(typed[ask.name])
        except _Wrong as problem:
            wrong[ask.name] = problem.args[0]
    if wrong:
        raise InvalidInput(wrong)
    return typed, plain


def _plain(value):
    return value.isoformat() if isinstance(value, date) else value


def _read(ask: Field, value):
    if value is None or (isinstance(value, str) and not value.strip()) or value in ([], {}):
        if ask.required:
            raise _Wrong(say("请填写“%(word)s”。", word=ask.label))
        return None
    return _READERS[ask.kind](ask, value)


def _text(ask: Field, value) -> str:
    if isinstance(value, bool):
        value = N_("是") if value else N_("否")
    if not isinstance(value, str):
        raise _Wrong(say("“%(word)s”应是文字。", word=ask.label))
    clean = (value if value.isprintable() else _visible(value)).strip()
    if not clean or ask.required and not says(clean):
        raise _Wrong(say("请填写“%(word)s”。", word=ask.label))
    if len(clean) > LONGEST:
        raise _Wrong(
            say(
                "“%(word)s”有 %(count)s 字，最多 %(most)s 字。",
                word=ask.label,
                count=len(clean),
                most=LONGEST,
            )
        )
    return clean


def _visible(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in INVISIBLE)


def read_day(value, first: int = 2000) -> date | None:
    """Return a day as people write it here, 2026-01-09, between `first` and 2100; None where it
    cannot be read.
    """
    if not isinstance(value, str) or not DAY.fullmatch(value.strip()):
        return None  # fromisoformat also reads week dates, which nobody here writes
    try:
        day = date.fromisoformat(value.strip())
    except ValueError:
        return None
    return day if first <= day.year <= 2100 else None


def read_count(value, most: int = 999_999_999) -> int | None:
    """Return a whole number from 0 as people type it; None where it cannot be read."""
    text = value.strip().translate(FULL_WIDTH) if isinstance(value, str) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None  # isdigit also holds for ² and ٣
    return int(text) if int(text) <= most else None


def read_id(value) -> str | None:
    """Return an id as ids are written; None where it is none."""
    try:
        return str(UUID(value))
    except (ValueError, AttributeError, TypeError):
        return None


def _date(ask: Field, value) -> date:
    day = read_day(value)
    if day is None:
        raise _Wrong(
            say("“%(word)s”要写成 2026-01-09 这样的日期，2000 年到 2100 年之间。", word=ask.label)
        )
    return day


def _number(ask: Field, value) -> int:
    if isinstance(value, bool):
        raise _Wrong(say("“%(word)s”应是数字。", word=ask.label))
    number = read_count(value) if isinstance(value, str) else value
    figures = not isinstance(value, str) or number is not None or FIGURES.match(value)
    if not isinstance(value, str | int | float) or not figures:
        raise _Wrong(say("“%(word)s”应是数字。", word=ask.label))
    if number is None or not 0 <= number <= 1_000_000 or number != int(number):
        raise _Wrong(say("“%(word)s”应是 0 到 1000000 之间的整数。", word=ask.label))
    return int(number)


def _choice(ask: Field, value) -> str:
    value = next((choice for choice, label in ask.choices if value in (choice, label)), None)
    if value is None:
        raise _Wrong(say("“%(word)s”请从给出的选项中选择。", word=ask.label))
    return value


def _yes_no(ask: Field, value) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in YES | NO:
        raise _Wrong(say("“%(word)s”请选“是”或“否”。", word=ask.label))
    return word in YES


def _id(ask: Field, value) -> str:
    found = read_id(value)
    if found is None:
        raise _Wrong(say("“%(word)s”填写的编号不对。", word=ask.label))
    return found


def _list(ask: Field, value) -> list:
    if isinstance(value, dict) and ask.items:
        value = [_keyed(ask, key, entry) for key, entry in value.items()]
    if not isinstance(value, list) or len(value) > 500:
        raise _Wrong(say("“%(word)s”应是列表。", word=ask.label))
    if ask.items:
        return [_entry(ask, number, entry) for number, entry in enumerate(value, 1)]
    if ask.choices:
        known = [choice for choice, _label in ask.choices]
        _refuse(ask, [number for number, entry in enumerate(value, 1) if entry not in known])
    return value


def _refuse(ask: Field, strange: list[int]) -> None:
    """Refuse the entries of a list that are none of the choices."""
    if strange:
        said = N_("“%(word)s”第 %(number)s 条请从给出的选项中选择。")
        raise _Wrong(say(said, word=ask.label, number=strange[0]))


def _keyed(ask: Field, key: str, entry) -> dict:
    """Read {member: grade} or {member: {…}} as the entry of a list."""
    first, *others = ask.items
    return {first.name: key, **(entry if isinstance(entry, dict) else {others[0].name: entry})}


def _entry(ask: Field, number: int, entry) -> dict:
    """Read one entry of a list; entries are kept as plain values, a choice left open not at all."""
    open_choices = {item.name for item in ask.items if item.kind == "choice" and not item.required}
    try:
        plain = read_words(ask.items, entry)[1]
        return {
            name: value
            for name, value in plain.items()
            if value is not None or name not in open_choices
        }
    except InvalidInput as wrong:
        raise _Wrong(
            say(
                "“%(word)s”第 %(number)s 条：%(problem)s",
                word=ask.label,
                number=number,
                problem=wrong.sentence,
            )
        ) from None


_READERS = {
    "text": _text,
    "date": _date,
    "number": _number,
    "choice": _choice,
    "yes_no": _yes_no,
    "person": _id,
    "unit": _id,
    "file": _text,
    "list": _list,
}
