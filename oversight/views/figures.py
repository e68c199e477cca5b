"""Figures for Prometheus: counts of the database, taken when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as CONTENT_TYPE
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from oversight.base.db import db
from oversight.models import Case, OutboxMessage

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
        is_open = Case.closed_at.is_(None)
        cases = GaugeMetricFamily(
            "oversight_open_cases", "Cases that have not reached an end", labels=["workflow"]
        )
        counted = sa.select(Case.workflow, sa.func.count()).where(is_open).group_by(Case.workflow)
        for workflow, count in sorted(db.session.execute(counted).all()):
            cases.add_metric([workflow], count)
        yield cases
        waiting, today = OutboxMessage.done_at.is_(None), moment()
        for name, text, *conditions in (
            ("overdue_cases", "Open cases past their last day", is_open, Case.due_on < today.today),
            (
                "work_waiting",
                "Background work that is due and not done",
                waiting,
                OutboxMessage.due_at <= today.now,
            ),
            (
                "work_failed",
                "Background work that has failed and is not done",
                waiting,
                OutboxMessage.attempts > 0,
            ),
        ):
            yield GaugeMetricFamily(f"oversight_{name}", text, value=_count(*conditions))


def _count(*conditions) -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(*conditions))
