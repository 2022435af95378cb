"""The whole loop once, as `make test` promises it: two nights on the sandbox, a kill, a replay, the page in a browser.

More nights, more kills and every misbehaviour are in `make test-nights`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.night import truth as t
from tests.night.kills import Kill, expect_kills, night
from tests.night.systems import browser

if TYPE_CHECKING:
    from tests.night.conftest import Practice

pytestmark = [pytest.mark.night, pytest.mark.slow]

PATIENTS = 100
KILLED = Kill("scheduler", "load")


@pytest.fixture(scope="module")
def practice(make_practice: Callable[..., Practice]) -> Iterator[Practice]:
    """A small practice that has lived two nights; in the second one the scheduler died."""
    made = make_practice(PATIENTS)
    expect_kills(made)
    made.up()
    made.said = [made.nights(1), *night(made, [KILLED])]
    yield made
    made.stop()


def dates(practice: Practice) -> list[Any]:
    return [
        row[0]
        for row in practice.rows(
            "select business_date from operations.night"
            " where status = 'finished' and kind <> 'intraday' order by seq"
        )
    ]


def test_both_nights_did_their_work_although_the_scheduler_died(practice: Practice) -> None:
    first, second = dates(practice)
    assert (second - first).days == 1
    assert "The night finished normally" in practice.said[0]
    assert "The night finished normally" in practice.said[-1]
    assert len(practice.said) > 2, "the killed night was run again"


def test_patients_were_carried_on(practice: Practice) -> None:
    proven = dict(
        practice.rows("select stage, count(*) from cases.stage where state = 'complete' group by 1")
    )
    assert {"contacted", "scheduled", "seen", "documented", "billed"} <= set(proven)
    sent = dict(
        practice.rows(
            "select kind, count(*) from tasks.transmission where outcome = 'accepted' group by 1"
        )
    )
    assert {"outreach", "documentation"} <= set(sent)


def test_the_account_agrees_with_the_truth_of_the_servers(practice: Practice) -> None:
    truth, account = t.Truth(practice.world / "sandbox" / "truth"), t.Account(practice.dsn())
    assert t.found(truth, account) == []
    assert t.false_completions(truth, account) == []
    assert t.doubles(truth) == []
    assert t.unreleased(truth, account) == []


def test_every_invariant_holds_over_everything(practice: Practice) -> None:
    ended = practice.run("check")
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("which", [0, 1], ids=["the first", "the one of the kill"])
def test_a_night_is_computed_again_with_the_same_result(practice: Practice, which: int) -> None:
    ended = practice.run("replay", NIGHT=dates(practice)[which])
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "agree" in ended.stdout


@pytest.mark.skipif(bool(browser.why_not()), reason=f"no browser: {browser.why_not()}")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_of_the_morning_opens_in_a_browser(
    practice: Practice, width: int, scheme: str
) -> None:
    page = sorted((practice.world / "pages").glob("20*.html"))[-1]
    with browser.opened() as driver:
        browser.show(driver, page.as_uri(), width, scheme)
        assert driver.execute_script("return document.documentElement.scrollWidth") <= width
        told = [heading.text for heading in driver.find_elements("css selector", "h2")]
        assert told[0].startswith("Call by 17:00")
        assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []
