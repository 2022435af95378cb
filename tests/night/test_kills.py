"""Real kills: whatever dies at whatever step, the night run again comes to what it would have come to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.night import truth as t
from tests.night.conftest import Lived, Practice
from tests.night.kills import DIGESTS, SENT, TASK, Kill, expect_kills, night

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow, pytest.mark.kill]

NIGHTS = (
    (Kill(TASK, "land.after_commit"), Kill(TASK, "load.before_commit"), Kill("api-server", "assert_facts")),
    (Kill(TASK, "stage.after_commit"), Kill("scheduler", "gate"), Kill(TASK, "dispatch.after_call")),
    (Kill("postgres", "load"), Kill(TASK, "identity.after_take_back"), Kill(TASK, "plan.after_write")),
    (Kill("sandbox", "land"), Kill(TASK, "gate.before_commit"), Kill(TASK, "dispatch.after_mark")),
    (Kill(TASK, "cases.after_open"), Kill(TASK, "reconcile.after_apply"), Kill("postgres", "dispatch")),
    (Kill("dag-processor", "link_persons"), Kill(TASK, "evidence.after_claim"), Kill("sandbox", "plan")),
)  # fmt: skip
IN_TIER = 2
"""Nights of these that `make test-nights` lives; `make long` lives all."""


@pytest.fixture(scope="module")
def disturbed(make_practice: Callable[..., Practice], undisturbed: Lived) -> Iterator[Practice]:
    """The same world as the undisturbed one, at its beginning; the other rests meanwhile."""
    undisturbed.practice.stop()
    made = make_practice(**undisturbed.practice.world_options)
    expect_kills(made)
    made.up()
    yield made
    made.stop()


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(
            number,
            id=" + ".join(map(str, killed)),
            # half a minute each; the matrix of kills has their points, too
            marks=pytest.mark.long if number >= IN_TIER else (),
        )
        for number, killed in enumerate(NIGHTS)
    ],
)
def test_a_night_in_which_something_was_killed_is_the_undisturbed_one(
    disturbed: Practice, undisturbed: Lived, number: int
) -> None:
    lived = len(disturbed.rows(DIGESTS))
    if lived < number:
        for _ in range(number - lived):
            disturbed.nights(1)
    night(disturbed, NIGHTS[number])
    assert disturbed.rows(DIGESTS)[number] == undisturbed.digests[number]
    day = undisturbed.digests[number][0]
    assert [row for row in disturbed.rows(SENT) if row[0] == day] == [
        row for row in undisturbed.sent if row[0] == day
    ]
    assert t.doubles(t.Truth(disturbed.world / "sandbox" / "truth")) == []


def test_the_staff_have_each_morning_once(disturbed: Practice) -> None:
    decided = disturbed.value("select count(*) from operations.decision")
    ended = disturbed.run("morning")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "resolved" not in ended.stdout, "acting again decides nothing else, but says so"
    assert disturbed.value("select count(*) from operations.decision") == decided


def test_after_all_that_the_account_agrees_with_the_truth(disturbed: Practice) -> None:
    truth, account = t.Truth(disturbed.world / "sandbox" / "truth"), t.Account(disturbed.dsn())
    assert t.found(truth, account) == []
    assert t.false_completions(truth, account) == []
    assert t.unreleased(truth, account) == []
    checked = disturbed.run("check")
    assert checked.returncode == 0, checked.stdout
