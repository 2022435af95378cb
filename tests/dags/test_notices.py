"""Whom a failure and a question tell: nobody by default, and whom a connection names."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer


def context(dag_bag: Any, **more: Any) -> dict[str, Any]:
    return {"dag": dag_bag.dags["extract_feeds"], "run_id": "manual__1+00:00", **more}


def test_every_dag_tells_of_its_failure_and_every_question_that_it_waits(dag_bag: Any) -> None:
    from airflow.providers.standard.operators.hitl import HITLOperator

    from throughline.orchestration.notices import Notice

    asked = 0
    for dag in dag_bag.dags.values():
        assert isinstance(dag.on_failure_callback, Notice), dag.dag_id
        for task in dag.tasks:
            if isinstance(task, HITLOperator):
                asked += 1
                assert [type(one) for one in task.notifiers] == [Notice], task.task_id
    assert asked


def test_each_dag_of_the_night_has_a_deadline_that_a_keyed_run_can_miss(dag_bag: Any) -> None:
    from airflow.sdk._shared.module_loading import import_string
    from airflow.sdk.definitions.deadline import DeadlineReference

    from throughline.orchestration.chain import CHAIN
    from throughline.orchestration.notices import runs_late

    for dag_id in CHAIN:
        (alert,) = dag_bag.dags[dag_id].deadline
        assert alert.reference == DeadlineReference.DAGRUN_QUEUED_AT, dag_id
        assert import_string(alert.callback.path) is runs_late, dag_id
    (first,) = dag_bag.dags[CHAIN[0]].deadline
    # begun at four: told before the morning is due at six
    assert first.interval < timedelta(hours=2)


def test_a_late_run_is_told_from_what_airflow_hands_over(monkeypatch: pytest.MonkeyPatch) -> None:
    from throughline.orchestration import notices

    sent: list[str] = []
    monkeypatch.setattr(notices, "tell", sent.append)
    run = {"dag_id": "extract_feeds", "dag_run_id": "manual__1", "partition_key": "2026-09-08"}
    notices.runs_late(context={"dag_run": run, "deadline": {"id": "1", "deadline_time": None}})
    assert len(sent) == 1
    assert sent[0].startswith("Throughline: extract_feeds of 2026-09-08 runs late. ")
    assert sent[0].endswith("/dags/extract_feeds/runs/manual__1")


def test_nothing_leaves_by_default(dag_bag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from throughline.orchestration import notices
    from throughline.told import messages

    sent: list[str] = []
    monkeypatch.setattr(messages, "post", lambda _, text: sent.append(text))
    monkeypatch.setattr(messages, "mail", lambda _, text: sent.append(text))
    notices.Notice("failed")(context(dag_bag))
    assert sent == []


def test_a_failure_is_posted_with_dag_date_and_link(
    dag_bag: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from throughline.orchestration.notices import Notice

    with servers.web() as web:
        web.answers += [Answer(200, b"ok"), Answer(500), Answer(200)]
        said = {"conn_type": "http", "extra": {"base_url": web.url("/hook")}}
        monkeypatch.setenv("AIRFLOW_CONN_THROUGHLINE_WEBHOOK", json.dumps(said))
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.org/ops/")
        run = SimpleNamespace(partition_key="2026-09-08")
        Notice("failed")(
            context(dag_bag, dag_run=run, params={"note": "Ann Lee"}, reason="Ann Lee")
        )
        # what the processor of DAGs gives to the callback of a run without a task
        Notice("failed")(context(dag_bag))
        Notice("asks for a decision")(context(dag_bag, exception=ValueError("Ann Lee")))
    texts = [json.loads(one.body)["text"] for one in web.seen]
    link = "https://airflow.example.org/ops/dags/extract_feeds/runs/manual__1%2B00%3A00"
    assert texts == [
        f"Throughline: extract_feeds of 2026-09-08 failed. {link}",
        f"Throughline: extract_feeds failed. {link}",
        f"Throughline: extract_feeds asks for a decision. {link}",
    ]


def test_a_connection_that_cannot_be_read_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from throughline.orchestration import notices

    def broken(_: str) -> Any:
        raise ConnectionError("the vault at secret.example.org is down")

    monkeypatch.setattr(notices, "address", broken)
    notices.tell("Throughline: failed")
    assert "throughline_webhook cannot be read: ConnectionError" in caplog.text
    assert "secret.example.org" not in caplog.text
