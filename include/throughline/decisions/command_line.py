"""How a decision comes in from the command line: the arguments that all commands share, and who gave them.

A name on the command line is anybody's. Who decides is a user of Airflow who logs in (`--login`), or the
person whose login of the operating system it is (`system_users` in `teams.yaml`). Some permissions need the
first: `needs_login` of `throughline.practice.permissions`.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import getpass
import json
import os
import pwd
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from throughline import decisions, warehouse
from throughline.decisions import Door, NotAllowedError, Request, UnknownActError
from throughline.practice.permissions import person_of, shipped_logins
from throughline.warehouse import Connection

AIRFLOW = "THROUGHLINE_AIRFLOW"
"""The environment variable with the address of Airflow, if it is not `http://localhost:8080`."""
SANDBOX_LOGINS = "THROUGHLINE_SANDBOX_LOGINS"
"""The file of the sandbox's logins: its commands act as one of them, as long as the definitions name it."""
SECONDS = 30


class NotLoggedInError(NotAllowedError):
    """Airflow does not let the person in, or cannot be asked."""


@dataclass(frozen=True)
class Caller:
    """Who gives a command, and how that is known; `why_not` says why nobody may give it so."""

    who: str
    door: Door
    why_not: str | None = None


def parser(program: str, of: str, actions: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of a module that records one decision: `of` says what its id is of."""
    found = argparse.ArgumentParser(prog=f"python -m {program}")
    found.add_argument("id", help=f"of {of}; eight characters are enough")
    ask_who(found)
    found.add_argument("--action", required=True, help=", ".join(actions))
    found.set_defaults(actions=actions)
    found.add_argument("--note", default="")
    found.add_argument(
        "--preview", action="store_true", help="show what would follow, write nothing"
    )
    return found


def ask_who(arguments: argparse.ArgumentParser) -> None:
    """Add the arguments that say who gives a command: what `caller_of` takes."""
    arguments.add_argument(
        "--by", default="", help="your user of Airflow; left out, it is looked up"
    )
    arguments.add_argument(
        "--login",
        nargs="?",
        const="",
        metavar="FILE",
        help="log in to Airflow, with user and password of a JSON file, or asked for at the terminal",
    )


def decide(given: argparse.Namespace, asked: Callable[[Connection], Request]) -> int:
    """Record the decision that `asked` makes of the arguments, or show what would follow.

    Returns 0, or 2 with the reason on standard error when it cannot be recorded. `decisions.address` is
    the warehouse's address.
    """
    try:
        if given.action not in given.actions:
            known = ", ".join(given.actions)
            raise UnknownActError(f"{given.action}: must be one of {known}")
        if given.preview:
            with warehouse.connect(decisions.address()) as conn:
                print("\n".join(decisions.preview(conn, asked(conn)).follows))
                conn.rollback()
            return 0
        caller = caller_of(given.by.strip(), given.login, os.environ)
        with warehouse.connect(decisions.address()) as conn:
            request = replace(asked(conn), who=caller.who, door=caller.door)
            if caller.why_not is not None:
                decisions.refuse(conn, request, caller.why_not)
            decisions.record(conn, request)
    except NotAllowedError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def caller_of(by: str, login: str | None, environment: Mapping[str, str]) -> Caller:
    """Return who gives a command: `by` is the name that was given, which only has to agree.

    `login` is a file, empty to ask at the terminal, or None. Raises `NotLoggedInError`.
    """
    system_user = _system_user()
    if login is not None:
        url = environment.get(AIRFLOW, "http://localhost:8080").rstrip("/")
        user, password = _asked_for(by) if login == "" else _read(Path(login).expanduser(), by)
        who = _log_in(url, user, password)
        record = {"login": "airflow", "user_id": who, "user_name": user, "airflow": url}
        agrees = by in ("", user, who)
    elif by in shipped_logins() and by in _sandbox_logins(environment):
        who, agrees = by, True
        record = {"login": "sandbox", "user_id": who}
    else:
        person = person_of(system_user) if os.geteuid() != 0 else None
        record = {"login": "system"}
        who, agrees = person or by or system_user, person is not None and by in ("", person)
    door = Door("command_line", record | {"system_user": system_user})
    if agrees:
        return Caller(who, door)
    if record["login"] == "system" and (os.geteuid() == 0 or person_of(system_user) is None):
        return Caller(
            who,
            door,
            f"{system_user} belongs to nobody (system_users in teams.yaml): use --login",
        )
    return Caller(who, door, f"{by} is not who gives this command")


def _system_user() -> str:
    """Return the login of the operating system that this process runs as, whatever the environment says."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _sandbox_logins(environment: Mapping[str, str]) -> Mapping[str, str]:
    file = environment.get(SANDBOX_LOGINS, "")
    try:
        found = json.loads(Path(file).read_text(encoding="utf-8")) if file else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _asked_for(by: str) -> tuple[str, str]:
    if not sys.stdin.isatty():
        raise NotLoggedInError("there is no terminal to ask for a password: --login FILE")
    user = by or input("User of Airflow: ").strip()
    return user, getpass.getpass(f"Password of {user}: ")


def _read(file: Path, by: str) -> tuple[str, str]:
    """Return user and password of a file: `{"user": …, "password": …}`."""
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise NotLoggedInError(f"{file}: others may read this password (chmod 600)")
        said = json.loads(file.read_text(encoding="utf-8"))
        return str(said["user"] or by), str(said["password"])
    except OSError as error:
        raise NotLoggedInError(f"{file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise NotLoggedInError(f'{file}: must be {{"user": …, "password": …}}') from None


def _log_in(url: str, user: str, password: str) -> str:
    """Log in to Airflow; returns the id of the user, as its auth manager knows it."""
    import requests  # most who import this module log nobody in

    with requests.Session() as session:
        session.trust_env = False  # as in `begin`: no proxy, no .netrc
        try:
            answer = session.post(
                f"{url}/auth/token", json={"username": user, "password": password}, timeout=SECONDS
            )
        except requests.RequestException as error:
            raise NotLoggedInError(
                f"Airflow does not answer at {url}: {type(error).__name__}"
            ) from None
    if not answer.ok:
        raise NotLoggedInError(f"Airflow does not let {user} in: {answer.status_code}")
    try:
        token = str(answer.json()["access_token"])
        part = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return str(said["sub"])
    except (ValueError, KeyError, IndexError, TypeError, binascii.Error):
        raise NotLoggedInError(f"{url} gives no token of Airflow") from None
