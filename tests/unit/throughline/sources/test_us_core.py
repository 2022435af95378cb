"""What US Core leaves out is read as the source's definition says: who signed a note, who may bill, who pays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.throughline.sources.test_fhir_people import EHR, resource
from throughline.sources.definitions import definition
from throughline.sources.fhir.settings import settings_of
from throughline.sources.source import SourceDefinitionError
from throughline.vocabulary import OURS

NOTE = {
    "status": "current",
    "type": {"coding": [{"system": "http://loinc.org", "code": "11506-3"}]},
    "date": "2026-08-29T08:00:00Z",
    "author": [{"reference": "Practitioner/d1"}],
}


def signed_notes(**said: str) -> Any:
    """Return the settings of our chart with this line."""
    ehr = definition("ehr")
    return settings_of(replace(ehr, conventions={**ehr.conventions, "signed_notes": said}))


@pytest.mark.parametrize(
    ("rule", "said", "expected"),
    [
        ({}, {}, (None, None)),
        ({}, {"docStatus": "final"}, ("final", None)),
        ({"by": "author"}, {"docStatus": "final"}, ("final", "d1")),
        ({"by": "author"}, {"docStatus": "amended"}, ("amended", "d1")),
        ({"by": "author"}, {"docStatus": "preliminary"}, ("preliminary", None)),
        ({"by": "author"}, {}, (None, None)),
        ({"by": "author", "doc_status": "final"}, {}, ("final", "d1")),
        ({"doc_status": "final"}, {}, ("final", None)),
        # whoever the server names has signed it
        (
            {"by": "author"},
            {"docStatus": "final", "authenticator": {"reference": "Practitioner/d2"}},
            ("final", "d2"),
        ),
        # a note of a department is signed by nobody
        (
            {"by": "author"},
            {"docStatus": "final", "author": [{"reference": "Organization/o1"}]},
            ("final", None),
        ),
    ],
)
def test_which_notes_count_as_signed(
    rule: dict[str, str], said: dict[str, Any], expected: tuple[str | None, str | None]
) -> None:
    settings = signed_notes(**rule) if rule else EHR
    read = resource("document_reference", settings, **{**NOTE, **said})
    assert (read["doc_status"], read["authenticator_id"]) == expected


NUCC = "http://nucc.org/provider-taxonomy"


@pytest.mark.parametrize(
    ("code", "system", "may_bill"),
    [
        ("207Q00000X", NUCC, True),
        ("363LF0000X", NUCC, True),
        ("163W00000X", NUCC, False),
        ("RN", "http://terminology.hl7.org/CodeSystem/v2-0360", False),
        ("MD", "http://terminology.hl7.org/CodeSystem/v2-0360", True),
    ],
)
def test_who_may_bill_by_taxonomy_where_no_degree_is_named(
    code: str, system: str, may_bill: bool
) -> None:
    settings = replace(EHR, billable_taxonomies=("207", "363L"))
    skilled = [{"code": {"coding": [{"system": system, "code": code}]}}]
    assert resource("practitioner", settings, qualification=skilled)["is_billable"] is may_bill
    # nothing is guessed where the definition names no taxonomies, or the record no code
    assert resource("practitioner", settings)["is_billable"] is None
    if system == NUCC:
        assert resource("practitioner", EHR, qualification=skilled)["is_billable"] is None


PAYERS = {
    "aetna / Medicare  HMO": "SUNADV",
    "Aetna": "COMM1",
    "org-7": "MEDB1",
}


def covered(**said: Any) -> str | None:
    """Return the payer of a coverage, at a chart that has its own names for payers."""
    ehr = definition("ehr")
    settings = settings_of(replace(ehr, conventions={**ehr.conventions, "payers": PAYERS}))
    read = resource("coverage", settings, beneficiary={"reference": "Patient/p1"}, **said)
    payer: str | None = read["payer_id"]
    return payer


def plan(name: str) -> dict[str, Any]:
    return {"class": [{"type": {"coding": [{"code": "plan"}]}, "value": "0042", "name": name}]}


@pytest.mark.parametrize(
    ("said", "payer"),
    [
        ({"payor": [{"reference": "Organization/org-9", "display": "AETNA"}]}, "COMM1"),
        ({"payor": [{"display": "Aetna"}], **plan("Medicare HMO")}, "SUNADV"),
        ({"payor": [{"display": "Aetna"}], **plan("PPO")}, "COMM1"),
        ({"payor": [{"reference": "Organization/org-7", "display": "CMS"}]}, "MEDB1"),
        ({"payor": [{"identifier": {"value": "org-7"}}]}, "MEDB1"),
        ({"payor": [{"reference": "Organization/org-9", "display": "Other"}]}, "org-9"),
        ({"payor": [{"display": "Other"}]}, None),
        ({}, None),
    ],
)
def test_a_payer_by_what_the_chart_calls_it(said: dict[str, Any], payer: str | None) -> None:
    assert covered(**said) == payer


def test_a_payer_that_nobody_knows_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sources").mkdir()
    text = (OURS / "sources" / "ehr.yaml").read_text("utf-8")
    text = text.replace("conventions:\n", "conventions:\n  payers: {Aetna: COMM2}\n")
    (tmp_path / "sources" / "ehr.yaml").write_text(text, "utf-8")
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    with pytest.raises(
        SourceDefinitionError, match="there is no payer 'COMM2'; did you mean COMM1"
    ):
        definition("ehr")
