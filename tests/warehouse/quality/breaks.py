"""One row that breaks the rule of this name, by feed; what is not here has its own test beside the verdicts."""

from __future__ import annotations

from typing import Any

PAID = {"patient_control_number": "C", "paid_amount": 1}

SEEN = {"code": "4548-4", "occurred_at": "2026-02-01"}
OF_P1 = {"subject_id": "p1", "code": "4548-4"}

BREAKS: dict[str, dict[str, dict[str, Any]]] = {
    "coverage": {
        "beneficiary missing": {"payer_id": "P"},
        "payer missing": {"subject_id": "p1"},
        "ends before it starts": {
            "subject_id": "p1",
            "payer_id": "P",
            "starts_on": "2026-02-01",
            "ends_on": "2026-01-01",
        },
    },
    "consent": {"patient missing": {}},
    "condition": {"patient missing": {}},
    "procedure": {"patient missing": {}},
    "immunization": {
        "patient missing": {},
        "occurred_at before 1900": {"subject_id": "p1", "occurred_at": "1800-01-01"},
        "occurred_at in the future": {"subject_id": "p1", "occurred_at": "2060-01-01"},
    },
    "observation": {
        "patient missing": SEEN,
        "code missing": {"subject_id": "p1", "occurred_at": "2026-02-01"},
        "date missing": {"subject_id": "p1", "code": "4548-4"},
        "reference range reversed": OF_P1 | SEEN | {"reference_low": 10, "reference_high": 9.9},
        "occurred_at before 1900": OF_P1 | {"occurred_at": "1800-01-01"},
        "occurred_at in the future": OF_P1 | {"occurred_at": "2060-01-01"},
        "issued_at before 1900": OF_P1 | {"issued_at": "1800-01-01"},
        "issued_at in the future": OF_P1 | {"issued_at": "2060-01-01"},
    },
    "diagnostic_report": {
        "patient missing": SEEN,
        "date missing": OF_P1,
        "occurred_at before 1900": OF_P1 | {"occurred_at": "1800-01-01"},
        "occurred_at in the future": OF_P1 | {"occurred_at": "2060-01-01"},
        "issued_at before 1900": OF_P1 | {"issued_at": "1800-01-01"},
        "issued_at in the future": OF_P1 | {"issued_at": "2060-01-01"},
    },
    "service_request": {
        "patient missing": {"authored_at": "2026-02-01"},
        "date missing": OF_P1,
        "authored_at before 1900": OF_P1 | {"authored_at": "1800-01-01"},
        "authored_at in the future": OF_P1 | {"authored_at": "2060-01-01"},
    },
    "medication_request": {
        "patient missing": {"code": "1049502", "authored_at": "2026-02-01"},
        "date missing": OF_P1,
        "medication not said": {"subject_id": "p1", "authored_at": "2026-02-01"},
        "authored_at before 1900": OF_P1 | {"authored_at": "1800-01-01"},
        "authored_at in the future": OF_P1 | {"authored_at": "2060-01-01"},
    },
    "questionnaire_response": {
        "patient missing": {"questionnaire": "http://loinc.org/q/44249-1"},
        "questionnaire not named": {"subject_id": "p1"},
        "authored_at before 1900": {
            "subject_id": "p1",
            "questionnaire": "http://loinc.org/q/44249-1",
            "authored_at": "1800-01-01",
        },
        "authored_at in the future": {
            "subject_id": "p1",
            "questionnaire": "http://loinc.org/q/44249-1",
            "authored_at": "2060-01-01",
        },
    },
    "document_reference": {
        "patient missing": {"status": "current"},
        "status missing": {"subject_id": "p1"},
        "authored_at before 1900": {
            "subject_id": "p1",
            "status": "current",
            "authored_at": "1800-01-01",
        },
        "authored_at in the future": {
            "subject_id": "p1",
            "status": "current",
            "authored_at": "2060-01-01",
        },
    },
    "communication": {
        "patient missing": {},
        "sent_at before 1990": {"subject_id": "p1", "sent_at": "1989-12-31"},
        "sent_at in the future": {"subject_id": "p1", "sent_at": "2060-01-01"},
    },
    "charge_item": {
        "patient missing": {"quantity": 1},
        "amount negative": {"subject_id": "p1", "amount": -0.01},
        "units not positive": {"subject_id": "p1", "quantity": 0},
        "occurred_at before 1900": {"subject_id": "p1", "occurred_at": "1800-01-01"},
        "occurred_at in the future": {"subject_id": "p1", "occurred_at": "2060-01-01"},
    },
    "payment_notice": {"claim not named": {}},
    "practitioner": {"NPI malformed": {"npi": "123456789"}},
    "appointment": {
        "patient missing": {"status": "booked", "starts_at": "2026-03-10"},
        "start missing": {"status": "booked", "mrn": "M1"},
        "starts_at before 1990": {"mrn": "M1", "status": "booked", "starts_at": "1980-01-01"},
        "starts_at in the future": {"mrn": "M1", "status": "booked", "starts_at": "2060-01-01"},
    },
    "claim": {
        "total missing": {},
        "total negative": {"total_charge": -1},
        "charges do not add up to the claim": {"total_charge": 150, "explained": 100},
        "service ends before it starts": {
            "total_charge": 1,
            "service_from": "2026-02-02",
            "service_to": "2026-02-01",
        },
    },
    "claim_response": {
        "category_code missing": {"patient_control_number": "C"},
        "claim not named": {"category_code": "A1"},
        "category not in the code list": {"category_code": "Z9", "patient_control_number": "C"},
    },
    "eligibility_response": {
        "part_b_from before 1965": {"part_b_from": "1965-07-29"},
        "part_b_from in the future": {"part_b_from": "2060-01-01"},
    },
    "payment": {
        "claim not named": {"paid_amount": 1},
        "paid amount missing": {"patient_control_number": "C"},
        "paid_on before 1990": {
            "patient_control_number": "C",
            "paid_amount": 1,
            "paid_on": "1980-01-01",
        },
        "paid_on in the future": {
            "patient_control_number": "C",
            "paid_amount": 1,
            "paid_on": "2060-01-01",
        },
        "remittance does not balance": {
            **PAID,
            "set_at": 3,
            "set_stated": 300,
            "set_explained": 90,
        },
        "claim does not balance": {**PAID, "unbalanced": "claim"},
        "line does not balance": {**PAID, "unbalanced": "line 2"},
        "lines do not add up to the claim": {**PAID, "unbalanced": "lines"},
    },
    "patient": {
        "no record number": {"birth_date": "1950-01-01"},
    },
}
