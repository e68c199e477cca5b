"""Where a slip leads: the address of the page on which it is used, also as a QR code."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app, request, url_for
from markupsafe import Markup

from oversight.register.installation import is_loopback

BORDER = 4  # modules of quiet round the code, by its standard


@dataclass(frozen=True)
class Way:
    """The address of the page; `local`: only this machine opens it."""

    address: str

    @property
    def local(self) -> bool:
        return is_loopback(urlsplit(self.address).hostname or "")

    def picture(self) -> tuple[Markup, int]:
        """Return what is drawn of its QR code, the same for all slips, and the side in modules."""
        import segno  # of the few who print slips

        made = segno.make(self.address.encode("ascii"), mode="byte", error="m", micro=False)
        drawn = made.svg_inline(border=BORDER, light="#fff", svgclass=None, lineclass=None)
        inner = drawn[drawn.index(">") + 1 : drawn.rindex("</svg>")]
        return Markup(inner), int(made.symbol_size(border=BORDER)[0])


def way() -> Way | None:
    """Return where slips lead: as the installation says, else as the browser came; None at the
    terminal, which no browser came to.
    """
    root = current_app.config["OVERSIGHT"].address
    if not root and request.endpoint and request.host_url.isascii():
        root = request.host_url.rstrip("/")
    return Way(root + url_for("access.activate")) if root else None
