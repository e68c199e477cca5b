"""What a paper says, read back from each of its forms: the page, DOCX, PDF; without blanks, which lines end in."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

from oversight.papers.layout import Content, lines

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def plain(text: str) -> str:
    return "".join(text.split())


def words(content: Content) -> str:
    """Return all that a content says."""
    return plain("".join(lines(content)))


def on_page(article) -> str:
    """Return what an article of a page says, its furniture left out."""

    def texts(node):
        if node.get("aria-hidden") != "true" and "void" not in (node.get("class") or "").split():
            yield node.text or ""
            for one in node:
                yield from texts(one)
                yield one.tail or ""

    return plain("".join(texts(article)))


def in_docx(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        root = ElementTree.fromstring(packed.read("word/document.xml"))
    return plain("".join(one.text or "" for one in root.iter(f"{W}t")))
