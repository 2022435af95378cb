"""The words of the language as lists, for the schema and for editors: each word with what it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from throughline.vocabulary.language.awaited import AWAITED, OWN
from throughline.vocabulary.language.carried import CARRIED
from throughline.vocabulary.language.links import PERIODS_OF_THE_CALENDAR, SLOTS, TIMES
from throughline.vocabulary.language.meanings import MEANINGS

TITLES: Mapping[str, str] = {
    "named_kind": "kind of fact",
    "meaning": "meaning",
    "fact_time": "time of a fact",
    "link": "link",
    "slot": "link or period",
    "calendar_period": "period",
    "once_per": "way to tell cases apart",
    "escalates_to": "team, or lead",
}
"""What each list is called in a message."""


def lists(
    seasons: Iterable[str] = (), teams: Mapping[str, str] | None = None
) -> dict[str, dict[str, str]]:
    """Return each list by name: its words with their meanings. `seasons` are those of the practice's calendars."""
    links = {name: slot.meaning for name, slot in SLOTS.items()}
    named = dict.fromkeys(seasons, "A season of the practice's calendars")
    periods = {**PERIODS_OF_THE_CALENDAR, **named}
    opening = {name: means for name, means in periods.items() if name != "period"}
    each = {"event": "Each event is a case", "person": "A person has one open case"}
    return {
        "named_kind": {name: kind.meaning for name, kind in {**CARRIED, **AWAITED, **OWN}.items()},
        "meaning": {name: meaning.meaning for name, meaning in MEANINGS.items()},
        "fact_time": dict(TIMES),
        "link": links,
        "slot": links | periods,
        "calendar_period": opening,
        "once_per": each | links | periods,
        "escalates_to": {"lead": "The lead of the team that owns the stage", **(teams or {})},
    }
