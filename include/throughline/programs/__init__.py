"""How a program of the command line ends: with its code, and without a traceback for what is no fault of its own.

That is a pipe which nobody reads any more, Ctrl-C, and a warehouse that does not answer or is not made yet.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NoReturn

from throughline.programs.commands import in_clone

INTERRUPTED = 130
FAILED = 1


def run(main: Callable[[], int], *, unread: int = 0) -> NoReturn:
    """Exit with what `main` returns; with `unread` if a pipe such as `| head` was closed before it had printed all.

    A program whose code is its answer gives another `unread` than 0: what it would have found is not known then.
    """
    try:
        code = main()
        # what is still in the buffer goes out now: at the interpreter's own end a closed pipe is a traceback
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = unread
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception as error:
        said = _of_the_warehouse(error)
        if said is None:
            raise
        print(said, file=sys.stderr)
        code = FAILED
    sys.exit(code)


def _of_the_warehouse(error: Exception) -> str | None:
    """Return what is wrong with the warehouse itself; None if it is something else, and a fault of the program.

    What the server says of a row is not repeated: it may say who a patient is.
    """
    psycopg = sys.modules.get("psycopg")  # a program that has not imported it asks no warehouse
    if psycopg is None:
        return None
    errors = psycopg.errors
    if isinstance(error, errors.DiskFull):
        return "the disk of the warehouse is full"
    if isinstance(error, (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName)):
        maker = in_clone("`make night`", "the service `migrate`")
        return f"the warehouse has not the tables of this version yet: {maker} makes them"
    if isinstance(error, psycopg.OperationalError):
        first = str(error).strip().partition("\n")[0]
        return f"the warehouse does not answer: {first or type(error).__name__}"
    return None
