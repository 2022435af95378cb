"""``python -m stack <command>``: what the targets of the Makefile run."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

import psycopg

from stack import airflow, commands, lock, options, paths, postgres, processes, sandbox, up
from stack.nights import chain
from stack.worlds import commands as worlds
from stack.worlds import definitions, systems
from throughline import programs
from throughline.deployment.archive import ArchiveError

EXPECTED = (
    ArchiveError,
    airflow.AirflowFailed,
    commands.CommandFailed,
    lock.Busy,
    chain.NightFailed,
    definitions.Broken,
    options.WrongOption,
    postgres.PostgresFailed,
    processes.NotOurs,
    sandbox.SandboxFailed,
    up.NoWarehouse,
    systems.NotGiven,
    systems.NotUp,
    worlds.NotSaidWhich,
    worlds.OthersLeft,
    PermissionError,
    TimeoutError,
)
"""Errors whose message is enough: it is printed without a traceback."""

PLAIN = {
    errno.ENOSPC: "the disk is full: ",
    errno.EDQUOT: "the disk is full for this user: ",
    errno.EROFS: "",
    errno.EEXIST: "",
    errno.ENOTDIR: "",
    errno.ENAMETOOLONG: "",
}
"""Errors of a folder or a disk that need no traceback, with what goes before the system's own words."""


FULL = 64 << 20
"""Bytes: with less, PostgreSQL cannot even write the next file of its log, and ends."""


def main(arguments: list[str]) -> int:
    """Run one command; returns 0 on success, 1 with a printed reason on failure, 130 after Ctrl-C."""
    known: dict[str, Callable[[], int]] = commands.COMMANDS
    if len(arguments) != 1 or arguments[0] not in known:
        print(f"usage: python -m stack {{{'|'.join(known)}}}", file=sys.stderr)
        return 2

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # Clean up after a closed terminal and after SIGTERM as after Ctrl-C. A shell that starts us in the background
    # ignores SIGINT, but `make stop` must still work.
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    try:
        options.forget_blanks(os.environ)
        options.check(arguments[0], os.environ)
        definitions.choose(arguments[0], os.environ)
        return known[arguments[0]]()
    except EXPECTED as reason:
        print(f"{arguments[0]}: {_of_the_disk()}{reason}", file=sys.stderr)
        return 1
    except psycopg.OperationalError as error:
        said = str(error).strip().partition("\n")[0]
        print(
            f"{arguments[0]}: {_of_the_disk()}PostgreSQL does not answer: {said}", file=sys.stderr
        )
        return 1
    except KeyboardInterrupt:
        print(f"{arguments[0]}: interrupted; nothing was left running", file=sys.stderr)
        return 130
    except OSError as error:
        if error.errno not in PLAIN:
            raise
        # not the error's own text: a path may have thousands of characters
        named = (
            f": {options.shown(str(error.filename), options.SHOWN_OF_A_PATH)}"
            if error.filename
            else ""
        )
        print(f"{arguments[0]}: {PLAIN[error.errno]}{error.strerror}{named}", file=sys.stderr)
        return 1


def _of_the_disk() -> str:
    """What goes before a reason while the disk is all but full: a server that cannot write says anything else."""
    try:
        folder = paths.state_folder()
        there = os.statvfs(folder)
    except OSError:
        return ""
    left = there.f_bavail * there.f_frsize
    return f"the disk is full, {left >> 20} MB are left in {folder}: " if left < FULL else ""


if __name__ == "__main__":
    programs.run(lambda: main(sys.argv[1:]))
