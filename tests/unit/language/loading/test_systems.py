"""Codes of a system in which a record is never coded can match no record: they are refused."""

from __future__ import annotations

import pytest

from tests.unit.language.loading.base import changed, told

CVX, LOINC = "http://hl7.org/fhir/sid/cvx", "http://loinc.org"
NOTE, CALL = "written: {kind: note}", "spoke: {kind: contact, codes: [reached]}"
SETS = {
    "flu": ("0" * 64, frozenset({(CVX, "140")})),
    "letters": ("1" * 64, frozenset({(LOINC, "11488-4"), (CVX, "140")})),
}


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        (NOTE, "written: {kind: note, codes: {value_set: flu}}", f"no note is coded in {CVX}: it is coded in {LOINC}"),
        (NOTE, "written: {kind: note, codes: {value_set: letters}}", ""),
        (NOTE, "written: {kind: note, codes: {cvx: [\"140\"]}}", f"no note is coded in cvx: it is coded in {LOINC}"),
        (NOTE, "written: {kind: note, codes: {loinc: [11488-4]}}", ""),
        (NOTE, "written: {kind: note, codes: {'https://ours.example/notes': [x1]}}", ""),
        (CALL, "spoke: {kind: contact, codes: {value_set: letters}}", "no contact is coded in"),
        (NOTE, "written: {kind: death, codes: {value_set: flu}}", "death has no codes: leave them out"),
        (NOTE, "written: {kind: [note, report], codes: {value_set: letters}}", ""),
    ],
)  # fmt: skip
def test_codes_of_a_system(was: str, now: str, expected: str) -> None:
    found = [
        each
        for each in told(changed((was, now)), value_sets=SETS)
        if "/codes" in each and "link" not in each
    ]
    assert len(found) == bool(expected)
    assert all(expected in each for each in found)


@pytest.mark.parametrize(("code", "nearest"), [("HHH", "HH"), ("POSS", "POS")])
def test_an_interpretation_that_there_is_not_is_refused_with_the_nearest(
    code: str, nearest: str
) -> None:
    now = f"written: {{kind: result, where: {{interpretation: [{code}]}}}}"
    (found,) = [each for each in told(changed((NOTE, now))) if "/where" in each]
    assert f"'{code}' is not an interpretation: the nearest is '{nearest}'" in found
