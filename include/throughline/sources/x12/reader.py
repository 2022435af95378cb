"""Reads X12 files into records: every interchange, group and transaction set, in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from throughline.sources.files import is_broken
from throughline.sources.records import Fault, FileRefusedError
from throughline.sources.x12.acknowledgement import (
    Acknowledgement,
    ClaimStatus,
    read_acknowledgements,
    read_claim_statuses,
    read_interchange_acknowledgement,
)
from throughline.sources.x12.claim import Claim, kind_of, read_claims
from throughline.sources.x12.eligibility import Eligibility, read_eligibilities
from throughline.sources.x12.envelope import ENVELOPE, Context, Transaction
from throughline.sources.x12.remittance import Payment, ProviderAdjustment, read_payments
from throughline.sources.x12.segments import SegmentReader
from throughline.sources.x12.values import at, moment

Record = Claim | ClaimStatus | Acknowledgement | Eligibility | Payment | ProviderAdjustment

# Feeds by transaction set, and by the functional identifier (GS01) of a group that holds none.
FEED_OF_GROUP = {
    "HC": "claim",
    "HN": "claim_response",
    "FA": "functional_acknowledgement",
    "HB": "eligibility_response",
    "HP": "payment",
}
READERS: dict[str, Callable[[Transaction, int], Iterator[Record | Fault]]] = {
    "claim": read_claims,
    "claim_response": read_claim_statuses,
    "functional_acknowledgement": read_acknowledgements,
    "eligibility_response": read_eligibilities,
    "payment": read_payments,
}
NOT_USED = "transaction_set_not_used_here"


@dataclass
class Contents:
    """What a file holds. It does not count rows, only says which feeds they belong to and how new they are.

    `feeds` counts transaction sets by feed (0: an empty group says that there was nothing), `unused`
    those of no feed. `newest` is the latest time of an interchange, without time zone. `is_test` says
    whether an interchange calls itself a test. A file is incomplete if an interchange or transaction set in
    it has no end.
    """

    feeds: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)
    newest: datetime | None = None
    interchanges: int = 0
    segments: int = 0
    is_complete: bool = True
    is_test: bool = False


def feed_of(transaction_set: str, version: str) -> str | None:
    """Return the feed of a transaction set, or None if no feed reads it."""
    if transaction_set == "837":
        return None if kind_of(version) == "D" else "claim"
    if transaction_set == "277":
        # X214 acknowledges claims; X212 answers a 276, X313 asks for documents
        return "claim_response" if "X214" in version else None
    return {
        "835": "payment",
        "271": "eligibility_response",
        "999": "functional_acknowledgement",
        "997": "functional_acknowledgement",
    }.get(transaction_set)


def reads_tests(conventions: Mapping[str, Any]) -> bool:
    """Return whether a source's conventions say that its tests (ISA15 T) are read."""
    return bool(conventions.get("test_data") == "read")


def scan(stream: BinaryIO, file: str) -> Contents:
    """Return which feeds a file belongs to. Raises `FileRefusedError` if it is not an X12 file."""
    contents = Contents()
    version = functional_id = ""
    sets_in_group = 0
    depth: list[str] = []
    segments = SegmentReader(stream, file)
    for e in segments:
        tag = e[0]
        if tag in ENVELOPE:
            _nest(contents, depth, tag)
        if tag == "ST":
            sets_in_group += 1
            feed = feed_of(at(e, 1), at(e, 3) or version)
            if feed is None:
                contents.unused[at(e, 1)] += 1
            else:
                contents.feeds[feed] += 1
        elif tag == "ISA":
            contents.interchanges += 1
            contents.is_test = contents.is_test or at(e, 15).upper() == "T"
            made = moment(at(e, 9), at(e, 10))
            if made is not None and (contents.newest is None or made > contents.newest):
                contents.newest = made
        elif tag == "GS":
            functional_id, version, sets_in_group = at(e, 1), at(e, 8), 0
        elif tag == "GE":
            if sets_in_group == 0 and functional_id in FEED_OF_GROUP:
                contents.feeds[FEED_OF_GROUP[functional_id]] += 0
            sets_in_group = 0
        elif tag == "TA1":
            contents.feeds["functional_acknowledgement"] += 1
    contents.segments = segments.position
    if depth or is_broken(stream):
        contents.is_complete = False
    return contents


_END_OF = {"SE": "ST", "GE": "GS", "IEA": "ISA"}


def _nest(contents: Contents, depth: list[str], tag: str) -> None:
    """Follow the envelopes; one that begins inside its own kind, or ends without a start, is incomplete."""
    if tag in _END_OF:
        if not depth or depth[-1] != _END_OF[tag]:
            contents.is_complete = False
        if _END_OF[tag] in depth:
            del depth[depth.index(_END_OF[tag]) :]
    else:
        if tag in depth:
            contents.is_complete = False
            del depth[depth.index(tag) :]
        depth.append(tag)


def read(
    stream: BinaryIO,
    file: str,
    feeds: frozenset[str] | None = None,
    *,
    with_unused: bool = True,
    segments_of: Callable[[BinaryIO, str], SegmentReader] = SegmentReader,
) -> Iterator[Record | Fault]:
    """Yield the records and faults of a file, in the file's order; with `feeds`, only of those feeds.

    A transaction set that no feed reads becomes one fault, with its position, unless `with_unused` is
    False. Row numbers count all rows of the file, whatever `feeds` is. `segments_of` splits the stream.
    Raises `FileRefusedError` if the file has no interchange.
    """
    reader = segments_of(stream, file)
    segments = iter(reader)
    context = Context()
    row = 0
    pushed: list[str] | None = None
    while True:
        e = pushed if pushed is not None else next(segments, None)
        pushed = None
        if e is None:
            break
        tag = e[0]
        if tag == "ST":
            transaction = Transaction(context.enter_transaction(e), reader, segments)
            feed = feed_of(at(e, 1), transaction.context.version)
            if feed is None:
                row += 1
                if with_unused:
                    yield Fault(file, row, reader.position, NOT_USED, source_id=at(e, 1) or None)
                for _ in transaction:
                    pass
            else:
                wanted = feeds is None or feed in feeds
                for record in READERS[feed](transaction, row + 1):
                    if record.row > row:
                        row = record.row
                    if wanted:
                        yield record
                if transaction.problem is not None and wanted:
                    yield Fault(file, 0, reader.position, transaction.problem, "warning")
            pushed = transaction.pushed_back
        elif tag == "ISA":
            context = Context.of_interchange(e, reader.separators)
        elif tag == "GS":
            context = context.enter_group(e)
        elif tag == "TA1":
            row += 1
            if feeds is None or "functional_acknowledgement" in feeds:
                judged = read_interchange_acknowledgement(e, context, row, reader.position)
                yield (
                    judged
                    if judged.status_code is not None
                    else Fault(
                        file,
                        row,
                        reader.position,
                        "acknowledgement_without_status",
                        payload=context.separators.element.join(e),
                    )
                )
        elif tag not in ("GE", "IEA", "SE") and with_unused:
            yield Fault(file, 0, reader.position, "segment_outside_transaction", "warning")
    if reader.skipped and with_unused:
        yield Fault(file, 0, reader.position, "text_outside_interchange", "warning")


__all__ = ["Contents", "FileRefusedError", "Record", "feed_of", "read", "scan"]
