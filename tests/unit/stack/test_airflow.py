"""What Airflow is told by its environment."""

from __future__ import annotations

from pathlib import Path

from stack import airflow, postgres
from stack.options import REAL


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
