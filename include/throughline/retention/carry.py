"""Removes what is recorded as removed. What broke off goes on with the next call, under the decision that it is of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from throughline.retention import folders, metadata
from throughline.retention.plan import KINDS, LANDED, Places, PlaceUnknownError
from throughline.warehouse import Connection, failpoints

FILES_AT_ONCE = 500


@dataclass(frozen=True)
class Unfinished:
    """A removal that was recorded and is not ended."""

    decision_id: UUID
    kind: str
    before_on: date
    things: int


def unfinished(conn: Connection) -> list[Unfinished]:
    """Return the removals that are recorded and not ended, in the order in which they are carried out."""
    rows = conn.execute(
        "select decision_id, kind, before_on, things from operations.removal"
        " where ended_at is null order by begun_at"
    ).fetchall()
    return sorted((Unfinished(*row) for row in rows), key=lambda one: KINDS.index(one.kind))


def carried_out(
    conn: Connection, places: Places, zone: ZoneInfo, *, broke_off: bool = False
) -> Iterator[Unfinished]:
    """Carry out what is recorded and not ended; yields each removal when it is ended. Commits each.

    `broke_off` notes that an earlier call began it. Raises `PlaceUnknownError`, `AirflowNotCleanedError`,
    `OSError` and `psycopg.Error`; what was not ended by then goes on with the next call.
    """
    for one in unfinished(conn):
        conn.commit()
        detail: dict[str, object] = {"broke_off": True} if broke_off else {}
        detail |= _removed(conn, one, places, zone)
        failpoints.hit("retention.before_end")
        conn.execute(
            "update operations.removal set ended_at = clock_timestamp(), detail = %s"
            " where decision_id = %s and kind = %s",
            (Jsonb(detail), one.decision_id, one.kind),
        )
        conn.commit()
        yield one


def _removed(
    conn: Connection, one: Unfinished, places: Places, zone: ZoneInfo
) -> dict[str, object]:
    """Remove the things of one kind; what an earlier attempt removed is no error. Returns what was found."""
    if one.kind == "looked":
        row = conn.execute(
            "select operations.forget_looks(%s)",
            (datetime.combine(one.before_on, time(), zone),),
        ).fetchone()
        return {"rows": row[0] if row else 0}
    if one.kind == "airflow_metadata":
        if places.airflow is None:
            raise PlaceUnknownError(f"Airflow's database is not known: {metadata.URL} is not set")
        return {"rows": metadata.clean(places.airflow, one.before_on, zone)}
    root = places.landing if one.kind in LANDED else getattr(places, one.kind)
    if root is None:
        raise PlaceUnknownError(f"the folder of {one.kind} is not known")
    gone = 0
    paths = _paths(conn, one, places, zone)
    for start in range(0, len(paths), FILES_AT_ONCE):
        gone += folders.remove(root, paths[start : start + FILES_AT_ONCE])
        failpoints.hit("retention.some_are_gone")
    return {"bytes": gone}


def _paths(conn: Connection, one: Unfinished, places: Places, zone: ZoneInfo) -> list[str]:
    if one.kind in LANDED:
        rows = conn.execute(
            "select path from landing.removed_file where decision_id = %s and kind = %s order by path",
            (one.decision_id, one.kind),
        ).fetchall()
        return [path for (path,) in rows]
    if one.kind == "pages":
        assert places.pages is not None
        return [file.path for file in folders.pages(places.pages, one.before_on, zone)[0]]
    assert places.logs is not None
    running = metadata.running(places.airflow) if places.airflow else []
    return [file.path for file in folders.logs(places.logs, one.before_on, zone, running)[0]]
