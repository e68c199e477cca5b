"""What every line of a page asks for: its words in the reader's language, and addresses.

Both are worked out once in a process; Flask and Babel do it anew for every word.
"""

from __future__ import annotations

from functools import lru_cache

import flask
from babel import Locale, UnknownLocaleError
from babel.support import NullTranslations
from flask import Flask, g
from flask.globals import request_ctx
from flask_babel import get_locale, get_translations
from markupsafe import Markup
from werkzeug.routing import Map

WORDS = 8192  # that a process keeps: more than the catalogue has
ADDRESSES = 4096


def words() -> NullTranslations:
    """Return the catalogue of the reader's language; one for all that a request says."""
    kept = g._get_current_object()  # looked up anew at every touch
    found = kept.get("catalogue")
    if found is None:
        found = kept.catalogue = get_translations()
    return found


def english() -> bool:
    """True where the reader's language is English; one answer for all that a request says."""
    kept = g._get_current_object()
    found = kept.get("english")
    if found is None:
        found = kept.english = str(get_locale() or "").startswith("en")
    return found


@lru_cache(maxsize=16)
def language(name: str) -> Locale:
    """Return a language by the name that an account keeps."""
    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):  # written past the program
        return Locale.parse("zh_Hans_CN")


@lru_cache(maxsize=WORDS)
def _said(catalogue: NullTranslations, text: str) -> str:
    return catalogue.ugettext(text)


@lru_cache(maxsize=WORDS)
def _marked(catalogue: NullTranslations, text: str) -> Markup:
    return Markup(_said(catalogue, text))


@lru_cache(maxsize=WORDS)
def _plain(catalogue: NullTranslations, text: str) -> Markup:
    return _marked(catalogue, text) % {}


def gettext(text: str, /, **values) -> str:
    """Say a text in the reader's language, with values where it has places for them."""
    found = _said(words(), text)
    return found % values if values else found


def on_page(text: str, /, **values) -> Markup:
    """Say a text of a template: as it stands there, while its values are escaped."""
    if not values:
        return _plain(words(), text)
    return _marked(words(), text) % values


@lru_cache(maxsize=ADDRESSES, typed=True)
def _address(_of: Map, _root: str, endpoint: str, /, **values) -> str:
    return flask.url_for(endpoint, **values)


def url_for(endpoint: str, /, **values) -> str:
    """Return the address of a page of ours, as Flask's own does it."""
    try:
        adapter = request_ctx.url_adapter
    except RuntimeError:  # outside a request
        adapter = None
    if adapter is None or endpoint.startswith(".") or "_external" in values or "_scheme" in values:
        return flask.url_for(endpoint, **values)
    try:
        return _address(adapter.map, adapter.script_name, endpoint, **values)
    except TypeError:  # a list has no place among what is kept
        return flask.url_for(endpoint, **values)


def register(app: Flask) -> None:
    """Let templates say their words and addresses by these."""
    app.jinja_env.globals.update({"_": on_page, "gettext": on_page, "url_for": url_for})
