"""Builds, from the catalogue of feeds, the relations that the files of `sql/silence/` read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from throughline.sources import catalogue
from throughline.sources.entry import Code, Entry, Table
from throughline.vocabulary import vocabulary
from throughline.vocabulary.lists import PRACTICE_LISTS

_CODED = """
select r.source, '{feed}' as feed, c.field, c.code, r.known_seq
from (
    select source, {columns}, min(known_seq) as known_seq
    from core.{table}
    where known_seq > %(after)s and known_seq <= %(seq)s and not is_deleted
    group by source, {columns}
) as r
cross join lateral (
    values {values}
) as c (field, code)
where c.code <> ''"""


@dataclass(frozen=True)
class Field:
    """A column of a record that is watched for new codes."""

    feed: Entry
    table: Table
    code: Code

    @property
    def name(self) -> str:
        """The field as `table.column` of `core`."""
        return f"{self.table.name}.{self.code.name}"


def fields() -> Iterator[Field]:
    """Yield the watched fields of the catalogue, table by table."""
    for feed, table in catalogue.tables():
        for code in table.codes:
            if code.is_watched:
                yield Field(feed, table, code)


def coded(some: Iterable[Field]) -> str:
    """Return the query for the codes in fields of records that came after night `after`, up to `seq`.

    It reads each table once, and groups equal rows before it splits them by field.
    """
    return "\nunion all".join(
        _CODED.format(
            feed=own[0].feed.name,
            table=table,
            columns=", ".join(one.code.name for one in own),
            values=", ".join(f"('{one.name}', r.{one.code.name})" for one in own),
        )
        for table, own in (
            (table, list(them)) for table, them in groupby(some, key=lambda one: one.table.name)
        )
    )


def watched_codes() -> str:
    """Return the query for the watched fields: `field`, its `maps` (and itself), and whether `by_prefix`."""
    return _values(
        "field, maps, by_prefix",
        (
            f"'{one.name}', string_to_array('{','.join((*one.code.maps, one.name))}', ','), {one.code.by_prefix}"
            for one in fields()
        ),
    )


def known_codes() -> str:
    """Return the query for the codes with a known meaning: `map` (or the field itself) and `code`."""
    # a status of the standard that never came before is news, although its meaning is known
    known = [
        (one.name, word)
        for one in fields()
        if not (one.code.rests or one.code.is_status)
        for word in one.code.words
    ]
    lists = vocabulary().words
    known += [(own.name, word) for own in PRACTICE_LISTS for word in lists[own.name]]
    own = _values("map, code", (f"'{name}', {_literal(word)}" for name, word in known))
    return f"select m.map, m.code from evidence.code_map as m\nunion all\n{own}"


def _literal(word: str) -> str:
    """Return a word from a practice's definitions as a SQL literal, with percent signs escaped."""
    return "'" + word.replace("'", "''").replace("%", "%%") + "'"


def status_fields() -> str:
    """Return the query for the status fields to check for a single status: `feed`, `field`, `name`."""
    return _values(
        "feed, field, name",
        (
            f"'{feed.name}', '{feed.table.name}.{name}', '{name}'"
            for feed in catalogue.FEEDS
            for name in feed.table.statuses
        ),
    )


def stated_kinds() -> str:
    """Return the query for the kinds of fact that each feed states: `feed` and `kind`."""
    kinds = {(feed.name, kind) for feed, table in catalogue.tables() for kind in table.facts}
    return _values("feed, kind", (f"'{feed}', '{kind}'" for feed, kind in sorted(kinds)))


def _values(columns: str, rows: Iterable[str]) -> str:
    return f"select * from (values {', '.join(f'({row})' for row in rows)}) as v ({columns})"
