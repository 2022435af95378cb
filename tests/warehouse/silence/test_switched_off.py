"""A workflow that is switched off opens nothing from tonight on; what becomes of its open cases is a person's word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.warehouse.clinic import Clinic, coverage, patient, stay
from throughline import decisions, silence, workflows
from throughline.exceptions.choices import choices
from throughline.exceptions.resolve import DoesNotFitError, resolve
from throughline.proven import invariants
from throughline.told import summary
from throughline.told.numbers import collect
from throughline.told.standing import what_holds
from throughline.vocabulary import OURS

ZONE = "America/New_York"
OFF = "leave_out: {workflows: [transitional_care]}\n"
T = "transitional_care"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A practice of its own, like ours but for what a test changes."""
    (tmp_path / "workflows").mkdir()
    say(tmp_path, "")
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    return tmp_path


def say(own: Path, more: str) -> None:
    (own / "practice.yaml").write_text((OURS / "practice.yaml").read_text("utf-8") + more, "utf-8")


def discharged(who: str, on: str) -> list[Any]:
    return [patient(who), coverage(who, "COMM1", "5"), stay(who, "2026-07-01", f"{on} 11:00")]


def night(clinic: Clinic, on: str) -> None:
    """Run a night from its definitions to what is noticed."""
    clinic.begin(on)
    workflows.register(clinic.conn, clinic.seq)
    clinic.derive()
    silence.notice(clinic.conn, clinic.seq, clinic.cut_off)
    clinic.forget_temporary()


def said(clinic: Clinic) -> list[str]:
    return what_holds(collect(clinic.conn, clinic.seq, ZONE))


def question(clinic: Clinic) -> Any:
    (row,) = clinic.rows(
        "select exception_id, status, owner_team, detail, about_id, resolution from operations.exception"
        " where reason = 'workflow_switched_off' order by opened_seq desc limit 1"
    )
    return row


def decide(clinic: Clinic, action: str, note: str = "the contract ended") -> None:
    resolve(clinic.conn, question(clinic).exception_id, "operator", action, note)
    clinic.conn.execute(
        "update operations.decision set known_seq = %s where known_seq is null", (clinic.seq + 1,)
    )


def switched_off(clinic: Clinic, own: Path) -> None:
    """Two patients have a case; then the workflow is left out, and a third is discharged."""
    clinic.know(discharged("p1", "2026-07-06"), discharged("p2", "2026-07-06"))
    night(clinic, "2026-07-06")
    say(own, OFF)
    clinic.know(discharged("p3", "2026-07-07"))
    night(clinic, "2026-07-07")


def test_it_opens_nothing_and_its_cases_go_on(clinic: Clinic, own: Path) -> None:
    switched_off(clinic, own)
    assert [tuple(row) for row in clinic.rows(
        "select version, status, retired_seq from cases.workflow_version where workflow = %s", T
    )] == [(2, "retired", 2)]  # fmt: skip
    assert clinic.cases_of("p3", T) == []
    assert {clinic.case(who, T).status for who in ("p1", "p2")} == {"open"}
    asked = question(clinic)
    assert (asked.status, asked.owner_team, asked.about_id) == ("open", "care_management", T)
    assert asked.detail == {"cases": 2}
    (told,) = said(clinic)
    assert told == (
        "Transitional care after a discharge is switched off: it opens no more cases; 2 open cases go on as before,"
        " until somebody decides what becomes of them (the page Exceptions; or, at a terminal: make exceptions)."
    )
    assert "is switched off" in summary.render(collect(clinic.conn, clinic.seq, ZONE))
    night(clinic, "2026-07-08")
    assert question(clinic).status == "open"
    assert {clinic.case(who, T).status for who in ("p1", "p2")} == {"open"}
    assert clinic.digest() == clinic.derived_digest()


def test_a_newer_version_switches_nothing_off(clinic: Clinic, own: Path) -> None:
    clinic.know(discharged("p1", "2026-07-06"))
    night(clinic, "2026-07-06")
    (own / "workflows" / f"{T}.yaml").write_text(
        f"based_on: {{workflow: {T}, version: 2}}\nversion: 1001\ntitle: Care after a stay\n",
        "utf-8",
    )
    night(clinic, "2026-07-07")
    assert [tuple(row) for row in clinic.rows(
        "select version, status from cases.workflow_version where workflow = %s order by 1", T
    )] == [(2, "retired"), (1001, "active")]  # fmt: skip
    assert clinic.rows(
        "select 1 from operations.exception where reason = 'workflow_switched_off'"
    ) == []  # fmt: skip
    assert said(clinic) == []


def test_finish_lets_them_go_on_and_asks_no_more(clinic: Clinic, own: Path) -> None:
    switched_off(clinic, own)
    decide(clinic, "finish")
    (told,) = said(clinic)
    assert told.endswith("2 open cases go on to the end, as operator decided.")
    for on in ("2026-07-08", "2026-07-09"):
        night(clinic, on)
        assert question(clinic).status == "resolved"
        assert {clinic.case(who, T).status for who in ("p1", "p2")} == {"open"}
    assert question(clinic).resolution == "finish: the contract ended"
    assert clinic.digest() == clinic.derived_digest()


def test_close_ends_each_case_with_who_said_so(clinic: Clinic, own: Path) -> None:
    switched_off(clinic, own)
    decide(clinic, "close_cases")
    (told,) = said(clinic)
    assert told.endswith("2 open cases to be closed by the next night, as operator decided.")
    night(clinic, "2026-07-08")
    assert [
        tuple(row) for row in clinic.rows("select status, close_reason from cases.case_record")
    ] == [("closed", "closed by operator")] * 2
    assert (question(clinic).status, said(clinic)) == ("resolved", [])
    assert clinic.digest() == clinic.derived_digest(), "a replay gives the same"
    broken = {one.check.name for one in invariants.check(clinic.conn, clinic.seq)}
    assert broken <= {"night_without_digest"}, "nights of a clinic are not closed"
    night(clinic, "2026-07-09")
    assert {clinic.case(who, T).status for who in ("p1", "p2")} == {"closed"}


def test_cases_that_are_opened_after_it_runs_again_are_not_meant(clinic: Clinic, own: Path) -> None:
    switched_off(clinic, own)
    decide(clinic, "close_cases")
    night(clinic, "2026-07-08")
    say(own, "")
    clinic.know(discharged("p4", "2026-07-09"))
    night(clinic, "2026-07-09")
    assert clinic.case("p4", T).status == "open"
    assert clinic.case("p1", T).status == "closed"
    say(own, OFF)
    night(clinic, "2026-07-10")
    asked = question(clinic)
    assert (asked.status, asked.detail["cases"]) == ("open", len(clinic.rows(
        "select from cases.case_record where status = 'open' and workflow = %s", T)))  # fmt: skip
    assert (
        len(clinic.rows("select from operations.exception where reason = 'workflow_switched_off'"))
        == 2
    )


def test_running_again_it_asks_no_more(clinic: Clinic, own: Path) -> None:
    switched_off(clinic, own)
    say(own, "")
    night(clinic, "2026-07-08")
    assert (question(clinic).status, said(clinic)) == ("cleared", [])
    assert clinic.case("p3", T).status == "open", "its trigger still counts"


def test_a_copy_of_ours_that_is_retired_is_switched_off(clinic: Clinic, own: Path) -> None:
    clinic.know(discharged("p1", "2026-07-06"))
    night(clinic, "2026-07-06")
    text = "based_on: {workflow: transitional_care, version: 2}\nversion: 2\nstatus: retired\n"
    (own / "workflows" / f"{T}.yaml").write_text(text, "utf-8")
    clinic.know(discharged("p3", "2026-07-07"))
    night(clinic, "2026-07-07")
    assert clinic.cases_of("p3", T) == []
    assert question(clinic).detail == {"cases": 1}


def test_a_rerun_asks_once(clinic: Clinic, own: Path) -> None:
    switched_off(clinic, own)
    before = question(clinic)
    for _ in range(2):
        workflows.register(clinic.conn, clinic.seq)
        silence.notice(clinic.conn, clinic.seq, clinic.cut_off)
        clinic.forget_temporary()
    assert question(clinic) == before


def test_only_who_may_decides_and_says_why(
    clinic: Clinic, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        # a refusal is kept in a transaction of its own, and would stay for the tests that follow
        raise decisions.NotPermittedError

    monkeypatch.setattr(decisions, "refuse", refuse)
    switched_off(clinic, own)
    about = question(clinic).exception_id
    with pytest.raises(decisions.NotPermittedError):
        resolve(clinic.conn, about, "viewer", "close_cases", "because")
    with pytest.raises(decisions.NoReasonError):
        resolve(clinic.conn, about, "operator", "close_cases")
    with pytest.raises(DoesNotFitError):
        resolve(clinic.conn, about, "operator", "acknowledge", "because")
    offered = choices("workflow_switched_off", {"cases": 2}, in_case=False)
    assert [each.act for each in offered] == ["finish", "close_cases", "assign"]
    assert "2 " in offered[0].follows
