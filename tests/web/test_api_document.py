"""The OpenAPI document: sound, and true of the routes. Its shapes are held against every answer in
`client`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

import jsonschema
import pytest
from openapi_spec_validator import validate as validate_document

from oversight.base.refusals import InvalidInput
from oversight.views.api import messages, openapi, reading
from tests.support import client

NOWHERE = "01900000-0000-7000-8000-000000000000"


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
    assert routes == documented and len(routes) == 37


def test_every_parameter_in_a_path_is_described():
    for path, operations in openapi.document()["paths"].items():
        for operation in operations.values():
            described = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
            assert described == set(re.findall(r"\{([a-z_]+)\}", path))


OPERATIONS = [
    (path, method, operation)
    for path, operations in openapi.document()["paths"].items()
    for method, operation in operations.items()
]


@pytest.mark.parametrize(
    ("path", "method", "operation"), OPERATIONS, ids=[each[2]["operationId"] for each in OPERATIONS]
)
def test_a_route_is_described_whole(path, method, operation):
    """What goes in, what comes out, with which headers, and every no that its kind can get."""
    answers, open_to_all = operation["responses"], operation.get("security") == []
    good = [status for status in answers if status < "300"]
    assert operation["summary"] and len(good) == 1
    assert all(content["schema"] for content in answers[good[0]]["content"].values())
    refused = {int(status) for status in answers if status >= "400"}
    assert open_to_all or refused >= {401, 503}
    assert "{" not in path or 404 in refused
    changes = method != "get"
    assert ("requestBody" in operation) == changes
    assert not changes or refused >= {400, 413, 415, 422}
    headers = {each["name"] for each in operation["parameters"] if each["in"] == "header"}
    assert ("Idempotency-Key" in headers) == ("Idempotent-Replayed" in str(answers[good[0]]))
    assert ("If-Match" in headers) == (428 in refused)


def test_problems_are_told_by_status_and_type():
    """The types are those that the contract names, each under its own status."""
    types = {
        status: response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]
        for status, response in openapi.document()["components"]["responses"].items()
    }
    assert types["409"]["type"]["enum"] == [
        f"urn:oversight:{name}" for name in ("NotOpen", "SomebodyFirst", "Stale")
    ]
    assert types["422"]["type"]["enum"] == [
        f"urn:oversight:{name}" for name in ("RuleSaysNo", "WordsWrong")
    ]
    assert "about:blank" in types["404"]["type"]["enum"]


def test_a_page_is_served_without_what_only_describes():
    """pydantic takes a fifth of the time that the first answer may take."""
    code = "import sys, oversight.views; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_wrong_word_gets_its_sentence():
    wrong = {"z": 1, "unit": "x", "facts": []}
    with pytest.raises(InvalidInput) as refusal:
        reading.read(messages.Opening, wrong)
    assert refusal.value.fields == {
        "z": "没有“z”这一项。",
        "unit": "“unit”应是一个 id。",
        "facts": "“facts”的格式不对。",
    }


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([], "“items”应有 1 到 200 件。"),
        ({}, "“items”的格式不对。"),
        ([{"case": "x"}], "“case”应是一个 id。"),
        ([{}], "“case”应是一个 id。"),
        ([{"case": 7}], "“case”应是一个 id。"),
        ([7], '“items”的每一件写成 {"case": id, "version": 版本号}。'),
        ([{"id": "x"}], '“items”的每一件写成 {"case": id, "version": 版本号}。'),
        (
            [{"case": NOWHERE, "version": True}],
            '“items”的每一件写成 {"case": id, "version": 版本号}。',
        ),
    ],
)
def test_a_list_of_cases_that_does_not_fit(items, said):
    with pytest.raises(InvalidInput) as refusal:
        reading.read(messages.Many, {"items": items, "move": "approve"})
    assert refusal.value.sentence == said


def test_an_empty_word_of_a_query_is_none_but_no_number():
    assert reading.read(messages.Paging, {"cursor": ""}) == {"cursor": "", "limit": 25}
    for wrong in ("", "0", "1001", "²", "+5", "5.0"):
        with pytest.raises(InvalidInput, match="“limit”应是 1 到 1000 之间的整数。"):
            reading.read(messages.Paging, {"limit": wrong})


def test_every_schema_is_used():
    text = json.dumps(openapi.document())
    schemas = openapi.document()["components"]["schemas"]
    assert [name for name in schemas if f'"#/components/schemas/{name}"' not in text] == []


def test_objects_are_closed():
    """An undocumented member must not slip into an answer."""
    schemas = openapi.document()["components"]["schemas"].items()
    open_ones = [
        name for name, schema in schemas if schema.get("additionalProperties") is not False
    ]
    assert open_ones == ["Problem"]


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
