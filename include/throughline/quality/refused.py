"""Refused files: each is one exception, until somebody or something says what was in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from throughline.sources.definitions import SourceDefinition
from throughline.sources.systems import systems
from throughline.vocabulary.counts import count as counted
from throughline.warehouse import Connection, nights, sql
from throughline.warehouse.moment import moment_of

PATH = "quality/refused_files.sql"


def notice_files(conn: Connection, seq: int, folder: Path | None = None) -> dict[str, int]:
    """Open exceptions about the files that were refused up to night `seq`, and clear those that are settled.

    A file is settled when a named person says that it carries nothing, when its name is on
    `carries_nothing` of its source, when the source sends a readable file of the same name later, or
    when its delivery is rejected. A rerun of the night writes the same again; a night that is not the
    newest changes nothing. Returns counts. Does not commit.
    """
    if not nights.is_newest(conn, seq):
        return {}
    found = systems(folder)
    given = {"carries_nothing": _patterns(found), "file_owner": _owners(found)}
    sql.drop_made(conn, PATH)
    done = sql.run(conn, PATH, given, **moment_of(conn, seq).params)
    sql.drop_made(conn, PATH)
    return dict(done.counts)


def kept_decisions(conn: Connection, folder: Path | None = None) -> list[str]:
    """Return the decisions that definitions keep about unreadable files, each with how many it has settled."""
    return [
        f"{one.source}: {each.told}, {counted(_settled(conn, one.source, each.names), 'file')} so far"
        for one in systems(folder)
        for each in one.carries_nothing
    ]


def _settled(conn: Connection, source: str, names: str) -> int:
    row = conn.execute(
        "select count(*) from landing.file where source = %s and closed_by = 'definition'"
        " and original_name ilike %s",
        (source, _like(names)),
    ).fetchone()
    return row[0] if row else 0


def _patterns(found: Iterable[SourceDefinition]) -> str:
    """Return the query for the names of files that carry nothing: `source` and `pattern`, for ILIKE."""
    return _values(
        "source, pattern",
        ((one.source, _like(each.names)) for one in found for each in one.carries_nothing),
    )


def _owners(found: Iterable[SourceDefinition]) -> str:
    """Return the query for the team that owns a source's files: `source` and `owner_team`."""
    return _values("source, owner_team", ((one.source, one.owner_team) for one in found))


def _like(pattern: str) -> str:
    """Return a pattern with `*` and `?` as one for LIKE."""
    for mark in "\\%_":
        pattern = pattern.replace(mark, "\\" + mark)
    return pattern.replace("*", "%").replace("?", "_")


def _values(columns: str, rows: Iterable[tuple[str, str]]) -> str:
    told = ", ".join(f"({_literal(one)}, {_literal(other)})" for one, other in rows)
    query = f"values {told}" if told else "select null::text, null::text where false"
    return f"select * from ({query}) as v ({columns})"


def _literal(text: str) -> str:
    """Return a text of the definitions as a SQL literal, with percent signs escaped."""
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"
