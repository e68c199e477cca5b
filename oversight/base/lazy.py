"""A property that is worked out once. The standard library's of Python 3.11 holds one lock of the class
while it works: each reader's page would wait for what the pages of all others ask the database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class cached_property(Generic[T]):  # noqa: N801  named as the one whose place it takes
    """Keep in the instance what a method returns first; two threads on one instance may both ask."""

    def __init__(self, make: Callable[[Any], T]):
        self._make, self.__doc__ = make, make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, one: None, owner: type) -> cached_property[T]: ...

    @overload
    def __get__(self, one: object, owner: type) -> T: ...

    def __get__(self, one: object | None, owner: type) -> cached_property[T] | T:
        if one is None:
            return self
        made = one.__dict__[self._name] = self._make(one)
        return made
