"""The options of the commands, from the variables of ``make``; and the world they name.

A world is a population with its history: its own sandbox, warehouse and Airflow. Another size, seed or population
selects another world, which is kept next to the first. A command without these options uses the last world.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from stack import paths

PATIENTS = 2000
SEED = 1
MOST = {
    "PATIENTS": 1_000_000, "SEED": 2**63 - 1, "N": 10_000,
    "SIZES": 1_000_000, "NIGHTS": 10_000, "YEARS": 50, "JOBS": 64, "BUDGET": 100_000, "WAIT": 86_400,
}  # fmt: skip
"""What is more is a slip of the finger: a world of so many patients needs more memory than a laptop has."""


LINES = ("Q", "NOTE")
"""Variables whose value may have several lines."""
_WHICH = ("PATIENTS", "SEED", "POPULATION")
"""What makes a world of the sandbox; the systems of a practice have their own patients."""
_WORLD = (*_WHICH, "DEFINITIONS")
OURS = "ours"
"""``DEFINITIONS=ours``: Throughline's own, where the world had others before."""
REAL = "real-"
"""How the name of a world begins whose systems are the practice's, and not the sandbox's."""
RESOLVED = ("OWNER", "AMOUNT", "DISPOSITION", "LEVEL", "DOCUMENT", "DONE_ON")
"""What a decision about an exception may need, by the variable that says it."""
_DECIDED = ("ID", "BY", "ACTION", "NOTE", "PREVIEW", "LOGIN")
TAKES: Mapping[str, tuple[str, ...]] = {
    # night and nights say themselves what to write instead of N and NIGHT
    "night": (*_WORLD, "NIGHT", "MISBEHAVE", "N"),
    "nights": (*_WORLD, "N", "MISBEHAVE", "NIGHT"),
    "morning": _WORLD,
    "ui": _WORLD,
    "status": _WORLD,
    "sql": (*_WHICH, "Q"),
    "psql": (*_WHICH, "ROLE"),
    "check": (*_WORLD, "ACTION", "BY", "NOTE", "LOGIN"),
    "replay": (*_WORLD, "NIGHT"),
    "exceptions": _WORLD,
    "resolve": (*_WORLD, *_DECIDED, *RESOLVED),
    "claims": (*_WORLD, "BATCH", "BY", "ACTION", "NOTE", "PREVIEW", "LOGIN"),
    "quarantine": _WHICH,
    "deliveries": _WHICH,
    "decide": (*_WORLD, *_DECIDED),
    "pause-sending": (*_WORLD, "BY", "NOTE", "LOGIN"),
    "resume-sending": (*_WORLD, "BY", "NOTE", "LOGIN"),
    "observed": _WORLD,
    "readiness": (*_WORLD, "HISTORY"),
    "release-observed": (*_WORLD, "WORKFLOW", "LIST", "BY", "NOTE", "PREVIEW", "LOGIN"),
    "source-profile": (*_WORLD, "SOURCE", "FOLDER", "OUT", "NIGHT"),
    "connect": (*_WORLD, "SOURCE", "EXPORT"),
    "practice": ("DIR", "NAME", "ZONE", "PHONE", "NPI", "INSIDE"),
    "source": ("NAME", "FROM", "FEED", "DEFINITIONS"),
    "value-sets": ("FOLDER", "DEFINITIONS"),
    "workflow": ("FILE", "OUT", *_WORLD),
    "check-definitions": (*_WORLD, "TAKE_NOTE", "SHOW"),
    "retain": (*_WORLD, "BY", "NOTE", "PREVIEW", "LOGIN"),
    "backup": (*_WHICH, "OUT", "WAIT"),
    "restore": (*_WORLD, "FROM", "LOST_UNTIL", "OTHER_KEYS"),
    "worlds": (),
    "stop": (),
    "clean": ("WORLD", "ALL"),
    "benchmark": ("SIZES", "NIGHTS", "SAVE", "STATEMENTS", "WATCH", "YEARS"),
    "chaos": ("JOBS", "BUDGET", "ONLY", "APART", "KEEP", "PATIENTS", "SEED"),
    "dump": (*_WORLD, "N", "MISBEHAVE", "OUT"),
    "dump-compare": ("A", "B", "RENAMED"),
    "lock": (),
}
"""The variables that each command takes. One that it does not know would be ignored, and something else done."""
TAKEN = (
    *sorted({name for names in TAKES.values() for name in names}),
    "THROUGHLINE_DEFINITIONS",
    "THROUGHLINE_STATE",
)
"""Every variable that a command takes."""
ONLY_WITH: Mapping[str, Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "check": dict.fromkeys(("BY", "NOTE", "LOGIN"), ("ACTION", ())),
    "claims": dict.fromkeys(("BY", "LOGIN", "ACTION"), ("BATCH", ()))
    | dict.fromkeys(("NOTE", "PREVIEW"), ("ACTION", ())),
    "resolve": {
        "OWNER": ("ACTION", ("assign",)),
        "AMOUNT": ("ACTION", ("write_off", "resolve")),
        "DISPOSITION": ("ACTION", ("state_disposition", "resolve")),
        **dict.fromkeys(("LEVEL", "DOCUMENT"), ("ACTION", ("state_level", "resolve"))),
        "DONE_ON": ("ACTION", ("state_reconciliation", "resolve")),
    },
}
"""By command, the variables that do nothing without another one, and which of its values they need; none: any."""
NOT_WITH: Mapping[str, str] = {"PATIENTS": "POPULATION"}
"""Variables that do nothing beside another one."""
SHOWN, SHOWN_OF_A_PATH = 40, 200
"""Characters of a wrong value that a message repeats."""


class WrongOption(ValueError):
    """An invalid option; the message says what is valid."""


@dataclass(frozen=True)
class Misbehaviour:
    """One fault to ask the sandbox for; without a date, that of the night about to run."""

    feed: str
    kind: str
    date: str | None


@dataclass(frozen=True)
class Options:
    """What was asked for on the command line.

    ``practice`` is the folder of definitions of a practice with systems of its own: its world has no sandbox.
    """

    patients: int = PATIENTS
    seed: int = SEED
    population: str | None = None
    practice: str | None = None
    night: str | None = None
    nights: int = 1
    misbehave: tuple[Misbehaviour, ...] = ()

    @property
    def world(self) -> str:
        """Name of the world, also the name of its folder."""
        if self.practice:
            return f"{REAL}{_named_after(self.practice)}"
        if self.population:
            return f"population-{_named_after(self.population)}-s{self.seed}"
        return f"patients-{self.patients}-s{self.seed}"

    def after_a_night(self) -> Options:
        """The options for the next night, without faults that have a date: those were already requested."""
        return replace(self, misbehave=tuple(fault for fault in self.misbehave if not fault.date))


def read(environment: dict[str, str] | None = None) -> Options:
    """Options from ``PATIENTS SEED POPULATION NIGHT N MISBEHAVE``. Raises :class:`WrongOption`."""
    env = {k: v.strip() for k, v in (os.environ if environment is None else environment).items()}
    population = env.get("POPULATION") or None
    if population:
        folder = folder_of("POPULATION", population)
        if not any(folder.glob("Patient*.ndjson*")):
            raise WrongOption(f"POPULATION={population}: no Patient.ndjson is in it")
        population = str(folder)
    night = env.get("NIGHT") or None
    if night:
        night = _date("NIGHT", night)
    named = [key for key in _WHICH if env.get(key)]
    last = {} if named else _last_world()
    practice = _practice(env, last)
    if practice and named:
        raise WrongOption(
            f"{named[0]}= makes a world of the sandbox, and {practice} has systems of its own"
            f" (DEFINITIONS={OURS} for the sandbox with Throughline's definitions)"
        )
    return Options(
        practice=practice,
        patients=_count(env, "PATIENTS", last.get("patients", PATIENTS), 1),
        seed=_count(env, "SEED", last.get("seed", SEED), 0),
        population=population or last.get("population"),
        night=night,
        nights=_count(env, "N", 1, 1),
        misbehave=tuple(
            _misbehaviour(text) for text in re.split(r"[,\s]+", env.get("MISBEHAVE", "")) if text
        ),
    )


def _practice(env: Mapping[str, str], last: Mapping[str, Any]) -> str | None:
    """The folder of a practice with systems of its own that the environment names, or else that of the last world."""
    given = env.get("DEFINITIONS") or env.get("THROUGHLINE_DEFINITIONS")
    if not given:
        found: str | None = last.get("practice")
        return found
    if given == OURS:
        return None
    # one name for `../practice` and `~/practice`; a link stays a link, as it may lead elsewhere tomorrow
    folder = os.path.normpath(paths.typed(given))
    return folder if any(Path(folder).glob("sources/*.yaml")) else None


def _named_after(folder: str) -> str:
    """A name for a world that is about a folder: the folder's own, and a hash of its path."""
    place = hashlib.sha256(folder.encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9]+', '-', Path(folder).name)}-{place}"


def forget_blanks(environment: MutableMapping[str, str]) -> None:
    """Take a variable that has nothing but blanks for one that was not given."""
    for key in TAKEN:
        if not environment.get(key, "").strip():
            environment.pop(key, None)


def check(command: str, environment: Mapping[str, str]) -> None:
    """Refuse a variable that the command does not take, and what cannot be meant in one. Raises :class:`WrongOption`.

    ``THROUGHLINE_GIVEN`` names what was given to ``make``, for all of ``THROUGHLINE_GOALS``.
    """
    goals = {command, *environment.get("THROUGHLINE_GOALS", "").split()}
    taken = {name for goal in goals for name in TAKES.get(goal, ())}
    for key in environment.get("THROUGHLINE_GIVEN", "").split():
        if key in TAKEN and key not in taken and key != "THROUGHLINE_STATE":
            known = ", ".join(f"{name}=" for name in TAKES[command]) or "none"
            raise WrongOption(f"{key}= is no option of `make {command}`; it takes {known}")
    if len(goals) == 1:
        _check_together(command, environment)
    for key in TAKEN:
        text = environment.get(key, "")
        if any("\ud800" <= sign <= "\udfff" for sign in text):
            raise WrongOption(f"{key}: has bytes that are not UTF-8")
        if any(ord(sign) < 32 or ord(sign) == 127 for sign in _one_line(key, text)):
            raise WrongOption(f"{key}: has a control character, such as a line end")


def _check_together(command: str, environment: Mapping[str, str]) -> None:
    """Refuse a variable that was given and does nothing, because another one is missing or there."""
    for key in environment.get("THROUGHLINE_GIVEN", "").split():
        other, wanted = ONLY_WITH.get(command, {}).get(key, ("", ()))
        has = environment.get(other, "").strip()
        if other and not (has in wanted if wanted else has):
            raise WrongOption(
                f"{key}= does nothing in `make {command}` without {other}={' or '.join(wanted)}"
            )
        other = NOT_WITH.get(key, "")
        if environment.get(other, "").strip():
            raise WrongOption(
                f"{key}= does nothing beside {other}=, which says who the patients are"
            )
    if command == "source-profile" and environment.get("FOLDER", "").strip():
        for key in set(_WHICH) & set(environment.get("THROUGHLINE_GIVEN", "").split()):
            raise WrongOption(f"{key}= does nothing beside FOLDER=, which is of no world")


def check_numbers(environment: Mapping[str, str], keys: Iterable[str]) -> None:
    """Refuse what is no number, or none of a comma-separated list. Raises :class:`WrongOption`."""
    for key in keys:
        for text in environment.get(key, "").split(","):
            if text.strip():
                _count({key: text.strip()}, key, 0, 0 if key == "SEED" else 1)


def _one_line(key: str, text: str) -> str:
    return re.sub(r"[\r\n\t]", "", text) if key in LINES else text


def world_path(options: Options) -> Path:
    """Where the options' world is, or would be."""
    return paths.state_folder() / "worlds" / options.world


def world_folder(options: Options, *, remember: bool = False) -> Path:
    """Folder of the options' world in the state folder; ``remember`` makes it the default of later commands."""
    state = paths.state_folder()
    folder = world_path(options)
    folder.mkdir(parents=True, exist_ok=True)
    for made in (folder, folder.parent):
        made.chmod(0o711)
    if remember:
        chosen = {
            "patients": options.patients,
            "seed": options.seed,
            "population": options.population,
            "practice": options.practice,
        }
        paths.write_private(state / "world.json", json.dumps(chosen))
    return folder


def all_worlds() -> list[Path]:
    """Folders of every world of this clone."""
    return sorted(
        folder for folder in (paths.state_folder() / "worlds").glob("*") if folder.is_dir()
    )


def _last_world() -> dict[str, Any]:
    try:
        last: dict[str, Any] = json.loads((paths.state_folder() / "world.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return last


def day(environment: Mapping[str, str], key: str) -> date | None:
    """The date that a variable names, if it names one. Raises :class:`WrongOption`."""
    text = environment.get(key, "").strip()
    return date.fromisoformat(_date(key, text)) if text else None


def seconds(environment: Mapping[str, str], key: str, default: int) -> int:
    """The seconds that a variable names. Raises :class:`WrongOption`."""
    return _count({key: environment.get(key, "").strip()}, key, default, 0)


def folder_of(key: str, given: str) -> Path:
    """The folder that a variable names. Raises :class:`WrongOption` if it is none."""
    try:
        folder = Path(given).expanduser().resolve()
        if folder.is_dir():
            return folder
        wrong = "is a file, no folder" if folder.exists() else "no such folder"
    except (OSError, RuntimeError, ValueError) as error:
        # too long a name, a loop of links, ~somebody that there is not
        wrong = getattr(error, "strerror", None) or str(error)
    raise WrongOption(f"{key}={shown(given, SHOWN_OF_A_PATH)}: {wrong}")


def new_folder(key: str, folder: Path) -> Path:
    """Make a folder that a variable names, if it is missing. Raises :class:`WrongOption` if it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        wrong = None if os.access(folder, os.W_OK | os.X_OK) else os.strerror(errno.EACCES)
    except OSError as error:
        wrong = error.strerror
    if wrong:
        raise WrongOption(
            f"{key}: {shown(str(folder), SHOWN_OF_A_PATH)} cannot be written: {wrong}"
        )
    return folder


def shown(text: str, most: int = SHOWN) -> str:
    """A wrong value as a message repeats it."""
    return text if len(text) <= most else f"{text[:most]}…"


def words(environment: Mapping[str, str], *names: str) -> list[str]:
    """What variables say as arguments of a program of the pipeline; what is not given is left out.

    Each is one word with its value: a note that begins with a dash is no argument of its own. ``LOGIN`` is a file
    with user and password, or ``ask``. Raises :class:`WrongOption`.
    """
    said = []
    for name in names:
        text = environment.get(name, "")
        if name == "PREVIEW":
            said += ["--preview"] if is_set(environment, name) else []
        elif text.strip():
            asked = name == "LOGIN" and text.strip() == "ask"
            said.append(f"--{name.lower()}={'' if asked else text}")
    return said


def is_set(environment: Mapping[str, str], key: str) -> bool:
    """Whether a switch is on. Raises :class:`WrongOption`."""
    text = environment.get(key, "").strip()
    if text not in ("", "0", "1"):
        raise WrongOption(f"{key}={shown(text)}: must be 1, or not given")
    return text == "1"


def _count(env: Mapping[str, str], key: str, default: int, least: int) -> int:
    text = env.get(key) or str(default)
    # isdigit takes ² and digits of other scripts, and int refuses numbers of thousands of digits
    if re.fullmatch("[0-9]{1,19}", text) and least <= int(text) <= MOST[key]:
        return int(text)
    raise WrongOption(f"{key}={shown(text)}: must be a whole number from {least} to {MOST[key]}")


def _date(key: str, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise WrongOption(f"{key}={shown(text)}: must be a date like 2026-09-01") from None


def _misbehaviour(text: str) -> Misbehaviour:
    parts = text.split(":")
    if len(parts) == 2:
        return Misbehaviour(feed=parts[0], kind=parts[1], date=None)
    if len(parts) == 3:
        return Misbehaviour(feed=parts[0], date=_date("MISBEHAVE", parts[1]), kind=parts[2])
    raise WrongOption(
        f"MISBEHAVE={shown(text)}: must be feed:kind or feed:date:kind, like claim:2026-09-02:late"
    )
