"""Without scripts a page takes the words of one form at a time; the others are led to, and what was
typed before is there again.
"""

from __future__ import annotations

import re
from html import unescape

import pytest

from oversight.views.refill import Page, Tag
from tests.web.test_every_form import READERS, lived, pages_of, shape, some_ids  # noqa: F401
from tests.web.test_kept_words import TYPED

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HIDDEN = "by-one"  # the class that plain.css hides where no script runs
SAID = "请把受影响的党员人数写清楚"


def typing(html: str) -> dict[str, list[Tag]]:
    """Return by its address what hides each form of a page that takes words, where no script runs."""
    found = {}
    for form in Page(html).forms:
        words = [one for one in form.fields if one.name == "textarea" or takes_words(one)]
        if form.tag.has("method") == "post" and words:
            boxes = [[box for box in one.inside if HIDDEN in box.has("class")] for one in words]
            found[form.tag.has("action")] = min(boxes, key=len)
    return found


def takes_words(one: Tag) -> bool:
    return one.name == "input" and one.attrs.get("type") in TYPED


def seen(html: str) -> list[str]:
    return [action for action, hidden in typing(html).items() if not hidden]


def led_to(html: str) -> set[str]:
    """Return the names of the forms that one is led to."""
    ways = [unescape(way) for way in re.findall(r'(?:href|formaction)="([^"]+)"', html)]
    return set(re.findall(r"[?&]form(?:=|%3D)([\w.%-]+?)(?:#|%23)", " ".join(ways)))


@pytest.mark.parametrize("who", READERS)
def test_no_page_takes_the_words_of_two_forms_at_once(
    app,
    reader,
    world,
    session,
    lived,  # noqa: F811
    who,
):
    one, tried, wrong = reader(who), set(), []
    for path, html in list(pages_of(app, one, some_ids(session, world))):
        kinds = {shape(app, action) for action in re.findall(r'<form[^>]* action="([^"]+)"', html)}
        if len(kinds) < 2 or kinds <= tried:
            continue
        wrong += [(path, both) for both in [seen(html)] if len(both) > 1]
        for action, hidden in typing(html).items():
            if not hidden or shape(app, action) in tried:
                continue
            name = hidden[-1].has("id").removeprefix("at-")
            wrong += [] if name in led_to(html) else [(path, name, "nothing leads there")]
            there = one.raw("GET", f"{path.partition('?')[0]}?form={name}").get_data(as_text=True)
            wrong += [] if seen(there) == [action] else [(path, name, seen(there))]
        tried |= kinds
    assert len(tried) > 2 and not wrong


def test_what_was_typed_is_there_again_after_the_other_form(reader, play):
    case = play.asked()
    officer = reader("town1.officer")
    page = officer.get(f"/cases/{case.id}")
    [way] = [
        node.get("formaction")
        for node in page.tree.iter("button")
        if "form%3Dcomment" in (node.get("formaction") or "")
    ]
    words = {**dict(page.fields("/moves/approve")), "say": SAID, "aside": "go"}
    answer = officer.raw("POST", way, data=words)
    assert answer.status_code == 303 and answer.location.endswith("?form=comment#at-comment")
    beside = officer.get(answer.location.partition("#")[0])
    officer.submit(beside, "/desk/comment", text="同意支部意见")
    assert officer.get(f"/cases/{case.id}").value("say") == SAID


def test_a_refused_form_is_the_one_that_is_seen(reader, play):
    case = play.asked()
    officer = reader("town1.officer")
    page = officer.get(f"/cases/{case.id}?form=comment")
    refused = officer.submit(page, "/desk/comment", 422, text="")
    assert seen(refused.html) == [f"/cases/{case.id}/desk/comment"]


def test_what_leads_to_another_form_leads_nowhere_else(reader, play):
    case = play.asked()
    officer = reader("town1.officer")
    token = officer.get(f"/cases/{case.id}").value("csrf_token")
    for to in ("//elsewhere.example/x", "https://elsewhere.example", ""):
        answer = officer.raw(
            "POST", "/one-form", query_string={"to": to}, data={"csrf_token": token}
        )
        assert answer.status_code == 303 and answer.location == "/desk"
