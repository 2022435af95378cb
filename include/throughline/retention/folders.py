"""Files in folders that are past their time: Airflow's logs, pages of mornings and the gates' reports beside them."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

_MORNING = re.compile(r"(\d{4}-\d{2}-\d{2})\.html")
_REPORTS = "data-docs"
KEPT_MORNINGS = 2
"""Pages that stay however old they are: the newest, and the one before, which would be written again."""


@dataclass(frozen=True)
class OldFile:
    """A file below a root, by its path from there, with its size and the day that counts."""

    path: str
    bytes: int
    on: date


def logs(
    root: Path, before: date, zone: ZoneInfo, running: Iterable[str], until: float | None = None
) -> tuple[list[OldFile], date | None]:
    """Return Airflow's log files older than a day, and the day of the oldest that stays.

    All files of a run are as old as its newest; those of the runs in `running` stay. Raises `TimeoutError` if it is
    not done at `until` (of `time.monotonic`).
    """
    kept = set(running)
    of: dict[str, list[OldFile]] = {}
    for file in _files(root, zone, until):
        run = next((part for part in file.path.split("/") if part.startswith("run_id=")), None)
        key = file.path if run is None else f"{file.path.split('/run_id=')[0]}/{run}"
        of.setdefault(key, []).append(file)
    old: list[OldFile] = []
    stay: list[date] = []
    for key, files in of.items():
        newest = max(file.on for file in files)
        if newest < before and key.rpartition("run_id=")[2] not in kept:
            old += files
        else:
            stay.append(min(file.on for file in files))
    return sorted(old, key=lambda file: file.path), min(stay, default=None)


def pages(
    root: Path, before: date, zone: ZoneInfo, until: float | None = None
) -> tuple[list[OldFile], date | None]:
    """Return pages of business dates before a day and gates' reports older than it, and the day of the oldest kept.

    The newest two pages stay, and so does every other file of the folder, such as the heads of the chain. Raises
    `TimeoutError` as `logs` does.
    """
    mornings: list[OldFile] = []
    reports: list[OldFile] = []
    for file in _files(root, zone, until):
        named = _MORNING.fullmatch(file.path)
        if named:
            mornings.append(OldFile(file.path, file.bytes, date.fromisoformat(named[1])))
        elif file.path.startswith(f"{_REPORTS}/"):
            reports.append(file)
    mornings.sort(key=lambda file: file.on)
    found = mornings[:-KEPT_MORNINGS] + reports
    old = [file for file in found if file.on < before]
    stay = [file.on for file in mornings[-KEPT_MORNINGS:]]
    stay += [file.on for file in found if file.on >= before]
    return sorted(old, key=lambda file: file.path), min(stay, default=None)


def remove(root: Path, paths: Iterable[str]) -> int:
    """Remove files below a root, and folders that are empty then; returns the bytes. What is gone is no error."""
    gone = 0
    parents: set[Path] = set()
    for path in paths:
        file = root / path
        try:
            size = file.lstat().st_size
            file.unlink()
        except FileNotFoundError:
            continue
        gone += size
        parents.add(file.parent)
    for folder in sorted(parents, key=lambda each: len(each.parts), reverse=True):
        while folder != root and root in folder.parents:
            try:
                folder.rmdir()
            except OSError:  # not empty, or gone
                break
            folder = folder.parent
    return gone


def _files(root: Path, zone: ZoneInfo, until: float | None) -> Iterator[OldFile]:
    """Yield the regular files below a root; none if it is not there. Links, as Airflow's `latest`, are left out."""
    for folder, _, names in os.walk(root):
        if until is not None and time.monotonic() > until:
            raise TimeoutError(root)
        for name in names:
            file = Path(folder) / name
            try:
                if file.is_symlink() or not file.is_file():
                    continue
                found = file.stat()
            except FileNotFoundError:  # it went meanwhile
                continue
            day = datetime.fromtimestamp(found.st_mtime, zone).date()
            yield OldFile(file.relative_to(root).as_posix(), found.st_size, day)
