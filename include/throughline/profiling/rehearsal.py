"""Lands, stages and gates the files of a folder as a first night would, in an empty warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from uuid import UUID

from throughline.practice import practice
from throughline.profiling.shapes import Fault, Feed, File
from throughline.quality.gates import (
    FRESHNESS,
    OF_DELIVERY,
    REFUSED,
    UNMAPPED,
    UNREADABLE,
    gate,
)
from throughline.sources import Address, SourceDefinition, registry, stage
from throughline.sources.fetch import extract
from throughline.sources.files import open_file
from throughline.sources.records import READER_ERRORS, FileRefusedError
from throughline.transports.files import RemoteFile
from throughline.warehouse import Connection, nights

# These checks mean nothing for files from an arbitrary folder. Unreadable rows are listed by reason anyway, and codes
# that nobody has mapped by field.
_NOT_SAID = frozenset({FRESHNESS, REFUSED, UNREADABLE, UNMAPPED})


class NothingToProfile(LookupError):
    """There are no files to profile; the message says where it looked."""


@dataclass(frozen=True)
class Rehearsed:
    """The result of a rehearsal: the landed files by id, and the feeds with their batches."""

    files: tuple[File, ...]
    feeds: tuple[Feed, ...]
    batches: dict[str, UUID]
    landed: tuple[tuple[str, Path], ...]


def rehearse(
    conn: Connection, definition: SourceDefinition, folder: Path, night_of: date, root: Path
) -> Rehearsed:
    """Land, stage and gate the files of a folder in an empty warehouse; commits.

    Writes nothing to the folder; landed files and pages go to `root`. Raises `NothingToProfile` and
    `SourceUnavailable`.
    """
    if not definition.feeds:
        raise NothingToProfile(f"{definition.source} has no feeds, so there is nothing to read")
    night = nights.open_night(conn, night_of, practice().time_zone)
    as_files = replace(definition, transport="folder", folder="")
    address = Address(definition.source, extra={"path": str(folder)})
    landing = root / "landing"
    batches = {
        batch.feed: batch.batch_id for batch in extract(as_files, address, conn, night, landing)
    }
    # stage all feeds first: a rule may check whether the same night brings the patient
    for batch in batches.values():
        stage(conn, batch, landing)
    for batch in batches.values():
        gate(conn, batch, docs_root=root / "pages")
    files = tuple(_files(conn, definition, landing))
    if not files:
        raise NothingToProfile(f"{folder} has no files; subfolders and links are not read")
    feeds = tuple(_feed(conn, name, batches.get(name)) for name in definition.feeds)
    return Rehearsed(files, feeds, batches, tuple(_landed(conn, landing)))


def _landed(conn: Connection, landing: Path) -> Iterator[tuple[str, Path]]:
    for name, path in conn.execute(
        "select original_name, path from landing.file where status = 'landed'"
        " order by original_name, file_id"
    ).fetchall():
        yield name, landing / path


def _files(conn: Connection, definition: SourceDefinition, landing: Path) -> Iterator[File]:
    rows = conn.execute(
        "select f.original_name, f.status, f.refused_reason, f.path, f.bytes,"
        " coalesce(array_agg(b.feed order by b.feed) filter (where b.feed is not null), '{}'),"
        " coalesce(sum(x.row_count), 0)"
        " from landing.file as f left join landing.batch_file as x on x.file_id = f.file_id"
        " left join landing.batch as b on b.batch_id = x.batch_id"
        " group by f.file_id order by f.original_name, f.file_id"
    ).fetchall()
    for name, status, reason, path, size, feeds, count in rows:
        position = 0
        if status == "refused" and path:
            remote = RemoteFile(name, size, None)
            position = _position(definition, remote, landing / path)
        said = {"landed": "read", "duplicate": "repeated"}.get(status, status)
        yield File(name, said, tuple(feeds), int(count), reason or "", position)


def _position(definition: SourceDefinition, file: RemoteFile, path: Path) -> int:
    """Return the line or segment at which reading a refused file stopped; 0 is its start."""
    try:
        with open_file(path) as stream:
            return registry.standard(definition.standard).scan(stream, file, definition).position
    except FileRefusedError as error:
        return error.position
    except READER_ERRORS:
        return 0


def _feed(conn: Connection, name: str, batch: UUID | None) -> Feed:
    row = conn.execute(
        "select v.verdict, b.rows_received, v.detail, (select count(distinct (q.file_id, q.row_no))"
        " from quality.quarantine as q where q.batch_id = b.batch_id)"
        " from landing.batch as b left join quality.verdict as v on v.batch_id = b.batch_id"
        " where b.batch_id = %s",
        (batch,),
    ).fetchone()
    if row is None:
        return Feed(name, None, 0, 0)
    verdict, received, detail, set_aside = row
    places = {
        reason: (rows, f"{file}, row {row_no}")
        for reason, rows, file, row_no in conn.execute(
            "select q.reason, count(*), (array_agg(f.original_name order by f.original_name, q.row_no))[1],"
            " (array_agg(q.row_no order by f.original_name, q.row_no))[1]"
            " from quality.quarantine as q inner join landing.file as f on f.file_id = q.file_id"
            " where q.batch_id = %s group by q.reason",
            (batch,),
        ).fetchall()
    }
    faults = []
    for rule in detail or ():
        if rule["expectation"] in _NOT_SAID:
            continue
        rows, place = places.pop(rule["expectation"], (0, ""))
        outcome = "stops the feed" if rule["stops"] else "set aside" if rows else "noted"
        if rule["expectation"] in OF_DELIVERY:
            faults.append(Fault(rule["expectation"], rows, outcome, place, rule["observed"]))
            continue
        count = rows or int(rule["observed"].split()[0])
        faults.append(Fault(rule["expectation"], count, outcome, place))
    unreadable = [
        Fault(reason.replace("_", " "), rows, "set aside", place)
        for reason, (rows, place) in places.items()
    ]
    in_order = sorted(
        [*unreadable, *faults], key=lambda f: (f.outcome == "noted", -f.rows, f.reason)
    )
    if verdict == "warn" and not in_order:
        verdict = "pass"
    return Feed(name, verdict, received, set_aside, tuple(in_order))
