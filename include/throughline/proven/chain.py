"""Keeps the head of the chain outside the database, and compares the chain with what was kept.

The chain (`operations.chain`) holds decisions, outcomes and digests, each hashed over the one before. Whoever owns the
database could write all of it anew; not so that its heads of earlier nights are those that stand in a file elsewhere,
and at the monitor that was told them. So nothing that the database says of itself excuses what the file lacks: a
restore, and a person who accepts the chain as it is, write a line into the file.
"""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from throughline import exceptions
from throughline.warehouse import Connection, derive, nights

FILE = "chain.jsonl"
"""One line for each night: its number, the last entry's place and hash, and when that was read.

Another line says that the warehouse was restored from a backup, or that a person accepted the chain as it is.
"""

REASON, ABOUT = "chain_differs", "chain"
"""Of the exception that a night opens; no other module does."""
MOST_TOLD = 5
"""Differences that the exception lists; `make check` lists all."""


@dataclass(frozen=True)
class Head:
    """The last entry of the chain after a night: its place `n`, from 1, and its SHA-256 in hexadecimal."""

    seq: int
    n: int
    sha256: str
    at: str

    def __str__(self) -> str:
        """Return it as it is told: place and hash."""
        return f"chain {self.n} {self.sha256}"

    @property
    def moment(self) -> datetime:
        """Return when it was read."""
        return datetime.fromisoformat(self.at)


@dataclass
class Kept:
    """What the file says, since a person last accepted the chain; `faults` are lines that cannot be read."""

    file: Path
    heads: list[Head] = field(default_factory=list)
    restored: set[datetime] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    accepted: Mapping[str, str] | None = None

    @property
    def since(self) -> datetime | None:
        """Return from when on nights are held against the file; None: all of them."""
        return datetime.fromisoformat(self.accepted["at"]) if self.accepted else None


def folder_of(environment: Mapping[str, str]) -> Path | None:
    """Return the folder of the file: that of `THROUGHLINE_CHAIN`, else that of the pages; None if none is named."""
    named = environment.get("THROUGHLINE_CHAIN") or environment.get("THROUGHLINE_PAGES")
    return Path(named) if named else None


def head(conn: Connection, seq: int) -> Head | None:
    """Return the head of the chain now, for night `seq`, or None while the chain is empty."""
    row = conn.execute("select n, sha256 from operations.chain order by n desc limit 1").fetchone()
    return None if row is None else Head(seq, row[0], row[1], datetime.now(UTC).isoformat())


def keep(conn: Connection, seq: int, folder: Path) -> Head | None:
    """Add the head of the chain to the file in `folder`, durably; returns it. A repeated call adds nothing.

    A file that is broken or missing does not stop a night: `compare` finds it.
    """
    now = head(conn, seq)
    if now is None:
        return None
    known = kept(folder)
    last = known.heads[-1] if known and known.heads else None
    if last is None or (last.seq, last.n, last.sha256) != (now.seq, now.n, now.sha256):
        _append(folder, asdict(now))
    return now


def note_restore(folder: Path, taken_at: datetime, restored_at: datetime) -> None:
    """Add that the warehouse was restored, at the time that it says itself (`operations.restored`), durably."""
    _append(folder, {"restored": restored_at.isoformat(), "backup": taken_at.isoformat()})


def accept(folder: Path, who: str, why: str) -> None:
    """Add that a person takes the chain as it is, durably: from then on the file is held against it anew."""
    _append(
        folder,
        {
            "accepted_by": who,
            "why": why,
            "login": getpass.getuser(),
            "at": datetime.now(UTC).isoformat(),
        },
    )


def _append(folder: Path, line: Mapping[str, object]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    begun = file.exists() and not file.read_bytes().endswith(b"\n") and file.stat().st_size > 0
    with file.open("a", encoding="utf-8") as out:
        # what was cut off stays a line of its own
        out.write(f"{chr(10) if begun else ''}{json.dumps(line)}\n")
        out.flush()
        os.fsync(out.fileno())


def kept(folder: Path) -> Kept | None:
    """Return what the file says; None if there is none."""
    file = folder / FILE
    try:
        lines = file.read_text("utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return None
    except OSError as error:
        return Kept(file, faults=[f"{file} cannot be read: {error.strerror}"])
    found = Kept(file)
    for number, line in enumerate(lines, 1):
        try:
            said = json.loads(line)
            if "accepted_by" in said:
                found = Kept(file, accepted={key: str(value) for key, value in said.items()})
                assert found.since
            elif "restored" in said:
                found.restored.add(datetime.fromisoformat(said["restored"]))
            else:
                one = Head(**said)
                assert one.moment.tzinfo
                assert isinstance(one.seq, int)
                assert isinstance(one.n, int)
                found.heads.append(one)
        except (AssertionError, KeyError, TypeError, ValueError):
            found.faults.append(f"line {number} of {file} cannot be read")
    return found


def compare(conn: Connection, folder: Path) -> list[str]:
    """Return what is wrong between the file in `folder` and the chain, a sentence for each.

    A head between a backup and its restore is left out: the restored warehouse never knew what came after the backup.
    """
    known = kept(folder)
    nights = _nights_that_kept(conn, known.since if known else None)
    if known is None:
        return (
            [f"{folder / FILE} is missing, and {_named(nights)} kept the head of the chain in it"]
            if nights
            else []
        )
    windows, unknown = _restores(conn, known)
    heads = [
        each for each in known.heads if not any(start < each.moment < end for start, end in windows)
    ]
    return [
        *known.faults,
        *unknown,
        *_out_of_order(known.file, heads),
        *_not_in_chain(conn, known.file, heads),
        *_not_kept(known.file, heads, nights),
    ]


def notice(conn: Connection, seq: int, folder: Path) -> list[str]:
    """Compare as night `seq`, and return what is wrong; while there is something, it is an exception.

    The exception ends on the first night that finds nothing. A night that is not the newest opens and ends none. Does
    not commit.
    """
    wrong = compare(conn, folder)
    if not nights.is_newest(conn, seq):
        return wrong
    if wrong:
        more = len(wrong) - MOST_TOLD
        told = [*wrong[:MOST_TOLD], *([f"and {more:,} more"] if more > 0 else [])]
        exceptions.open_exception(
            conn, seq, nights.by_seq(conn, seq).cut_off, REASON, ABOUT, FILE,
            detail={"differs": "; ".join(told)},
        )  # fmt: skip
    else:
        exceptions.clear(
            conn, seq, derive("exception", REASON, ABOUT, FILE), "the chain agrees with its heads"
        )
    return wrong


def is_in_doubt(conn: Connection) -> bool:
    """Say whether a night found that the chain is not the one whose heads were kept, and none since found it right."""
    found = conn.execute(
        "select from operations.exception where reason = %s and status = 'open'", (REASON,)
    )
    return found.rowcount > 0


def _nights_that_kept(conn: Connection, since: datetime | None) -> list[int]:
    """Return the nights that have kept the head of the chain, as the warehouse says: it is the end of their page."""
    rows = conn.execute(
        "select s.seq from operations.step as s where s.step = 'write_page' and s.status = 'done'"
        " and s.finished_at > greatest((select min(c.added_at) from operations.chain as c), %s)"
        " order by 1",
        (since,),
    )
    return [row[0] for row in rows]


def _restores(conn: Connection, known: Kept) -> tuple[list[tuple[datetime, datetime]], list[str]]:
    """Return the times from each backup to its restore, and the restores of which the file does not know."""
    rows = conn.execute(
        "select backup_taken_at, restored_at from operations.restored order by 2"
    ).fetchall()
    windows = [row for row in rows if row[1] in known.restored]
    unknown = [
        f"the warehouse says that it was restored at {end:%Y-%m-%d %H:%M} UTC, and {known.file} does not"
        for _, end in ((start, end.astimezone(UTC)) for start, end in rows)
        if end not in known.restored and (known.since is None or end > known.since)
    ]
    return windows, unknown


def _out_of_order(file: Path, heads: Sequence[Head]) -> list[str]:
    return [
        f"{file} is not in order: entry {later.n} (night {later.seq}) stands after entry {earlier.n}"
        for earlier, later in pairwise(heads)
        if later.n < earlier.n
    ]


def _not_in_chain(conn: Connection, file: Path, heads: Sequence[Head]) -> list[str]:
    there = dict(
        conn.execute(
            "select n, sha256 from operations.chain where n = any(%s)",
            ([each.n for each in heads],),
        ).fetchall()
    )
    other = [each for each in heads if there.get(each.n) != each.sha256]
    if len(other) > 1 and len(other) == len(heads):
        return [
            f"{file} is of another warehouse, or the whole chain was written anew: of its {len(heads)} heads none is"
            " in the chain"
        ]
    return [
        f"after night {each.seq}, entry {each.n} was {each.sha256}, and is {there.get(each.n, 'missing')}"
        for each in other
    ]


def _not_kept(file: Path, heads: Sequence[Head], nights: Sequence[int]) -> list[str]:
    missing = sorted(set(nights) - {each.seq for each in heads})
    last = max((each.seq for each in heads), default=0)
    after = [seq for seq in missing if seq > last]
    found = []
    if within := [seq for seq in missing if seq < last]:
        found.append(f"{file} has no head of {_named(within)}: lines were taken out")
    if after:
        ends = f"ends with night {last}" if last else "has no head"
        found.append(
            f"{file} {ends}, and {_named(after)} kept one: it was cut off, or is an older copy"
        )
    return found


def _named(nights: Sequence[int]) -> str:
    if len(nights) == 1:
        return f"night {nights[0]}"
    return f"{len(nights)} nights ({nights[0]} to {nights[-1]})"
