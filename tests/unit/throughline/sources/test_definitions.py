"""Definitions of sources: read, checked, refused with what is wrong."""

from __future__ import annotations

import copy
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
import yaml

from throughline import sources
from throughline.sources import catalogue, definitions
from throughline.sources.definitions import SourceDefinitionError, definition, parse
from throughline.sources.source import CarriesNothing, Export
from throughline.transports.address import Address
from throughline.vocabulary import OURS

DEFINITIONS = OURS / "sources"

RAW = yaml.safe_load((DEFINITIONS / "scheduling.yaml").read_text())


def changed(**changes: Any) -> dict[str, Any]:
    """The definition of the scheduling system, with changes."""
    return {**copy.deepcopy(RAW), **changes}


def test_the_sources_of_the_tree() -> None:
    assert sources.source_names() == ["billing", "clearinghouse", "ehr", "scheduling"]
    assert definitions.names_with_feeds() == ["clearinghouse", "ehr", "scheduling"]
    for name in definitions.names_with_feeds():
        one = definition(name)
        assert one.source == name
        assert one.zone.key == "America/New_York"
        for feed in one.feeds.values():
            assert (feed.owner_team, feed.expected_by) == (one.owner_team, time(3))


EXPECTED = {"expected_by": "03:00"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"standard": "carrier_pigeon"},
            "standard: there is no standard 'carrier_pigeon'; write one of fhir, hl7v2, tabular, x12",
        ),
        (
            {"standard": "hl7_v2"},
            "standard: there is no standard 'hl7_v2'; did you mean hl7v2? write one of fhir,",
        ),
        (
            {"standard": 7},
            "standard: 7 cannot be read; write what it speaks (fhir, hl7v2, tabular, x12)",
        ),
        (
            {"transport": "pigeon"},
            "transport: hl7v2 cannot use 'pigeon'; write one of https, sftp,",
        ),
        (
            {
                "carries_nothing": [
                    {"names": ["*.*"], "decided_by": "A", "decided_on": "2026-09-01"}
                ]
            },
            "carries_nothing/0/names: '*.*' is every file; write what the names have in",
        ),
        (
            {"carries_nothing": [{"names": ["a"], "decided_by": "A", "decided_on": "2026-02-30"}]},
            "carries_nothing/0/decided_on: there is no day '2026-02-30'; write one such as",
        ),
        ({"carries_nothing": [{"names": ["a"]}]}, "carries_nothing/0/decided_by: is missing"),
        ({"feeds": {}}, "feeds: {} cannot be read; write at least one feed of its standard"),
        (
            {"feeds": {"moon": EXPECTED}},
            "feeds/moon: hl7v2 has no feed with this name; write one of",
        ),
        ({"feeds": {"appointments": EXPECTED}}, "did you mean appointment?"),
        ({"feeds": {"claim": EXPECTED}}, "feeds/claim: hl7v2 has no feed with this name"),
        (
            {"feeds": {"appointment": {"expected_by": "25:00"}}},
            "feeds/appointment/expected_by: '25:00' cannot be read; write a local time of the morning",
        ),
        (
            {"feeds": {"appointment": {}}},
            "feeds/appointment/expected_by: is missing; write a local time",
        ),
        (
            {"feeds": {"appointment": {**EXPECTED, "volume": "ask"}}},
            "feeds/appointment/volume: 'ask' is not allowed; did you mean asked?"
            " write one of usual, asked",
        ),
        ({"titel": "x"}, "titel: there is no such field; did you mean title? write one of source,"),
        ({"time_zone": "Mars/Olympus"}, "time_zone: there is no zone 'Mars/Olympus'; write one"),
        ({"source": "other"}, "source: 'other' is not the file's name; write scheduling"),
        (
            {"owner_team": "front_desc"},
            "owner_team: there is no team 'front_desc'; did you mean front_desk? write one of",
        ),
        (
            {"feeds": {"appointment": {**EXPECTED, "owner_team": "nobody"}}},
            "feeds/appointment/owner_team: there is no team 'nobody'; write one of",
        ),
        (
            {"conventions": {"mrn_system": "x"}},
            "conventions/mrn_system: hl7v2 has no convention with this name; did you mean mrn_type?",
        ),
        (
            {"conventions": {"cancelled_by": {"PATIENT": "them"}}},
            "conventions/cancelled_by/PATIENT: 'them' is not allowed",
        ),
        ({"roles": {}}, "roles: {} cannot be read; write what the system is to the practice"),
        ({"roles": {"oracle": {}}}, "roles/oracle: there is no such field; write one of chart,"),
        (
            {"roles": {"schedule": {"port": 1}}},
            "roles/schedule/port: there is no such field; write one of connection,",
        ),
        (
            {"roles": {"schedule": {"receiver_id": "X1"}}},
            "roles/schedule/receiver_id: applies only to the role payer; leave it out",
        ),
        (
            {"roles": {"schedule": {"form": "outside"}}},
            "roles/schedule/form: 'outside' is not allowed; did you mean inside?",
        ),
        (
            {"roles": {"schedule": {"form": "inside", "connection": "desk"}}},
            "roles/schedule/connection: nothing is sent to what stays inside; leave it out",
        ),
        (
            {"roles": {"payer": {"form": "inside"}}},
            "roles/payer/form: does not apply to the role payer; leave it out",
        ),
        (
            {"roles": {"chart": {}}},
            "ids: is missing; write named, or bare if this is the only chart",
        ),
        ({"ids": "bare"}, "ids: applies only to a chart; leave it out"),
        ({"ids": "bear"}, "ids: 'bear' is not allowed; did you mean bare?"),
        (
            {"serves": {"payers": ["P1"]}},
            "serves/payers: applies only to a system with the role payer",
        ),
        (
            {"serves": {"billing_npi": ["1234567893"]}},
            "serves/billing_npi: applies only to a system",
        ),
        (
            {"roles": {"payer": {}}, "serves": {"billing_npi": ["12"]}},
            "serves/billing_npi/0: '12' cannot be read; write an NPI of ten digits",
        ),
        (
            {"roles": {"payer": {}}, "serves": {"charts": ["ehr"]}},
            "serves/charts: no role of this system serves patients of a chart; leave it out",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_write(
    changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(SourceDefinitionError) as refused:
        parse(changed(**changes), "scheduling.yaml")
    assert str(refused.value).startswith("scheduling.yaml: ")
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("owner_team: front_desk", "owner_team: front_dask", "owner_team: there is no team"),
        ("  appointment:", "  apointment:", "feeds/apointment: hl7v2 has no feed"),
        (
            "time_zone: America/New_York",
            "time_zone: America/NewYork",
            "time_zone: there is no zone",
        ),
        ("title:", "titel:", "titel: there is no such field; did you mean title?"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_line(
    tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    said = (DEFINITIONS / "scheduling.yaml").read_text()
    line = said.partition(right)[0].count("\n") + 1
    (tmp_path / "scheduling.yaml").write_text(said.replace(right, wrong, 1))
    with pytest.raises(SourceDefinitionError) as refused:
        definition("scheduling", tmp_path)
    assert f"scheduling.yaml:{line}: {told}" in str(refused.value)


def test_every_mistake_is_told_at_once() -> None:
    broken = changed(title="", folder=7)
    del broken["connection"]
    with pytest.raises(SourceDefinitionError) as refused:
        parse(broken, "scheduling.yaml")
    assert [
        one.split(": ")[1]
        for one in str(refused.value).splitlines()
        if one.startswith("scheduling.yaml: ")
    ] == [
        "connection",
        "folder",
        "title",
    ]


@pytest.mark.parametrize(
    ("before", "standard", "transport"),
    [
        ("fhir_bulk", "fhir", "https"),
        ("hl7v2_sftp", "hl7v2", "sftp"),
        ("x12_sftp", "x12", "sftp"),
    ],
)
def test_a_word_of_earlier_definitions_is_refused_with_what_says_the_same(
    before: str, standard: str, transport: str
) -> None:
    old = changed(standard=before)
    del old["transport"]
    with pytest.raises(SourceDefinitionError) as refused:
        parse(old, "scheduling.yaml")
    assert str(refused.value) == (
        f"scheduling.yaml: standard: '{before}' is a standard and a transport in one;"
        f" write standard: {standard} and transport: {transport}"
    )


def test_a_convention_of_another_standard_and_an_export_without_folder() -> None:
    clearinghouse = yaml.safe_load((DEFINITIONS / "clearinghouse.yaml").read_text())
    clearinghouse["conventions"] = {"mrn_type": "MR"}
    with pytest.raises(SourceDefinitionError, match="write one of codes"):
        parse(clearinghouse, "clearinghouse.yaml")
    ehr = yaml.safe_load((DEFINITIONS / "ehr.yaml").read_text())
    with pytest.raises(SourceDefinitionError, match="folder: an export has none; leave it out"):
        parse({**ehr, "folder": "outbox"}, "ehr.yaml")


def test_a_word_that_is_said_twice(tmp_path: Path) -> None:
    said = (DEFINITIONS / "scheduling.yaml").read_text()
    twice = said.replace("feeds:\n", 'feeds:\n  appointment: {expected_by: "04:00"}\n')
    (tmp_path / "scheduling.yaml").write_text(twice)
    with pytest.raises(
        SourceDefinitionError, match=r"/scheduling\.yaml:\d+: feeds: the key appointment"
    ):
        definition("scheduling", tmp_path)


@pytest.mark.parametrize("text", ["a: [", "just words", ""])
def test_a_file_that_is_no_definition(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.yaml").write_text(text)
    with pytest.raises(SourceDefinitionError, match=r"/odd\.yaml(:\d+)?: "):
        definition("odd", tmp_path)


def test_a_feed_may_have_an_owner_and_a_lag_of_its_own() -> None:
    feeds = {
        "appointment": {"expected_by": "05:30", "owner_team": "billing", "allowed_lag_days": 2}
    }
    feed = parse(changed(feeds=feeds), "scheduling.yaml").feeds["appointment"]
    assert (feed.owner_team, feed.expected_by, feed.allowed_lag_days) == ("billing", time(5, 30), 2)


def test_a_type_without_output_is_late_unless_somebody_says_otherwise() -> None:
    ehr = yaml.safe_load((DEFINITIONS / "ehr.yaml").read_text())
    told = {feed.omitted_types for feed in parse(ehr, "ehr.yaml").feeds.values()}
    del ehr["omitted_types"]
    unsaid = {feed.omitted_types for feed in parse(ehr, "ehr.yaml").feeds.values()}
    assert told == unsaid == {"late"}
    ehr |= {"omitted_types": "unchanged"}
    ehr["feeds"]["communication"]["omitted_types"] = "late"
    feeds = parse(ehr, "ehr.yaml").feeds
    assert {name for name, feed in feeds.items() if feed.omitted_types == "late"} == {
        "communication"
    }


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"omitted_types": "unchanged"}, "Bulk Data"),
        (
            {"feeds": {"appointment": {"expected_by": "03:00", "omitted_types": "late"}}},
            "Bulk Data",
        ),
        ({"omitted_types": "fresh"}, "'fresh' is not allowed; write one of late"),
    ],
)
def test_only_an_export_leaves_types_out(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(SourceDefinitionError, match=named):
        parse(changed(**changes), "scheduling.yaml")


def test_an_export_is_asked_for_as_its_definition_says() -> None:
    ehr = yaml.safe_load((DEFINITIONS / "ehr.yaml").read_text())
    assert parse(ehr, "ehr.yaml").export == Export("system", "", 180, 0, is_lenient=False)
    ehr["export"] = {"level": "group", "group": "g1", "wait_minutes": 30, "lenient": True}
    assert parse(ehr, "ehr.yaml").export == Export("group", "g1", 30, 7, is_lenient=True)
    ehr["feeds"]["task"]["type_filter"] = ["Task?status=requested", "Task?code:in=x&owner=y"]
    assert len(parse(ehr, "ehr.yaml").feeds["task"].type_filter) == 2


def test_a_feed_may_be_read_by_search() -> None:
    ehr = yaml.safe_load((DEFINITIONS / "ehr.yaml").read_text())
    ehr["feeds"]["task"] |= {"read_by": "search", "search_by": "date"}
    ehr["search"] = {"overlap_minutes": 5, "requests": 7}
    found = parse(ehr, "ehr.yaml")
    assert (found.search.overlap.total_seconds(), found.search.requests) == (300, 7)
    assert (found.feeds["task"].read_by, found.feeds["task"].search_by) == ("search", "date")
    assert (found.feeds["claim"].read_by, found.feeds["claim"].search_by) == ("export", "")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"export": {"level": "group"}}, "export/group: is missing"),
        ({"export": {"group": "g"}}, "applies only to level: group"),
        ({"export": {"wait_minutes": 481}}, "export/wait_minutes"),
        ({"export": {"level": "all"}}, "'all' is not allowed"),
        ({"transport": "folder", "export": {"lenient": True}}, "applies only to a Bulk Data"),
        ({"type_filter": ["Encounter?status=x"]}, "is no query for Task; write Task"),
        ({"type_filter": ["Task"]}, "is no query for Task; write Task"),
        ({"type_filter": ["Task?_include=Task:owner"]}, "_include selects nothing"),
        ({"type_filter": ["Task?status=x&_sort=-date"]}, "_sort selects nothing"),
        ({"type_filter": ["Task?a=b"], "read_by": "search"}, "no export has this feed"),
        ({"type_filter": ["Task?a=b"], "search_by": "all"}, "applies only to read_by: search"),
        ({"search": {"requests": 0}}, "search/requests"),
    ],
)
def test_what_no_server_can_be_asked_for(changes: dict[str, Any], named: str) -> None:
    ehr = yaml.safe_load((DEFINITIONS / "ehr.yaml").read_text())
    if "type_filter" in changes:
        ehr["feeds"]["task"] |= changes
    else:
        ehr |= changes
    with pytest.raises(SourceDefinitionError, match=named):
        parse(ehr, "ehr.yaml")


def test_an_unknown_source_and_a_folder_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(SourceDefinitionError, match="no definition of a source 'moon'"):
        definition("moon")
    (tmp_path / "scheduling.yaml").write_text(yaml.safe_dump(RAW))
    assert definitions.source_names(tmp_path) == ["scheduling"]
    assert definition("scheduling", tmp_path).folder == "outbox"


# What a practice's EHR may send, and no workflow of ours asks for yet: each is delivered by
# tests/warehouse/quality/clinical.
DELIVERED_BY_HAND = {
    "immunization", "observation", "diagnostic_report", "service_request", "medication_request",
    "questionnaire_response",
}  # fmt: skip


def test_each_feed_of_the_catalogue_is_sent_by_a_system_of_this_tree() -> None:
    sent = {feed for name in definitions.source_names() for feed in definition(name).feeds}
    assert not sent & DELIVERED_BY_HAND
    unsent = [feed for feed in catalogue.names() if feed not in sent | DELIVERED_BY_HAND]
    assert unsent == [], f"name them in `feeds` of a file in include/definitions/sources: {unsent}"


def test_addresses_hide_their_secrets() -> None:
    address = Address(
        "ehr", host="h", port=8, path="/fhir/", password="hush", extra={"private_key": "hush"}
    )
    assert address.base_url == "http://h:8/fhir"
    assert "hush" not in repr(address)
    assert Address("ehr", extra={"base_url": "https://x/r4/"}).base_url == "https://x/r4"
    assert Address("ehr", host="h").base_url == "http://h"


@pytest.mark.parametrize(
    ("names", "name", "is_meant"),
    [
        ("*.pdf", "Statement 1.PDF", True),
        ("*.pdf", "a.pdf.gz", False),
        ("era?.x12", "era1.x12", True),
        ("era?.x12", "era12.x12", False),
        ("[a].txt", "a.txt", False),
        ("[a].txt", "[A].txt", True),
    ],
)
def test_which_names_of_files_a_decision_means(names: str, name: str, is_meant: bool) -> None:
    assert CarriesNothing(names, "Ann Lee", date(2026, 9, 2)).matches(name) is is_meant
