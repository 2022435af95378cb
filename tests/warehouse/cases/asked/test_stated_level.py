"""The level of a note, stated by who signed it or by a coder: nobody else's answer counts for a claim."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.warehouse.clinic import (
    DOCTOR_NPI,
    Clinic,
    Record,
    again,
    call,
    charge,
    coverage,
    deleted,
    note,
    patient,
    practitioner,
    reconciliation,
    stay,
    visit,
)
from tests.warehouse.conftest import defined
from throughline import decisions
from throughline.decisions import NoReasonError, NotAllowedError, NotPermittedError, Request
from throughline.exceptions.choices import choices
from throughline.exceptions.resolve import resolve
from throughline.exceptions.stated import CannotBeStatedError
from throughline.practice import Team, permissions
from throughline.told import exceptions
from throughline.warehouse import nights

TCM, DAY, WHY = "transitional_care", "2026-07-06", "as the assessment says"
DOC, NURSE, CODER, BILLER = "doc", "nurse", "coder", "biller"


@pytest.fixture(scope="module")
def defined_warehouse(kept_warehouse: Callable[[], str]) -> str:
    """A warehouse of this file's own: what is refused is committed, and other tests count it."""
    return defined(kept_warehouse())


@pytest.fixture(autouse=True)
def people(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clinician who is known by an NPI, one who is known by another, a coder, and a biller."""
    may = {
        "state_level": {DOC, NURSE, CODER},
        "code_notes": {CODER},
        "state_reconciliation": {DOC, NURSE, CODER},
        "correct_statements": {CODER},
        "resolve_exceptions": {BILLER},
    }
    said = permissions.Permissions(
        {what: {permissions.ANY: frozenset(who)} for what, who in may.items()}
    )
    known = Team("x", "X", "X", (DOC, NURSE), npis=((DOC, DOCTOR_NPI), (NURSE, "1000000002")))
    monkeypatch.setattr(permissions, "permissions", lambda: said)
    monkeypatch.setattr(decisions, "permissions", lambda: said)
    monkeypatch.setattr(permissions, "teams", lambda: {"x": known})


def seen(code: str = "99496", level: str | None = None) -> list[Record]:
    """A patient who was called, seen after two days, reconciled and noted; only a level may be missing."""
    return [
        practitioner(),
        patient("p1"),
        coverage("p1", "COMM1", "5"),
        stay("p1", "2026-06-20", "2026-07-04 11:00"),
        call("p1", "2026-07-05 10:00"),
        visit("p1", f"{DAY} 09:00"),
        note("p1", f"{DAY} 17:00"),
        reconciliation("p1", f"{DAY} 09:00"),
        charge("p1", f"{DAY} 09:00", code, level=level),
    ]


def night(clinic: Clinic, on: str, *records: Record) -> str:
    """Run a night that knows what was decided before it; returns which exception is open."""
    clinic.know(*records)
    nights.take_decisions(clinic.conn, clinic.seq + 1)
    clinic.night(on)
    assert clinic.digest() == clinic.derived_digest()
    return ", ".join(clinic.exceptions("p1"))


def number(clinic: Clinic) -> str:
    [row] = clinic.rows("select exception_id::text from operations.exception where status = 'open'")
    return str(row.exception_id)


def code(clinic: Clinic) -> str:
    """Return the code that the documentation supports."""
    [row] = clinic.rows("select expected_code from cases.case_record where workflow = %s", TCM)
    return str(row.expected_code)


def say(clinic: Clinic, who: str, level: str | None = "high", document: str | None = None) -> str:
    [made] = resolve(
        clinic.conn, number(clinic), who, "state_level", WHY, level=level, document=document
    )
    return str(made)


def take_back(clinic: Clinic, made: str, who: str, why: str = "the wrong patient") -> None:
    decisions.record(clinic.conn, Request("take_back_level", "stated", made, who, why))


def blocked(clinic: Clinic) -> list[str]:
    return [row.reason for row in clinic.rows("select reason from cases.do_not_bill")]


@pytest.fixture
def asked(clinic: Clinic) -> Clinic:
    """A signed note, a charge of transitional care, and no level anywhere."""
    assert night(clinic, DAY, *seen()) == "level_not_stated"
    return clinic


def test_who_signed_says_it_and_the_claim_follows_until_it_is_taken_back(asked: Clinic) -> None:
    assert (code(asked), blocked(asked)) == ("ordinary", ["level_not_stated"])
    made = say(asked, DOC)
    assert night(asked, "2026-07-07") == ""
    assert (code(asked), blocked(asked)) == ("99496", [])
    [fact] = asked.rows(
        "select code, source, detail ->> 'recorded_by' as by, detail ->> 'recorded_as' as said_as"
        " from evidence.fact where kind = 'decision' and retracted_seq is null"
    )
    assert tuple(fact) == ("high", "by_hand", DOC, "clinician")

    with pytest.raises(NotPermittedError, match="who did takes it back, or a coder"):
        take_back(asked, made, NURSE)
    with pytest.raises(NoReasonError):
        take_back(asked, made, DOC, " ")
    take_back(asked, made, DOC)
    with pytest.raises(NotAllowedError, match="taken back already"):
        take_back(asked, made, CODER)
    assert night(asked, "2026-07-08") == "level_not_stated"
    assert (code(asked), blocked(asked)) == ("ordinary", ["level_not_stated"])

    # another level than the charge needs is no reason to bill it
    take_back(asked, say(asked, DOC, "moderate"), CODER)
    assert night(asked, "2026-07-09") == "level_not_stated"
    say(asked, CODER, "moderate", "ehr/p1-note")
    assert night(asked, "2026-07-10") == "charge_check"
    assert code(asked) == "99495"


def test_nobody_else_s_answer_counts_and_it_is_kept_who_tried(asked: Clinic) -> None:
    for who in (NURSE, BILLER, "nobody"):
        with pytest.raises(NotPermittedError):
            say(asked, who)
        with pytest.raises(NotPermittedError):
            say(asked, who, document="p1-note")
    with pytest.raises(CannotBeStatedError, match="a coder names the signed note"):
        say(asked, CODER)
    with pytest.raises(CannotBeStatedError, match="no signed note with this name"):
        say(asked, CODER, document="p1-other")
    for level in (None, "", "High", "99496"):
        with pytest.raises(
            CannotBeStatedError, match="one of high, moderate, low, straightforward"
        ):
            say(asked, DOC, level)
    with pytest.raises(NoReasonError):
        resolve(asked.conn, number(asked), DOC, "state_level", "", level="high")
    assert night(asked, "2026-07-07") == "level_not_stated"
    for act in ("retry", "continue"):
        with pytest.raises(NotAllowedError):
            resolve(asked.conn, number(asked), BILLER, act, WHY)


def test_it_stands_on_its_note_and_the_record_s_own_level_comes_first(asked: Clinic) -> None:
    say(asked, DOC)
    bill = charge("p1", f"{DAY} 09:00", "99496", level=None)
    assert night(asked, "2026-07-07", again(bill, mdm_level="moderate")) == "charge_check"
    assert night(asked, "2026-07-08", again(bill, code="99495", mdm_level="moderate")) == ""
    assert night(asked, "2026-07-09", again(bill)) == ""
    assert code(asked) == "99496"
    # the note is gone, and what was said of it
    night(asked, "2026-07-10", deleted(note("p1", f"{DAY} 17:00")))
    assert code(asked) == "ordinary"
    assert (
        asked.rows("select from evidence.fact where kind = 'decision' and retracted_seq is null")
        == []
    )


def test_a_note_of_another_clinician_or_of_another_visit_is_not_theirs(clinic: Clinic) -> None:
    other = note("p1", f"{DAY} 18:00", key="second", authenticator_id="dr2")
    earlier = note("p1", "2026-06-01 10:00", of="before", key="before")
    found = [
        practitioner("dr2", "1000000002"),
        visit("p1", "2026-06-01 09:00", key="before"),
        other,
        earlier,
        *seen(),
    ]
    night(clinic, DAY, *found)
    [one] = [
        row.exception_id
        for row in clinic.rows(
            "select exception_id::text from operations.exception where reason = 'level_not_stated'"
        )
    ]

    def tries(who: str, document: str | None) -> None:
        resolve(clinic.conn, one, who, "state_level", WHY, level="high", document=document)

    with pytest.raises(NotPermittedError, match="did not sign this note"):
        tries(NURSE, "p1-note")
    with pytest.raises(CannotBeStatedError, match="no signed note with this name"):
        tries(DOC, "p1-before")
    tries(NURSE, None)
    night(clinic, "2026-07-07")
    assert code(clinic) == "99496"


@pytest.mark.parametrize("code_", ["99214", "99495"])
def test_it_is_asked_only_where_nothing_else_is_missing(clinic: Clinic, code_: str) -> None:
    found = [one for one in seen(code_) if code_ == "99214" or one.table != "procedure"]
    assert night(clinic, DAY, *found) == ("" if code_ == "99214" else "reconciliation_not_stated")


def test_the_question_names_neither_a_code_nor_money(asked: Clinic) -> None:
    [stuck] = exceptions.rows(asked.conn, [number(asked)])
    said = exceptions.why(stuck, "America/New_York") + " ".join(
        choice.title + choice.follows
        for choice in choices(stuck.reason, stuck.detail, in_case=True)
    )
    assert exceptions.money(stuck) == ""
    assert not any(each in said for each in ("994", "$", "dollar", "bill", "pay", "high", "claim"))
