"""What of the caller's environment reaches our own programs."""

from __future__ import annotations

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
