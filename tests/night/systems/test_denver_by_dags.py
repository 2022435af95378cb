"""The practice in Denver lives its nights by the commands and the DAGs, on its own systems, without the sandbox."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.practices.denver import stories, systems
from tests.practices.denver.seen import cases_of, exceptions_of
from tests.practices.denver.table import EXCEPTIONS, LISTS, TABLE

if TYPE_CHECKING:
    from tests.night.conftest import Practice

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow]

FIRST, SECOND = stories.NIGHTS
CALLS = "care_lists_calls_20260305.xlsx"


def looked_at(practice: Practice, there: systems.Systems, name: str) -> None:
    """Hold what a night left against what was known beforehand."""
    assert cases_of(practice.rows) == {line.mrn: getattr(line, name) for line in TABLE}
    assert exceptions_of(practice.rows) == EXCEPTIONS[name]
    named = there.named()
    known = LISTS.get(name, {})
    assert {file: named[file] for file in known} == known
    held = practice.run("check")
    assert held.returncode == 0, held.stdout


def test_the_practice_lives_by_its_dags(
    make_practice: Callable[..., Practice], tmp_path: Path
) -> None:
    own = systems.definitions(tmp_path / "definitions")
    with systems.running(tmp_path / "there") as there:
        practice = make_practice()
        practice.options.clear()
        vault = systems.write_connections(tmp_path / "vault.json", there)
        practice.environment |= {
            "THROUGHLINE_DEFINITIONS": str(own),
            "AIRFLOW__SECRETS__BACKEND": "airflow.secrets.local_filesystem.LocalFilesystemBackend",
            "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"connections_file_path": str(vault)}),
        }
        there.deliver(FIRST)
        practice.up()
        practice.night(NIGHT=FIRST)
        looked_at(practice, there, "first")

        there.fill_in(CALLS, SECOND, Whitehorse=("Reached", "16:10"))
        there.deliver(SECOND)
        practice.night(NIGHT=SECOND)
        looked_at(practice, there, "second")

        systems.rename_the_column(own, there)
        before = there.named()
        practice.night(NIGHT=SECOND)
        looked_at(practice, there, "mended")
        assert there.named() == before, "a rerun makes no second list"
        for day in (FIRST, SECOND):
            replayed = practice.run("replay", NIGHT=day)
            assert replayed.returncode == 0, replayed.stdout
        assert there.epic.written == [], "nothing is written into the chart"
