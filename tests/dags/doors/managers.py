"""Airflow's API server on loopback with one auth manager or another: its people, their ids and their tokens."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from stack.postgres import free_port

SECRET = "a secret of the tests, long enough for HS512, and for nothing else at all"
PEOPLE = {"biller": "user", "deputy": "user", "operator": "user", "clerk": "op", "viewer": "viewer"}
"""Who works here, with their roles. `clerk` may edit every DAG, and nobody asks the clerk."""
ACCOUNTS = {
    "biller": "5f0c1d0e-3a56-4a0f-9c5e-0d6f7a1b2c3d",
    "deputy": "1b2c3d4e-5f60-4718-8a9b-0c1d2e3f4a5b",
    "operator": "8a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
    "clerk": "c0ffee00-1111-4222-8333-444455556666",
    "viewer": "deadbeef-0000-4000-8000-000000000000",
}
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
HAS_FAB = importlib.util.find_spec("flask_appbuilder") is not None
SECONDS = 900


@dataclass(frozen=True)
class Server:
    """An API server: its address, and of each person the auth manager's id, a token, and a password if it takes any."""

    url: str
    ids: Mapping[str, str]
    tokens: Mapping[str, str]
    passwords: Mapping[str, str]

    def answer(
        self, who: str, dag_id: str, run_id: str, task_id: str, option: str, note: str
    ) -> int:
        """Answer the question of a run as somebody; returns the status. A token is itself a person."""
        token = self.tokens.get(who, who)
        return httpx.patch(
            f"{self.url}/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails",
            json={"chosen_options": [option], "params_input": {"note": note}},
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=60,
            trust_env=False,
        ).status_code


@contextmanager
def simple(folder: Path) -> Iterator[Server]:
    """Run it with the simple auth manager."""
    passwords = {who: f"password of {who}" for who in PEOPLE}
    (folder / "logins.json").write_text(json.dumps(passwords))
    with _in_process(_simple(folder)) as url:
        tokens = {who: _log_in(url, who, said) for who, said in passwords.items()}
        yield Server(url, {who: who for who in PEOPLE}, tokens, passwords)


@contextmanager
def all_admins(folder: Path) -> Iterator[Server]:
    """Run it with the simple auth manager that lets everybody do everything, as nobody in particular."""
    more = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True"}
    with _in_process(_simple(folder) | more) as url:
        token = httpx.get(f"{url}/auth/token", timeout=60, trust_env=False).json()["access_token"]
        ids = dict.fromkeys(PEOPLE, "Anonymous")
        yield Server(url, ids, dict.fromkeys(PEOPLE, token), {})


@contextmanager
def accounts(folder: Path) -> Iterator[Server]:
    """Run it with the stand-in for Keycloak's."""
    from airflow.api_fastapi.app import get_auth_manager

    from tests.dags.doors.stand_in import Account

    manager = {"AIRFLOW__CORE__AUTH_MANAGER": "tests.dags.doors.stand_in.Accounts"}
    with _in_process(_simple(folder) | manager) as url:
        tokens = {
            who: get_auth_manager().generate_jwt(
                Account(user_id=ACCOUNTS[who], name=f"{who}@clinic.example", role=role)
            )
            for who, role in PEOPLE.items()
        }
        yield Server(url, ACCOUNTS, tokens, {})


@contextmanager
def fab(folder: Path) -> Iterator[Server]:
    """Run `airflow api-server` with FAB, in a process of its own. Its roles are those of `fab_people`."""
    port = free_port(0)
    env = dict(os.environ) | _settings(port) | {
        "AIRFLOW__CORE__AUTH_MANAGER": FAB,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    made = subprocess.run(
        [sys.executable, "-m", "tests.dags.doors.fab_people"],
        env=env, check=False, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr[-3000:]
    ids = json.loads(made.stdout.splitlines()[-1])
    url = f"http://127.0.0.1:{port}"
    with (folder / "api-server.log").open("w") as log:
        program = subprocess.Popen(
            [sys.executable, "-m", "airflow", "api-server"],
            env=env,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait(url)
            passwords = {who: f"password of {who}" for who in ids}
            tokens = {who: _log_in(url, who, said) for who, said in passwords.items()}
            yield Server(url, ids, tokens, passwords)
        finally:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()


def _settings(port: int) -> dict[str, str]:
    return {"AIRFLOW__API_AUTH__JWT_SECRET": SECRET, "AIRFLOW__API__SECRET_KEY": SECRET}


def _simple(folder: Path) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(map(":".join, PEOPLE.items())),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "logins.json"),
    }


@contextmanager
def _in_process(env: Mapping[str, str]) -> Iterator[str]:
    """Serve Airflow's app from a thread of this process, over real HTTP."""
    import uvicorn
    from airflow.api_fastapi.app import create_app, purge_cached_app

    port = free_port(0)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (_settings(port) | dict(env)).items():
            patch.setenv(name, value)
        purge_cached_app()
        config = uvicorn.Config(
            create_app(apps="core"), host="127.0.0.1", port=port, log_level="warning", ws="none"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        try:
            _wait(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(30)
            purge_cached_app()


def _wait(url: str) -> None:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/api/v2/version", timeout=5, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise TimeoutError(f"no API server at {url}")


def _log_in(url: str, who: str, password: str) -> str:
    said = {"username": who, "password": password}
    answer = httpx.post(f"{url}/auth/token", json=said, timeout=60, trust_env=False)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["access_token"]
    return token


def forged(token: str, *, ends_in: int = 3600, secret: str = SECRET, **said: Any) -> str:
    """Return a token as Airflow would make it, of a token, with another end, secret or claims."""
    import jwt

    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    now = int(time.time())
    claims |= {"exp": now + ends_in, "iat": now - 7200, "nbf": now - 7200} | said
    header = jwt.get_unverified_header(token)
    made: str = jwt.encode(
        claims, secret, algorithm=header["alg"], headers={"kid": header.get("kid", "")}
    )
    return made
