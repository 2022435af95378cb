"""Imports for Airflow's long-lived processes before they fork; on their path as ``airflow_local_settings``."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from throughline.deployment.preload import DAG_PROCESSOR, SCHEDULER, preload


def wait_for(variable: str, seconds: float = 600) -> None:
    """Wait for the file named in an environment variable; returns at once if it is not set."""
    marker = os.environ.get(variable)
    deadline = time.monotonic() + seconds
    while marker and not Path(marker).exists():
        if time.monotonic() > deadline:
            sys.exit(f"{marker} was not made within {seconds:.0f} s")
        time.sleep(0.05)


component = sys.argv[1] if len(sys.argv) > 1 else ""
if component in ("scheduler", "dag-processor"):
    preload(SCHEDULER if component == "scheduler" else DAG_PROCESSOR)
    wait_for("THROUGHLINE_AIRFLOW_MIGRATED")  # at a first start the migration runs while we import
if component == "scheduler":
    wait_for("THROUGHLINE_AIRFLOW_MAY_SCHEDULE")
