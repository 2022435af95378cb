"""From a run of Airflow to its night and back, for those to whom Airflow shows the run."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from stack import postgres
from throughline import warehouse

ROOT = Path(__file__).resolve().parents[3]
MORNING = ROOT / "tests" / "warehouse" / "morning.sql"
BATCH = "0b1c2d3e-0000-4000-8000-000000000001"


class User:
    """A user of the auth manager, as far as pages ask."""

    def get_id(self) -> str:
        return "operator"


class Rights:
    """An auth manager that shows some DAGs."""

    def __init__(self) -> None:
        self.hidden: set[str] = set()

    def is_authorized_dag(self, *, details: Any, **_: object) -> bool:
        return details.id not in self.hidden


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    """A throw-away PostgreSQL with a fictitious morning."""
    with postgres.throwaway() as running:
        warehouse.migrate(running.dsn())
        with warehouse.connect(running.dsn()) as conn:
            conn.execute(MORNING.read_bytes())
        yield running


@pytest.fixture
def rights(monkeypatch: pytest.MonkeyPatch) -> Rights:
    made = Rights()
    monkeypatch.setattr("throughline.pages.runs.nightly.get_auth_manager", lambda: made)
    return made


@pytest.fixture
def operator(
    server: postgres.Server,
    metadata: None,
    rights: Rights,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[TestClient]:
    """The browser of somebody who has logged in."""
    from airflow.api_fastapi.core_api.security import get_user

    address = server.dsn("throughline_reader").replace("postgresql://", "postgres://")
    monkeypatch.setenv("AIRFLOW_CONN_THROUGHLINE_READER", address)
    monkeypatch.setenv("THROUGHLINE_PAGES", str(tmp_path))
    spec = importlib.util.spec_from_file_location(
        "pages", ROOT / "include/throughline/pages/site/__init__.py"
    )
    assert spec is not None
    assert spec.loader is not None
    plugin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    plugin.app.dependency_overrides[get_user] = User
    with TestClient(plugin.app) as opened:
        yield opened


@pytest.fixture
def newest(server: postgres.Server) -> tuple[int, str]:
    """Number and business date of the newest night."""
    with warehouse.connect(server.dsn("throughline_reader")) as conn:
        seq, day = conn.execute(
            "select seq, business_date from operations.night order by seq desc limit 1"
        ).fetchone() or (0, "")
    return int(seq), str(day)


@pytest.fixture
def runs(metadata: None, newest: tuple[int, str]) -> Iterator[None]:
    """A run of a night's step for the newest business date, and one that asks about a batch."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType
    from sqlalchemy import delete

    made = [
        DagRun(
            dag_id="build_cases",
            run_id="asset+1:00",
            run_type=DagRunType.MANUAL,
            partition_key=newest[1],
            state=DagRunState.SUCCESS,
        ),
        DagRun(
            dag_id="release_claims",
            run_id=f"claims__{BATCH}",
            run_type=DagRunType.MANUAL,
            conf={"batch_id": BATCH},
            state=DagRunState.RUNNING,
        ),
    ]
    names = [run.run_id for run in made]
    with create_session() as session:
        session.add_all(made)
    yield
    with create_session() as session:
        # not through the model, which looks for the one DAG as it is serialized: earlier tests may have left more
        session.execute(delete(DagRun).where(DagRun.run_id.in_(names)))


def test_a_run_leads_to_its_night_and_the_night_to_its_runs(
    operator: TestClient, runs: None, newest: tuple[int, str], tmp_path: Path
) -> None:
    seq, day = newest
    asked = {"dag_id": "build_cases", "run_id": "asset+1:00"}
    told = operator.get("/run", params=asked)
    assert told.status_code == 200
    assert f"Night {seq}" in told.text
    assert 'href="/dags/build_cases/runs/asset%2B1%3A00" target="_top"' in told.text
    assert "Not written" in told.text
    (tmp_path / f"{day}.html").write_text("<p>morning</p>")
    told = operator.get(f"/night/{seq}")
    assert f'href="/{day}.html"' in told.text
    assert operator.get(f"/{day}.html").status_code == 200


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("waiting", "before you answer"),
        ("sent", "what became of it"),
        ("refused", "what became of it"),
    ],
)
def test_a_question_leads_to_the_list_of_its_claims_and_the_night_that_asked(
    server: postgres.Server,
    operator: TestClient,
    runs: None,
    newest: tuple[int, str],
    status: str,
    said: str,
) -> None:
    seq = newest[0] - 1
    with warehouse.connect(server.dsn(postgres.SUPERUSER)) as conn:
        conn.execute(
            "insert into tasks.claim_batch (batch_id, payer_id, billing_npi, planned_seq, claim_count, total_charge,"
            " payload, payload_sha256, interchange_control_number, status) values (%s, 'SUNADV', '1234567893', %s, 1,"
            " 220, 'ISA', encode(sha256('ISA'), 'hex'), '000000008', %s)",
            (BATCH, seq, status),
        )
    try:
        told = operator.get(
            "/run", params={"dag_id": "release_claims", "run_id": f"claims__{BATCH}"}
        ).text
    finally:
        with warehouse.connect(server.dsn(postgres.SUPERUSER)) as conn:
            conn.execute("set session_replication_role = replica")  # it is never deleted otherwise
            conn.execute("delete from tasks.claim_batch where batch_id = %s", (BATCH,))
    assert f'href="/claims/{BATCH}"' in told
    assert said in told
    assert f"Night {seq}" in told


def test_a_question_about_a_batch_that_is_not_there_leads_to_the_newest_night(
    operator: TestClient, runs: None, newest: tuple[int, str]
) -> None:
    told = operator.get(
        "/run", params={"dag_id": "release_claims", "run_id": f"claims__{BATCH}"}
    ).text
    assert f"Night {newest[0]}" in told
    assert "/claims/" not in told


def test_runs_that_airflow_does_not_show_are_not_shown_here(
    operator: TestClient, runs: None, rights: Rights, newest: tuple[int, str]
) -> None:
    rights.hidden = {"build_cases"}
    asked = {"dag_id": "build_cases", "run_id": "asset+1:00"}
    assert operator.get("/run", params=asked).status_code == 404
    assert "/dags/build_cases" not in operator.get(f"/night/{newest[0]}").text


@pytest.mark.parametrize(
    "asked",
    [{}, {"dag_id": "other", "run_id": "x"}, {"dag_id": "build_cases", "run_id": "\0"}],
)
def test_a_run_of_another_kind_is_told_kindly(operator: TestClient, asked: dict[str, str]) -> None:
    told = operator.get("/run", params=asked)
    assert told.status_code == 404
    assert "This run is not of Throughline" in told.text


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("failed", " failed: what it did not get to is as of the night before."),
        ("running", " has begun and not ended: what it has not looked at yet"),
        ("finished", ""),
    ],
)
def test_a_page_says_of_a_night_that_has_not_finished_that_it_shows_two_nights(
    operator: TestClient, server: postgres.Server, newest: tuple[int, str], status: str, said: str
) -> None:
    with warehouse.connect(server.dsn()) as conn:
        conn.execute(
            "update operations.night set status = %s, failed_step = %s where seq = %s",
            (status, "dispatch" if status == "failed" else None, newest[0]),
        )
    for path in ("/exceptions", "/calls", "/claims", "/sending", f"/night/{newest[0]}"):
        told = operator.get(path).text
        assert ('class="told no"' in told) is bool(said), path
        assert said in told, path
        assert ("As of <a" in told) is (status == "finished" and "night/" not in path), path
    shown = operator.get(f"/night/{newest[0]}").text
    assert (" at dispatch." in shown) is (status == "failed")
