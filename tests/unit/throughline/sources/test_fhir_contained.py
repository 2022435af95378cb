"""What a resource says inside itself: contained resources, modifiers of its parts, rules, odd types."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from throughline.sources.definitions import definition
from throughline.sources.fhir.ndjson import KINDS, Row, read
from throughline.sources.fhir.settings import settings_of
from throughline.sources.records import Fault

SETTINGS = settings_of(definition("ehr"))
NPI = "1992000006"


def read_one(feed: str, said: dict[str, Any]) -> list[Row | Fault]:
    """What is read of one resource."""
    body = {"resourceType": KINDS[feed].resource_type, "id": "r1", **said}
    data = json.dumps(body).encode() + b"\n"
    return list(read(io.BytesIO(data), "f", KINDS[feed], SETTINGS, "v"))


def values(feed: str, said: dict[str, Any]) -> dict[str, Any]:
    """The values of one resource by column; nothing in it is at fault."""
    (row,) = read_one(feed, said)
    assert isinstance(row, Row)
    assert row.values is not None
    return dict(zip(KINDS[feed].columns, row.values, strict=True)) | {"subject": row.subject_id}


def contained(kind: str, *numbers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": "d", "identifier": list(numbers), **more}


HERE = {"reference": "#d"}
DOCTOR = contained(
    "Practitioner",
    {"system": "urn:local", "value": "77"},
    {"system": SETTINGS.npi_system, "value": NPI},
)
ROLE = {"resourceType": "PractitionerRole", "id": "role"}

# Every reference that is read and that may be contained: where it stands, and the column.
REFERENCES: list[tuple[str, str, dict[str, Any]]] = [
    ("encounter", "practitioner_id", {"participant": [{"individual": HERE}]}),
    ("encounter", "service_provider_id", {"serviceProvider": HERE}),
    ("encounter", "location_id", {"location": [{"location": HERE}]}),
    ("encounter", "appointment_id", {"appointment": [HERE]}),
    ("procedure", "practitioner_id", {"performer": [{"actor": HERE}]}),
    ("document_reference", "author_id", {"author": [HERE]}),
    ("document_reference", "authenticator_id", {"authenticator": HERE}),
    ("communication", "sender_id", {"sender": HERE}),
    ("task", "focus", {"focus": HERE}),
    ("task", "owner_id", {"owner": HERE}),
    ("charge_item", "performer_id", {"performer": [{"actor": HERE}]}),
    ("claim", "payer_id", {"insurer": HERE}),
    ("claim", "payer_id", {"insurance": [{"coverage": HERE}]}),
    ("payment_notice", "receipt_number", {"payment": HERE}),
    ("patient", "general_practitioner_id", {"generalPractitioner": [HERE]}),
    ("coverage", "payer_id", {"payor": [HERE]}),
    ("location", "organization_id", {"managingOrganization": HERE}),
]
WHOM = [
    ("encounter", "subject"),
    ("condition", "subject"),
    ("procedure", "subject"),
    ("document_reference", "subject"),
    ("communication", "subject"),
    ("task", "for"),
    ("charge_item", "subject"),
    ("claim", "patient"),
    ("coverage", "beneficiary"),
    ("consent", "patient"),
]


@pytest.mark.parametrize(("feed", "column", "said"), REFERENCES)
def test_a_contained_resource_is_known_by_its_numbers_and_never_by_its_id(
    feed: str, column: str, said: dict[str, Any]
) -> None:
    assert values(feed, said)[column] is None
    assert values(feed, said | {"contained": [DOCTOR]})[column] == NPI
    plain = contained("Practitioner", {"system": "urn:local", "value": "77"})
    assert values(feed, said | {"contained": [plain]})[column] == "77"
    for nobody in (
        contained("Practitioner"),
        contained("Practitioner", {"system": "urn:x"}),
        # what changes its meaning, or what it cannot be read by
        DOCTOR | {"modifierExtension": [{"url": "urn:x"}]},
        DOCTOR | {"implicitRules": "urn:x"},
        DOCTOR | {"identifier": {}},
        DOCTOR | {"id": "e"},
    ):
        assert values(feed, said | {"contained": [nobody]})[column] is None


@pytest.mark.parametrize(("feed", "element"), WHOM)
def test_a_contained_patient_is_nobody_whom_a_record_number_could_mean(
    feed: str, element: str
) -> None:
    patient = contained("Patient", {"system": SETTINGS.mrn_system, "value": "p2"})
    assert values(feed, {element: HERE, "contained": [patient]})["subject"] is None
    assert values(feed, {element: {"identifier": {"value": "p2"}}})["subject"] is None
    assert values(feed, {element: {"reference": "Patient/p1"}})["subject"] == "p1"


def test_a_contained_patient_replaces_nobody() -> None:
    link = [{"type": "replaced-by", "other": HERE}]
    patient = contained("Patient", {"system": SETTINGS.mrn_system, "value": "p2"})
    assert values("patient", {"link": link, "contained": [patient]})["replaced_by"] is None


@pytest.mark.parametrize("feed", ["document_reference", "condition", "procedure", "charge_item"])
def test_a_contained_visit_is_no_visit(feed: str) -> None:
    element = {"document_reference": "context", "charge_item": "context"}.get(feed, "encounter")
    visit = contained("Encounter", {"value": "e2"})
    for named in (HERE, {"identifier": {"value": "e2"}}):
        said: Any = {"encounter": [named]} if feed == "document_reference" else named
        assert values(feed, {element: said, "contained": [visit]})["encounter_id"] is None


def test_a_contained_resource_of_another_type_is_not_the_practitioner() -> None:
    house = contained("Organization", {"system": SETTINGS.npi_system, "value": NPI})
    said = {"participant": [{"individual": HERE}], "serviceProvider": HERE, "contained": [house]}
    found = values("encounter", said)
    assert (found["practitioner_id"], found["service_provider_id"]) == (None, NPI)


@pytest.mark.parametrize(
    ("practitioner", "who"),
    [
        ({"reference": "Practitioner/dr1"}, "dr1"),
        ({"identifier": {"system": SETTINGS.npi_system, "value": NPI}}, NPI),
        ({"reference": "#d"}, NPI),
        ({"reference": "#e"}, None),
        ({"display": "Stone"}, None),
    ],
)
def test_a_contained_role_stands_for_its_practitioner(
    practitioner: dict[str, Any], who: str | None
) -> None:
    said = {
        "authenticator": {"reference": "#role"},
        "contained": [ROLE | {"practitioner": practitioner}, DOCTOR],
    }
    assert values("document_reference", said)["authenticator_id"] == who
    assert (
        values("encounter", said | {"participant": [{"individual": {"reference": "#role"}}]})[
            "practitioner_id"
        ]
        == who
    )


MODIFIED = {"modifierExtension": [{"url": "urn:not", "valueBoolean": True}]}


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        ("encounter", {"participant": [{"individual": {"reference": "Practitioner/x"}}]}),
        ("encounter", {"hospitalization": {"dischargeDisposition": {"text": "home"}}}),
        ("encounter", {"location": [{"location": {"reference": "Location/l1"}}]}),
        ("procedure", {"performer": [{"actor": {"reference": "Practitioner/x"}}]}),
        ("document_reference", {"context": {"encounter": [{"reference": "Encounter/e1"}]}}),
        ("charge_item", {"performer": [{"actor": {"reference": "Practitioner/x"}}]}),
        ("claim", {"item": [{"net": {"value": 1}}]}),
        ("claim", {"diagnosis": [{"diagnosisCodeableConcept": {"text": "x"}}]}),
        ("claim", {"insurance": [{"focal": True}]}),
        ("patient", {"link": [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]}),
        ("consent", {"provision": {"type": "deny"}}),
        ("practitioner", {"qualification": [{"code": {"text": "MD"}}]}),
    ],
)
def test_a_part_with_a_modifier_is_not_read_without_it(feed: str, said: dict[str, Any]) -> None:
    assert isinstance(read_one(feed, said)[0], Row)
    ((name, part),) = said.items()
    changed = [part[0] | MODIFIED] if isinstance(part, list) else part | MODIFIED
    (fault,) = read_one(feed, {name: changed, "subject": {"reference": "Patient/p1"}})
    assert isinstance(fault, Fault)
    assert (fault.reason, fault.severity) == ("modifier_not_understood", "row")
    assert fault.subject_id == ("r1" if feed == "patient" else "p1")
    # an empty list changes nothing
    empty: Any = {"modifierExtension": []}
    kept = [part[0] | empty] if isinstance(part, list) else part | empty
    assert isinstance(read_one(feed, {name: kept})[0], Row)


def test_parts_that_are_not_read_may_have_modifiers() -> None:
    said = {"class": [{"value": "x", **MODIFIED}], "costToBeneficiary": [MODIFIED]}
    assert isinstance(read_one("coverage", said)[0], Row)


def test_a_language_with_a_modifier_says_nothing_and_costs_nothing_else() -> None:
    said = [
        {"language": {"coding": [{"code": "es"}]}, "preferred": True, **MODIFIED},
        {"language": {"coding": [{"code": "en"}]}},
    ]
    assert values("patient", {"communication": said})["language"] == "en"
    assert values("patient", {"communication": said[:1]})["language"] is None


@pytest.mark.parametrize("feed", sorted(KINDS))
def test_rules_that_nobody_here_knows_set_a_resource_aside(feed: str) -> None:
    (fault,) = read_one(feed, {"implicitRules": "https://x.example/rules"})
    assert isinstance(fault, Fault)
    assert (fault.reason, fault.severity) == ("implicit_rules_not_known", "row")
    assert isinstance(read_one(feed, {"implicitRules": None})[0], Row)


@pytest.mark.parametrize("rank", ["1", 1.0, 1.5, True, [], {}])
def test_a_rank_of_another_type_is_not_used_and_counted(rank: Any) -> None:
    telecom = [
        {"system": "phone", "value": "5855550100"},
        {"system": "phone", "value": "5855550101", "rank": rank},
    ]
    for feed in ("patient", "organization"):
        warning, row = read_one(feed, {"telecom": telecom})
        assert isinstance(warning, Fault)
        assert (warning.reason, warning.severity) == ("telecom_rank_not_used", "warning")
        assert isinstance(row, Row)
        assert row.values is not None
        found = dict(zip(KINDS[feed].columns, row.values, strict=True))
        assert found["phone"] == "5855550100"
        assert found.get("preferred_contact") is None


@pytest.mark.parametrize("order", ["1", 1.0, True, {}])
def test_an_order_of_another_type_is_not_used_and_counted(order: Any) -> None:
    warning, row = read_one("coverage", {"order": order, "subscriberId": "M1"})
    assert isinstance(warning, Fault)
    assert (warning.reason, warning.severity) == ("coverage_order_not_used", "warning")
    assert isinstance(row, Row)
    assert row.values is not None
    found = dict(zip(KINDS["coverage"].columns, row.values, strict=True))
    assert (found["coverage_order"], found["member_id"]) == (None, "M1")


def test_a_number_as_the_number_of_a_version_is_read() -> None:
    (row,) = read_one("patient", {"meta": {"versionId": 3, "lastUpdated": "2026-09-01T00:00:00Z"}})
    assert isinstance(row, Row)
    assert row.source_version == "2026-09-01T00:00:00.000000Z/000003"


@pytest.mark.parametrize("said", ["2026", "2026-08"])
def test_a_claim_of_a_month_is_of_no_day(said: str) -> None:
    line = {"productOrService": {"coding": [{"code": "99213"}]}}
    of_a_month = {"billablePeriod": {"start": said, "end": said}}
    at_a_visit = line | {"encounter": [{"reference": "Encounter/e1"}]}
    found = values("claim", of_a_month | {"item": [at_a_visit]})
    assert (found["service_from"], found["service_to"]) == (None, None)
    served = values("claim", of_a_month | {"item": [line | {"servicedDate": "2026-08-28"}]})
    assert served["service_from"] is None
    # neither a day nor a visit: nothing could be found by it
    for lines, period in (([line], of_a_month), ([line | {"servicedDate": said}], {})):
        (fault,) = read_one("claim", {"item": lines, **period})
        assert isinstance(fault, Fault)
        assert fault.reason == "service_day_unknown"


def test_a_claim_of_a_moment_is_of_the_day_at_the_practice() -> None:
    period = {"start": "2026-08-29T01:00:00Z", "end": "2026-08-29T02:00:00Z"}
    (row,) = read_one("claim", {"billablePeriod": period, "item": [{"net": {"value": 1}}]})
    assert isinstance(row, Row)
    ((_, line),) = row.children
    found = dict(zip(KINDS["claim"].child_columns, line, strict=True))
    assert (found["service_from"], found["service_to"]) == ("2026-08-28", "2026-08-28")
