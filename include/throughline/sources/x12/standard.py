"""X12: files of interchanges; a file belongs to the feeds of its transaction sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from throughline.sources.definitions import SourceDefinition
from throughline.sources.records import TEST_DATA, Fault, FileRefusedError
from throughline.sources.standard import OWN_CODES, TESTS, Contents, File, Held, Standard
from throughline.sources.table import StagedRow
from throughline.transports.files import RemoteFile


class X12(Standard):
    """X12 005010, in files of any name and any mix of transaction sets."""

    name = "x12"
    transports = ("https", "sftp", "folder")
    suffix = "x12"
    conventions = {"codes": OWN_CODES, "test_data": TESTS}  # noqa: RUF012
    not_used = "transaction_set_not_used_here"

    def scan(self, stream: BinaryIO, file: RemoteFile, definition: SourceDefinition) -> Contents:
        """Count transaction sets by feed; an empty group means that there was nothing to send.

        Raises `FileRefusedError`, also if an interchange says that it is a test (ISA15 T).
        """
        from throughline.sources.x12 import reader

        found = reader.scan(stream, file.name)
        if not found.feeds and not found.unused:
            raise FileRefusedError(file.name, found.segments, "no_transaction_set")
        if found.is_test and not reader.reads_tests(definition.conventions):
            raise FileRefusedError(file.name, found.segments, TEST_DATA)
        made = found.newest.replace(tzinfo=definition.zone) if found.newest else None
        return Contents(found.feeds, made, found.is_complete, found.segments)

    def read(
        self, stream: BinaryIO, file: File, feed: str, definition: SourceDefinition
    ) -> Iterator[StagedRow | Fault]:
        """Yield the records of one feed; the file's first feed accounts for what no feed reads."""
        from throughline.sources.x12.rows import rows

        return rows(stream, file.name, definition, feed, feed == file.feeds[0])

    def readable(self) -> frozenset[str]:
        """Return the feeds of the transaction sets that are used."""
        from throughline.sources.x12.columns import COLUMNS
        from throughline.sources.x12.reader import READERS

        return frozenset(READERS) & frozenset(COLUMNS)

    def columns(self, feed: str) -> dict[str, tuple[str, ...]]:
        """Return the columns of a feed's records and of the lines that come with them."""
        from throughline.sources.x12.columns import COLUMNS

        return COLUMNS[feed]

    def held(self, stream: BinaryIO, file: str, definition: SourceDefinition) -> Iterator[Held]:
        """Yield the elements of each transaction set, by segment and qualifier."""
        from throughline.sources.x12.elements import held

        return held(stream, file)


STANDARD = X12()
