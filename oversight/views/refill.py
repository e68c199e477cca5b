"""Put words back into the form of a page that has just been made. Knows HTML, and no request."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

Pairs = list[tuple[str, str]]
UNTOUCHED = ("hidden", "file", "password", "submit", "button", "reset", "image")
CHOICES = ("checkbox", "radio")


@dataclass
class Tag:
    """A start tag where it stands; `end` is where what it holds ends."""

    name: str
    attrs: dict[str, str | None]
    at: int
    after: int
    end: int = -1
    inner: str = ""
    within: list[Tag] = field(default_factory=list)  # the options of a select

    def has(self, name: str) -> str:
        return self.attrs.get(name) or ""

    def write(self, **changed: str | None) -> str:
        """Return the tag with other attributes; None takes one away."""
        attrs = {
            name: value for name, value in self.attrs.items() if changed.get(name, "") is not None
        }
        attrs |= {name: value for name, value in changed.items() if value is not None}
        said = [
            f" {name}" if value is None else f' {name}="{escape(value)}"'
            for name, value in attrs.items()
        ]
        return f"<{self.name}{''.join(said)}>"


@dataclass
class Form:
    """A form of a page, with its fields and buttons and the closed parts that it lies in."""

    tag: Tag
    folded: list[Tag]
    fields: list[Tag] = field(default_factory=list)

    def goes_to(self, path: str, here: str) -> bool:
        ways = [self.tag.has("action") or here, *(one.has("formaction") for one in self.fields)]
        return any(urlsplit(way).path == path for way in ways if way)

    def alike(self, words: Pairs) -> tuple[int, int]:
        """Say how well words fit: by what the page itself fixed, then by the names of fields."""
        fixed = {(one.has("name"), one.has("value")) for one in self.fields}
        names = {one.has("name") for one in self.fields}
        return len(fixed & set(words)), len(names & {name for name, _value in words})

    @property
    def takes_files(self) -> bool:
        return any(one.has("type") == "file" for one in self.fields)


class Page(HTMLParser):
    """The forms of a page of ours, which is valid HTML."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self.html = html
        self.forms: list[Form] = []
        self.main: Tag | None = None
        self._open: list[Tag] = []
        self._apart: list[Tag] = []  # fields that name their form
        self.feed(html)
        self.close()
        for one in self._apart:
            for form in self.forms:
                if form.tag.has("id") == one.has("form"):
                    form.fields.append(one)

    @cached_property
    def _lines(self) -> list[int]:
        found, at = [0], 0
        for line in self.html.split("\n"):
            at += len(line) + 1
            found.append(at)
        return found

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs) -> None:
        at = self._at()
        one = Tag(tag, dict(attrs), at, at + len(self.get_starttag_text() or ""))
        if tag == "main":
            self.main = one
        elif tag == "form":
            folded = [outer for outer in self._open if outer.name == "details"]
            self.forms.append(Form(one, folded))
        elif tag in ("input", "select", "textarea", "button"):
            self._belongs(one)
        elif tag == "option":
            for outer in (outer for outer in self._open if outer.name == "select"):
                outer.within.append(one)
        if tag in ("form", "details", "select", "textarea", "option", "optgroup", "template"):
            self._open.append(one)

    def _belongs(self, one: Tag) -> None:
        if any(outer.name == "template" for outer in self._open):
            return
        if one.has("form"):
            self._apart.append(one)
        elif any(outer.name == "form" for outer in self._open):
            self.forms[-1].fields.append(one)

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1].inner += data

    def handle_endtag(self, tag: str) -> None:
        if self._open and any(one.name == tag for one in self._open):
            while (one := self._open.pop()).name != tag:
                pass
            one.end = self._at()


class _Writer:
    """The changes that put words into one form; `left` is what no field has taken."""

    def __init__(self, form: Form, words: Pairs):
        self.form, self.left = form, list(words)
        self.edits: list[tuple[int, int, str]] = []
        for one in form.fields:
            self._fill(one)
        for outer in form.folded:
            self._tag(outer, open="")
        names = {one.has("name") for one in form.fields}
        self.left = [(name, value) for name, value in self.left if value and name not in names]

    def _fill(self, one: Tag) -> None:
        if one.name == "select":
            self._select(one)
        elif one.name == "textarea" and (value := self._next(one)) is not None:
            self.edits.append((one.after, one.end, "\n" + escape(value)))
        elif one.name == "input" and one.has("type") in CHOICES:
            self._tick(one)
        elif one.name == "input" and one.has("type") not in UNTOUCHED:
            value = self._next(one)
            if value is not None:
                self._tag(one, value=value)

    def _next(self, one: Tag) -> str | None:
        """Take the next value that was sent under the name of a field."""
        for pair in self.left:
            if pair[0] == one.has("name"):
                self.left.remove(pair)
                return pair[1]
        return None

    def _values(self, one: Tag) -> list[str]:
        return [value for name, value in self.left if name == one.has("name")]

    def _tick(self, one: Tag) -> None:
        values = self._values(one)
        if values or one.has("type") == "checkbox":
            sent = (one.has("value") if "value" in one.attrs else "on") in values
            self._tag(one, checked="" if sent else None)

    def _select(self, one: Tag) -> None:
        values = self._values(one)
        if not {self._value(option) for option in one.within} & set(values):
            return  # what was chosen is offered no more
        for option in one.within:
            self._tag(option, selected="" if self._value(option) in values else None)

    @staticmethod
    def _value(option: Tag) -> str:
        return option.has("value") if "value" in option.attrs else option.inner.strip()

    def _tag(self, one: Tag, **changed: str | None) -> None:
        self.edits.append((one.at, one.after, one.write(**changed)))


@dataclass(frozen=True)
class Refilled:
    """A page with words in its form; `left` has no field on it and is sent along unseen."""

    html: str
    left: Pairs
    files: bool

    def saying(self, note: str) -> str:
        """Return the page with a note at the beginning of what it says."""
        main = Page(self.html).main
        return self.html[: main.after] + note + self.html[main.after :] if main else self.html


def refill(html: str, action: str, here: str, words: Pairs) -> Refilled | None:
    """Put words into the form of a page that leads to a path, as its author had sent them; None where
    it has no such form. What the page hides, and files and passwords, stay as they are.
    """
    path = urlsplit(action).path
    forms = [form for form in Page(html).forms if form.goes_to(path, here)]
    if not forms:
        return None
    form = max(forms, key=lambda form: form.alike(words))
    found = _Writer(form, words)
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in found.left
    )
    edits = [*found.edits, (form.tag.after, form.tag.after, hidden)]
    for start, end, text in sorted(edits, reverse=True):
        html = html[:start] + text + html[end:]
    return Refilled(html, found.left, form.takes_files)
