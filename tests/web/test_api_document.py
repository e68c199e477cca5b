"""The OpenAPI document: sound, and true of the routes. Its shapes are held against every answer in
`client`.
"""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
from openapi_spec_validator import validate as validate_document

from oversight.views.api import openapi
from tests.support import client


def test_it_is_a_valid_document():
    validate_document(openapi.document())


def test_it_is_served_to_everybody(api):
    assert api(None).get("/openapi.json") == json.loads(json.dumps(openapi.document()))


def test_it_names_every_route_and_no_other(app):
    routes = {
        (method.lower(), re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(openapi.ROOT)
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    documented = {
        (method, path)
        for path, operations in openapi.document()["paths"].items()
        for method in operations
    }
    assert routes == documented and len(routes) == 27


def test_every_parameter_in_a_path_is_described():
    for path, operations in openapi.document()["paths"].items():
        for operation in operations.values():
            described = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert described == set(re.findall(r"\{([a-z_]+)\}", path))


def test_every_schema_is_used():
    text = json.dumps(openapi.document())
    unused = [name for name in openapi.SCHEMAS if f'"#/components/schemas/{name}"' not in text]
    assert unused == []


def test_objects_are_closed():
    """An undocumented member must not slip into an answer."""
    open_ones = [
        name
        for name, schema in openapi.SCHEMAS.items()
        if schema.get("additionalProperties") is not False
    ]
    assert open_ones == ["Problem", "Document"]


def test_the_client_notices_answers_that_are_not_as_described(api):
    schema = {"$ref": "#/components/schemas/Me"}
    me = api("village.secretary").get("/me")
    client.validate(me, schema)
    for wrong in (
        {**me, "extra": 1},
        {**me, "id": 7},
        {key: me[key] for key in me if key != "posts"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            client.validate(wrong, schema)


def test_the_law_is_served_as_the_contract_says(api):
    village = api("village.secretary")
    rows = village.get("/workflows")["items"]
    assert {"date_change", "zone_shift"} <= {row["name"] for row in rows}
    law = village.get("/workflows/date_change")
    assert law in rows and (law["title"], law["opens"]) == ("变更活动时间请示", "draft")
    states = {state["name"]: state for state in law["states"]}
    assert (
        states["asked"]["waits_on"],
        states["asked"]["due_workdays"],
        states["asked"]["final"],
    ) == ("superior", 3, False)
    assert states["refused"]["final"] and states["refused"]["waits_on"] is None
    approve = next(move for move in law["moves"] if move["name"] == "approve")
    assert (
        approve["leaves"] == ["asked"]
        and approve["enters"] == "approved"
        and approve["by"] == "superior"
    )
    assert all(("clause" in move) != ("house_rule" in move) for move in law["moves"])
