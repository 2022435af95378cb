"""The code maps of `include/definitions/`, and the codes that are known, put where SQL can read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from throughline.sources import SourceDefinition, definitions, registry
from throughline.sources.codes import fold, known_codes, own_codes, unnamed, with_older
from throughline.vocabulary.codes import code_rows
from throughline.warehouse import Connection

_CODE_MAP = ("evidence.code_map", ("map", "system", "code", "value"))
_KNOWN_CODE = ("evidence.known_code", ("source", "field", "code", "folded", "word"))


def register_codes(conn: Connection, of: Iterable[SourceDefinition] | None = None) -> int:
    """Make `evidence.code_map` and `evidence.known_code` what the definitions say; returns rows changed.

    `of` are the sources whose own codes count, all of them if it is None. Does not commit.
    """
    return _replace(conn, *_CODE_MAP, code_rows()) + _replace(conn, *_KNOWN_CODE, known_rows(of))


def known_rows(
    of: Iterable[SourceDefinition] | None = None,
) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield the rows of `evidence.known_code`: (source or '', field, code, folded code, word).

    A text that may stand alone has a second row, under the code that stands for it. `of` are the sources whose own
    codes count, all of them if it is None.
    """
    for field, known in known_codes().items():
        yield from _rows("", field, known.entries)
    for about in with_feeds() if of is None else of:
        name = about.source
        own = own_codes(
            about.standard,
            with_older(
                about.conventions.get("codes", {}), about.conventions.get("cancelled_by", {})
            ),
        )
        for field, mapped in own.items():
            yield from _rows(name, field, mapped)
        for field, words in registry.standard(about.standard).looked_up(about).items():
            yield from _rows(name, field, words)


def with_feeds() -> Iterator[SourceDefinition]:
    """Yield the definitions of the sources that are read every night."""
    return (definitions.definition(name) for name in definitions.names_with_feeds())


def _rows(
    source: str, field: str, entries: Mapping[str, str]
) -> Iterator[tuple[str, str, str, str, str]]:
    for said, word in entries.items():
        yield source, field, said, fold(said), word
        if (alone := unnamed(said)) not in entries:
            yield source, field, alone, fold(alone), word


def _replace(
    conn: Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> int:
    """Make a table hold these rows; returns how many went or came."""
    names = ", ".join(columns)
    with conn.cursor() as cursor:
        cursor.execute(f"create temp table wanted_code (like {table}) on commit drop".encode())
        with cursor.copy(f"copy wanted_code ({names}) from stdin".encode()) as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            f"delete from {table} as m where not exists (select from wanted_code as w"
            f" where ({_of('w', columns)}) = ({_of('m', columns)}))".encode()
        )
        gone = cursor.rowcount
        cursor.execute(
            f"insert into {table} ({names}) select distinct {names} from wanted_code"
            " on conflict do nothing".encode()
        )
        new = cursor.rowcount
        cursor.execute("drop table wanted_code")
    return gone + new


def _of(alias: str, columns: tuple[str, ...]) -> str:
    return ", ".join(f"{alias}.{name}" for name in columns)
