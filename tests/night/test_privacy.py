"""After the nights no patient stands where none may: logs, Airflow's database, PostgreSQL's log, reports, pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack import postgres
from tests.night.conftest import Lived
from tests.night.privacy import Term, find_leaks, terms

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow]


@pytest.fixture
def world(lived: Lived) -> Path:
    return lived.practice.world


def test_no_patient_in_logs_databases_reports_and_pages(world: Path) -> None:
    server = postgres.running(world)
    assert server is not None
    places = [
        world / "logs",
        world / "pages",
        world / "airflow",
        world / "run",
        world / "postgres" / "log",
    ]
    logs = [file for file in (world / "postgres").glob("*.log*") if file.is_file()]
    leaks = find_leaks(
        world / "sandbox" / "truth", [*places, *logs], [server.dsn("airflow", "airflow")]
    )
    assert leaks == []


def test_the_search_finds_a_patient_in_a_log(world: Path, tmp_path: Path) -> None:
    folder = world / "sandbox" / "truth"
    kinds: dict[str, Term] = {}
    for term in terms(folder):
        if term.kind != "birth date" or "2015" > term.text[:4] > "1900":
            kinds.setdefault(term.kind, term)
    for term in kinds.values():
        file = tmp_path / f"{term.kind}.log"
        file.write_text(f"INFO something about {term.text}, and more\n", encoding="utf-8")
        found = find_leaks(folder, [file], [])
        assert term.kind in {leak.kind for leak in found}
        assert not [leak for leak in found if term.text in str(leak)]
