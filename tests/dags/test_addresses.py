"""Airflow connections as addresses: what a deployment states leads to the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from throughline.transports import open_files


@pytest.mark.parametrize("form", ["uri", "json"])
def test_a_connection_of_type_fs_leads_to_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    from throughline.orchestration.addresses import address

    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox" / "a.x12").write_bytes(b"ISA")
    said = {"conn_type": "fs", "extra": {"path": str(tmp_path)}}
    stated = f"fs://?path={tmp_path}" if form == "uri" else json.dumps(said)
    monkeypatch.setenv("AIRFLOW_CONN_DROP", stated)
    with open_files("folder", address("drop")) as files:
        assert [file.name for file in files.listing("outbox")] == ["a.x12"]
