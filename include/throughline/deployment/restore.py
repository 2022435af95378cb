"""Restores a backup. `python -m throughline.deployment.restore FOLDER`, while nothing but PostgreSQL runs.

The environment has that of `backup`, and `THROUGHLINE_OWNER_PASSWORD`. Everything is checked, restored beside what is
there and brought to this version's schema before anything is replaced; the databases that were replaced stay, as
`throughline_replaced` and `airflow_replaced`, until the next restore.
Landed files that are not in the backup stay too, and so does the file with the heads of the
chain: it is newer than the restored chain. The restore adds a line to it, so that `check` leaves out what came between
backup and restore, and prints the heads and the decisions of that time.

The warehouse is marked as restored: what may have gone out since the backup is looked up at its receiver, and what
cannot be looked up becomes an exception (`throughline.tasks.restored`).
"""

from __future__ import annotations

import argparse
import os
import sys
import tarfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from throughline import programs, warehouse
from throughline.deployment import archive, elsewhere, removed
from throughline.deployment.archive import ArchiveError
from throughline.proven import chain
from throughline.tasks import restored
from throughline.tasks.restored import Restored
from throughline.vocabulary.counts import count as counted
from throughline.warehouse.sql import ROOT

NEW, OLD = "_restoring", "_replaced"
MOST_SHOWN = 40
"""Decisions after the backup that are listed."""

Say = Callable[[str], None]


def restore(
    folder: Path,
    dsn: str,
    owner_dsn: Callable[[str], str],
    landing: Path,
    pages: Path,
    *,
    fernet: str | None,
    heads: Path | None = None,
    other_keys: bool = False,
    lost_until: date | None = None,
    say: Say = print,
) -> Restored:
    """Restore the backup in `folder` on the server of `dsn`; returns the warehouse's mark.

    `owner_dsn` gives the owner's URI of a database by its name. `heads` is the folder of the file with the heads of
    the chain, if it is not that of the pages. `lost_until` is the last business date of which
    something may have gone out; without it, the replaced warehouse says so, or it is today. Raises `ArchiveError`,
    and then nothing was replaced.
    """
    told = archive.read(folder)
    _right_keys(told, fernet, other_keys)
    _right_version(told)
    say(f"the backup of {told['taken_at']} is whole")
    with psycopg.connect(make_conninfo(dsn, dbname="postgres"), autocommit=True) as server:
        _nobody_connected(server)
        taken_at = datetime.fromisoformat(told["taken_at"])
        last, number, decided = _replaced(server, dsn, taken_at)
        days = [day for day in (lost_until, last) if day is not None]
        for database, owner in archive.DATABASES.items():
            _into_new(server, dsn, database, owner, folder / f"{database}.dump")
            say(f"{database} is restored beside the one that is there")
        applied = warehouse.migrate(owner_dsn("throughline" + NEW))
        if applied:
            say(f"{counted(len(applied), 'migration')} applied")
        with psycopg.connect(owner_dsn("throughline" + NEW)) as conn:
            mark = restored.note(
                conn, taken_at, max(days) if days else datetime.now(UTC).date(), number
            )
        places = {"landing": landing, "pages": pages, "chain": heads or pages}
        count = _unpack(folder / archive.FILES, places)
        say(f"{counted(count, 'file is', 'files are')} in place")
        with psycopg.connect(owner_dsn("throughline" + NEW)) as conn:
            chained = _chained(conn, heads or pages, taken_at)
            gone = removed.carry_over(make_conninfo(dsn, dbname="throughline"), conn, landing)
        needed = elsewhere.says(make_conninfo(dsn, dbname="airflow" + NEW), told, fernet)
        if gone:
            say(f"{gone} landed files were removed by retention since, and are not in the backup")
        _nobody_connected(server)
        _swap(server)
    for line in (*chained, *decided, *needed):
        say(line)
    return mark


def _chained(conn: psycopg.Connection, folder: Path, taken_at: datetime) -> list[str]:
    """Add the restore to the file of the chain; returns what the file knows that this warehouse does not."""
    row = conn.execute("select max(restored_at) from operations.restored").fetchone()
    assert row is not None
    known = chain.kept(folder)
    chain.note_restore(folder, taken_at, row[0])
    found = []
    later = [each for each in known.heads if each.moment > taken_at] if known else []
    if later:
        found.append(
            f"{folder / chain.FILE} is newer than the backup. It keeps the heads of what is not in this warehouse any"
            " more: "
            + "; ".join(
                f"night {each.seq} ({each.moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC) {each}"
                for each in later
            )
        )
    wrong = chain.compare(conn, folder)
    if wrong:
        found.append(
            f"the chain of the backup does not agree with {folder / chain.FILE}, as `check` will say: "
            + "; ".join(wrong)
        )
    return found


def _right_keys(told: dict[str, object], fernet: str | None, other_keys: bool) -> None:
    keys = told["keys"]
    assert isinstance(keys, dict)
    if other_keys or (fernet and archive.fingerprint(fernet) == keys["fernet"]):
        return
    what = "is not set" if not fernet else f"is another one ({archive.fingerprint(fernet)})"
    raise ArchiveError(
        f"the backup needs the Fernet key with the fingerprint {keys['fernet']}, and the one here {what}: put the"
        " right one back, or say that you go on without what Airflow encrypted with it"
    )


def _right_version(told: dict[str, object]) -> None:
    known = {file.stem for file in (ROOT / "schema").glob("*.sql")}
    had = told["migrations"]
    assert isinstance(had, list)
    newer = [one for one in had if one not in known]
    if newer:
        raise ArchiveError(f"the backup is of a newer version: this one does not know {newer[-1]}")


def _nobody_connected(server: psycopg.Connection) -> None:
    rows = server.execute(
        "select datname, usename, count(*) from pg_stat_activity where datname = any(%s)"
        " and backend_type = 'client backend' group by 1, 2 order by 1, 2",
        (list(archive.DATABASES),),
    ).fetchall()
    if rows:
        each = ", ".join(f"{count} of {user} on {database}" for database, user, count in rows)
        raise ArchiveError(f"stop everything but PostgreSQL first: there are sessions, {each}")


def _replaced(
    server: psycopg.Connection, dsn: str, taken_at: datetime
) -> tuple[date | None, int | None, list[str]]:
    """Return what the replaced warehouse knows: its last business date and control number, and later decisions."""
    if not _exists(server, "throughline"):
        return None, None, []
    with (
        suppress(psycopg.Error),  # a database without our tables says nothing
        psycopg.connect(make_conninfo(dsn, dbname="throughline")) as conn,
    ):
        row = conn.execute(
            "select (select max(business_date) from operations.night),"
            " (select last_control_number from tasks.interchange_counter)"
        ).fetchone()
        if row and row[0] is not None:
            return row[0], row[1], _decided(conn, taken_at)
    return None, None, []


def _decided(conn: psycopg.Connection, taken_at: datetime) -> list[str]:
    """Return what people decided after the backup, which they have to decide again if it still is to count."""
    rows = conn.execute(
        "select decided_at, decided_by, kind, about_kind, left(about_id, 8) from operations.decision"
        " where decided_at > %s order by 1",
        (taken_at,),
    ).fetchall()
    if not rows:
        return []
    shown = [
        f"  {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, {who}: {act} ({about} {about_id})"
        for at, who, act, about, about_id in rows[-MOST_SHOWN:]
    ]
    more = f", the last {MOST_SHOWN} of them" if len(rows) > MOST_SHOWN else ""
    return [f"decided after the backup, and not in it ({len(rows)}{more}):", *shown]


def _exists(server: psycopg.Connection, database: str) -> bool:
    found = server.execute("select from pg_database where datname = %s", (database,))
    return found.rowcount > 0


def _into_new(server: psycopg.Connection, dsn: str, database: str, owner: str, dump: Path) -> None:
    name = sql.Identifier(database + NEW)
    server.execute(sql.SQL("drop database if exists {} with (force)").format(name))
    server.execute(
        sql.SQL("create database {} owner {} template template0").format(
            name, sql.Identifier(owner)
        )
    )
    server.execute(sql.SQL("revoke all on database {} from public").format(name))
    if database == "throughline":
        server.execute(
            sql.SQL("grant connect, temporary on database {} to {}").format(
                name, sql.SQL(", ").join(map(sql.Identifier, _roles(server)))
            )
        )
    new = make_conninfo(dsn, dbname=database + NEW)
    archive.run("pg_restore", new, "--exit-on-error", f"--dbname={database + NEW}", str(dump))
    with psycopg.connect(new, autocommit=True) as conn:
        conn.execute("analyze")


def _roles(server: psycopg.Connection) -> list[str]:
    """Return the roles that log in to the warehouse, but for its owner."""
    rows = server.execute(
        r"select rolname from pg_roles where rolname like 'throughline\_%' and rolcanlogin"
        " and rolname <> 'throughline_owner' order by 1"
    )
    return [row[0] for row in rows]


def _unpack(file: Path, folders: dict[str, Path]) -> int:
    """Put the files of an archive in place, each under a temporary name first; returns their number."""
    count = 0
    with tarfile.open(file, "r:gz") as packed:
        for member in packed:
            name, _, rest = member.name.partition("/")
            target = folders[name] / rest
            if not member.isfile() or ".." in Path(rest).parts or Path(rest).is_absolute():
                raise ArchiveError(f"{file.name} holds something that is none of our files")
            if target.name == chain.FILE and target.exists():
                continue  # it witnesses what the backup does not know
            content = packed.extractfile(member)
            assert content is not None
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.part")
            with part.open("wb") as out:
                while chunk := content.read(archive.CHUNK):
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            os.utime(part, (member.mtime, member.mtime))
            part.replace(target)
            count += 1
    return count


def _swap(server: psycopg.Connection) -> None:
    for database in archive.DATABASES:
        server.execute(
            sql.SQL("drop database if exists {} with (force)").format(
                sql.Identifier(database + OLD)
            )
        )
    with server.transaction():
        for database in archive.DATABASES:
            rename = sql.SQL("alter database {} rename to {}")
            if _exists(server, database):
                server.execute(
                    rename.format(sql.Identifier(database), sql.Identifier(database + OLD))
                )
            server.execute(rename.format(sql.Identifier(database + NEW), sql.Identifier(database)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Restore, and print what follows; returns 1 with the reason if that failed."""
    parser = argparse.ArgumentParser(prog="throughline.deployment.restore", description=__doc__)
    parser.add_argument("folder", type=Path, help="the backup")
    parser.add_argument(
        "--lost-until", type=date.fromisoformat, help="the last business date that ran"
    )
    parser.add_argument("--other-keys", action="store_true", help="go on with another Fernet key")
    asked = parser.parse_args(arguments)
    dsn = os.environ["POSTGRES_DSN"]
    password = quote(os.environ["THROUGHLINE_OWNER_PASSWORD"], safe="")

    def owner(database: str) -> str:
        parts = urlsplit(dsn)
        netloc = f"throughline_owner:{password}@{parts.netloc.rpartition('@')[2]}"
        return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}"))

    try:
        mark = restore(
            asked.folder, dsn, owner, Path(os.environ["THROUGHLINE_LANDING"]),
            Path(os.environ["THROUGHLINE_PAGES"]), fernet=os.environ.get("AIRFLOW__CORE__FERNET_KEY"),
            heads=chain.folder_of(os.environ), other_keys=asked.other_keys, lost_until=asked.lost_until,
        )  # fmt: skip
    except (ArchiveError, OSError, psycopg.Error) as error:
        print(f"nothing was replaced: {str(error).strip()}", file=sys.stderr)
        return 1
    print(follows(mark))
    return 0


def follows(mark: Restored) -> str:
    """Return what a person is told after a restore."""
    newest = f"night {mark.newest_seq} of {mark.newest_date}" if mark.newest_seq else "no night"
    return (
        f"restored: the newest night is {newest}. What may have gone out until {mark.lost_until} is looked up before"
        f" it is sent; what cannot be looked up becomes an exception. Interchanges go on after number"
        f" {mark.last_control_number}.\n"
        "Run the newest date that the systems have delivered: one night takes up all since the backup."
    )


if __name__ == "__main__":
    programs.run(main)
