"""An entry says all its parts, and nothing that is not known."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from throughline.sources import catalogue
from throughline.sources.entry import CatalogueError, Entry, Follows, Table

PARTS = [part.name for part in dataclasses.fields(Entry)]
CLAIM = catalogue.entry("claim")


@pytest.mark.parametrize("feed", catalogue.FEEDS, ids=lambda feed: feed.name)
def test_an_entry_without_one_of_its_parts_is_refused(feed: Entry) -> None:
    for part in PARTS:
        said = {name: getattr(feed, name) for name in PARTS if name != part}
        named = "a feed" if part == "name" else feed.name
        with pytest.raises(CatalogueError, match=f"^{named}: {part}: is missing"):
            Entry(**said)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"standards": ("pigeon",)}, "standards: 'pigeon' is not known"),
        ({"subject": "somebody"}, "subject: 'somebody' is not known"),
        ({"links": ("claim", "name")}, "links: 'name' is not known"),
        ({"volume": "much"}, "volume: 'much' is not known"),
        ({"version": "none"}, "version: 'none' is not known"),
        ({"tables": ()}, "tables: is missing"),
        ({"links": ()}, "links: must include claim, which identifies its subject"),
        ({"tables": CLAIM.tables[1:]}, "tables: the first one must count the rows"),
        (
            {"tables": (Table("claim", follows=Follows("remittance", "claim_id")),)},
            "tables: claim follows none of them",
        ),
    ],
)
def test_what_an_entry_cannot_mean_is_refused(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(CatalogueError, match=f"^claim: {named}"):
        dataclasses.replace(CLAIM, **changes)


@pytest.mark.parametrize("feed", catalogue.FEEDS, ids=lambda feed: feed.name)
def test_a_subject_that_an_identifier_names_cannot_lose_it(feed: Entry) -> None:
    if feed.subject in ("self", "record_number", "member", "claim"):
        with pytest.raises(CatalogueError, match=f"^{feed.name}: links: "):
            dataclasses.replace(feed, links=())


def test_feeds_are_found_by_name_and_by_standard() -> None:
    assert len(set(catalogue.names())) == len(catalogue.FEEDS)
    assert catalogue.entry("claim") in catalogue.read_by("fhir")
    assert catalogue.entry("claim") in catalogue.read_by("x12")
    assert [feed.name for feed in catalogue.read_by("hl7v2")] == [
        "patient",
        "encounter",
        "document_reference",
        "charge_item",
        "appointment",
    ]
    with pytest.raises(catalogue.UnknownFeed, match="'moon'"):
        catalogue.entry("moon")
