"""``make retain``: remove from a world what is past the terms of ``practice.yaml``."""

from __future__ import annotations

import os
import subprocess
import sys

from stack import airflow, lock, options, paths, processes, up


def retain() -> int:
    """Remove what is past its time, by ``BY`` because of ``NOTE``; ``PREVIEW=1`` only shows what would go."""
    by, note, login = (os.environ.get(name, "").strip() for name in ("BY", "NOTE", "LOGIN"))
    is_preview = options.is_set(os.environ, "PREVIEW")
    if not is_preview and not (note and (by or login)):
        raise options.WrongOption(
            "BY or NOTE missing: make retain BY=operator NOTE='why' (PREVIEW=1 shows what would go)"
        )
    said = options.words(os.environ, "NOTE", "BY", "LOGIN", "PREVIEW")
    with lock.held("retain"), up.server(options.world_path(options.read())) as server:
        up.restore_point(server, lambda text: print(text, file=sys.stderr))
        up.migrate(server)
        port = int(processes.notes(server.state, "api-server").get("port", 0))
        return subprocess.run(
            [sys.executable, "-m", "throughline.deployment.retain", *said],
            env=airflow.environment(server.state, server, port)
            | {"THROUGHLINE_DECIDER_DSN": server.dsn("throughline_decider")},
            cwd=paths.ROOT,
            check=False,
        ).returncode
