"""Vaccinations, procedures and answers; and the codings of records that were read before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.warehouse.deliveries import Hand
from tests.warehouse.quality.clinical.records import (
    CVX,
    LOINC,
    NOT_DONE,
    P1,
    SNOMED,
    concept,
    record,
)


def shot(key: str, version: int = 1, **more: Any) -> dict[str, Any]:
    """Return a vaccination."""
    said = {
        "status": "completed",
        "vaccineCode": concept((CVX, "197"), ("http://hl7.org/fhir/sid/ndc", "49281-0121-65")),
        "patient": P1,
        "occurrenceDateTime": "2026-01-20",
        "primarySource": True,
        **more,
    }
    return record("Immunization", key, version, **said)


def test_vaccinations_given_and_not_given(told: Callable[..., list[dict[str, Any]]]) -> None:
    vaccine = {"extension": [{"url": NOT_DONE, "valueCanonical": "http://example.org/flu|2026"}]}
    records = [
        shot("i1"),
        shot("i2", status="not-done", statusReason=concept(("", "PATOBJ"))),
        shot("i3", status="not-done", vaccineCode=vaccine),
        shot("i4", status="entered-in-error"),
        shot("i5", occurrenceDateTime="2019"),
        shot("i6", occurrenceDateTime="2019-02"),
    ]
    refs = [f"immunization/i{number}" for number in range(1, 7)]
    given, refused, none_of, year, month = told("immunization", records, *refs)
    assert (given["kind"], given["code"], len(given["codings"]), given["day_only"]) == (
        "immunization",
        "197",
        2,
        True,
    )
    assert given["occurred_at"] == "2026-01-20 05:00:00+00"
    assert refused["kind"] == none_of["kind"] == "not_done"
    assert refused["detail"] == {"what": "immunization", "reason": [{"code": "PATOBJ"}]}
    assert (none_of["code"], none_of["detail"]["value_set"]) == (None, "http://example.org/flu")
    # of a year or a month alone, it was on some day of it
    assert (year["starts_at"], year["ends_at"]) == (
        "2019-01-01 05:00:00+00",
        "2020-01-01 05:00:00+00",
    )
    assert (month["starts_at"], month["ends_at"]) == (
        "2019-02-01 05:00:00+00",
        "2019-03-01 05:00:00+00",
    )


def test_answers_are_facts_by_question(
    told: Callable[..., list[dict[str, Any]]], hand: Hand
) -> None:
    form = "http://loinc.org/q/44249-1"
    items = [
        {"linkId": "group", "item": [
            {"linkId": "/44250-9", "answer": [{"valueCoding": {"system": LOINC, "code": "LA6570-1"}}]},
            {"linkId": "/total", "answer": [{"valueDecimal": 14, "item": [
                {"linkId": "/help", "answer": [{"valueBoolean": False}]}]}]},
        ]},
        {"linkId": "/words", "answer": [{"valueString": "my sister drives me"}]},
        {"linkId": "/since", "answer": [{"valueDate": "2026-01-05"}]},
    ]  # fmt: skip
    said = record("QuestionnaireResponse", "q1", status="completed", questionnaire=f"{form}|2.1", subject=P1,
                  authored="2026-02-01T10:00:00Z", identifier={"value": "Q-1"}, item=items)  # fmt: skip
    refs = ["questionnaire_response/q1", *(f"questionnaire_answer/q1#{n}" for n in range(1, 6))]
    whole, *answers = told("questionnaire_response", [said], *refs)
    assert (whole["kind"], whole["code"]) == ("questionnaire", form)
    assert [(f["kind"], f["code"], f["value"], f["detail"]) for f in answers] == [
        ("answer", "/44250-9", None, {"value": [{"system": LOINC, "code": "LA6570-1"}]}),
        ("answer", "/total", "14.0", {}),
        ("answer", "/help", None, {"value": [{"code": "false"}]}),
        ("answer", "/since", None, {"value_on": "2026-01-05"}),
    ]
    # what a patient wrote in own words is kept nowhere
    assert hand.rows("select count(*) from core.questionnaire_answer") == [(4,)]
    hand.new_night()
    again = said | {
        "meta": {"versionId": "2", "lastUpdated": "2026-02-03T11:00:02Z"},
        "item": items[2:],
    }
    told("questionnaire_response", [again | {"status": "amended"}])
    assert hand.rows(
        "select f.code, f.known_seq, f.retracted_seq from evidence.fact as f where f.kind = 'answer' order by 2, 1"
    ) == [
        ("/44250-9", 1, 2),
        ("/help", 1, 2),
        ("/since", 1, 2),
        ("/total", 1, 2),
        ("/since", 2, None),
    ]


def test_a_procedure_that_was_done_broken_off_or_not_done(
    told: Callable[..., list[dict[str, Any]]],
) -> None:
    def procedure(key: str, status: str, **more: Any) -> dict[str, Any]:
        both = concept((SNOMED, "73761001"), ("http://www.ama-assn.org/go/cpt", "45378"))
        return record("Procedure", key, status=status, code=both, subject=P1, performedDateTime="2026-02-01",
                      basedOn=[{"reference": "ServiceRequest/o1"}], **more)  # fmt: skip

    reason = {"statusReason": concept((SNOMED, "105480006"))}
    records = [
        procedure("x1", "completed"),
        procedure("x2", "stopped", **reason),
        procedure("x3", "not-done", **reason),
        procedure("x4", "preparation"),
    ]
    refs = [f"procedure/x{number}" for number in range(1, 5)]
    done, stopped, not_done = told("procedure", records, *refs)
    assert (done["kind"], done["status"], len(done["codings"]), done["day_only"]) == (
        "procedure",
        "completed",
        2,
        True,
    )
    assert done["identifiers"] == {"procedure": "x1", "order": ["o1"]}
    assert (stopped["kind"], stopped["status"]) == ("procedure", "stopped")
    assert (not_done["kind"], not_done["detail"]["what"]) == ("not_done", "procedure")
    assert not_done["detail"]["reason"] == [{"system": SNOMED, "code": "105480006"}]


def test_older_records_keep_all_their_codings_too(
    told: Callable[..., list[dict[str, Any]]],
) -> None:
    icd, sct = ("http://hl7.org/fhir/sid/icd-10-cm", "E11.9"), (SNOMED, "44054006")
    problem = record("Condition", "c1", code=concept(icd, sct), subject=P1, recordedDate="2026-01-05",
                     clinicalStatus=concept(("", "active")), verificationStatus=concept(("", "confirmed")))  # fmt: skip
    (fact,) = told("condition", [problem], "condition/c1")
    assert (fact["status"], [c["code"] for c in fact["codings"]]) == (
        "active",
        ["E11.9", "44054006"],
    )
    kind: dict[str, Any] = {"class": {"code": "AMB"}}
    seen = record("Encounter", "e1", status="finished", subject=P1, period={"start": "2026-02-01T09:00:00Z"},
                  type=[concept(("http://www.ama-assn.org/go/cpt", "99214")), concept((SNOMED, "185349003"))],
                  basedOn=[{"reference": "ServiceRequest/o1"}], **kind)  # fmt: skip
    (fact,) = told("encounter", [seen], "encounter/e1")
    assert ([c["code"] for c in fact["codings"]], fact["identifiers"]["order"]) == (
        ["99214", "185349003"],
        ["o1"],
    )
