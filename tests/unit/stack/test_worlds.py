"""The worlds of a clone: listed, told from their copies, and removed only by name."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import psutil
import pytest

from stack import __main__, options, postgres, processes, up
from stack.nights import status
from stack.worlds import commands as worlds
from stack.worlds import known

NIGHT = known.Known("2026-09-10 06:00", 3, 4, "2026-09-08", "finished", None)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own, and no option given."""
    for name in ("WORLD", "ALL", "PATIENTS", "SEED", "POPULATION", "NIGHT", "N", "MISBEHAVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("THROUGHLINE_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def two(state: Path) -> tuple[Path, Path]:
    """Two worlds; the second is the one that was used last."""
    first = options.world_folder(options.Options(patients=50, seed=7))
    return first, options.world_folder(options.Options(patients=60), remember=True)


@pytest.fixture
def copied(two: tuple[Path, Path], tmp_path: Path) -> Iterator[tuple[Path, processes.Program]]:
    """A world that was copied while a program of it ran, and that program."""
    first, _ = two
    sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
    program = processes.spawn(first, "sandbox", sleeper, os.environ)
    copy = tmp_path / "copy" / "worlds" / first.name
    shutil.copytree(first, copy)
    yield copy, program
    processes.stop(first, ["sandbox"], patience=2)


def test_a_copy_neither_uses_nor_stops_the_programs_of_the_first(
    copied: tuple[Path, processes.Program], two: tuple[Path, Path]
) -> None:
    copy, program = copied
    assert processes.find(copy, "sandbox") is None
    assert processes.notes(copy, "sandbox") == {}
    processes.stop(copy, ["sandbox"], patience=1)
    assert program.is_alive
    for start in (
        lambda: processes.spawn(copy, "sandbox", ["true"], os.environ),
        lambda: processes.refuse_others(copy),
    ):
        with pytest.raises(
            processes.NotOurs, match=f"is a copy of {two[0]}.*{program.process.pid}"
        ):
            start()
    # the first goes on as before, also after a move
    moved = two[0].rename(two[0].with_name("moved"))
    assert processes.find(moved, "sandbox") is not None
    moved.rename(two[0])


def test_stop_and_clean_of_a_copy_leave_the_first_up(
    copied: tuple[Path, processes.Program],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy, program = copied
    monkeypatch.setenv("THROUGHLINE_STATE", str(copy.parents[1]))
    assert status.show(copy) == 0
    assert "this folder is a copy of" in capsys.readouterr().out
    assert __main__.main(["stop"]) == 1
    monkeypatch.setenv("PATIENTS", "50")
    monkeypatch.setenv("SEED", "7")
    with pytest.raises(processes.NotOurs):
        up.up(options.read(), worlds.say)
    monkeypatch.setenv("ALL", "1")
    assert __main__.main(["clean"]) == 0
    assert capsys.readouterr().err.count("made while its programs ran") == 2
    assert program.is_alive
    assert not copy.exists()


def test_a_copied_database_is_not_started_beside_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, copy = tmp_path / "first", tmp_path / "copy"
    for state in (first, copy):
        (state / "postgres" / "data").mkdir(parents=True)
    pid_file = f"{os.getpid()}\n{first}/postgres/data\n0\n1\n\n\n\nready\n"
    for state in (first, copy):
        (state / "postgres/data/postmaster.pid").write_text(pid_file)
    monkeypatch.setattr(psutil.Process, "name", lambda _: "postgres")
    monkeypatch.chdir(first / "postgres" / "data")
    (first / "passwords.json").write_text("{}")
    assert postgres.running(first) is not None
    assert postgres.running(copy) is None
    with pytest.raises(postgres.PostgresFailed, match=f"is a copy of {first}"):
        postgres.start(copy)


def test_worlds_are_listed_with_what_is_known_of_each(
    two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (two[0] / known.FILE).write_text(json.dumps(asdict(NIGHT)))
    assert worlds.worlds() == 0
    _, first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.split()[:6] == ["patients-50-s7", "50", "7", "3", "2026-09-08", "finished"]
    assert second.split()[:7] == ["*", "patients-60-s1", "60", "1", "?", "none", "known"]
    assert first.endswith("down")


def test_a_clone_without_a_world_says_so(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert worlds.worlds() == 0
    assert "no world yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("named", "every", "said"),
    [
        ("", "", "say which with WORLD=, or ALL=1"),
        ("", "0", "say which with WORLD=, or ALL=1"),
        ("", "yes", "ALL=yes: must be 1"),
        ("patients-50", "", "no such world"),
        ("../state", "", "no such world"),
    ],
)
def test_clean_removes_nothing_that_was_not_named(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, named: str, every: str, said: str
) -> None:
    monkeypatch.setenv("WORLD", named)
    monkeypatch.setenv("ALL", every)
    with pytest.raises(worlds.NotSaidWhich, match=said):
        worlds.clean()
    assert all(world.exists() for world in two)


def test_clean_removes_the_world_that_was_named_and_no_other(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD", two[1].name)
    assert worlds.clean() == 0
    assert [world.exists() for world in two] == [True, False]
    assert options.read({}).world == "patients-2000-s1"


def test_a_world_whose_removal_was_interrupted_is_no_world(
    two: tuple[Path, Path], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("WORLD", first.name)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", interrupted)
        assert __main__.main(["clean"]) == 130
    assert options.all_worlds() == [second]
    assert (state / worlds.REMOVED / first.name).is_dir()
    monkeypatch.setenv("WORLD", second.name)
    assert __main__.main(["clean"]) == 0
    assert not (state / worlds.REMOVED).exists()


@pytest.mark.parametrize("answer", ["yes", "y"])
def test_at_a_terminal_clean_asks(
    two: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    if answer == "yes":
        assert worlds.clean() == 0
    else:
        with pytest.raises(worlds.NotSaidWhich):
            worlds.clean()
    assert all(world.exists() is (answer != "yes") for world in two)


@pytest.mark.parametrize("kept", [[], ["profiles"]], ids=["nothing", "pages"])
def test_clean_leaves_no_empty_folder_and_removes_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: list[str]
) -> None:
    state = tmp_path / "state"
    monkeypatch.setenv("THROUGHLINE_STATE", str(state))
    monkeypatch.setenv("ALL", "1")
    for name in ("worlds/200-1", *kept):
        (state / name).mkdir(parents=True)
    assert worlds.clean() == 0
    assert sorted(path.name for path in tmp_path.glob("state/*")) == kept
    assert state.exists() is bool(kept)


@pytest.mark.parametrize(
    ("night", "at_work", "reached", "said"),
    [
        (None, False, None, None),
        (NIGHT, False, None, None),
        (NIGHT, False, "2026-09-09", None),
        (NIGHT, False, "2026-09-10", "2 business dates have passed"),
        (replace(NIGHT, done_to="2026-09-09"), False, "2026-09-10", None),
        (replace(NIGHT, status="failed", failed_step="load"), False, None, "failed in load"),
        (replace(NIGHT, status="running"), True, None, None),
        (replace(NIGHT, status="running"), False, None, "has not ended"),
        (replace(NIGHT, chain_differs=True), True, None, "the chain is not the one whose heads"),
    ],
)
def test_what_is_wrong_with_the_nights_is_said(
    night: known.Known | None, at_work: bool, reached: str | None, said: str | None
) -> None:
    day = date.fromisoformat(reached) if reached else None
    told = known.trouble(night, at_work=at_work, reached=day)
    assert (told is None) if said is None else (said in (told or ""))


def test_status_knows_the_last_night_while_everything_is_down(
    two: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    world = two[1]
    assert status.show(world) == 0
    assert "No night has run yet" in capsys.readouterr().out
    (world / "postgres").mkdir()
    (world / "postgres" / "made").touch()
    assert status.show(world) == 0
    assert "is not known while PostgreSQL is down" in capsys.readouterr().out
    failed = replace(NIGHT, status="failed", failed_step="load")
    (world / known.FILE).write_text(json.dumps(asdict(failed)))
    assert status.show(world) == 1
    told = capsys.readouterr().out
    assert "night 4 of 2026-09-08 failed in load (as noted 2026-09-10 06:00 UTC" in told
    assert "`make night` runs its date again" in told
    assert "whether sending is paused, is told while it is up: make ui" in told


@pytest.mark.parametrize(("reached", "ends"), [("2026-09-09", 0), ("2026-09-10", 1), (None, 0)])
def test_days_without_a_night_are_counted_while_the_sandbox_is_down(
    two: tuple[Path, Path], capsys: pytest.CaptureFixture[str], reached: str | None, ends: int
) -> None:
    world = two[1]
    (world / known.FILE).write_text(json.dumps(asdict(replace(NIGHT, reached=reached))))
    assert status.show(world) == ends
    assert ("2 business dates have passed" in capsys.readouterr().out) is bool(ends)


def test_what_an_earlier_version_noted_is_read(two: tuple[Path, Path]) -> None:
    told = asdict(NIGHT)
    del told["reached"]
    (two[1] / known.FILE).write_text(json.dumps(told))
    assert known.noted(two[1]) == NIGHT
    assert known.reached(two[1]) is None
