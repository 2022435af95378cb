"""A name on the command line is anybody's: who decides is known by a login, or by the operating system."""

from __future__ import annotations

import importlib.util
import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from throughline.decisions import command_line
from throughline.decisions.command_line import caller_of
from throughline.practice import Team, permissions

ME = pwd.getpwuid(os.geteuid()).pw_name


@pytest.fixture(autouse=True)
def ann(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the login that runs this test be Ann's own, who is user 7 of Airflow."""
    billing = Team("billing", "Billing", "Lead", ("7", "8"), system_users=((ME, "7"), ("bo", "8")))
    monkeypatch.setattr(permissions, "teams", lambda: {"billing": billing})
    everything = permissions.Permissions({"write_off": {"any": frozenset({"operator"})}})
    monkeypatch.setattr(permissions, "permissions", lambda: everything)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(command_line, "_system_user", lambda: ME)


@pytest.mark.parametrize(
    ("by", "why"), [("", None), ("7", None), ("8", "8 is not who gives this command")]
)
def test_a_login_of_the_operating_system_is_one_persons(by: str, why: str | None) -> None:
    caller = caller_of(by, None, {})
    assert caller.why_not == why
    if why is None:
        assert caller.who == "7"
    assert caller.door.record == {"login": "system", "system_user": ME}


@pytest.mark.parametrize("by", ["", "7", "ann"])
def test_root_and_a_login_of_nobody_decide_nothing(
    monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(command_line, "_system_user", lambda: "airflow")
    assert "belongs to nobody" in str(caller_of(by, None, {}).why_not)
    monkeypatch.setattr(command_line, "_system_user", lambda: ME)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "belongs to nobody" in str(caller_of(by, None, {"USER": ME, "LOGNAME": ME}).why_not)


def test_a_command_of_the_sandbox_acts_as_one_of_its_logins_while_the_definitions_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logins = tmp_path / "logins.json"
    logins.write_text('{"operator": "x", "biller": "y", "8": "z"}')
    sandbox = {command_line.SANDBOX_LOGINS: str(logins)}
    caller = caller_of("operator", None, sandbox)
    assert (caller.who, caller.why_not) == ("operator", None)
    assert caller.door.record["login"] == "sandbox"
    # biller has no permission here, and 8 is no login of the sandbox
    assert caller_of("biller", None, sandbox).why_not
    assert caller_of("8", None, sandbox).why_not
    nobody = permissions.Permissions({"write_off": {"any": frozenset({"7"})}})
    monkeypatch.setattr(permissions, "permissions", lambda: nobody)
    assert caller_of("operator", None, sandbox).why_not
    logins.write_text("no JSON")
    assert caller_of("operator", None, sandbox).why_not


def test_where_the_sandbox_is_not_installed_its_logins_are_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logins = tmp_path / "logins.json"
    logins.write_text('{"operator": "x"}')
    found: Callable[..., object] = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "sandbox" else found(name)
    )
    assert caller_of("operator", None, {command_line.SANDBOX_LOGINS: str(logins)}).why_not


@pytest.mark.parametrize(
    "given",
    [
        ["\udcff", "--action", "retry"],
        ["12345678", "--action", "retry", "--note", "\udcff"],
        ["12345678", "--action", "retry", "--by", "\udcff"],
    ],
)
def test_an_argument_that_is_no_text_is_told(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        command_line.parser("throughline.x", "a thing", ("retry",)).parse_args(given)
    assert end.value.code == 2
    assert "is not UTF-8" in capsys.readouterr().err
