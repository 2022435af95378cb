"""The commands of a deployment against a pretended Airflow and a pretended sandbox."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import httpx
import pytest

from sandbox import __main__ as sandbox
from throughline.deployment import begin, health
from throughline.orchestration.chain import CHAIN

DAY = date(2026, 9, 8)
ROOT = Path(__file__).resolve().parents[3]


class Airflow:
    """Answers as Airflow's REST API; every run that is asked for is at its end."""

    def __init__(self, *, paused: str = "", failed: str = "") -> None:
        self.paused, self.failed = paused, failed
        self.begun: list[dict] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        _, _, _, _, dag, *rest = request.url.path.split("/")
        if not rest:
            return httpx.Response(200, json={"is_paused": dag == self.paused})
        if request.method == "POST":
            self.begun.append({"dag": dag, **json.loads(request.content)})
            return httpx.Response(200, json={"dag_run_id": "manual__1"})
        run = {
            "dag_run_id": "manual__1",
            "run_after": "2026-09-09T08:00:00Z",
            "partition_key": DAY.isoformat(),
            "state": "failed" if dag == self.failed else "success",
        }
        other = run | {"partition_key": "2026-09-07", "state": "running"}
        return httpx.Response(200, json=run if rest[1:] else {"dag_runs": [other, run]})

    def client(self) -> httpx.Client:
        """Someone who is logged in."""
        return httpx.Client(transport=httpx.MockTransport(self), base_url="http://airflow")


def test_a_night_is_begun_with_its_date_and_followed_to_the_report(capsys):
    airflow = Airflow()
    with airflow.client() as http:
        run = begin.begin(http, DAY)
        assert begin.follow(http, DAY, run, 1)
    assert airflow.begun == [
        {"dag": "extract_feeds", "logical_date": None, "partition_key": "2026-09-08"}
    ]
    assert capsys.readouterr().out.split()[::2] == list(CHAIN)


def test_a_night_whose_report_failed_did_not_do_its_work():
    with Airflow(failed="report_operations").client() as http:
        assert not begin.follow(http, DAY, begin.begin(http, DAY), 1)


def test_a_night_that_would_stop_half_way_is_not_begun():
    airflow = Airflow(paused="create_tasks")
    with (
        airflow.client() as http,
        pytest.raises(begin.NotBegunError, match="create_tasks is paused"),
    ):
        begin.begin(http, DAY)
    assert airflow.begun == []


def test_the_dags_that_are_followed_are_there():
    assert set(CHAIN) <= {file.stem for file in (ROOT / "dags").glob("*.py")}


def test_a_component_is_as_healthy_as_the_api_server_says(monkeypatch, capsys):
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", "http://api:8080/execution/")
    told = {"triggerer": {"status": "healthy"}, "dag_processor": {"status": "unhealthy"}}
    monkeypatch.setattr(
        httpx,
        "get",
        lambda url, **_: (
            httpx.Response(200, json=told) if url.startswith("http://api:8080/api/v2") else None
        ),
    )
    ended = []
    for component in ("triggerer", "dag_processor", "unheard-of"):
        monkeypatch.setattr(sys, "argv", ["health", component])
        ended.append(health.main())
    assert ended == [0, 1, 1]
    assert "unheard-of: unknown" in capsys.readouterr().out


def test_the_connections_of_a_sandbox_are_printed_as_airflow_reads_them(
    tmp_path, monkeypatch, capsys
):
    file = tmp_path / "addresses.json"
    connections = {"ehr_main": "http://throughline@sandbox:1/fhir"}
    file.write_text(json.dumps({"control": "http://127.0.0.1:9", "connections": connections}))
    monkeypatch.setenv("SANDBOX_ADDRESSES", str(file))
    assert sandbox.main(["connections"]) == 0
    assert json.loads(capsys.readouterr().out) == connections


def test_a_sandbox_that_does_not_answer_is_not_well(tmp_path, capsys):
    assert sandbox.main(["world", "--addresses", str(tmp_path / "addresses.json")]) == 1
    assert "does not answer" in capsys.readouterr().err
