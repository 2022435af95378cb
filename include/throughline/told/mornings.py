"""Says in one word, for a monitor outside, whether the page of the newest morning that is due was written.

`write_page` keeps a small file beside the pages, with how the night of each of the last business dates
ended. The health route reads only this file: it needs no database, and the file holds no patient data.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

FILE = "mornings.json"
DUE = time(6)
"""From this local time on, the page of the day before must exist."""
KEPT = 14
"""Business dates in the file, the newest."""

OK, MISSING, FAILED, UNKNOWN = "ok", "missing", "failed", "unknown"


def record(folder: Path, business_date: date, status: str) -> None:
    """Record how the night of a business date ended, after its page was written; replaces the file atomically."""
    path = folder / FILE
    try:
        known = _read(path)
    except (FileNotFoundError, ValueError):
        known = {}
    known[business_date.isoformat()] = status
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(dict(sorted(known.items())[-KEPT:])), encoding="utf-8")
    draft.replace(path)


def word(folder: Path, now: datetime, time_zone: str, first: date | None = None) -> str:
    """Return `ok`, or what is wrong with the newest morning that is due at `now`.

    `missing`: no page of that business date. `failed`: its night failed, and the page says where.
    `unknown`: the file cannot be read. `first` is the first day on which a night begins by schedule;
    mornings before it are not due.
    """
    due = due_at(now, time_zone)
    if first is not None and due < first - timedelta(days=1):
        return OK
    try:
        ended = _read(folder / FILE)
    except FileNotFoundError:
        return MISSING
    except (OSError, ValueError):
        return UNKNOWN
    since = {status for day, status in ended.items() if day >= due.isoformat()}
    if "finished" in since:
        return OK
    return FAILED if since else MISSING


def due_at(now: datetime, time_zone: str) -> date:
    """Return the newest business date whose morning is due at `now`, in the practice's local time."""
    local = now.astimezone(ZoneInfo(time_zone))
    return local.date() - timedelta(days=1 if local.time() >= DUE else 2)


def _read(path: Path) -> dict[str, str]:
    told = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(told, dict) or not all(isinstance(status, str) for status in told.values()):
        raise ValueError(f"{FILE} does not say how nights ended")
    return told
