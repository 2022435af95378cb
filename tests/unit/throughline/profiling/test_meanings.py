"""The code maps of a column are those that the statements of `sql/evidence/` ask."""

from __future__ import annotations

import re

import pytest

from throughline.profiling.meanings import CODE_MAPS, CODED, CodeMap, Meanings, kind_of
from throughline.sources import catalogue
from throughline.warehouse.sql import ROOT

# What the functions of the schema ask, by the place of their arguments.
FUNCTIONS = {
    "facility_class": (("facility_by_class",), ("facility_by_type",)),
    "payer_class": (
        ("payer_class_by_type",),
        ("payer_class_by_filing",),
        ("payer_class_by_payer",),
    ),
}


def asked() -> dict[tuple[str, str], set[str]]:
    """Return the maps that the statements of each table's facts ask, by table and column."""
    found: dict[tuple[str, str], set[str]] = {}
    for file in (ROOT / "evidence").glob("*.sql"):
        text = file.read_text(encoding="utf-8")
        for name, column in re.findall(r"evidence\.mapped\(\s*'(\w+)',[^,]+,\s*r\.(\w+)", text):
            found.setdefault((file.stem, column), set()).add(name)
        for function, maps in FUNCTIONS.items():
            for arguments in re.findall(rf"evidence\.{function}\(([^)]*)\)", text):
                for argument, of in zip(arguments.split(","), maps, strict=True):
                    if argument.strip().startswith("r."):
                        key = (file.stem, argument.strip()[2:])
                        found.setdefault(key, set()).update(of)
    return found


def test_every_map_that_is_asked_is_told() -> None:
    assert len(asked()) > 5
    assert {key: set(one.maps) for key, one in CODE_MAPS.items()} == asked()


@pytest.mark.parametrize("one", CODE_MAPS.values(), ids=str)
def test_every_map_is_there(one: CodeMap) -> None:
    from throughline.vocabulary.codes import code_rows

    assert set(one.maps) <= {row[0] for row in code_rows()}


def test_a_code_means_what_its_map_says() -> None:
    of = Meanings().of
    disposition = CODE_MAPS["encounter", "discharge_disposition_code"]
    assert of(disposition, "http://example.org/any", "01") == "home"
    assert of(disposition, None, "999") is None


def test_a_payer_type_is_known_by_its_first_characters() -> None:
    of = Meanings().of
    by_type = CODE_MAPS["coverage", "type_code"]
    assert of(by_type, None, "1299") == of(by_type, None, "1") is not None
    assert of(CodeMap(by_type.maps), None, "1299") is None


@pytest.mark.parametrize(
    ("column", "data_type", "kind"),
    [
        ("status", "text", "code"),
        ("diagnoses", "ARRAY", "code"),
        ("birth_date", "date", "birth date"),
        ("starts_at", "timestamp with time zone", "date"),
        ("amount", "numeric", "number"),
        ("is_active", "boolean", "flag"),
        ("family", "text", "text"),
        ("a_column_of_tomorrow", "text", "text"),
    ],
)
def test_a_column_is_told_by_name_and_type(column: str, data_type: str, kind: str) -> None:
    assert kind_of(column, data_type) == kind


def test_what_is_watched_for_new_words_is_told_as_coded() -> None:
    watched = {code.name for _, table in catalogue.tables() for code in table.codes}
    assert watched
    assert watched - CODED == set()


def test_a_field_goes_through_the_maps_for_which_it_is_watched() -> None:
    watched = {
        (table.name, code.name): code
        for _, table in catalogue.tables()
        for code in table.codes
        if (table.name, code.name) in CODE_MAPS
    }
    assert len(watched) > 5
    assert {key: code.maps for key, code in watched.items()} == {
        key: CODE_MAPS[key].maps for key in watched
    }
    assert {key: code.by_prefix for key, code in watched.items()} == {
        key: CODE_MAPS[key].by_prefix for key in watched
    }
