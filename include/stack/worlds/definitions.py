"""Whose definitions a command uses: those of ``DEFINITIONS=``, of ``THROUGHLINE_DEFINITIONS``, or of the world.

A world keeps to its definitions: with others, its next night would open and end cases that nobody meant.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path

from stack import options, paths
from stack.options import OURS
from throughline import definitions
from throughline.vocabulary import DefinitionError, layers
from throughline.vocabulary.overlay import SETTING

FILE = "definitions"
THROUGHLINES = "Throughline's own"


class Broken(ValueError):
    """The definitions have faults; the message has one a line."""


def choose(command: str, environment: MutableMapping[str, str]) -> None:
    """Put the folder that the command uses into ``THROUGHLINE_DEFINITIONS``, for itself and its programs.

    A command that takes none, such as the benchmark, is about ours. Raises :class:`options.WrongOption` if there is no
    such folder.
    """
    if "DEFINITIONS" not in options.TAKES[command]:
        environment.pop(SETTING, None)
        return
    given = environment.get("DEFINITIONS", "").strip() or environment.get(SETTING, "").strip()
    chosen = given or _of_world(environment)
    if not chosen or chosen == OURS:
        environment.pop(SETTING, None)
        return
    folder = Path(chosen).expanduser().absolute()
    if not folder.is_dir():
        whose = "" if given else f" (the world's; DEFINITIONS={OURS} for Throughline's)"
        raise options.WrongOption(f"DEFINITIONS={chosen}: there is no such folder{whose}")
    environment[SETTING] = str(folder)


def remember(world: Path, say: Callable[[str], None]) -> None:
    """Keep with a world whose definitions it uses, and say it if they are not Throughline's or were others before."""
    before, now = _kept(world), os.environ.get(SETTING, "")
    if now or before:
        changed = f", before {before or THROUGHLINES}" if before != now else ""
        say(f"definitions: {now or THROUGHLINES}{changed}")
    paths.write_private(world / FILE, now)


def check() -> None:
    """Check all definitions, as the night will. Raises :class:`Broken`."""
    try:
        definitions.check()
    except DefinitionError as error:
        raise Broken(f"the definitions have faults, nothing was started:\n{error}") from None


def check_definitions() -> int:
    """Say every fault of the definitions, or what they make together; ``TAKE_NOTE=1`` and ``SHOW=`` as in the docs."""
    said = ["--take-note"] if options.is_set(os.environ, "TAKE_NOTE") else []
    shown = os.environ.get("SHOW", "").strip()
    said += ["--show", shown] if shown else []
    command = [sys.executable, "-m", "throughline.definitions", *said]
    return subprocess.run(
        command, env=paths.child_environment(), cwd=paths.ROOT, check=False
    ).returncode


def lay_out() -> int:
    """Lay out the folder ``DIR=`` for a practice; asks at the terminal what ``NAME= ZONE=`` and so on do not say."""
    folder = os.environ.get("DIR", "").strip()
    if not folder:
        raise options.WrongOption(
            "DIR is missing: make practice DIR=~/our-practice NAME='Our practice'"
        )
    said = [
        word
        for name in ("NAME", "ZONE", "PHONE", "NPI", "INSIDE")
        if (given := os.environ.get(name, "").strip())
        for word in (f"--{name.lower()}", given)
    ]
    command = [sys.executable, "-m", "throughline.definitions.lay_out", *said, "--", folder]
    return subprocess.run(
        command, env=paths.child_environment(), cwd=paths.ROOT, check=False
    ).returncode


def guess_source() -> int:
    """Write the definition of the source ``NAME=`` from the table ``FROM=``, as the feeds ``FEED=`` or as it seems."""
    name, table = (os.environ.get(each, "").strip() for each in ("NAME", "FROM"))
    folder = os.environ.get(SETTING, "").strip()
    if not name or not table:
        raise options.WrongOption(
            "NAME or FROM is missing: make source NAME=front_office FROM=~/patients.csv DEFINITIONS=~/our-practice"
        )
    if not folder or folder == OURS:
        raise options.WrongOption(
            "DEFINITIONS is missing: the definition goes into a folder of the practice's own"
        )
    file = str(Path(table).expanduser())
    feed = ["--feed", given] if (given := os.environ.get("FEED", "").strip()) else []
    command = [
        sys.executable,
        "-m",
        "throughline.profiling.guessing.run",
        *feed,
        "--",
        name,
        file,
        folder,
    ]
    return subprocess.run(
        command, env=paths.child_environment(), cwd=paths.ROOT, check=False
    ).returncode


def take_in_value_sets() -> int:
    """Take the value sets of the folder ``FOLDER=`` into the practice's definitions, and pin them."""
    download = os.environ.get("FOLDER", "").strip()
    folder = os.environ.get(SETTING, "").strip()
    if not download:
        raise options.WrongOption(
            "FOLDER is missing: make value-sets FOLDER=~/download DEFINITIONS=~/our-practice"
        )
    if not folder or folder == OURS:
        raise options.WrongOption(
            "DEFINITIONS is missing: licensed value sets go into a folder of the practice's own"
        )
    command = [sys.executable, "-m", "throughline.definitions.value_sets", download, folder]
    return subprocess.run(
        command, env=paths.child_environment(), cwd=paths.ROOT, check=False
    ).returncode


def show_draft() -> int:
    """Check the draft ``FILE=`` of a workflow and print its page, or write it into ``OUT=``; without one, list all."""
    file, into = (os.environ.get(each, "").strip() for each in ("FILE", "OUT"))
    if into and not file:
        raise options.WrongOption("FILE is missing: make workflow FILE=call_back OUT=~/pages")
    said = (["--into", into] if into else []) + (["--", file] if file else [])
    command = [sys.executable, "-m", "throughline.definitions.drafts", *said]
    return subprocess.run(
        command, env=paths.child_environment(), cwd=paths.ROOT, check=False
    ).returncode


def digest() -> str:
    """Fingerprint of every definition that holds; it changes with any file."""
    of = hashlib.sha256()
    for name, path in layers().every().items():
        of.update(f"{name}\0".encode() + path.read_bytes())
    return of.hexdigest()


def _of_world(environment: MutableMapping[str, str]) -> str:
    try:
        return _kept(options.world_path(options.read(dict(environment))))
    except options.WrongOption:  # the command says so, if it takes these options
        return ""


def _kept(world: Path) -> str:
    file = world / FILE
    return file.read_text().strip() if file.is_file() else ""


def readiness(pipeline: Callable[..., int]) -> Callable[[], int]:
    """Return the command that says what can be proven; ``HISTORY=1`` adds what has come, and the first load."""

    def run() -> int:
        if options.is_set(os.environ, "HISTORY"):
            found = pipeline("throughline.definitions.readiness", "--history")
            pipeline("throughline.told.starting")
            return found
        command = [sys.executable, "-m", "throughline.definitions.readiness"]
        return subprocess.run(
            command, env=paths.child_environment(), cwd=paths.ROOT, check=False
        ).returncode

    return run
