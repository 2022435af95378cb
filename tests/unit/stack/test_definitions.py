"""A command uses the definitions that it is given, else those of its world, and nothing by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack import options
from stack.worlds import definitions

SETTING = "THROUGHLINE_DEFINITIONS"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A practice's folder, in a state folder without worlds."""
    monkeypatch.setenv("THROUGHLINE_STATE", str(tmp_path / "state"))
    made = tmp_path / "own"
    made.mkdir()
    return made


def chosen(command: str = "night", **given: str) -> str | None:
    environment = dict(given)
    definitions.choose(command, environment)
    return environment.get(SETTING)


def remembered(monkeypatch: pytest.MonkeyPatch, folder: str) -> list[str]:
    monkeypatch.setenv(SETTING, folder)
    said: list[str] = []
    definitions.remember(options.world_folder(options.read({})), said.append)
    return said


def test_what_is_given_at_the_command_goes_before_the_environment(
    folder: Path, tmp_path: Path
) -> None:
    assert chosen() is None
    assert chosen(DEFINITIONS=str(folder)) == str(folder)
    assert chosen(**{SETTING: str(folder)}) == str(folder)
    assert chosen(DEFINITIONS=str(folder), **{SETTING: str(tmp_path)}) == str(folder)
    assert chosen(DEFINITIONS="ours", **{SETTING: str(folder)}) is None
    with pytest.raises(options.WrongOption, match="there is no such folder"):
        chosen(DEFINITIONS=str(tmp_path / "nowhere"))


def test_a_world_keeps_to_its_definitions_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert remembered(monkeypatch, "") == [], "ours all along: nothing to say"
    assert remembered(monkeypatch, str(folder)) == [
        f"definitions: {folder}, before Throughline's own"
    ]
    assert chosen("resolve") == str(folder)
    assert chosen("resolve", DEFINITIONS="ours") is None
    assert remembered(monkeypatch, str(folder)) == [f"definitions: {folder}"]
    folder.rmdir()
    with pytest.raises(
        options.WrongOption, match=r"no such folder \(the world's; DEFINITIONS=ours"
    ):
        chosen("night")


@pytest.mark.parametrize("command", ["benchmark", "chaos", "stop", "practice"])
def test_a_command_that_takes_none_is_about_ours(folder: Path, command: str) -> None:
    assert chosen(command, **{SETTING: str(folder)}) is None


def test_a_broken_definition_stops_a_command_before_it_starts_anything(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, str(folder))
    definitions.check()
    before = definitions.digest()
    (folder / "teams.yaml").write_text("billing: {titel: x}\n", "utf-8")
    assert definitions.digest() != before
    with pytest.raises(
        definitions.Broken, match=r"nothing was started:\n(.*\n)*.*teams.yaml:1: billing/titel"
    ):
        definitions.check()
