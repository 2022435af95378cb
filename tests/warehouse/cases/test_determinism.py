"""The state is a function of what is known: not of the order of arrival, nor of how often a step ran."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.warehouse.cases.scenarios import ALL, TCM, back
from tests.warehouse.cases.stage import lay_tasks, outcomes, play
from tests.warehouse.clinic import Clinic

pytestmark = [pytest.mark.slow, pytest.mark.nights]

STATE = """
    select c.case_id, c.status, c.close_reason, c.stage, c.stage_state, c.wanted, c.wanted_detail,
        c.next_step, c.next_due_at, c.encounter_ref, c.patient_control_number, c.expected_code,
        c.recheck_at, c.waits_on_feeds, c.opened_seq, c.trigger_on, s.stage as of_stage, s.state,
        s.fact_id, s.proven_at, s.due_at, s.reason
    from cases.case_record as c inner join cases.stage as s on s.case_id = c.case_id
    order by c.case_id, s.position
"""
EXCEPTIONS = """
    select exception_id, reason, status, due_at, opened_seq, closed_seq, resolution, amount, detail
    from operations.exception order by exception_id
"""
HISTORY = "select event_id, kind, stage, from_state, to_state, known_seq from cases.event order by event_id"


def everything(clinic: Clinic) -> list[list[Any]]:
    return [clinic.rows(query) for query in (STATE, EXCEPTIONS, HISTORY)]


def test_run_again_every_step_gives_the_same(clinic: Clinic) -> None:
    play(clinic)
    first, digest = everything(clinic), clinic.digest()

    for _ in range(2):
        clinic.derive()
        assert clinic.digest() == digest
        assert everything(clinic) == first


def test_what_is_kept_is_what_is_derived_anew_night_after_night(clinic: Clinic) -> None:
    play(clinic)
    assert clinic.derived_digest() == clinic.digest()
    for days in (-1, -2, -3, -4, -8, -9, -15, -20, -31, -61):
        clinic.night(back(days))
        assert clinic.derived_digest() == clinic.digest(), f"{-days} days later"


def test_with_feeds_that_stop_and_come_again(clinic: Clinic) -> None:
    play(clinic)
    for days, late in (
        (-1, ["ehr.communication"]),
        (-2, ["ehr.communication", "clearinghouse.claim"]),
        (-3, ["scheduling.appointment", "clearinghouse.payment"]),
        (-4, []),
        (-5, []),
    ):
        clinic.night(back(days), late=late)
        assert clinic.derived_digest() == clinic.digest(), f"{-days} days later"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_order_of_arrival_within_a_night(clinic: Clinic, seed: int) -> None:
    play(clinic)
    first, digest = everything(clinic), clinic.digest()
    clinic.conn.rollback()

    shuffled = Clinic(clinic.conn)
    play(shuffled, shuffle=random.Random(seed))

    assert shuffled.digest() == digest
    assert everything(shuffled) == first


# What an earlier night would have known in time.
NOT_SPLIT = {"known on the 31st day"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_over_how_many_nights_the_facts_come(clinic: Clinic, seed: int) -> None:
    chance = random.Random(seed)
    records = [*clinic.pending, *(r for s in ALL if s.workflow == TCM for r in s.records)]
    clinic.pending = []
    chance.shuffle(records)
    late = len(records) // 3
    for days, part in (
        (2, records[:late]),
        (1, records[late : 2 * late]),
        (0, records[2 * late :]),
    ):
        clinic.know(part)
        clinic.begin(back(days))
        if days == 2:
            lay_tasks(clinic)
        clinic.derive()
        assert clinic.derived_digest() == clinic.digest()

    wrong = {
        s.name: (found, s.expected)
        for s, found in zip(ALL, outcomes(clinic), strict=True)
        if s.workflow == TCM and s.name not in NOT_SPLIT and found != s.expected
    }
    assert not wrong


def test_every_open_case_has_one_next_step_with_an_owner(clinic: Clinic) -> None:
    play(clinic)
    for days in (-1, -2, -5, -9, -20):
        clinic.night(back(days))
        assert not clinic.rows(
            "select case_id from cases.case_record where status = 'open'"
            " and (next_step is null or next_due_at is null or owner_team = '')"
        )
        assert not clinic.rows(
            "select c.case_id from cases.case_record as c left join operations.exception as e"
            " on e.exception_id::text = c.next_step_ref and e.status = 'open'"
            " where c.status = 'open' and c.next_step = 'exception'"
            " and (e.exception_id is null or e.owner_team = '')"
        )
        assert not clinic.rows(
            "select case_id from operations.exception where status = 'open' and reason <> 'overpayment'"
            " group by case_id having count(*) > 1"
        )
