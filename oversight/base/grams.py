"""Words as they are looked for: by every two characters that stand side by side, since Chinese writes
no blanks between words.
"""

from __future__ import annotations

import re
import unicodedata

BETWEEN = "·"
LEAST = 2  # characters from which on something can be looked for
_GAP = re.compile(r"[\W_]+")
# Beside Chinese a blank is a matter of taste.
_BLANK = re.compile(r"(?<=[\u4e00-\u9fff])\s+(?=\w)|(?<=\w)\s+(?=[\u4e00-\u9fff])")


def plain(text: str) -> str:
    """Return a text as it is compared: one width and case, a dot for whatever stands between letters
    and figures; a blank beside Chinese is nothing.
    """
    narrow = _BLANK.sub("", unicodedata.normalize("NFKC", text).casefold())
    return _GAP.sub(BETWEEN, narrow).strip(BETWEEN)


def grams(text: str) -> set[str]:
    """Return the pairs of characters that stand side by side in a text."""
    return {
        run[at : at + LEAST]
        for run in plain(text).split(BETWEEN)
        for at in range(len(run) - LEAST + 1)
    }


def terms(query: str) -> list[str]:
    """Return what is looked for, each to be found as it stands; blanks in a query part its terms,
    other signs do not.
    """
    found = (plain(part) for part in query.split())
    return list(dict.fromkeys(part for part in found if grams(part)))
