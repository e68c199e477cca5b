"""What a reader sees of a page, as text: a line for each block, blanks inside a line as they are
drawn. And where a blank stands between two Chinese characters.
"""

from __future__ import annotations

import re

import html5lib

INLINE = re.compile(
    "abbr|a|bdi|b|cite|code|data|del|dfn|em|ins|i|kbd|label|mark|output|q|samp|small|span|strong|"
    "sub|sup|s|time|u|var|wbr"
)
SILENT = frozenset(("script", "style", "template", "head", "svg"))
FIELDS = ("input", "textarea", "select", "button", "img")
CHINESE = "\u3001-\u3011\u4e00-\u9fff\uff01-\uff5e“”‘’…—"
BLANK = re.compile(rf"(?<=[{CHINESE}])[ \t\n\u3000]+(?=[{CHINESE}])")
AROUND = 6  # characters kept on each side of a blank


def parse(html: str):
    """Parse a page as a browser does."""
    return html5lib.HTMLParser(namespaceHTMLElements=False).parse(html)


def text(html: str) -> str:
    """Return a page's title and what stands in its body, a line for each block."""
    tree, writer = parse(html), _Writer()
    writer.say(tree.findtext(".//title") or "")
    writer.end_line()
    writer.node(tree.find(".//body"))
    writer.end_line()
    return "".join(f"{line}\n" for line in writer.lines)


class _Writer:
    """Collects lines; white space collapses to one blank and goes at both ends, as when drawn."""

    def __init__(self):
        self.lines, self.line = [], ""

    def say(self, words: str) -> None:
        self.line += words

    def end_line(self) -> None:
        line = re.sub(r"[ \t\r\n\f]+", " ", self.line).strip(" ")
        if line:
            self.lines.append(line)
        self.line = ""

    def node(self, node) -> None:
        if node.tag in SILENT or not isinstance(node.tag, str):
            return
        if node.tag in FIELDS:
            self.say(field(node))
        else:
            self._within(node)

    def _within(self, node) -> None:
        block = INLINE.fullmatch(node.tag) is None
        if block:
            self.end_line()
        self.say(node.text or "")
        for child in node:
            self.node(child)
            self.say(child.tail or "")
        if block:
            self.end_line()


def field(node) -> str:
    """Return what a field shows, in square brackets; nothing where it is hidden."""
    if node.get("type") == "hidden":
        return ""
    if node.tag == "select":
        return f"[{'|'.join(_option(option) for option in node.iter('option'))}]"
    if node.tag in ("textarea", "button"):
        return f"[{''.join(node.itertext()).strip()}]"
    if node.get("type") in ("radio", "checkbox"):
        return "[x]" if "checked" in node.attrib else "[ ]"
    shown = (node.get(name) for name in ("value", "placeholder", "alt"))
    return f"[{next((words for words in shown if words), '')}]"


def _option(option) -> str:
    mark = "*" if "selected" in option.attrib else ""
    return mark + " ".join("".join(option.itertext()).split())


def blanks(shown: str) -> list[str]:
    """Return each blank between two Chinese characters, with what stands around it, in order."""
    return [
        shown[max(0, found.start() - AROUND) : found.end() + AROUND]
        for line in [shown]
        for found in BLANK.finditer(line)
        if "\n" not in found[0]
    ]


def wrapped(html: str) -> list[str]:
    """Return the blanks between two Chinese characters inside one piece of text of a page.

    Such a blank is not the gap between two elements: a writer set it, or a formatter broke a line.
    """
    body, found = parse(html).find(".//body"), []
    for node in body.iter():
        own = [] if node.tag in SILENT or not isinstance(node.tag, str) else [node.text or ""]
        for piece in (*own, *(child.tail or "" for child in node)):
            found += [
                piece[max(0, one.start() - AROUND) : one.start()]
                + " "
                + piece[one.end() : one.end() + AROUND]
                for one in BLANK.finditer(piece)
            ]
    return found
