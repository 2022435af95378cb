"""Tables: what is wrong in their description, told with its place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.throughline.sources.test_tabular import PATIENT, SOURCE, TABLE, source
from throughline.profiling.guessing import example
from throughline.sources.definitions import parse
from throughline.sources.source import SourceDefinitionError

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"columns": {**PATIENT["columns"], "birth_date": "Born"}}, "birth_date/date: is missing; write the format"),
    ({"columns": {**PATIENT["columns"], "birth_date": {"from": "Born", "date": "?"}}},
     "birth_date/date: '?' is to be filled in"),
    ({"columns": {**PATIENT["columns"], "birth_date": {"from": "Born", "date": "%m/%Y"}}}, "does not say a day"),
    ({"columns": {**PATIENT["columns"], "birth_date": {"from": "Born", "date": "%m/%d/%y"}}},
     "birth_date/pivot: is missing"),
    ({"columns": {**PATIENT["columns"], "born": "Born"}}, "columns/born: patient has no such column; write one of"),
    ({"columns": {"family": "Name"}}, "columns/given: is missing; write where it is read"),
    ({"columns": {**PATIENT["columns"], "mrn": {"from": ["Id", "Name"]}}}, "mrn/join: is missing"),
    ({"columns": {**PATIENT["columns"], "mrn": {"from": "Id", "constant": "x"}}}, "write from or constant"),
    ({"columns": {**PATIENT["columns"], "is_active": "Id"}}, "is_active/flag: is missing"),
    ({"columns": {**PATIENT["columns"], "mrn": {"from": "Id", "date": "%Y"}}},
     "mrn/date: does not apply to a text"),
    ({"patient": "Id"}, "patient: a record of patient has none, or is one itself; leave it out"),
    ({"lines": {"columns": {"code": "Id"}}}, "lines: a record of patient has none; leave it out"),
    ({"covers": {"column": "birth_date", "days_back": 1, "days_ahead": 1}}, "covers: applies only to absent: deleted"),
    ({"colums": {}}, "colums: there is no such field; did you mean columns?"),
    ({"feed": "weather"}, "feed: no table can be read as 'weather'"),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "told"), WRONG, ids=[told for _, told in WRONG])
def test_a_mistake_is_told_with_its_place(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(SourceDefinitionError) as error:
        source(PATIENT | changed)
    (line,) = [line for line in str(error.value).splitlines() if told in line]
    assert line.startswith("reports.yaml: ")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"order": "position"}, "order: applies only to changes"),
        ({"delivers": "changes"}, "absent: applies only to a snapshot"),
        ({"dated": "patients.csv"}, "dated: 'patients.csv' has no date"),
        ({"dated": "p_%Y%m%d_%Y.csv"}, "dated: 'p_%Y%m%d_%Y.csv' says %Y twice; write each part"),
        ({"sheet": "One"}, "sheet: applies only to format: xlsx"),
        ({"query": "select 1"}, "query: applies only to transport: sql"),
        ({"header": 0}, "columns: is missing; write the names of the columns"),
        ({"unused": ["name"]}, "unused: 'name' is used below"),
        ({"total": {"where": {"Id": "T"}}}, "total/sums: is missing"),
        ({"zone": "Denver"}, "zone: there is no zone 'Denver'"),
    ],
)
def test_a_mistake_of_a_table_is_told(table: dict[str, Any], told: str) -> None:
    with pytest.raises(SourceDefinitionError) as error:
        source(**table)
    assert f"reports.yaml: conventions/tables/table/{told}" in str(error.value)


@pytest.mark.parametrize(
    ("form", "parts"),
    [
        ("%Y-%m-%d %H:%M:%S %H:%M", "%H, %M"),
        ("%m/%d/%Y %d", "%d"),
        ("%x %d", "a part"),
        ("%Y-%m-%d %%H%%H %H:%M", ""),
    ],
)
@pytest.mark.parametrize("key", ["moment", "date"])
def test_a_part_of_a_date_that_a_format_says_twice_is_told(form: str, parts: str, key: str) -> None:
    changed = {"deceased_at": {"from": "Died", key: form}}
    told = ""
    try:
        source(PATIENT | {"columns": PATIENT["columns"] | changed})
    except SourceDefinitionError as error:
        told = str(error)
    place = f"reports.yaml: conventions/tables/table/records/0/columns/deceased_at/{key}"
    wanted = f"{place}: {form!r} says {parts} twice; write each part of a date once"
    assert told == (wanted if parts else "")


COVERAGE: dict[str, Any] = {
    "feed": "coverage", "key": "Id", "patient": "Id",
    "columns": {"status": {"constant": "active"}, "payer_id": {"constant": "MEDB1"}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("column", "said", "told"),
    [
        ("type_code", {"from": "P", "lookup": {"PEIA": "3X"}}, "lookup: '3X', for which 'PEIA' stands, cannot stand"),
        ("type_code", {"from": "P", "lookup": {"PEIA": "9"}}, "lookup: '9', for which 'PEIA' stands, cannot stand"),
        ("type_code", {"from": "P", "lookup": {"PEIA": "511", "Medicare": "12", "none": None}}, ""),
        ("type_code", {"from": "P", "lookup": {"PEIA": 5}}, ""),
        ("type_code", {"constant": "3X"}, "constant: '3X' cannot stand there: there is no such word; "),
        ("status", {"from": "P", "lookup": {"on": "actve"}}, "there is no such word; did you mean active?"),
        ("status", {"from": "P", "lookup": {"": "active"}}, "lookup: '' is never looked up"),
        ("status", {"from": "P", "lookup": {"n/a": "active"}}, "lookup: 'n/a' is never looked up"),
        ("status", {"from": "P", "lookup": {"x": ""}}, "it is empty; write null for nothing"),
        ("status", {"from": "P", "lookup": {"x": "Own"}}, ""),
        ("coverage_order", {"from": "P", "lookup": {"first": "one"}}, "not a number as declared"),
        ("coverage_order", {"from": "P", "lookup": {"first": 1}}, ""),
        ("starts_on", {"from": "P", "date": "%m/%d/%Y", "lookup": {"always": "2001-01-01"}}, "not a date as %m/%d/%Y"),
        ("starts_on", {"from": "P", "date": "%m/%d/%Y", "lookup": {"always": "01/01/2001"}}, ""),
        ("is_qmb", {"from": "P", "lookup": {"Q": True, "-": False, "x": None}}, ""),
        ("is_qmb", {"from": "P", "flag": {"yes": ["Y"], "no": ["N"]}, "lookup": {"Q": "W"}}, "neither of the words"),
        ("relationship", {"from": "P", "lookup": {"me": "whatever the system says"}}, ""),
    ],
)  # fmt: skip
def test_a_word_of_a_lookup_is_one_that_its_column_can_hold(
    column: str, said: Any, told: str
) -> None:
    record = COVERAGE | {"columns": COVERAGE["columns"] | {column: said}}
    tables = {"table": TABLE | {"records": [PATIENT, record], "empty": ["n/a"]}}
    feeds = {feed: {"expected_by": "03:00"} for feed in ("patient", "coverage")}
    own = {"coverage.status": {"Own": "active"}}
    given: dict[str, Any] = {"feeds": feeds, "conventions": {"tables": tables, "codes": own}}
    found = ""
    try:
        parse(SOURCE | given, "reports.yaml")
    except SourceDefinitionError as error:
        found = str(error)
    place = f"reports.yaml: conventions/tables/table/records/1/columns/{column}/"
    assert found.startswith(place if told else "")
    assert told in found
    assert bool(found) == bool(told)
    assert "\n" not in found


def test_a_list_has_no_lookup() -> None:
    said: dict[str, Any] = {**example.record("charge_item")}
    modifiers = {"modifiers": {"from": "M", "lookup": {"a": "b"}}}
    charge = said | {"columns": said["columns"] | modifiers}
    with pytest.raises(SourceDefinitionError, match="modifiers/lookup: does not apply to a list"):
        source(charge)


def test_all_that_is_wrong_is_told_at_once() -> None:
    columns = {"family": {"from": ["A", "B"]}, "given": "G", "birth_date": "Born", "sexx": "S"}
    with pytest.raises(SourceDefinitionError) as error:
        source(PATIENT | {"columns": columns}, zone="X", footer=1, dated="x")
    told = [
        line.removeprefix("reports.yaml: conventions/tables/table/")
        for line in str(error.value).splitlines()
    ]
    assert [line.partition(":")[0] for line in told] == [
        "dated", "records/0/columns/birth_date/date", "records/0/columns/family/join", "records/0/columns/sexx",
        "zone",
    ]  # fmt: skip


def of_nobody(feed: str, **columns: Any) -> str:
    """Return what is told of a source whose only table names patients, and that has no list of them."""
    said: dict[str, Any] = {**example.record(feed), "patient": "patient_id"}
    said["columns"] = {**said["columns"], **columns}
    for name, value in columns.items():
        if value is None:
            del said["columns"][name]
    try:
        parse(
            {
                **SOURCE,
                "feeds": {feed: {"expected_by": "03:00"}},
                "conventions": {
                    "tables": {
                        "table": {"delivers": "snapshot", "absent": "kept", "records": [said]}
                    }
                },
            },
            "reports.yaml",
        )
    except SourceDefinitionError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("feed", "columns", "is_told"),
    [
        ("communication", {}, True),
        ("charge_item", {}, True),
        ("claim", {"member_id": None}, True),
        ("claim", {"member_id": None, "medical_record_number": "Chart"}, False),
        ("appointment", {"mrn": None}, True),
        ("appointment", {}, False),
        ("payment_notice", {}, False),
    ],
)
def test_a_number_of_which_nobody_says_whose_it_is_is_refused(
    feed: str, columns: dict[str, Any], is_told: bool
) -> None:
    told = of_nobody(feed, **columns)
    assert ("records/0/patient: nobody would be found by it" in told) == is_told
    assert is_told or not told
