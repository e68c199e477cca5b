"""Put words back into the form of a page that has just been made. Knows HTML, and no request."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from itertools import accumulate
from urllib.parse import urlsplit

from oversight.base.rows import grouped

Pairs = list[tuple[str, str]]
FIELDS = ("input", "select", "textarea", "button")
EMPTY = ("input", "br", "meta", "link", "img", "hr", "col", "wbr")  # tags without an end
KINDS = dict.fromkeys(("hidden", "file", "password", "submit", "button", "reset", "image"), "left")
DRAFT = "draft"  # the hidden field by which a form says where its draft lies
KINDS |= dict.fromkeys(("checkbox", "radio"), "choice")


@dataclass(eq=False)
class Tag:
    """A start tag where it stands, and the tags that it stands in; `end` is where its own end is."""

    name: str
    attrs: dict[str, str | None]
    at: int
    after: int
    inside: list[Tag]
    end: int = -1
    inner: str = ""

    def has(self, name: str) -> str:
        return self.attrs.get(name) or ""

    @property
    def kind(self) -> str:
        """Return how its words are put into it."""
        return KINDS.get(self.has("type"), "text") if self.name == "input" else self.name

    @property
    def value(self) -> str:
        """Return what a browser sends for an option, a tick or a hidden field."""
        unsaid = self.inner.strip() if self.name == "option" else "on"
        return self.has("value") if "value" in self.attrs else unsaid

    def belongs_to(self, form: Tag) -> bool:
        named = self.has("form")
        return named == form.has("id") if named else form in self.inside

    def write(self, **changed: str | None) -> str:
        """Return the tag with other attributes; None takes one away."""
        kept = {name: value or "" for name, value in self.attrs.items() if name not in changed}
        kept |= {name: value for name, value in changed.items() if value is not None}
        return (
            " ".join(
                [f"<{self.name}", *(f'{name}="{escape(value)}"' for name, value in kept.items())]
            )
            + ">"
        )


@dataclass(frozen=True)
class Form:
    """A form of a page, with its fields and buttons."""

    tag: Tag
    fields: list[Tag]

    def goes_to(self, path: str, here: str) -> bool:
        ways = [self.tag.has("action") or here, *(one.has("formaction") for one in self.fields)]
        return path in [urlsplit(way).path for way in ways]

    def alike(self, words: Pairs) -> tuple[int, int]:
        """Say how well words fit: by what the page itself fixed, then by the names of fields."""
        fixed = {(one.has("name"), one.has("value")) for one in self.fields}
        return len(fixed & set(words)), len(self.names & {name for name, _value in words})

    def value(self, name: str) -> str | None:
        """Return what its field of a name says, None where it has none."""
        return next((one.has("value") for one in self.fields if one.has("name") == name), None)

    @property
    def names(self) -> set[str]:
        return {one.has("name") for one in self.fields}

    @property
    def takes_files(self) -> bool:
        return any(one.has("type") == "file" for one in self.fields)


class Page(HTMLParser):
    """A page of ours, which is valid HTML: its tags, and the forms among them."""

    def __init__(self, html: str):
        super().__init__(convert_charrefs=True)
        self._lines = [0, *accumulate(len(line) + 1 for line in html.split("\n"))]
        self.tags: list[Tag] = []
        self._open: list[Tag] = []
        self.feed(html)
        self.close()

    def of(self, name: str) -> list[Tag]:
        return [one for one in self.tags if one.name == name]

    @property
    def forms(self) -> list[Form]:
        templates = self.of("template")
        fields = [one for one in self.tags if one.name in FIELDS]
        fields = [one for one in fields if not set(one.inside) & set(templates)]
        return [
            Form(form, [one for one in fields if one.belongs_to(form)]) for form in self.of("form")
        ]

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs) -> None:
        at, text = self._at(), self.get_starttag_text() or ""
        self.tags.append(Tag(tag, dict(attrs), at, at + len(text), list(self._open)))
        if tag not in EMPTY and not text.endswith("/>"):
            self._open.append(self.tags[-1])

    def handle_data(self, data: str) -> None:
        for one in self._open[-1:]:
            one.inner += data

    def handle_endtag(self, tag: str) -> None:
        while self._open and tag in [one.name for one in self._open]:
            one = self._open.pop()
            if one.name == tag:
                one.end = self._at()
                return


class _Writer:
    """The changes that put words into one form; `left` is what no field has taken."""

    def __init__(self, page: Page, form: Form, words: Pairs):
        self.page, self.left = page, grouped(words)
        self.edits: list[tuple[int, int, str]] = []
        self.unfolded: set[int] = set()
        ways = {
            "select": self._select,
            "textarea": self._area,
            "choice": self._tick,
            "text": self._line,
        }
        for one in form.fields:
            ways.get(one.kind, self._leave)(one)
        self._unfold(form.tag)
        self.rest = [pair for pair in words if pair[1] and pair[0] not in form.names]

    def _leave(self, one: Tag) -> None:
        """Leave a field to the page."""

    def _unfold(self, one: Tag) -> None:
        """Open what a field with other words than the page's lies folded in."""
        for outer in one.inside:
            if outer.name == "details" and outer.at not in self.unfolded:
                self.unfolded.add(outer.at)
                self._tag(outer, open="")

    def _line(self, one: Tag) -> None:
        for value in self._next(one):
            self._tag(one, value=value)
            if value != one.has("value"):
                self._unfold(one)

    def _area(self, one: Tag) -> None:
        for value in self._next(one):
            self.edits.append((one.after, one.end, "\n" + escape(value)))
            if value.strip() != one.inner.strip():
                self._unfold(one)

    def _next(self, one: Tag) -> list[str]:
        """Take the next value that was sent under the name of a field, where there is one."""
        values = self.left.get(one.has("name"), [])
        first, values[:] = values[:1], values[1:]
        return first

    def _tick(self, one: Tag) -> None:
        values = self.left.get(one.has("name"), [])
        if values or one.has("type") == "checkbox":
            self._mark(one, "checked", one.value in values)
            if one.value in values and "checked" not in one.attrs:
                self._unfold(one)

    def _select(self, one: Tag) -> None:
        values = self.left.get(one.has("name"), [])
        options = [option for option in self.page.of("option") if one in option.inside]
        if {option.value for option in options} & set(values):  # else it is offered no more
            for option in options:
                self._mark(option, "selected", option.value in values)

    def _mark(self, one: Tag, name: str, on: bool) -> None:
        self._tag(one, **{name: "" if on else None})

    def _tag(self, one: Tag, **changed: str | None) -> None:
        self.edits.append((one.at, one.after, one.write(**changed)))


@dataclass(frozen=True)
class Refilled:
    """A page with words in its form; `left` has no field on it and is sent along unseen."""

    html: str
    left: Pairs
    files: bool
    stale: bool  # the page has another version than the words were written for

    def saying(self, note: str) -> str:
        """Return the page with a note at the beginning of what it says."""
        [main] = Page(self.html).of("main")
        return self.html[: main.after] + note + self.html[main.after :]


def refill(html: str, action: str, here: str, words: Pairs) -> Refilled | None:
    """Put words into the form of a page that leads to a path, as its author had sent them; None where
    it has no such form. What the page hides, and files and passwords, stay as they are.
    """
    page = Page(html)
    forms = [form for form in page.forms if form.goes_to(urlsplit(action).path, here)]
    if not forms:
        return None
    return _into(page, html, max(forms, key=lambda form: form.alike(words)), words)


def put_back(html: str, key: str, words: Pairs) -> Refilled | None:
    """Put a draft into the form that is marked with its key; None where the page has none."""
    if not words:
        return Refilled(html, [], False, False)
    page = Page(html)
    marks = [form for form in page.forms if form.value(DRAFT) == key]
    return _into(page, html, marks[0], words) if marks else None


def _into(page: Page, html: str, form: Form, words: Pairs) -> Refilled:
    found = _Writer(page, form, words)
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in found.rest
    )
    edits = [*found.edits, (form.tag.after, form.tag.after, hidden)]
    for start, end, text in sorted(edits, reverse=True):
        html = html[:start] + text + html[end:]
    before = dict(words).get("version")
    return Refilled(html, found.rest, form.takes_files, before not in (None, form.value("version")))
