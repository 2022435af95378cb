"""What records hold, whoever reads it: the paths, fields and elements, and which of them are asked for."""

from __future__ import annotations

import io
import json

import pytest

from tests.unit.throughline.sources import wire
from throughline.sources.definitions import definition
from throughline.sources.records import FileRefusedError
from throughline.sources.registry import standard
from throughline.sources.standard import Held


def held(source: str, content: bytes) -> list[Held]:
    about = definition(source)
    return list(standard(about.standard).held(io.BytesIO(content), "file", about))


def resource(**parts: object) -> bytes:
    return json.dumps({"resourceType": "Patient", "id": "p1", **parts}).encode() + b"\n"


# ---- FHIR --------------------------------------------------------------------------------------


def test_a_path_is_read_where_a_struct_has_it() -> None:
    (one,) = held(
        "ehr",
        resource(
            name=[{"family": "Lee", "prefix": ["Dr"]}, {"given": ["Ann"]}],
            maritalStatus={"coding": [{"code": "M"}]},
            birthDate="1954-03-02",
        ),
    )
    assert one.kind == "Patient"
    assert one.elements == {
        "resourceType": True,
        "id": True,
        "name.family": True,
        "name.prefix": False,
        "name.given": True,
        "maritalStatus": False,
        "birthDate": True,
    }


def test_an_extension_is_read_where_the_source_names_it() -> None:
    ours = definition("ehr").conventions["extensions"]["confidential_address"]
    (one,) = held(
        "ehr",
        resource(
            address=[{"extension": [{"url": ours, "valueBoolean": True}]}],
            extension=[{"url": "http://example.org/x", "valueString": "Ann"}, {"valueString": "B"}],
        ),
    )
    assert one.elements[f"address.extension({ours})"]
    assert not one.elements["extension(http://example.org/x)"]
    assert not one.elements["extension(without a url)"]


def test_an_empty_element_is_not_held() -> None:
    (one,) = held("ehr", resource(name=[], birthDate="", active=False, telecom=None))
    assert one.elements == {"resourceType": True, "id": True, "active": True}


def test_a_name_that_is_no_element_is_not_told() -> None:
    (one,) = held("ehr", resource(**{"Ann Lee": 1, "1954-03-02": 2}))
    assert not [path for path in one.elements if "Ann" in path or "1954" in path]
    assert "(a name that FHIR does not have)" in one.elements


def test_nothing_of_a_type_without_a_feed_is_read() -> None:
    (one,) = held("ehr", b'{"resourceType": "Observation", "id": "o", "status": "final"}\n')
    assert not any(one.elements.values())
    assert not one.codes


def test_a_line_that_is_no_resource_is_left_out() -> None:
    found = held("ehr", b"no json\n[1]\n{}\n" + resource())
    assert len(found) == 1


def test_identifier_systems_are_told_with_what_they_are_for() -> None:
    mrn = definition("ehr").conventions["mrn_system"]
    (one,) = held(
        "ehr",
        resource(
            identifier=[{"system": mrn, "value": "1"}, {"system": "urn:x", "value": "2"}],
            gender="nonbinary",
        ),
    )
    assert [(code.code, code.meaning, code.is_for_all) for code in one.codes] == [
        (mrn, "record number", False),
        ("urn:x", None, False),
        ("nonbinary", None, True),
    ]


# ---- HL7 v2 ------------------------------------------------------------------------------------

SIU = (
    "MSH|^~\\&|S|F|R|F|20260903120000||{event}|1|P|2.5\r"
    "SCH|P1|F1|||||CHECKUP||||^^^20260910090000||||||||||||||{status}\r"
    "PID|1||7^^^LAKESIDE^MR||LEE^ANN||19540302|{sex}|||||||||||||SECRET\r"
    "ZZ9|text\r"
)


def message(event: str = "SIU^S12", status: str = "BOOKED", sex: str = "F") -> bytes:
    return SIU.format(event=event, status=status, sex=sex).encode()


def test_a_field_is_read_when_the_reader_asks_for_it() -> None:
    (one,) = held("scheduling", message())
    assert one.kind == "SIU"
    assert one.elements["SCH-25"]
    assert one.elements["PID-5"]
    assert not one.elements["PID-21"]
    assert not one.elements["ZZ9-1"]
    assert "PID-2" not in one.elements


def test_a_status_that_the_reader_does_not_know_is_told() -> None:
    (one,) = held("scheduling", message(status="NS"))
    told = {code.path: code for code in one.codes}
    assert (told["SCH-25 status"].code, told["SCH-25 status"].meaning) == ("NS", None)
    assert told["PID-3 authority and type"].meaning == "record number"


def test_a_final_event_stands_for_a_status_from_before_it() -> None:
    (one,) = held("scheduling", message("SIU^S15", "BOOKED"))
    assert one.codes[0].meaning == "cancelled, by the event"
    (one,) = held("scheduling", message("SIU^S15", "GONE"))
    assert one.codes[0].meaning is None


def test_a_text_without_a_code_is_not_told() -> None:
    (one,) = held("scheduling", message(status="^Ann Lee called"))
    assert one.codes[0].code.startswith("text:")
    assert one.codes[0].meaning is None


def test_nothing_of_a_message_of_another_type_is_read() -> None:
    (one,) = held("scheduling", message("ADT^A01"))
    assert one.kind == "ADT"
    assert not any(one.elements.values())


# ---- X12 ---------------------------------------------------------------------------------------


def test_an_element_is_read_when_the_reader_asks_for_it() -> None:
    body = [
        "BHT*0019*00*B1*20260903*1201*CH",
        "HL*1**20*1",
        "NM1*85*2*CLINIC*****XX*1457000005",
        "HL*2*1*22*0",
        "SBR*P*18*******MB",
        "NM1*IL*1*LEE*ANN****MI*M1",
        "NM1*PR*2*PLAN*****PI*PL1",
        *wire.claim("C1"),
        "NTE*ADD*NOTE",
    ]
    found = held("clearinghouse", wire.simple(wire.CLAIMS, body))
    elements: dict[str, bool] = {}
    for one in found:
        assert one.kind == "837"
        for path, is_read in one.elements.items():
            elements[path] = elements.get(path, False) or is_read
    assert elements["CLM-01"]
    assert elements["NM1*IL-09"]
    assert not elements["NTE*ADD-02"]
    assert not elements["CLM-06"]
    assert not [path for path in elements if "LEE" in path]


def test_a_set_that_no_feed_reads_is_told() -> None:
    content = wire.simple(wire.CLAIMS, ["BHT*1"]).replace(b"ST*837", b"ST*834")
    (one,) = held("clearinghouse", content)
    assert one.kind == "834 (not used)"
    assert not any(one.elements.values())


@pytest.mark.parametrize("source", ["scheduling", "clearinghouse"])
def test_a_file_of_something_else_is_refused(source: str) -> None:
    with pytest.raises(FileRefusedError):
        held(source, b"nothing of the kind")
