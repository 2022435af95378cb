"""Names and numbers that an engine escaped for HTML or XML (docs/foreign-inputs.md names who reported them)."""

from __future__ import annotations

import pytest

from tests.unit.throughline.sources import wire
from tests.unit.throughline.sources.test_hl7v2 import one as message
from tests.unit.throughline.sources.test_ndjson import one as resource
from tests.unit.throughline.sources.wire import (
    CLAIMS,
    ELIGIBILITY,
    REMITTANCE,
    claim,
    claims,
    found,
    payment,
    remittance,
    simple,
)
from throughline.sources.codes import fold
from throughline.sources.fhir.values import digits
from throughline.sources.records import entities, one_line, until_separator

ESCAPED = [
    ("O&apos;Brien", "O'Brien"),
    ("O&#39;Brien", "O'Brien"),
    ("O&#039;Brien", "O'Brien"),
    ("O&#x27;Brien", "O'Brien"),
    ("O&#X2019;Brien", "O’Brien"),
    ("O&#146;Brien", "O’Brien"),
    ("O&rsquo;Brien", "O’Brien"),
    ("O&APOS;BRIEN", "O'BRIEN"),
    ("O&amp;#39;Brien", "O'Brien"),
    ("O&amp;amp;apos;Brien", "O'Brien"),
    ("Wegm&#xFC;ller", "Wegmüller"),
    ("Andr&eacute;", "André"),
    ("Ann&nbsp;Lee", "Ann Lee"),
    ("Smith &amp; Sons", "Smith & Sons"),
    ("Ann &quot;Nan&quot;", 'Ann "Nan"'),
    ("Ann&#13;&#10;Lee", "Ann Lee"),
]


@pytest.mark.parametrize(("sent", "kept"), ESCAPED)
def test_a_name_in_a_message(sent: str, kept: str) -> None:
    plain = wire.siu()
    a = message(plain.replace("Quirk^Zebulon", f"{sent}^{sent}"))
    assert (a.family, a.given) == (kept, kept)
    assert a.birth_date == message(plain).birth_date
    # what passed an engine that escapes the ampersand for HL7
    odd = sent.replace("&", "\\T\\")
    assert message(plain.replace("Quirk^Zebulon", f"{odd}^{odd}")).family == kept


@pytest.mark.parametrize(("sent", "kept"), ESCAPED)
def test_a_name_in_a_chart(sent: str, kept: str) -> None:
    _, values = resource("patient", name=[{"family": sent, "given": [sent]}])
    assert (values["family"], values["given"]) == (kept, kept)
    _, values = resource("organization", name=sent)
    assert values["name"] == kept


@pytest.mark.parametrize(("sent", "kept"), ESCAPED)
def test_a_name_in_x12(sent: str, kept: str) -> None:
    [one] = found(simple(CLAIMS, [s.replace("QUIRK", sent) for s in claims(claim("A1"))]))[0]
    assert one.patient.family == kept
    body = [s.replace("QUIRK", sent) for s in remittance(payment("A1"))]
    [paid] = found(simple(REMITTANCE, body))[0]
    assert paid.family == kept
    body = [s.replace("QUIRK", sent) for s in wire.answer()]
    [said] = found(simple(ELIGIBILITY, body))[0]
    assert said.family == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        # a separator stays one
        ("Quirk&van&Quirk", "Quirk"),
        ("&Quirk", None),
        ("Quirk&apos", "Quirk"),
        ("Quirk&nosuch;x", "Quirk"),
        ("O&apos;Brien&van", "O'Brien"),
        ("R&D", "R"),
        ("&amp;", "&"),
    ],
)
def test_subcomponents_are_kept_apart(sent: str, kept: str | None) -> None:
    assert message(wire.siu().replace("Quirk^", f"{sent}^")).family == kept


@pytest.mark.parametrize(
    "sent",
    [
        "&#40;585&#41;555-0100",
        "(585)&nbsp;555&#45;0100",
        "&#x2B;1 585 555 0100",
        "(585)555-0100&amp;#32;",
    ],
)
def test_a_telephone_number_gets_no_digits_of_an_entity(sent: str) -> None:
    assert digits(sent) == "5855550100"
    told = message(wire.siu().replace("(585)555-0100", sent))
    assert digits(told.phone) == "5855550100"
    _, values = resource("patient", telecom=[{"system": "phone", "value": sent}])
    assert values["phone"] == "5855550100"


def test_a_whole_message_that_was_escaped() -> None:
    plain = wire.siu().replace("Quirk^", "O'Brien & Sons^")
    sent = plain.replace("&", "&amp;").replace("'", "&apos;").replace("O'Brien & S", "O'Brien S")
    assert sent.startswith("MSH|^~\\&amp;|")
    a, b = message(sent), message(wire.siu())
    assert (a.family, a.given, a.phone) == ("O'Brien & Sons", b.given, b.phone)
    assert (a.starts_at, a.practitioner_npi) == (b.starts_at, b.practitioner_npi)
    assert [i.value for i in a.identifiers] == [i.value for i in b.identifiers]


def test_other_separators_than_the_ampersand() -> None:
    sent = wire.siu().replace("MSH|^~\\&|", "MSH|^~\\$|").replace("Quirk^", "O&apos;Brien$x^")
    assert message(sent).family == "O'Brien"


@pytest.mark.parametrize(
    ("text", "folded"),
    [("No&nbsp;Show", "noshow"), ("Check-in &amp; Wait", "checkinwait"), ("R&D", "rd")],
)
def test_the_text_beside_a_code(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("text", ["", "&", "&;", "&#;", "&#x;", "&nosuch;", "A & B;", "R&D"])
def test_what_is_no_entity(text: str) -> None:
    assert entities(text) == text
    assert until_separator(text, "&") == text.split("&")[0]
    assert one_line(text) == text


@pytest.mark.parametrize("text", ["&#9999999;", "&#xD800;", "&#0;"])
def test_a_character_that_there_is_not(text: str) -> None:
    assert one_line(f"Quirk{text}") == "Quirk\ufffd"
