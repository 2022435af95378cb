"""Codes that can be, and codes that cannot: by form and by check digit."""

from __future__ import annotations

import pytest

from throughline.vocabulary.language import is_code

GOOD = {
    "LOINC": ("4548-4", "2345-7", "29463-7", "8480-6", "57905-2", "34133-9", "57016-8", "11488-4", "11491-6"),
    # SNOMED CT Release File Specification and hl7.org examples; an extension of NHS Digital's has ten digits more.
    "SNOMED": ("385763009", "430193006", "73211009", "100005", "1290023401004", "11000001102", "306206005"),
    "CPT": ("99495", "90471", "1111F", "0001A", "0042T", "0241U"),
    "HCPCS": ("G0438", "G0008", "J1885", "99213"),
    "CVX": ("08", "140", "150", "998"),
    "ICD-10-CM": ("E11.9", "I10", "Z23", "S72.001A", "C4A.9", "U07.1", "M1A.00X0"),
    "RXNORM": ("161", "1049221"),
    "NDC": ("49281-0421-50", "49281042150"),
}  # fmt: skip
BAD = {
    "LOINC": ("4548-5", "5448-4", "4548", "4548-44", "LP29708-2", " 4548-4", "٤٥٤٨-٤"),
    "SNOMED": ("385763008", "358763009", "0385763009", "10005", "385763019", "9999999999999999999"),
    "CPT": ("9949", "994955", "G438", "1111Z", "A99495"),
    "HCPCS": ("G438", "X0438", "g0438"),
    "CVX": ("8", "1400", "1a"),
    "ICD-10-CM": ("E119", "11.9", "E11.", "e11.9", "E11.90000"),
    "RXNORM": ("0161", "16a"),
    "NDC": ("4928", "49281-0421"),
}  # fmt: skip


@pytest.mark.parametrize(("system", "code"), [(s, c) for s, codes in GOOD.items() for c in codes])
def test_a_code_can_be_of_its_system(system: str, code: str) -> None:
    assert is_code(system, code)


@pytest.mark.parametrize(("system", "code"), [(s, c) for s, codes in BAD.items() for c in codes])
def test_a_code_cannot_be_of_its_system(system: str, code: str) -> None:
    assert not is_code(system, code)


def test_the_example_of_loincs_guide_has_its_digit() -> None:
    assert [digit for digit in range(10) if is_code("LOINC", f"12345-{digit}")] == [5]


def test_a_system_goes_by_any_of_its_names_and_an_unknown_one_is_let_be() -> None:
    assert not is_code("http://loinc.org", "4548-5")
    assert not is_code("urn:oid:2.16.840.1.113883.6.1", "4548-5")
    assert is_code("https://example.org/codes", "anything")


def test_two_digits_that_changed_places_are_noticed() -> None:
    for code, system in (("385763009", "SNOMED"), ("29463-7", "LOINC")):
        digits = code.partition("-")[0]
        for place in range(len(digits) - (4 if system == "SNOMED" else 1)):
            one, two = digits[place], digits[place + 1]
            swapped = code[:place] + two + one + code[place + 2 :]
            # 0 and 9 may change places in a Mod 10 number; Verhoeff finds every such change
            if one != two and not (system == "LOINC" and {one, two} == {"0", "9"}):
                assert not is_code(system, swapped), swapped
