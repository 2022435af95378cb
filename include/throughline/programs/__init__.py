"""How a program of the command line ends: with its code, and in silence if nobody reads what it prints any more."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import NoReturn

INTERRUPTED = 130


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
    sys.exit(code)
