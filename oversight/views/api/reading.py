"""How what was sent is read through a model of `messages`, and what is said where it does not fit.

pydantic is imported with the first model that is read: 0.15 s that a first page does without.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from oversight.base.refusals import InvalidInput
from oversight.base.sentences import say

STRICT = {"extra": "forbid", "strict": True}  # how pydantic reads the models of `messages`
NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)
Model = TypeVar("Model")


class Unreadable(ValueError):
    """A value that does not fit; `template` is its sentence, in which %(word)s is its name."""

    def __init__(self, template: str, **values):
        super().__init__(template)
        self.template, self.values = template, values

    def said_of(self, name: str) -> str:
        """Return the sentence with the word's name."""
        if "%(word)s" in self.template or self.values:
            return say(self.template, word=name, **self.values)
        return self.template


class By:
    """What a model's type leaves open: what the word means, further JSON Schema, who reads it.

    Without `read` the schema only describes: rooms below judge the word and say their own sentence.
    """

    def __init__(self, means: str = "", read: Callable | None = None, **schema):
        self.read, self.schema = read, schema | ({"description": means} if means else {})

    def __get_pydantic_core_schema__(self, source, handler):
        from pydantic_core.core_schema import no_info_before_validator_function

        found = handler(source)
        return no_info_before_validator_function(self.read, found) if self.read else found

    def __get_pydantic_json_schema__(self, core, handler) -> dict:
        return {**handler(core), **self.schema}


def one_of(names, means: str = "", **more) -> By:
    """Describe a word that is one of these."""
    return By(means, enum=list(names), **more)


def whole(least: int, most: int, means: str = "", **more) -> By:
    """Read a whole number from a query."""

    def read(value):
        number = int(value) if isinstance(value, str) and NUMBER.fullmatch(value) else value
        if not isinstance(number, int) or not least <= number <= most:
            raise Unreadable(
                "“%(word)s”应是 %(least)s 到 %(most)s 之间的整数。", least=least, most=most
            )
        return number

    return By(means, read, minimum=least, maximum=most, **more)


def as_id(value) -> str:
    """Return an id as ids are written. Raises Unreadable."""
    try:
        if not isinstance(value, str) or len(value) != 36:
            raise ValueError
        return str(uuid.UUID(value))
    except ValueError:
        raise Unreadable("“%(word)s”应是一个 id。") from None


def id_or_empty(value) -> str:
    """Return an id, or an empty word as it is. Raises Unreadable."""
    return as_id(value) if value else value


@cache
def adapter(model: Any):
    """Return what reads and describes a model."""
    from pydantic import TypeAdapter

    return TypeAdapter(model)


def read(model: Callable[..., Model], sent: dict) -> Model:
    """Return what was sent as the model has it. Raises InvalidInput with a sentence a word."""
    from pydantic import ValidationError

    try:
        return adapter(model).validate_python({**_left_out(model), **sent})
    except ValidationError as wrong:
        found = sorted(wrong.errors(), key=lambda error: error["type"] != "extra_forbidden")
        raise InvalidInput(dict(map(_sentence, found))) from None


@cache
def _left_out(model: Any) -> dict:
    """Return what stands for words that were not sent: the default, or where one is needed an empty
    one, so that who judges the word says that it is missing.
    """
    schema = adapter(model).json_schema()
    needed = dict.fromkeys(schema.get("required", ()))
    empty = {"string": "", "array": [], "object": {}}
    return {
        name: word.get("default", empty.get(word.get("type")))
        for name, word in schema.get("properties", {}).items()
        if name in needed or "default" in word
    }


def _sentence(error) -> tuple[str, str]:
    """Return which word does not fit, and what is said of it."""
    why = error.get("ctx", {}).get("error")
    if isinstance(why, Unreadable):
        name = next(part for part in reversed(error["loc"]) if isinstance(part, str))
        return name, why.said_of(name)
    name = str(error["loc"][0])[:40]
    if error["type"] == "extra_forbidden":
        return name, say("没有“%(word)s”这一项。", word=name)
    return name, say("“%(word)s”的格式不对。", word=name)
