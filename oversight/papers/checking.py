"""How a paper is checked by whoever holds it: a short code, and where it is asked, also as QR code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from oversight.base.sentences import N_
from oversight.models.papers import CODE

MISREAD = str.maketrans("ILO", "110")
SIDE = 25.0  # millimetres
LEAST = 0.5  # millimetres of a module: what survives printing and scanning
BORDER = 4  # modules of quiet round the code, by its standard


def read(typed: str) -> str:
    """Return a code as it is kept, however it was typed."""
    return re.sub(r"[\s-]", "", typed).upper().translate(MISREAD)[: CODE + 1]


def spaced(code: str) -> str:
    """Return a code as it is printed."""
    return f"{code[:5]}-{code[5:]}"


@dataclass(frozen=True)
class Check:
    """What a paper says about checking it. `address`: of the page, empty where none is known."""

    code: str = ""
    address: str = ""
    alt: str = N_("核验这份文书的二维码")

    @property
    def said(self) -> list[str]:
        """Return the lines beside the code."""
        if not self.code:
            return []
        return [f"核验码 {spaced(self.code)}", *([N_("扫码核验真伪")] if self._made() else [])]

    @property
    def link(self) -> str:
        return f"{self.address}/check/{self.code}" if self.address and self.code else ""

    def drawn(self) -> str:
        """Return the QR code as an SVG drawing; empty where its modules would be too small to scan."""
        made = self._made()
        if made is None:
            return ""
        side = made.symbol_size(border=BORDER)[0]
        drawn = made.svg_inline(border=BORDER, omitsize=True, svgclass=None, lineclass=None)
        return drawn.replace(
            "<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" ', 1
        )

    def picture(self) -> bytes:
        """Return the QR code as a PNG; empty as `drawn`."""
        import io

        made, out = self._made(), io.BytesIO()
        if made is not None:
            made.save(out, kind="png", scale=8, border=BORDER)
        return out.getvalue()

    def _made(self):
        return _code(self.link) if self.link else None


@lru_cache(maxsize=8)  # a paper asks for it thrice
def _code(link: str):
    """Return the code of an address; None where its modules would be too small to scan."""
    import segno  # where a paper is made

    made = segno.make(link.encode("ascii"), mode="byte", error="m", micro=False, boost_error=False)
    return made if SIDE / made.symbol_size(border=BORDER)[0] >= LEAST else None
