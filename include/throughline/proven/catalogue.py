"""Checks the catalogue of feeds against the code and the warehouse, before anything is fetched.

Each part of an entry is compared with its source: the readers say which tables and columns they fill,
the warehouse which tables and columns exist, the suites which feeds they judge, and the files of facts
what they state. A feed with a missing part is reported now, by feed and part, and not weeks later
when somebody misses its data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from throughline.evidence import files
from throughline.quality.merge import KEYS
from throughline.quality.suites import SUITES
from throughline.sources import catalogue, registry
from throughline.sources.entry import LINK_COLUMNS, CatalogueError, Entry, Table
from throughline.sources.table import COMMON
from throughline.vocabulary.codes import code_rows
from throughline.vocabulary.facts import FACT_KIND
from throughline.vocabulary.lists import PRACTICE_LISTS
from throughline.warehouse import Connection

_COLUMNS = """
    select n.nspname, c.relname, array_agg(a.attname::text)
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where n.nspname in ('core', 'staging') and c.relkind in ('r', 'p') and not c.relispartition
    group by n.nspname, c.relname
"""

_STORED = """
    select
        n.nspname,
        c.relname,
        c.relpersistence = 'u',
        array(
            select substring(pg_get_indexdef(i.indexrelid) from ' USING btree (.*)$')
            from pg_index as i where i.indrelid = c.oid
        )
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname in ('core', 'staging') and c.relkind in ('r', 'p') and not c.relispartition
"""

_DENIED = """
    select n.nspname, c.relname, wanted.role, wanted.act
    from pg_class as c
    inner join pg_namespace as n on n.oid = c.relnamespace
    inner join (
        values
        ('core', 'throughline_loader', 'select'),
        ('core', 'throughline_loader', 'insert'),
        ('core', 'throughline_loader', 'update (retracted_seq)'),
        ('core', 'throughline_loader', 'delete'),
        ('core', 'throughline_loop', 'select'),
        ('core', 'throughline_reader', 'select'),
        ('staging', 'throughline_loader', 'select'),
        ('staging', 'throughline_loader', 'insert'),
        ('staging', 'throughline_loader', 'delete')
    ) as wanted (place, role, act) on wanted.place = n.nspname
    where c.relkind in ('r', 'p') and not c.relispartition
      and case
          when wanted.act <> 'update (retracted_seq)' then not has_table_privilege(wanted.role, c.oid, wanted.act)
          else not exists (
              select from pg_attribute as a
              where a.attrelid = c.oid and a.attname = 'retracted_seq'
                and has_column_privilege(wanted.role, c.oid, a.attnum, 'update')
          )
      end
    order by 1, 2, 3, 4
"""

NEEDED_INDEXES = {
    "core": (
        "(source, source_id, source_version, known_seq)",
        "(source, source_id) WHERE (retracted_seq IS NULL)",
        "(known_seq)",
        "(retracted_seq) WHERE (retracted_seq IS NOT NULL)",
    ),
    "staging": ("(batch_id)",),
}
"""What each night looks for: without one of these it reads the whole table, and nobody is told."""

LOOKS_LIKE_A_CODE = re.compile(r"(^|_)(code|status|event|level|provision|use|intent)$")
"""Name patterns of columns that hold a source's own codes."""

UNWATCHED = {
    "postal_code": "is part of an address",
    "taxonomy_code": "has hundreds of codes, and no rule uses them",
    "admit_source_code": "no rule uses it",
    "entity_code": "no rule uses it",
    "cancel_reason_code": "is read through the source's conventions",
    "condition.code": "a clinical code: new ones come every day",
    "procedure.code": "a clinical code: new ones come every day",
    "observation.code": "a clinical code: new ones come every day",
    "observation_component.code": "a clinical code: new ones come every day",
    "diagnostic_report.code": "a clinical code: new ones come every day",
    "service_request.code": "a clinical code: new ones come every day",
    "medication_request.code": "a clinical code: new ones come every day",
    "value_code": "a clinical code: new ones come every day",
    "conclusion_code": "a clinical code: new ones come every day",
    "specialty_code": "a clinical code: new ones come every day",
    "encounter.reason_code": "a clinical code: new ones come every day",
    "procedure.reason_code": "a clinical code: new ones come every day",
    "immunization.reason_code": "a clinical code: new ones come every day",
    "service_request.reason_code": "a clinical code: new ones come every day",
    "medication_request.reason_code": "a clinical code: new ones come every day",
    "service_request.category_code": "no rule uses it",
    "medication_request.category_code": "no rule uses it",
    "immunization.code": "a clinical code: new ones come every day",
    "charge_item.code": "a billing code: new ones come every day",
    "claim_line.code": "a billing code: new ones come every day",
    "payment_line.code": "a billing code: new ones come every day",
    "payment_line.paid_code": "a billing code: new ones come every day",
    "claim_response.status_code": "has hundreds of codes that repeat its category",
    "organization.type_code": "no rule uses it",
}
"""Columns of `core` that look like codes but are not watched for new ones, each with the reason."""

Columns = Mapping[str, frozenset[str]]
"""The columns of each table of `core` and `staging`, by `schema.table`."""


def check(conn: Connection) -> None:
    """Raise `CatalogueError` with every problem, by feed and part, if there is one.

    The shape of the selects of facts is not checked here: the ledger checks it when it reads them.
    """
    if found := [*_problems(columns(conn)), *_of_storage(conn), *_of_rights(conn)]:
        raise CatalogueError("; ".join(found))


def problems(conn: Connection, there: Columns | None = None) -> list[str]:
    """Return every mismatch between the catalogue and the code or warehouse, as `feed: part: what`.

    `there` holds the columns of the warehouse; without it they are read.
    """
    known = columns(conn) if there is None else there
    return [*_problems(known), *_of_storage(conn), *_of_rights(conn), *_of_shapes(conn)]


def _problems(there: Columns) -> list[str]:
    return [
        *_of_readers(),
        *_of_tables(there),
        *_of_links(there),
        *_of_codes(there),
        *_of_suites(),
        *_of_facts(),
    ]


def columns(conn: Connection) -> dict[str, frozenset[str]]:
    """Return the columns that the tables of `core` and `staging` have."""
    return {
        f"{schema}.{table}": frozenset(names)
        for schema, table, names in conn.execute(_COLUMNS).fetchall()
    }


def _filled(feed: Entry) -> dict[str, dict[str, frozenset[str]]]:
    """Return the columns that readers fill, by table and standard."""
    found: dict[str, dict[str, frozenset[str]]] = {}
    for name in feed.standards:
        reader = registry.standard(name)
        if feed.name in reader.readable():
            for table, filled in reader.columns(feed.name).items():
                found.setdefault(table, {})[name] = frozenset(filled)
    return found


def _of_readers() -> Iterator[str]:
    for name in registry.names():
        readable = registry.standard(name).readable()
        said = {feed.name for feed in catalogue.read_by(name)}
        for feed in sorted(said - readable):
            yield f"{feed}: standards: {name} has no reader for it"
        for feed in sorted(readable - said):
            yield f"{feed}: standards: {name} reads it, but no entry says so"


def _of_tables(there: Columns) -> Iterator[str]:
    known: set[str] = set()
    for feed in catalogue.FEEDS:
        filled = _filled(feed)
        for name in sorted(set(filled) - {table.name for table in feed.tables}):
            yield f"{feed.name}: tables: {', '.join(filled[name])} fills {name}, which is not among them"
        for table in feed.tables:
            known.add(table.name)
            if filled and table.name not in filled:
                yield f"{feed.name}: tables: no reader fills {table.name}"
            yield from _of_table(feed, table, filled.get(table.name, {}), there)
    for place in sorted(there):
        if place.partition(".")[2] not in known:
            yield f"{place.partition('.')[2]}: tables: {place} belongs to no feed"


def _of_table(
    feed: Entry, table: Table, filled: Mapping[str, frozenset[str]], there: Columns
) -> Iterator[str]:
    """Yield what a table lacks in `staging`, in `core`, or in what its readers fill."""
    by_any = frozenset[str]().union(*filled.values())
    needed = {"core": {*KEYS, *by_any} - {*table.for_gate}, "staging": {*COMMON, *by_any}}
    if table.follows is not None:
        needed["core"].add(table.follows.by)
    if table.amount is not None:
        needed["core"].add(table.amount)
    for schema, names in needed.items():
        has = there.get(f"{schema}.{table.name}")
        if has is None:
            yield f"{feed.name}: tables: there is no {schema}.{table.name}"
            continue
        for name in sorted(names - has):
            yield f"{feed.name}: tables: {schema}.{table.name} has no {name}"
        for name in sorted(has - names - set(KEYS)) if filled else ():
            yield f"{feed.name}: tables: no reader fills {schema}.{table.name}.{name}"


def _of_storage(conn: Connection) -> Iterator[str]:
    """Yield the indexes that the tables of feeds lack, and staged rows that are kept as if they were needed."""
    stored = {
        (schema, table): (is_unlogged, frozenset(indexes))
        for schema, table, is_unlogged, indexes in conn.execute(_STORED).fetchall()
    }
    for feed, table in catalogue.tables():
        for schema, needed in NEEDED_INDEXES.items():
            if (schema, table.name) not in stored:
                continue
            is_unlogged, indexes = stored[schema, table.name]
            place = f"{schema}.{table.name}"
            for index in needed:
                if index not in indexes:
                    yield f"{feed.name}: tables: {place} has no index {index}"
            if is_unlogged is not (schema == "staging"):
                yield f"{feed.name}: tables: {place} {'is' if is_unlogged else 'is not'} unlogged"


def _of_rights(conn: Connection) -> Iterator[str]:
    """Yield the rights on the tables of feeds that a role needs and has not been granted."""
    feeds = {table.name: feed.name for feed, table in catalogue.tables()}
    for schema, table, role, act in conn.execute(_DENIED).fetchall():
        if table in feeds:
            yield f"{feeds[table]}: tables: {role} may not {act} on {schema}.{table}: grant it"


def _of_links(there: Columns) -> Iterator[str]:
    """Yield links that an entry names but its records lack, and links that it omits."""
    for feed in catalogue.FEEDS:
        has = there.get(f"core.{feed.table.name}", frozenset())
        for link in feed.links:
            for name in sorted(set(LINK_COLUMNS[link]) - has):
                yield f"{feed.name}: links: core.{feed.table.name} has no {name}"
        # A record with a claim number is linked by that number, whatever else it carries.
        for link in ("claim", "record_number", "member"):
            if link in feed.links:
                break
            if has.issuperset(LINK_COLUMNS[link]):
                yield f"{feed.name}: links: its records carry a {link}"
                break


def _of_codes(there: Columns) -> Iterator[str]:
    """Yield watched fields and maps that do not exist, and columns that should be watched but are not."""
    maps = {row[0] for row in code_rows()} | {own.name for own in PRACTICE_LISTS}
    for feed, table in catalogue.tables():
        has = there.get(f"core.{table.name}", frozenset())
        watched = {code.name for code in table.codes}
        for name in sorted(watched - has):
            yield f"{feed.name}: codes: core.{table.name} has no {name}"
        for code in table.codes:
            for name in sorted(set(code.maps) - maps):
                yield f"{feed.name}: codes: {code.name}: there is no map {name}"
        for name in sorted(has - watched):
            if LOOKS_LIKE_A_CODE.search(name) and not {name, f"{table.name}.{name}"} & set(
                UNWATCHED
            ):
                yield (
                    f"{feed.name}: codes: core.{table.name}.{name} looks like a code and is not watched:"
                    " name it in codes of its Table, or with the reason in UNWATCHED"
                    " (throughline/proven/catalogue.py)"
                )


def _of_suites() -> Iterator[str]:
    for feed in catalogue.FEEDS:
        if feed.suite not in SUITES:
            yield f"{feed.name}: suite: there is no suite {feed.suite!r}"
    for name in sorted(set(SUITES) - {feed.suite for feed in catalogue.FEEDS}):
        yield f"{name}: suite: it judges no feed"


def _of_facts() -> Iterator[str]:
    stating: set[str] = set()
    for feed, table in catalogue.tables():
        place = f"{feed.name}: facts: sql/evidence/{table.name}.sql"
        if table.name in files.tables():
            stating.add(table.name)
            stated = {kind for select in files.selects(table.name) for kind in files.kinds(select)}
            for kind in sorted(stated - set(table.facts)):
                yield f"{place} states {kind}, and the entry of {table.name} does not"
            for kind in sorted(set(table.facts) - stated):
                yield f"{place} does not state {kind}"
            for kind in sorted(stated - set(FACT_KIND.words)):
                yield f"{place} states {kind}, which is not a {FACT_KIND.title} of the vocabulary"
        elif table.facts:
            yield f"{place} is not there"
    for name in sorted(files.tables() - stating):
        yield f"{name}: facts: sql/evidence/{name}.sql belongs to no feed"


def _of_shapes(conn: Connection) -> Iterator[str]:
    """Yield selects of facts that cannot run, or that lack a column of a fact or have an extra one."""
    for feed, table in catalogue.tables():
        if table.name in files.tables():
            try:
                files.stated(conn, feed, table)
            except CatalogueError as error:
                yield str(error)
