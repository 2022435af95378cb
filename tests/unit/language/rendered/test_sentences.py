"""What conditions, moments and links sound like, and where the default of `from` is printed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.language.rendered.pages import phrases, small, workflow
from throughline.workflows.language.rendered.sentences import condition
from throughline.workflows.language.rendered.times import Telling
from throughline.workflows.language.rendered.told import Told

EVENT = Telling(workflow(small()), phrases())
MONTH = Telling(workflow(small(opens={"each": "month"}, once_per="month")), phrases())
RUN = Telling(workflow(small(opens={"each": {"every": "30 days", "from": "stay"}})), phrases())

SAID: list[tuple[str, dict[str, Any], str]] = [
    ("proof", {"exists": "call"}, "there is a record of “call” from the trigger on"),
    ("pauses", {"exists": "call"}, "there is a record of “call” from the trigger on"),
    ("due", {"exists": "call"}, "there is a record of “call” from the trigger on"),
    ("ends", {"exists": "call"}, "there is a record of “call” at any time"),
    ("bills", {"none": "call"}, "there is no record of “call” at any time"),
    (
        "proof",
        {"exists": "call", "to": {"trigger": "1 days"}},
        "there is a record of “call” from the trigger through the end of the day 1 day after the trigger",
    ),
    (
        "ends",
        {"exists": "call", "from": {"trigger": "-29 days"}, "to": "trigger"},
        "there is a record of “call” from the start of the day 29 days before the trigger through the trigger",
    ),
    (
        "ends",
        {"exists": "call", "from": {"trigger": "0 days"}},
        "there is a record of “call” from the start of the day of the trigger on",
    ),
    (
        "ends",
        {"exists": "call", "to": {"opened": "4 hours"}},
        "there is a record of “call” at any time through 4 hours after the opening of the case, to the minute",
    ),
    (
        "ends",
        {"exists": "call", "at": "trigger"},
        "there is a record of “call” at the time of the trigger",
    ),
    (
        "ends",
        {"exists": "call", "at": {"trigger": "-2 days"}},
        "there is a record of “call” on the day 2 days before the trigger",
    ),
    ("ends", {"exists": "call", "at": "now"}, "there is a record of “call” as of tonight"),
    (
        "ends",
        {"exists": "call", "to": {"soonest": ["called", {"odd": "2 business days"}]}},
        "there is a record of “call” at any time through the earliest of these: stage “called” or the end of the day "
        "2 business days after the newest record of “odd”",
    ),
    (
        "proof",
        {"count": "call", "distinct": "day", "at_least": 2},
        "there are records of “call” on at least 2 different days from the trigger on",
    ),
    (
        "proof",
        {"count": "call", "at_most": 2, "same": {"encounter": "called"}},
        "the number of records of “call” is at most 2 from the trigger on with the same visit or stay as what proved "
        "stage “called”",
    ),
    (
        "bills",
        {"sum": "minutes", "at_least": 20, "same": {"month": "called"}},
        "the values of the records of “minutes” add up to at least 20 in the month of what proved stage “called”",
    ),
    (
        "ends",
        {"latest": "call", "is": ["declined"], "from": "trigger"},
        "of the records of “call” from the trigger on, the newest is declined (The patient declined)",
    ),
    ("ends", {"stage": "called", "is": "in_time"}, "stage “called” is in time"),
    (
        "bills",
        {"stage": "called", "is": "proven", "to": {"trigger": "7 days"}},
        "stage “called” is proven at any time through the end of the day 7 days after the trigger",
    ),
    (
        "proof",
        {"exists": "odd", "same": "record"},
        "there is a record of “odd” from the trigger on that is the trigger's own record",
    ),
    (
        "population",
        {"age": {"from": 45, "to": 75}, "at": "trigger"},
        "the patient is at least 45 and at most 75 years old, in completed years, at the time of the trigger",
    ),
    ("otherwise", {"bills": "nothing"}, "the evidence supports nothing"),
]


@pytest.mark.parametrize(("decides", "words", "said"), SAID)
def test_a_condition_is_a_sentence(decides: str, words: dict[str, Any], said: str) -> None:
    assert condition(words, decides, EVENT) == Told(said)


def test_a_nested_condition_is_a_list_and_no_long_sentence() -> None:
    words = {"all": [{"exists": "call"}, {"any": [{"exists": "odd"}, {"not": {"exists": "high"}}]}]}
    assert condition(words, "ends", EVENT) == Told(
        "all of these hold:",
        (
            Told("there is a record of “call” at any time"),
            Told(
                "at least one of these holds:",
                (
                    Told("there is a record of “odd” at any time"),
                    Told("this does not hold:", (Told("there is a record of “high” at any time"),)),
                ),
            ),
        ),
    )


def test_with_each_a_window_begins_with_the_period() -> None:
    words = {"exists": "call"}
    assert condition(words, "proof", MONTH).text.endswith("from the start of the month on")
    assert condition(words, "proof", RUN).text.endswith("from the start of the run of days on")
    assert condition(words, "ends", MONTH).text.endswith("at any time")


def test_a_period_is_said_once() -> None:
    assert condition({"exists": "call", "same": "month"}, "proof", MONTH) == Told(
        "there is a record of “call” in that month"
    )
    assert condition({"exists": "call", "same": "month"}, "proof", EVENT) == Told(
        "there is a record of “call” from the trigger on in the month of the trigger"
    )
