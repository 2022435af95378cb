"""What of the caller's environment reaches our own programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack import paths


def test_connections_of_the_caller_are_kept_and_no_other_setting_of_airflow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_NORTH_FHIR", "http://somewhere")
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("PGHOST", "elsewhere")
    kept = paths.child_environment()
    assert kept["AIRFLOW_CONN_NORTH_FHIR"] == "http://somewhere"
    assert not {"AIRFLOW_HOME", "AIRFLOW__CORE__EXECUTOR", "PGHOST"} & set(kept)


def test_servers_of_tests_are_in_memory_where_there_is_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(paths, "MEMORY", tmp_path)
    monkeypatch.setattr(paths, "ENOUGH_MEMORY", 1)
    assert paths.scratch() == tmp_path
    monkeypatch.setattr(paths, "ENOUGH_MEMORY", 1 << 60)
    assert paths.scratch() == paths.ON_DISK
    monkeypatch.setattr(paths, "ENOUGH_MEMORY", 1)
    monkeypatch.setattr(paths, "MEMORY", tmp_path / "nowhere")
    assert paths.scratch() == paths.ON_DISK
