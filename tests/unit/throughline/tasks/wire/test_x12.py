"""What leaves the house in X12: judged by pyx12, and read back by our own readers."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pyx12.map_if
from pyx12 import validation

from throughline.sources.x12 import reader
from throughline.sources.x12.claim import Claim
from throughline.tasks.claims import control_number
from throughline.tasks.validate import SEEN, complaints
from throughline.tasks.wire import letters, x12, x12_270, x12_837p
from throughline.tasks.wire.x12 import Envelope, Unwritable
from throughline.tasks.wire.x12_270 import Inquiry
from throughline.tasks.wire.x12_837p import ProfessionalClaim

AT = datetime(2026, 7, 7, 3, 0, tzinfo=ZoneInfo("America/New_York"))
ENVELOPE = Envelope("THROUGHLINE", "CLEARING", AT, "000000042")


def line(number: int = 1, **values: Any) -> dict[str, Any]:
    return {
        "line": number, "code": "99214", "modifiers": [], "units": 1, "charge": 180.0, "service_on": "2026-07-01",
        "pointers": [1],
    } | values  # fmt: skip


def content(**values: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "lines": [line()], "diagnoses": ["I50.9"], "total": 180.0, "service_on": "2026-07-01", "place_of_service": "11",
        "rendering_npi": "1000000001",
        "rendering": {"family": "Weiss", "given": "Zoe", "taxonomy": "207Q00000X"},
        "billing": {"npi": "1234567893", "tax_id": "12-3456789", "name": "Lakeside Medical Group",
                    "address": "1 Main St", "city": "Boston", "state": "MA", "postal_code": "02134-0001",
                    "taxonomy": "207Q00000X"},
        "subscriber": {"member_id": "M1", "family": "Doe", "given": "Jane", "birth_date": "1940-02-29", "sex": "female",
                       "address": "2 Elm St", "city": "Boston", "state": "MA", "postal_code": "02134", "mrn": "MRN-1"},
        "payer": {"id": "SUNADV", "name": "Sunrise Advantage", "filing_code": "16"},
    }  # fmt: skip
    for name, value in values.items():
        found[name] = found[name] | value if isinstance(value, dict) else value
    return found


def written(*contents: dict[str, Any], frequency: str = "1") -> bytes:
    return x12_837p.professional(
        ENVELOPE, "B42", "Lakeside Medical Group", "5855550100",
        [ProfessionalClaim(control_number(f"claim|v{n}", 0), frequency, c) for n, c in enumerate(contents)],
    )  # fmt: skip


def segments(file: bytes, tag: str) -> list[list[str]]:
    return [
        s.rstrip("~").split("*")
        for s in file.decode("ascii").splitlines()
        if s.startswith(f"{tag}*")
    ]


ACCEPTED: dict[str, dict[str, Any]] = {
    "as usual": {},
    "accents": {"subscriber": {"family": "Nuñez-Ólafsdóttir", "given": "Zoë Márta"}},
    "an apostrophe": {"subscriber": {"family": "O'Brien", "given": "D'Arcy"}},
    "separators in a name": {"subscriber": {"family": "Doe*Smith:Jr~^", "given": "Ja|ne"}},
    "a line break in an address": {"subscriber": {"address": "2 Elm St\r\nApt 3\t#4"}},
    "long names": {
        "subscriber": {"family": "Q" * 80, "given": "W" * 80, "address": "E" * 90, "city": "R" * 60}
    },
    "no taxonomy": {"billing": {"taxonomy": None}, "rendering": {"taxonomy": None}},
    "no given name of the doctor": {"rendering": {"given": None}},
    "no record number": {"subscriber": {"mrn": None}},
    "no sex": {"subscriber": {"sex": None}},
    "no name of the payer": {"payer": {"name": None}},
    "twelve diagnoses": {
        "diagnoses": [f"E11.{n}" for n in range(12)],
        "lines": [line(pointers=[1, 5, 9, 12])],
    },
    "four modifiers": {"lines": [line(modifiers=["25", "59", "76", "LT"])]},
    "parts of a unit": {"lines": [line(units=0.125)]},
    "many units": {"lines": [line(units=100)]},
    "large amounts": {"lines": [line(charge=1234567.89)], "total": 1234567.89},
    "nothing to pay": {"lines": [line(charge=0)], "total": 0},
    "fifty lines": {"lines": [line(n, charge=1) for n in range(1, 51)], "total": 50},
    "nine digits": {"subscriber": {"postal_code": "02134-1234"}},
}


@pytest.mark.parametrize("values", ACCEPTED.values(), ids=list(ACCEPTED))
def test_the_validator_takes_it(values: dict[str, Any]) -> None:
    assert complaints(written(content(**values))) == []


REFUSED: dict[str, dict[str, Any]] = {
    "fifty-one lines": {"lines": [line(n) for n in range(1, 52)]},
    "no member id": {"subscriber": {"member_id": ""}},
    "an impossible day": {"lines": [line(service_on="2026-07-01")], "subscriber": {"state": "X"}},
    "a pointer that is none": {"lines": [line(pointers=["A"])]},
    "no place": {"place_of_service": None},
}


@pytest.mark.parametrize("values", REFUSED.values(), ids=list(REFUSED))
def test_the_validator_refuses_it_and_quotes_no_value(values: dict[str, Any]) -> None:
    found = complaints(written(content(**values)))
    assert 0 < len(found) <= SEEN
    assert not any(word in " ".join(found) for word in ("DOE", "JANE", "1940"))


@pytest.mark.parametrize("garbage", [b"", b"nonsense", b"ISA*00*", "Nuñez".encode(), b"\xff\xfe"])
def test_what_is_no_file_is_refused(garbage: bytes) -> None:
    assert complaints(garbage) != []


def test_what_it_read_before_changes_no_answer() -> None:
    """The guide is kept from file to file."""
    good, bad = written(content()), written(content(**REFUSED["fifty-one lines"]))
    objections = complaints(bad)
    for broken_off in (good[: len(good) // 2], bad[: len(bad) // 2], b"ISA*00*"):
        assert complaints(broken_off) != []
        assert complaints(good) == []
        assert complaints(bad) == objections != []


def test_a_guide_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    complaints(written(content()))
    monkeypatch.setattr(pyx12.map_if._loader, "map_if", None)
    assert complaints(written(content(total=1, lines=[line(charge=1)]))) == []


UNWRITABLE: dict[str, dict[str, Any]] = {
    "separator in the member id": {"subscriber": {"member_id": "M*1"}},
    "end of segment in the member id": {"subscriber": {"member_id": "M~1"}},
    "accent in the member id": {"subscriber": {"member_id": "É1"}},
    "line break in the member id": {"subscriber": {"member_id": "M\n1"}},
    "colon in a code": {"lines": [line(code="99214:25")]},
    "component in a modifier": {"lines": [line(modifiers=["2:5"])]},
    "five modifiers": {"lines": [line(modifiers=["25", "59", "76", "77", "LT"])]},
    "five pointers": {
        "lines": [line(pointers=[1, 2, 3, 4, 5])],
        "diagnoses": [f"E11.{n}" for n in range(5)],
    },
    "thirteen diagnoses": {"diagnoses": [f"E11.{n}" for n in range(13)]},
    "separator in a diagnosis": {"diagnoses": ["I50^9"]},
    "separator in an NPI": {"rendering_npi": "10000*0001"},
    "separator in a taxonomy": {"billing": {"taxonomy": "207Q*"}},
}


@pytest.mark.parametrize("values", UNWRITABLE.values(), ids=list(UNWRITABLE))
def test_no_code_or_number_is_bent_so_that_it_fits(values: dict[str, Any]) -> None:
    with pytest.raises(Unwritable) as said:
        written(content(**values))
    assert "M*1" not in str(said.value)
    assert len(str(said.value).split()[0]) <= 5


def test_several_claims_share_a_file_and_are_read_back_by_our_own_reader() -> None:
    file = written(
        content(diagnoses=["I50.9", "E11.9"], total=192.5, lines=[
            line(1, modifiers=["25", "LT"], pointers=[1, 2]),
            line(2, code="J1885", units=0.125, charge=12.5, pointers=[2]),
        ]),
        content(subscriber={"member_id": "M2", "family": "Müller"}),
        content(subscriber={"member_id": "M3"}, total=1000.1, lines=[line(charge=1000.1, service_on="2026-06-30")]),
    )  # fmt: skip
    assert complaints(file) == []
    everything = list(reader.read(io.BytesIO(file), "ours.837"))
    found = [each for each in everything if isinstance(each, Claim)]
    assert found == everything
    assert [c.patient_control_number for c in found] == [
        control_number(f"claim|v{n}", 0) for n in range(3)
    ]
    assert [c.subscriber.member_id for c in found] == ["M1", "M2", "M3"]
    assert [c.patient.family for c in found] == ["DOE", "MULLER", "DOE"]
    assert [c.total_charge for c in found] == [Decimal("192.5"), Decimal(180), Decimal("1000.1")]
    assert {(c.billing_npi, c.billing_tax_id, c.rendering_npi) for c in found} == {
        ("1234567893", "123456789", "1000000001")
    }  # fmt: skip
    assert {(c.payer_id, c.place_of_service, c.frequency_code, c.filing_code) for c in found} == {
        ("SUNADV", "11", "1", "16")
    }  # fmt: skip
    assert found[0].diagnoses == ["I509", "E119"]
    assert [c.service_from for c in found] == [
        date(2026, 7, 1),
        date(2026, 7, 1),
        date(2026, 6, 30),
    ]
    assert [
        (x.code, x.modifiers, x.charge, x.units, x.diagnosis_pointers)
        for c in found
        for x in c.lines
    ] == [
        ("99214", ["25", "LT"], Decimal(180), Decimal(1), "1:2"),
        ("J1885", [], Decimal("12.5"), Decimal("0.125"), "2"),
        ("99214", [], Decimal(180), Decimal(1), "1"),
        ("99214", [], Decimal("1000.1"), Decimal(1), "1"),
    ]
    assert found[0].lines[1].control_number == f"{control_number('claim|v0', 0)}L2"


def test_structure_and_counts_of_a_file() -> None:
    file = written(content(), content(), frequency="7")
    ((_, *isa),) = segments(file, "ISA")
    assert (isa[5].strip(), isa[7].strip()) == ("THROUGHLINE", "CLEARING")
    assert (isa[12], isa[14], isa[15]) == ("000000042", "P", ":")
    assert len(file.split(b"~")[0]) == 105
    ((*_, count, reference),) = segments(file, "SE")
    body = file.decode().splitlines()
    start = next(n for n, s in enumerate(body) if s.startswith("ST*"))
    end = next(n for n, s in enumerate(body) if s.startswith("SE*"))
    assert (int(count), reference) == (end - start + 1, "0001")
    assert [hl[1:] for hl in segments(file, "HL")] == [
        ["1", "", "20", "1"], ["2", "1", "22", "0"], ["3", "1", "22", "0"]
    ]  # fmt: skip
    assert [clm[5] for clm in segments(file, "CLM")] == ["11:B:7"] * 2
    assert segments(file, "GE") == [["GE", "1", "42"]]
    assert segments(file, "IEA") == [["IEA", "1", "000000042"]]
    trial = x12.interchange(Envelope("A", "B", AT, "1", is_test=True), "HC", "V", "837", [])
    assert segments(trial, "ISA")[0][15] == "T"


@pytest.mark.parametrize("earlier", [0, 1, 99])
def test_control_numbers_are_short_and_their_own(earlier: int) -> None:
    numbers = {control_number(f"claim|{n}", earlier) for n in range(200)}
    assert len(numbers) == 200
    assert all(len(n) <= 20 and n.isalnum() for n in numbers)
    assert control_number("claim|1", earlier) == control_number("claim|1", earlier)
    assert control_number("claim|1", earlier) != control_number("claim|1", earlier + 1)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (180.0, "180"),
        ("12.50", "12.5"),
        (0, "0"),
        (100, "100"),
        ("0.10", "0.1"),
        (1e6, "1000000"),
        (-5, "-5"),
    ],
)
def test_money(amount: object, text: str) -> None:
    assert x12.money(amount) == text


@pytest.mark.parametrize(
    ("units", "text"),
    [(1, "1"), (1.0, "1"), ("0.125", "0.125"), (100, "100"), ("1E+2", "100"), (10.50, "10.5")],
)
def test_quantities_keep_their_digits(units: object, text: str) -> None:
    assert x12.quantity(units) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [("Zoë  Müller", "ZOE MULLER"), ("a*b~c:d^e", "A B C D E"), (None, ""), ("x" * 70, "X" * 60),
     ("a\r\nb", "A B")],
)  # fmt: skip
def test_plain_text(text: str | None, plain: str) -> None:
    assert x12.plain(text) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Weiß", "WEISS"), ("Ærø Ørsted", "AERO ORSTED"), ("Đặng Łukasz", "DANG LUKASZ"), ("Œuvre Þór", "OEUVRE THOR"),
        ("Ilgın İnan", "ILGIN INAN"), ("Ðaði Ŋ Ħ Ŧ Ĳ", "DADI N H T IJ"), ("Peña", "PENA"), ("Pen\u0303a", "PENA"),
        ("O’Brien–Kaʻahumanu", "O'BRIEN-KA'AHUMANU"), ("12½ Straße №\u00a04", "12 1/2 STRASSE NO 4"),
        ("٣ Elm", "3 ELM"),
        ("a\u200bb\u00adc", "ABC"), ("Paral·lel", "PARALLEL"), ("ﬁn Ｗｅｉ", "FIN WEI"),
    ],
)  # fmt: skip
def test_no_letter_of_a_name_is_lost(text: str, plain: str) -> None:
    assert x12.plain(text) == plain


EUROPE = [
    chr(code) for code in (*range(0xC0, 0x180), *range(0x1E00, 0x1E9C), *range(0x1EA0, 0x1EFA))
]


def test_each_letter_of_european_and_vietnamese_names_has_a_form_that_the_validator_takes() -> None:
    letters = [letter for letter in EUROPE if letter.isalpha()]
    assert len(letters) > 400
    forms = {letter: x12.plain(letter) for letter in letters}
    assert all(form and set(form) <= set("'ABCDEFGHIJKLMNOPQRSTUVWXYZ") for form in forms.values())
    assert not any(validation.not_match_re("AN", form, "B", "00501") for form in forms.values())
    assert (
        complaints(written(content(subscriber={"family": "Weiß Ærø Đặng", "given": "Œ’Þ"}))) == []
    )


@pytest.mark.parametrize(
    "name", ["李", "Лев", "Λέων", "לאה", "علي", "Zoë 李", "A\ue000", "~*", "°"]
)
def test_a_name_with_a_letter_that_has_no_form_is_never_shortened(name: str) -> None:
    for who in (
        {"family": name},
        {"given": name},
        {"city": name},
        {"address": name},
        {"mrn": name},
    ):
        with pytest.raises(Unwritable, match=r"patient|record number") as said:
            written(content(subscriber=who))
        assert name not in str(said.value)
    for other in (
        {"rendering": {"given": name}},
        {"billing": {"name": name}},
        {"payer": {"name": name}},
    ):
        with pytest.raises(Unwritable, match=r"practitioner|billing provider|payer"):
            written(content(**other))
    for one in ({"given": name}, {"provider_family": name}):
        with pytest.raises(Unwritable, match=r"member|practitioner"):
            asked(inquiry("T1", **one))


# ---- 270


def inquiry(trace: str, npi: str = "1000000001", **values: Any) -> Inquiry:
    said: dict[str, Any] = {
        "trace": trace, "member_id": "M1", "family": "Doe", "given": "Jane", "birth_date": date(1940, 2, 29),
        "sex": "F", "provider_npi": npi, "provider_family": "Weiß", "provider_given": "Zoë",
    }  # fmt: skip
    return Inquiry(**said | values)


def asked(*inquiries: Inquiry) -> bytes:
    return x12_270.eligibility(
        ENVELOPE, "E42", "MEDB1", "Medicare Part B", date(2026, 7, 6), ("G0438", "G0439"), inquiries
    )


def test_an_inquiry_says_who_is_asked_about_and_what() -> None:
    file = asked(inquiry("T1"))
    text = file.decode("ascii").splitlines()
    body = text[text.index(next(s for s in text if s.startswith("BHT"))) : -3]
    assert body == [
        "BHT*0022*13*E42*20260707*0300~",
        "HL*1**20*1~",
        "NM1*PR*2*MEDICARE PART B*****PI*MEDB1~",
        "HL*2*1*21*1~",
        "NM1*1P*1*WEISS*ZOE****XX*1000000001~",
        "HL*3*2*22*0~",
        "TRN*1*T1*9THROUGHLN~",
        "NM1*IL*1*DOE*JANE****MI*M1~",
        "DMG*D8*19400229*F~",
        "DTP*291*D8*20260706~",
        "EQ*30~",
        "EQ**HC:G0438~",
        "EQ**HC:G0439~",
    ]
    ((*_, count, _),) = segments(file, "SE")
    assert int(count) == len(body) + 2


def test_inquiries_hang_below_the_practitioner_who_asks() -> None:
    file = asked(
        inquiry("T3", "3"), inquiry("T1", "1"), inquiry("T2", "3", sex=None), inquiry("T4", "1")
    )
    assert [hl[1:4] for hl in segments(file, "HL")] == [
        ["1", "", "20"], ["2", "1", "21"], ["3", "2", "22"], ["4", "2", "22"], ["5", "1", "21"], ["6", "5", "22"],
        ["7", "5", "22"],
    ]  # fmt: skip
    assert [trn[2] for trn in segments(file, "TRN")] == ["T1", "T4", "T2", "T3"]
    assert [dmg[3] for dmg in segments(file, "DMG")] == ["F", "F", "U", "F"]


def test_an_inquiry_with_a_number_that_cannot_be_written_is_none() -> None:
    with pytest.raises(Unwritable):
        asked(inquiry("T1", member_id="M*1"))


def test_what_is_ascii_is_folded_sign_by_sign_or_all_at_once() -> None:
    every = "".join(chr(code) for code in range(128))
    assert letters.folded(every) == "".join(letters._form(sign) for sign in every)
    assert letters.folded("O`Brien") == "O'BRIEN"
