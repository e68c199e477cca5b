"""Background work: a thread beside the web server that does what is due, and `worker`, which on
PostgreSQL takes the jobs of the queue. Where no worker lives the threads do its work.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import click
from flask import Flask, current_app

from oversight.base import jobs, patience
from oversight.base.clock import Moment
from oversight.base.db import db
from oversight.base.sentences import N_
from oversight.casework import prints
from oversight.engine import outbox
from oversight.time import outside, work

from .click_i18n import Command
from .context import in_app, itself, now, press

SOON, IDLE, AWAY = 2, 15, 60  # seconds until the thread looks again: at first, idle, after errors
CLOCK = "oversight.clock"  # the queue of what the clock brings
RETRY = 30  # seconds until a job is tried again that could not even look at its row
KEEP_HOURS = 72  # of what the queue says of jobs that failed: the row says it longer
log = logging.getLogger(__name__)


def hands() -> work.Hands:
    """Return what doing takes, as this installation is set up."""
    app = current_app
    env, secret = app.config["OVERSIGHT"], app.config["SECRET_KEY"]
    sender = outside.sender_of(env, secret, app.extensions["clock"].zone)
    return work.Hands(_making, sender, tuple(app.extensions.get("hands", ())))


@contextmanager
def _making() -> Iterator[work.Make]:
    """Yield what makes the files of papers, all of them with one press."""
    with press().many() as running:
        yield lambda session, work_id, at: prints.one(session, running, work_id, at)


def remind(at: Moment) -> None:
    """Leave the morning's reminders to the outbox; what fails is logged and stops nothing else."""
    try:
        outside.digests(db.session, at, hands().sender)
    except Exception:
        db.session.rollback()
        log.exception("digest")


# Beside the web server ----------------------------------------------------------------------------


def keep_draining(app: Flask) -> None:
    """Begin a thread that does what is due: soon after it has come, seldom where nothing comes."""
    threading.Thread(target=drain, args=(app, threading.Event()), name="work", daemon=True).start()


def drain(app: Flask, stop: threading.Event) -> None:
    """Do what is due until stopped."""
    pause: float = SOON
    while not stop.wait(pause):
        pause = _turn(app, pause)


def _turn(app: Flask, pause: float) -> float:
    """Do what is due; returns after how many seconds to look again."""
    try:
        with app.app_context():
            done = work.drain(db.session, app.extensions["clock"].moment(), hands())
    except Exception:  # the database is away, the disk full: the log says so, the next turn tries
        app.logger.exception("work")
        return min(pause * 2, AWAY)
    return SOON if done else min(pause * 2, IDLE)


# The worker ---------------------------------------------------------------------------------------


@click.command(cls=Command)
@click.option("--once", is_flag=True, help=N_("办完已到期的就结束"))
@click.option(
    "--jobs", "abreast", type=click.IntRange(1, 16), default=4, help=N_("同时办几件（4）")
)
@in_app
def worker(once: bool, abreast: int) -> None:
    """Do background work until stopped; on SQLite what the web server does by itself."""
    app = itself()
    db.session.remove()
    queued = db.engine.dialect.name == "postgresql"
    if once and not queued:
        work.drain(db.session, now(), hands())
        return
    if not once:
        click.echo(
            N_("后台办理已开始，按 Ctrl+C 停止。")
            if queued
            else N_("SQLite 的网页服务自己会办，不必另开；已开始，按 Ctrl+C 停止。")
        )
    if queued:
        serve_queue(app, Pace(abreast=abreast, once=once))
    else:
        _until_stopped(app)


def _until_stopped(app: Flask) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    drain(app, stop)


@dataclass(frozen=True)
class Pace:
    """How a worker keeps time: seconds between heartbeats, after which another is dead, when jobs of
    the dead are looked for and what every minute brings is done.
    """

    abreast: int = 4
    once: bool = False
    beats: float = jobs.BEATS
    silent: float = jobs.SILENT
    polls: float = 5.0
    rescue: str = "* * * * * */20"  # seconds stand last
    sweep: str | None = "* * * * *"
    beside: tuple[Callable[[], None], ...] = field(default=())  # told once it takes jobs


class Later(Exception):
    """A job whose row is to be tried again after so many seconds."""

    def __init__(self, seconds: float):
        self.seconds = max(1, int(seconds) + 1)


def serve_queue(app: Flask, pace: Pace) -> None:
    """Take jobs until a signal ends it, beginning anew whenever the database was away."""
    stop, wait = threading.Event(), float(SOON)
    while not stop.is_set():
        try:
            asyncio.run(_serve(app, pace, stop))
            wait = SOON
        except Exception:  # the database is away: the log says so
            log.exception("worker")
        if pace.once:
            return
        stop.wait(wait)
        wait = min(wait * 2, AWAY)


async def _serve(app: Flask, pace: Pace, stop: threading.Event) -> None:
    """Run a worker in this loop; a signal lets it end what it has begun."""
    queue, loop = _queue(app, pace), asyncio.get_running_loop()
    async with queue.open_async():
        running = asyncio.ensure_future(
            queue.run_worker_async(
                queues=[*(jobs.name_of(kind) for kind in _kinds(app)), CLOCK],
                concurrency=pace.abreast,
                wait=not pace.once,
                fetch_job_polling_interval=pace.polls,
                update_heartbeat_interval=pace.beats,
                stalled_worker_timeout=pace.silent,
                shutdown_graceful_timeout=20,
                delete_jobs="successful",
                install_signal_handlers=False,
            )
        )

        def end() -> None:
            stop.set()
            running.cancel()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end)
        for tell in pace.beside:
            tell()
        with suppress(asyncio.CancelledError):
            await running


def _kinds(app: Flask) -> list[str]:
    with app.app_context():
        return hands().kinds


def _queue(app: Flask, pace: Pace):
    """Return the queue with its tasks, one for each kind of work and those of the clock."""
    from procrastinate import App, PsycopgConnector

    queue = App(connector=PsycopgConnector(kwargs=_address(app), min_size=1, max_size=4))

    def do(work: str) -> None:
        _do(app, work)

    for kind in _kinds(app):
        name = jobs.name_of(kind)
        queue.task(name=name, queue=name, retry=_again())(do)
    _keep_clock(app, queue, pace)
    return queue


def _do(app: Flask, work_id: str) -> None:
    """Do the row of a job. Raises Later, GivenUp."""
    with app.app_context():
        clock = app.extensions["clock"]
        until = work.one(db.session, work_id, clock.moment(), hands())
        if until is not None:
            raise Later((until - clock.moment().now).total_seconds())


def _again():
    """Return what tells when a job is tried again: when its row says; not where that has given up."""
    from procrastinate import BaseRetryStrategy, RetryDecision

    class Again(BaseRetryStrategy):
        def get_retry_decision(self, *, exception, job):
            if isinstance(exception, outbox.GivenUp):
                return None
            seconds = exception.seconds if isinstance(exception, Later) else RETRY
            return RetryDecision(retry_in={"seconds": seconds})

    return Again()


def _keep_clock(app: Flask, queue, pace: Pace) -> None:
    """Give the queue what comes by itself: the rescue of jobs, the sweep, the end of old jobs."""
    manager = queue.job_manager

    async def rescue(timestamp: int) -> None:
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=pace.silent):
            await manager.retry_job(job)
        await asyncio.to_thread(_rescue_rows, app)

    async def forget(timestamp: int) -> None:
        await manager.delete_old_jobs(
            nb_hours=KEEP_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )

    def sweep(timestamp: int) -> None:
        from .setup import beat

        with app.app_context():
            beat(app.extensions["clock"].moment())

    for cron, task in ((pace.rescue, rescue), ("17 4 * * *", forget), (pace.sweep, sweep)):
        if cron is not None:
            name = f"oversight.{task.__name__}"
            lock = name if task is sweep else None  # one at a time, however many workers
            queue.periodic(cron=cron)(queue.task(name=name, queue=CLOCK, lock=lock)(task))


def _rescue_rows(app: Flask) -> None:
    from oversight.engine.use_case import one_transaction

    with app.app_context():
        at = app.extensions["clock"].moment()
        with one_transaction(db.session):
            outbox.rescue(db.session, at.now, hands().kinds)


def _address(app: Flask) -> dict:
    """Return how the database is reached, as the driver wants it; a peer that is gone is found out."""
    with app.app_context():
        engine = db.engine
        _plain, named = engine.dialect.create_connect_args(engine.url)
    named.pop("context", None)  # of SQLAlchemy's own types
    return {**patience.LINE, **named}
