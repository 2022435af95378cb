"""How a decision comes in from the command line: the arguments that all commands share, and who gave them.

A name on the command line is anybody's. Who decides is a user of Airflow who logs in (`--login`, see
`throughline.decisions.logins`), or the person whose login of the operating system it is (`system_users` in
`teams.yaml`). Some permissions need the first: `needs_login` of `throughline.practice.permissions`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import pwd
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from throughline import decisions, warehouse
from throughline.decisions import Door, NotAllowedError, Request, UnknownActError, logins
from throughline.decisions.reasons import is_text
from throughline.practice.permissions import person_of, shipped_logins
from throughline.programs.commands import in_clone
from throughline.warehouse import Connection

SANDBOX_LOGINS = "THROUGHLINE_SANDBOX_LOGINS"
"""The file of the sandbox's logins: its commands act as one of them, as long as the definitions name it."""


@dataclass(frozen=True)
class Caller:
    """Who gives a command, and how that is known; `why_not` says why nobody may give it so."""

    who: str
    door: Door
    why_not: str | None = None


def parser(program: str, of: str, actions: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of a module that records one decision: `of` says what its id is of."""
    found = argparse.ArgumentParser(prog=f"python -m {program}")
    found.add_argument("id", type=_text, help=f"of {of}; eight characters are enough")
    ask_who(found)
    found.add_argument("--action", required=True, help=", ".join(actions))
    found.set_defaults(actions=actions)
    found.add_argument("--note", type=_text, default="")
    found.add_argument(
        "--preview", action="store_true", help="show what would follow, write nothing"
    )
    return found


def ask_who(arguments: argparse.ArgumentParser) -> None:
    """Add the arguments that say who gives a command: what `caller_of` takes."""
    arguments.add_argument(
        "--by", type=_text, default="", help="your user of Airflow; left out, it is looked up"
    )
    arguments.add_argument(
        "--login",
        nargs="?",
        const="",
        metavar="FILE",
        help="log in to Airflow, with user and password (or a token) of a JSON file, or asked for at the terminal",
    )


def _text(given: str) -> str:
    """Return an argument as it was given. Raises `ArgumentTypeError` if its bytes are not UTF-8."""
    if not is_text(given):
        raise argparse.ArgumentTypeError("is not UTF-8")
    return given


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
            decision = decisions.record(conn, request)
        recorded = "Recorded" if decision.is_new else "Already recorded"
        print(f"{recorded}: {given.action.replace('_', ' ')}, by {caller.who}.")
    except NotAllowedError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def caller_of(by: str, login: str | None, environment: Mapping[str, str]) -> Caller:
    """Return who gives a command: `by` is the name that was given, which only has to agree.

    `login` is a file, empty to ask at the terminal, or None. Raises `logins.NotLoggedInError`.
    """
    system_user = _system_user()
    if login is not None:
        url, user = logins.log_in(login, by, environment)
        who = user.user_id
        record = {"login": "airflow", "user_id": who, "user_name": user.name, "airflow": url}
        agrees = by in ("", user.name, user.typed, who)
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
            f"{system_user} belongs to nobody (system_users in teams.yaml): use --login"
            + in_clone(" (with make: LOGIN=ask)"),
        )
    return Caller(who, door, f"{by} is not who gives this command")


def _system_user() -> str:
    """Return the login of the operating system that this process runs as, whatever the environment says."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _sandbox_logins(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the logins of the sandbox's world; none where the sandbox is not installed, as in production."""
    file = environment.get(SANDBOX_LOGINS, "")
    if not file or importlib.util.find_spec("sandbox") is None:
        return {}
    try:
        found = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
