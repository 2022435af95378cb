"""Puts a work list into its folder, once, and finds out what became of it after an answer was lost.

The file is laid down under a temporary name first, marked, and then renamed. A list is looked up by its name: it was
handed over if it is there, whatever its bytes, because whoever opened it may have changed it since; not if the
temporary name is still there. If neither is, nobody knows: it may have been taken away, or a share is not mounted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import UUID

from throughline.tasks import pausing, transmissions
from throughline.tasks.transmissions import Row
from throughline.transports import folder as local
from throughline.transports import sftp
from throughline.transports.address import Address, SourceUnavailable
from throughline.transports.files import UploadUncertain
from throughline.warehouse import Connection, failpoints

GONE = "not found where it was put"
ANOTHER = "another file of this name is there"
NEWER = "a newer list took its place"


class Folder(Protocol):
    """A folder that files are put into: `throughline.transports.folder`, and `sftp`."""

    def lay_down(self, folder: str, name: str, content: bytes, permissions: int = ...) -> None:
        """Write a file under a temporary name. Raises `SourceUnavailable`."""

    def hand_over(self, folder: str, name: str) -> None:
        """Rename it to its final name. Raises `SourceUnavailable` and `UploadUncertain`."""

    def is_laid_down(self, folder: str, name: str) -> bool:
        """Return whether it still has its temporary name. Raises `SourceUnavailable`."""

    def is_there(self, folder: str, name: str) -> bool:
        """Return whether there is a file of this name. Raises `SourceUnavailable`."""

    def take_back(self, folder: str, name: str) -> None:
        """Remove what was laid down, if anything. Raises `SourceUnavailable`."""


def opened(
    transport: str, address: Address, sleep: Callable[[float], None]
) -> AbstractContextManager[Folder]:
    """Open the folders behind an address. Raises `SourceUnavailable` on entering."""
    return local.connect(address) if transport == "folder" else sftp.connect(address, sleep=sleep)


def look_up(conn: Connection, seq: int, folder: Folder, row: Row) -> str | None:
    """Settle a list that may have been handed over; returns its outcome, None if it certainly was not. Commits.

    Raises `SourceUnavailable`.
    """
    where, name = row.control_numbers["folder"], row.control_numbers["file"]
    if folder.is_there(where, name):
        return _accepted(conn, seq, row)
    if not folder.is_laid_down(where, name):
        transmissions.record(conn, seq, row.transmission_id, "uncertain", GONE)
        conn.commit()
        return "uncertain"
    if row.outcome == "uncertain":
        # it still has its temporary name: another one takes its place
        folder.take_back(where, name)
        transmissions.record(conn, seq, row.transmission_id, "rejected", "did not arrive")
        unmark_rows(conn, row.transmission_id)
        conn.commit()
        return "rejected"
    return None


def put(conn: Connection, seq: int, folder: Folder, row: Row, permissions: int) -> str | None:
    """Put an intended list into its folder; returns the outcome, None if it waits because sending is paused. Commits.

    Raises `SourceUnavailable`: then it stays intended.
    """
    where, name = row.control_numbers["folder"], row.control_numbers["file"]
    if pausing.is_paused(conn):
        conn.rollback()
        return None
    if not row.was_marked:
        if folder.is_there(where, name):
            transmissions.record(conn, seq, row.transmission_id, "rejected", ANOTHER)
            conn.commit()
            return "rejected"
        folder.lay_down(where, name, row.payload, permissions)
        failpoints.hit("lists.after_lay_down")
        _mark(conn, row.transmission_id)
    failpoints.hit("lists.after_mark")
    try:
        folder.hand_over(where, name)
    except SourceUnavailable:
        # it certainly lacks its final name
        unmark_rows(conn, row.transmission_id)
        transmissions.unmark(conn, [row.transmission_id])
        conn.commit()
        raise
    except UploadUncertain as error:
        transmissions.record(conn, seq, row.transmission_id, "uncertain", type(error).__name__)
        conn.commit()
        return "uncertain"
    failpoints.hit("lists.after_hand_over")
    return _accepted(conn, seq, row)


def withdraw(conn: Connection, seq: int, folder: Folder | None, row: Row, reason: str) -> None:
    """Withhold a list that was certainly not handed over, and remove what was laid down. Does not commit."""
    if folder is not None:
        folder.take_back(row.control_numbers["folder"], row.control_numbers["file"])
    if row.was_marked:
        unmark_rows(conn, row.transmission_id)
        transmissions.unmark(conn, [row.transmission_id])
    transmissions.record(conn, seq, row.transmission_id, "withheld", reason)


def _rows(conn: Connection, list_id: UUID) -> list[UUID]:
    """Return the rows of a list of which no list is known to have arrived."""
    found = conn.execute(
        "select x.transmission_id from tasks.list_row as r"
        " inner join tasks.transmission as x on x.transmission_id = r.transmission_id"
        " where r.list_id = %s and x.outcome = 'intended' order by r.row_no",
        (list_id,),
    )
    return [row[0] for row in found]


def _mark(conn: Connection, list_id: UUID) -> None:
    """Mark a list and its rows, durably, as about to be sent. Commits."""
    transmissions.mark(conn, [list_id, *_rows(conn, list_id)])


def unmark_rows(conn: Connection, list_id: UUID) -> None:
    """Take the mark from the rows of a list that was certainly not handed over. Does not commit."""
    transmissions.unmark(conn, _rows(conn, list_id))


def _accepted(conn: Connection, seq: int, row: Row) -> str:
    name = row.control_numbers["file"]
    for each in (row.transmission_id, *_rows(conn, row.transmission_id)):
        transmissions.record(conn, seq, each, "accepted", None, name)
    conn.commit()
    failpoints.hit("lists.after_outcome")
    return "accepted"
