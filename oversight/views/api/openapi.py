"""The OpenAPI document of the JSON API, made from the routes and their models.

Tests hold it to the url map and to real answers.
"""

from __future__ import annotations

import re
from functools import cache

from oversight.base import refusals
from oversight.engine.repeats import LONGEST

from . import messages, reading
from .route import ROUTES, Route

ROOT = "/api/v1"
REF = "#/components/schemas/{model}"
WHY = {
    400: "The request cannot be read, or the Idempotency-Key is missing.",
    401: "No token, or a bad one.",
    403: "In your sight but not yours to do.",
    404: "Not in your sight.",
    409: "Stale version, not open in this state, or somebody was first.",
    413: "Too large.",
    415: "Not JSON, or no photo and no PDF.",
    422: "A rule or a missing word says no, or the key was used for something else.",
    428: "If-Match is missing.",
    503: "The database is not available.",
}
TEXT = {"type": "string"}
KEY_TEXT = "Made by the client; a repeated request with the same key gets the first answer again."
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "schema": {**TEXT, "pattern": '^([0-9]{1,9}|"[0-9]{1,9}")$'},
    "description": 'The case\'s version as read, e.g. "3". Required, but not for moves with `many`.',
}
TOLD = {
    "ETag": "The version that is told, for If-Match.",
    "Location": "Where the new one is read.",
    "Idempotent-Replayed": "`true` where this is the first answer again.",
    "WWW-Authenticate": "How to bring a token.",
    "Content-Disposition": "To be saved, and under which name.",
}


def _told(names: tuple[str, ...]) -> dict:
    return {
        name: {"description": TOLD[name], "schema": TEXT, "required": name != "Idempotent-Replayed"}
        for name in names
    }


# Models ------------------------------------------------------------------------------------------


@cache
def _models() -> tuple[dict, dict]:
    """Return the schema of each model that is sent or answered, and the components they lead to."""
    named = [model for made in ROUTES for model in (made.answers, made.sends) if model]
    found, components = _untitled()(ref_template=REF).generate_definitions(
        [
            (model, "validation", reading.adapter(model).core_schema)
            for model in dict.fromkeys([messages.Problem, *named])
        ]
    )
    return {model: schema for (model, _), schema in found.items()}, components


def _untitled() -> type:
    """Return what writes schemas without a title for every member, which says its name again."""
    from pydantic.json_schema import GenerateJsonSchema

    return type("Untitled", (GenerateJsonSchema,), {"field_title_should_be_set": lambda *_: False})


def _schema(model: type) -> dict:
    return _models()[0][model]


def _members(query: type) -> dict:
    """Return the schema of each word of a query."""
    return reading.adapter(query).json_schema(schema_generator=_untitled())["properties"]


# Problems ----------------------------------------------------------------------------------------


def _kinds(status: int) -> list[str]:
    """Return the types of problems that have a status."""
    codes = {kind.code for kind in refusals.DomainError.__subclasses__() if kind.status == status}
    nameless = ["about:blank"] if status in (400, 404, 413, 415) else []
    return [*(f"urn:oversight:{code}" for code in sorted(codes)), *nameless]


def _problem(status: int) -> dict:
    narrowed = {"properties": {"status": {"const": status}, "type": {"enum": _kinds(status)}}}
    schema = {"allOf": [{"$ref": REF.format(model="Problem")}, narrowed]}
    found = {
        "description": WHY[status],
        "content": {"application/problem+json": {"schema": schema}},
    }
    return {**found, "headers": _told(("WWW-Authenticate",))} if status == 401 else found


# Operations --------------------------------------------------------------------------------------


def _operation(made: Route) -> dict:
    """Describe a route: what it takes, what it answers, and how it may say no."""
    problems = {str(code): {"$ref": f"#/components/responses/{code}"} for code in made.refusals}
    found = {
        "operationId": made.name,
        "summary": made.summary,
        "parameters": [*_in_path(made), *_in_query(made), *_in_headers(made)],
        "responses": {str(made.status): _good(made), **problems},
    }
    if made.sends:
        kind = "multipart/form-data" if made.form else "application/json"
        found["requestBody"] = {
            "required": made.needs,
            "content": {kind: {"schema": _schema(made.sends)}},
        }
    return {**found, "security": []} if made.public else found


def _good(made: Route) -> dict:
    told = made.headers + ("Idempotent-Replayed",) * bool(made.key)
    bytes_ = {**TEXT, "format": "binary"}
    return {
        "description": "Done." if made.sends else "Found.",
        "content": {
            kind: {"schema": _schema(made.answers) if kind.endswith("json") else bytes_}
            for kind in made.kinds
        },
        **({"headers": _told(told)} if told else {}),
    }


def _in_path(made: Route) -> list[dict]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {**TEXT, "format": "uuid"} if kind else TEXT,
        }
        for kind, name in re.findall(r"<(uuid:)?([a-z_]+)>", made.path)
    ]


def _in_query(made: Route) -> list[dict]:
    members = _members(made.query) if made.query else {}
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in members.items()
    ]


def _in_headers(made: Route) -> list[dict]:
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": made.key == "required",
        "schema": {**TEXT, "minLength": 1, "maxLength": LONGEST},
        "description": KEY_TEXT,
    }
    return [IF_MATCH] * made.if_match + [key] * bool(made.key)


def _paths() -> dict:
    found: dict = {}
    for made in ROUTES:
        path = ROOT + re.sub(r"<(?:uuid:)?([a-z_]+)>", r"{\1}", made.path)
        found.setdefault(path, {})[made.method.lower()] = _operation(made)
    return found


@cache
def document() -> dict:
    """Return the document; callers do not change it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "党日督导台",
            "version": "1",
            "description": "Same doors, same engine as the pages.",
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": _paths(),
        "components": {
            "schemas": _models()[1],
            "responses": {str(status): _problem(status) for status in WHY},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }
