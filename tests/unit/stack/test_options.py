"""Options of the commands: what is refused, and which world is meant."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from stack import __main__, commands, options, postgres, sandbox
from stack.nights import chain, night

ROOT = Path(__file__).resolve().parents[3]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder of the test's own."""
    monkeypatch.setenv("THROUGHLINE_STATE", str(tmp_path))


def test_without_options_the_default_world_is_meant() -> None:
    assert options.read({}).world == "patients-2000-s1"


def test_a_command_without_options_means_the_world_used_last() -> None:
    chosen = options.read({"PATIENTS": "50", "SEED": "7"})
    options.world_folder(chosen, remember=True)
    assert options.read({}).world == chosen.world == "patients-50-s7"


def test_naming_a_seed_alone_does_not_inherit_the_last_population(tmp_path: Path) -> None:
    folder = tmp_path / "lives"
    folder.mkdir()
    (folder / "Patient.ndjson").touch()
    options.world_folder(options.read({"POPULATION": str(folder)}), remember=True)
    assert options.read({}).population == str(folder)
    assert options.read({"SEED": "2"}).population is None


def test_two_populations_of_one_name_are_two_worlds(tmp_path: Path) -> None:
    worlds = set()
    for parent in ("a", "b"):
        folder = tmp_path / parent / "fhir"
        folder.mkdir(parents=True)
        (folder / "Patient.000.ndjson.gz").touch()
        worlds.add(options.read({"POPULATION": str(folder)}).world)
    assert len(worlds) == 2


def test_a_folder_without_lives_is_refused_and_not_what_later_commands_mean(tmp_path: Path) -> None:
    with pytest.raises(options.WrongOption, match=r"no Patient\.ndjson is in it"):
        options.read({"POPULATION": str(tmp_path)})
    assert options.read({}).population is None


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PATIENTS", "many"),
        ("PATIENTS", "0"),
        ("N", "-1"),
        ("SEED", "1.5"),
        ("PATIENTS", "²"),
        ("PATIENTS", "٣"),
        ("PATIENTS", "1000001"),
        ("PATIENTS", "9" * 5000),
        ("SEED", "-1"),
        ("SEED", "9" * 5000),
        ("SEED", str(2**63)),
        ("N", "10001"),
        ("NIGHT", "9" * 5000),
        ("NIGHT", "tomorrow"),
        ("NIGHT", "2026-02-30"),
        ("POPULATION", "no/such/folder"),
        ("POPULATION", "x" * 5000),
        ("POPULATION", "~no-such-user/x"),
        ("POPULATION", "\0"),
        ("POPULATION", __file__),
        ("MISBEHAVE", "claim"),
        ("MISBEHAVE", "claim:someday:late"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_name(variable: str, text: str) -> None:
    with pytest.raises(options.WrongOption, match=f"^{variable}=") as refused:
        options.read({variable: text})
    assert len(str(refused.value)) < 300
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["2026-09-02", "20260902", "2026-W36-3"])
def test_a_date_is_passed_on_in_one_form(text: str) -> None:
    assert options.read({"NIGHT": text}).night == "2026-09-02"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("claims:late", "did you mean claim"),
        ("claim:laet", "did you mean late"),
        ("xyzzy:late", "unknown feed 'xyzzy'; there are"),
        ("booking:2026-09-02:late", "a call can be slow"),
    ],
)
def test_a_wrong_word_is_refused_before_a_world_is_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spec: str,
    said: str,
) -> None:
    monkeypatch.setenv("MISBEHAVE", spec)
    monkeypatch.setenv("PATIENTS", "50")
    monkeypatch.setenv("NIGHT", "")
    assert __main__.main(["night"]) == 1
    told = capsys.readouterr()
    assert said in told.err
    assert told.err.count("\n") == 1
    assert not list(tmp_path.glob("worlds/*"))


@pytest.mark.parametrize("name", options.TAKEN)
@pytest.mark.parametrize("text", ["a\x1b[2J", "caf\udce9", "a\x7f"])
def test_no_variable_takes_control_characters_or_broken_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    assert __main__.main(["status"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"status: {name}: has ")
    assert (told.count("\n"), "\x1b" in told) == (1, False)


def test_a_query_and_a_note_may_have_lines_and_a_name_may_not() -> None:
    options.check("sql", {"Q": "select 1\n-- one", "NOTE": "first\n\tsecond"})
    with pytest.raises(options.WrongOption, match="BY: has a control character"):
        options.check("decide", {"BY": "Ann\nLee"})


def test_every_variable_that_make_passes_on_is_looked_at() -> None:
    (passed,) = re.findall(r"^export (PATIENTS .*)$", MAKEFILE, re.MULTILINE)
    assert set(passed.split()) - {"ARGS"} <= set(options.TAKEN)


def test_every_command_says_what_it_takes_and_takes_what_its_help_names() -> None:
    assert options.TAKES.keys() == commands.COMMANDS.keys()
    helped = dict(re.findall(r"^([a-z-]+):.*## (.*)$", MAKEFILE, re.MULTILINE))
    for command, names in options.TAKES.items():
        assert set(re.findall(r"\b([A-Z_]+)=", helped[command])) <= set(names), command


def test_blanks_are_as_good_as_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"PATIENTS": "  ", "BY": "\t", "Q": "select 1", "HOME": " "}
    options.forget_blanks(said)
    assert said == {"Q": "select 1", "HOME": " "}


@pytest.mark.parametrize(
    ("command", "variable", "text"),
    [
        ("benchmark", "SIZES", "100,ten"),
        ("benchmark", "SIZES", "-1"),
        ("benchmark", "NIGHTS", "²"),
        ("chaos", "JOBS", "0"),
        ("chaos", "BUDGET", "soon"),
        ("chaos", "SEED", "x"),
        ("dump", "N", "none"),
        ("resolve", "PREVIEW", "yes"),
        ("psql", "THROUGHLINE_STATE", "~no-such-user/x"),
        ("source-profile", "FOLDER", "/no/such/folder"),
        ("source-profile", "FOLDER", "x" * 5000),
        ("source-profile", "OUT", "~no-such-user/x"),
        ("source-profile", "OUT", f"{__file__}/page.html"),
        ("source-profile", "OUT", "/proc/nothing/page.html"),
        ("source-profile", "SOURCE", "x" * 5000),
        ("source-profile", "SOURCE", "--help"),
        ("source-profile", "SOURCE", "../ehr"),
        ("restore", "FROM", "/no/such/folder"),
        ("restore", "FROM", __file__),
        ("restore", "FROM", "x" * 5000),
        ("restore", "FROM", str(Path(__file__).parent)),
        ("backup", "OUT", f"{__file__}/x"),
        ("backup", "OUT", "x/" * 5000),
        ("pause-sending", "LOGIN", "ask"),
        ("night", "N", "3"),
        ("source-profile", "OUT", "/"),
        ("replay", "NIGHT", ""),
        ("sql", "Q", ""),
    ],
)
def test_a_command_refuses_in_one_line_what_it_cannot_use(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    variable: str,
    text: str,
) -> None:
    for name in options.TAKEN[:-1]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SOURCE", "ehr")
    monkeypatch.setenv("ID", "11111111")
    monkeypatch.setenv("ACTION", "retry")
    monkeypatch.setenv(variable, text)
    assert __main__.main([command]) == 1
    told = capsys.readouterr().err
    assert variable in told or text in told or "NOTE" in told
    assert (told.count("\n"), len(told) < 300) == (1, True)
    assert not list(tmp_path.glob("worlds/*"))


@pytest.mark.parametrize("command", ["status", "sql", "check", "exceptions"])
def test_asking_about_a_world_makes_none(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    monkeypatch.setenv("PATIENTS", "77")
    monkeypatch.setenv("Q", "select 1")
    assert __main__.main([command]) == (0 if command == "status" else 1)
    told = capsys.readouterr()
    assert "`make night` makes it" in told.out + told.err
    assert not list(tmp_path.glob("worlds/*"))


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-09-07", "first night is 2026-09-08"),
        ("9999-12-31", "lived to 2026-09-10, and lives at most 366 days"),
        ("2027-09-12", "lived to 2026-09-10"),
        ("2027-09-11", None),
    ],
)
def test_a_night_before_the_first_or_in_another_age_is_refused(day: str, said: str | None) -> None:
    told = {"first_night": "2026-09-08", "lived_to": "2026-09-10"}
    stack: Any = SimpleNamespace(sandbox=SimpleNamespace(world=lambda: told))
    nothing: Any = None
    named = options.read({"NIGHT": day})
    if said is None:
        assert night._business_date(stack, nothing, named).isoformat() == day
    else:
        with pytest.raises(chain.NightFailed, match=said):
            night._business_date(stack, nothing, named)


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "the disk is full: "), (errno.EROFS, "Read-only")]
)
def test_a_full_disk_is_called_a_full_disk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: int, said: str
) -> None:
    def full() -> int:
        raise OSError(number, os.strerror(number), "/data/x")

    monkeypatch.setitem(commands.COMMANDS, "status", full)
    assert __main__.main(["status"]) == 1
    told = capsys.readouterr().err
    assert said in told
    assert "/data/x" in told


@pytest.mark.parametrize(
    "why", [postgres.PostgresFailed("ended"), psycopg.OperationalError("closed\nby the server")]
)
@pytest.mark.parametrize(
    ("left", "begins"), [(1000, "the disk is full, 3 MB are left"), (10**6, "")]
)
def test_what_fails_on_a_full_disk_says_so_first(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    why: Exception,
    left: int,
    begins: str,
) -> None:
    def fails() -> int:
        raise why

    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=left, f_frsize=4096))
    monkeypatch.setitem(commands.COMMANDS, "status", fails)
    assert __main__.main(["status"]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"status: {begins}")
    assert ("disk" in told, told.count("\n")) == (bool(begins), 1)


def test_a_state_folder_that_is_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "state").touch()
    monkeypatch.setenv("THROUGHLINE_STATE", str(tmp_path / "state"))
    assert __main__.main(["status"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_the_faults_of_every_kind_are_known() -> None:
    sandbox.check(options.read({"MISBEHAVE": "claim:2026-09-02:late_3, patient:paged"}).misbehave)


def test_misbehaviour_is_read_with_and_without_a_date() -> None:
    read = options.read({"MISBEHAVE": "claim:2026-09-02:late, appointment:garbage_rows"}).misbehave
    assert [(one.feed, one.date, one.kind) for one in read] == [
        ("claim", "2026-09-02", "late"),
        ("appointment", None, "garbage_rows"),
    ]


def test_a_fault_with_a_date_is_asked_for_once_and_one_without_on_each_night() -> None:
    chosen = options.read({"MISBEHAVE": "claim:2026-09-02:late, appointment:garbage_rows"})
    assert chosen.after_a_night().misbehave == (chosen.misbehave[1],)


TESTED = ("test", "test-fast", "test-nights", "coverage", "long", "model-check")
OF_TESTS = {(goal, "ARGS") for goal in TESTED} | {("long", "BUDGET")}
ASKED = re.compile(r"make ([a-z-]+)((?: +[A-Z_]+=(?:\"[^\"]*\"|'[^']*'|[^\s`|]*))+)")


@pytest.mark.parametrize(
    "page",
    [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"],
    ids=lambda page: page.name,
)
def test_each_option_of_a_page_is_one_that_its_command_takes(page: Path) -> None:
    wrong = [
        f"make {goal} {name}="
        for goal, given in ASKED.findall(page.read_text("utf-8"))
        for name in re.findall(r"([A-Z_]+)=", given)
        if name not in options.TAKES.get(goal, ())
        and not name.startswith(("THROUGHLINE_", "AIRFLOW"))
        and (goal, name) not in OF_TESTS
    ]
    assert wrong == []
