"""When the medicines were reconciled after a discharge, stated by a named person where no record says it."""

from __future__ import annotations

import pytest

from tests.warehouse.cases.asked.test_stated_level import (
    BILLER,
    CODER,
    DAY,
    DOC,
    NURSE,
    WHY,
    blocked,
    code,
    defined_warehouse,
    night,
    number,
    people,
    seen,
)
from tests.warehouse.clinic import Clinic, Record, deleted, reconciliation
from throughline import decisions
from throughline.decisions import NoReasonError, NotAllowedError, NotPermittedError, Request
from throughline.exceptions.choices import choices
from throughline.exceptions.resolve import resolve
from throughline.exceptions.stated import CannotBeStatedError
from throughline.told import exceptions

__all__ = ["defined_warehouse", "people"]
ASKS = "reconciliation_not_stated"


def without(code_: str = "99496", level: str | None = "high") -> list[Record]:
    """A patient who was called, seen after two days, noted and charged; no record says a reconciliation."""
    return [one for one in seen(code_, level) if one.table != "procedure"]


def say(clinic: Clinic, who: str, done_on: str | None = DAY, note: str = WHY) -> str:
    [made] = resolve(
        clinic.conn, number(clinic), who, "state_reconciliation", note, done_on=done_on
    )
    return str(made)


def take_back(clinic: Clinic, made: str, who: str, why: str = "the wrong patient") -> None:
    decisions.record(clinic.conn, Request("take_back_reconciliation", "stated", made, who, why))


def facts(clinic: Clinic) -> list[tuple[str, str | None, str, str]]:
    """What stands by hand: what, of which day, by whom, as what."""
    return [
        tuple(row)
        for row in clinic.rows(
            "select code, detail ->> 'on' as day, detail ->> 'recorded_by' as by, detail ->> 'recorded_as' as said_as"
            " from evidence.fact"
            " where kind = 'decision' and source = 'by_hand' and retracted_seq is null"
        )
    ]


@pytest.fixture
def asked(clinic: Clinic) -> Clinic:
    """A signed note with its level, a charge of transitional care, and no word on the medicines."""
    assert night(clinic, DAY, *without()) == ASKS
    assert (code(clinic), blocked(clinic)) == ("ordinary", [ASKS])
    return clinic


def test_what_is_stated_counts_from_the_next_night_until_it_is_taken_back(asked: Clinic) -> None:
    made = say(asked, DOC)
    assert (code(asked), facts(asked)) == ("ordinary", []), "nothing before the night"
    assert night(asked, "2026-07-07") == ""
    assert (code(asked), blocked(asked)) == ("99496", [])
    assert facts(asked) == [("done", DAY, DOC, "clinician")]
    # it is the claim's support, and makes none by itself: who stated it does not attest it
    assert {row.kind for row in asked.rows("select kind from evidence.fact")} & {"claim"} == set()

    with pytest.raises(NotPermittedError, match="who did takes it back, or who may correct_"):
        take_back(asked, made, NURSE)
    with pytest.raises(NoReasonError):
        take_back(asked, made, DOC, " ")
    take_back(asked, made, DOC)
    with pytest.raises(NotAllowedError, match="taken back already"):
        take_back(asked, made, CODER)
    assert night(asked, "2026-07-08") == ASKS
    assert (code(asked), blocked(asked), facts(asked)) == ("ordinary", [ASKS], [])

    take_back(asked, say(asked, NURSE), CODER)
    assert night(asked, "2026-07-09") == ASKS
    assert facts(asked) == [], "taken back before any night knew it"


def test_staff_with_the_permission_say_it_as_staff(asked: Clinic) -> None:
    say(asked, NURSE, "2026-07-05")
    assert night(asked, "2026-07-07") == ""
    assert facts(asked) == [("done", "2026-07-05", NURSE, "staff")]


@pytest.mark.parametrize("done_on", ["2026-07-07", "never"])
def test_too_late_or_never_supports_no_transitional_care_and_is_not_asked_again(
    asked: Clinic, done_on: str
) -> None:
    say(asked, DOC, done_on)
    for on in ("2026-07-08", "2026-07-09"):
        assert night(asked, on) == "charge_check"
    assert (code(asked), blocked(asked)) == ("ordinary", ["charge_check"])


@pytest.mark.parametrize(
    ("done_on", "code_"),
    [("2026-07-03", None), ("2026-07-04", "99496"), (DAY, "99496"), ("2026-07-07", "ordinary")],
)
def test_each_edge_of_the_days(asked: Clinic, done_on: str, code_: str | None) -> None:
    if code_ is None:
        with pytest.raises(CannotBeStatedError, match="before what began the case"):
            say(asked, DOC, done_on)
        return
    say(asked, DOC, done_on)
    night(asked, "2026-07-08")
    assert code(asked) == code_


def test_nobody_else_s_answer_counts_and_what_is_no_day_is_refused(asked: Clinic) -> None:
    for who in (BILLER, "nobody"):
        with pytest.raises(NotPermittedError):
            say(asked, who)
    for wrong in (None, "", "yesterday", "2026-13-01", "06/07/2026"):
        with pytest.raises(CannotBeStatedError, match="needs the day"):
            say(asked, DOC, wrong)
    with pytest.raises(CannotBeStatedError, match="is to come"):
        say(asked, DOC, "2999-01-01")
    with pytest.raises(NoReasonError):
        say(asked, DOC, note="")
    for act in ("retry", "continue", "state_level"):
        with pytest.raises(NotAllowedError):
            resolve(asked.conn, number(asked), DOC, act, WHY, level="high")
    assert night(asked, "2026-07-07") == ASKS


def test_a_record_says_it_and_nobody_is_asked(asked: Clinic) -> None:
    record = reconciliation("p1", f"{DAY} 09:00")
    assert night(asked, "2026-07-07", record) == ""
    assert code(asked) == "99496"
    assert night(asked, "2026-07-08", deleted(record)) == ASKS
    # one that is too late says it, too
    assert night(asked, "2026-07-09", reconciliation("p1", "2026-07-08 09:00")) == "charge_check"


def test_first_the_medicines_then_the_level(clinic: Clinic) -> None:
    assert night(clinic, DAY, *without(level=None)) == ASKS
    say(clinic, DOC)
    assert night(clinic, "2026-07-07") == "level_not_stated"
    resolve(clinic.conn, number(clinic), DOC, "state_level", WHY, level="high")
    assert night(clinic, "2026-07-08") == ""
    assert code(clinic) == "99496"


@pytest.mark.parametrize(("code_", "asks"), [("99214", ""), ("99495", "charge_check")])
def test_it_is_asked_only_where_nothing_else_is_wrong(
    clinic: Clinic, code_: str, asks: str
) -> None:
    assert night(clinic, DAY, *without(code_)) == asks


def test_while_the_feed_that_would_say_it_is_late_nobody_is_asked(asked: Clinic) -> None:
    nights_ = ("2026-07-09", "2026-07-10")
    for on in nights_:
        asked.night(on, late=["ehr.procedure"])
    assert list(asked.exceptions("p1")) == []
    assert blocked(asked) == [ASKS], "and there is no claim"
    assert asked.case("p1", "transitional_care").stages["billed"] == "unknown"
    assert night(asked, "2026-07-11") == ASKS


def test_the_question_names_neither_a_code_nor_money(asked: Clinic) -> None:
    [stuck] = exceptions.rows(asked.conn, [number(asked)])
    said = exceptions.why(stuck, "America/New_York") + " ".join(
        choice.title for choice in choices(stuck.reason, stuck.detail, in_case=True)
    )
    assert exceptions.money(stuck) == ""
    assert not any(each in said for each in ("994", "$", "dollar", "bill", "pay", "claim"))
