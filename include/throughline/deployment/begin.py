"""Starts the night of a business date in a running Airflow, and follows it until it ends.

`python -m throughline.deployment.begin 2026-09-08 --user operator`, in the api-server's container, or anywhere
with `--airflow`. Use it for the first night, a manual night or a rerun; all other nights start on schedule, from
`THROUGHLINE_SCHEDULE_FROM` on. The user's password is read from the logins file if that is readable; otherwise the
command asks for it.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import requests

from throughline import programs
from throughline.orchestration.chain import CHAIN
from throughline.practice.permissions import shipped_logins

LOGINS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
UNFINISHED = ("queued", "running")
POLL_SECONDS = 2.0
SECONDS = 60


class NotBegunError(Exception):
    """The night could not be started or followed; the message says why."""


class NoAnswerError(NotBegunError):
    """Airflow did not answer in time, or not as Airflow does: it may the next time."""


class Airflow:
    """Airflow's REST API at `url`. Use it as a context manager."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._login: tuple[str, str] | None = None
        # Airflow is on this host or in the next container: ignore proxies and .netrc
        self._session.trust_env = False

    def __enter__(self) -> Airflow:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call a path under `/api/v2` and return its JSON answer; logs in again if the token has expired.

        Raises `NotBegunError`; its `NoAnswerError` if asking again may help.
        """
        answer = self._request(method, f"/api/v2{path}", body)
        if answer.status_code == requests.codes.unauthorized and self._login:
            self.log_in(*self._login)
            answer = self._request(method, f"/api/v2{path}", body)
        if not answer.ok:
            busy = answer.status_code >= requests.codes.server_error
            failed = NoAnswerError if busy else NotBegunError
            raise failed(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def log_in(self, user: str, password: str) -> None:
        """Log in; later calls are made as this user. Raises `NotBegunError`."""
        answer = self._request("POST", "/auth/token", {"username": user, "password": password})
        self._login = (user, password)
        if not answer.ok:
            raise NotBegunError(f"Airflow does not let {user} in: {answer.status_code}")
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _request(self, method: str, path: str, body: Any) -> requests.Response:
        try:
            return self._session.request(method, self.url + path, json=body, timeout=SECONDS)
        except requests.RequestException as error:
            raise NoAnswerError(f"Airflow does not answer at {self.url}: {error}") from error


def begin(airflow: Airflow, day: date) -> str:
    """Start the run of the first DAG for a business date; returns its id. Raises `NotBegunError`."""
    for dag in CHAIN:
        if airflow.ask("GET", f"/dags/{dag}")["is_paused"]:
            raise NotBegunError(f"{dag} is paused in Airflow; the night would stop there")
    run = {"logical_date": None, "partition_key": day.isoformat()}
    return str(airflow.ask("POST", f"/dags/{CHAIN[0]}/dagRuns", run)["dag_run_id"])


def follow(airflow: Airflow, day: date, run_id: str, seconds: float) -> bool:
    """Print each DAG of the night as it ends; returns whether the night succeeded.

    An Airflow that does not answer is asked again. Raises `NotBegunError` if the last DAG has not ended after
    `seconds`.
    """
    deadline = time.monotonic() + seconds
    begun = _asked(airflow, f"/dags/{CHAIN[0]}/dagRuns/{run_id}", deadline)["run_after"]
    state = ""
    for dag in CHAIN:
        while True:
            state = _state(airflow, dag, day, begun, deadline)
            if state and state not in UNFINISHED:
                break
            if time.monotonic() > deadline:
                raise NotBegunError(
                    f"{dag} did not end within {seconds:.0f} s; it goes on running in Airflow"
                )
            time.sleep(POLL_SECONDS)
        print(f"{dag:<18} {state}", flush=True)
    return state == "success"


def _asked(airflow: Airflow, path: str, deadline: float) -> Any:
    """Return an answer. A busy machine may owe one for a minute, while the night goes on."""
    while True:
        try:
            return airflow.ask("GET", path)
        except NoAnswerError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def _state(airflow: Airflow, dag: str, day: date, begun: str, deadline: float) -> str:
    """Return the state of the DAG's run for this date that started since then; empty if there is none."""
    since = f"limit=20&order_by=-run_after&run_after_gte={begun}"
    runs = _asked(airflow, f"/dags/{dag}/dagRuns?{since}", deadline)
    mine = [run for run in runs["dag_runs"] if run["partition_key"] == day.isoformat()]
    return str(mine[0]["state"]) if mine else ""


def _password(user: str) -> str:
    file = Path(os.environ.get(LOGINS, ""))
    known = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return known.get(user) or getpass.getpass(f"Password of {user}: ")


def main(arguments: Sequence[str] | None = None) -> int:
    """Start a night; returns 0 if it succeeded (with `--no-wait`: if it was started), else 1."""
    parser = argparse.ArgumentParser(prog="python -m throughline.deployment.begin")
    parser.add_argument("day", type=date.fromisoformat, help="business date, YYYY-MM-DD")
    parser.add_argument("--user", required=True, help="Airflow user who starts the night")
    parser.add_argument("--airflow", default="http://localhost:8080", help="URL of Airflow")
    parser.add_argument("--no-wait", action="store_true", help="start it and do not wait")
    parser.add_argument(
        "--seconds", type=float, default=7200, help="seconds to wait for the night to end"
    )
    given = parser.parse_args(arguments)
    shipped = ", ".join(sorted(shipped_logins()))
    if shipped:
        print(
            f"permissions.yaml still lets the sandbox's logins decide ({shipped}): name your own people in"
            " teams.yaml before a patient's data come in (docs/who-may.md)",
            file=sys.stderr,
        )
    with Airflow(given.airflow) as airflow:
        try:
            airflow.log_in(given.user, _password(given.user))
            run_id = begin(airflow, given.day)
            print(f"night of {given.day:%A}, {given.day}: {run_id}", flush=True)
            return 0 if given.no_wait or follow(airflow, given.day, run_id, given.seconds) else 1
        except NotBegunError as error:
            print(error, file=sys.stderr)
            return 1


if __name__ == "__main__":
    programs.run(main)
