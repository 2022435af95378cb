"""A whole practice in one file: the warehouse, the landed bytes, and the systems around it."""

from __future__ import annotations

import lzma
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from stack import postgres

DUMP = "warehouse.sql"
FOLDERS = ("landing", "sandbox")
SECRETS = ("passwords.json", "ports.json", "keys")
"""In the sandbox's folder: made anew where they are missing."""


def keep(server: postgres.Server, folder: Path, target: Path) -> None:
    """Write a practice, whose systems stand still, into the file `target`."""
    dump = folder / DUMP
    _run(server, "pg_dump", "--file", str(dump))
    with (
        lzma.open(target, "wb", preset=9 | lzma.PRESET_EXTREME) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for path in (dump, *_files(folder)):
            entry = archive.gettarinfo(path, path.relative_to(folder).as_posix())
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            with path.open("rb") as opened:
                archive.addfile(entry, opened)


def unpack(target: Path, folder: Path) -> None:
    """Lay the files of a kept practice into a folder; its warehouse is restored with `restore`."""
    with lzma.open(target) as packed, tarfile.open(fileobj=packed, mode="r|") as archive:
        # Python 3.11 before 3.11.4 has no filters of archives; this archive is our own.
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
        for member in archive:
            archive.extract(member, folder)


def restore(server: postgres.Server, folder: Path) -> None:
    """Fill the empty warehouse of a server with that of the unpacked practice."""
    _run(server, "psql", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(folder / DUMP))


def _files(folder: Path) -> Iterator[Path]:
    for name in FOLDERS:
        for path in sorted((folder / name).rglob("*")):
            within = path.relative_to(folder / name).parts
            if path.is_file() and not (name == "sandbox" and within[0] in SECRETS):
                yield path


def _run(server: postgres.Server, program: str, *arguments: str) -> None:
    subprocess.run(
        [
            postgres.binary(server.state, program),
            "--no-psqlrc" if program == "psql" else "--no-password",
            *arguments,
            "--dbname",
            server.dsn(postgres.SUPERUSER),
        ],
        env={**os.environ, "PGOPTIONS": ""},
        stdout=subprocess.DEVNULL,
        check=True,
    )
