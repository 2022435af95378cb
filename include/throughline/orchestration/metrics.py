"""Hands the gauges of a night to Airflow's own metrics: OpenTelemetry or StatsD, if Airflow sends them anywhere.

Airflow's settings under `[metrics]` say where to; by default nothing is collected or sent. A monitoring system
that is down is a warning in the log, and never fails the night.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow.sdk.configuration import conf

if TYPE_CHECKING:
    from throughline.warehouse import Connection

log = logging.getLogger(__name__)

SWITCHES = ("otel_on", "statsd_on", "statsd_datadog_enabled")
FLUSH_MS = 5000


def is_on() -> bool:
    """Return whether Airflow sends metrics."""
    return any(conf.getboolean("metrics", name, fallback=False) for name in SWITCHES)


def emit(conn: Connection, seq: int) -> None:
    """Send the gauges of night `seq`, if Airflow sends metrics and no later date has run. Rolls back what it read."""
    if not is_on():
        return
    from airflow.sdk.observability import stats

    from throughline.orchestration.addresses import landing_root, reports_root
    from throughline.practice import told_zone
    from throughline.told import metrics, numbers
    from throughline.warehouse import nights

    try:
        if not nights.is_of_newest_date(conn, seq):
            return
        told = numbers.collect(conn, seq, told_zone())
        folders = {"landing": landing_root(), "pages": reports_root()}
        for one in metrics.gauges(conn, told, folders):
            stats.gauge(one.name, one.value, tags=dict(one.tags))
        _flush()
    except Exception as error:  # noqa: BLE001 - metrics are lost, and the night goes on
        log.warning("metrics were not sent: %s", type(error).__name__)
    finally:
        conn.rollback()


def _flush() -> None:
    """Send what OpenTelemetry holds: a task's process ends without asking it to."""
    if conf.getboolean("metrics", "otel_on", fallback=False):
        from opentelemetry import metrics

        flush = getattr(metrics.get_meter_provider(), "force_flush", None)
        if flush is not None:
            flush(timeout_millis=FLUSH_MS)
