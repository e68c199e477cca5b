"""Figures for Prometheus: counts of the database, taken when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

from flask import current_app
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from oversight.base import jobs
from oversight.base.db import db
from oversight.time import backup, due, faults, figures, work

from .session import moment

__all__ = ["CONTENT_TYPE", "text"]


def text() -> bytes:
    """Return every figure in the Prometheus text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    return generate_latest(registry)


class Figures(Collector):
    """Counts of the database, taken when they are asked for."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        cases = GaugeMetricFamily(
            "oversight_open_cases", "Cases that have not reached an end", labels=["workflow"]
        )
        for workflow, count in figures.open_cases(db.session).items():
            cases.add_metric([workflow], count)
        yield cases
        for name, text, value in (
            (
                "overdue_cases",
                "Open cases past their last day",
                figures.overdue_cases(db.session, moment()),
            ),
            (
                "work_waiting",
                "Background work that is due and not done",
                figures.work_waiting(db.session, moment()),
            ),
            (
                "work_failed",
                "Background work that has failed and is not done",
                figures.work_failed(db.session),
            ),
            (
                "work_late",
                "Background work that was due ten minutes ago and was not tried",
                work.late(db.session, moment()),
            ),
            (
                "work_given_up",
                "Background work that was tried so often that somebody must look",
                work.given_up(db.session),
            ),
            (
                "worker_lives",
                "1 where a worker takes the jobs of PostgreSQL's queue",
                int(jobs.worked(db.session)),
            ),
            (
                "sweep_leapt_days",
                "Days by which the clock leapt, so that the sweep waits; 0 where it goes on",
                due.leapt(db.session, moment()),
            ),
            (
                "last_sweep_timestamp_seconds",
                "When the sweep ended last, to within ten minutes; 0 where it never did",
                due.ended(db.session),
            ),
            (
                "last_backup_timestamp_seconds",
                "When the newest daily backup was done; 0 where there is none",
                backup.ended(current_app.config["OVERSIGHT"].backup_dir),
            ),
            (
                "sweep_faults",
                "Things that the sweep could not do and tries again",
                faults.count(db.session),
            ),
        ):
            yield GaugeMetricFamily(f"oversight_{name}", text, value=value)
