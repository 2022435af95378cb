"""`make dump OUT=folder`: runs nights in a separate state folder and writes everything that each of them left.

`make dump-compare A=folder B=folder`: lists the differences between two dumps; with
`RENAMED=ehr=epic,ehr_main=epic_main` it compares practices with different names of sources and connections.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from stack import options, postgres, up
from stack.nights import night, staff
from tests.dump.compare import compare
from tests.dump.write import write

PATIENTS, SEED, NIGHTS = 500, 1, 10


def dump(folder: Path) -> int:
    """Run `N` nights as `make nights` does, and dump each before the staff act on the next morning."""
    state = Path(tempfile.mkdtemp(prefix="throughline-dump-", dir="/var/tmp"))
    state.chmod(0o711)
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


def tell_differences(one: str, other: str, renamed: str) -> int:
    """Print what differs; returns 1 when something does."""
    names = dict(pair.split("=", 1) for pair in renamed.split(",") if pair) if renamed else None
    told = compare(Path(one), Path(other), names)
    print("\n".join(told) or "the dumps agree")
    return 1 if told else 0


def say(text: str) -> None:
    """Print a line with the time of day."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def main() -> int:
    """Dump, or compare when two folders are named."""
    one, other = os.environ.get("A", ""), os.environ.get("B", "")
    if one and other:
        return tell_differences(one, other, os.environ.get("RENAMED", ""))
    out = os.environ.get("OUT", "")
    if not out:
        print("dump: make dump OUT=folder, or make dump-compare A=folder B=folder", file=sys.stderr)
        return 2
    return dump(Path(out).absolute())


if __name__ == "__main__":
    sys.exit(main())
