"""Pauses sending, and resumes it: `python -m throughline.deployment.pause sending --by NAME --action pause --note WHY`.

`throughline.tasks.pausing` says what follows.
"""

from __future__ import annotations

from collections.abc import Sequence

from throughline import programs
from throughline.decisions import Request, command_line
from throughline.tasks.pausing import ABOUT, ACTIONS


def main(arguments: Sequence[str] | None = None) -> int:
    """Record one decision; returns 0, or 2 with the reason when it cannot be recorded."""
    given = command_line.parser("throughline.deployment.pause", ABOUT, tuple(ACTIONS)).parse_args(
        arguments
    )

    def asked(_: object) -> Request:
        return Request(ACTIONS[given.action], ABOUT, ABOUT, given.by, given.note)

    return command_line.decide(given, asked)


if __name__ == "__main__":
    programs.run(main)
