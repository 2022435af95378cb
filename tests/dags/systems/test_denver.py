"""The practice in Denver with Airflow: two nights of its DAGs on its own systems give what was known beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stack import airflow as stack_airflow
from stack import postgres
from tests.dags.conftest import ROOT
from tests.dags.practice import CHAIN, run_dag
from tests.practices.denver import stories, systems
from tests.practices.denver.seen import cases_of, exceptions_of
from tests.practices.denver.table import EXCEPTIONS, TABLE
from throughline import practice as of_practice
from throughline import warehouse
from throughline.proven import invariants
from throughline.proven.replay import replay

pytestmark = [pytest.mark.slow, pytest.mark.nights, pytest.mark.long]

FIRST, SECOND = stories.NIGHTS


@dataclass
class Denver:
    """The practice: its systems, its definitions, its warehouse and its DAGs."""

    there: systems.Systems
    own: Path
    server: postgres.Server
    dags: dict[str, Any]

    def night(self, day: str) -> None:
        """Run the chain for a business date; every DAG ends well."""
        states = {dag_id: run_dag(self.dags, dag_id, day)[""] for dag_id in CHAIN}
        assert states == dict.fromkeys(CHAIN, "success")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with warehouse.connect(self.server.dsn(postgres.SUPERUSER)) as conn:
            return conn.execute(query.encode()).fetchall()

    def is_as_known(self, name: str) -> None:
        """Assert that each patient and the exceptions are as the table has them."""
        assert cases_of(self.rows) == {line.mrn: getattr(line, name) for line in TABLE}
        assert exceptions_of(self.rows) == EXCEPTIONS[name]


@pytest.fixture
def denver(metadata: None, tmp_path: Path) -> Iterator[Denver]:
    """Return the practice before its first night: its own systems, by connections of Airflow."""
    from airflow.dag_processing.dagbag import DagBag

    own = systems.definitions(tmp_path / "definitions")
    with (
        pytest.MonkeyPatch.context() as patch,
        systems.running(tmp_path / "there") as there,
        postgres.throwaway() as server,
    ):
        warehouse.migrate(server.dsn())
        given = stack_airflow.warehouse_connections(server)
        given |= {name: json.dumps(said) for name, said in there.connections.items()}
        for name, said in given.items():
            patch.setenv(f"AIRFLOW_CONN_{name.upper()}", said)
        patch.setenv("THROUGHLINE_LANDING", str(tmp_path / "landing"))
        patch.setenv("THROUGHLINE_PAGES", str(tmp_path / "pages"))
        patch.setenv("THROUGHLINE_DEFINITIONS", str(own))
        of_practice.practice.cache_clear()
        # the DAGs have a group of tasks for each source of the definitions
        dags = DagBag(dag_folder=str(ROOT / "dags")).dags
        yield Denver(there, own, server, dags)
    of_practice.practice.cache_clear()


def test_two_nights_of_the_dags_give_what_was_known_beforehand(denver: Denver) -> None:
    denver.there.deliver(FIRST)
    denver.night(FIRST)
    denver.is_as_known("first")
    denver.there.fill_in("care_lists_calls_20260305.xlsx", SECOND, Whitehorse=("Reached", "16:10"))
    denver.there.deliver(SECOND)
    denver.night(SECOND)
    denver.is_as_known("second")
    systems.rename_the_column(denver.own, denver.there)
    denver.night(SECOND)
    denver.is_as_known("mended")
    assert denver.there.epic.written == []
    with warehouse.connect(denver.server.dsn(postgres.SUPERUSER)) as conn:
        assert invariants.tell(invariants.check(conn)) == ""
        conn.rollback()
        for (seq,) in denver.rows("select seq from operations.night where status = 'finished'"):
            assert replay(conn, seq).agrees, f"night {seq}"
