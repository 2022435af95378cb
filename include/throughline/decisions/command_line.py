"""How a decision comes in from the command line: the arguments that all commands share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from throughline import decisions, warehouse
from throughline.decisions import NotAllowedError, Request, UnknownActError
from throughline.warehouse import Connection


def parser(program: str, of: str, actions: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser of a module that records one decision: `of` says what its id is of."""
    found = argparse.ArgumentParser(prog=f"python -m {program}")
    found.add_argument("id", help=f"of {of}; eight characters are enough")
    found.add_argument("--by", required=True, help="your name")
    found.add_argument("--action", required=True, help=", ".join(actions))
    found.set_defaults(actions=actions)
    found.add_argument("--note", default="")
    found.add_argument(
        "--preview", action="store_true", help="show what would follow, write nothing"
    )
    return found


def decide(given: argparse.Namespace, asked: Callable[[Connection], Request]) -> int:
    """Record the decision that `asked` makes of the arguments, or show what would follow.

    Returns 0, or 2 with the reason on standard error when it cannot be recorded. `decisions.address` is
    the warehouse's address.
    """
    try:
        if given.action not in given.actions:
            known = ", ".join(given.actions)
            raise UnknownActError(f"{given.action}: must be one of {known}")
        with warehouse.connect(decisions.address()) as conn:
            request = asked(conn)
            if given.preview:
                print("\n".join(decisions.preview(conn, request).follows))
                conn.rollback()
            else:
                decisions.record(conn, request)
    except NotAllowedError as error:
        print(error, file=sys.stderr)
        return 2
    return 0
