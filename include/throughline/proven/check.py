"""Checks every invariant on all data: what `make check` runs.

`python -m throughline.proven.check [--night SEQ]`, with the warehouse's address in the
environment variable `THROUGHLINE_DSN`. Exits with 1 and a list of violations if one does not hold.
The heads of the chain that each night kept in the folder of `THROUGHLINE_CHAIN`, or else of
`THROUGHLINE_PAGES`, are compared with the chain. `--accept --note WHY`, by a person who may (`accept_chain`) and logs
in or whose login of the operating system it is, takes the chain as it is: from then on the file is held against it
anew. The address in `THROUGHLINE_DECIDER_DSN` is needed for this alone.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from throughline import decisions, programs, warehouse
from throughline.decisions import NotAllowedError, Request, command_line
from throughline.programs.commands import as_here
from throughline.proven import accept, chain, invariants

WHAT_TO_DO = as_here("""
Change nothing yet: pause sending, and copy the database and the file. A copy of the file elsewhere, or the heads that
the monitor of the check-in address was told, say which of the two is right (docs/runbook.md, "The chain does not
agree"). Put the right file back, or restore the right backup. If neither is there, a person who knows why goes on with
what is here: make check ACTION=accept LOGIN=ask NOTE=<why>
""")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the invariants and print the result; returns 0 if all hold, else 1."""
    parser = argparse.ArgumentParser(prog="python -m throughline.proven.check")
    parser.add_argument("--night", type=int, help="only what this night changed")
    parser.add_argument("--accept", action="store_true", help="take the chain as it is")
    command_line.ask_who(parser)
    parser.add_argument("--note", default="", help="why it does not agree with the file")
    given = parser.parse_args(arguments)
    folder = chain.folder_of(os.environ)
    with warehouse.connect(os.environ["THROUGHLINE_DSN"]) as conn:
        broken = invariants.check(conn, given.night)
        if given.accept:
            try:
                _accept(folder, given, is_sound=not broken)
            except NotAllowedError as error:
                print(error, file=sys.stderr)
                return 2
        other = _other_heads(conn, folder)
        conn.rollback()
    if other:
        print("The chain is not the one whose heads were kept:\n")
        print("\n".join(f"    {line}" for line in other))
        print(WHAT_TO_DO)
    count = len(invariants.checks())
    where = "over everything" if given.night is None else f"on what night {given.night} changed"
    if not broken:
        print(f"All {count} checks of the invariants hold {where}.")
        return 1 if other else 0
    print(f"{len(broken)} of {count} checks of the invariants do not hold {where}:\n")
    print(invariants.tell(broken))
    return 1


def _accept(folder: Path | None, given: argparse.Namespace, *, is_sound: bool) -> None:
    """Accept the chain as a decision of whoever gives the command. Raises `NotAllowedError`."""
    if folder is None:
        raise NotAllowedError(
            "nothing was accepted: neither THROUGHLINE_CHAIN nor THROUGHLINE_PAGES names a folder"
        )
    caller = command_line.caller_of(given.by.strip(), given.login, os.environ)
    with warehouse.connect(decisions.address()) as conn:
        request = Request(
            accept.ACT, accept.ABOUT, "chain", caller.who, given.note, {"is_sound": is_sound},
            caller.door,
        )  # fmt: skip
        if caller.why_not is not None:
            decisions.refuse(conn, request, caller.why_not)
        decisions.record(conn, request)
        conn.commit()
    chain.accept(folder, caller.who, given.note.strip())


def _other_heads(conn: warehouse.Connection, folder: Path | None) -> list[str]:
    """Return what differs between the kept heads of the chain and the chain, and print who accepted it."""
    if folder is None:
        return [
            "they were not looked at: neither THROUGHLINE_CHAIN nor THROUGHLINE_PAGES names the folder of"
            f" {chain.FILE}"
        ]
    known = chain.kept(folder)
    if known and known.accepted:
        said = known.accepted
        print(
            f"The chain was accepted as it was at {said['at']}, by {said['accepted_by']}: {said.get('why')}"
        )
    return chain.compare(conn, folder)


if __name__ == "__main__":
    programs.run(main, unread=1)
