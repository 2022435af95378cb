"""A login to Airflow for a command: Airflow checks the password or the token, and says whose it is.

What a token says of itself is anybody's to write. The command reads none: it shows the token to Airflow's API server,
at the address of `throughline.pages.routes.me`, and takes the id that Airflow answers with. Without that answer
nobody is logged in.
"""

from __future__ import annotations

import getpass
import json
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from throughline.decisions import NotAllowedError
from throughline.decisions.reasons import is_text
from throughline.programs.commands import in_clone

if TYPE_CHECKING:
    import requests

AIRFLOW = "THROUGHLINE_AIRFLOW"
"""The environment variable with the address of Airflow, if it is not `http://localhost:8080`."""
ME = "throughline/me"
"""Where Airflow says whose login it is."""
SECONDS = 30
MUST_BE = 'must be {"user": …, "password": …} or {"token": …}'


class NotLoggedInError(NotAllowedError):
    """Airflow does not let the person in, or cannot be asked."""


@dataclass(frozen=True)
class User:
    """Who logged in: the id by which Airflow's auth manager knows the user, the name, and what was typed."""

    user_id: str
    name: str
    typed: str = ""


@dataclass(frozen=True)
class _Given:
    user: str = ""
    password: str = ""
    token: str = ""


def log_in(login: str, by: str, environment: Mapping[str, str]) -> tuple[str, User]:
    """Log in to Airflow; returns its address and who it says that is. Raises `NotLoggedInError`.

    `login` is a JSON file with user and password, or with a token that Airflow made; empty to ask for user and
    password at the terminal. `by` is the user if neither names one.
    """
    import requests  # most commands log nobody in

    url = environment.get(AIRFLOW, "http://localhost:8080").rstrip("/")
    given = _asked_for(by) if login == "" else _read(login, by)
    with requests.Session() as session:
        session.trust_env = False  # as in `begin`: no proxy, no .netrc
        try:
            token = given.token or _token(session, url, given)
            return url, _whose(session, url, token, given.user)
        except requests.RequestException as error:
            raise NotLoggedInError(
                f"Airflow does not answer at {url}: {type(error).__name__}"
            ) from None


def _asked_for(by: str) -> _Given:
    if not sys.stdin.isatty():
        raise NotLoggedInError(
            "there is no terminal to ask for a password: --login FILE"
            + in_clone(" (with make: LOGIN=file)")
        )
    user = by or input("User of Airflow: ").strip()
    return _Given(user, getpass.getpass(f"Password of {user}: "))


def _read(login: str, by: str) -> _Given:
    """Return what a file holds: `{"user": …, "password": …}` or `{"token": …}`. Nobody else may read it."""
    try:
        file = Path(login).expanduser()
    except RuntimeError:
        raise NotLoggedInError(f"{login}: no such user") from None
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise NotLoggedInError(f"{file}: others may read this password (chmod 600)")
        said = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotLoggedInError(f"{file}: {error.strerror}") from None
    except ValueError:
        raise NotLoggedInError(f"{file}: {MUST_BE}") from None
    if not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
        raise NotLoggedInError(f"{file}: {MUST_BE}")
    if said.get("token"):
        return _Given(token=said["token"])
    if "user" not in said or "password" not in said:
        raise NotLoggedInError(f"{file}: {MUST_BE}")
    return _Given(said["user"] or by, said["password"])


def _token(session: requests.Session, url: str, given: _Given) -> str:
    """Return the token that Airflow makes for a user and a password."""
    answer = session.post(
        f"{url}/auth/token",
        json={"username": given.user, "password": given.password},
        timeout=SECONDS,
        allow_redirects=False,  # a password goes to no other address
    )
    if not answer.ok or answer.is_redirect:
        raise NotLoggedInError(f"Airflow does not let {given.user} in: {answer.status_code}")
    try:
        return str(answer.json()["access_token"])
    except (ValueError, KeyError, TypeError):
        raise NotLoggedInError(f"{url} gives no token of Airflow") from None


def _whose(session: requests.Session, url: str, token: str, typed: str) -> User:
    """Return whose token Airflow says it is."""
    if not token.isascii() or not token.isprintable():
        raise NotLoggedInError("this is no token of Airflow")
    answer = session.get(
        f"{url}/{ME}",
        headers={"Authorization": f"Bearer {token}"},
        timeout=SECONDS,
        allow_redirects=False,
    )
    if answer.status_code in (401, 403):
        raise NotLoggedInError(
            f"Airflow does not take this login: it has ended, or Airflow did not make it ({answer.status_code})"
        )
    try:
        said = answer.json() if answer.status_code == 200 else {}
        user_id, name = said["id"], said["name"]
    except (ValueError, KeyError, TypeError):
        raise NotLoggedInError(
            f"{url} does not say whose login this is: {answer.status_code}"
        ) from None
    if not isinstance(user_id, str) or not user_id.strip() or not is_text(user_id):
        raise NotLoggedInError(f"{url} does not say whose login this is")
    return User(user_id, str(name), typed)
