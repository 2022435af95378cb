"""Options that a command or a target does not use: refused, because somebody meant something by them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from stack import __main__, commands, options

ROOT = Path(__file__).resolve().parents[3]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "given", "said"),
    [
        ("backup", "FOLDER", "takes PATIENTS=, SEED=, POPULATION=, OUT=, WAIT="),
        ("clean", "PATIENTS SEED", "PATIENTS= is no option of `make clean`; it takes WORLD=, ALL="),
        ("stop", "WORLD", "it takes none"),
        ("check", "NIGHT", "NIGHT= is no option"),
    ],
)
def test_a_command_refuses_what_it_would_ignore(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    given: str,
    said: str,
) -> None:
    monkeypatch.setenv("THROUGHLINE_GIVEN", given)
    monkeypatch.setenv("THROUGHLINE_GOALS", command)
    assert __main__.main([command]) == 1
    told = capsys.readouterr().err
    assert (said in told, told.count("\n")) == (True, 1)


def test_what_another_command_of_the_same_make_takes_is_not_refused() -> None:
    options.check(
        "night", {"THROUGHLINE_GOALS": "night sql", "THROUGHLINE_GIVEN": "PATIENTS Q PYTHON"}
    )


@pytest.mark.parametrize("word", ["PATIENT=40", "patients=40", 'A"b=1'])
def test_a_misspelled_option_starts_nothing(word: str) -> None:
    told = subprocess.run(
        ["make", "status", word], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (2, "", 1)
    assert f"{word.partition('=')[0]}= is no option" in told.stderr


@pytest.mark.parametrize(
    ("command", "said", "reason"),
    [
        ("check", {"NOTE": "why"}, "NOTE= does nothing in `make check` without ACTION="),
        ("check", {"LOGIN": "ask"}, "LOGIN= does nothing in `make check` without ACTION="),
        ("claims", {"BY": "biller"}, "BY= does nothing in `make claims` without BATCH="),
        ("claims", {"BATCH": "12345678", "NOTE": "why"}, "without ACTION="),
        ("resolve", {"ACTION": "retry", "OWNER": "Ann"}, "without ACTION=assign"),
        ("resolve", {"ACTION": "retry", "AMOUNT": "5"}, "without ACTION=write_off or resolve"),
        ("night", {"PATIENTS": "5", "POPULATION": "lives"}, "does nothing beside POPULATION="),
        ("source-profile", {"FOLDER": "lives", "SEED": "5"}, "does nothing beside FOLDER="),
    ],
)
def test_an_option_that_does_nothing_without_another_is_refused(
    command: str, said: dict[str, str], reason: str
) -> None:
    given = said | {"THROUGHLINE_GIVEN": " ".join(said), "THROUGHLINE_GOALS": command}
    with pytest.raises(options.WrongOption, match=re.escape(reason)):
        options.check(command, given)
    # what stands in the environment is perhaps for another command
    options.check(command, given | {"THROUGHLINE_GIVEN": ""})


def test_an_option_with_what_it_needs_is_taken() -> None:
    for command, said in (
        ("check", {"ACTION": "accept", "NOTE": "why", "LOGIN": "ask"}),
        ("claims", {"BATCH": "12345678", "BY": "biller"}),
        ("claims", {"BATCH": "12345678", "ACTION": "refuse", "NOTE": "why", "PREVIEW": "1"}),
        ("resolve", {"ACTION": "assign", "OWNER": "Ann"}),
        ("resolve", {"ACTION": "write_off", "AMOUNT": "5"}),
    ):
        options.check(
            command, said | {"THROUGHLINE_GIVEN": " ".join(said), "THROUGHLINE_GOALS": command}
        )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("lint NOTE=x", "NOTE= is no option of `make lint`"),
        ("watch PATIENTS=3", "PATIENTS= is no option of `make watch`"),
        ("test ARGS=-x JOBS=2", "JOBS= is no option of `make test`; it takes ARGS="),
        ("night ARGS=x", "ARGS= is no option of `make night`"),
        ("ACTION=x", "ACTION= is no option of `make help`"),
    ],
)
def test_a_target_without_a_command_refuses_what_it_would_ignore(words: str, said: str) -> None:
    told = subprocess.run(
        ["make", "--dry-run", *words.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert said in told.stderr


def test_the_targets_take_what_is_theirs() -> None:
    for words in (
        "test-fast ARGS=-x",
        "long ARGS=-x BUDGET=5",
        "lint PYTHON=python3",
        "lint types",
    ):
        told = subprocess.run(
            ["make", "--dry-run", *words.split()], cwd=ROOT, capture_output=True, check=False
        )
        assert told.returncode == 0, words


def test_each_target_that_runs_no_command_is_among_those_that_make_looks_at() -> None:
    (plain,) = re.findall(r"^plain := (.*) \$\(tested\)$", MAKEFILE, re.MULTILINE)
    (tested,) = re.findall(r"^tested := (.*)$", MAKEFILE, re.MULTILINE)
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert {*plain.split(), *tested.split(), *commands.COMMANDS} == set(phony.split())


def test_make_takes_each_option_of_each_command() -> None:
    (known,) = re.findall(r"^known := (.*(?:\\\n.*)+)$", MAKEFILE, re.MULTILINE)
    taken = {name for names in options.TAKES.values() for name in names}
    assert taken - set(known.split()) == set()
