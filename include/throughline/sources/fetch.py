"""Fetches what a source has for the night and lands it, once per night even if the task is retried."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from throughline.sources import registry
from throughline.sources.definitions import SourceDefinition
from throughline.sources.files import open_file
from throughline.sources.landing import (
    BatchResult,
    Delivery,
    LandedFile,
    Landing,
    business_date_of,
    landed_before,
)
from throughline.sources.records import READER_ERRORS, UNFORESEEN, FileRefusedError
from throughline.sources.standard import Contents, Standard
from throughline.transports import Address, open_files
from throughline.transports.files import CHANGES, Files, FileUnavailable, RemoteFile
from throughline.warehouse import Connection, failpoints
from throughline.warehouse.nights import Night

log = logging.getLogger(__name__)


def extract(
    definition: SourceDefinition,
    address: Address,
    conn: Connection,
    night: Night,
    landing_root: Path,
    deadline: datetime | None = None,
) -> list[BatchResult]:
    """Land what a source has, and return the batches of this night; commits.

    A night that has already landed this source gets the same batches again, from the landed files.
    What a source has not made ready by the `deadline` is late. Raises `NotYet` while it may still
    become ready, and `SourceUnavailable` when the source cannot be reached at all.
    """
    standard = registry.standard(definition.standard)
    before = landed_before(conn, definition.source, night.seq)
    if before:
        conn.commit()
        standard.landed(definition, address, conn)
        return before
    landing = Landing(
        conn, definition.source, night, Path(landing_root), registry.read_as(definition)
    )
    landing.clear_incoming()
    if definition.transport in standard.exports:
        batches = standard.fetch(definition, address, conn, landing, deadline)
    else:
        batches = receive(standard, definition, address, landing)
    failpoints.hit("land.before_commit")
    conn.commit()
    failpoints.hit("land.after_commit")
    standard.landed(definition, address, conn)
    return sorted(batches, key=lambda batch: batch.feed)


# --- folders ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Received:
    """A landed file, and its number of rows for each feed of its source."""

    landed: LandedFile
    contents: Contents
    rows: dict[str, int]


def receive(
    standard: Standard,
    definition: SourceDefinition,
    address: Address,
    landing: Landing,
    files: AbstractContextManager[Files] | None = None,
) -> list[BatchResult]:
    """Land the files of a folder that no earlier night has fetched; makes one batch per feed in them.

    The folder is that of the source's transport, or `files`.

    A file's content, not its name, decides which feeds it belongs to. A file that cannot be fetched or
    read is refused, and the others are received. Raises `SourceUnavailable`.
    """
    received: list[_Received] = []
    older = 0
    refused: set[str] = set()  # the feeds that a refused file is of
    with files or open_files(definition.transport, address) as folder:
        for file in dict.fromkeys(folder.listing(definition.folder)):
            if _is_older(standard.made_at(file, definition), definition, landing.night):
                older += 1
                continue
            if file.problem is None and landing.known(file.name, file.bytes, file.modified_at):
                continue
            incoming = landing.incoming()
            problem = file.problem or _fetch(folder, definition.folder, file, incoming)
            of = standard.feeds_of(file.name, definition)
            if problem is not None:
                log.warning("%s: %s: %s", definition.source, file.name, problem)
                landing.missed(file.name, file.bytes, file.modified_at, problem, of)
                refused |= _late(of, definition) if problem != CHANGES else set()
                continue
            try:
                found, rows = _look(standard, definition, incoming, file)
            except FileRefusedError as error:
                log.warning("%s", error)
                landing.keep(
                    incoming,
                    file.name,
                    standard.suffix,
                    modified_at=file.modified_at,
                    refused=error.reason,
                    feeds=of,
                )
                refused |= _late(of, definition) if error.reason != standard.not_used else set()
                continue
            landed = landing.keep(
                incoming,
                file.name,
                found.suffix or standard.suffix,
                modified_at=file.modified_at,
                may_repeat=found.may_repeat,
            )
            if landed.status == "landed":
                received.append(_Received(landed, found, rows))
    landing.left(older)
    batches = [landing.batch(one, definition.zone) for one in _deliveries(received, definition)]
    for feed in sorted(refused - {batch.feed for batch in batches}):
        landing.batch(Delivery(feed, is_complete=False), definition.zone, "refused")
    return batches


def _late(of: Sequence[str] | None, definition: SourceDefinition) -> set[str]:
    """Return the feeds that lack a refused file: those that its name says, or the only one of its source."""
    feeds = definition.feeds if of is None else of
    return set(feeds) if of is not None or len(feeds) == 1 else set()


def _is_older(made_at: datetime | None, definition: SourceDefinition, night: Night) -> bool:
    """Return whether a file is older than its definition says that files are fetched."""
    if definition.history_days is None or made_at is None:
        return False
    first = night.business_date - timedelta(days=definition.history_days)
    return business_date_of(made_at, definition.zone) < first


def _fetch(folder: Files, where: str, file: RemoteFile, incoming: Path) -> str | None:
    """Fetch a file of a folder; returns why it cannot be fetched, or None. Raises `SourceUnavailable`."""
    try:
        return None if folder.get(where, file, incoming) else CHANGES
    except FileUnavailable as error:
        incoming.unlink(missing_ok=True)
        return error.reason


def _look(
    standard: Standard, definition: SourceDefinition, incoming: Path, file: RemoteFile
) -> tuple[Contents, dict[str, int]]:
    """Return what a file holds, and its rows by feed of the source. Raises `FileRefusedError`."""
    try:
        with open_file(incoming) as stream:
            found = standard.scan(stream, file, definition)
    except READER_ERRORS as error:
        log.warning("%s: %s", file.name, type(error).__name__)
        raise FileRefusedError(file.name, 0, UNFORESEEN) from None
    rows = {feed: n for feed, n in found.feeds.items() if feed in definition.feeds}
    if not rows and (found.is_complete or not found.adds):
        raise FileRefusedError(file.name, found.position, standard.not_used)
    return found, rows


def _deliveries(received: list[_Received], definition: SourceDefinition) -> list[Delivery]:
    """Return one delivery per feed.

    A truncated file is delivered with its feed's other files if one of them is at least as new;
    otherwise the feed stays behind.
    """
    deliveries = {}
    alone = [one for one in received if not one.contents.adds]
    for feed in sorted({feed for one in alone for feed in one.rows}):
        whole, cut_off = Delivery(feed), Delivery(feed)
        for one in alone:
            if feed in one.rows:
                part = whole if one.contents.is_complete else cut_off
                part.files.append(one.landed)
                part.rows += one.rows[feed]
                part.made_at = _later(part.made_at, one.contents.made_at)
        whole.files += cut_off.files
        whole.rows += cut_off.rows
        if cut_off.files and (
            whole.made_at is None or cut_off.made_at is None or cut_off.made_at > whole.made_at
        ):
            whole.is_complete, whole.made_at = False, cut_off.made_at or whole.made_at
        whole.watermark = whole.made_at
        deliveries[feed] = whole
    for one in received:
        if one.contents.adds:
            _add(one, deliveries, definition)
    return list(deliveries.values())


def _add(one: _Received, deliveries: dict[str, Delivery], definition: SourceDefinition) -> None:
    """Add a file to the deliveries it belongs to; a feed without a delivery tonight stays behind.

    If part of it cannot be read, that part may concern any feed: then no feed is complete, and one of
    them accounts for the unreadable rows.
    """
    feeds = list(one.rows)
    if not one.contents.is_complete:
        for delivery in deliveries.values():
            delivery.is_complete = False
        feeds = feeds or list(deliveries)[:1] or list(definition.feeds)[:1]
    for feed in feeds:
        behind = Delivery(feed, made_at=one.contents.made_at, is_complete=False)
        delivery = deliveries.setdefault(feed, behind)
        delivery.files.append(one.landed)
        delivery.rows += one.rows.get(feed, 0)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other
