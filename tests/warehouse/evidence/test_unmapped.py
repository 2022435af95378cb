"""A code that nobody has mapped: what rests on it is not stated, until somebody maps it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.warehouse.clinic import (
    Clinic,
    Record,
    again,
    answer,
    appointment,
    call,
    charge,
    claim,
    consent,
    coverage,
    deleted,
    note,
    patient,
    payment,
    procedure,
    stay,
    visit,
)
from throughline import evidence
from throughline.evidence.codes import known_rows
from throughline.evidence.unmapped import resting
from throughline.sources.codes import fold, unnamed

NIGHTS = ["2026-07-06", "2026-07-07", "2026-07-08", "2026-07-09"]


def facts(clinic: Clinic) -> list[tuple[str, int]]:
    """Return (kind, night) of the standing facts, but for the patient's own."""
    return [
        (row.kind, row.known_seq)
        for row in clinic.rows(
            "select kind, known_seq from evidence.fact where retracted_seq is null"
            " and kind not in ('preference', 'attribution') order by 1"
        )
    ]


def unmapped(clinic: Clinic) -> list[tuple[str, str, int, int | None]]:
    """Return (field, code, known, retracted) of everything that was not mapped."""
    return [
        (row.field, row.code, row.known_seq, row.retracted_seq)
        for row in clinic.rows(
            "select field, code, known_seq, retracted_seq from evidence.unmapped order by 1, 2, 3"
        )
    ]


def map_code(clinic: Clinic, field: str, code: str, word: str, source: str = "") -> None:
    """Map a code, as the definition of a source does when a night begins."""
    clinic.conn.execute(
        "insert into evidence.known_code (source, field, code, folded, word)"
        " values (%s, %s, %s, %s, %s)",
        (source, field, code, fold(code), word),
    )


@pytest.mark.parametrize(
    ("record", "field", "states"),
    [
        (appointment("p1", "2026-07-10", status="NS"), "appointment.status", []),
        (appointment("p1", "2026-07-10", "FU30"), "appointment.visit_type_code", []),
        (
            appointment("p1", "2026-07-10", "FU30", "cancelled"),
            "appointment.visit_type_code",
            ["booking_cancelled"],
        ),
        (visit("p1", "2026-07-06 09:00", status="DONE"), "encounter.status", []),
        (visit("p1", "2026-07-06 09:00", class_code="5"), "encounter.class_code", []),
        (
            stay("p1", "2026-07-01", "2026-07-03 11:00", "H1"),
            "encounter.discharge_disposition_code",
            ["admission"],
        ),
        (call("p1", "2026-07-06 10:00", "SPOKE"), "communication.outcome_code", []),
        (
            call("p1", "2026-07-06 10:00", category_code="C1"),
            "communication.category_code",
            ["attempt"],
        ),
        (
            call("p1", "2026-07-06 10:00", None, medium_code="TXT"),
            "communication.medium_code",
            [],
        ),
        (note("p1", "2026-07-06", doc_status="signed"), "document_reference.doc_status", []),
        (
            note("p1", "2026-07-06", type_system="urn:x", type_code="PN"),
            "document_reference.type_code",
            [],
        ),
        (charge("p1", "2026-07-06", status="READY"), "charge_item.status", []),
        (charge("p1", "2026-07-06", level="L4"), "charge_item.mdm_level", []),
        (procedure("p1", "430193006", "2026-07-06", status="D"), "procedure.status", []),
        (procedure("p1", "12345", "2026-07-06", status="D"), "procedure.status", []),
        (consent("p1", "NOCALL"), "consent.category_code", []),
        (consent("p1", provision="no"), "consent.provision", []),
        (coverage("p1", "ELSE", "MCR"), "coverage.type_code", []),
        (coverage("p1", status="A"), "coverage.status", []),
        (answer("p1", "2026-07-06", "ZZ"), "claim_response.category_code", []),
        # categories of a 277 that answers a 276 do not belong into a 277CA
        (answer("p1", "2026-07-06", "F1"), "claim_response.category_code", []),
        (payment("p1", "2026-07-06", 80, status="5"), "payment.status_code", []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_rests_on_a_code_is_not_stated(
    clinic: Clinic, record: Record, field: str, states: list[str]
) -> None:
    clinic.know(record)
    clinic.begin(NIGHTS[0])
    clinic.derive()
    assert [kind for kind, _ in facts(clinic)] == states
    ((found, code, known, retracted),) = unmapped(clinic)
    assert (found, known, retracted) == (field, 1, None)
    assert code == record.values[field.partition(".")[2]]

    clinic.know(deleted(record))
    clinic.night(NIGHTS[1])
    assert [row[3] for row in unmapped(clinic)] == [2]


@pytest.mark.parametrize(
    "record",
    [
        # a payer whose class the practice says, a type whose map outranks the class
        coverage("p1", "MEDB1", "MCR"),
        stay("p1", "2026-07-01", "2026-07-03 11:00", kind="9", facility="snf"),
        # an outcome says more than the medium; a document of no visit; a type of a standard's own system
        call("p1", "2026-07-06 10:00", "no_answer", medium_code="TXT"),
        note("p1", "2026-07-06", type_system="urn:x", type_code="PN", encounter_id=None),
        note("p1", "2026-07-06", type_code="18748-4"),
        stay("p1", "2026-07-01", "2026-07-03 11:00", None),
        coverage("p1", "ELSE", "1299"),
    ],
    ids=lambda record: record.table,
)
def test_on_some_codes_nothing_rests(clinic: Clinic, record: Record) -> None:
    clinic.know(record)
    clinic.begin(NIGHTS[0])
    clinic.derive()
    assert unmapped(clinic) == []


def test_whose_it_is_and_of_which_days(clinic: Clinic) -> None:
    clinic.know(
        patient("p1"),
        appointment("p1", "2026-07-10", status="NS", recorded="2026-07-06 23:30"),
        stay("p1", "2026-07-01", "2026-07-03 11:00", "H1"),
        consent("p1", "NOCALL"),
        visit("p1", "2026-07-05 20:30", status="DONE"),
    )
    clinic.begin(NIGHTS[0])
    clinic.derive()
    found = clinic.rows(
        "select feed, subject_source, subject_id, from_on, until_on from evidence.unmapped order by 1, 4"
    )
    days = date(2026, 7, 1), date(2026, 7, 3), date(2026, 7, 5), date(2026, 7, 6), date(2026, 7, 10)
    assert [tuple(row) for row in found] == [
        ("appointment", "scheduling", "MRN-p1", days[3], days[4]),
        ("consent", "ehr", "p1", None, None),
        ("encounter", "ehr", "p1", days[0], days[1]),
        ("encounter", "ehr", "p1", days[2], days[2]),
    ]


def test_a_code_that_is_mapped_is_stated_from_that_night_on(clinic: Clinic) -> None:
    clinic.know(patient("p1"), appointment("p1", "2026-07-10", status="NS"))
    clinic.night(NIGHTS[0])
    clinic.night(NIGHTS[1])
    assert facts(clinic) == []
    map_code(clinic, "appointment.status", "NS", "noshow", "scheduling")
    clinic.begin(NIGHTS[2])
    clinic.derive()
    assert facts(clinic) == [("no_show", 3)]
    assert unmapped(clinic) == [("appointment.status", "NS", 1, 3)]
    # the night again: the same rows
    before: list[Any] = clinic.rows("select * from evidence.fact order by fact_id")
    clinic.derive()
    assert clinic.rows("select * from evidence.fact order by fact_id") == before
    assert unmapped(clinic) == [("appointment.status", "NS", 1, 3)]
    # without the map, the night takes both back
    clinic.conn.execute("delete from evidence.known_code where source = 'scheduling'")
    clinic.derive()
    assert facts(clinic) == []
    assert unmapped(clinic) == [("appointment.status", "NS", 1, None)]


def test_a_line_rests_on_the_codes_of_its_claim(clinic: Clinic) -> None:
    paid = payment("p1", "2026-07-06", 80, status="P9")
    line = Record(
        "payment_line",
        f"{paid.key}#1",
        paid.source,
        None,
        {
            "payment_source_id": paid.key,
            "patient_control_number": "C-p1",
            "line_no": 1,
            "code": "99214",
            "paid_amount": 80,
        },
    )
    clinic.know(claim("p1", "2026-07-06", frequency="Z"), paid, line)
    clinic.night(NIGHTS[0])
    assert facts(clinic) == []
    assert [row[:2] for row in unmapped(clinic)] == [
        ("claim.frequency_code", "Z"),
        ("payment.status_code", "P9"),
    ]
    map_code(clinic, "payment.status_code", "P9", "22", "clearinghouse")
    map_code(clinic, "claim.frequency_code", "Z", "8", "clearinghouse")
    clinic.night(NIGHTS[1])
    assert facts(clinic) == [("claim", 2), ("remittance", 2)]
    found = clinic.rows("select detail from evidence.fact order by kind")
    assert found[0].detail["frequency"] == "8"
    assert (found[1].detail["clp_status"], found[1].detail["is_reversal"]) == ("22", True)
    # the next night changes nothing, and the claim's end ends both
    clinic.night(NIGHTS[2])
    assert facts(clinic) == [("claim", 2), ("remittance", 2)]
    clinic.know(deleted(claim("p1", "2026-07-06", frequency="Z")[0]))
    clinic.night(NIGHTS[3])
    assert facts(clinic) == [("remittance", 2)]


@pytest.mark.parametrize(
    ("record", "field", "kind"),
    [
        (patient("p1", sex="W"), "patient.sex", "preference"),
        (
            appointment("p1", "2026-07-10", status="cancelled", cancelled_by="MOON"),
            "appointment.cancelled_by",
            "booking_cancelled",
        ),
        (
            claim("p1", "2026-07-06", filing_code="X9")[0],
            "claim.filing_code",
            None,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_code_on_which_nothing_rests_is_counted(
    clinic: Clinic, record: Record, field: str, kind: str | None
) -> None:
    clinic.know(record if record.table == "patient" else (patient("p1"), record))
    clinic.night(NIGHTS[0])
    ((found, code, _, _),) = unmapped(clinic)
    assert (found, code) == (field, record.values[field.partition(".")[2]])
    assert kind is None or kind in [
        row.kind for row in clinic.rows("select kind from evidence.fact")
    ]
    assert clinic.rows("select 1 from evidence.code_not_known") == []
    ((about, cases),) = clinic.rows(
        "select about_id, detail ->> 'cases' from operations.exception where reason = 'code_not_mapped'"
    )
    assert (about, cases) == (f"{record.source}/{field} {code}", "0")


def test_what_was_stated_late_is_taken_back_with_its_record(clinic: Clinic) -> None:
    booking = appointment("p1", "2026-07-10", status="BKD")
    clinic.know(patient("p1"), booking)
    clinic.night(NIGHTS[0])
    map_code(clinic, "appointment.status", "bkd", "booked")
    clinic.night(NIGHTS[1])
    assert facts(clinic) == [("booking", 2)]
    clinic.know(again(booking, status="cancelled"))
    clinic.night(NIGHTS[2])
    assert facts(clinic) == [("booking_cancelled", 3)]


def test_a_record_waits_for_all_its_codes(clinic: Clinic) -> None:
    clinic.know(patient("p1"), appointment("p1", "2026-07-10", "FU30", "BKD"))
    clinic.night(NIGHTS[0])
    map_code(clinic, "appointment.status", "BKD", "booked")
    clinic.night(NIGHTS[1])
    assert facts(clinic) == []
    map_code(clinic, "appointment.visit_type_code", "FU30", "OFFICE")
    clinic.night(NIGHTS[2])
    assert facts(clinic) == [("booking", 3)]
    ((detail,),) = clinic.rows("select detail from evidence.fact where kind = 'booking'")
    assert detail["visit_type"] == "OFFICE"


def test_the_own_map_of_a_source_is_not_anothers(clinic: Clinic) -> None:
    clinic.know(patient("p1"), appointment("p1", "2026-07-10", status="BKD"))
    clinic.night(NIGHTS[0])
    map_code(clinic, "appointment.status", "BKD", "booked", "elsewhere")
    clinic.night(NIGHTS[1])
    assert facts(clinic) == []
    map_code(clinic, "appointment.status", "BKD", "cancelled")
    map_code(clinic, "appointment.status", "BKD", "booked", "scheduling")
    clinic.night(NIGHTS[2])
    assert facts(clinic) == [("booking", 3)]


def test_a_text_is_mapped_without_being_kept(clinic: Clinic) -> None:
    clinic.know(patient("p1"), appointment("p1", "2026-07-10", status=unnamed("Left early")))
    clinic.night(NIGHTS[0])
    alone = unnamed("left EARLY")
    map_code(clinic, "appointment.status", alone, "fulfilled")
    clinic.night(NIGHTS[1])
    assert facts(clinic) == [("arrived", 2)]


def test_the_definitions_make_the_codes_that_are_known(clinic: Clinic) -> None:
    rows = set(known_rows())
    assert ("", "appointment.status", "canceled", "canceled", "cancelled") in rows
    assert ("", "encounter.discharge_disposition_code", "01", "01", "01") in rows
    assert {row[1] for row in rows} >= {one.field for one in resting()}
    stored = clinic.rows("select source, field, code, folded, word from evidence.known_code")
    assert {tuple(row) for row in stored} == rows
    clinic.conn.execute("delete from evidence.known_code where word = 'booked'")
    assert evidence.register_codes(clinic.conn) > 0
    assert evidence.register_codes(clinic.conn) == 0


def test_facts_rest_only_on_kinds_that_their_table_states() -> None:
    for one in resting():
        stated = {kind for table in one.feed.tables for kind in table.facts}
        assert set(one.kinds) <= stated, one.field
        assert one.code.words or one.code.maps, one.field
