"""A first look takes the connection from where Airflow has it, and says one that it cannot get without its words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from throughline.firstlook.__main__ import look_at, main
from throughline.sources import definition
from throughline.vocabulary import OURS

NOTES = """
source: notes
title: Files of the scheduling system
standard: hl7v2
transport: folder
connection: notes_files
owner_team: front_desk
time_zone: America/Denver
roles: {billing: {connection: notes_api}}
feeds: {appointment: {expected_by: "03:00"}}
"""


def test_a_look_asks_airflow_for_each_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    (own / "sources").mkdir(parents=True)
    (own / "sources" / "notes.yaml").write_text(NOTES)
    (own / "practice.yaml").write_text((OURS / "practice.yaml").read_text("utf-8"))
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(own))
    files, into = tmp_path / "files", tmp_path / "into"
    files.mkdir()
    into.mkdir()
    (files / "one.hl7").write_text("MSH|")
    said = {"conn_type": "fs", "extra": {"path": str(files)}}
    monkeypatch.setenv("AIRFLOW_CONN_NOTES_FILES", json.dumps(said))
    monkeypatch.setenv("AIRFLOW_CONN_NOTES_API", '{"password": "hush", ')
    look = look_at(definition("notes"), into)
    assert look.sampled == 1
    (bad,) = [one for one in look.findings if one.tone == "bad"]
    assert bad.text.endswith("is given by AIRFLOW_CONN_NOTES_API and is neither JSON nor a URI")
    assert bad.write.startswith("set AIRFLOW_CONN_NOTES_API")
    # an interface that is not there has to change, but not while nothing is sent to it
    address = {"conn_type": "http", "extra": {"base_url": "http://127.0.0.1:1"}}
    monkeypatch.setenv("AIRFLOW_CONN_NOTES_API", json.dumps(address))
    assert not look_at(definition("notes"), into).is_good
    observed = NOTES.replace("notes_api}", "notes_api, mode: observe}")
    (own / "sources" / "notes.yaml").write_text(observed)
    look = look_at(definition("notes"), into)
    assert look.is_good
    assert look.findings[-1].text.endswith("(observed: nothing is sent yet)")
    monkeypatch.delenv("AIRFLOW_CONN_NOTES_API")
    assert main(["notes", "--into", str(into)]) == 1
    told = capsys.readouterr().out
    assert "! the connection notes_api is not given" in told
    assert "hush" not in told
