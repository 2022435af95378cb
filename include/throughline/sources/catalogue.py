"""The catalogue of feeds: the kinds of delivery, and everything that is derived from each.

A feed is one entry of `FEEDS`, in the module of its standard (`throughline.sources.feeds`). Only what
cannot be derived is written elsewhere: a reader in the package of its standard, a suite of rules
(`throughline.quality.suites`), a file of facts for each table that states any
(`sql/evidence/<table>.sql`), and the migration of its tables. Staging, gate, load, balance, identity,
evidence, retraction, invariants, the schema of source definitions and `docs/feeds.md` read the entry.

DAG files import this module, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterator

from throughline.sources.entry import Entry, Table
from throughline.sources.feeds import clinical, fhir, hl7v2, x12


class UnknownFeed(LookupError):
    """The catalogue has no feed with this name."""


# In the order of the loop: who they are, what was done for them, what it cost, who did it, what came of it.
FEEDS: tuple[Entry, ...] = (*fhir.FEEDS, *clinical.FEEDS, *hl7v2.FEEDS, *x12.FEEDS)


def names() -> tuple[str, ...]:
    """Return the names of all feeds, in the order of the catalogue."""
    return tuple(feed.name for feed in FEEDS)


def entry(name: str) -> Entry:
    """Return the entry of a feed. Raises `UnknownFeed`."""
    for feed in FEEDS:
        if feed.name == name:
            return feed
    raise UnknownFeed(f"the catalogue of feeds has no {name!r}")


def read_by(standard: str) -> tuple[Entry, ...]:
    """Return the feeds that the package of a standard reads."""
    return tuple(feed for feed in FEEDS if standard in feed.standards)


def tables() -> Iterator[tuple[Entry, Table]]:
    """Yield every table with its feed."""
    for feed in FEEDS:
        for table in feed.tables:
            yield feed, table
