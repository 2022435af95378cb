"""Where a patient went, stated by a named person: it counts from the next night on, until the chart says it."""

from __future__ import annotations

import pytest

from tests.warehouse.clinic import Clinic, Record, again, coverage, deleted, patient, stay
from throughline import decisions
from throughline.decisions import NoReasonError, NotAllowedError, NotPermittedError, Request
from throughline.exceptions.resolve import DecidedError, DoesNotFitError, NotOpen, resolve
from throughline.practice import permissions
from throughline.silence import unmatched
from throughline.warehouse import nights

TCM, NOTE = "transitional_care", "the ward said so by telephone"


def night(clinic: Clinic, on: str, *records: Record) -> list[str]:
    """Run a night that knows what was decided before it; returns the discharges that are asked about."""
    clinic.know(*records)
    nights.take_decisions(clinic.conn, clinic.seq + 1)
    clinic.night(on)
    unmatched.notice(clinic.conn, clinic.seq, clinic.cut_off)
    return asked(clinic)


def asked(clinic: Clinic) -> list[str]:
    return [
        str(row.exception_id)
        for row in clinic.rows(
            "select exception_id from operations.exception where reason = 'disposition_not_stated' and status = 'open'"
        )
    ]


def began(clinic: Clinic) -> list[str]:
    """The days of the discharges that opened a case."""
    return [
        str(row.trigger_on)
        for row in clinic.rows("select trigger_on from cases.case_record where workflow = %s", TCM)
    ]


def unsaid(who: str = "p1") -> Record:
    return stay(who, "2026-07-01", "2026-07-06 11:00", to=None)


@pytest.fixture
def one(clinic: Clinic) -> str:
    """A discharge that does not say where to, and the number of its exception."""
    [exception] = night(clinic, "2026-07-06", patient("p1"), coverage("p1"), unsaid())
    return exception


def say(clinic: Clinic, one: str, disposition: str | None = "home", who: str = "operator") -> None:
    resolve(clinic.conn, one, who, "state_disposition", NOTE, disposition=disposition)


def take_back(clinic: Clinic, who: str = "operator", why: str = "another patient") -> None:
    """Take the last disposition back that was stated."""
    last = "select decision_id::text from operations.decision where kind = 'state_disposition' order by decided_at"
    made = clinic.rows(last)[-1].decision_id
    decisions.record(clinic.conn, Request("take_back_disposition", "stated", made, who, why))


def stated(clinic: Clinic) -> list[tuple[str, bool]]:
    """What was stated by hand, and whether it stands."""
    return [
        (row.code, row.retracted_seq is None)
        for row in clinic.rows(
            "select code, retracted_seq from evidence.fact where kind = 'decision' order by known_seq"
        )
    ]


def test_the_case_opens_with_the_next_night(clinic: Clinic, one: str) -> None:
    say(clinic, one)
    assert clinic.cases_of("p1", TCM) == []
    assert night(clinic, "2026-07-07") == []
    assert clinic.case("p1", TCM).stage == "contacted"
    [fact] = clinic.rows("select * from evidence.fact where kind = 'decision'")
    assert (fact.source, fact.code_system, fact.code) == ("by_hand", "disposition", "home")
    assert fact.detail == {"about": "disposition", "recorded_by": "operator"}
    # the clock runs from the discharge, whoever says where the patient went, and whenever
    assert began(clinic) == ["2026-07-06"]
    assert clinic.digest() == clinic.derived_digest()
    clinic.derive()
    assert stated(clinic) == [("home", True)], "a rerun knows the same"


def test_elsewhere_opens_none_and_is_not_asked_again(clinic: Clinic, one: str) -> None:
    say(clinic, one, "snf")
    for on in ("2026-07-07", "2026-07-08", "2026-07-20"):
        assert night(clinic, on) == []
    assert clinic.cases_of("p1", TCM) == []
    assert [row.reason for row in clinic.rows("select reason from cases.not_opened")] == [
        "went_elsewhere"
    ]


def test_the_chart_says_the_same(clinic: Clinic, one: str) -> None:
    say(clinic, one)
    night(clinic, "2026-07-07")
    before = clinic.case("p1", TCM).case_id
    night(clinic, "2026-07-08", again(unsaid(), discharge_disposition_code="home"))
    assert stated(clinic) == [("home", False)], "the record says it now"
    assert (clinic.case("p1", TCM).case_id, clinic.case("p1", TCM).status) == (before, "open")


def test_it_is_taken_back_when_the_chart_says_otherwise(clinic: Clinic, one: str) -> None:
    say(clinic, one)
    night(clinic, "2026-07-07")
    night(clinic, "2026-07-08", again(unsaid(), discharge_disposition_code="snf"))
    assert stated(clinic) == [("home", False)]
    assert clinic.case("p1", TCM).status == "closed"
    assert clinic.digest() == clinic.derived_digest()


def test_of_a_discharge_that_was_cancelled_nothing_stands(clinic: Clinic, one: str) -> None:
    say(clinic, one)
    night(clinic, "2026-07-07")
    night(clinic, "2026-07-08", deleted(unsaid()))
    assert stated(clinic) == [("home", False)]
    assert clinic.case("p1", TCM).status == "closed"


def test_the_chart_says_it_in_the_same_night(clinic: Clinic, one: str) -> None:
    say(clinic, one)
    night(clinic, "2026-07-07", again(unsaid(), discharge_disposition_code="snf"))
    assert stated(clinic) == [("home", False)]
    assert clinic.cases_of("p1", TCM) == []


def test_it_is_about_this_discharge_alone(clinic: Clinic) -> None:
    earlier = stay("p1", "2026-06-28", "2026-06-30 11:00", to=None, key="before")
    found = night(clinic, "2026-07-06", patient("p1"), coverage("p1"), earlier, unsaid())
    assert len(found) == 2
    [late] = [
        str(row.exception_id)
        for row in clinic.rows(
            "select exception_id from operations.exception where detail ->> 'day' = '2026-07-06'"
        )
    ]
    say(clinic, late)
    night(clinic, "2026-07-07")
    assert began(clinic) == ["2026-07-06"]
    assert len(asked(clinic)) == 1


def test_who_may_not_and_what_lacks_something_is_refused(clinic: Clinic, one: str) -> None:
    with pytest.raises(NotPermittedError, match="may not resolve exceptions"):
        say(clinic, one, who="viewer")
    with pytest.raises(NoReasonError):
        resolve(clinic.conn, one, "operator", "state_disposition", " ", disposition="home")
    for wrong in (None, "", "Home", "moon"):
        with pytest.raises(DoesNotFitError, match="one of home, assisted_living"):
            say(clinic, one, wrong)
    say(clinic, one)
    with pytest.raises(DecidedError, match="counts from tonight"):
        say(clinic, one, "snf")
    night(clinic, "2026-07-07")
    with pytest.raises(NotOpen):
        say(clinic, one)


def test_very_many_at_once_are_not_answered_at_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(unmatched.LIMITS, "many", 1)
    people = ["p1", "p2"]
    [all_] = night(
        clinic, "2026-07-06", *map(patient, people), *map(coverage, people), *map(unsaid, people)
    )
    with pytest.raises(DoesNotFitError, match="very many discharges"):
        say(clinic, all_)


def test_taken_back_after_the_night_its_case_closes_and_it_is_asked_anew(
    clinic: Clinic, one: str
) -> None:
    say(clinic, one)
    assert night(clinic, "2026-07-07") == []
    take_back(clinic)
    assert clinic.case("p1", TCM).status == "open", "it counts from the next night on"
    [again_] = night(clinic, "2026-07-08")
    assert again_ != one, "the same discharge, asked anew, within the week in which an answer rests"
    assert stated(clinic) == [("home", False)]
    [closed] = clinic.rows(
        "select status, close_reason from cases.case_record where workflow = %s", TCM
    )
    assert tuple(closed) == ("closed", "trigger_withdrawn")
    assert night(clinic, "2026-07-09") == [again_]
    # said again, its case goes on where it was
    say(clinic, again_)
    assert night(clinic, "2026-07-10") == []
    assert clinic.case("p1", TCM).status == "open"
    assert began(clinic) == ["2026-07-06"]
    assert clinic.digest() == clinic.derived_digest()


def test_taken_back_before_the_night_nothing_opens_and_it_is_asked_still(
    clinic: Clinic, one: str
) -> None:
    say(clinic, one)
    take_back(clinic)
    assert len(night(clinic, "2026-07-07")) == 1
    assert clinic.cases_of("p1", TCM) == []
    assert [standing for _, standing in stated(clinic)] == [False]


def test_elsewhere_that_is_taken_back_is_asked_anew(clinic: Clinic, one: str) -> None:
    say(clinic, one, "snf")
    assert night(clinic, "2026-07-07") == []
    take_back(clinic)
    [again_] = night(clinic, "2026-07-08")
    say(clinic, again_)
    night(clinic, "2026-07-09")
    assert clinic.case("p1", TCM).stage == "contacted"


def test_it_is_taken_back_once_with_a_reason_by_who_may(
    clinic: Clinic, one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    may = {"resolve_exceptions": {"ann", "bo", "cy"}, "correct_statements": {"cy", "dee"}}
    said = permissions.Permissions(
        {what: {permissions.ANY: frozenset(who)} for what, who in may.items()}
    )
    monkeypatch.setattr(permissions, "permissions", lambda: said)
    monkeypatch.setattr(decisions, "permissions", lambda: said)
    say(clinic, one, who="ann")
    for wrong in ("bo", "dee", "viewer"):
        with pytest.raises(NotPermittedError):
            take_back(clinic, wrong)
    with pytest.raises(NoReasonError):
        take_back(clinic, "ann", " ")
    take_back(clinic, "cy")
    for again_ in ("ann", "cy"):
        with pytest.raises(NotAllowedError, match="taken back already"):
            take_back(clinic, again_)
    night(clinic, "2026-07-07")
    with pytest.raises(NotAllowedError, match="nobody stated a disposition"):
        decisions.record(
            clinic.conn, Request("take_back_disposition", "stated", one, "ann", "no such number")
        )


def test_what_the_chart_says_no_more_is_asked_about_until_it_says_it_again(clinic: Clinic) -> None:
    told = stay("p1", "2026-07-01", "2026-07-06 11:00", to="home")
    assert night(clinic, "2026-07-06", patient("p1"), coverage("p1"), told) == []
    assert clinic.case("p1", TCM).status == "open"
    untold = again(told, discharge_disposition_code=None)
    assert len(night(clinic, "2026-07-07", untold)) == 1
    [case] = clinic.rows(
        "select status, close_reason from cases.case_record where workflow = %s", TCM
    )
    assert tuple(case) == ("closed", "trigger_withdrawn")
    assert night(clinic, "2026-07-08", again(untold, discharge_disposition_code="home")) == []
    assert clinic.case("p1", TCM).status == "open"
    assert clinic.digest() == clinic.derived_digest()
