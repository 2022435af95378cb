"""Nights of one derivation agree; after it changed, the first night says what moved, and a replay what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from tests.warehouse.cases.committed import ZONE, chain, night, of_its_own
from tests.warehouse.clinic import Clinic, call, consent, stay
from throughline.proven import replay as again
from throughline.told.numbers import collect
from throughline.told.summary import render
from throughline.warehouse import derivation, nights, sql

DAYS = ("2026-07-06", "2026-07-07", "2026-07-08")


@pytest.fixture
def clinic(new_warehouse: Callable[[], str]) -> Iterator[Clinic]:
    """Return a practice in which two came home, and one of them was reached: two nights."""
    for made in of_its_own(new_warehouse()):
        made.know(stay(who, "2026-07-01", "2026-07-05 11:00") for who in ("p1", "p2"))
        night(made, DAYS[0])
        made.know(call("p1", "2026-07-07 10:00"))
        night(made, DAYS[1])
        yield made


@pytest.fixture
def other_rules(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what changes a rule of the derivation: a call that reached the patient proves nothing any more."""

    def change() -> None:
        real = sql.statements

        def changed(path: str) -> tuple[str, ...]:
            found = real(path)
            if path != "cases/proofs.sql":
                return found
            assert any("'reached'" in statement for statement in found)
            return tuple(statement.replace("'reached'", "'never'") for statement in found)

        monkeypatch.setattr(sql, "statements", changed)

    return change


def seqs(clinic: Clinic) -> list[int]:
    return [row.seq for row in clinic.rows("select seq from operations.night order by seq")]


def listed(clinic: Clinic, seq: int, reason: str) -> set[object]:
    rows = clinic.rows(
        "select person_id from operations.work_item where seq = %s and reason = %s", seq, reason
    )
    return {row.person_id for row in rows}


def test_a_night_says_by_which_number_it_was_derived(clinic: Clinic) -> None:
    rows = clinic.rows("select derivation from operations.night")
    assert {row.derivation for row in rows} == {derivation.NUMBER}
    for seq in seqs(clinic):
        one = again.replay(clinic.conn, seq)
        assert (one.agrees, one.is_sound, one.differences) == (True, True, ())


def test_a_night_of_the_same_number_that_differs_is_a_fault(
    clinic: Clinic, other_rules: Callable[[], None]
) -> None:
    other_rules()
    one = again.replay(clinic.conn, seqs(clinic)[-1])
    assert (one.agrees, one.is_sound) == (False, False)
    assert "DIFFERS" in again.tell(one)


def test_a_night_of_another_number_tells_what_differs_and_is_no_fault(
    clinic: Clinic, other_rules: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    other_rules()
    monkeypatch.setattr(derivation, "NUMBER", derivation.NUMBER + 1)
    first, second = (again.replay(clinic.conn, seq) for seq in seqs(clinic))
    assert first.agrees, "nobody had been reached by then"
    assert first.differences == ()
    assert (second.agrees, second.is_sound) == (False, True)
    told = again.tell(second)
    assert "differences are expected" in told
    assert "transitional_care contacted: complete then, missed now (1)" in told


def test_after_the_number_rose_every_open_case_is_derived_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derivation, "NUMBER", derivation.NUMBER + 1)
    third = night(clinic, DAYS[2])
    everybody = {row.person_id for row in clinic.rows("select person_id from cases.case_record")}
    assert listed(clinic, third, "derivation") == everybody
    assert collect(clinic.conn, third, ZONE).moved == [], "the rules say the same"
    clinic.conn.rollback()
    fourth = night(clinic, "2026-07-09")
    assert listed(clinic, fourth, "derivation") == set()


@pytest.mark.parametrize(("days", "is_derived"), [(365, True), (366, False)])
def test_an_ended_case_is_derived_again_within_the_filing_limit(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, days: int, is_derived: bool
) -> None:
    p2 = clinic.person("p2")
    clinic.conn.execute(
        "insert into operations.night (seq, business_date, kind, cut_off, status)"
        " select -1, date '2026-07-08' - %s::int, 'nightly', now(), 'finished'",
        (days,),
    )
    clinic.conn.execute(
        "update cases.case_record set status = 'closed', close_reason = 'declined', closed_seq = -1,"
        " next_step = null, next_due_at = null, recheck_at = null where person_id = %s",
        (p2,),
    )
    clinic.conn.commit()
    monkeypatch.setattr(derivation, "NUMBER", derivation.NUMBER + 1)
    third = night(clinic, DAYS[2], until="cases")
    assert (p2 in listed(clinic, third, "derivation")) is is_derived


def test_what_the_new_rules_moved_is_told_in_the_morning(
    clinic: Clinic, other_rules: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    other_rules()
    monkeypatch.setattr(derivation, "NUMBER", derivation.NUMBER + 1)
    third = night(clinic, DAYS[2])
    numbers = collect(clinic.conn, third, ZONE)
    assert ("transitional_care", "contacted", "complete", "missed", 1) in [
        (row.workflow, row.stage, row.from_state, row.to_state, row.cases) for row in numbers.moved
    ]
    assert "MOVED BY CHANGED RULES" in render(numbers)


def test_what_a_reconcile_by_day_moved_is_told_in_the_next_morning(
    clinic: Clinic, other_rules: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs before the night when a decision came in after the upgrade, and derives all open cases then."""
    other_rules()
    monkeypatch.setattr(derivation, "NUMBER", derivation.NUMBER + 1)
    by_day = nights.open_night(clinic.conn, date.fromisoformat(DAYS[1]), ZONE, "intraday")
    chain(clinic, by_day.seq)
    third = night(clinic, DAYS[2])
    assert listed(clinic, third, "derivation") == set(), "it was done by day"
    moved = collect(clinic.conn, third, ZONE).moved
    assert ("contacted", "complete", "missed") in [
        (row.stage, row.from_state, row.to_state) for row in moved
    ]


def test_a_mended_safety_rule_applies_to_open_cases_at_once(
    new_warehouse: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sql.statements

    def forgets_opt_outs(path: str) -> tuple[str, ...]:
        if path != "cases/asks.sql":
            return real(path)
        return tuple(each.replace("and p.opted_out then", "and false then") for each in real(path))

    assert forgets_opt_outs("cases/asks.sql") != real("cases/asks.sql")
    for clinic in of_its_own(new_warehouse()):
        with monkeypatch.context() as before:
            before.setattr(sql, "statements", forgets_opt_outs)
            clinic.know(stay("p1", "2026-07-01", "2026-07-05 11:00"), consent("p1"))
            night(clinic, DAYS[0])
            case = clinic.case("p1", "transitional_care")
            assert case.asks == "outreach"
            [said] = clinic.rows(
                "select version from cases.case_record where case_id = %s", case.case_id
            )
            clinic.conn.rollback()

        # nothing new is known of the patient: the rule alone changed, and the definition stays pinned
        monkeypatch.setattr(derivation, "NUMBER", derivation.NUMBER + 1)
        night(clinic, DAYS[1])
        assert clinic.case("p1", "transitional_care").asks == "contact_blocked"
        assert clinic.exceptions("p1") == ["contact_blocked"]
        assert clinic.rows(
            "select version from cases.case_record where case_id = %s", case.case_id
        ) == [said]
        clinic.conn.rollback()
