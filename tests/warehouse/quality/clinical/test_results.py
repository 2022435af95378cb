"""Observations: results of laboratories and all else that is measured, corrected, withdrawn, deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.warehouse.deliveries import Hand
from tests.warehouse.quality.clinical.records import (
    LOINC,
    P1,
    SNOMED,
    concept,
    record,
)


def a1c(key: str, version: int = 1, **more: Any) -> dict[str, Any]:
    """Return a result of a laboratory."""
    said = {
        "status": "final",
        "category": [concept(("http://terminology.hl7.org/CodeSystem/observation-category", "laboratory"))],
        "code": concept((LOINC, "4548-4"), ("urn:lab", "A1C")),
        "subject": P1,
        "encounter": {"reference": "Encounter/e1"},
        "effectiveDateTime": "2026-02-02T09:15:00-05:00",
        "issued": "2026-02-02T18:00:00-05:00",
        "valueQuantity": {"value": 9.1, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
        "interpretation": [concept(("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "H"))],
        "referenceRange": [{"low": {"value": 4, "code": "%"}, "high": {"value": 5.6, "code": "%"}}],
        "basedOn": [{"reference": "ServiceRequest/o1"}, {"reference": "CarePlan/c1"}],
        "performer": [{"reference": "Practitioner/lab"}],
        "specimen": {"reference": "Specimen/s1"},
        "identifier": [
            {"type": {"coding": [{"code": "PLAC"}]}, "value": "PL-7"},
            {"type": {"coding": [{"code": "FILL"}]}, "value": "FI-7"},
            {"type": {"coding": [{"code": "ACSN"}]}, "value": "AC-7"},
        ],
    }  # fmt: skip
    return record("Observation", key, version, **said | more)


def test_a_result_says_all_that_a_workflow_may_ask(
    told: Callable[..., list[dict[str, Any]]],
) -> None:
    (fact,) = told("observation", [a1c("r1")], "observation/r1")
    assert fact == {
        "kind": "result",
        "code": "4548-4",
        "codings": [{"system": LOINC, "code": "4548-4"}, {"system": "urn:lab", "code": "A1C"}],
        "status": "final",
        "value": "9.1",
        "unit": "%",
        "occurred_at": "2026-02-02 14:15:00+00",
        "starts_at": None,
        "ends_at": None,
        "day_only": False,
        "identifiers": {
            "observation": "r1",
            "encounter": "e1",
            "specimen": "s1",
            "order": ["o1"],
            "placer_order": "PL-7",
            "filler_order": "FI-7",
            "accession": "AC-7",
        },
        "detail": {
            "category": "laboratory",
            "interpretation": [{"code": "H"}],
            "reference_low": 4.0,
            "reference_high": 5.6,
            "performer_id": "lab",
        },
        "known_seq": 1,
        "retracted_seq": None,
    }


def test_a_result_is_corrected_withdrawn_and_deleted(
    told: Callable[..., list[dict[str, Any]]], hand: Hand
) -> None:
    told("observation", [a1c("r1"), a1c("r2"), a1c("r3")])
    hand.new_night()
    now = [
        a1c("r1", 2, status="corrected", valueQuantity={"value": 5.1, "code": "%"}),
        a1c("r2", 2, status="entered-in-error"),
    ]
    found = told("observation", now, "observation/r1", "observation/r2")
    assert [(f["kind"], f["status"], f["value"], f["known_seq"], f["retracted_seq"]) for f in found] == [
        ("result", "final", "9.1", 1, 2),
        ("result", "corrected", "5.1", 2, None),
        ("result", "final", "9.1", 1, 2),
        ("withdrawn", "entered-in-error", None, 2, None),
    ]  # fmt: skip
    hand.new_night()
    entry = {"request": {"method": "DELETE", "url": "Observation/r3"}}
    gone = [{"resourceType": "Bundle", "type": "transaction", "entry": [entry]}]
    hand.take_in("observation", gone, suffix="deleted.ndjson")
    hand.facts("observation")
    assert hand.rows(
        "select retracted_seq from evidence.fact where source_ref = 'observation/r3'"
    ) == [(3,)]


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, "result"),
        ({"category": []}, "result"),
        ({"category": [concept(("", "imaging"))]}, "result"),
        ({"category": [concept(("", "vital-signs"))]}, "observation"),
        ({"category": [concept(("", "survey")), concept(("urn:own", "PHQ"))]}, "observation"),
        ({"category": [{"coding": [{"code": "LAB"}]}]}, "result"),
        ({"status": "registered"}, None),
        ({"status": "preliminary"}, "result"),
        ({"status": "amended"}, "result"),
        ({"status": "cancelled"}, "not_done"),
        ({"status": "entered-in-error"}, "withdrawn"),
        ({"valueQuantity": None, "dataAbsentReason": concept(("", "error"))}, "not_done"),
        ({"effectiveDateTime": None}, "result"),
        ({"effectiveDateTime": None, "issued": None}, None),
        ({"category": [concept(("urn:own", "XYZ"))]}, None),
    ],
)
def test_which_kind_of_fact_an_observation_states(
    told: Callable[..., list[dict[str, Any]]], more: dict[str, Any], kind: str | None
) -> None:
    said = {key: value for key, value in a1c("r1", **more).items() if value is not None}
    assert [f["kind"] for f in told("observation", [said], "observation/r1")] == (
        [kind] if kind else []
    )


def test_a_category_that_nobody_mapped_is_told(
    told: Callable[..., list[dict[str, Any]]], hand: Hand
) -> None:
    told("observation", [a1c("r1", category=[concept(("urn:own", "XYZ"))])])
    assert hand.rows("select field, code from evidence.unmapped") == [
        ("observation.category_code", "XYZ")
    ]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"valueQuantity": {"value": 12, "unit": "mg/dl"}}, ("12.0", "mg/dl", {})),
        ({"valueQuantity": {"value": 5, "comparator": "<", "code": "ng/mL"}}, ("5.0", "ng/mL", {"comparator": "<"})),
        ({"valueInteger": 7}, ("7.0", None, {})),
        ({"valueBoolean": True}, (None, None, {"value": [{"code": "true"}]})),
        ({"valueCodeableConcept": concept((SNOMED, "1"))}, (None, None, {"value": [{"system": SNOMED, "code": "1"}]})),
        ({"valueCodeableConcept": {"text": "Positive"}}, (None, None, {"text": "Positive"})),
        ({"valueString": "trace"}, (None, None, {"text": "trace"})),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, (None, None, {"text": "1:128"})),
        ({"valueRange": {"low": {"value": 2}, "high": {"value": 4.5}}}, (None, None, {"text": "2-4.5"})),
    ],
)  # fmt: skip
def test_a_value_keeps_its_type(
    told: Callable[..., list[dict[str, Any]]], value: dict[str, Any], found: tuple[Any, ...]
) -> None:
    said = a1c("r1", **value, interpretation=[], referenceRange=[], performer=[])
    if "valueQuantity" not in value:
        del said["valueQuantity"]
    (fact,) = told("observation", [said], "observation/r1")
    of_lab = {"category": "laboratory"}
    assert (fact["value"], fact["unit"], fact["detail"]) == (found[0], found[1], of_lab | found[2])


@pytest.mark.parametrize(
    ("ranges", "ends"),
    [
        ([{"low": {"value": 4}}], (4.0, None)),
        ([{"low": {"value": 4, "code": "%"}, "type": concept(("", "normal"))}], (4.0, None)),
        # critical limits are no normal range, nor are those of other people, of another unit, or one of several
        ([{"low": {"value": 4}, "type": concept(("", "critical"))}], (None, None)),
        ([{"low": {"value": 4}, "appliesTo": [concept(("", "child"))]}], (None, None)),
        ([{"low": {"value": 4}, "age": {"low": {"value": 65}}}], (None, None)),
        ([{"low": {"value": 20, "code": "mmol/mol"}}], (None, None)),
        ([{"low": {"value": 4}}, {"low": {"value": 5}}], (None, None)),
        ([{"text": "4 to 5.6"}], (None, None)),
    ],
)
def test_a_reference_range_counts_only_if_it_is_this_patients(
    told: Callable[..., list[dict[str, Any]]], ranges: list[Any], ends: tuple[Any, Any]
) -> None:
    (fact,) = told("observation", [a1c("r1", referenceRange=ranges)], "observation/r1")
    assert (fact["detail"].get("reference_low"), fact["detail"].get("reference_high")) == ends


def test_the_parts_of_an_observation_are_facts_that_change_with_it(
    told: Callable[..., list[dict[str, Any]]], hand: Hand
) -> None:
    def pressure(version: int, status: str = "final") -> dict[str, Any]:
        parts = [
            {"code": concept((LOINC, "8480-6")), "valueQuantity": {"value": 152, "code": "mm[Hg]"}},
            {"code": concept((LOINC, "8462-4")), "dataAbsentReason": concept(("", "not-performed"))},
        ]  # fmt: skip
        said = {"status": status, "category": [concept(("", "vital-signs"))], "component": parts}
        whole = a1c("b1", version, code=concept((LOINC, "85354-9")), **said)
        return {key: value for key, value in whole.items() if key != "valueQuantity"}

    refs = ("observation/b1", "observation_component/b1#1", "observation_component/b1#2")
    found = told("observation", [pressure(1)], *refs)
    assert [(f["kind"], f["code"], f["status"], f["value"]) for f in found] == [
        ("observation", "85354-9", "final", None),
        ("observation", "8480-6", "final", "152.0"),
        ("not_done", "8462-4", "final", None),
    ]
    assert found[1]["identifiers"]["observation"] == "b1"
    assert found[2]["detail"] == {"what": "observation", "reason": [{"code": "not-performed"}]}
    hand.new_night()
    found = told("observation", [pressure(2, "amended")], refs[1])
    assert [(f["status"], f["known_seq"], f["retracted_seq"]) for f in found] == [
        ("final", 1, 2),
        ("amended", 2, None),
    ]


@pytest.mark.parametrize(
    ("sent", "read", "told_of"),
    [
        ({"coding": [{"code": "H"}]}, "H", []),
        ({"coding": [{"code": "HH"}]}, "HH", []),
        ({"coding": [{"code": "H>"}]}, "H>", []),
        ({"coding": [{"code": "<"}]}, "<", []),
        ({"text": "Critical High"}, "HH", []),
        ({"coding": [{"code": "urn-9", "display": "Not detected"}]}, "ND", []),
        # never one that looks like another: it is told, and kept as it was sent
        ({"coding": [{"code": "H*"}]}, "H*", ["H*"]),
        ({"coding": [{"code": "**"}]}, "**", ["**"]),
    ],
)
def test_how_a_result_is_to_be_read(
    told: Callable[..., list[dict[str, Any]]],
    hand: Hand,
    sent: dict[str, Any],
    read: str,
    told_of: list[str],
) -> None:
    (fact,) = told("observation", [a1c("r1", interpretation=[sent])], "observation/r1")
    assert fact["detail"]["interpretation"] == [{"code": read}]
    assert [code for (code,) in hand.rows("select code from evidence.unmapped")] == told_of
