"""``make pause-sending`` and ``make resume-sending``, also while a night runs; and what is only observed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from stack import airflow, options, paths, up
from stack.worlds import backups


def sending(action: str) -> Callable[[], int]:
    """Return the command that records a named person's decision that nothing goes out, or goes out again."""

    def run() -> int:
        by, note, login = (os.environ.get(name, "").strip() for name in ("BY", "NOTE", "LOGIN"))
        if not note or not (by or login):
            raise options.WrongOption(
                f"BY or NOTE missing: make {action}-sending BY=operator NOTE='why' (or LOGIN=ask instead of BY)"
            )
        said = options.words(os.environ, "BY", "NOTE", "LOGIN")
        world = options.world_path(options.read())
        # a night that is sending must not have to end first
        with (
            backups.beside_a_night(f"{action}-sending", world) as is_alone,
            up.server(world) as server,
        ):
            if is_alone:
                up.restore_point(server, lambda text: print(text, file=sys.stderr))
                up.migrate(server)
            dsn = {
                "THROUGHLINE_DSN": server.dsn("throughline_loop"),
                "THROUGHLINE_DECIDER_DSN": server.dsn("throughline_decider"),
            }
            return subprocess.run(
                [
                    sys.executable, "-m", "throughline.deployment.pause",
                    "sending", "--action", action, *said,
                ],
                env=airflow.tool_environment(world) | dsn,
                cwd=paths.ROOT,
                check=False,
            ).returncode  # fmt: skip

    return run


def observed(pipeline: Callable[..., int]) -> Callable[[], int]:
    """Return the command that lists what is only observed or held, or lets it out (``WORKFLOW= LIST= BY= NOTE=``)."""

    def run() -> int:
        workflow = os.environ.get("WORKFLOW", "").strip()
        if not workflow:
            return pipeline("throughline.tasks.observing")
        said = options.words(os.environ, "LIST", "BY", "NOTE", "PREVIEW", "LOGIN")
        act = ("--action=release_observed", "--", workflow)
        return pipeline("throughline.tasks.observing", *said, *act)

    return run
