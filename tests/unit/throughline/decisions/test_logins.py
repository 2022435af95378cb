"""A login to Airflow is what Airflow says of it: no password, and no token, speaks for itself."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.throughline.sources import servers
from throughline.decisions import logins
from throughline.decisions.command_line import Caller, caller_of
from throughline.decisions.logins import NotLoggedInError
from throughline.practice import permissions

ME = f"/{logins.ME}"


def token(**said: object) -> str:
    """Return a token that says this, and that nobody signed."""

    def part(of: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(of).encode()).decode().rstrip("=")

    return ".".join((part({"alg": "HS512"}), part(said), "c2lnbmF0dXJl"))


MADE = token(sub="7", made="by Airflow")


@pytest.fixture(autouse=True)
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no login of the operating system be anybody's."""
    monkeypatch.setattr(permissions, "teams", dict)
    monkeypatch.setattr(permissions, "permissions", lambda: permissions.Permissions({}))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.fixture
def airflow() -> Iterator[servers.Web]:
    """Return an Airflow on loopback that knows one user, `ann`, whose id is 7, and the token it made."""

    def answer(request: Any) -> servers.Answer:
        if request.path == ME:
            if request.headers.get("authorization") != f"Bearer {MADE}":
                return servers.Answer(401, b"{}")
            return servers.Answer(200, b'{"id": "7", "name": "ann"}')
        said = json.loads(request.body)
        if request.path != "/auth/token" or said != {"username": "ann", "password": "right"}:
            return servers.Answer(401, b"{}")
        return servers.Answer(201, json.dumps({"access_token": MADE}).encode())

    with servers.web(answer) as web:
        yield web


def logs_in(tmp_path: Path, web: servers.Web, by: str = "", **said: str) -> Caller:
    file = tmp_path / "me.json"
    file.write_text(json.dumps(said or {"user": "ann", "password": "right"}))
    file.chmod(0o600)
    return caller_of(by, str(file), {logins.AIRFLOW: web.url("")})


@pytest.mark.parametrize("by", ["", "ann", "7"])
def test_who_logs_in_decides_by_the_id_of_the_auth_manager(
    tmp_path: Path, airflow: servers.Web, by: str
) -> None:
    caller = logs_in(tmp_path, airflow, by)
    assert (caller.who, caller.why_not) == ("7", None)
    assert caller.door.name == "command_line"
    assert {"login": "airflow", "user_id": "7", "user_name": "ann"}.items() <= (
        caller.door.record.items()
    )
    assert "right" not in str(caller)
    assert logs_in(tmp_path, airflow, "8").why_not == "8 is not who gives this command"


def test_who_logs_in_at_airflows_page_gives_the_command_the_token(
    tmp_path: Path, airflow: servers.Web
) -> None:
    caller = logs_in(tmp_path, airflow, token=MADE)
    assert (caller.who, caller.why_not) == ("7", None)
    assert MADE not in str(caller)


def test_a_wrong_password_is_told_and_not_shown(tmp_path: Path, airflow: servers.Web) -> None:
    with pytest.raises(NotLoggedInError, match="does not let ann in: 401") as told:
        logs_in(tmp_path, airflow, user="ann", password="wrong-one")
    assert "wrong-one" not in str(told.value)


@pytest.mark.parametrize(
    "forged", [token(sub="7"), token(sub="8"), MADE[:-1], f"{MADE}\n", "x", "ä", "a b"]
)
def test_a_token_that_airflow_did_not_make_lets_nobody_in(
    tmp_path: Path, airflow: servers.Web, forged: str
) -> None:
    with pytest.raises(NotLoggedInError, match=r"does not take this login|is no token") as told:
        logs_in(tmp_path, airflow, token=forged)
    assert forged not in str(told.value) or forged == "x"


def test_what_a_token_says_of_itself_is_not_read(tmp_path: Path) -> None:
    def answer(request: Any) -> servers.Answer:
        return servers.Answer(
            *((200, b'{"id": "7", "name": "ann"}') if request.path == ME else (404, b"{}"))
        )

    with servers.web(answer) as web:
        assert logs_in(tmp_path, web, token=token(sub="8")).who == "7"


@pytest.mark.parametrize(
    "file",
    ['{"user": "ann", "password": "right"}', json.dumps({"token": MADE})],
    ids=["password", "token"],
)
def test_an_airflow_that_does_not_answer_lets_nobody_in(tmp_path: Path, file: str) -> None:
    with servers.web(lambda _: servers.Answer(200, b"{}")) as web:
        gone = web.url("")
    kept = tmp_path / "me.json"
    kept.write_text(file)
    kept.chmod(0o600)
    with pytest.raises(NotLoggedInError, match="does not answer"):
        caller_of("ann", str(kept), {logins.AIRFLOW: gone})


@pytest.mark.parametrize(
    "said",
    [
        (200, b"no"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"id": "", "name": "ann"}'),
        (200, b'{"id": 7, "name": "ann"}'),
        (200, b'{"id": "\\ud800", "name": "ann"}'),
        (404, b'{"id": "7", "name": "ann"}'),
        (302, b'{"id": "7", "name": "ann"}'),
        (500, b""),
    ],
)
def test_what_does_not_say_whose_login_it_is_lets_nobody_in(
    tmp_path: Path, said: tuple[int, bytes]
) -> None:
    with (
        servers.web(lambda _: servers.Answer(*said)) as web,
        pytest.raises(NotLoggedInError, match="does not say whose login"),
    ):
        logs_in(tmp_path, web, token=MADE)


@pytest.mark.parametrize("answer", [b"{}", b"no", b"[]"])
def test_what_is_no_airflow_lets_nobody_in(tmp_path: Path, answer: bytes) -> None:
    with (
        servers.web(lambda _: servers.Answer(201, answer)) as web,
        pytest.raises(NotLoggedInError, match="gives no token"),
    ):
        logs_in(tmp_path, web)


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        ('{"user": "ann", "password": "right"}', 0o644, "others may read"),
        ('{"token": "x"}', 0o640, "others may read"),
        ("right", 0o600, "must be"),
        ('{"user": "ann"}', 0o600, "must be"),
        ('{"token": ["x"]}', 0o600, "must be"),
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


def test_a_file_of_a_user_that_there_is_not_lets_nobody_in() -> None:
    with pytest.raises(NotLoggedInError, match="no such user"):
        logins.log_in("~no-such-user/me.json", "Ann", {})


def test_nobody_is_asked_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(NotLoggedInError, match="no terminal"):
        caller_of("ann", "", {})
