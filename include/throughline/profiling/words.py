"""The wording of a profile, shared by the text and the page."""

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
"""A field that is filled in a smaller share of rows is reported as sparse."""
VERDICTS = {
    "pass": "loaded",
    "warn": "loaded, with notes",
    "quarantine": "loaded, rows set aside",
    "stop": "stopped, waiting for a person",
    None: "no file",
}
PRIVATE = (
    "Names, numbers, dates and free text are counted but never shown. A value of a coded field is shown only"
    " if a code map knows it, it looks like a code, or at least five persons have it."
)
REPEATED = "row repeated"
WITHOUT_MEANING = "without a meaning here"
WRITE_CODES = (
    "A code that means the same in every source can be written in its map of codes.yaml or payers.yaml instead"
    " (docs/extending.md, Codes of a source)."
)
_STOPS = "stops the feed"
OUTCOMES = {_STOPS: "bad", "set aside": "bad", "noted": ""}


@dataclass(frozen=True)
class Finding:
    """One thing to look at before the first night; `about` is the feed, or empty."""

    about: str
    text: str
    tone: str = "warn"


def findings(p: SourceProfile) -> list[Finding]:
    """Return what to check, the most serious first."""
    found = [*_of_files(p), *(each for feed in p.feeds for each in _of_feed(feed)), *_of_reader(p)]
    return sorted(found, key=lambda finding: finding.tone != "bad")


def _of_files(p: SourceProfile) -> Iterator[Finding]:
    unused = [file.name for file in p.files if is_unused(file)]
    if unused:
        listed, more = unused[:12], len(unused) - 12
        told = ", ".join(listed) + (f" and {more:,} more" if more > 0 else "")
        yield Finding("", f"no feed of this source reads {told}")
    for file in p.files:
        if file.status == "refused" and not is_unused(file):
            yield Finding("", f"{file.name} {refused(file)}", "bad")
    missing = [feed.name for feed in p.feeds if feed.verdict is None]
    if missing:
        yield Finding("", f"no file for {', '.join(map(plain, missing))}")


def is_unused(file: File) -> bool:
    """Return whether a file follows the standard but holds nothing for the source's feeds."""
    return file.status == "refused" and file.reason.endswith("_not_used_here")


def refused_files(p: SourceProfile) -> int:
    """Return how many files were refused as invalid."""
    return sum(file.status == "refused" and not is_unused(file) for file in p.files)


def refused(file: File) -> str:
    """Return why a file is not read, and where reading stopped."""
    if is_unused(file):
        return f"not read: {plain(file.reason)}"
    return f"refused at {file.position:,}: {plain(file.reason)}"


def _of_feed(feed: Feed) -> Iterator[Finding]:
    for fault in feed.faults:
        if fault.reason == REPEATED:
            # reported with the key
            continue
        place = f"; the first is {fault.place}" if fault.place else ""
        told = (
            f"{fault.reason}: {fault.observed}"
            if fault.observed
            else f"{fault.reason}: {count(fault.rows, 'row')} {fault.outcome}{place}"
        )
        if fault.observed and fault.outcome == _STOPS:
            told += f" ({fault.outcome})"
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
    """Yield the linking identifiers that no row of the table has."""
    filled = {field.name: field.filled for field in table.fields}
    for link in catalogue.entry(feed.name).links:
        if table.rows and not all(filled.get(column, 1) for column in LINK_COLUMNS[link]):
            told = f"no row has its {plain(link)}, so nobody can be matched across systems by it"
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
    """Return a phrase that lists the codes that should have a meaning here but have none."""
    told = ", ".join(f"{value.value} ({value.rows:,})" for value in codes.unmapped[:8])
    hidden = codes.unmapped_count - min(8, len(codes.unmapped))
    more = f" and {hidden:,} more" if told and hidden else f"{hidden:,} not shown" if hidden else ""
    where = f"; first in {', and in '.join(codes.places)}" if codes.places else ""
    write = f"; write what each means under {codes.written}" if codes.written else ""
    return f"{count(codes.unmapped_count, 'code')} {WITHOUT_MEANING}: {told}{more}{where}{write}"


def shared(key: Key) -> str:
    """Return a sentence that says how often a key is not unique."""
    name = " + ".join(key.columns)
    if key.columns == ("source_id",):
        return f"{count(key.shared, 'record')} came more than once, in {count(key.rows, 'row')}"
    return f"{name} is not unique: {count(key.shared, 'value')} shared, in {count(key.rows, 'row')}"


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
    """Return a share as a percentage: `100%` only if it is all, `0%` only if it is none."""
    if 0 < some < of:
        return f"{min(99.9, max(0.1, 100 * some / of)):.1f}%"
    return "100%" if some else "0%"


def value(one: Value, codes: Codes) -> str:
    """Return a value with its meaning (if the field has code maps) and its number of rows."""
    meaning = f" = {plain(one.meaning)}" if one.meaning else ""
    lost = " = ?" if codes.is_for_all and one.is_unmapped else ""
    return f"{one.value}{meaning}{lost} ({one.rows:,})"


def about(field: Field, listed: int | None = 12) -> str:
    """Return the details of a field beyond its counts: values, maps, years, outliers."""
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
    """Return the code maps that translate a field."""
    return (
        f"{'maps' if len(codes.maps) > 1 else 'map'} {', '.join(codes.maps)}" if codes.maps else ""
    )


def unread(kind: RecordType, listed: int) -> str:
    """Return the elements of a type of record that no reader reads."""
    told = [f"{e.path} ({share(e.records, kind.records)})" for e in kind.unread[:listed]]
    more = len(kind.unread) + kind.more_elements - len(told)
    return ", ".join(told) + (f" and {more:,} more" if more else "")


def headline(p: SourceProfile) -> str:
    """Return one sentence that says what a first night would do with the files."""
    rows = sum(feed.received for feed in p.feeds)
    aside = sum(feed.set_aside for feed in p.feeds)
    stopped = [feed.name for feed in p.feeds if feed.verdict == "stop"]
    told = f"A first night would receive {count(rows, 'row')} and set {aside:,} aside"
    if stopped:
        told += f"; it would stop {', '.join(map(plain, stopped))}"
    return told + "."
