"""The part of Airflow's REST API that a night needs: unpause, trigger by key, follow."""

from __future__ import annotations

from typing import Any

import httpx

from stack.airflow import Address

TIMEOUT = httpx.Timeout(30, connect=5)
UNFINISHED = ("queued", "running")


class Client:
    """A logged-in user of the local Airflow. Every call raises ``httpx.HTTPError`` when Airflow cannot be reached."""

    def __init__(self, address: Address, user: str = "admin") -> None:
        self._address = address
        self._user = user
        self._http = httpx.Client(base_url=address.url, timeout=TIMEOUT, trust_env=False)
        self._log_in()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def _log_in(self) -> None:
        login = {"username": self._user, "password": self._address.passwords[self._user]}
        answer = self._http.post("/auth/token", json=login)
        answer.raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def ask(self, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """One call below ``/api/v2``; logs in again if the token has expired."""
        answer = self._http.request(method, f"/api/v2{path}", json=body, params=params)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._log_in()
            answer = self._http.request(method, f"/api/v2{path}", json=body, params=params)
        if answer.is_error:
            raise httpx.HTTPStatusError(
                f"{method} {path}: {answer.status_code} {answer.text[:500]}",
                request=answer.request,
                response=answer,
            )
        return answer.json() if answer.content else None

    def dags(self) -> dict[str, bool]:
        """Known DAGs and whether each is paused."""
        told = self.ask("GET", "/dags", limit=100, exclude_stale=True)
        return {dag["dag_id"]: dag["is_paused"] for dag in told["dags"]}

    def import_errors(self) -> list[str]:
        """DAG files that Airflow could not import, each with the last line of its error."""
        told = self.ask("GET", "/importErrors", limit=20)
        return [
            f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}"
            for error in told["import_errors"]
        ]

    def unpause(self, dag: str) -> None:
        """Let a DAG's runs start."""
        self.ask("PATCH", f"/dags/{dag}", {"is_paused": False}, update_mask="is_paused")

    def trigger(self, dag: str, partition_key: str) -> str:
        """Start a run of a DAG for a business date; returns the run's id."""
        run = self.ask(
            "POST", f"/dags/{dag}/dagRuns", {"logical_date": None, "partition_key": partition_key}
        )
        return str(run["dag_run_id"])

    def runs(self, dag: str, limit: int = 20) -> list[dict[str, Any]]:
        """The newest runs of a DAG, newest first."""
        told = self.ask("GET", f"/dags/{dag}/dagRuns", limit=limit, order_by="-run_after")
        return list(told["dag_runs"])

    def run(self, dag: str, run: str) -> dict[str, Any]:
        """One run of a DAG."""
        told: dict[str, Any] = self.ask("GET", f"/dags/{dag}/dagRuns/{run}")
        return told

    def fail_run(self, dag: str, run: str) -> None:
        """Mark an abandoned run as failed."""
        self.ask("PATCH", f"/dags/{dag}/dagRuns/{run}", {"state": "failed"}, update_mask="state")

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """Task instances of a run."""
        told = self.ask("GET", f"/dags/{dag}/dagRuns/{run}/taskInstances", limit=500)
        return list(told["task_instances"])
