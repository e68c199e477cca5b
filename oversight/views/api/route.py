"""A route of the API is told once: its models, headers and refusals. By that it is served, and
described in the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from oversight.views.session import by_token

from . import http, reading
from .http import bp

READING, CHANGING = (401, 503), (400, 401, 403, 404, 409, 413, 415, 422, 503)
ROUTES: list[Route] = []


@dataclass(frozen=True)
class Route:
    """One operation. A view is called with the parts of its path, and by name with what it takes:

    `asked` by the model `query`, `sent` by the model `sends`, `key` where Idempotency-Key has a
    place (`key` says "optional" or "required"), `stated` where If-Match has one.
    """

    method: str
    path: str
    summary: str
    answers: type
    query: type | None = None
    sends: type | None = None
    form: bool = False  # sent as a form; the view reads it
    needs: bool = True  # False: an empty body will do
    key: str = ""
    if_match: bool = False
    status: int = 200
    kinds: tuple[str, ...] = ("application/json",)
    headers: tuple[str, ...] = ()  # told with the answer
    refuses: tuple[int, ...] = ()  # beside those that the method, path and query bring with them
    never: tuple[int, ...] = ()  # of those, what does not happen here
    public: bool = False
    name: str = ""  # operationId, that of the view where none is given

    @property
    def refusals(self) -> list[int]:
        """Return the statuses by which it may say no."""
        if self.public:
            return []
        usual = READING if self.method == "GET" else CHANGING
        more = (404,) * ("<" in self.path) + (422,) * (self.query is not None)
        return sorted({*usual, *more, *self.refuses} - {*self.never})


def route(method: str, path: str, summary: str, answers: type, **more) -> Callable:
    """Serve a view under /api/v1 and enter it in the document; `more` are fields of Route."""

    def enter(view: Callable) -> Callable:
        made = Route(method, path, summary, answers, **{"name": view.__name__, **more})
        ROUTES.append(made)
        served = _served(made, view)
        bp.add_url_rule(
            path, made.name, served if made.public else by_token(served), methods=[method]
        )
        return view

    return enter


def _served(made: Route, view: Callable) -> Callable:
    @wraps(view)
    def served(**path):
        found = view(**{name: str(part) for name, part in path.items()}, **_taken(made))
        return http.answer(found, made.status) if isinstance(found, dict) else found

    return served


def _taken(made: Route) -> dict:
    """Read what the request brings, by the models of its route."""
    found: dict = {}
    if made.query:
        known = made.query.__annotations__
        asked = {name: value for name, value in request.args.items() if name in known}
        found["asked"] = reading.read(made.query, asked)
    if made.form and request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType()
    if made.sends and not made.form:
        found["sent"] = reading.read(made.sends, http.sent())
    if made.if_match:
        found["stated"] = http.stated_version()
    if made.key:
        found["key"] = http.key()
    return found
