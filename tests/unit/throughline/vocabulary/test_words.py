"""No file of the definitions says a word that there is not, and what is written of the words has not drifted."""

from __future__ import annotations

import json
import re
import shutil
from functools import cache
from pathlib import Path

import pytest

from throughline.sources import catalogue
from throughline.vocabulary import (
    LISTS,
    MEANINGS,
    OURS,
    DefinitionError,
    check_files,
    nearest,
    page,
    vocabulary,
)
from throughline.vocabulary.facts import FACT_KIND
from throughline.vocabulary.files import FILES
from throughline.vocabulary.schemas import schema_of
from throughline.vocabulary.word_list import WordList
from throughline.vocabulary.words import EXCEPTION_REASON, PAYER_CLASS, ROLE

ROOT = OURS.parents[1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the definitions of this tree."""
    return Path(shutil.copytree(OURS, tmp_path / "definitions"))


def change(folder: Path, name: str, right: str, wrong: str) -> int:
    """Replace something in a file; returns its line."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return text.partition(right)[0].count("\n") + 1


def test_the_files_of_this_tree_say_only_what_there_is() -> None:
    check_files()


def test_every_file_has_a_schema() -> None:
    assert {path.stem for path in OURS.glob("*.yaml")} == set(FILES)


WRONG = [
    ("codes.yaml", "OBSENC: observation", "OBSENC: observaton",
     "facility_by_class/any/OBSENC: 'observaton' is not a known class of facilities: the nearest is 'observation'"),
    ("codes.yaml", "alt-home: assisted_living", "alt-home: assistedliving",
     "disposition/any/alt-home: 'assistedliving' is not a known disposition: the nearest is 'assisted_living'"),
    ("codes.yaml", "AMB: office", "AMB: offce", "'offce' is not a known class of visits: the nearest is 'office'"),
    ("codes.yaml", "no_answer: no_answer", "no_answer: no_anwser", "'no_anwser' is not a known outcome of a contact"),
    ("codes.yaml", '"430193006": done', '"430193006": doen', "the nearest is 'done'"),
    ("codes.yaml", "disposition:\n", "dispositions:\n", "unknown key 'dispositions': the nearest is"),
    ("codes.yaml", '"01": home', "01: home", "disposition/any: the key 01 is not a word"),
    ("payers.yaml", '"12": part_b', '"12": part_B', "'part_B' is not a known class of payers: the nearest is 'part_b'"),
    ("payers.yaml", "MB: part_b", "MB: part_B", "classes_by_filing/MB: 'part_B' is not a known class of payers"),
    ("payers.yaml", "payer_class: advantage", "payer_class: advantag", "payers/SUNADV/payer_class: 'advantag' is no"),
    ("payers.yaml", "  medicaid: 0.75", "  medicade: 0.75",
     "allowed_shares/medicade: 'medicade' is not a known class of payers: the nearest is 'medicaid'"),
    ("payers.yaml", "commercial: 0.75", "commercial: 75", "allowed_shares/commercial: 75 is greater than the maximum"),
    ("exceptions.yaml", "unsigned_note: {owner_team: clinicians", "unsigned_note: {owner_team: clinic",
     "unsigned_note/owner_team: 'clinic' is not a known team: the nearest is 'clinicians'"),
    ("exceptions.yaml", "verify_death:", "verify_deth:",
     "verify_deth: 'verify_deth' is not a known reason of an exception: the nearest is 'verify_death'"),
    ("exceptions.yaml", "verify_death:", "consent_missing:",
     "'consent_missing' is not supported yet: no step asks for"),
    ("practice.yaml", "payer_id: SUNADV", "payer_id: SUNDAV",
     "sole_submitter/0/payer_id: 'SUNDAV' is not a known payer: the nearest is 'SUNADV'"),
    ("practice.yaml", "bill_hold_days: 1", "bill_hold_day: 1", "unknown key 'bill_hold_day': the nearest is"),
    ("practice.yaml", "bill_hold_days: 1", "charge_lag_business_days: 3",
     "charge_lag_business_days: this is not supported yet: each workflow sets its own lag"),
    ("practice.yaml", "time_zone: America/New_York", "time_zone: America/NewYork",
     "time_zone: 'America/NewYork' is not a time zone: the nearest is 'America/New_York'"),
    ("calendars.yaml", "country: US", "county: US", "unknown key 'county': the nearest is 'country'"),
    ("teams.yaml", "title: Clinicians, lead:", "title: Clinicians, leed:",
     "clinicians/leed: unknown key 'leed': the nearest is 'lead'"),
    ("teams.yaml", "members: [biller]", "members: [biller, biller]", "billing/members:"),
    ("permissions.yaml", "write_off: [billing", "write_off: [biling",
     "may/write_off/0: 'biling' is not a known team or member of one: the nearest is 'billing'"),
    ("permissions.yaml", "release_feed:", "release_feeds:",
     "may/release_feeds: 'release_feeds' is not a known permission: the nearest is 'release_feed'"),
    ("permissions.yaml", "{any: [billing]}", '{any: [biler]}', "the nearest is 'biller'"),
    ("permissions.yaml", "{any: [billing]}", '{"123": [billing]}', "attest_claims/123: '123' does not match"),
    ("teams.yaml", "members: [biller]", "members: [billing]", "members/0: 'billing' is the name of a team"),
    ("teams.yaml", "members: [biller]", "members: [7]", "billing/members/0: 7 is not of type 'string'"),
    ("teams.yaml", "members: [biller]", "members: [biller], system_users: {ann: bill}",
     "billing/system_users/ann: 'bill' is no member of billing: the nearest is 'biller'"),
    ("teams.yaml", "members: [biller]", "members: [biller], system_users: {root: biller}", "system_users"),
    ("teams.yaml", "members: [biller]", 'members: [biller], npis: {bill: "1234567893"}',
     "billing/npis/bill: 'bill' is no member of billing: the nearest is 'biller'"),
    ("teams.yaml", "members: [biller]", 'members: [biller], npis: {biller: "1234567890"}', "is no NPI"),
    ("teams.yaml", "members: [biller]", "members: [biller], npis: {biller: 1234567893}", "is not of type 'string'"),
    ("teams.yaml", "members: [biller]", 'members: [biller, ann], npis: {biller: "1234567893", ann: "1234567893"}',
     "billing/npis/ann: 1234567893 is biller's already: a number is one person's"),
    ("vocabulary.yaml", "note_types:", "note_type:", "unknown key 'note_type': the nearest is 'note_types'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "right", "wrong", "problem"), WRONG, ids=[w[2] for w in WRONG])
def test_what_there_is_not_is_refused_with_file_line_and_the_nearest(
    folder: Path, name: str, right: str, wrong: str, problem: str
) -> None:
    line = change(folder, name, right, wrong)
    with pytest.raises(DefinitionError) as refused:
        check_files(folder)
    told = str(refused.value).splitlines()
    assert any(each.startswith(f"{folder / name}:{line}: ") and problem in each for each in told), (
        told
    )


SITES = """
sites:
  west:
    name: Lakeside West
    time_zone: America/Los_Angeles
    locations: {ehr: [loc-west], scheduling: [WEST]}
  hills:
    name: Lakeside Hills
    time_zone: America/Denver
    locations: {ehr: [loc-hills]}
"""


def with_sites(folder: Path, right: str = "", wrong: str = "") -> None:
    path = folder / "practice.yaml"
    assert right in SITES
    path.write_text(
        path.read_text(encoding="utf-8") + SITES.replace(right, wrong), encoding="utf-8"
    )


def test_every_permission_is_given_to_somebody_or_to_nobody(folder: Path) -> None:
    change(folder, "permissions.yaml", "  write_off: [billing, compliance]\n", "")
    with pytest.raises(DefinitionError, match="may: write_off is missing: say who may"):
        check_files(folder)
    change(folder, "permissions.yaml", "  see_patients:", "  write_off: []\n  see_patients:")
    check_files(folder)


def test_a_login_belongs_to_one_person(folder: Path) -> None:
    change(
        folder, "teams.yaml", "members: [biller]", "members: [biller], system_users: {ann: biller}"
    )
    check_files(folder)
    change(
        folder,
        "teams.yaml",
        "on duty, members: [operator]",
        "on duty, members: [operator], system_users: {ann: operator}",
    )
    with pytest.raises(DefinitionError, match="system_users/ann: is operator in another team"):
        check_files(folder)


def test_a_practice_has_sites(folder: Path) -> None:
    with_sites(folder)
    check_files(folder)
    assert vocabulary(folder).words["site"] == {"west": "Lakeside West", "hills": "Lakeside Hills"}


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ("America/Denver", "America/Denvr", "is not a time zone: the nearest is 'America/Denver'"),
        (
            "{ehr: [loc-hills]}",
            "{ehrs: [loc-hills]}",
            "'ehrs' is not a known source: the nearest is 'ehr'",
        ),
        ("[loc-hills]", "[loc-west]", "'loc-west' of ehr already belongs to west"),
        ("[loc-hills]", "[17]", "17 is not of type 'string'"),
        ("[loc-hills]", "[]", "[] should be non-empty"),
        ("    name: Lakeside Hills\n", "", "'name' is a required property"),
        ("  hills:", "  Hills:", "sites/Hills: 'Hills' does not match"),
        (
            "name: Lakeside Hills",
            "name: H\n    npi: 1234567893",
            "1234567893 is not of type 'string'",
        ),
        (
            "name: Lakeside Hills",
            "name: H\n    address: {street: 1 A St}",
            "is a required property",
        ),
    ],
)
def test_a_site_that_cannot_be_is_refused(
    folder: Path, right: str, wrong: str, problem: str
) -> None:
    with_sites(folder, right, wrong)
    with pytest.raises(DefinitionError) as refused:
        check_files(folder)
    assert all("/practice.yaml:" in each for each in str(refused.value).splitlines())
    assert problem in str(refused.value)


def test_a_reason_that_nobody_gets_is_missed(folder: Path) -> None:
    change(folder, "exceptions.yaml", "\nclaim_denied:", "\n# claim_denied:")
    with pytest.raises(
        DefinitionError,
        match=r"exceptions\.yaml:2: top: claim_denied is missing: a step opens it$",
    ):
        check_files(folder)


def test_a_practice_adds_its_own_words(folder: Path) -> None:
    path = folder / "vocabulary.yaml"
    own = "payer_classes: {tricare: TRICARE}\nend_reasons: {moved: Moved away}\n"
    path.write_text(path.read_text(encoding="utf-8") + own, encoding="utf-8")
    change(folder, "payers.yaml", "MB: part_b", "CH: tricare\n  MB: part_b")
    check_files(folder)
    words = vocabulary(folder).words
    assert words["payer_class"] == {**PAYER_CLASS.words, "tricare": "TRICARE"}
    assert words["end_reason"]["moved"] == "Moved away"
    assert "tricare" in page.render(folder)


@pytest.mark.parametrize(
    ("word", "near"),
    [("part_B", "part_b"), ("HOSPICE", "hospice"), ("homehealth", "home_health")],
)
def test_the_nearest_word(word: str, near: str) -> None:
    assert nearest(word, ["part_b", "hospice", "home", "home_health", "snf"]) == near


def test_some_word_is_always_nearest_but_of_none() -> None:
    assert nearest("q", ["part_b", "snf"]) in ("part_b", "snf")
    assert nearest("word", []) is None


def test_the_maps_of_codes_are_those_of_the_schema() -> None:
    words = vocabulary().words
    said = {}
    for name, schema in schema_of("codes")["properties"].items():
        meaning = schema["additionalProperties"]["additionalProperties"]
        listed = meaning.get("$ref", "").rpartition("/")[2]
        said[name] = set(words[listed]) if listed else set(meaning["enum"])
    assert said == {name: set(meanings) for name, meanings in MEANINGS.items()}


def test_the_roles_are_those_of_the_schema_of_sources() -> None:
    schema = json.loads((OURS / "sources" / "schema.json").read_text(encoding="utf-8"))
    assert set(schema["properties"]["roles"]["properties"]) == set(ROLE.words)


def test_the_kinds_of_fact_are_those_that_feeds_and_people_state() -> None:
    stated = {kind for feed in catalogue.FEEDS for table in feed.tables for kind in table.facts}
    by_people = {"decision"}
    assert not by_people & stated
    assert set(FACT_KIND.words) == stated | by_people


def test_no_two_lists_have_a_name_and_no_list_a_word_that_is_not_yet() -> None:
    names = [each.name for each in LISTS]
    assert len(set(names)) == len(names)
    for each in LISTS:
        assert not set(each.words) & set(each.not_yet)
        assert all(each.words.values())


def asked_for(word: str) -> list[str]:
    """Return the files of the loop, other than the vocabulary, that name a word."""
    return [file for file, said in quoted().items() if word in said]


@cache
def quoted() -> dict[str, frozenset[str]]:
    """Return the words in quotes of each file of the loop, other than the vocabulary."""
    files = [*(ROOT / "sql").rglob("*.sql"), *(ROOT / "include" / "throughline").rglob("*.py")]
    return {
        file.relative_to(ROOT).as_posix(): frozenset(
            re.findall(r"(?<=['\"])\w+(?=['\"])", file.read_text(encoding="utf-8"))
        )
        for file in files
        if not {"schema", "vocabulary"} & set(file.relative_to(ROOT).parts)
    }


@pytest.mark.parametrize("words", [EXCEPTION_REASON, FACT_KIND], ids=lambda each: each.name)
def test_every_word_is_asked_for(words: WordList) -> None:
    assert [word for word in words.words if not asked_for(word)] == []


@pytest.mark.parametrize("path", list(page.files()), ids=lambda path: path.name)
def test_what_is_written_of_the_words_has_not_drifted(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == page.files()[path], "run `make docs`"
