"""``python -m stack <command>``: what the targets of the Makefile run."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from stack import airflow, commands, lock, options, postgres, sandbox
from stack.nights import chain

EXPECTED = (
    airflow.AirflowFailed,
    commands.CommandFailed,
    lock.Busy,
    chain.NightFailed,
    options.WrongOption,
    postgres.PostgresFailed,
    sandbox.SandboxFailed,
    PermissionError,
    TimeoutError,
)
"""What can go wrong and says why by itself: the reason is printed, without a traceback."""


def main(arguments: list[str]) -> int:
    """Run one command; 0 when it did its work, 1 with the reason when not, 130 after a Ctrl-C."""
    known: dict[str, Callable[[], int]] = commands.COMMANDS
    if len(arguments) != 1 or arguments[0] not in known:
        print(f"usage: python -m stack {{{'|'.join(known)}}}", file=sys.stderr)
        return 2

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    # A closed terminal and a polite kill are to leave as little behind as a Ctrl-C; and a shell that starts us in the
    # background has Ctrl-C ignored, where `make stop` must still be heard.
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    try:
        return known[arguments[0]]()
    except EXPECTED as reason:
        print(f"{arguments[0]}: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{arguments[0]}: interrupted; nothing was left running by it", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `make sql ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
