"""How a due time, a call and a step read in the morning."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from throughline.told import page, summary, times, words
from throughline.told.numbers import Numbers
from throughline.told.shapes import Call, StepTime, Waiting

ZONE = "America/New_York"
CALL = Call(
    "c0ffee00", "transitional_care", "contacted", datetime(2026, 9, 5, 4, tzinfo=UTC),
    0, None, "care_management", None, "urgent",
)  # fmt: skip
STEP = StepTime("write_page", 1, 0, 1, Decimal(0), 0, datetime(2026, 9, 4, tzinfo=UTC), None)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE))


def morning(**more: Any) -> Numbers:
    """Return the numbers of the night before Friday, 4 September, which closed at 03:00."""
    return Numbers(
        3, date(2026, 9, 3), "nightly", "finished", at("2026-09-04 03:00"), ZONE, None, None, 2,
        True, 60.0, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "told", "plain"),
    [
        ("2026-09-04 17:00", "today 17:00", "2026-09-04 17:00"),
        ("2026-09-05 00:00", "today", "2026-09-04"),
        ("2026-09-06 00:00", "Sat 05 Sep", "2026-09-05"),
        ("2026-09-05 09:30", "Sat 05 Sep 09:30", "2026-09-05 09:30"),
        ("2026-09-04 00:00", "overdue, Thu 03 Sep", "2026-09-03"),
        ("2026-09-03 17:00", "overdue, Thu 03 Sep", "2026-09-03 17:00"),
        # the night after which clocks go back, and the one after which they go forward
        ("2026-11-02 00:00", "Sun 01 Nov", "2026-11-01"),
        ("2027-03-15 00:00", "Sun 14 Mar", "2027-03-14"),
    ],
)
def test_the_end_of_a_day_is_told_as_that_day(moment: str, told: str, plain: str) -> None:
    assert words.when_due(morning(), at(moment)) == told
    assert words.due(at(moment).astimezone(UTC), ZONE) == plain
    assert words.day(morning(), at(moment).astimezone(UTC)) == plain[:10]


def test_a_call_that_waits_for_a_decision_is_told_from_one_that_is_late() -> None:
    late = replace(CALL, due_at=at("2026-09-04 00:00"))
    numbers = morning(calls=[CALL, late, replace(late, on_hold=True), replace(CALL, on_hold=True)])
    assert [words.call_due(numbers, call) for call in numbers.calls] == [
        "today", "overdue, Thu 03 Sep", "on hold, was due Thu 03 Sep", "on hold, due Fri 04 Sep",
    ]  # fmt: skip
    assert "4 calls, 1 overdue, 2 on hold" in summary.render(numbers)
    html = page.render(numbers)
    assert html.count('<tr class="late">') == 1
    assert "calls by 17:00, 1 overdue, 2 on hold" in html
    assert "do not call until somebody has decided" in html
    assert "on hold" not in page.render(morning(calls=[CALL, late]))


def test_a_call_is_overdue_when_its_clock_has_ended() -> None:
    """It should be made on Thursday; the clock of its stage ends later, and both are said."""
    late = replace(CALL, due_at=at("2026-09-04 00:00"), clock_at=at("2026-09-08 00:00"))
    calls = [
        late, replace(late, due_at=at("2026-09-05 00:00")), replace(late, clock_at=at("2026-09-04 00:00")),
        replace(CALL, clock_at=CALL.due_at),
    ]  # fmt: skip
    numbers = morning(calls=calls)
    assert [words.call_due(numbers, call) for call in calls] == [
        "since Thu 03 Sep, clock ends Mon 07 Sep", "today, clock ends Mon 07 Sep", "overdue, Thu 03 Sep", "today",
    ]  # fmt: skip
    assert "4 calls, 1 overdue" in summary.render(numbers)
    assert page.render(numbers).count('<tr class="late">') == 1


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (STEP, "writes this page"),
        (replace(STEP, step="load"), "still running"),
        (replace(STEP, running=0), "done"),
        (replace(STEP, failed=1), "failed"),
        (replace(STEP, failed=1, error="ValueError"), "failed: ValueError"),
    ],
)
def test_the_page_does_not_call_its_own_step_unfinished(step: StepTime, told: str) -> None:
    assert f'<td class="flag">{told}</td>' in page.render(morning(steps=[step]))


@pytest.mark.parametrize(
    ("row", "size", "since"),
    [
        (
            Waiting("delivery", "0123abcd", "ehr/task", 1, None, date(2026, 9, 4), "billing", None,
                    date(2026, 9, 5)),
            "1 row",
            "since today, asked of Billing office; an exception from 2026-09-05",
        ),
        (
            Waiting("claims", "0123abcd", "SUNADV", 12, Decimal(1402), date(2026, 8, 31), "billing",
                    date(2026, 9, 2), date(2026, 9, 4)),
            "12 claims, $1,402",
            "since Mon 31 Aug, asked of Billing office; Billing manager told Wed 02 Sep; an exception now",
        ),
        (
            Waiting("claims", "0123abcd", "SUNADV", 1, Decimal(1402), date(2026, 8, 31), None,
                    date(2026, 9, 2)),
            "1 claim, $1,402",
            "since Mon 31 Aug; lead told Wed 02 Sep",
        ),
        # what an earlier version stored
        (Waiting("claims", "0123abcd", "SUNADV", 12, Decimal(1402)), "12 claims, $1,402", ""),
    ],
)  # fmt: skip
def test_a_question_says_since_when_it_waits_and_who_knows(
    row: Waiting, size: str, since: str
) -> None:
    assert words.waiting_size(row) == size
    assert words.waits(row, date(2026, 9, 4)) == since
    numbers = morning(waiting=[row])
    assert times.days(since) in page.render(numbers)
    assert since in " ".join(summary.render(numbers).split())


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("1.37", "$1"),
        ("-1.37", "-$1"),
        ("-0.4", "$0"),
        ("-1234.6", "-$1,235"),
        ("0", "$0"),
        (None, "–"),
    ],
)
def test_an_amount_below_zero_has_its_sign_before_the_dollar(amount: str | None, said: str) -> None:
    assert words.dollars(None if amount is None else Decimal(amount)) == said


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("since 2026-09-02", "since Wed 02 Sep 2026"),
        ("ended on 2026-09-02 20:00.", "ended on Wed 02 Sep 2026 20:00."),
        ("(2026-09-02, 2026-09-03)", "(Wed 02 Sep 2026, Thu 03 Sep 2026)"),
        (date(2026, 9, 2), "Wed 02 Sep 2026"),
        ("visits-2026-09-02.csv", "visits-2026-09-02.csv"),
        ("2026-09-02.html", "2026-09-02.html"),
        ("ehr/2026-09-02/1", "ehr/2026-09-02/1"),
        ("number 2026-09-02-17", "number 2026-09-02-17"),
        ("2026-13-40", "2026-13-40"),
    ],
)
def test_the_days_of_a_text_are_told_as_on_pages(text: object, told: str) -> None:
    assert times.days(text) == told
