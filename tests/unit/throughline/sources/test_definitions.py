"""Definitions of sources: read, checked, refused with what is wrong."""

from __future__ import annotations

import copy
from datetime import time

import pytest
import yaml

from throughline import sources
from throughline.sources import definitions
from throughline.sources.definitions import DEFINITIONS, SourceDefinitionError, definition, parse
from throughline.sources.staging import columns_of
from throughline.sources.table import COMMON, blank
from throughline.transports.address import Address

RAW = yaml.safe_load((DEFINITIONS / "scheduling.yaml").read_text())


def changed(**changes):
    """The definition of the scheduling system, with changes."""
    return {**copy.deepcopy(RAW), **changes}


def test_the_sources_of_the_tree():
    assert sources.source_names() == ["clearinghouse", "ehr", "scheduling"]
    for name in sources.source_names():
        one = definition(name)
        assert one.source == name
        assert one.zone.key == "America/New_York"
        for feed in one.feeds.values():
            assert (feed.owner_team, feed.expected_by) == (one.owner_team, time(3))
            for table, columns in columns_of(one.standard, feed.name).items():
                assert table
                assert len(blank(columns)) == len(columns)
                assert not set(columns) & set(COMMON)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"standard": "carrier_pigeon"}, "standard"),
        ({"feeds": {}}, "feeds"),
        ({"feeds": {"moon": {"expected_by": "03:00"}}}, "feeds"),
        (
            {"feeds": {"payment": {"expected_by": "03:00"}}},
            "feeds/payment: hl7v2_sftp does not read it",
        ),
        ({"feeds": {"appointment": {"expected_by": "25:00"}}}, "feeds/appointment/expected_by"),
        ({"extra": 1}, "extra"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"source": "other"}, "source"),
        ({"conventions": {"what": 1}}, "conventions"),
    ],
)
def test_what_is_wrong_is_named(changes, named):
    with pytest.raises(SourceDefinitionError, match=named):
        parse(changed(**changes), "scheduling.yaml")


def test_a_feed_may_have_an_owner_and_a_lag_of_its_own():
    feeds = {
        "appointment": {"expected_by": "05:30", "owner_team": "billing", "allowed_lag_days": 2}
    }
    feed = parse(changed(feeds=feeds), "scheduling.yaml").feeds["appointment"]
    assert (feed.owner_team, feed.expected_by, feed.allowed_lag_days) == ("billing", time(5, 30), 2)


def test_volume_is_the_catalogues_unless_the_source_knows_better():
    told = {"task": {"expected_by": "03:00"}, "patient": {"expected_by": "03:00"}}
    ehr = yaml.safe_load((DEFINITIONS / "ehr.yaml").read_text()) | {"feeds": told}
    assert {f.name: f.volume for f in parse(ehr, "ehr.yaml").feeds.values()} == {
        "task": "asked",
        "patient": "usual",
    }
    told["task"]["volume"] = "usual"
    assert parse(ehr, "ehr.yaml").feeds["task"].volume == "usual"


def test_a_type_without_output_is_late_unless_somebody_says_otherwise():
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
        ({"omitted_types": "fresh"}, "'fresh' is not one of"),
    ],
)
def test_only_an_export_leaves_types_out(changes, named):
    with pytest.raises(SourceDefinitionError, match=named):
        parse(changed(**changes), "scheduling.yaml")


def test_an_unknown_source_and_a_folder_of_ones_own(tmp_path):
    with pytest.raises(SourceDefinitionError, match="no definition of a source 'moon'"):
        definition("moon")
    (tmp_path / "scheduling.yaml").write_text(yaml.safe_dump(RAW))
    assert definitions.source_names(tmp_path) == ["scheduling"]
    assert definition("scheduling", tmp_path).folder == "outbox"


def test_addresses_hide_their_secrets():
    address = Address(
        "ehr", host="h", port=8, path="/fhir/", password="hush", extra={"private_key": "hush"}
    )
    assert address.base_url == "http://h:8/fhir"
    assert "hush" not in repr(address)
    assert Address("ehr", extra={"base_url": "https://x/r4/"}).base_url == "https://x/r4"
    assert Address("ehr", host="h").base_url == "http://h"
