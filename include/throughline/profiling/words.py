"""The words in which a profile is told, the same in the text and on the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from throughline.profiling.shapes import (
    Codes,
    Feed,
    Field,
    File,
    Key,
    RecordType,
    SourceProfile,
    Table,
    Value,
)
from throughline.sources import catalogue
from throughline.sources.entry import LINK_COLUMNS
from throughline.told.words import count, plain

THIN = 0.5
"""A field that fewer rows have is thin."""
VERDICTS = {
    "pass": "taken",
    "warn": "taken, with notes",
    "quarantine": "taken, rows set aside",
    "stop": "stopped, waits for a person",
    None: "no file of it",
}
PRIVATE = (
    "Names, numbers, dates and free text are counted and never shown; of coded fields a value is shown when a"
    " code map knows it, when it has the form of a code, or when at least five persons have it."
)
REPEATED = "row repeated"
OUTCOMES = {"stops the feed": "bad", "set aside": "bad", "noted": ""}


@dataclass(frozen=True)
class Finding:
    """One thing to look at before the first night; `about` is the feed, or empty."""

    about: str
    text: str
    tone: str = "warn"


def findings(p: SourceProfile) -> list[Finding]:
    """Return what to look at, the gravest first."""
    found = [*_of_files(p), *(each for feed in p.feeds for each in _of_feed(feed)), *_of_reader(p)]
    return sorted(found, key=lambda finding: finding.tone != "bad")


def _of_files(p: SourceProfile) -> Iterator[Finding]:
    unused = [file.name for file in p.files if is_unused(file)]
    if unused:
        listed, more = unused[:12], len(unused) - 12
        told = ", ".join(listed) + (f" and {more:,} more" if more > 0 else "")
        yield Finding("", f"nothing for a feed of this source is in {told}")
    for file in p.files:
        if file.status == "refused" and not is_unused(file):
            yield Finding("", f"{file.name} {refused(file)}", "bad")
    missing = [feed.name for feed in p.feeds if feed.verdict is None]
    if missing:
        yield Finding("", f"no file brings {', '.join(map(plain, missing))}")


def is_unused(file: File) -> bool:
    """Say whether a file is of the standard, and of nothing that the source's feeds read."""
    return file.status == "refused" and file.reason.endswith("_not_used_here")


def refused_files(p: SourceProfile) -> int:
    """Return how many files are not what they should be."""
    return sum(file.status == "refused" and not is_unused(file) for file in p.files)


def refused(file: File) -> str:
    """Return why a file is not read, and where reading ended."""
    if is_unused(file):
        return f"not read: {plain(file.reason)}"
    return f"refused at {file.position:,}: {plain(file.reason)}"


def _of_feed(feed: Feed) -> Iterator[Finding]:
    for fault in feed.faults:
        if fault.reason == REPEATED:
            # the key tells of it
            continue
        place = f"; the first is {fault.place}" if fault.place else ""
        told = f"{fault.reason}: {count(fault.rows, 'row')} {fault.outcome}{place}"
        yield Finding(feed.name, told, OUTCOMES[fault.outcome] or "warn")
    for table in feed.tables:
        for field in table.fields:
            yield from _of_field(table.name, field)
        for key in table.keys:
            if key.shared:
                yield Finding(table.name, shared(key))
        yield from _of_links(feed, table)
        empty = [field.name for field in table.fields if not field.filled and table.rows]
        if empty:
            yield Finding(table.name, f"no row has {', '.join(empty)}")
        thin = [f"{f.name} ({percent(f)})" for f in table.fields if 0 < f.share < THIN]
        if thin:
            yield Finding(table.name, f"few rows have {', '.join(thin)}")


def _of_links(feed: Feed, table: Table) -> Iterator[Finding]:
    """Yield the identifiers that join persons across systems, and that no row has."""
    filled = {field.name: field.filled for field in table.fields}
    for link in catalogue.entry(feed.name).links:
        if table.rows and not all(filled.get(column, 1) for column in LINK_COLUMNS[link]):
            told = f"no row has its {plain(link)}: nobody is found by it in other systems"
            yield Finding(table.name, told, "bad")


def _of_field(table: str, field: Field) -> Iterator[Finding]:
    if field.codes is not None and field.codes.unmapped_count:
        yield Finding(table, f"{field.name} has {unmapped(field.codes)}", "bad")
    if field.out_of_range:
        yield Finding(table, f"{field.name}: {out_of_range(field)}")


def _of_reader(p: SourceProfile) -> Iterator[Finding]:
    for name, codes in p.translated:
        if codes.unmapped_count:
            yield Finding("", f"{name} has {unmapped(codes)}", "bad")


def unmapped(codes: Codes) -> str:
    """Return the codes that should mean something here, and do not."""
    told = ", ".join(f"{value.value} ({value.rows:,})" for value in codes.unmapped[:8])
    hidden = codes.unmapped_count - min(8, len(codes.unmapped))
    more = f" and {hidden:,} more" if told and hidden else f"{hidden:,} not shown" if hidden else ""
    return f"{count(codes.unmapped_count, 'code')} without a meaning here: {told}{more}"


def shared(key: Key) -> str:
    """Return how often a key is not unique."""
    name = " + ".join(key.columns)
    if key.columns == ("source_id",):
        return f"{count(key.shared, 'record')} came more than once, in {count(key.rows, 'row')}"
    values = "1 value belongs" if key.shared == 1 else f"{key.shared:,} values belong"
    return f"{name} is not unique: {values} to several, in {count(key.rows, 'row')}"


def out_of_range(field: Field) -> str:
    """Return how many dates are out of range."""
    late = "in the future" if field.kind == "birth date" else "more than three years ahead"
    told = []
    if field.too_early:
        told.append(f"{count(field.too_early, 'row')} before 1900")
    if field.too_late:
        told.append(f"{count(field.too_late, 'row')} {late}")
    return ", ".join(told)


def percent(field: Field) -> str:
    """Return the share of rows that have a field."""
    return share(field.filled, field.rows)


def share(some: int, of: int) -> str:
    """Return a share: `100%` only for all, `0%` only for none."""
    if 0 < some < of:
        return f"{min(99.9, max(0.1, 100 * some / of)):.1f}%"
    return "100%" if some else "0%"


def value(one: Value, codes: Codes) -> str:
    """Return a value with its rows, and what it means where codes go through a map."""
    meaning = f" = {plain(one.meaning)}" if one.meaning else ""
    lost = " = ?" if codes.is_for_all and one.meaning is None else ""
    return f"{one.value}{meaning}{lost} ({one.rows:,})"


def about(field: Field, listed: int | None = 12) -> str:
    """Return what there is to say of a field beside its counts."""
    told = []
    if field.codes is not None:
        values = [value(one, field.codes) for one in field.codes.values[:listed]]
        told.append(", ".join(values))
        more = len(field.codes.values) - len(values)
        told.append(f"{more:,} more" if more else "")
        told.append(hidden(field.codes))
        told.append(through(field.codes))
    if field.first_year is not None:
        span = f"{field.first_year}" if field.first_year == field.last_year else ""
        told.append(span or f"{field.first_year} to {field.last_year}")
    told.append(out_of_range(field))
    told.append(f"{count(field.negative, 'row')} negative" if field.negative else "")
    return "; ".join(part for part in told if part)


def hidden(codes: Codes) -> str:
    """Return how many values are not shown."""
    if not codes.hidden:
        return ""
    return f"{count(codes.hidden, 'value')} not shown, in {count(codes.hidden_rows, 'row')}"


def through(codes: Codes) -> str:
    """Return the code maps that a field goes through."""
    return (
        f"{'maps' if len(codes.maps) > 1 else 'map'} {', '.join(codes.maps)}" if codes.maps else ""
    )


def unread(kind: RecordType, listed: int) -> str:
    """Return what records of a type hold that nobody looks at."""
    told = [f"{e.path} ({share(e.records, kind.records)})" for e in kind.unread[:listed]]
    more = len(kind.unread) + kind.more_elements - len(told)
    return ", ".join(told) + (f" and {more:,} more" if more else "")


def headline(p: SourceProfile) -> str:
    """Return in one sentence what a first night would make of the files."""
    rows = sum(feed.received for feed in p.feeds)
    aside = sum(feed.set_aside for feed in p.feeds)
    stopped = [feed.name for feed in p.feeds if feed.verdict == "stop"]
    told = f"A first night would receive {count(rows, 'row')} and set {aside:,} aside"
    if stopped:
        told += f"; it would stop {', '.join(map(plain, stopped))}"
    return told + "."
