"""What is watched, from the catalogue of feeds: relations that the files of `sql/silence/` are given."""

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
    """A column of a record whose words are watched."""

    feed: Entry
    table: Table
    code: Code

    @property
    def name(self) -> str:
        """The field as `table.column` of `core`."""
        return f"{self.table.name}.{self.code.name}"


def fields() -> Iterator[Field]:
    """Yield the watched fields of the catalogue, those of a table together."""
    for feed, table in catalogue.tables():
        for code in table.codes:
            yield Field(feed, table, code)


def coded(some: Iterable[Field]) -> str:
    """Return the query of the codes in fields, of the records that came after a night: `after`, `seq`.

    Each table is read once; what many records have alike is one row before it is told apart by field.
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
    """Return the query of the watched fields: `field`, its `maps` and itself, and whether they know it `by_prefix`."""
    return _values(
        "field, maps, by_prefix",
        (
            f"'{one.name}', string_to_array('{','.join((*one.code.maps, one.name))}', ','), {one.code.by_prefix}"
            for one in fields()
        ),
    )


def known_codes() -> str:
    """Return the query of the codes that have a meaning here: `map`, or the field itself, and `code`."""
    known = [(one.name, word) for one in fields() for word in one.code.words]
    lists = vocabulary().words
    known += [(own.name, word) for own in PRACTICE_LISTS for word in lists[own.name]]
    own = _values("map, code", (f"'{name}', {_literal(word)}" for name, word in known))
    return f"select m.map, m.code from evidence.code_map as m\nunion all\n{own}"


def _literal(word: str) -> str:
    """Return a word that a practice wrote, as a statement with parameters says it."""
    return "'" + word.replace("'", "''").replace("%", "%%") + "'"


def status_fields() -> str:
    """Return the query of the fields of which a delivery may be all of one status: `feed`, `field`, `name`."""
    return _values(
        "feed, field, name",
        (
            f"'{feed.name}', '{feed.table.name}.{name}', '{name}'"
            for feed in catalogue.FEEDS
            for name in feed.table.statuses
        ),
    )


def stated_kinds() -> str:
    """Return the query of the kinds of fact that a feed states: `feed` and `kind`."""
    kinds = {(feed.name, kind) for feed, table in catalogue.tables() for kind in table.facts}
    return _values("feed, kind", (f"'{feed}', '{kind}'" for feed, kind in sorted(kinds)))


def _values(columns: str, rows: Iterable[str]) -> str:
    return f"select * from (values {', '.join(f'({row})' for row in rows)}) as v ({columns})"
