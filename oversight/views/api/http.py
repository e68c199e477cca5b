"""How the JSON API reads a request and writes an answer; its blueprint. No route, no shape of an
answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import UnsupportedMediaType

from oversight.base.db import db
from oversight.base.refusals import BadRequest, NotFound
from oversight.base.sentences import say
from oversight.engine import repeats
from oversight.views import session

bp = Blueprint("api", __name__, url_prefix="/api/v1")


# Reading -----------------------------------------------------------------------------------------


def sent() -> dict:
    """Return the request's JSON object, `{}` where nothing was sent.

    Raises BadRequest, UnsupportedMediaType.
    """
    raw = request.get_data()
    if not raw:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType()
    try:
        found = json.loads(raw, parse_constant=_no_constant)
        text = json.dumps(found, ensure_ascii=False).encode()  # refuses half a surrogate pair
    except (ValueError, RecursionError):
        raise BadRequest("请求的内容不是合格的 JSON。") from None
    if not isinstance(found, dict) or b"\\u0000" in text.replace(b"\\\\", b""):
        raise BadRequest("请求的内容应是一个 JSON 对象，且不含空字符。")
    return found


def _no_constant(name: str):
    raise ValueError(name)


def asked() -> str:
    """Return the fingerprint of the request:

    method, path and body, not the version it was read at.
    """
    return repeats.fingerprint(request.method, request.path, sent())


def key() -> str | None:
    """Return the Idempotency-Key, with or without the quotes of a structured field.

    Raises BadRequest.
    """
    sent = request.headers.get("Idempotency-Key", "").strip()
    bare = sent[1:-1] if re.fullmatch(r'".*"', sent) else sent
    if sent and not re.fullmatch(rf"[\x21-\x7e]{{1,{repeats.LONGEST}}}", bare):
        raise BadRequest(
            say("Idempotency-Key 应是 1 到 %(most)s 个可见的英文字符。", most=repeats.LONGEST)
        )
    if bare:
        g.keyed = True  # what the client asks for may be asked for again
    return bare or None


def needed(key: str | None) -> str:
    """Return the Idempotency-Key of a request that must have one. Raises BadRequest."""
    if key is None:
        raise BadRequest("缺少 Idempotency-Key：请为每项操作另编一个，重发时用同一个。")
    return key


def stated_version() -> int | None:
    """Return the version of If-Match, or None where it was not sent. Raises BadRequest."""
    sent = request.headers.get("If-Match")
    if sent is None:
        return None
    found = re.fullmatch(r'([0-9]{1,9})|"([0-9]{1,9})"', sent.strip())
    if not found:
        raise BadRequest('If-Match 要写成 "3" 这样的版本号，版本号在案卷的 version 里。')
    return int(found[1] or found[2])


def is_verb(name: str) -> bool:
    """True where a name is written as names of moves are."""
    return re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) is not None


def verb(name: str) -> str:
    """Return the name of a move from a path. Raises NotFound."""
    if not is_verb(name):
        raise NotFound("没有这一步。")
    return name


# Answering ---------------------------------------------------------------------------------------


def answer(found: dict, status: int = 200, **headers: str) -> Response:
    """Write an answer; header names are given with underscores."""
    response = Response(json.dumps(found, ensure_ascii=False), status, mimetype="application/json")
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


def given(found: repeats.Answer, **headers: str) -> Response:
    """Write an answer that is kept for those who ask again, and say where it is given again."""
    again = {"Idempotent_Replayed": "true"} if found.repeated else {}
    return answer(found.body, found.status, **headers, **again)


def once(
    key: str | None,
    status: int,
    make: Callable[[], Mapping],
    still: Callable[[dict], object] = lambda _body: None,
) -> repeats.Answer:
    """Do once what the request asks for under its key, and answer with what `make` returns.

    An answer that is given again is shown by today's sight: `still` raises NotFound where it ended.
    """
    found = repeats.once(
        db.session,
        session.account(),
        key,
        asked(),
        session.moment(),
        lambda: repeats.Answer(status, dict(make())),
    )
    if found.repeated:
        still(found.body)
    return found


def page(rows: list, size: int, shape, mark=lambda row: row.id, **more) -> Response:
    """Answer a list; `rows` holds one more than `size` where it goes on."""
    following = mark(rows[size - 1]) if len(rows) > size else None
    return answer({"items": [shape(row) for row in rows[:size]], "next": following, **more})
