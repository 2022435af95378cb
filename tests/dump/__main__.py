"""`make dump OUT=folder`: runs nights in a separate state folder and writes everything that each of them left.

`make dump-compare A=folder B=folder`: lists the differences between two dumps; with
`RENAMED=ehr=epic,ehr_main=epic_main` it compares practices with different names of sources and connections.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from stack import options, paths, postgres, up
from stack.nights import night, staff
from tests import leftover
from tests.dump.compare import compare
from tests.dump.write import write
from throughline import programs

PATIENTS, SEED, NIGHTS = 500, 1, 10


def dump(folder: Path) -> int:
    """Run `N` nights as `make nights` does, and dump each before the staff act on the next morning."""
    state = leftover.state_folder("throughline-dump-", paths.ON_DISK)
    os.environ["THROUGHLINE_STATE"] = str(state)
    asked = {"PATIENTS": str(PATIENTS), "SEED": str(SEED), "N": str(NIGHTS)}
    chosen = options.read(asked | {key: value for key, value in os.environ.items() if value})
    try:
        with up.running(chosen, say) as stack:
            for number in range(1, chosen.nights + 1):
                staff.act(stack, chosen, say)
                outcome = night.run(stack, chosen, lambda text: None)
                say(f"night {outcome.seq} of {outcome.business_date} {outcome.status}")
                if not outcome.did_its_work:
                    return 1
                with psycopg.connect(
                    stack.dsn(postgres.SUPERUSER), options="-c timezone=UTC"
                ) as conn:
                    write(conn, outcome.seq, folder / f"night-{number:02d}")
                chosen = chosen.after_a_night()
    finally:
        shutil.rmtree(state, ignore_errors=True)
    say(f"written to {folder}")
    return 0


def tell_differences(one: Path, other: Path, renamed: str) -> int:
    """Print what differs; returns 1 when something does."""
    pairs = [pair.split("=", 1) for pair in renamed.split(",") if pair]
    if any(len(pair) != 2 for pair in pairs):
        raise options.WrongOption("RENAMED: must be old=new, with a comma between several")
    names = dict(pairs) if pairs else None
    told = compare(one, other, names)
    print("\n".join(told) or "the dumps agree")
    return 1 if told else 0


def say(text: str) -> None:
    """Print a line with the time of day."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def main(arguments: Sequence[str]) -> int:
    """Dump to `OUT`, or with the word `compare` list the differences of `A` and `B`; returns 2 if it cannot."""
    try:
        if arguments:
            one, other = (_given(name) for name in ("A", "B"))
            return tell_differences(one, other, os.environ.get("RENAMED", ""))
        out = paths.typed(os.environ.get("OUT", "").strip() or _missing("OUT"))
        # hours before the first line is written
        if any(options.new_folder("OUT", out).iterdir()):
            raise options.WrongOption(f"OUT={out}: is not empty; name a new folder")
    except (options.WrongOption, OSError) as wrong:
        print(f"dump: {wrong}", file=sys.stderr)
        return 2
    return dump(out)


def _given(name: str) -> Path:
    return options.folder_of(name, os.environ.get(name, "").strip() or _missing(name))


def _missing(name: str) -> str:
    raise options.WrongOption(
        f"{name} is missing: make dump OUT=folder, or make dump-compare A=folder B=folder"
    )


if __name__ == "__main__":
    programs.run(lambda: main(sys.argv[1:]))
