"""`make connect` says what it cannot look at before it starts anything, and leaves nothing behind."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from stack import options, paths, postgres, up
from stack.worlds import looking, systems


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder without worlds, Throughline's own definitions, and a scratch folder of one's own."""
    for name in ("THROUGHLINE_DEFINITIONS", "DEFINITIONS", "SOURCE", "EXPORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("THROUGHLINE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(paths, "MEMORY", tmp_path)
    monkeypatch.setattr(paths, "ON_DISK", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"SOURCE": "epic"}, "SOURCE=epic: there is no such source; there is billing, clearinghouse, ehr"),
        ({"EXPORT": "1"}, "EXPORT=1 costs a server work: name the one with SOURCE="),
        ({"SOURCE": "ehr", "EXPORT": "yes"}, "EXPORT=yes: must be 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], words: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(options.WrongOption, match=words):
        looking.connect()


def test_a_sandbox_that_is_not_up_is_said_and_nothing_is_left(state: Path) -> None:
    with pytest.raises(systems.NotUp, match="`make ui` starts it"):
        looking.connect()
    assert [one.name for one in state.iterdir() if one.name.startswith(looking.PREFIX)] == []
    assert not (state / "state" / "worlds").exists()


@pytest.mark.parametrize("source", ["", "ehr"])
@pytest.mark.parametrize(
    ("found", "profiled", "told"),
    [
        (0, 0, "Nothing has to change."),
        (0, 1, "Not looked at to the end, for the reason above: ehr"),
        (1, 0, "To be changed: ehr"),
    ],
)
def test_a_look_that_failed_is_no_look_at_which_nothing_was_found(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    source: str,
    found: int,
    profiled: int,
    told: str,
) -> None:
    def run(module: str, arguments: list[str], env: Mapping[str, str]) -> int:
        if module == "throughline.profiling.run":
            return profiled
        (Path(arguments[arguments.index("--into") + 1]) / "sample").write_text("{}")
        return found

    monkeypatch.setenv("SOURCE", source)
    monkeypatch.setattr(looking, "_run", run)
    monkeypatch.setattr(looking, "source_names", lambda: ["ehr"])
    monkeypatch.setattr(looking, "_environment", lambda *_: {})
    empty = SimpleNamespace(dsn=lambda: "dbname=empty")
    monkeypatch.setattr(postgres, "throwaway", lambda: nullcontext(empty))
    monkeypatch.setattr(up, "migrate", lambda _: None)
    assert looking.connect() == (1 if found or profiled else 0)
    said = capsys.readouterr().out
    # of one source, its own look says what has to change
    assert (told in said) == (not source or profiled > 0)
    assert ("Nothing has to change." in said) == (not source and not found and not profiled)


def test_the_sample_of_a_command_that_was_killed_goes_first(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = postgres.made_folder(looking.PREFIX, state)
    (left / "of").write_text("[1, 0.0]")  # no program of now
    (left / "Patient.ndjson").write_text("{}")
    with looking._folder() as folder:
        assert not left.exists()
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "Patient.ndjson").write_text("{}")
    assert not folder.exists()
    assert os.environ["THROUGHLINE_STATE"]
