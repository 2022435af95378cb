"""Measures the page of a full batch of claims: `python -m tests.benchmark.batch FILE`.

The benchmark's billing is another system's, so no batch waits in its warehouses. This makes one of as many claims as
a batch may have, in a warehouse of its own: the page reads the batch's claims, whatever else the warehouse holds.
What a process keeps of a list for those who open it again is forgotten before each first opening.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

from starlette.testclient import TestClient

from stack import airflow, postgres
from tests.benchmark import pages
from tests.warehouse.tasks.desk import Desk, billable
from throughline import evidence, sources, warehouse, workflows
from throughline.pages import cards
from throughline.tasks import listed
from throughline.tasks.claims import MOST_CLAIMS

NIGHT = "2026-07-06"


def run() -> list[dict[str, Any]]:
    """Return what the page costs, as `pages.measure` does, measured in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="throughline-benchmark-") as folder:
        target = Path(folder) / "batch.json"
        environment = {**os.environ, "AIRFLOW_HOME": folder}
        subprocess.run(
            [sys.executable, "-m", "tests.benchmark.batch", str(target)],
            env=environment,
            check=True,
        )
        found: list[dict[str, Any]] = json.loads(target.read_text(encoding="utf-8"))
        return found


def _batch(server: postgres.Server, claims: int) -> UUID:
    """Make a batch of claims that waits; returns its id."""
    nothing_is_sent: Any = None
    warehouse.migrate(server.dsn())
    with warehouse.connect(server.dsn()) as conn:
        sources.register(conn, 0)
        evidence.register_codes(conn)
        workflows.register(conn, 0)
        desk = Desk(conn, nothing_is_sent)
        patients = [f"p{number}" for number in range(claims)]
        desk.know(*(billable(who) for who in patients))
        desk.open(NIGHT)
        for who in patients:
            desk.bills(who)
        desk.plan()
        (made,) = desk.prepare()
        conn.execute("analyze")
        return made


def measure(claims: int = MOST_CLAIMS) -> list[dict[str, Any]]:
    """Return name, median and slowest milliseconds, and bytes of the page of a batch of so many claims."""
    with postgres.throwaway() as server:
        batch = _batch(server, claims)

        def asked(browser: TestClient) -> Iterator[tuple[str, Callable[[], Any]]]:
            def anew() -> Any:
                listed.forget()
                cards.forget()
                return browser.get(f"/claims/{batch}")

            yield "claims to release", lambda: browser.get("/claims")
            yield f"a batch of {claims:,} claims, opened first", anew
            yield (
                f"a batch of {claims:,} claims, opened again",
                lambda: browser.get(f"/claims/{batch}"),
            )

        connections = {
            f"AIRFLOW_CONN_{name.upper()}": uri
            for name, uri in airflow.warehouse_connections(server).items()
        }
        with mock.patch.dict(os.environ, connections):
            return pages.measure(asked)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(measure()), encoding="utf-8")
