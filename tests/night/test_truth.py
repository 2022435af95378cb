"""Ten nights of a small practice, held against the truth that its servers wrote."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = [pytest.mark.night, pytest.mark.slow]

NIGHTS = 10
PATIENTS = 150


def _accounts() -> ModuleType:
    """The account beside this file; the tests are no package."""
    spec = importlib.util.spec_from_file_location("account", Path(__file__).with_name("account.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["account"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lived(make_practice: Callable[..., Any]) -> Any:
    """A practice that is up and has lived ten nights, its staff acting between them."""
    made = make_practice(PATIENTS)
    ended = made.run("ui")
    assert ended.returncode == 0, ended.stderr
    made.nights(NIGHTS)
    return made


@pytest.fixture(scope="module")
def account(lived: Any) -> Any:
    """What was served before the last night's cut-off, beside what is known."""
    (cut_off,) = lived.rows("select max(cut_off) from operations.night where status = 'finished'")[0]
    return _accounts().take(lived.world / "sandbox" / "truth", lived.rows, cut_off)


def test_everything_that_could_be_observed_was_found(account: Any) -> None:
    assert account.missing == {}
    assert min(account.found.values()) > 0, account.found


def test_nothing_is_known_that_never_was(account: Any) -> None:
    assert account.invented == {}


def test_every_completed_stage_rests_on_a_standing_fact(lived: Any) -> None:
    assert (
        lived.value(
            "select count(*) from cases.stage as s left join evidence.fact as f using (fact_id)"
            " where s.state = 'complete' and (f.fact_id is null or f.retracted_seq is not null)"
        )
        == 0
    )


def test_nothing_went_out_twice_and_no_claim_without_a_release(account: Any) -> None:
    assert _accounts().doubles(account) == []


def test_cases_of_each_workflow_were_opened_and_carried_on(lived: Any) -> None:
    opened = dict(lived.rows("select workflow, count(*) from cases.case_record group by workflow"))
    assert set(opened) == {"annual_wellness", "charge_capture", "transitional_care"}
    settled = lived.value(
        "select count(distinct c.case_id) from cases.case_record as c"
        " inner join tasks.task as t using (case_id)"
        " inner join tasks.transmission_task as l using (task_id)"
        " inner join tasks.transmission as x using (transmission_id)"
        " where c.status = 'completed' and x.outcome = 'accepted'"
    )
    assert settled > 0


def test_every_invariant_holds_over_everything(lived: Any) -> None:
    ended = lived.run("check")
    assert ended.returncode == 0, ended.stdout


def test_every_night_can_be_replayed(lived: Any) -> None:
    for (day,) in lived.rows("select distinct business_date from operations.night order by 1"):
        ended = lived.run("replay", NIGHT=day)
        assert ended.returncode == 0, ended.stdout


def test_the_same_date_again_changes_nothing(lived: Any) -> None:
    query = "select seq, state_digest, plan_digest from operations.night order by seq desc limit 1"
    before = lived.rows(query)
    sent = lived.value("select count(*) from tasks.transmission")
    day = lived.value("select max(business_date) from operations.night")
    printed = lived.night(NIGHT=day)
    assert "void" in printed
    again = lived.rows(
        "select seq, state_digest, plan_digest from operations.night where status = 'finished'"
        " order by seq desc limit 1"
    )
    assert again == before
    assert lived.value("select count(*) from tasks.transmission") == sent
