"""What Airflow is told by its environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack import airflow, postgres
from stack.options import REAL
from throughline.practice import Team


def test_a_login_is_good_for_a_working_day(tmp_path: Path) -> None:
    server = postgres.Server(tmp_path, 1, dict.fromkeys((*postgres.ROLES, "postgres"), "secret"))
    told = airflow.environment(tmp_path, server, 2)
    assert told["AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME"] == str(airflow.TOKEN_SECONDS)
    assert 3600 <= airflow.TOKEN_SECONDS < 86400


def test_of_real_systems_nobody_decides_by_the_names_of_the_sandbox(tmp_path: Path) -> None:
    def logins(world: str) -> str:
        return airflow.tool_environment(tmp_path / world)["THROUGHLINE_SANDBOX_LOGINS"]

    assert logins("p2000-s1") == str(tmp_path / "p2000-s1" / "logins.json")
    assert logins(f"{REAL}front-range-1a2b") == ""


def test_each_member_of_a_team_has_a_login_and_keeps_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = airflow.logins(tmp_path)
    assert before.keys() == airflow.USERS.keys()

    def teams() -> dict[str, Team]:
        return {
            "calls": Team(
                "calls", "Calls", "Lead", members=("nora@clinic", "operator", "a:admin,b")
            )
        }

    monkeypatch.setattr(airflow, "teams", teams)
    assert airflow.users() == airflow.USERS | {"nora@clinic": "user"}
    now = airflow.logins(tmp_path)
    assert now == before | {"nora@clinic": now["nora@clinic"]}
    assert airflow.logins(tmp_path) == now
    assert (tmp_path / "logins.json").stat().st_mode & 0o077 == 0
