"""A name on the command line is anybody's: who decides is known by a login, or by the operating system."""

from __future__ import annotations

import base64
import json
import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.throughline.sources import servers
from throughline.decisions import command_line
from throughline.decisions.command_line import Caller, NotLoggedInError, caller_of
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


def token(**said: object) -> str:
    def part(of: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(of).encode()).decode().rstrip("=")

    return ".".join((part({"alg": "HS512"}), part(said), "c2lnbmF0dXJl"))


@pytest.fixture
def airflow() -> Iterator[servers.Web]:
    """Return an Airflow on loopback that knows one user, `ann`, whose id is 7."""

    def answer(request: Any) -> servers.Answer:
        said = json.loads(request.body)
        if request.path != "/auth/token" or said != {"username": "ann", "password": "right"}:
            return servers.Answer(401, b"{}")
        return servers.Answer(
            201, json.dumps({"access_token": token(sub="7", name="ann")}).encode()
        )

    with servers.web(answer) as web:
        yield web


def logs_in(tmp_path: Path, airflow: servers.Web, said: str = "right", by: str = "") -> Caller:
    file = tmp_path / "me.json"
    file.write_text(json.dumps({"user": "ann", "password": said}))
    file.chmod(0o600)
    return caller_of(by, str(file), {command_line.AIRFLOW: airflow.url("")})


@pytest.mark.parametrize("by", ["", "ann", "7"])
def test_who_logs_in_decides_by_the_id_of_the_auth_manager(
    tmp_path: Path, airflow: servers.Web, by: str
) -> None:
    caller = logs_in(tmp_path, airflow, by=by)
    assert (caller.who, caller.why_not) == ("7", None)
    assert caller.door.name == "command_line"
    assert {"login": "airflow", "user_id": "7", "user_name": "ann", "system_user": ME}.items() <= (
        caller.door.record.items()
    )
    assert "right" not in str(caller)


def test_who_logs_in_decides_in_nobody_elses_name(tmp_path: Path, airflow: servers.Web) -> None:
    assert logs_in(tmp_path, airflow, by="8").why_not == "8 is not who gives this command"


def test_a_wrong_password_is_told_and_not_shown(tmp_path: Path, airflow: servers.Web) -> None:
    with pytest.raises(NotLoggedInError, match="does not let ann in: 401") as told:
        logs_in(tmp_path, airflow, "wrong-one")
    assert "wrong-one" not in str(told.value)


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        ('{"user": "ann", "password": "right"}', 0o644, "others may read"),
        ('{"user": "ann", "password": "right"}', 0o640, "others may read"),
        ("right", 0o600, "must be"),
        ('{"user": "ann"}', 0o600, "must be"),
        ("[]", 0o600, "must be"),
    ],
)
def test_a_file_with_a_password_is_for_nobody_else(
    tmp_path: Path, content: str, mode: int, why: str
) -> None:
    file = tmp_path / "me.json"
    file.write_text(content)
    file.chmod(mode)
    with pytest.raises(NotLoggedInError, match=why):
        caller_of("", str(file), {})
    with pytest.raises(NotLoggedInError, match="No such file"):
        caller_of("", str(tmp_path / "gone.json"), {})


@pytest.mark.parametrize(
    "answer", [b"{}", b"no", b'{"access_token": "abc"}', b'{"access_token": "a.b.c"}']
)
def test_what_is_no_airflow_lets_nobody_in(tmp_path: Path, answer: bytes) -> None:
    with (
        servers.web(lambda _: servers.Answer(201, answer)) as web,
        pytest.raises(NotLoggedInError, match="gives no token"),
    ):
        logs_in(tmp_path, web)


def test_nobody_is_asked_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(NotLoggedInError, match="no terminal"):
        caller_of("ann", "", {})


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
