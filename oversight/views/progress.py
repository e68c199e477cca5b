"""Work that takes long, told while it goes on: a page that grows by a line with real counts, so that it
needs no script. Work that is done at once is answered as any other.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import Empty, Queue
from threading import Thread

from flask import (
    Response,
    copy_current_request_context,
    current_app,
    render_template,
    stream_with_context,
)
from flask import session as cookie
from markupsafe import Markup

from oversight.base.db import db
from oversight.base.sentences import N_

PATIENCE = 1.5  # seconds for which an answer is awaited before the page begins
EVERY = 0.5  # seconds between two lines
MARK, MAIN = "<!--more-->", ("<main", "</main>")
STAGES = {
    "read": N_("正在读取"),
    "check": N_("正在核对"),
    "compare": N_("正在与库里比对"),
    "write": N_("正在写入"),
    "print": N_("正在制作"),
    "plan": N_("正在重排各支部的党日"),
    "list": N_("正在导出"),
}
log = logging.getLogger(__name__)


@dataclass
class Going:
    """How far the work is, and what came of it."""

    stage: str = ""
    done: int = 0
    total: int | None = None
    ended: Queue = field(default_factory=lambda: Queue(1))

    def begin(self, stage: str, total: int | None = None) -> Callable[[int], None]:
        """Begin a stage of so many rows, where known; returns what hears of rows that are done."""
        self.stage, self.done, self.total = stage, 0, total
        return self.on

    def on(self, rows: int) -> None:
        self.done += rows

    def wait(self, seconds: float):
        """Return the answer, or what went wrong; None where neither came in time."""
        try:
            return self.ended.get(timeout=seconds)
        except Empty:
            return None


def followed(heading: str, work: Callable, kept: Callable[[Response], str] = str) -> Response:
    """Do work that is told its stages, and answer with what it answers: at once, or at the end of a
    page that tells how far it is. `work` runs in a thread with this request and a transaction of its
    own; a file that took long is `kept`, which returns where it is fetched.
    """
    going = Going()

    @copy_current_request_context
    def run() -> None:
        try:
            going.ended.put(current_app.make_response(work(going.begin)))
        except BaseException as error:
            going.ended.put(error)

    db.session.rollback()  # what this thread read holds up nobody
    Thread(target=run, daemon=True).start()
    answer = going.wait(PATIENCE)
    if isinstance(answer, BaseException):
        raise answer
    if answer is not None:
        return answer
    page = render_template("progress.html", heading=heading)
    return Response(stream_with_context(_told(page, going, kept)), mimetype="text/html")


def _told(page: str, going: Going, kept: Callable[[Response], str]) -> Iterator[str]:
    head, tail = page.split(MARK)
    yield head
    answer, last = None, time.monotonic()
    while answer is None:
        yield render_template("progress_line.html", going=going, label=STAGES.get(going.stage, ""))
        answer = going.wait(EVERY)
    log.info("took %.1f s more", time.monotonic() - last)
    yield _ending(answer, kept) + tail


def _ending(answer, kept: Callable[[Response], str]) -> str:
    """Return what stands at the end of the page: what the work answered, or where it leads."""
    if isinstance(answer, BaseException):
        log.error("work that was followed failed", exc_info=answer)
        return render_template("progress_end.html", failed=True)
    said = [text for _kind, text in cookie.pop("_flashes", [])]
    if "Content-Disposition" in answer.headers:
        return render_template("progress_end.html", file=kept(answer))
    if answer.location:
        return render_template("progress_end.html", to=answer.location, said=said)
    html = answer.get_data(as_text=True)
    inner = html.partition(MAIN[0])[2].partition(">")[2].rpartition(MAIN[1])[0]
    return render_template("progress_end.html", inner=Markup(inner))
