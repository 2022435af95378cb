"""Backs up a deployment: both databases, landed bytes and pages. `python -m throughline.deployment.backup FOLDER`.

The environment has `POSTGRES_DSN` (the superuser's), `THROUGHLINE_LANDING`, `THROUGHLINE_PAGES`,
`AIRFLOW__CORE__FERNET_KEY`, and `THROUGHLINE_CHAIN` if the heads of the chain are kept in a folder of their own.

No key is in the backup: the manifest names those that a restore needs, by fingerprint. It holds patient data; the
folder is private.

A night may run meanwhile. The command waits for its end up to `--wait` seconds; then it notes the night in the
manifest and goes on, because a dump reads one moment of each database, and holds up nothing but changes of the
schema.
"""

from __future__ import annotations

import argparse
import os
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from throughline import programs
from throughline.deployment import archive
from throughline.deployment.archive import ArchiveError
from throughline.vocabulary.counts import count as counted
from throughline.warehouse import derivation, nights

WAIT_S = 900
LOOK_S = 1.0
Say = Callable[[str], None]


def take(
    folder: Path,
    dsn: str,
    landing: Path | None,
    pages: Path | None,
    *,
    fernet: str,
    heads: Path | None = None,
    wait_s: float = WAIT_S,
    say: Say = print,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Write a backup to a new folder, and return it.

    Without folders it holds no files; `heads` is that of the chain's heads, if they are not beside the pages.
    Databases come before files: what is landed is never changed, and is on the disk before a row refers to it.
    Raises `ArchiveError`, `OSError` and `psycopg.Error`, and then leaves nothing behind.
    """
    with archive.new(folder) as part, _nothing_removed(dsn) as conn:
        during = _wait_for_night(conn, wait_s, say, sleep)
        taken_at = datetime.now(UTC)
        for database in archive.DATABASES:
            file = part / f"{database}.dump"
            archive.run(
                "pg_dump", make_conninfo(dsn, dbname=database),
                "--format=custom", "--lock-wait-timeout=300s", f"--file={file}",
            )  # fmt: skip
            # what was cut off has no table of contents
            archive.run("pg_restore", dsn, "--list", f"--file={os.devnull}", str(file))
            say(f"{database}: {_size(file)}")
        said = _told(conn) | {"taken_at": taken_at.isoformat(), "during": during}
        folders = {"landing": landing, "pages": pages, "chain": heads}
        count = _pack(part / archive.FILES, {name: each for name, each in folders.items() if each})
        if landing is not None:
            _nothing_missing(conn, landing)
        say(f"{counted(count, 'file')}: {_size(part / archive.FILES)}")
        keys = {"fernet": archive.fingerprint(fernet)}
        archive.write_manifest(part, said | {"keys": keys})
    return folder


@contextmanager
def _nothing_removed(dsn: str) -> Iterator[psycopg.Connection]:
    """Keep `make retain` away: nothing that a row refers to is removed while a backup is made."""
    with psycopg.connect(make_conninfo(dsn, dbname="throughline"), autocommit=True) as conn:
        conn.execute("select pg_advisory_lock_shared(%s)", (nights.RETENTION_LOCK,))
        yield conn


def _wait_for_night(
    conn: psycopg.Connection, wait_s: float, say: Say, sleep: Callable[[float], None]
) -> dict[str, object] | None:
    """Wait until no night holds the chain; returns the one that still does."""
    deadline, is_told = time.monotonic() + wait_s, False
    while True:
        row = conn.execute(
            "select holder, business_date::text from operations.lease"
            " where holder is not null and expires_at > clock_timestamp()"
        ).fetchone()
        if row is None:
            return None
        if time.monotonic() >= deadline:
            say(f"the {row[0]} still runs: the backup has it as far as it has come")
            return {"holder": row[0], "business_date": row[1]}
        if not is_told:
            say(f"waiting for the {row[0]} to end, {wait_s:.0f} s at most")
            is_told = True
        sleep(LOOK_S)


def _told(conn: psycopg.Connection) -> dict[str, object]:
    """Return what the manifest says of the warehouse."""
    night = conn.execute(
        "select seq, business_date::text, status from operations.night where status <> 'void'"
        " order by seq desc limit 1"
    ).fetchone()
    schema = conn.execute("select migration_id from public._yoyo_migration order by 1").fetchall()
    used = conn.execute("select distinct connection from operations.role order by 1").fetchall()
    server = conn.execute("show server_version").fetchone()
    return {
        "night": dict(zip(("seq", "business_date", "status"), night, strict=True))
        if night
        else None,
        "migrations": [row[0] for row in schema],
        "derivation": derivation.NUMBER,
        "revision": os.environ.get("THROUGHLINE_REVISION", ""),
        "server_version": server[0] if server else "",
        "connections": [row[0] for row in used],
    }


def _pack(file: Path, folders: dict[str, Path]) -> int:
    """Write the files of these folders to one archive; returns their number. What is still arriving is left out."""
    count = 0
    with tarfile.open(file, "w:gz", compresslevel=1) as out:
        for name, folder in folders.items():
            for path in sorted(folder.rglob("*")):
                if path.name.startswith(".") or not path.is_file() or path.is_symlink():
                    continue
                try:
                    out.add(path, f"{name}/{path.relative_to(folder)}", recursive=False)
                except FileNotFoundError:  # a page that was replaced meanwhile
                    continue
                count += 1
    return count


def _nothing_missing(conn: psycopg.Connection, landing: Path) -> None:
    missing = [
        path
        for (path,) in conn.execute(
            "select distinct f.path from landing.file as f where f.path <> ''"
            " and not exists (select from landing.removed_file as r where r.path = f.path)"
        )
        if not (landing / path).is_file()
    ]
    if missing:
        raise ArchiveError(
            f"{len(missing)} landed files that rows refer to are not in {landing}: {missing[0]}"
        )


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1e6:.1f} MB"


def main(arguments: Sequence[str] | None = None) -> int:
    """Back up, and print where to; returns 1 with the reason if that failed."""
    parser = argparse.ArgumentParser(prog="throughline.deployment.backup", description=__doc__)
    parser.add_argument(
        "folder", type=Path, help="the new folder; one below it by the time, if it is there"
    )
    parser.add_argument("--wait", type=float, default=WAIT_S, help="seconds to wait for a night")
    asked = parser.parse_args(arguments)
    folder = asked.folder
    if folder.exists():
        folder = folder / datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    try:
        take(
            folder, os.environ["POSTGRES_DSN"], Path(os.environ["THROUGHLINE_LANDING"]),
            Path(os.environ["THROUGHLINE_PAGES"]), fernet=os.environ["AIRFLOW__CORE__FERNET_KEY"],
            heads=archive.folder_of("THROUGHLINE_CHAIN"), wait_s=asked.wait,
        )  # fmt: skip
    except (ArchiveError, OSError, psycopg.Error) as error:
        print(f"no backup was made: {str(error).strip()}", file=sys.stderr)
        return 1
    print(f"backup in {folder}; keep the keys elsewhere: .env, connections, logins")
    return 0


if __name__ == "__main__":
    programs.run(main)
