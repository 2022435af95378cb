"""Commands in what people read: those of `make` in a clone, and where no Makefile is, as in a container, the programs.

The texts are written with `make`, as the documents are. An image has neither `make` nor a Makefile: there,
`as_here` says the program that does the same, to be run in the container of the api-server, which has both
logins that it may need.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

IS_CLONE = (Path(__file__).resolve().parents[3] / "Makefile").is_file()
"""Whether `make` works where this runs: an image of a deployment holds no Makefile."""

PROGRAMS = {
    "check": "throughline.proven.check",
    "check-definitions": "throughline.definitions",
    "claims": "throughline.told.claims",
    "connect": "throughline.firstlook",
    "decide": "throughline.quality.decide",
    "deliveries": "throughline.told.lists deliveries",
    "exceptions": "throughline.told.exceptions",
    "night": "throughline.deployment.begin",
    "observed": "throughline.tasks.observing",
    "pause-sending": "throughline.deployment.pause sending --action pause",
    "practice": "throughline.definitions.lay_out",
    "quarantine": "throughline.told.lists quarantine",
    "readiness": "throughline.definitions.readiness",
    "release-observed": "throughline.tasks.observing",
    "replay": "throughline.proven.replay",
    "resolve": "throughline.exceptions.resolve",
    "resume-sending": "throughline.deployment.pause sending --action resume",
    "retain": "throughline.deployment.retain",
    "status": "throughline.told.status",
    "workflow": "throughline.definitions.drafts",
}
"""The module of each target of `make` that a text of ours names."""

ACTS = ("decide", "release-observed", "resolve")
"""Targets that decide: without `make`, they always need a login."""

POSITIONAL = ("ID", "BATCH", "WORKFLOW", "DIR", "FILE")
UNSAID = ("NIGHT", "DEFINITIONS")
"""What is said another way: in its place, or by the folder that is mounted."""
QUOTED = "<'"
_ALWAYS = {
    "release-observed": "--action release_observed",
    "night": "--user LOGIN",
    "connect": "SOURCE --into /tmp/SOURCE",
}
_TARGETS = "|".join(sorted(PROGRAMS, key=len, reverse=True))
_VALUE = r"(?:<[^>\n]*>|'[^'\n]*'|[^\s`'<),;:]*[^\s`'<),;:.])"
_COMMAND = re.compile(rf"\bmake ({_TARGETS})(?![-\w])((?: [A-Z_]+={_VALUE})*)")
_GIVEN = re.compile(rf"([A-Z_]+)=({_VALUE})")


def as_here(text: str, *, is_clone: bool = IS_CLONE) -> str:
    """Return `text` with its commands as they work here: as they are in a clone, else as `python -m ...`."""
    return text if is_clone else _COMMAND.sub(_program, text)


def as_word(value: object) -> str:
    """Return a value as it is given to a command of `make`: in quotes if it is more than one word to a shell.

    A folder's name may have blanks. `make` reads `$$` as `$`.
    """
    return shlex.quote(str(value).replace("$", "$$"))


def in_clone(text: str, there: str = "", *, is_clone: bool = IS_CLONE) -> str:
    """Return `text` in a clone, and `there` where no `make` works: for what only one of the two has."""
    return text if is_clone else there


def _program(found: re.Match[str]) -> str:
    target, given = found[1], _GIVEN.findall(found[2])
    said = [f"python -m {PROGRAMS[target]}"]
    said += [value for name, value in given if name in POSITIONAL]
    if target in ACTS and not {"BY", "LOGIN"} & set(dict(given)):
        given.append(("LOGIN", "ask"))
    if target == "night":
        said.append(dict(given).get("NIGHT", "YYYY-MM-DD"))
    if target in _ALWAYS:
        said.append(_ALWAYS[target])
    for name, value in given:
        option = f"--{name.lower().replace('_', '-')}"
        if name in (
            "BY",
            "LOGIN",
        ):  # in a container, no login of the operating system is a person's
            said.append("--login")
        elif target == "replay" and name == "NIGHT":
            said.append(f"--business-date {value}")
        elif target == "check" and name == "ACTION":
            said.append(f"--{value}")
        elif value == "1":
            said.append(option)
        elif name not in POSITIONAL and name not in UNSAID:
            said.append(f"{option} {value if value[0] in QUOTED else shlex.quote(value)}")
    return " ".join(said)
