"""Renders a profile as text for a terminal, 100 columns wide except where text may not be cut."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from throughline.profiling import words as w
from throughline.profiling.shapes import Feed, SourceProfile, Table
from throughline.told.text import WIDTH, section, table, wrap
from throughline.told.words import count, plain

LISTED = 40
UNREAD = 15


def render(p: SourceProfile, *, is_brief: bool = False) -> str:
    """Return the whole profile; briefly, what a first night would make of it and what to check."""
    parts = [
        f"{p.source}: {p.title} ({p.standard}), {count(len(p.files), 'file')} from {p.read_from},"
        f" as of {p.as_of}\n{w.headline(p)}",
        section("A FIRST NIGHT", _feeds(p)),
        section("CHECK BEFORE THE FIRST NIGHT", *_findings(p)),
    ]
    if is_brief:
        return "\n\n".join(parts)
    parts += [
        section("FILES", _files(p)),
        *(section(f"{feed.name}".upper(), *_feed(feed)) for feed in p.feeds if feed.tables),
    ]
    if p.translated:
        parts.append(section("CODES TRANSLATED BY THE READER", *_translated(p)))
    if p.types:
        parts.append(section("NOT READ", *_unread(p)))
    parts.append(wrap(w.PRIVATE))
    return "\n\n".join(parts)


def _feeds(p: SourceProfile) -> str:
    rows = [
        (feed.name, w.VERDICTS[feed.verdict], f"{feed.received:,}", f"{feed.set_aside:,}")
        for feed in p.feeds
    ]
    return table(("feed", "result", "received", "set aside"), rows, (2, 3))


def _findings(p: SourceProfile) -> Iterator[str]:
    found = w.findings(p)
    for finding in found[:LISTED]:
        about = f"{plain(finding.about)}: " if finding.about else ""
        yield _hang(f"{'!' if finding.tone == 'bad' else '-'} {about}{finding.text}")
    if len(found) > LISTED:
        yield f"… and {len(found) - LISTED:,} more on the page"
    if any(w.WITHOUT_MEANING in finding.text for finding in found):
        yield wrap(w.WRITE_CODES)
    if not found:
        yield "Nothing."


def _hang(line: str) -> str:
    return wrap(line).replace("\n", "\n  ")


def _files(p: SourceProfile) -> str:
    rows = [
        (
            f"{file.rows:,}",
            file.status if file.status != "refused" else w.refused(file),
            ", ".join(file.feeds) or "–",
            file.name,
        )
        for file in p.files[:LISTED]
    ]
    told = table(("rows", "result", "feeds", "file"), rows, (0,))
    more = len(p.files) - LISTED
    told += f"\n… and {more:,} more" if more > 0 else ""
    return "\n".join([told, *(wrap(f"By its definition, {one}.") for one in p.carries_nothing)])


def _feed(feed: Feed) -> Iterator[str]:
    for number, one in enumerate(feed.tables):
        gone = f", {count(one.deleted, 'deletion')}" if one.deleted else ""
        if number or gone or len(feed.tables) > 1:
            yield f"{one.name}: {count(one.rows, 'row')}{gone}"
        if one.rows:
            yield _table(one)


def _table(one: Table) -> str:
    rows = [
        (
            field.name + ("" if field.filled else " (empty)"),
            field.kind,
            w.percent(field),
            f"{field.distinct:,}",
        )
        for field in one.fields
    ]
    lines = table(("field", "type", "filled", "distinct"), rows, (2, 3)).splitlines()
    start = max(len(line) for line in lines) + 2
    told = [lines[0]]
    for line, field in zip(lines[1:], one.fields, strict=True):
        words = w.about(field)
        first, *rest = _in_column(words, WIDTH - 2 - start) or [""]
        told.append(f"{line.ljust(start)}{first}".rstrip())
        told += [" " * start + more for more in rest]
    return "\n".join(told)


def _in_column(words: str, width: int) -> list[str]:
    return textwrap.wrap(words, max(width, 20), break_long_words=False, break_on_hyphens=False)


def _translated(p: SourceProfile) -> Iterator[str]:
    for name, codes in p.translated:
        values = ", ".join(w.value(one, codes) for one in codes.values[:LISTED])
        yield _hang(f"{name}: {'; '.join(part for part in (values, w.hidden(codes)) if part)}")


def _unread(p: SourceProfile) -> Iterator[str]:
    for kind in p.types:
        head = f"{kind.name}, {count(kind.records, 'record')}"
        if not kind.is_read:
            yield f"{head}: not read by any feed of this source"
        elif kind.unread:
            yield _hang(f"{head}: {w.unread(kind, UNREAD)}")
