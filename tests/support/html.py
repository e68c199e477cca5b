"""Pages in tests:

a reader without JavaScript, and the check that every page it fetches must pass.
"""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import urlsplit

import html5lib
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import has_app_context

from oversight.base.db import db
from oversight.models import Account
from oversight.views import present
from tests.support.world import MADE, id_of

PASSWORD = "demo-demo-demo"
FIELDS = ("input", "select", "textarea")
# Cheap to check, unlike the hashes that the program makes.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def parse(html: str):
    """Parse a page as HTML5. Raises where it is not valid."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


# What shows the machine and is never said. From shared domain/wording.md.
MACHINE = {
    r"%\(": "a sentence whose numbers were never filled in",
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-": "an id",
    r"\['|'\]": "a list of Python",
    r"\b[A-Z]\w+\(\w+=": "an object of Python",
    r"依据：[GROPS]-\d": "a clause by its key",
}


def check(html: str):
    """Hold a page against the house rules and return its tree."""
    tree = parse(html)
    _structure(tree)
    _references(tree)
    _labels(tree)
    _policy(tree, html)
    texts = ((node.text if node.tag != "code" else "", node.tail) for node in tree.iter())
    said = " ".join(filter(None, (text for pair in texts for text in pair)))
    for pattern, why in MACHINE.items():
        assert not re.search(pattern, said), (why, re.search(rf".{{0,60}}{pattern}.{{0,60}}", said))
    return tree


def every(tree, *tags: str):
    """Yield the elements of these tags in the order of the page."""
    return (node for node in tree.iter() if node.tag in tags)


def controls(tree, form, *tags: str):
    """Yield the elements of these tags that belong to a form, also from elsewhere on the page."""
    inside = {id(node) for node in form.iter()}
    for node in every(tree, *tags):
        named = node.get("form")
        if named == form.get("id") if named else id(node) in inside:
            yield node


def _structure(tree) -> None:
    title = tree.find(".//title").text or ""
    assert title.strip(" ·").split(" · ")[0], "a page without a title"
    assert len(tree.findall(".//h1")) == 1, f"{title}: not exactly one h1"
    assert tree.get("lang"), f"{title}: no language"
    assert len(tree.findall(".//main")) == 1, f"{title}: not exactly one main"


def _references(tree) -> None:
    ids = Counter(node.get("id") for node in tree.iter() if node.get("id"))
    assert not [name for name, times in ids.items() if times > 1], (
        f"ids used twice: {ids.most_common(3)}"
    )
    for node in tree.iter():
        for name in ("for", "aria-describedby", "aria-labelledby", "form"):
            for target in (node.get(name) or "").split():
                assert target in ids, f"{name}={target} points nowhere"
        href = node.get("href") or ""
        if href.startswith("#"):
            assert href[1:] in ids, f"href={href} points nowhere"


def _labels(tree) -> None:
    named = {node.get("for") for node in tree.iter("label")}
    wrapped = {
        id(node) for label in tree.iter("label") for node in label.iter() if node.tag in FIELDS
    }
    for node in every(tree, *FIELDS):
        hidden = node.get("type") in ("hidden", "submit")
        assert hidden or node.get("aria-label") or node.get("id") in named or id(node) in wrapped, (
            f"no label: {node.get('name')}"
        )
    for node in every(tree, "button", "a"):
        said = "".join(node.itertext()).strip() or node.get("aria-label")
        assert said, f"{node.tag} says nothing"


def _policy(tree, html: str) -> None:
    for node in tree.iter():
        assert "style" not in node.attrib and node.tag != "style", (
            f"{node.tag} has a style of its own"
        )
        assert not [name for name in node.attrib if name.startswith("on")], (
            f"{node.tag} has an inline script"
        )
        assert node.tag != "script" or node.get("src", "").startswith("/static/"), (
            "an inline script"
        )
    for form in tree.iter("form"):
        tokens = [node for node in form.iter("input") if node.get("name") == "csrf_token"]
        assert form.get("method") != "post" or len(tokens) == 1, (
            f"form without token: {form.get('action')}"
        )
    assert "{{" not in html and "None" not in re.sub(r"<[^>]*>", "", html), (
        "something was not filled in"
    )


def _stands(node) -> str:
    """Return what a browser would send for a field that nobody touched."""
    if node.tag == "textarea":
        return node.text or ""
    if node.tag == "select":
        options = list(node.iter("option"))
        chosen = [option for option in options if "selected" in option.attrib] or options
        return chosen[0].get("value", chosen[0].text or "") if chosen else ""
    return node.get("value", "")


class Text(str):
    """What a reader sees of a page. A text stands in it also where the source breaks a line between
    two blocks; which blanks are drawn is held by the golden pages.
    """

    def __contains__(self, part: str) -> bool:
        return super().__contains__(part) or "".join(part.split()) in "".join(self.split())


def text_of(node) -> Text:
    return Text(" ".join("".join(node.itertext()).split()))


class Page:
    """A page that was fetched: its tree, its text and its forms."""

    def __init__(self, response, path: str):
        self.status, self.path, self.html = (
            response.status_code,
            path,
            response.get_data(as_text=True),
        )
        self.tree = check(self.html)

    @property
    def text(self) -> Text:
        """Return what a reader sees, without the scripts, on one line."""
        return text_of(self.tree.find(".//body"))

    @property
    def main(self) -> Text:
        return text_of(self.tree.find(".//main"))

    @property
    def title(self) -> str:
        return self.tree.find(".//title").text

    def links(self, text: str = "") -> list[str]:
        return [
            node.get("href") for node in self.tree.iter("a") if text in "".join(node.itertext())
        ]

    def form(self, action: str):
        """Return the form whose action, or one of whose buttons' actions, ends so."""
        for form in self.tree.iter("form"):
            ends = [
                form.get("action") or self.path,
                *(b.get("formaction") or "" for b in controls(self.tree, form, "button")),
            ]
            if any(urlsplit(end).path.endswith(action) for end in ends):
                return form
        raise AssertionError(f"no form for {action} on {self.path}")

    def has_form(self, action: str) -> bool:
        return any(
            action in end
            for form in self.tree.iter("form")
            for end in (
                form.get("action") or "",
                *(b.get("formaction") or "" for b in controls(self.tree, form, "button")),
            )
        )

    def fields(self, action: str) -> list[tuple[str, str]]:
        """Return what the form would send as it stands, without any button."""
        found = []
        for node in controls(self.tree, self.form(action), *FIELDS):
            if node.get("type") in ("radio", "checkbox") and "checked" not in node.attrib:
                continue
            if not node.get("name"):  # a help of the script, which no browser sends
                continue
            found.append((node.get("name"), _stands(node)))
        return found

    def button(self, action: str):
        """Return the button that leads there by itself, None where the form's own does."""
        buttons = controls(self.tree, self.form(action), "button")
        return next(
            (b for b in buttons if urlsplit(b.get("formaction") or "").path.endswith(action)), None
        )

    def options(self, name: str, action: str = "") -> list[str]:
        """Return what may be chosen in a select of this name, on the page or in one form, in the
        order of the page.
        """
        within = self.form(action) if action else self.tree
        return [
            option.get("value", "")
            for node in every(within, "select")
            if node.get("name") == name
            for option in node.iter("option")
        ]

    def value(self, name: str) -> str | None:
        """Return what stands in a field of this name anywhere on the page."""
        for node in every(self.tree, "input", "textarea"):
            radio = node.get("type") in ("radio", "checkbox")
            if node.get("name") == name and (not radio or "checked" in node.attrib):
                return (node.text or "") if node.tag == "textarea" else node.get("value", "")
        return None


class Reader:
    """A person at a browser without JavaScript; every page that comes is checked."""

    def __init__(self, app):
        self.app, self.client = app, app.test_client()

    def _send(self, method: str, path: str, **more):
        if has_app_context():
            db.session.commit()
        with self.app.app_context():
            answer = self.client.open(path, method=method, **more)
        for name, value in answer.headers.items():
            assert value.isascii(), (
                f"{name}: a server cannot send it, though the test client takes it"
            )
        return answer

    def get(self, path: str, status: int = 200) -> Page:
        """Fetch a page, following redirects, having asserted the status."""
        return self._page(self._send("GET", path), path, status)

    def _page(self, response, path: str, status: int) -> Page:
        assert present.BROKEN not in response.text, path
        for _ in range(4):
            if response.status_code not in (302, 303):
                break
            path = response.location
            response = self._send("GET", path)
        assert response.status_code == status, (
            path,
            response.status_code,
            response.get_data(as_text=True)[:3000],
        )
        return Page(response, path)

    def raw(self, method: str, path: str, **more):
        """Send a request as it is, following nothing."""
        return self._send(method, path, **more)

    def submit(self, page: Page, action: str, status: int = 200, **words) -> Page:
        """Fill in a form of the page and send it; `action` is the end of where its button leads. What a
        button beside the form asks for has its name before it.
        """
        button = page.button(action)
        if button is not None and button.get("name") == "aside":
            words = {f"{button.get('value')}.{name}": value for name, value in words.items()}
            words["aside"] = button.get("value")
        fields = [pair for pair in page.fields(action) if pair[0] not in words]
        for name, value in words.items():
            fields += [(name, one) for one in (value if isinstance(value, list) else [value])]
        target = self._target(page, action)
        method = (page.form(action).get("method") or "get").upper()
        more = {"data": _multi(fields)} if method == "POST" else {"query_string": _multi(fields)}
        return self._page(self._send(method, target, **more), target, status)

    def _target(self, page: Page, action: str) -> str:
        button = page.button(action)
        own = page.form(action).get("action") or page.path
        return own if button is None else button.get("formaction")

    def login(
        self, username: str, password: str = PASSWORD, status: int = 200, path: str = "/login"
    ) -> Page:
        return self.submit(self.get(path), "/login", status, username=username, password=password)

    def sign_in(self, username: str) -> None:
        """Log in by the form, without fetching the page that it leads to."""
        form = self.raw("GET", "/login").get_data(as_text=True)
        [token] = re.findall(r'name="csrf_token"[^>]* value="([^"]+)"', form)
        words = {"csrf_token": token, "username": username, "password": PASSWORD}
        answer = self.raw("POST", "/login", data=words)
        assert answer.status_code == 302, answer.get_data(as_text=True)


def _multi(fields: list[tuple[str, str]]):
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


def open_accounts(world) -> None:
    """Give everybody in the world an account by the short name; one hash for all. Commits."""
    zone_id = world.zone.id
    rows = [
        {
            "zone_id": zone_id,
            "person_id": id_of(person),
            "username": name,
            "created_at": MADE,
            "password_hash": HASH,
        }
        for name, person in world.people.items()
    ]
    db.session.execute(sa.insert(Account), rows)
    db.session.commit()
