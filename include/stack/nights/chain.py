"""The night's DAGs in Airflow: wait until they are known, and until none of them runs."""

from __future__ import annotations

import time
from typing import Any

from stack import paths, rest
from throughline.orchestration.chain import CHAIN

SIDE = ("release_feed", "release_claims")
POLL_SECONDS = 0.4
PARSE_SECONDS = 300
"""Longest time until the dag-processor has read every file; measured: five seconds after a cold start."""


class NightFailed(RuntimeError):
    """The night failed; the message is the reason."""


def wait_for_dags(client: rest.Client) -> None:
    """Wait until Airflow knows every DAG of the night, and unpause them. Raises :class:`NightFailed`."""
    deadline = time.monotonic() + PARSE_SECONDS
    wanted = {file.stem for file in (paths.ROOT / "dags").glob("*.py")}
    while not wanted <= (known := client.dags()).keys():
        broken = client.import_errors()
        if broken:
            raise NightFailed("Airflow cannot read " + "; ".join(broken))
        if time.monotonic() > deadline:
            raise NightFailed(f"Airflow does not know {', '.join(sorted(wanted - known.keys()))}")
        time.sleep(POLL_SECONDS)
    for name in sorted(wanted):
        if known[name]:
            client.unpause(name)


def clear_abandoned(client: rest.Client) -> None:
    """End runs that an earlier, killed command left behind; their date runs again from the start."""
    for dag in CHAIN:
        for run_ in client.runs(dag):
            if run_["state"] in rest.UNFINISHED:
                client.fail_run(dag, run_["dag_run_id"])


def wait_until_quiet(client: rest.Client, seconds: float = 600) -> None:
    """Wait until no DAG of the chain and no decision runs; those waiting for a person do not count."""
    deadline = time.monotonic() + seconds
    quiet_since: float | None = None
    while True:
        busy = any(
            _is_busy(client, dag, run_) for dag in (*SIDE, *CHAIN) for run_ in client.runs(dag)
        )
        now = time.monotonic()
        quiet_since = None if busy else (quiet_since or now)
        # A released feed publishes an asset, and the scheduler takes a moment to start what follows it.
        if quiet_since is not None and now - quiet_since > 1.5:
            return
        if now > deadline:
            raise NightFailed(f"runs did not finish within {seconds:.0f} s")
        time.sleep(POLL_SECONDS)


def _is_busy(client: rest.Client, dag: str, run_: dict[str, Any]) -> bool:
    if run_["state"] not in rest.UNFINISHED:
        return False
    if dag not in SIDE:
        return True
    states = {task["state"] for task in client.tasks(dag, run_["dag_run_id"])}
    return "awaiting_input" not in states
