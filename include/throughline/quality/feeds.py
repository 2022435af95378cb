"""Which typed records each feed brings; a feed that is not named here brings its own name."""

from __future__ import annotations

# The first type is what a row of the feed is counted by; the others come with it. A provider
# adjustment (PLB) is a row of its own.
FEED_TYPES: dict[str, tuple[str, ...]] = {
    "claim": ("claim", "claim_line"),
    "payment": ("payment", "payment_line", "provider_adjustment"),
}
COUNTED_TYPES = frozenset({"provider_adjustment"})


def types_of(feed: str) -> tuple[str, ...]:
    """Return the typed records of a feed, the counted one first."""
    return FEED_TYPES.get(feed, (feed,))


def is_counted(feed: str, kind: str) -> bool:
    """Return whether a record of this type is a row of the feed, or comes with one."""
    return kind == types_of(feed)[0] or kind in COUNTED_TYPES
