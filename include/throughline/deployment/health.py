"""Health checks of a deployment's processes that take more than one request.

`python -m throughline.deployment.health dag_processor`, `triggerer` or `worker`. Airflow's own check commands load
all of Airflow every half minute in every container, and timed out on a busy machine.
"""

from __future__ import annotations

import os
import socket
import sys

import requests

SECONDS = 10


def heartbeat(component: str) -> str:
    """Return the state of a component, as the api-server reports it from heartbeats."""
    api = os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].removesuffix("/execution/")
    with requests.Session() as session:
        session.trust_env = False
        told = session.get(f"{api}/api/v2/monitor/health", timeout=SECONDS).json()
    return str(told[component]["status"])


def worker() -> str:
    """Return the state of this machine's Celery worker: whether it answers over the broker."""
    from celery import Celery  # type: ignore[import-untyped]  # it carries no types

    name = f"celery@{socket.gethostname()}"
    app = Celery(broker=os.environ["AIRFLOW__CELERY__BROKER_URL"])
    answers = app.control.inspect(destination=[name], timeout=SECONDS).ping() or {}
    return "healthy" if name in answers else "silent"


def main() -> int:
    """Print the state; returns 0 when it is healthy, else 1."""
    component = sys.argv[1]
    try:
        state = worker() if component == "worker" else heartbeat(component)
    except (OSError, ValueError, KeyError) as error:
        state = f"unknown: {type(error).__name__}"
    print(f"{component}: {state}")
    return 0 if state == "healthy" else 1


if __name__ == "__main__":
    sys.exit(main())
