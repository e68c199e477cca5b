"""Every form of every page, as everybody: a log-in that ends in the middle loses none of its words, and
neither does another form of its page.
"""

from __future__ import annotations

import re
from html import unescape

import pytest
import sqlalchemy as sa
from werkzeug.exceptions import HTTPException

from oversight.models import Activity, Case
from tests.db.test_appraisal_walk import Appraising
from tests.db.test_attendance import record, sheet
from tests.db.test_rectification_walk import fixing
from tests.support.actors import second_hat
from tests.support.html import PASSWORD, parse
from tests.web.test_doors import choices, ids_of, is_open, rules
from tests.web.test_kept_words import standing, typed_into

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
READERS = (
    *("village.secretary", "village.member1", "town1.officer", "town1.inspector"),
    *("zone.officer", "zone.sysadmin", "zone.secadmin"),
)
SECRET = {"/admin/outlets"}  # holds a key that is kept nowhere
NEVER = ("/login", "/logout", "/password", "/roster", "/kept", "/me/", "/drafts", "/text-size")
NOWHERE = ("", "")
MORE = {  # what an address shows only where it is asked for
    "/new/<name>": [f"/new/{name}" for name in ("date_change", "zone_shift")]
}


@pytest.fixture
def lived(session, world, play):
    """A zone in which forms of every kind are open."""
    record(session, world, sheet(world, absent=("member1",), leave=("member2",)))
    second_hat(world)
    play.asked()
    play.open("town1.inspector", workflow="inspection", method="random", inspected_on="2026-11-24")
    fixing(session, world)
    village = Appraising.of_eight(session, world)
    village.begin()
    village.lead("open_self_assessment")
    session.commit()


def some_ids(session, world) -> dict[str, list[str]]:
    """Return an id of each kind, the branch and its town, and a case of each business."""
    found = {name: ids[:1] for name, ids in ids_of(session, world).items()}
    cases = session.execute(sa.select(Case.workflow, Case.id)).all()
    village = world.units["village"].id
    day = sa.select(Activity.id).where(Activity.unit_id == village, Activity.month == 12)
    return found | {
        "case_id": list(dict(map(tuple, cases)).values()),
        "unit_id": [village, world.units["town1"].id],
        "person_id": [world.people["village.member1"].id],
        "activity_id": list(session.scalars(day)),
    }


def pages_of(app, one, ids):
    """Yield the pages that somebody opens."""
    for rule in rules(app, "GET"):
        if is_open(rule.rule) or rule.rule.startswith(("/api/", "/kept")):
            continue
        for path in [*choices(rule, ids), *MORE.get(rule.rule, [])]:
            answer = one.raw("GET", path)
            html = answer.mimetype == "text/html" and answer.status_code == 200
            if html:
                yield path, answer.get_data(as_text=True)


def shape(app, action: str) -> tuple[str, str]:
    """Return what tells a form from others: where it goes, and which of several acts it is."""
    path = action.partition("?")[0]
    try:
        endpoint, values = app.url_map.bind("").match(path, method="POST")
    except HTTPException:  # only its buttons lead on
        return NOWHERE
    several = endpoint.startswith(("case.", "opening.", "admin."))
    return endpoint, str(
        several and (values.get("name") or values.get("act") or values.get("what"))
    )


def new_forms(app, path: str, html: str, tried: set):
    """Yield the forms of a page, none like those that were tried; parsed only where one is new."""
    heads = [head for head in re.findall(r"<form[^>]*>", html) if 'method="post"' in head]
    posts = [unescape(one) for head in heads for one in re.findall(r' action="([^"]+)"', head)]
    new = {shape(app, one) for one in posts if not one.startswith(NEVER)} - tried
    if len(posts) == len(heads) and not new:
        return
    tree = parse(html)
    for form in tree.iter("form"):
        action = form.get("action") or path
        if form.get("method") != "post" or action.startswith(NEVER) or action in SECRET:
            continue
        kind = shape(app, action)
        if kind in tried:
            continue
        tried.add(kind)
        fields, said = typed_into(tree, form)
        if said:
            yield action, fields, said


@pytest.mark.parametrize("who", READERS)
def test_a_log_in_that_ends_in_the_middle_of_any_form_loses_no_word(
    app, reader, world, session, lived, who
):
    one, tried, lost = reader(who), {NOWHERE}, []
    for path, html in list(pages_of(app, one, some_ids(session, world))):
        for action, fields, said in new_forms(app, path, html, tried):
            data: dict[str, list[str]] = {}
            for name, value in fields:
                data.setdefault(name, []).append(value)
            one.client.delete_cookie("oversight")
            headers = {"Referer": f"http://localhost{path}"}
            door = one._page(one.raw("POST", action, data=data, headers=headers), action, 401)
            again = one.submit(door, "/login", username=who, password=PASSWORD)
            stands = standing(again.tree, action, fields)
            lost += [(path, action, pair) for pair in said if pair not in stands][:2]
    assert len(tried) > 1 and not lost
