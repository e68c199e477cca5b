"""What a reader sees of a page, as text: a line for each block, blanks inside a line as they are
drawn. And where a page gained a blank between two Chinese characters.
"""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

INLINE = re.compile(
    "abbr|a|bdi|b|cite|code|data|del|dfn|em|ins|i|kbd|label|mark|optgroup|option|output|q|samp|"
    "small|span|strong|sub|sup|s|time|u|var|wbr|input|img|select|textarea|button|"
    "svg|g|path|circle|ellipse|rect|line|polyline|polygon|use|defs|marker"
)
SILENT = frozenset(("script", "style", "template", "head"))
VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"))
CHINESE = "\u3001-\u3011\u4e00-\u9fff\uff01-\uff5e“”‘’…—"
BROKEN = re.compile(rf"(?<=[{CHINESE}])\s*\n\s*(?=[{CHINESE}])")
AROUND = 6  # characters kept on each side of a blank
# Whose children the style sheet sets apart, so that white space between them is not drawn.
APART = ("nav", "a.open-w", "a.open-n", "section.panel", "p.sub")


def text(html: str) -> str:
    """Return a page's title and what stands in its body, a line for each block."""
    title = re.search(r"<title>(.*?)</title>", html, re.S)
    lines = [" ".join(unescape(title[1]).split())] if title else []
    return "".join(f"{line}\n" for line in (*lines, *_Writer(html).lines))


def broken(html: str) -> list[str]:
    """Return where a line of the page's source breaks between two Chinese characters that are drawn
    on one line: a blank that nobody wrote.

    A blank that was meant stands inside a line of its template.
    """
    return _Writer(html).broken


class _Writer(HTMLParser):
    """Collects lines; white space collapses to one blank and goes at both ends, as when drawn."""

    def __init__(self, html: str):
        super().__init__()
        self.lines, self.line, self.broken = [], "", []
        self.stack: list[tuple[str, bool]] = []  # open elements, and whether they set apart
        self.silent, self.held, self.choices = 0, None, None
        self.feed(html)
        self.end_line()

    def end_line(self) -> None:
        for found in BROKEN.finditer(self.line):
            before, after = self.line[: found.start()], self.line[found.end() :]
            self.broken.append(f"{before[-AROUND:]} {after[:AROUND]}")
        line = re.sub(r"[ \t\r\n\f]+", " ", self.line).strip(" ")
        self.lines += [line] if line else []
        self.line = ""

    def handle_starttag(self, tag, attrs):
        node = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.stack.append((tag, _apart(tag, node)))
        self.silent += tag in SILENT
        if not self.silent:
            self._open(tag, node)

    def _open(self, tag: str, node: dict) -> None:
        if tag == "select":
            self.choices = []
        elif tag == "option":
            self.choices.append("*" if "selected" in node else "")
        elif tag in ("textarea", "button"):
            self.held = ""
        elif tag in ("input", "img"):
            self.line += _field(node)
        elif INLINE.fullmatch(tag) is None:
            self.end_line()

    def handle_data(self, data):
        if self.silent:
            return
        if self.choices is not None:
            self.choices[-1:] = [one + data for one in self.choices[-1:]]
        elif self.held is not None:
            self.held += data
        else:
            self.line += data

    def handle_endtag(self, tag):
        if all(tag != open_tag for open_tag, _ in self.stack):
            return
        heard = not self.silent
        while self.stack:
            closed, _ = self.stack.pop()
            self.silent -= closed in SILENT
            if closed == tag:
                break
        if heard:
            self._close(tag)

    def _close(self, tag: str) -> None:
        if tag == "select":
            self.line += f"[{'|'.join(' '.join(one.split()) for one in self.choices)}]"
            self.choices = None
        elif tag in ("textarea", "button"):
            shown = self.held.strip()
            self.line += f"[{shown if tag == 'button' else '⏎'.join(shown.splitlines())}]"
            self.held = None
        elif INLINE.fullmatch(tag) is None:
            self.end_line()
        if self.stack and self.stack[-1][1]:
            self.end_line()


def _field(node: dict) -> str:
    """Return what a field shows, in square brackets; nothing where it is hidden."""
    if node.get("type") == "hidden":
        return ""
    if node.get("type") in ("radio", "checkbox"):
        return "[x]" if "checked" in node else "[ ]"
    return f"[{node.get('value') or node.get('placeholder') or node.get('alt') or ''}]"


def _apart(tag: str, node: dict) -> bool:
    names = node.get("class", "").split()
    return tag in APART or any(f"{tag}.{name}" in APART for name in names)
