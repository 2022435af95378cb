"""The practice's clock, as its definitions name it."""

from __future__ import annotations


def practice_time_zone() -> str:
    """Return the IANA name of the practice's time zone."""
    from throughline.workflows import practice  # reads YAML, and is needed only by commands

    return practice().time_zone
