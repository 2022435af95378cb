"""The commands by which a person reads what waits for a word, and gives one."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from stack import commands, postgres
from throughline.decisions import command_line
from throughline.quality import decide
from throughline.warehouse import sql

ASKED = ("LOGIN", "ID", "BY", "ACTION", "NOTE", "OWNER", "AMOUNT", "Q")
ID = "11111111-2222-3333-4444-555555555555"

Calls = list[tuple[str, ...]]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What would be run of the pipeline; nothing is."""
    for name in ASKED:
        monkeypatch.delenv(name, raising=False)
    calls: Calls = []

    def pipeline(*words: str) -> int:
        calls.append(words)
        return 0

    monkeypatch.setattr(commands, "_pipeline", pipeline)
    return calls


@pytest.mark.parametrize(
    ("command", "module"),
    [
        (commands.resolve, "throughline.exceptions.resolve"),
        (commands.decide, "throughline.quality.decide"),
    ],
)
def test_a_decision_travels_word_for_word(
    ran: Calls, monkeypatch: pytest.MonkeyPatch, command: Callable[[], int], module: str
) -> None:
    for name, value in {
        "ID": ID,
        "BY": "Ann O'Lee",
        "ACTION": "reject",
        "NOTE": "--two; $words",
    }.items():
        monkeypatch.setenv(name, value)
    assert command() == 0
    assert ran == [(module, "--action=reject", "--by=Ann O'Lee", "--note=--two; $words", "--", ID)]


@pytest.mark.parametrize(
    ("login", "words"), [("ask", ("--login=",)), ("~/me.json", ("--login=~/me.json",)), (" ", ())]
)
def test_who_decides_may_log_in(
    ran: Calls, monkeypatch: pytest.MonkeyPatch, login: str, words: tuple[str, ...]
) -> None:
    for name, value in {"ID": ID, "ACTION": "retry", "LOGIN": login}.items():
        monkeypatch.setenv(name, value)
    commands.resolve()
    assert ran[0][2:-2] == words


def test_an_exception_may_be_given_an_owner_or_an_amount(
    ran: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "ID": ID,
        "BY": "Ann",
        "ACTION": "assign",
        "OWNER": "Bo Li",
        "AMOUNT": "7",
    }.items():
        monkeypatch.setenv(name, value)
    commands.resolve()
    assert ran[0][-4:] == ("--owner=Bo Li", "--amount=7", "--", ID)


@pytest.mark.parametrize("command", [commands.resolve, commands.decide])
@pytest.mark.parametrize("missing", ["ID", "ACTION"])
def test_a_decision_that_lacks_something_is_not_sent(
    ran: Calls, monkeypatch: pytest.MonkeyPatch, command: Callable[[], int], missing: str
) -> None:
    for name in {"ID", "ACTION"} - {missing}:
        monkeypatch.setenv(name, "x")
    with pytest.raises(
        commands.CommandFailed, match=f"^{missing} missing: make {command.__name__} ID="
    ):
        command()
    assert ran == []


@pytest.mark.parametrize("text", ["--preview", "-5 dollars", "--by=Bo"])
def test_a_note_or_an_id_that_begins_with_a_dash_is_no_argument(
    ran: Calls, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    for name in ("ID", "NOTE"):
        monkeypatch.setenv(name, text)
    monkeypatch.setenv("ACTION", "release")
    commands.decide()
    given = command_line.parser("x", "a row", ("release",)).parse_args(ran[0][1:])
    assert (given.id, given.note, given.preview, given.by) == (text, text, False, "")


def test_a_wrong_action_is_refused_in_our_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert decide.main(["c0ffee00", "--by", "Ann", "--action", "shrug"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("shrug: must be one of release, reject, posted")
    assert "usage" not in told


@pytest.mark.parametrize("role", [None, "", " ", "throughline_loop", "postgres"])
def test_a_prompt_is_opened_as_the_reader_unless_a_role_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, role: str | None
) -> None:
    """`make` exports every variable: one that was not given is there, and empty."""
    server = postgres.Server(
        tmp_path, 1, dict.fromkeys((postgres.SUPERUSER, *postgres.ROLES), "secret")
    )
    monkeypatch.setattr(commands, "_server", lambda: contextlib.nullcontext(server))
    monkeypatch.setattr(postgres, "binary", lambda *_: Path("/bin/sh"))
    opened: list[str] = []

    def run(_: object, *, env: dict[str, str], **__: object) -> subprocess.CompletedProcess[str]:
        opened.append(env["PGUSER"])
        return subprocess.CompletedProcess([], 0)

    monkeypatch.setattr(subprocess, "run", run)
    if role is None:
        monkeypatch.delenv("ROLE", raising=False)
    else:
        monkeypatch.setenv("ROLE", role)
    if role == "postgres":
        with pytest.raises(commands.CommandFailed, match="ROLE=postgres: must be one of"):
            commands.psql()
    else:
        assert commands.psql() == 0
        assert opened == [(role or "").strip() or "throughline_reader"]


@pytest.mark.parametrize("name", ["quarantine", "deliveries"])
def test_what_waits_is_listed_without_a_patient(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: Calls = []

    def read(*said: str) -> int:
        ran.append(said)
        return 0

    monkeypatch.setattr(commands, "_read", read)
    assert commands.COMMANDS[name]() == 0
    assert ran == [("throughline.told.lists", name)]
    (query,) = sql.statements(f"told/lists/{name}.sql")
    hidden = ("payload", "person_id", "source_id", "detail", "*")
    assert not [word for word in hidden if word in query]
