"""Value sets: read from FHIR, refused with what to do instead, taken in and pinned."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from throughline.definitions.value_sets import main, take_in
from throughline.vocabulary import DefinitionError
from throughline.vocabulary.overlay import OURS, Layers
from throughline.vocabulary.value_sets import (
    PINS,
    ValueSet,
    canonical,
    faults,
    lacking,
    read_files,
    value_sets,
)
from throughline.vocabulary.value_sets.read import fingerprint, named

CVX, LOINC = "http://hl7.org/fhir/sid/cvx", "http://loinc.org"


def value_set(name: str | None = "InfluenzaVaccine", **said: Any) -> dict[str, Any]:
    """Return a value set with two codes, or with what else is said; None leaves a part out."""
    parts = [{"system": CVX, "concept": [{"code": "88"}, {"code": "140"}]}]
    whole = {
        "resourceType": "ValueSet",
        "url": f"http://example.org/{name}",
        "version": "20260101",
        "name": name,
        "compose": {"include": parts},
        **said,
    }
    return {key: value for key, value in whole.items() if value is not None}


def expanded(*contains: Any, **said: Any) -> dict[str, Any]:
    return value_set(expansion={"contains": list(contains), **said})


def read(folder: Path) -> dict[str, ValueSet]:
    return read_files(sorted(folder.iterdir()))


def put(folder: Path, *sets: Any, name: str = "set") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(sets):
        (folder / f"{name}{number}.json").write_text(json.dumps(one), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        (value_set(), {(CVX, "88"), (CVX, "140")}),
        # what the publisher expanded goes before the definition; headings are no codes, what stands below them is
        (
            expanded(
                {"system": CVX, "code": "flu", "abstract": True, "contains": [{"system": CVX, "code": "150"}]},
                {"display": "a heading", "contains": [{"system": CVX, "code": "88"}]},
                {"system": CVX, "code": "16", "inactive": True},
            ),
            {(CVX, "150"), (CVX, "88"), (CVX, "16")},
        ),
        (expanded({"system": "urn:oid:2.16.840.1.113883.12.292", "code": "88"}), {(CVX, "88")}),
        (
            value_set(
                compose={
                    "include": [{"system": CVX, "concept": [{"code": "88"}, {"code": "140"}]}],
                    "exclude": [{"system": CVX, "concept": [{"code": "88"}]}],
                }
            ),
            {(CVX, "140")},
        ),
    ],
)  # fmt: skip
def test_the_codes_of_a_set(
    tmp_path: Path, said: dict[str, Any], codes: set[tuple[str, str]]
) -> None:
    (one,) = read(put(tmp_path, said)).values()
    assert one.codes == codes
    assert one.sha256 == fingerprint(sorted(codes, reverse=True))
    assert (one.name, one.version) == ("influenza_vaccine", "20260101")


def test_a_set_may_take_what_others_have_too(tmp_path: Path) -> None:
    both = ["http://example.org/InfluenzaVaccine", "http://example.org/Others|20260101"]
    other = value_set(
        "Others",
        compose={"include": [{"system": CVX, "concept": [{"code": "140"}, {"code": "3"}]}]},
    )
    part = value_set("Both", compose={"include": [{"valueSet": both}]})
    either = value_set("Either", compose={"include": [{"valueSet": [one]} for one in both]})
    listed = value_set(
        "Listed",
        compose={
            "include": [
                {"system": CVX, "valueSet": both[1:], "concept": [{"code": "3"}, {"code": "4"}]}
            ]
        },
    )
    found = read(put(tmp_path, value_set(), other, part, either, listed))
    assert {name: sorted(code for _, code in one.codes) for name, one in found.items()} == {
        "influenza_vaccine": ["140", "88"],
        "others": ["140", "3"],
        "both": ["140"],
        "either": ["140", "3", "88"],
        "listed": ["3"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (value_set(compose={"include": [{"system": CVX, "filter": [{"property": "p"}]}]}), "by a filter, which only"),
        (value_set(compose={"include": [{"system": CVX}]}), f"takes all codes of {CVX}: download the set with"),
        (value_set(compose={"include": [{"concept": [{"code": "1"}]}]}), "lists codes without their system"),
        (value_set(compose={"include": [{"valueSet": ["http://x/y"]}]}), "http://x/y, which is not there: put that"),
        (value_set(compose={"include": ["x"]}), "a part of compose is no object"),
        (value_set(compose={"include": [{"valueSet": ["http://example.org/InfluenzaVaccine"]}]}), "in a circle"),
        (value_set(compose=None), "neither an expansion nor a list of codes"),
        (value_set(compose={"include": [{"system": CVX, "concept": [{"code": 88}]}]}), "has the number 88 for a code"),
        (value_set(compose={"include": [{"system": CVX, "concept": [{}]}]}), "has an entry without a code"),
        (expanded({"system": CVX, "code": "88"}, total=1200), "the expansion ends at 1 of 1,200: download it"),
        (expanded({"code": "88"}), "has a code without its system"),
        (expanded("x"), "is no object"),
        (expanded(), "InfluenzaVaccine has no codes"),
        (value_set(url=None), "needs a url and a name"),
        (value_set(name=None, title=None, id=None), "needs a url and a name"),
        ({"resourceType": "Patient"}, "holds a Patient, and no ValueSet"),
        ([1], "holds no FHIR resource"),
        ({}, "holds no FHIR resource, and no ValueSet"),
    ],
)  # fmt: skip
def test_a_set_that_cannot_be_used_says_why(tmp_path: Path, said: Any, told: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        read(put(tmp_path, said))
    assert told in str(caught.value)
    assert str(caught.value).startswith("set0.json: ")


def test_every_fault_of_a_folder_is_told_at_once(tmp_path: Path) -> None:
    put(tmp_path, value_set(url=None), value_set("A"), value_set("B", compose=None))
    (tmp_path / "z.json").write_text("{", encoding="utf-8")
    (tmp_path / "y.json.gz").write_bytes(b"\x1f\x8b broken")
    with pytest.raises(DefinitionError) as caught:
        read(tmp_path)
    places = [line.partition(":")[0] for line in str(caught.value).splitlines()]
    assert places == ["y.json.gz", "z.json", "set0.json", "set2.json"]


def test_two_sets_of_one_name_are_refused_unless_they_are_one(tmp_path: Path) -> None:
    put(tmp_path, value_set(), value_set())
    assert list(read(tmp_path)) == ["influenza_vaccine"]
    put(tmp_path, value_set(version="20270101"), name="newer")
    with pytest.raises(DefinitionError, match="there are two sets of the name influenza_vaccine"):
        read(tmp_path)


def test_a_bundle_and_gzip_are_read(tmp_path: Path) -> None:
    bundle = {
        "resourceType": "Bundle",
        "entry": [
            {"resource": one}
            for one in (value_set("A"), {"resourceType": "Patient"}, value_set("B"))
        ],
    }
    (tmp_path / "all.json.gz").write_bytes(gzip.compress(json.dumps(bundle).encode()))
    assert {name: one.file for name, one in read(tmp_path).items()} == {
        "a": "all.json.gz, entry 1",
        "b": "all.json.gz, entry 3",
    }


@pytest.mark.parametrize(
    "written", ["InfluenzaVaccine", "Influenza Vaccine", "influenza-vaccine", " Influenza (vaccine) "]
)  # fmt: skip
def test_a_name_is_one_however_it_is_written(written: str) -> None:
    assert named(written) == "influenza_vaccine"


@pytest.mark.parametrize(
    ("written", "system"),
    [
        ("http://loinc.org", LOINC),
        ("http://loinc.org/", LOINC),
        ("urn:oid:2.16.840.1.113883.6.1", LOINC),
        ("LN", LOINC),
        ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
        ("HCPCS", "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
        ("urn:own", "urn:own"),
        (None, ""),
    ],
)  # fmt: skip
def test_a_code_system_is_one_however_it_is_written(written: str | None, system: str) -> None:
    assert canonical(written) == system


def test_a_download_is_taken_in_and_pinned(tmp_path: Path) -> None:
    own = tmp_path / "own"
    licensed = expanded({"system": CVX, "code": "88", "display": "licensed text"})
    download = put(tmp_path / "download", licensed | {"description": "licensed text"})
    assert take_in(download, own) == [
        "influenza_vaccine (20260101): 1 of http://hl7.org/fhir/sid/cvx; new"
    ]
    layers = Layers(OURS, own)
    assert set(value_sets(layers)) == {"visit_notes", "influenza_vaccine"}
    kept = (own / "value_sets" / "influenza_vaccine.json").read_text(encoding="utf-8")
    # only the codes are kept: the descriptions belong to their publisher
    assert "licensed text" not in kept
    assert take_in(download, own) == [
        "influenza_vaccine (20260101): 1 of http://hl7.org/fhir/sid/cvx; the same codes"
    ]
    put(tmp_path / "download", value_set(version="20270101"))
    assert take_in(download, own)[0].endswith("; new codes: 1, gone: 0, since version 20260101")
    assert faults(layers) == []


def test_a_set_that_changed_by_itself_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own"
    take_in(put(tmp_path / "download", value_set(), value_set("Other")), own)
    layers, folder = Layers(OURS, own), own / "value_sets"
    file = folder / "influenza_vaccine.json"
    kept = file.read_text(encoding="utf-8")
    file.write_text(kept.replace('"88"', '"89"'), encoding="utf-8")
    (told,) = faults(layers)
    assert "the codes of influenza_vaccine changed without a new version" in told
    file.write_text(kept.replace("20260101", "20270101"), encoding="utf-8")
    (told,) = faults(layers)
    assert "and http://example.org/InfluenzaVaccine 20260101 was taken in" in told
    file.write_text(kept, encoding="utf-8")
    put(folder, value_set("Third"), name="third")
    (told,) = faults(layers)
    assert "third was not taken in: take in the download" in told
    (folder / "third0.json").unlink()
    (folder / PINS).write_text("{", encoding="utf-8")
    assert "pinned.json: cannot be read" in faults(layers)[0]


def test_a_practice_s_set_goes_before_ours(tmp_path: Path) -> None:
    own = tmp_path / "own"
    more = {"include": [{"system": LOINC, "concept": [{"code": "11506-3"}]}]}
    take_in(put(tmp_path / "download", value_set("visit_notes", compose=more)), own)
    assert len(value_sets(Layers(OURS, own))["visit_notes"].codes) == 1
    assert len(value_sets(Layers(OURS))["visit_notes"].codes) == 3


def test_nothing_is_written_if_a_file_has_a_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    download = put(tmp_path / "download", value_set(), value_set("B", compose=None))
    assert main([str(download), str(own)]) == 1
    assert capsys.readouterr().err.startswith("Nothing was taken in:\nset1.json: ")
    assert not own.exists()
    assert main([str(tmp_path / "moon"), str(own)]) == 1
    assert "there is no such folder" in capsys.readouterr().err
    assert main([str(put(tmp_path / "empty")), str(own)]) == 1
    assert "holds no JSON file" in capsys.readouterr().err


def test_what_is_not_there_is_named() -> None:
    assert lacking(["visit_notes", "colonoscopy", "ccm"], value_sets(Layers(OURS))) == [
        "ccm",
        "colonoscopy",
    ]


def test_nothing_is_written_beside_a_set_that_stays_and_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, download = tmp_path / "own", put(tmp_path / "download", value_set())
    put(own / "value_sets", value_set(), name="under-another-name")
    assert main([str(download), str(own)]) == 1
    assert (
        "under-another-name0.json: is influenza_vaccine, too: remove this file"
        in capsys.readouterr().err
    )
    put(own / "value_sets", value_set("B", compose=None), name="under-another-name")
    assert main([str(download), str(own)]) == 1
    assert [path.name for path in (own / "value_sets").iterdir()] == ["under-another-name0.json"]
    # what is replaced need not be readable
    put(own / "value_sets", value_set("B", compose=None), name="influenza_vaccine")
    (own / "value_sets" / "influenza_vaccine0.json").rename(
        own / "value_sets" / "influenza_vaccine.json"
    )
    (own / "value_sets" / "under-another-name0.json").unlink()
    assert main([str(download), str(own)]) == 0
    assert faults(Layers(OURS, own)) == []
