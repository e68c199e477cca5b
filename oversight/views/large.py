"""A form that is larger than is taken: what was written in it is kept, its files are not."""

from __future__ import annotations

import io

from flask import request, session
from werkzeug.exceptions import HTTPException

from oversight.base.refusals import TooLarge
from oversight.base.sentences import N_, say

from . import kept

READ = (
    256 * 2**20
)  # of the body of somebody who is logged in: files of a form are thrown away as they come
PARTS = 2000
UNKEPT = N_("内容太大，没有收下，也没能保存。请用浏览器的“后退”回到填写的页面，减少后再提交。")


class _Nowhere(io.BytesIO):
    """Where a file goes that nobody will read."""

    def write(self, part) -> int:
        return len(part)


def read_again() -> bool:
    """Read the words of a form whose body was refused unread, without its files; False where that
    cannot be, or they are too many.
    """
    size = request.content_length or 0
    by_page = "_user_id" in session and not request.path.startswith("/api/")
    if not by_page or not 0 < size <= READ or "form" in request.__dict__:
        return False
    request.max_content_length, request.max_form_parts = READ, PARTS
    request.__dict__.update(_get_file_stream=lambda *_args, **_more: _Nowhere())
    try:
        return bool(request.form)
    except HTTPException:
        return False


def refusal(most: int) -> TooLarge:
    """Say what became of a form that was too large. `most` in bytes is what is taken."""
    if not kept.sealed():
        return TooLarge(UNKEPT)
    size = f"{(request.content_length or 0) / 2**20:.1f}"
    said = say(
        "这次提交有 %(size)s MB，超过 %(most)s MB，没有收下；写的内容还在。照片请分几次传，或选“压缩后上传”。",
        size=size,
        most=most // 2**20,
    )
    return TooLarge(said)
