"""Makes the deliveries of one size, and has them measured: each in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from stack import paths, postgres
from tests import leftover

ROOT = Path(__file__).parents[2]
CHANGED = 0.003
"""Share of the patients that a later night brings something of."""

_WRITE = """
import sys
from pathlib import Path
from stack.benchmark import world
world.write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), years=int(sys.argv[5]),
    is_last=sys.argv[6] == "last")
"""


def run(patients: int, nights: int, years: int = 0) -> dict[str, Any]:
    """Measure one size: the first load, with so many earlier `years`, and `nights` later ones.

    Raises `CalledProcessError`.
    """
    # Not below a home folder: as root, the server runs as another user.
    folder = leftover.state_folder("throughline-benchmark-", paths.ON_DISK)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'include'}{os.pathsep}{ROOT}"}
    try:
        for night in range(nights + 1):
            delivery = folder / "deliveries" / str(night)
            subprocess.run(
                [
                    sys.executable,
                    "-c",
                    _WRITE,
                    str(delivery),
                    str(patients),
                    str(night),
                    str(CHANGED),
                    str(years),
                    "last" if night and night == nights else "",
                ],
                env=environment,
                check=True,
            )
        subprocess.run(
            [sys.executable, "-m", "tests.benchmark.measure", str(patients), str(folder)],
            env=environment,
            check=True,
        )
        result: dict[str, Any] = json.loads((folder / "result.json").read_text())
        return result
    finally:
        postgres.stop(folder / "state")
        shutil.rmtree(folder, ignore_errors=True)
