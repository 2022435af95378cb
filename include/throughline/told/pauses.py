"""What is told while sending is paused."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from throughline.told.shapes import Paused


def sentence(pause: Paused, zone: str) -> str:
    """Return since when and by whom sending is paused, and how much waits."""
    since = pause.since.astimezone(ZoneInfo(zone))
    things = "1 planned task waits" if pause.waiting == 1 else f"{pause.waiting} planned tasks wait"
    return f"Sending is paused since {since:%Y-%m-%d %H:%M}, by {pause.by}; {things}."
