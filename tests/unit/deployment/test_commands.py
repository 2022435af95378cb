"""The commands of a deployment against a server that answers as Airflow, and a pretended sandbox."""

from __future__ import annotations

import getpass
import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from sandbox import __main__ as sandbox
from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer, Seen
from throughline.deployment import archive, begin, deploy, health
from throughline.orchestration.chain import CHAIN

DAY = date(2026, 9, 8)
ROOT = Path(__file__).resolve().parents[3]


class Airflow:
    """Answers as Airflow's REST API; every run that is asked for is at its end."""

    def __init__(self, *, paused: str = "", failed: str = "") -> None:
        self.paused, self.failed = paused, failed
        self.busy = 0
        """Calls, after the run has begun, that are not answered in time."""
        self.good_for: float = math.inf
        """Calls that a token is good for."""
        self.begun: list[dict[str, Any]] = []
        self.logins: list[dict[str, Any]] = []
        self.tokens: set[str | None] = set()
        self._left: float = math.inf

    def __call__(self, seen: Seen) -> Answer:
        path = seen.path.partition("?")[0]
        if path == "/auth/token":
            self.logins.append(json.loads(seen.body))
            self._left = self.good_for
            return told({"access_token": "t1"}, 201 if self.logins[-1]["password"] else 401)
        self.tokens.add(seen.headers.get("authorization"))
        self._left -= 1
        if self._left < 0:
            return told({"detail": "expired"}, 401)
        _, _, _, _, dag, *rest = path.split("/")
        if not rest:
            return told({"is_paused": dag == self.paused})
        if self.begun and self.busy:
            self.busy -= 1
            return Answer(503, b"busy")
        if seen.method == "POST":
            self.begun.append({"dag": dag, **json.loads(seen.body)})
            return told({"dag_run_id": "manual__1"})
        run = {
            "dag_run_id": "manual__1",
            "run_after": "2026-09-09T08:00:00Z",
            "partition_key": DAY.isoformat(),
            "state": "failed" if dag == self.failed else "success",
        }
        other = run | {"partition_key": "2026-09-07", "state": "running"}
        return told(run if rest[1:] else {"dag_runs": [other, run]})

    @contextmanager
    def client(self) -> Iterator[begin.Airflow]:
        """Run it, and give someone who asks it."""
        with servers.web(self) as web, begin.Airflow(web.url("/")) as airflow:
            yield airflow


def told(body: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode())


def test_a_night_is_begun_with_its_date_and_followed_to_the_report(
    capsys: pytest.CaptureFixture[str],
) -> None:
    airflow = Airflow()
    with airflow.client() as client:
        run = begin.begin(client, DAY)
        assert begin.follow(client, DAY, run, 1)
    assert airflow.begun == [
        {"dag": "extract_feeds", "logical_date": None, "partition_key": "2026-09-08"}
    ]
    assert capsys.readouterr().out.split()[::2] == list(CHAIN)


def test_a_night_whose_report_failed_did_not_do_its_work() -> None:
    with Airflow(failed="report_operations").client() as client:
        assert not begin.follow(client, DAY, begin.begin(client, DAY), 1)


def test_a_night_that_outlasts_its_login_is_followed_to_its_end() -> None:
    airflow = Airflow()
    airflow.good_for = 4
    with airflow.client() as client:
        client.log_in("operator", "right")
        assert begin.follow(client, DAY, begin.begin(client, DAY), 1)
    assert len(airflow.logins) > 2


def test_a_night_is_followed_past_an_airflow_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(begin, "POLL_SECONDS", 0)
    airflow = Airflow()
    with airflow.client() as client:
        run = begin.begin(client, DAY)
        airflow.busy = 3
        assert begin.follow(client, DAY, run, 60)
        airflow.busy = 1_000_000
        with pytest.raises(begin.NotBegunError, match="503"):
            begin.follow(client, DAY, run, 0.1)
    with pytest.raises(begin.NotBegunError, match="does not answer"):
        begin.follow(client, DAY, run, 0.1)


def test_a_night_that_would_stop_half_way_is_not_begun() -> None:
    airflow = Airflow(paused="create_tasks")
    with (
        airflow.client() as client,
        pytest.raises(begin.NotBegunError, match="create_tasks is paused"),
    ):
        begin.begin(client, DAY)
    assert airflow.begun == []


def test_the_dags_that_are_followed_are_there() -> None:
    assert set(CHAIN) <= {file.stem for file in (ROOT / "dags").glob("*.py")}


@pytest.mark.parametrize("password", ["right", ""])
def test_a_night_is_begun_as_a_user(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    password: str,
) -> None:
    airflow = Airflow()
    file = tmp_path / "logins.json"
    file.write_text(json.dumps({"operator": password}))
    monkeypatch.setenv(begin.LOGINS, str(file))
    monkeypatch.setattr(getpass, "getpass", lambda _: password)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with servers.web(airflow) as web:
        where = ["--user", "operator", "--airflow", web.url("")]
        ended = begin.main([DAY.isoformat(), *where])
    assert airflow.logins == [{"username": "operator", "password": password}]
    assert (ended, len(airflow.begun)) == ((0, 1) if password else (1, 0))
    assert airflow.tokens == ({"Bearer t1"} if password else set())
    said = capsys.readouterr()
    assert ("manual__1" in said.out) if password else ("does not let operator in: 401" in said.err)


def test_an_airflow_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda _: "right")
    assert begin.main([DAY.isoformat(), "--user", "me", "--airflow", "http://127.0.0.1:9"]) == 1
    assert "Airflow does not answer at http://127.0.0.1:9" in capsys.readouterr().err


def test_a_component_is_as_healthy_as_the_api_server_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states = {"triggerer": {"status": "healthy"}, "dag_processor": {"status": "unhealthy"}}
    ended = []
    with servers.web(lambda _: told(states)) as web:
        monkeypatch.setenv("AIRFLOW__CORE__EXECUTION_API_SERVER_URL", web.url("/execution/"))
        for component in ("triggerer", "dag_processor", "unheard-of"):
            monkeypatch.setattr(sys, "argv", ["health", component])
            ended.append(health.main())
    assert ended == [0, 1, 1]
    assert {one.path for one in web.seen} == {"/api/v2/monitor/health"}
    assert "unheard-of: unknown" in capsys.readouterr().out
    ended.append(health.main())
    assert ended[-1] == 1
    assert "unknown: ConnectionError" in capsys.readouterr().out


def test_the_connections_of_a_sandbox_are_printed_as_airflow_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "addresses.json"
    connections = {"ehr_main": "http://throughline@sandbox:1/fhir"}
    file.write_text(json.dumps({"control": "http://127.0.0.1:9", "connections": connections}))
    monkeypatch.setenv("SANDBOX_ADDRESSES", str(file))
    assert sandbox.main(["connections"]) == 0
    assert json.loads(capsys.readouterr().out) == connections


def test_a_sandbox_that_does_not_answer_is_not_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sandbox.main(["world", "--addresses", str(tmp_path / "addresses.json")]) == 1
    assert "does not answer" in capsys.readouterr().err


def test_a_backup_where_no_folder_can_be_is_refused_by_its_name() -> None:
    with (
        pytest.raises(archive.ArchiveError, match=r"^/proc/x cannot be made: No such file"),
        archive.new(Path("/proc/x")),
    ):
        pass


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (None, "is no backup: manifest.json: No such file"),
        ("{", "is no backup: manifest.json cannot be read"),
        ("[" * 100_000, "is no backup: manifest.json cannot be read"),
        ("[]", "has the format None"),
        ('{"format": "' + "9" * 5000 + '"}', "has the format 9"),
        ('{"format": 1}', "is not whole: airflow.dump is missing"),
        ('{"format": 1, "parts": []}', "is not whole: airflow.dump is missing"),
        ('{"format": 1, "parts": {"airflow.dump": {}}}', "airflow.dump is not as it was written"),
    ],
)
def test_what_is_no_backup_is_refused_by_what_is_wrong_with_it(
    tmp_path: Path, manifest: str | None, said: str
) -> None:
    (tmp_path / "airflow.dump").write_bytes(b"x")
    if manifest is not None:
        (tmp_path / archive.MANIFEST).write_text(manifest)
    with pytest.raises(archive.ArchiveError, match=said) as refused:
        archive.read(tmp_path)
    assert len(str(refused.value)) < 300


def test_a_server_that_cannot_be_trusted_is_named_and_nothing_is_migrated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    why = "connection failed: SSL error: certificate verify failed"
    for name in deploy.ROLES.values():
        monkeypatch.setenv(name, "a-password")
    monkeypatch.setenv("THROUGHLINE_OWNER_PASSWORD", "a-password")
    monkeypatch.setenv("POSTGRES_DSN", "postgresql://root:a-password@pg.example:5432/postgres")

    def refuse(*_: object) -> None:
        raise psycopg.OperationalError(why)

    monkeypatch.setattr(deploy, "prepare", refuse)
    assert deploy.main() == 1
    said = capsys.readouterr().err
    assert said == f"PostgreSQL at pg.example:5432 refuses, or cannot be reached: {why}\n"
