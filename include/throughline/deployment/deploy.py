"""Prepares a PostgreSQL server for a deployment: databases, roles with passwords, both schemas.

Run it once before the services start (`migrate` in docker-compose.yaml), and again after each
upgrade: it creates what is missing and leaves the rest alone. It reads its settings from the
environment: `POSTGRES_DSN` (a superuser, URI),
`THROUGHLINE_{OWNER,LOOP,LOADER,READER,DECIDER}_PASSWORD`, `AIRFLOW_DB_PASSWORD`. If
`THROUGHLINE_RESTORE_POINTS` names a folder, a warehouse with nights that waits for migrations gets a
restore point there first, and without one nothing is migrated.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from throughline import definitions, programs
from throughline.deployment import restore_point
from throughline.deployment.archive import ArchiveError
from throughline.vocabulary import DefinitionError
from throughline.vocabulary.counts import count as counted
from throughline.warehouse import migrate

OWNER = "throughline_owner"
ROLES = {
    "throughline_loop": "THROUGHLINE_LOOP_PASSWORD",
    "throughline_loader": "THROUGHLINE_LOADER_PASSWORD",
    "throughline_reader": "THROUGHLINE_READER_PASSWORD",
    "throughline_decider": "THROUGHLINE_DECIDER_PASSWORD",
    "airflow": "AIRFLOW_DB_PASSWORD",
}


@retry(
    retry=retry_if_exception_type(psycopg.OperationalError),
    stop=stop_after_delay(60),
    wait=wait_fixed(1),
    reraise=True,
)
def prepare(dsn: str, passwords: dict[str, str]) -> None:
    """Create missing roles (name to password) and the databases `throughline` and `airflow`.

    Raises `psycopg.Error` if the server refuses, or cannot be reached for a minute.
    """
    with psycopg.connect(dsn, autocommit=True) as conn:
        for role, password in passwords.items():
            known = conn.execute("select from pg_roles where rolname = %s", (role,)).rowcount
            if not known:
                conn.execute(sql.SQL("create role {}").format(sql.Identifier(role)))
            conn.execute(
                sql.SQL("alter role {} login password {}").format(
                    sql.Identifier(role), sql.Literal(password)
                )
            )
        for database, owner in (("throughline", OWNER), ("airflow", "airflow")):
            known = conn.execute("select from pg_database where datname = %s", (database,)).rowcount
            if not known:
                conn.execute(
                    sql.SQL("create database {} owner {}").format(
                        sql.Identifier(database), sql.Identifier(owner)
                    )
                )
            conn.execute(
                sql.SQL("revoke connect on database {} from public").format(
                    sql.Identifier(database)
                )
            )
        conn.execute(
            "grant connect on database throughline"
            " to throughline_loop, throughline_loader, throughline_reader, throughline_decider"
        )


def main() -> int:
    """Check the definitions, prepare the server, take a restore point, migrate the warehouse, then Airflow's tables."""
    try:
        definitions.check()
    except DefinitionError as error:
        print(f"the definitions have faults, nothing was started:\n{error}", file=sys.stderr)
        return 1
    dsn = os.environ["POSTGRES_DSN"]
    owner_password = os.environ["THROUGHLINE_OWNER_PASSWORD"]
    passwords = {role: os.environ[name] for role, name in ROLES.items()}
    parts = urlsplit(dsn)
    server = parts.netloc.rpartition("@")[2]
    try:
        prepare(dsn, {OWNER: owner_password, **passwords})
    except psycopg.Error as error:
        print(
            f"PostgreSQL at {server} refuses, or cannot be reached: {str(error).strip()}",
            file=sys.stderr,
        )
        return 1
    points = os.environ.get("THROUGHLINE_RESTORE_POINTS")
    if points:
        try:
            restore_point.take(Path(points), dsn, os.environ["AIRFLOW__CORE__FERNET_KEY"])
        except (ArchiveError, OSError, psycopg.Error) as error:
            print(
                f"no restore point, so nothing was migrated: {str(error).strip()}", file=sys.stderr
            )
            return 1
    owner = f"{OWNER}:{quote(owner_password, safe='')}@{server}"
    applied = migrate(urlunsplit(parts._replace(netloc=owner, path="/throughline")))
    print(f"warehouse: {counted(len(applied), 'migration')} applied")
    return subprocess.run(["airflow", "db", "migrate"], check=False).returncode


if __name__ == "__main__":
    programs.run(main)
