"""Tables: CSV and TSV files, workbooks and the rows of queries, mapped to feeds by the source's definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID

from throughline.sources.records import Fault
from throughline.sources.standard import OWN_CODES, Contents, File, Held, Standard
from throughline.sources.table import StagedRow
from throughline.sources.tabular.columns import STANDARD as NAME
from throughline.sources.tabular.columns import in_order, readable
from throughline.sources.tabular.schema import TABLES

if TYPE_CHECKING:
    from throughline.sources.landing import BatchResult, Landing
    from throughline.sources.source import SourceDefinition
    from throughline.transports import Address
    from throughline.transports.files import RemoteFile
    from throughline.warehouse import Connection


class Tabular(Standard):
    """Tables of any shape: `tables` says which files there are, and what their columns mean."""

    name = NAME
    transports = ("https", "sftp", "folder", "sql")
    exports = ("sql",)
    suffix = "csv"
    not_used = "file_of_no_table"
    conventions = {"codes": OWN_CODES, "tables": TABLES}  # noqa: RUF012

    def mistakes(self, raw: Mapping[str, Any]) -> Iterator[str]:
        """Yield what no schema can find in the tables: columns, formats and keys that do not fit."""
        from throughline.sources.tabular.mistakes import mistakes

        yield from super().mistakes(raw)
        yield from mistakes(raw)

    def fetch(
        self,
        definition: SourceDefinition,
        address: Address,
        conn: Connection,
        landing: Landing,
        deadline: datetime | None = None,
    ) -> list[BatchResult]:
        """Land the rows of the source's queries, as files."""
        from throughline.sources.fetch import receive
        from throughline.sources.tabular.query import Queries

        return receive(
            self, definition, address, landing, Queries(definition, address, conn).opened()
        )

    def scan(self, stream: BinaryIO, file: RemoteFile, definition: SourceDefinition) -> Contents:
        """Count rows by feed; the name says which table a file is of."""
        from throughline.sources.tabular.rows import scan

        return scan(stream, file, definition)

    def read(
        self, stream: BinaryIO, file: File, feed: str, definition: SourceDefinition
    ) -> Iterator[StagedRow | Fault]:
        """Yield the records of one feed, and a fault for each row that cannot be read."""
        from throughline.sources.tabular.rows import read

        return read(stream, file, feed, definition)

    def names(
        self, conn: Connection, batch_id: UUID, feed: str, seq: int, definition: SourceDefinition
    ) -> int:
        """Name the patients of answers to our work lists, by the rows that we sent."""
        from throughline.sources.tabular.answers import name_answers

        return name_answers(conn, batch_id, feed, seq, definition)

    def looked_up(self, definition: SourceDefinition) -> Mapping[str, Mapping[str, str]]:
        """Return the words of the lookups, each with what it stands for."""
        from throughline.sources.tabular.shape import looked_up

        return looked_up(definition)

    def written_at(self, definition: SourceDefinition, field: str) -> tuple[str, ...]:
        """Return the lookups of a column, or else where its codes are mapped."""
        from throughline.sources.tabular.shape import lookups

        return lookups(definition).get(field) or super().written_at(definition, field)

    def made_at(self, file: RemoteFile, definition: SourceDefinition) -> datetime | None:
        """Return the end of the day in a file's name, or the time that it bears."""
        from throughline.sources.tabular.shape import table_of

        try:
            table = table_of(definition, file.name)
            return file.modified_at if table is None else table.made_at(file.name, file.modified_at)
        except (LookupError, ValueError):
            return file.modified_at

    def feeds_of(self, file: str, definition: SourceDefinition) -> tuple[str, ...] | None:
        """Return the feeds of the table that a file is of; of no table or two, None."""
        from throughline.sources.tabular.shape import table_of

        try:
            table = table_of(definition, file)
        except LookupError:
            return None
        return None if table is None else table.feeds

    def leaves_out(
        self, conn: Connection, batch_id: UUID, feed: str, seq: int, definition: SourceDefinition
    ) -> int:
        """Stage the deletion of what the newest snapshot of a table does not have any more."""
        from throughline.sources.tabular.absent import stage_absent

        return stage_absent(conn, batch_id, feed, seq, definition)

    def replaces(
        self,
        conn: Connection,
        batch_id: UUID,
        older_id: UUID,
        feed: str,
        definition: SourceDefinition,
        older_in: str,
    ) -> bool:
        """Return whether a later snapshot holds all that an older delivery may have said."""
        from throughline.sources.tabular.absent import holds_all_of

        return holds_all_of(conn, batch_id, older_id, feed, definition, older_in)

    def readable(self) -> frozenset[str]:
        """Return the feeds whose columns can be mapped."""
        return readable()

    def columns(self, feed: str) -> dict[str, tuple[str, ...]]:
        """Return the columns of a feed's records and of their lines."""
        return in_order(feed)

    def held(self, stream: BinaryIO, file: str, definition: SourceDefinition) -> Iterator[Held]:
        """Yield the columns of each row, mapped or not."""
        from throughline.sources.tabular.held import held

        return held(stream, file, definition)


STANDARD = Tabular()
