"""The gauges of a night, as a collector on loopback receives them by OTLP over HTTP; by default it receives none."""

from __future__ import annotations

import contextlib
import gzip
import logging
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stack import postgres
from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer
from tests.warehouse import morning
from throughline import warehouse

server = morning.server
conn = morning.conn

Seen = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def reset() -> Iterator[None]:
    """Let Airflow's statistics be configured by a test, and forget it afterwards."""
    from airflow.sdk._shared.observability.metrics import stats

    yield
    from airflow.sdk._shared.observability.metrics.base_stats_logger import NoStatsLogger

    stats.initialize(factory=NoStatsLogger, export_legacy_names=False)


@pytest.fixture
def switched_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reset: None) -> Any:
    """Return a function that has Airflow send metrics to an address."""
    from airflow.sdk.observability import stats
    from airflow.sdk.observability.metrics import stats_utils

    monkeypatch.setenv("THROUGHLINE_LANDING", str(tmp_path))
    monkeypatch.setenv("THROUGHLINE_PAGES", str(tmp_path))

    def switch(address: str) -> None:
        monkeypatch.setenv("AIRFLOW__METRICS__OTEL_ON", "True")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
        # as a task of Airflow does before it runs
        stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)

    return switch


def received(web: Any) -> Seen:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )

    found: Seen = {}
    for one in web.seen:
        body = gzip.decompress(one.body) if one.body[:2] == b"\x1f\x8b" else one.body
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for point in metric.gauge.data_points:
                        tags = tuple(
                            sorted((tag.key, tag.value.string_value) for tag in point.attributes)
                        )
                        value = point.as_double if point.HasField("as_double") else point.as_int
                        found[(metric.name, tags)] = float(value)
    return found


@pytest.mark.nights
def test_a_collector_gets_the_night_and_no_patient(
    conn: warehouse.Connection, switched_on: Any
) -> None:
    from throughline.orchestration import metrics

    conn.execute(
        "update operations.step set seconds = 12.5, row_count = 240"
        " where seq = 3 and step = 'link_persons'"
    )
    # the transaction of the test stays
    kept: Any = SimpleNamespace(execute=conn.execute, cursor=conn.cursor, rollback=lambda: None)
    with servers.web(lambda _: Answer(200)) as web:
        switched_on(web.url(""))
        metrics.emit(kept, 3)
        found = received(web)
    at = {(name, *tags): value for (name, tags), value in found.items()}
    own = {name for name, _ in found}
    assert own == {
        f"airflow.throughline.{name}"
        for name in (
            "night.finished", "night.seconds", "step.seconds", "step.rows", "step.failed", "feed.fresh",
            "feed.rows", "cases.not_known", "calls.due", "exceptions.open", "exceptions.overdue",
            "questions.waiting", "questions.oldest_days", "disk.free_bytes",
        )
    }  # fmt: skip
    assert at[("airflow.throughline.step.seconds", ("step", "link_persons"))] == 12.5
    assert at[("airflow.throughline.step.rows", ("step", "link_persons"))] == 240
    stopped = ("feed", "charge_item"), ("outcome", "pending"), ("source", "ehr")
    assert at[("airflow.throughline.feed.rows", *stopped)] == 7
    late = ("feed", "claim"), ("source", "clearinghouse")
    assert at[("airflow.throughline.feed.fresh", *late)] == 0
    assert at[("airflow.throughline.questions.waiting", ("what", "delivery"))] == 1
    assert at[("airflow.throughline.disk.free_bytes", ("folder", "landing"))] > 0
    opened = sum(v for (name, _), v in found.items() if name.endswith("exceptions.open"))
    ((wanted,),) = conn.execute(
        "select count(*) from operations.exception where opened_seq <= 3 and closed_seq is null"
    ).fetchall()
    assert opened == wanted > 0
    teams = {value for _, tags in found for key, value in tags if key == "team"}
    assert {key for _, tags in found for key, _ in tags} == {
        "step", "source", "feed", "outcome", "team", "days", "what", "folder",
    }  # fmt: skip
    assert len(found) < 300
    assert teams
    text = str(found)
    assert "Family" not in text
    assert "MRN" not in text


def test_nothing_is_collected_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    from throughline.orchestration import metrics

    for name in metrics.SWITCHES:
        monkeypatch.delenv(f"AIRFLOW__METRICS__{name.upper()}", raising=False)
    assert not metrics.is_on()
    not_even_read: Any = None
    metrics.emit(not_even_read, 3)


@pytest.mark.nights
def test_statsd_gets_the_night_by_udp_with_its_tags(
    conn: warehouse.Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, reset: None
) -> None:
    statsd = pytest.importorskip(
        "statsd", reason="StatsD needs the package statsd (EXTRA_PACKAGES)"
    )
    made: list[Any] = []
    client = statsd.StatsClient

    def opened(*args: Any, **more: Any) -> Any:
        made.append(client(*args, **more))
        return made[-1]

    monkeypatch.setattr(statsd, "StatsClient", opened)
    from airflow.sdk.observability import stats
    from airflow.sdk.observability.metrics import stats_utils

    from throughline.orchestration import metrics

    monkeypatch.setenv("THROUGHLINE_LANDING", str(tmp_path))
    monkeypatch.setenv("THROUGHLINE_PAGES", str(tmp_path))
    kept: Any = SimpleNamespace(execute=conn.execute, cursor=conn.cursor, rollback=lambda: None)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(2)
        for name, value in {
            "ON": "True", "HOST": "127.0.0.1", "PORT": str(listener.getsockname()[1]), "INFLUXDB_ENABLED": "True",
        }.items():  # fmt: skip
            monkeypatch.setenv(f"AIRFLOW__METRICS__STATSD_{name}", value)
        stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)
        metrics.emit(kept, 3)
        lines = []
        with contextlib.suppress(TimeoutError):
            while True:
                lines += listener.recv(65535).decode().splitlines()
    made[0].close()
    assert any(line.startswith("airflow.throughline.night.finished:") for line in lines)
    (late,) = [
        line for line in lines if "feed.fresh" in line and "feed=claim," in line.replace(":", ",")
    ]
    assert late.startswith("airflow.throughline.feed.fresh,")
    assert re.search(r":0(\.0)?\|g$", late)
    assert any(line.startswith("airflow.throughline.exceptions.open,") for line in lines)
    assert "source=clearinghouse" in late
    assert "Family" not in str(lines)
    assert "MRN" not in str(lines)


@pytest.mark.nights
def test_a_collector_that_is_down_costs_seconds_and_no_night(
    server: postgres.Server, switched_on: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from throughline.orchestration import metrics

    begun = time.monotonic()
    with warehouse.connect(server.dsn(postgres.SUPERUSER)) as own, caplog.at_level(logging.WARNING):
        switched_on("http://127.0.0.1:9")
        metrics.emit(own, 3)
        own.execute("drop table operations.step cascade")
        metrics.emit(own, 3)
        assert "metrics were not sent: UndefinedTable" in caplog.text
        assert own.execute("select count(*) from operations.step").fetchone() is not None
    assert time.monotonic() - begun < 60
