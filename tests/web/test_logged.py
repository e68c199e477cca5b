"""Each request is logged by its rule and its id, which its answer carries; no address, no name."""

from __future__ import annotations

import logging

from oversight.base import logs


def test_a_request_is_logged_by_its_rule(api, world, caplog):
    caplog.set_level(logging.INFO, "oversight.request")
    caplog.handler.setFormatter(logs.Lines())
    village = world.units["village"]
    answer = api("village.secretary").send(
        "GET", f"/cases/{village.id}?q=王小明", headers={"X-Request-ID": "from-the-proxy"}
    )
    assert answer.headers["X-Request-ID"] == "from-the-proxy"
    [record] = [one for one in caplog.records if one.name == "oversight.request"]
    assert record.fields["rule"].startswith("/") and record.fields["status"] == answer.status_code
    assert "王小明" not in caplog.text and village.id not in caplog.text
    assert set(record.fields) == {"method", "rule", "status", "ms"}
