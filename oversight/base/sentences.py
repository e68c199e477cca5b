"""Sentences for people: filled in, yet remembering their template, so that they can be said in
another language.

Every template passed to `say` is a key of the catalogue; views translate, the floors below only
say.
"""

from __future__ import annotations

from collections.abc import Callable


def N_(text: str) -> str:
    """Mark a text where it stands, for the catalogue; it is translated where it is shown."""
    return text


class Sentence(str):
    """A filled-in sentence; `template` and `values` are what it was made of."""

    template: str
    values: dict

    def translated(self, gettext: Callable[[str], str]) -> str:
        """Say it again in the language of `gettext`; values that are catalogue keys follow."""
        values = {
            name: gettext(value) if isinstance(value, str) and value else value
            for name, value in self.values.items()
        }
        return _filled(gettext(self.template), values)


def say(template: str, **values) -> Sentence:
    """Fill a sentence's template."""
    sentence = Sentence(_filled(template, values))
    sentence.template, sentence.values = template, values
    return sentence


def _filled(template: str, values: dict) -> str:
    return template % values if values else template
