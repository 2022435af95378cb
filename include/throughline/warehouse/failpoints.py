"""Named points at which a test can kill or break the process; outside tests they do nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

ENVIRONMENT = "THROUGHLINE_FAILPOINT"

_seen: dict[str, int] = {}
_handler: Callable[[str], None] | None = None


def install(handler: Callable[[str], None] | None) -> None:
    """Call `handler` with the name of each point that is passed (in-process tests); None ends it."""
    global _handler
    _handler = handler


def hit(name: str) -> None:
    """Pass the point `name`.

    With `THROUGHLINE_FAILPOINT=<name>` or `<name>:<n>` in the environment, the process kills itself
    with SIGKILL when it passes the point for the first (n-th) time. With `@<file>`, the name is read
    from that file, which is deleted first, so that only one process dies and its retry passes.
    """
    if _handler is not None:
        _handler(name)
    wanted = os.environ.get(ENVIRONMENT)
    if not wanted:
        return
    if wanted.startswith("@"):
        _die_once(Path(wanted[1:]), name)
        return
    point, _, count = wanted.partition(":")
    if point != name:
        return
    _seen[name] = _seen.get(name, 0) + 1
    if _seen[name] == int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)


def _die_once(file: Path, name: str) -> None:
    try:
        if file.read_text(encoding="utf-8").strip() == name:
            file.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
    except FileNotFoundError:
        return
