"""Each check holds on a sound morning and catches the violation that is planted for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.warehouse.morning import CLAIMS
from throughline.proven import invariants
from throughline.warehouse import Connection

PLANTED = Path(__file__).parent / "planted"
NAMES = [check.name for check in invariants.checks()]
INVARIANT = {check.name: check.invariant for check in invariants.checks()}

# What only a look at everything can find: the night did not touch it.
NOT_BY_NIGHT = {"removed_without_a_decision"}
"""It looks at what people had removed, by the night that takes the decision."""


def broken_names(conn: Connection, seq: int | None) -> set[str]:
    return {broken.check.name for broken in invariants.check(conn, seq)}


@pytest.mark.parametrize("seq", [None, 1, 2, 3])
def test_a_sound_morning_breaks_nothing(conn: Connection, seq: int | None) -> None:
    assert invariants.tell(invariants.check(conn, seq)) == ""


@pytest.mark.parametrize("seq", [None, 3])
def test_claims_that_say_what_was_documented_break_nothing(
    conn: Connection, seq: int | None
) -> None:
    conn.execute(CLAIMS)
    assert invariants.tell(invariants.check(conn, seq)) == ""


# What a claim says of its first line, and no clinician does.
INVENTED = {
    "another modifier": "jsonb_set(content, '{lines,0,modifiers}', '[\"59\"]')",
    "more units": "jsonb_set(content, '{lines,1,units}', '3')",
    "more money": "jsonb_set(content, '{lines,0,charge}', '181.00')",
    "another day": "jsonb_set(content, '{lines,0,service_on}', '\"2026-09-03\"')",
    "another order of diagnoses": "jsonb_set(content, '{lines,0,pointers}', '[2, 1]')",
    "a charge of another visit": "jsonb_set(content, '{lines,0,charge_item}', '\"charge299214\"')",
    "a charge of nobody": "jsonb_set(content, '{lines,0,charge_item}', '\"charge9\"')",
}


@pytest.mark.parametrize("what", INVENTED)
def test_nothing_is_invented_on_a_claim(conn: Connection, what: str) -> None:
    conn.execute(CLAIMS)
    change = (
        f"update tasks.claim set content = {INVENTED[what]} where patient_control_number = 'TL1'"
    )
    conn.execute(change.encode())
    assert "claim_says_other_than_charge" in broken_names(conn, 3)


@pytest.mark.parametrize(
    "change", ["quantity = null", "status = 'aborted'", "is_deleted = true", "retracted_seq = 3"]
)
def test_a_charge_that_does_not_stand_bears_no_claim(conn: Connection, change: str) -> None:
    conn.execute(CLAIMS)
    conn.execute(f"update core.charge_item set {change} where source_id = 'charge199214'".encode())
    assert "claim_says_other_than_charge" in broken_names(conn, 3)


def test_a_charge_that_fell_later_bore_its_claim(conn: Connection) -> None:
    conn.execute(CLAIMS)
    conn.execute("update core.charge_item set retracted_seq = 4 where source_id = 'charge199214'")
    assert "claim_says_other_than_charge" not in broken_names(conn, 3)


def test_every_check_has_a_planted_violation() -> None:
    assert sorted(path.stem for path in PLANTED.glob("*.sql")) == sorted(NAMES)


def test_every_invariant_of_the_design_is_checked() -> None:
    numbers = {check.invariant[:2] for check in invariants.checks()}
    assert numbers >= {f"{number:02}" for number in range(1, 12)}


def test_names_are_used_once() -> None:
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_violation_is_caught(conn: Connection, name: str) -> None:
    if INVARIANT[name].startswith("07"):
        conn.execute(CLAIMS)
    conn.execute((PLANTED / f"{name}.sql").read_bytes())
    assert name in broken_names(conn, None)
    if name not in NOT_BY_NIGHT:
        assert name in broken_names(conn, 3)


def test_a_violated_night_is_told_by_numbers_only(conn: Connection) -> None:
    conn.execute((PLANTED / "complete_by_fallen_fact.sql").read_bytes())
    broken = invariants.check(conn, 3)
    text = str(invariants.InvariantViolated(broken))
    assert "complete_by_fallen_fact" in text
    assert "Family" not in text
    assert "MRN" not in text


def test_a_check_of_a_night_writes_nothing(conn: Connection) -> None:
    assert invariants.check_night(conn, 3) == len(NAMES)
    assert conn.execute("select to_regclass('pg_temp.scope_case')").fetchone() == (None,)
