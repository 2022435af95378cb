"""Which of several names, numbers and practitioners of a message is read."""

from __future__ import annotations

import io

import pytest

from tests.unit.throughline.sources import wire
from throughline.sources.definitions import definition
from throughline.sources.hl7v2 import siu
from throughline.sources.hl7v2.settings import NOTHING_SAID
from throughline.sources.hl7v2.settings import Settings as Said
from throughline.sources.records import Fault

NPI, OTHER_NPI, WRONG_NPI = "1234567893", "1245319599", "1234567890"
PHONE = "(585)555-0100"


def message(
    change: tuple[str, str] | None = None, settings: Said = NOTHING_SAID, **parts: str
) -> siu.Appointment:
    """The appointment of one message, with a part of its text changed."""
    text = wire.siu(**parts)
    if change is not None:
        assert change[0] in text
        text = text.replace(*change)
    [found] = siu.read(io.BytesIO(text.encode()), "f", definition("scheduling").zone, settings)
    assert not isinstance(found, Fault)
    return found


@pytest.mark.parametrize(
    ("xtn", "phone"),
    [
        (f"a@b.c^NET^Internet~{PHONE}^PRN^CP", PHONE),
        (f"^NET^Internet^a@b.c~{PHONE}^PRN^PH", PHONE),
        (f"a@b.c~{PHONE}", PHONE),
        ("^^^a@b.c^^585^5550100", "5855550100"),
        (f"(585)555-0111^PRN^FX~{PHONE}^PRN^PH", PHONE),
        (f"(585)555-0111^BPN^BP~{PHONE}^PRN^PH", PHONE),
        (f"(585)555-0111^WPN^PH~{PHONE}^PRN^CP", PHONE),
        (f"(585)555-0111^EMR^PH~{PHONE}^VHN^PH", PHONE),
        # XTN-18: the order of preference
        (f"(585)555-0111^PRN^PH{'^' * 15}2~{PHONE}^WPN^PH{'^' * 15}1", PHONE),
        # XTN-14: the number has expired; XTN-13: it is not in use yet, or it is the newer one
        (f"(585)555-0111^PRN^PH{'^' * 11}20260101~{PHONE}^PRN^PH", PHONE),
        (f"(585)555-0111^PRN^PH{'^' * 10}20270101~{PHONE}^PRN^PH", PHONE),
        (f"(585)555-0111^PRN^PH{'^' * 10}20200101~{PHONE}^PRN^PH{'^' * 10}20260101", PHONE),
        ("^PRN^PH^^44^20^79460958", "+442079460958"),
        ("none^PRN^PH", None),
        ("(585)555-0111^PRN^FX", None),
        (f"||{PHONE}", None),
    ],
)
def test_the_telephone_number_of_a_message(xtn: str, phone: str | None) -> None:
    assert message((PHONE, xtn)).phone == phone


def test_a_business_number_is_better_than_none() -> None:
    assert message((PHONE, f"a@b.c^NET^Internet|{PHONE}^WPN^PH")).phone == PHONE
    assert message((PHONE, f"(585)555-0111|{PHONE}^WPN^PH")).phone == "(585)555-0111"


@pytest.mark.parametrize(
    ("xpn", "name"),
    [
        ("Zeb^Z^^^^^N~Quirk^Zebulon^^^^^L", ("Quirk", "Zebulon")),
        ("Young^Zebulon^^^^^M~Quirk^Zebulon^^^^^D", ("Quirk", "Zebulon")),
        ("Young^Zebulon^^^^^A~Quirk^Zebulon", ("Quirk", "Zebulon")),
        ("^^^^^^L~Quirk^Zebulon^^^^^N", ("Quirk", "Zebulon")),
        ("Doe^Jane^^^^^BAD~Quirk^Zebulon^^^^^A", ("Quirk", "Zebulon")),
        # XPN-13: the name has expired; XPN-10 said so before version 2.5
        ("Young^Z^^^^^L^^^^^^20250101~Quirk^Zebulon^^^^^D", ("Quirk", "Zebulon")),
        ("Young^Z^^^^^L^^^19700101&20250101~Quirk^Zebulon^^^^^L", ("Quirk", "Zebulon")),
        ("Quirk^Zebulon^^^^^M", ("Quirk", "Zebulon")),
        ("Doe^Jane^^^^^NOUSE", (None, None)),
    ],
)
def test_the_name_of_a_message(xpn: str, name: tuple[str | None, str | None]) -> None:
    found = message(("Quirk^Zebulon", xpn))
    assert (found.family, found.given) == name


@pytest.mark.parametrize(
    ("xad", "code"),
    [
        ("x^^Y^NY^10001^^BA~12 Elm^^Rochester^NY^14604^^H", "14604"),
        ("x^^Y^NY^10001^^B~12 Elm^^Rochester^NY^14604^^M", "14604"),
        (f"x^^Y^NY^10001^^H{'^' * 7}20250101~12 Elm^^Rochester^NY^14604^^C", "14604"),
        ("x^^Y^NY^10001^^N", None),
    ],
)
def test_the_postal_code_of_a_message(xad: str, code: str | None) -> None:
    assert message(("12 Elm^^Rochester^NY^14604", xad)).postal_code == code


def test_a_record_number_that_has_expired_comes_last() -> None:
    pid3 = "5^^^LAKESIDE^MR^^^20250101~77^^^LAKESIDE^MR"
    assert [i.value for i in message(pid3=pid3).identifiers] == ["77", "5"]


NURSE, DOCTOR = "N77^NURSE^NANCY^^RN", f"{NPI}^SMITH^A^^^^^^NPI^^^^NPI"
AIP = f"AIP|1||{wire.PRACTITIONER}~D5^Stone"


def aips(*people: str) -> tuple[str, str]:
    """What makes a message name these people, each with what follows AIP-3."""
    return AIP, "\r".join(f"AIP|{n}|A|{who}" for n, who in enumerate(people, 1))


@pytest.mark.parametrize(
    "change",
    [
        aips(f"{NURSE}|NUR", f"{DOCTOR}|MD"),
        aips(NURSE, DOCTOR),
        # a nurse may have an NPI as well
        aips(f"{OTHER_NPI}^NURSE^N^^RN^^^^NPI|NUR", f"{DOCTOR}|MD"),
        aips(f"{OTHER_NPI}^NURSE^N^^RN^^^^NPI", f"{NPI}^SMITH^A^^M.D.^^^^NPI"),
        aips(f"{OTHER_NPI}^NURSE^N^^^^^^NPI", f"{NPI}^SMITH^A^^^^DO^^NPI"),
        aips(f"{WRONG_NPI}^X^^^^^^^NPI", DOCTOR),
        (AIP, f"AIP|1|D|{OTHER_NPI}^OLD^^^^^^^NPI|MD\rAIP|2|A|{DOCTOR}|MD"),
        (AIP, f"AIG|1|A|R7^Room|ROOM\rAIG|2|A|{NPI}^SMITH A^NPI|MD^Physician"),
    ],
)
def test_the_practitioner_is_the_one_who_may_bill(change: tuple[str, str]) -> None:
    assert message(change).practitioner_id == NPI


def test_the_definition_names_the_role() -> None:
    change = aips(f"{OTHER_NPI}^ASSISTING^S^^^^^^NPI|SURG^Surgeon|", f"{DOCTOR}|MD")
    assert message(change).practitioner_npi == NPI
    for role in ("SURG", "SURGEON"):
        named = Said(roles=("CHIEF", role))
        assert message(change, named).practitioner_npi == OTHER_NPI
    assert (
        message(aips(f"{NURSE}|NUR", "D5^Stone|DC"), Said(degrees=("DC",))).practitioner_id == "D5"
    )


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        (f"D5^Stone^^^^^^^LAKESIDE^^^^EI~{NPI}^Stone^^^^^^^NPI", ("D5", NPI)),
        (f"D5^Stone~{NPI}^Stone^^^^^^^US&2.16.840.1.113883.4.6&ISO", ("D5", NPI)),
        (f"AB1^Stone^^^^^^^DEA^^^^DEA~D5^Stone~{NPI}^Stone^^^^^^^^^^^NPI", ("D5", NPI)),
        (f"D5^Stone~{WRONG_NPI}^S^^^^^^^NPI~{NPI}^S^^^^^^^NPI", ("D5", NPI)),
        # XCN-20: the number has expired
        (f"D5^S~{OTHER_NPI}^S^^^^^^^NPI{'^' * 11}20250101~{NPI}^S^^^^^^^NPI", ("D5", NPI)),
        ("AB1^Stone^^^^^^^DEA^^^^DEA", ("AB1", None)),
    ],
)
def test_the_right_number_of_several(numbers: str, found: tuple[str, str | None]) -> None:
    a = message(aips(numbers))
    assert (a.practitioner_id, a.practitioner_npi) == found


def test_without_a_resource_the_visit_names_the_practitioner() -> None:
    pv1 = wire.segment("PV1", _1="1", _2="O", _3="CLINIC^R1", _7=wire.PRACTITIONER, _19="VN1")
    for fields, found in (
        ({"_7": DOCTOR, "_8": "R1^Referrer"}, NPI),
        ({"_8": "R1^Referrer", "_17": DOCTOR}, NPI),
        ({"_9": f"{NURSE}~{DOCTOR}"}, NPI),
        ({"_8": "R1^Referrer"}, None),
    ):
        text = wire.siu().replace(f"{AIP}\r", "").replace(pv1, wire.segment("PV1", **fields))
        [a] = siu.read(io.BytesIO(text.encode()), "f", definition("scheduling").zone)
        assert not isinstance(a, Fault)
        assert a.practitioner_id == found
