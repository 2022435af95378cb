"""Keeps received files unchanged under the landing root, named by the hash of their content."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from throughline.transports.address import SourceUnavailable
from throughline.vocabulary.counts import count as counted
from throughline.warehouse import Connection, derive
from throughline.warehouse.nights import Night

# A business date ends at 03:00 of the next local day: what is made before then belongs to it.
DAY_ENDS = timedelta(hours=3)


@dataclass(frozen=True)
class LandedFile:
    """One received file. `status` is landed, duplicate (content seen before) or refused."""

    file_id: UUID
    original_name: str
    path: Path
    status: str


@dataclass(frozen=True)
class BatchResult:
    """One delivery of a feed; `rows` was counted on arrival, before anything was parsed."""

    batch_id: UUID
    feed: str
    business_date: date
    rows: int
    files: int


@dataclass
class Delivery:
    """Tonight's files of one feed, which are complete up to `made_at`.

    An incomplete delivery (truncated, or with fewer rows than announced) does not count for its
    business date: the feed stays a day behind until the rest has arrived.
    """

    feed: str
    files: list[LandedFile] = field(default_factory=list)
    rows: int = 0
    made_at: datetime | None = None
    watermark: datetime | None = None
    is_complete: bool = True


def business_date_of(made_at: datetime, zone: ZoneInfo) -> date:
    """Return the business date of a moment."""
    return (made_at.astimezone(zone) - DAY_ENDS).date()


def sha256_of(path: Path) -> tuple[str, int]:
    """Return digest and size of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


class Landing:
    """The landing of one source for one night. It commits nothing; the caller commits once."""

    def __init__(
        self, conn: Connection, source: str, night: Night, root: Path, read_as: str = ""
    ) -> None:
        """`read_as` is what decides how files are read (`registry.read_as`); empty: nothing that can change."""
        self._conn = conn
        self._read_as = read_as
        self._source = source
        self._night = night
        self._root = root
        self._folder = root / source / night.business_date.isoformat() / str(night.seq)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._own, self._count = uuid4().hex[:12], 0
        self._taken = Counter(path.name[:17] for path in self._folder.iterdir())

    @property
    def night(self) -> Night:
        """The night that it lands for."""
        return self._night

    def incoming(self) -> Path:
        """Return a path for a file that has not been identified yet.

        The path is unique to this process: an abandoned one may still be writing to its own.
        """
        self._count += 1
        return self._folder / f".incoming-{self._own}-{self._count}"

    def known(self, name: str, size: int, modified_at: datetime | None) -> bool:
        """Return whether an earlier night fetched a file with this name, size and time, and nothing reads it anew.

        One that was refused is read again once its definition or our readers have changed, or a named person asks for
        it (`retry`).
        """
        if modified_at is None:
            return False
        row = self._conn.execute(
            "select coalesce(bool_or(f.refused_reason is null or coalesce(f.read_as, %(as)s) = %(as)s), false)"
            " and not bool_or(f.refused_reason is not null and exists (select from operations.decision as d"
            "  where d.about_kind = 'exception' and d.kind = 'retry' and coalesce(d.known_seq, %(seq)s) = %(seq)s"
            "  and d.about_id = md5(concat_ws('|', 'exception', 'file_refused', 'file', f.file_id))::uuid::text))"
            " from landing.file as f where f.source = %(source)s and md5(f.original_name) = md5(%(name)s)"
            " and f.original_name = %(name)s and f.bytes = %(bytes)s"
            " and f.modified_at = %(at)s and f.known_seq <> %(seq)s and f.path <> ''",
            {
                "as": self._read_as,
                "source": self._source,
                "name": name,
                "bytes": size,
                "at": modified_at,
                "seq": self._night.seq,
            },
            prepare=False,
        ).fetchone()
        return row is not None and bool(row[0])

    def keep(
        self,
        incoming: Path,
        name: str,
        suffix: str,
        *,
        modified_at: datetime | None = None,
        refused: str | None = None,
        feeds: Sequence[str] | None = None,
        may_repeat: bool = False,
    ) -> LandedFile:
        """Store a file under its content's hash and record it; content seen before is not stored again.

        With `may_repeat`, equal content still counts as new: a record may be deleted again after it
        came back. `feeds` are those that a refused file is of, None if it may be of any of its source.
        """
        sha256, size = sha256_of(incoming)
        file_id = derive("file", self._source, self._night.seq, sha256, name)
        first = None
        if not may_repeat:
            # a file of the same name that was refused before is the same file, fetched again
            first = self._conn.execute(
                "select file_id, path from landing.file where source = %(source)s"
                " and sha256 = %(sha256)s and file_id <> %(file)s"
                " and case when %(refused)s::text is null then status = 'landed'"
                " else status = 'refused' and original_name = %(name)s end"
                " order by known_seq, file_id limit 1",
                {
                    "source": self._source,
                    "sha256": sha256,
                    "file": file_id,
                    "refused": refused,
                    "name": name,
                },
                # a plan that is kept from when the table was small reads all of it for each file
                prepare=False,
            ).fetchone()
        if first is not None:
            incoming.unlink()
            status, path, duplicate_of = "duplicate", Path(first[1]), first[0]
        else:
            # counted here: listing the folder for each file costs the square of their number
            begins = f"{sha256[:16]}-"
            final = self._folder / f"{begins}{self._taken[begins]}.{suffix}"
            self._taken[begins] += 1
            incoming.replace(final)
            status = "landed" if refused is None else "refused"
            path, duplicate_of = final.relative_to(self._root), None
        self._conn.execute(
            "insert into landing.file (file_id, source, business_date, known_seq, original_name,"
            " path, bytes, sha256, received_at, status, duplicate_of, refused_reason, modified_at,"
            " read_as, feeds)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict (file_id) do update set path = excluded.path, status = excluded.status,"
            " duplicate_of = excluded.duplicate_of, modified_at = excluded.modified_at",
            (
                file_id,
                self._source,
                self._night.business_date,
                self._night.seq,
                name,
                str(path),
                size,
                sha256,
                datetime.now(UTC),
                status,
                duplicate_of,
                refused,
                modified_at,
                None if refused is None else self._read_as,
                None if refused is None or feeds is None else list(feeds),
            ),
        )
        return LandedFile(file_id, name, path, status)

    def missed(
        self,
        name: str,
        size: int,
        modified_at: datetime | None,
        reason: str,
        feeds: Sequence[str] | None = None,
    ) -> None:
        """Record that a file at the source could not be fetched: nobody knows what is in it.

        It has no bytes and no path, and the next night tries it again; while it stays as it is, it is
        one record.
        """
        file_id = derive("file", self._source, "missed", name, size, modified_at)
        self._conn.execute(
            "insert into landing.file (file_id, source, business_date, known_seq, original_name,"
            " path, bytes, sha256, received_at, status, refused_reason, modified_at, feeds)"
            " values (%s, %s, %s, %s, %s, '', %s, '', %s, 'refused', %s, %s, %s)"
            " on conflict do nothing",
            (
                file_id,
                self._source,
                self._night.business_date,
                self._night.seq,
                name,
                size,
                datetime.now(UTC),
                reason,
                modified_at,
                None if feeds is None else list(feeds),
            ),
        )

    def left(self, files: int) -> None:
        """Note how many files stay at the source because they are older than its definition says."""
        self._conn.execute(
            "delete from landing.left_file where source = %s and known_seq = %s",
            (self._source, self._night.seq),
        )
        if files:
            self._conn.execute(
                "insert into landing.left_file (source, known_seq, files) values (%s, %s, %s)",
                (self._source, self._night.seq, files),
            )

    def not_received(self, feeds: Iterable[str], problem: SourceUnavailable) -> None:
        """Keep why feeds do not come tonight, in our words and, where it may be shown, in the source's."""
        note_not_received(self._conn, self._source, self._night.seq, feeds, problem)

    def clear_incoming(self) -> None:
        """Remove partial files that an earlier attempt of this night left."""
        for left in self._folder.glob(".incoming-*"):
            left.unlink()

    def batch(self, delivery: Delivery, zone: ZoneInfo, status: str = "received") -> BatchResult:
        """Record the batch of one feed with its files.

        Its business date is that of its content, but never later than the night's.
        """
        night = self._night
        on = night.business_date
        if delivery.made_at is not None:
            on = min(on, business_date_of(delivery.made_at, zone))
        file_on = on
        if not delivery.is_complete:
            on -= timedelta(days=1)
        batch_id = derive("batch", self._source, delivery.feed, on, night.seq)
        listed = sorted(str(f.file_id) for f in delivery.files)
        content = hashlib.sha256("|".join(listed).encode()).hexdigest()
        self._conn.execute(
            "insert into landing.batch (batch_id, source, feed, business_date, known_seq,"
            " received_at, sha256, status, watermark, file_on)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict (batch_id) do nothing",
            (
                batch_id,
                self._source,
                delivery.feed,
                on,
                night.seq,
                datetime.now(UTC),
                content,
                status,
                delivery.watermark if delivery.is_complete else None,
                file_on,
            ),
        )
        with self._conn.cursor() as cursor:
            cursor.executemany(
                "insert into landing.batch_file (batch_id, file_id) values (%s, %s)"
                " on conflict do nothing",
                [(batch_id, f.file_id) for f in delivery.files],
            )
        return BatchResult(batch_id, delivery.feed, on, delivery.rows, len(delivery.files))


class BytesRemovedError(LookupError):
    """The bytes of a landed file were removed because they were past their time; the message says when."""


def refuse_removed(conn: Connection, batch_id: UUID) -> None:
    """Raise `BytesRemovedError` if a file of a batch that would be read has no bytes any more."""
    row = conn.execute(
        "select count(*), max(r.removed_at) from landing.batch_file as x"
        " inner join landing.file as f on f.file_id = x.file_id"
        " inner join landing.removed_file as r on r.path = f.path"
        " where x.batch_id = %s and f.status = 'landed' and x.withdrawn_seq is null",
        (batch_id,),
    ).fetchone()
    if row is not None and row[0]:
        raise BytesRemovedError(
            f"batch {batch_id}: the bytes of {counted(row[0], 'file')} were removed by retention on"
            f" {row[1]:%Y-%m-%d}, and cannot be read again"
        )


def landed_before(conn: Connection, source: str, seq: int) -> list[BatchResult]:
    """Return the batches that an earlier attempt of this night has landed."""
    rows: Iterable[tuple[UUID, str, date, int, int]] = conn.execute(
        "select b.batch_id, b.feed, b.business_date, b.rows_received, count(f.file_id)"
        " from landing.batch as b left join landing.batch_file as f on f.batch_id = b.batch_id"
        " where b.source = %s and b.known_seq = %s"
        " and b.status in ('received', 'staged', 'stopped', 'loaded')"
        " group by b.batch_id, b.feed, b.business_date, b.rows_received order by b.feed",
        (source, seq),
    ).fetchall()
    return [BatchResult(*row) for row in rows]


def watermarks(conn: Connection, source: str, cut_off: datetime) -> dict[str, datetime]:
    """Return up to when each feed of a source has been loaded.

    A time that is still to come, which earlier versions took from servers whose clocks are ahead, does not count:
    what changes until then would never be asked for. A night may be ahead of this machine, up to its `cut_off`.
    """
    rows = conn.execute(
        "select feed, max(watermark) from landing.watermark"
        " where source = %s and watermark <= greatest(clock_timestamp(), %s) group by feed",
        (source, cut_off),
    ).fetchall()
    return dict(rows)


def note_not_received(
    conn: Connection, source: str, seq: int, feeds: Iterable[str], problem: SourceUnavailable
) -> None:
    """Keep why feeds of a source do not come in a night; the last reason counts."""
    # a problem begins with the name of the source or of its connection
    name, _, rest = str(problem).partition(": ")
    reason = rest if rest and " " not in name else str(problem)
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into landing.not_received (source, feed, known_seq, reason, said)"
            " values (%s, %s, %s, %s, nullif(%s, ''))"
            " on conflict (source, feed, known_seq) do update"
            " set reason = excluded.reason, said = excluded.said",
            [(source, feed, seq, reason, problem.said) for feed in feeds],
        )


def note_column(conn: Connection, file_id: UUID, name: str) -> None:
    """Keep the name of a file's column that no definition knows."""
    conn.execute(
        "insert into landing.new_column (file_id, name) values (%s, %s) on conflict do nothing",
        (file_id, name.replace("\x00", "")),
    )
