"""The first load: what the first night found, what it left out and why, and what to look at first.

It is kept when the first night closes, and stays as it was then. Counts and reasons only, no patient data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from throughline.programs.commands import as_here
from throughline.told import text, words
from throughline.vocabulary import NOT_OPENED_REASON, WHAT_HELPS
from throughline.vocabulary.counts import count as counted
from throughline.warehouse import Connection, sql

LOOKED_AT = 8
"""How many things a person is told to look at first."""


@dataclass(frozen=True)
class Found:
    """One count of the first load, as `sql/told/pages/first_load.sql` gives it."""

    part: str
    about: str
    name: str
    things: int
    from_on: date | None
    until_on: date | None

    @property
    def days(self) -> str:
        """The days that it is about; empty if it has none."""
        if self.from_on is None or self.until_on is None:
            return ""
        return (
            f"{self.from_on} to {self.until_on}"
            if self.from_on != self.until_on
            else f"{self.from_on}"
        )


@dataclass(frozen=True)
class Feed:
    """What became of the rows of a feed: they add up to `received`."""

    about: str
    received: int = 0
    loaded: int = 0
    superseded: int = 0
    quarantined: int = 0
    rejected: int = 0
    pending: int = 0


@dataclass(frozen=True)
class First:
    """The first load, with the night that it was."""

    seq: int
    business_date: date
    found: tuple[Found, ...]

    def of(self, part: str) -> list[Found]:
        """Return the counts of a part, the largest first."""
        return sorted(
            (one for one in self.found if one.part == part),
            key=lambda one: (one.about, -one.things, one.name),
        )

    @property
    def feeds(self) -> list[Feed]:
        """What became of the rows of each feed."""
        rows: dict[str, dict[str, int]] = {}
        for one in self.of("rows"):
            rows.setdefault(one.about, {})[one.name] = one.things
        return [Feed(about, **said) for about, said in rows.items()]

    @property
    def persons(self) -> int:
        """How many persons are known."""
        return sum(one.things for one in self.of("persons") if one.name == "active")

    @property
    def cases(self) -> int:
        """How many cases it opened."""
        return sum(one.things for one in self.of("cases"))

    @property
    def look_at(self) -> list[str]:
        """What to look at first, in sentences: what holds back most comes first."""
        return [told for _, told in sorted(_asks(self), key=lambda one: -one[0])][:LOOKED_AT]


def keep(conn: Connection, seq: int) -> int:
    """Keep what was found if night `seq` is the first that finishes; returns how many counts. Does not commit."""
    return sql.run(conn, "told/first_load.sql", seq=seq).count("first_load")


def first(conn: Connection) -> First | None:
    """Return the first load, or None if none was kept."""
    rows = sql.run(conn, "told/pages/first_load.sql").rows
    if not rows:
        return None
    return First(rows[0][6], rows[0][7], tuple(Found(*row[:6]) for row in rows))


def why(one: Found) -> str:
    """Return in words why something opened no case."""
    return NOT_OPENED_REASON.words.get(one.name, words.plain(one.name))


def helps(one: Found) -> str:
    """Return what changes it; empty if it is as it should be."""
    return WHAT_HELPS.get(one.name, "")


def _asks(load: First) -> Iterator[tuple[float, str]]:
    """Yield what somebody should look at, with its weight: what nobody knows comes before what is known."""
    for one in load.of("files"):
        yield (
            1e9 + one.things,
            f"{counted(one.things, 'file')} of {one.about} cannot be read: {words.plain(one.name)}",
        )
    for feed in load.feeds:
        if not feed.loaded and feed.received:
            yield 1e8 + feed.received, f"no row of {feed.about} was loaded, of {feed.received:,}"
    for one in load.of("codes"):
        told = counted(one.things, "record has a code", "records have a code")
        yield (
            1e6 + one.things,
            f"{told} without a meaning here, in {one.name} of {one.about}: {as_here('make exceptions')} names each",
        )
    for one in load.of("set_aside"):
        told = counted(one.things, "row was set aside", "rows were set aside")
        yield (
            1e5 + one.things,
            f"{told} of {one.about}: {one.name.replace('_', ' ')} ({as_here('make quarantine')})",
        )
    for one in load.of("not_opened"):
        if helps(one):
            told = f"{one.things:,} opened no case of {words.plain(one.about)}: {why(one)[0].lower()}{why(one)[1:]}"
            yield one.things, f"{told}; {helps(one)}"
    for one in load.of("persons"):
        if one.name == "doubt":
            yield (
                1e4 + one.things,
                f"{counted(one.things, 'person')} may be somebody else: identity doubts wait",
            )


def told(load: First | None) -> str:
    """Return the first load as text of at most `text.WIDTH` columns."""
    if load is None:
        return text.section(
            "THE FIRST LOAD", "No first night has finished yet, or it was before this was kept."
        )
    parts = [
        text.section(
            f"THE FIRST LOAD: night {load.seq} of {load.business_date}",
            text.wrap(
                f"{counted(load.persons, 'person')}, {counted(load.cases, 'case')} opened."
                " The counts stay as they were at the end of that night."
            ),
        ),
        text.section(
            "LOOK AT FIRST",
            *(text.wrap(f"- {one}.") for one in load.look_at or ["nothing waits for you"]),
        ),
        _table(
            "FOUND: ROWS",
            ("feed", "received", "loaded", "superseded", "set aside", "rejected", "pending"),
            (
                (f.about, f.received, f.loaded, f.superseded, f.quarantined, f.rejected, f.pending)
                for f in load.feeds
            ),
        ),
        _table("FOUND: FACTS", ("source", "kind", "count", "days"), _rows(load, "facts"), count=2),
        _table(
            "FOUND: CASES",
            ("workflow", "stands at", "count", "opened for"),
            _rows(load, "cases"),
            count=2,
        ),
        _table(
            "LEFT OUT: OPENED NO CASE",
            ("workflow", "count", "days", "why"),
            (
                (words.plain(o.about), f"{o.things:,}", o.days, why(o))
                for o in load.of("not_opened")
            ),
            count=1,
        ),
        _table(
            "LEFT OUT: ROWS SET ASIDE",
            ("feed", "reason", "count", ""),
            _rows(load, "set_aside"),
            count=2,
        ),
        _table(
            "LEFT OUT: FILES NOT READ",
            ("source", "reason", "count", "of"),
            _rows(load, "files"),
            count=2,
        ),
        _table(
            "LEFT AT THE SOURCE: OLDER FILES",
            ("source", "by", "count", ""),
            _rows(load, "older_files"),
            count=2,
        ),
        _table(
            "ASKED OF PEOPLE", ("team", "reason", "count", ""), _rows(load, "exceptions"), count=2
        ),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _rows(load: First, part: str) -> Iterator[tuple[str, str, str, str]]:
    for one in load.of(part):
        yield one.about, words.plain(one.name), f"{one.things:,}", one.days


def _table(
    title: str, names: tuple[str, ...], rows: Iterable[tuple[object, ...]], count: int = 0
) -> str:
    listed = [
        tuple(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row) for row in rows
    ]
    if not listed:
        return ""
    right = (count,) if count else tuple(range(1, len(names)))
    return text.section(title, text.table(names, listed, right=right))
