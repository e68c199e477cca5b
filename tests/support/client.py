"""A client of the JSON API for tests. Every answer it gets is held against the OpenAPI document."""

from __future__ import annotations

import itertools
import re
from functools import cache

import jsonschema
import sqlalchemy as sa
from flask import has_app_context

from oversight.base.db import db
from oversight.models import Account, ApiToken
from oversight.register import tokens
from oversight.views.api import openapi
from tests.support.world import MADE, at

ROOT = openapi.ROOT
FORMATS = jsonschema.FormatChecker()
NOW, LATER = at("2026-11-24"), at("2028-11-24").now
_keys = itertools.count(1)


def token_for(person) -> str:
    """Issue a token for a person, with an account where there is none. Commits."""
    account = db.session.query(Account).filter_by(person_id=person.id).one_or_none()
    if account is not None and not account.password_hash:
        account.password_hash = "x"  # opened, so that its holder is waited for
    if account is None:
        account = Account(
            zone_id=person.zone_id,
            person_id=person.id,
            username=person.id,
            password_hash="x",
            created_at=MADE,
        )
        db.session.add(account)
        db.session.flush()
    token = tokens.issue(db.session, account, person.id, NOW)
    db.session.execute(sa.update(ApiToken).values(used_at=LATER))  # a test counts other writes
    db.session.commit()
    return token


def end_tokens() -> None:
    """Take everybody's tokens away. Commits."""
    db.session.query(ApiToken).update({"ended_at": MADE})
    db.session.commit()


class Api:
    """One caller. Requests run in an application context of their own, as they do on a server.

    The test's session commits before each: SQLite has one writer, and what a test has set up must
    be seen.
    """

    def __init__(self, app, token: str | None):
        self.app, self.token = app, token

    def send(self, method: str, path: str, **kwargs):
        """Send a request to a path below /api/v1, or anywhere where it begins with two slashes."""
        full = path[1:] if path.startswith("//") else ROOT + path
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= kwargs.pop("headers", {})
        if has_app_context():
            db.session.commit()
        with self.app.app_context():
            client = self.app.test_client(use_cookies=False)
            response = client.open(full, method=method, headers=headers, **kwargs)
        check(method, full.partition("?")[0], response, kwargs.get("json"))
        return response

    def get(self, path: str, status: int = 200, **query):
        """Get a path and return the JSON, having asserted the status."""
        return self._expect(self.send("GET", path, query_string=query), status)

    def post(self, path: str, body=None, status: int = 200, key: str | None = None, version=None):
        headers = {"Idempotency-Key": key} if key else {}
        headers |= {"If-Match": f'"{version}"'} if version is not None else {}
        more = {} if body is None else {"json": body}
        return self._expect(self.send("POST", path, headers=headers, **more), status)

    def open(
        self,
        unit,
        status: int = 201,
        key: str | None = None,
        workflow: str = "date_change",
        **facts,
    ):
        facts = facts or {"day": "2026-12-04"}
        return self.post(
            "/cases", {"workflow": workflow, "unit": unit.id, "facts": facts}, status, key
        )

    def move(
        self, case: dict, name: str, status: int = 200, key: str | None = None, version=..., **words
    ):
        """Make a move with a fresh key and at the version of `case`, unless told otherwise."""
        stated = case["version"] if version is ... else version
        return self.post(
            f"/cases/{case['id']}/moves/{name}",
            {"words": words},
            status,
            key or f"test-{next(_keys)}",
            stated,
        )

    def _expect(self, response, status: int):
        assert response.status_code == status, (
            response.status_code,
            response.get_data(as_text=True),
        )
        return response.get_json()


def check(method: str, path: str, response, sent=None) -> None:
    """Assert that an answer is documented for its operation, with its headers, and is shaped so; and
    that a request that was granted is one that the document allows.
    """
    if path.startswith("/api/") and response.status_code >= 400:
        assert response.mimetype == "application/problem+json"
        assert response.get_json()["status"] == response.status_code
    operation, template = _operation(method, path)
    if operation is None:
        return
    documented = _followed(operation["responses"].get(str(response.status_code), {}))
    where = (method, template, str(response.status_code), response.mimetype)
    assert response.mimetype in documented.get("content", {}), (where, response.get_data())
    _check_headers(documented.get("headers", {}), response, where)
    if response.mimetype.endswith("json"):
        _validator(*where).validate(response.get_json())
    if response.status_code < 400:
        _check_request(operation, (method, template), response.request, sent)


def _check_headers(documented: dict, response, where) -> None:
    sent = {name for name in openapi.TOLD if name in response.headers}
    needed = {name for name, header in documented.items() if header["required"]}
    assert needed <= sent <= set(documented), (where, sent)


def _check_request(operation: dict, where: tuple[str, str], request, sent) -> None:
    """Hold what was granted against what the document says may be sent."""
    words = {"query": request.args, "header": request.headers}
    for each in operation["parameters"]:
        if each["in"] != "path":
            assert each["name"] in words[each["in"]] or not each["required"], (where, each)
            _check_word(each["schema"], words[each["in"]].get(each["name"]), where)
    if sent is not None:
        _validator(*where, "request", "application/json").validate(sent)
    body = operation.get("requestBody", {"required": False})
    assert request.content_length or not body["required"], where


def _check_word(schema: dict, sent: str | None, where) -> None:
    """Hold one parameter against its schema; an empty one stands for none."""
    if sent:
        value = int(sent) if schema["type"] == "integer" else sent
        validator = jsonschema.Draft202012Validator(schema, format_checker=FORMATS)
        assert validator.is_valid(value), (where, schema, sent)


def validate(value, schema: dict) -> None:
    """Hold a value against a schema of the document."""
    _whole(schema).validate(value)


def _whole(schema: dict) -> jsonschema.Draft202012Validator:
    whole = {**schema, "components": openapi.document()["components"]}
    return jsonschema.Draft202012Validator(whole, format_checker=FORMATS)


@cache
def _validator(method: str, template: str, status: str, mimetype: str):
    """Return what holds values against the document; `status` may be "request" for what is sent."""
    operation = openapi.document()["paths"][template][method.lower()]
    described = operation["requestBody"] if status == "request" else operation["responses"][status]
    return _whole(_followed(described)["content"][mimetype]["schema"])


def _followed(described: dict) -> dict:
    """Return what a reference to a component's response leads to."""
    if "$ref" not in described:
        return described
    return openapi.document()["components"]["responses"][described["$ref"].rpartition("/")[2]]


@cache
def _templates() -> list[tuple[re.Pattern, str]]:
    return [
        (re.compile(re.sub(r"\{[a-z_]+\}", "[^/]+", template)), template)
        for template in openapi.document()["paths"]
    ]


def _operation(method: str, path: str) -> tuple[dict | None, str]:
    for pattern, template in _templates():
        if pattern.fullmatch(path):
            return openapi.document()["paths"][template].get(method.lower()), template
    return None, ""
