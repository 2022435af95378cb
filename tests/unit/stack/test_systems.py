"""A world's systems are the sandbox's or a practice's, never both by accident."""

from __future__ import annotations

import io
import json
import os
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from sandbox import server
from stack import options, paths, sandbox
from stack.worlds import backend, definitions, given, systems
from stack.worlds.backend import Backend
from throughline.vocabulary import OURS

EPIC = """
source: epic
title: The EHR
standard: fhir
transport: https
connection: epic_main
owner_team: data_engineering
time_zone: America/Denver
roles: {chart: {}, outreach: {}, documentation: {connection: epic_notes}}
ids: bare
feeds: {patient: {expected_by: "03:00"}}
"""
FILES = "airflow.secrets.local_filesystem.LocalFilesystemBackend"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A practice's folder with an EHR of its own instead of ours, in a state folder without worlds."""
    for name in os.environ:
        if name.startswith((paths.CONNECTION, "AIRFLOW__")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("THROUGHLINE_STATE", str(tmp_path / "state"))
    made = tmp_path / "front range"
    (made / "sources").mkdir(parents=True)
    ours = (OURS / "practice.yaml").read_text("utf-8")
    left_out = "leave_out: {sources: [ehr, scheduling, clearinghouse]}\n"
    (made / "practice.yaml").write_text(ours + left_out, "utf-8")
    (made / "sources" / "epic.yaml").write_text(EPIC, "utf-8")
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(made))
    return made


def nothing() -> set[str]:
    return set()


def test_the_connections_of_the_sandbox_are_those_that_it_serves() -> None:
    ports = cast("Any", SimpleNamespace(of=lambda _: 1))
    words = dict.fromkeys(("scheduling", "practice", "scheduling_api", "billing"), "secret")
    authority = cast("Any", SimpleNamespace(private_key="key"))
    served = server._connections("127.0.0.1", ports, words, authority, "ssh-ed25519 AAAA")
    assert served.keys() == sandbox.CONNECTIONS


def test_each_connection_that_is_not_given_is_named_with_its_variable(folder: Path) -> None:
    with pytest.raises(systems.NotGiven) as error:
        systems.check(options.read(), nothing)
    said = str(error.value).splitlines()
    assert said[0] == "nothing was started, because connections are not given:"
    assert said[1].startswith("  AIRFLOW_CONN_BILLING_MAIN, for ")
    assert "Throughline's: leave_out in practice.yaml" in said[1]
    assert said[2].endswith("front range/sources/epic.yaml")
    assert [line.split(",")[0].strip() for line in said[2:4]] == [
        "AIRFLOW_CONN_EPIC_MAIN", "AIRFLOW_CONN_EPIC_NOTES",
    ]  # fmt: skip


def test_a_connection_is_taken_from_variables_a_secrets_backend_or_airflow(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = tmp_path / "vault.json"
    vault.write_text(json.dumps({"epic_notes": "http://notes", "another": "http://x"}))
    monkeypatch.setenv("AIRFLOW_CONN_EPIC_MAIN", "http://epic")
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", FILES)
    arguments = json.dumps({"connections_file_path": str(vault)})
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND_KWARGS_CMD", f"echo '{arguments}'")
    (said,) = systems.check(options.read(), lambda: {"billing_main"})
    assert said == (
        "systems: real ones, by connections billing_main, epic_main, epic_notes; no sandbox is started"
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param(
            "AIRFLOW__SECRETS__BACKEND", "no.such.Backend", r"does not answer: ModuleNotFoundError$",
            marks=pytest.mark.nights,
        ),
        ("AIRFLOW__SECRETS__BACKEND_KWARGS", "[1]", "must be a JSON object"),
        ("AIRFLOW__SECRETS__BACKEND_KWARGS_CMD", "/bin/false", "CMD: CalledProcessError"),
    ],
)  # fmt: skip
def test_a_secrets_backend_that_cannot_answer_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", FILES)
    monkeypatch.setenv(name, value)
    with pytest.raises(options.WrongOption, match=words):
        systems.check(options.read(), nothing)


class Leaky:
    """A backend whose error holds what it was given."""

    def __init__(self, token: str) -> None:
        raise PermissionError(f"no secrets for the token {token}")


def test_nothing_is_said_of_a_secrets_backend_but_the_kind_of_its_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"backend": f"{__name__}.Leaky", "arguments": {"token": "hvs.S3cret"}, "wanted": []}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(asked)))
    assert backend.main() == 0
    assert capsys.readouterr() == ('{"problem": "PermissionError"}\n', "")


@pytest.mark.parametrize("said", ["", "warming up\n"])
def test_nor_of_one_that_ends_before_it_can_be_asked(
    monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    ended = subprocess.CompletedProcess([], 7, said, "ValueError: the token hvs.S3cret is bad\n")
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", FILES)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)
    with pytest.raises(options.WrongOption, match=r"does not answer: it ended with 7$"):
        given.in_backend(["epic_main"])


def test_without_sources_of_its_own_a_practice_tries_its_rules_on_the_sandbox(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "sources" / "epic.yaml").unlink()
    (folder / "practice.yaml").unlink()
    monkeypatch.setenv("AIRFLOW_CONN_EHR_MAIN", "http://production")
    assert options.read().practice is None
    (said,) = systems.check(options.read(), nothing)
    assert said.startswith("AIRFLOW_CONN_EHR_MAIN is not used: the sandbox has this system")
    # nor does a backend of production tell anybody of the sandbox's nights
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", FILES)
    assert given.settings(Path("own.json"), is_real=False)["BACKEND"] == FILES
    assert given.settings(Path("own.json"), is_real=True)["BACKEND"] == given.BOTH


def test_a_source_of_this_tree_beside_the_sandbox_needs_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = {"ehr_main": ["ehr"], "north_fhir": ["ehr"]}
    monkeypatch.setattr("throughline.sources.systems.needed", lambda _: wanted)
    monkeypatch.delenv("AIRFLOW_CONN_NORTH_FHIR", raising=False)
    with pytest.raises(systems.NotGiven, match="AIRFLOW_CONN_NORTH_FHIR, for "):
        systems.check(options.Options(), nothing)
    monkeypatch.setenv("AIRFLOW_CONN_NORTH_FHIR", "http://north")
    assert systems.check(options.Options(), nothing) == []


def test_real_systems_have_a_world_of_their_own(folder: Path) -> None:
    by_place = options.read({"DEFINITIONS": str(folder)})
    assert by_place.world.startswith("real-front-range-")
    assert options.read({"DEFINITIONS": f"{folder}/../{folder.name}/"}) == by_place
    assert not options.read({"DEFINITIONS": "ours"}).practice
    with pytest.raises(options.WrongOption, match=r"PATIENTS= makes a world of the sandbox"):
        options.read({"DEFINITIONS": str(folder), "PATIENTS": "40"})
    assert options.read({}).practice is None
    world = options.world_folder(by_place, remember=True)
    definitions.remember(world, lambda _: None)
    assert options.read({}) == by_place, "the world of the last command"
    assert not options.read({"PATIENTS": "40"}).practice
    assert systems.is_real(world.name)
    assert not systems.is_real(options.Options().world)
    with pytest.raises(options.WrongOption, match="`make morning` is of the sandbox"):
        systems.refuse_real(by_place, "morning")


def test_a_night_of_real_systems_begins_when_its_date_is_over(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systems, "told_zone", lambda: "America/Denver")
    before = datetime(2026, 11, 29, 9, 59, tzinfo=UTC)  # 02:59 in Denver
    assert systems.last_over(before) == date(2026, 11, 27)
    assert systems.last_over(before.replace(hour=10, minute=0)) == date(2026, 11, 28)
    monkeypatch.setattr(systems, "told_zone", lambda: "Pacific/Auckland")
    assert systems.last_over(before.replace(hour=14)) == date(2026, 11, 29)


def test_the_file_of_a_world_goes_before_what_a_backend_has(tmp_path: Path) -> None:
    own, theirs = tmp_path / "own.json", tmp_path / "theirs.json"
    own.write_text(json.dumps({"throughline": "postgres://own"}))
    theirs.write_text(json.dumps({"throughline": "postgres://production", "epic": "http://epic"}))
    both = Backend(str(own), FILES, {"connections_file_path": str(theirs)})
    assert both.get_connection("throughline").host == "own"
    assert both.get_connection("epic").host == "epic"
    assert both.get_connection("none") is None


def test_the_callers_proxy_is_used_but_never_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_PROXY", *paths.PROXIES):
        for one in (name.lower(), name.upper()):
            monkeypatch.delenv(one, raising=False)
    assert paths.child_environment()["no_proxy"] == "*"
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "inner.example, 10.0.0.0/8")
    kept = paths.child_environment()
    assert kept["HTTPS_PROXY"] == "http://proxy:3128"
    assert kept["no_proxy"] == kept["NO_PROXY"]
    assert kept["no_proxy"] == "inner.example,10.0.0.0/8,127.0.0.1,localhost,::1"
