"""Which of two moments is surely later: what is said so is so on every day, by the model's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.model.moments import Span, added, instant
from tests.model.moments import length as of_model
from throughline.workflows.language.lengths import is_after, is_length, length

ZONE = ZoneInfo("America/New_York")
UNITS = ("hours", "days", "business days", "weeks", "months", "years")
lengths = st.tuples(st.integers(-40, 40), st.sampled_from(UNITS)).map(
    lambda said: f"{said[0]} {said[1]}"
)
moments = st.one_of(st.just("trigger"), lengths.map(lambda text: {"trigger": text}))
HOLIDAYS = {
    date(2026, 1, 1),
    date(2026, 11, 26),
    date(2026, 11, 27),
    date(2026, 12, 24),
    date(2026, 12, 25),
}
triggers = st.integers(0, 365 * 24 * 60).map(
    lambda m: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=m)
)


def span(moment: object, trigger: datetime) -> Span:
    """Return a moment as the model reads it."""
    if moment == "trigger":
        return instant(trigger)
    assert isinstance(moment, dict)
    by = of_model(moment["trigger"])
    is_business = lambda day: day.weekday() < 5 and day not in HOLIDAYS  # noqa: E731
    return added(instant(trigger), by, ZONE, is_business)


@given(moments, moments, triggers)
@settings(max_examples=100, deadline=None)
def test_a_moment_that_is_surely_later_always_is(
    one: object, other: object, trigger: datetime
) -> None:
    assume(is_after(one, other))
    assert span(one, trigger).first > span(other, trigger).last


@pytest.mark.parametrize(
    ("one", "other", "is_later"),
    [
        ({"trigger": "3 days"}, {"trigger": "2 days"}, True),
        ({"trigger": "2 days"}, {"trigger": "2 days"}, False),
        ({"trigger": "2 days"}, "trigger", True),
        ({"trigger": "0 days"}, "trigger", False),
        ("trigger", {"trigger": "-1 days"}, True),
        ({"trigger": "5 hours"}, {"trigger": "4 hours"}, True),
        ({"trigger": "30 hours"}, {"trigger": "1 days"}, False),
        ({"trigger": "60 hours"}, {"trigger": "1 days"}, True),
        ({"trigger": "3 business days"}, {"trigger": "2 days"}, True),
        ({"trigger": "2 business days"}, {"trigger": "3 days"}, False),
        ({"trigger": "2 months"}, {"trigger": "8 weeks"}, True),
        ({"trigger": "2 months"}, {"trigger": "60 days"}, False),
        ({"trigger": "1 years"}, {"trigger": "11 months"}, True),
        ({"opened": "3 days"}, {"trigger": "2 days"}, True),
        ({"trigger": "3 days"}, {"opened": "2 days"}, False),
        ({"month_end": "1 days"}, "month", True),
        ("month", "month_end", False),
        ({"seen": "3 days"}, {"seen": "2 days"}, True),
        ({"seen": "3 days"}, {"called": "2 days"}, False),
        ({"soonest": ["now", {"trigger": "9 days"}]}, {"trigger": "8 days"}, False),
        ({"soonest": [{"trigger": "10 days"}, {"trigger": "9 days"}]}, {"trigger": "8 days"}, True),
        ({"trigger": "9 days"}, {"soonest": ["seen", {"trigger": "8 days"}]}, True),
        ({"trigger": "nine days"}, {"trigger": "8 days"}, False),
    ],
)
def test_which_is_later(one: object, other: object, is_later: bool) -> None:
    assert is_after(one, other) is is_later


def test_a_length_is_read_as_the_model_reads_it() -> None:
    for text in (
        "1 day",
        "2 business days",
        "-30 days",
        "4 hours",
        "1 month",
        "0 weeks",
        "12 years",
    ):
        assert (length(text).number, length(text).unit) == (
            of_model(text).number,
            of_model(text).unit,
        )
    for text in ("1 dayz", "day", "2", "1.5 days", "two days", ""):
        assert not is_length(text)
        with pytest.raises(ValueError, match="not a length"):
            length(text)
