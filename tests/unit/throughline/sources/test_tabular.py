"""Tables: how a file is taken apart, and how a cell becomes a value."""

from __future__ import annotations

import codecs
import gzip
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throughline.sources.definitions import SourceDefinition, parse
from throughline.sources.records import Fault, FileRefusedError
from throughline.sources.standard import Contents, File
from throughline.sources.table import StagedRow
from throughline.sources.tabular.standard import STANDARD
from throughline.transports.files import RemoteFile

MADE = datetime(2026, 3, 3, 2, tzinfo=UTC)
SOURCE: dict[str, Any] = {
    "source": "reports",
    "title": "Reports",
    "standard": "tabular",
    "transport": "folder",
    "connection": "reports",
    "owner_team": "billing",
    "time_zone": "America/Denver",
}
PATIENT: dict[str, Any] = {
    "feed": "patient",
    "key": "Id",
    "columns": {
        "family": "Name",
        "given": "Name",
        "birth_date": {"from": "Born", "date": "%m/%d/%Y"},
    },
}
TABLE: dict[str, Any] = {"files": "*", "delivers": "snapshot", "absent": "kept", "records": [PATIENT]}  # fmt: skip
HEADER = "Id,Name,Born\n"


def source(*records: dict[str, Any], **table: Any) -> SourceDefinition:
    """A source with one table; `records` replace the one of patients."""
    found = TABLE | table
    if records:
        found["records"] = list(records)
    tables = {"table": found}
    if all(record["feed"] != "patient" for record in found["records"]):
        # whose the numbers are that the records name
        tables["people"] = TABLE | {"files": "people.csv"}
    feeds = {record["feed"] for table in tables.values() for record in table["records"]}
    said = {
        "feeds": {feed: {"expected_by": "03:00"} for feed in feeds},
        "conventions": {"tables": tables},
    }
    return parse(SOURCE | said, "reports.yaml")


def with_columns(**columns: Any) -> SourceDefinition:
    """Patients with other columns."""
    return source(PATIENT | {"columns": PATIENT["columns"] | columns})


def scan(content: bytes | str, about: SourceDefinition, name: str = "a.csv") -> Contents:
    raw = content.encode() if isinstance(content, str) else content
    stream = io.BufferedReader(io.BytesIO(raw))
    return STANDARD.scan(stream, RemoteFile(name, len(raw), MADE), about)


def found(
    content: bytes | str, about: SourceDefinition, feed: str = "patient", name: str = "a.csv"
) -> list[StagedRow | Fault]:
    raw = content.encode() if isinstance(content, str) else content
    stream = io.BufferedReader(io.BytesIO(raw))
    file = File(uuid4(), name, Path(name), MADE, tuple(about.feeds))
    return list(STANDARD.read(stream, file, feed, about))


def rows(
    content: bytes | str, about: SourceDefinition, feed: str = "patient"
) -> list[dict[str, Any]]:
    """The records as columns to values, with their id; no row may be at fault."""
    table = next(iter(STANDARD.columns(feed)))
    names = STANDARD.columns(feed)[table]
    told = []
    for one in found(content, about, feed):
        assert isinstance(one, StagedRow), one
        told.append({"id": one.source_id, **dict(zip(names, one.values or (), strict=True))})
    return told


def faults(
    content: bytes | str, about: SourceDefinition, feed: str = "patient"
) -> list[tuple[int, str]]:
    return [
        (f.row, f.reason)
        for f in found(content, about, feed)
        if isinstance(f, Fault) and f.severity == "row"
    ]


# --- taking a file apart


@pytest.mark.parametrize(
    ("content", "table"),
    [
        (HEADER + "1,Ann,02/03/1950\n", {}),
        (codecs.BOM_UTF8 + (HEADER + "1,Ann,02/03/1950").encode(), {}),
        ((HEADER + "1,Ann,02/03/1950\r\n").encode("utf-16"), {"encoding": "utf-16"}),
        (HEADER.replace(",", ";") + "1;Ann;02/03/1950\n", {"delimiter": ";"}),
        (HEADER.replace(",", "\t") + "1\tAnn\t02/03/1950\n", {"format": "tsv"}),
        ("Report of March\n\n" + HEADER + "1,Ann,02/03/1950\n", {"header": 3}),
        ("1,Ann,02/03/1950\n", {"header": 0, "columns": ["Id", "Name", "Born"]}),
        (HEADER + "1,Ann,02/03/1950\n\n,,\nprinted by ann\n", {"footer": 1}),
        ("About,,\nId,Name,Born\n1,Ann,02/03/1950\n", {"header": 2}),
        (" id , NAME,Born,,\n1,Ann,02/03/1950,,\n", {}),
    ],
    ids=["plain", "bom", "utf-16", "semicolon", "tab", "title", "no header", "footer", "group", "blanks"],
)  # fmt: skip
def test_a_file_of_any_shape(content: bytes | str, table: dict[str, Any]) -> None:
    about = source(**table)
    assert [(r["id"], r["family"], r["birth_date"]) for r in rows(content, about)] == [
        ("1", "Ann", "1950-02-03")
    ]
    assert scan(content, about).feeds == {"patient": 1}


def test_names_of_two_header_rows_are_put_together() -> None:
    said = {
        "family": "Name Last",
        "given": "Name First",
        "birth_date": {"from": "Born", "date": "%Y"},
    }
    del said["birth_date"]
    record = PATIENT | {"columns": PATIENT["columns"] | said}
    content = ",Name,,\nId,Last,First,Born\n1,Roe,Ann,02/03/1950\n"
    record["columns"]["birth_date"] = {"from": "Name Born", "date": "%m/%d/%Y"}
    (row,) = rows(content, source(record, header=[1, 2]))
    assert (row["family"], row["given"]) == ("Roe", "Ann")


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-8", "utf-16"])
def test_letters_of_each_encoding(encoding: str) -> None:
    content = (HEADER + "1,Muñoz,02/03/1950\n").encode(encoding)
    assert rows(content, source(encoding=encoding))[0]["family"] == "Muñoz"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ((HEADER + "1,Muñoz,02/03/1950\n").encode("cp1252"), "encoding: not utf-8 from row 1 on"),
        (
            (HEADER + "1,Ann,02/03/1950\n").encode("utf-16"),
            "encoding: the file is utf-16, not utf-8",
        ),
        ("Id,Name\n1,Ann\n", "columns are missing: Born"),
        ("Id,Name,DOB\n1,Ann,x\n", "columns are missing: Born; new are DOB"),
        ("Ann Roe,02/03/1950\n", "columns are missing: Id, Name, Born"),
        ("Id,Name,Born,Born\n1,Ann,x,y\n", "columns stand twice: Born"),
        (b"", "there is no header in row 1"),
    ],
)
def test_a_file_that_is_refused_says_why(content: bytes | str, reason: str) -> None:
    with pytest.raises(FileRefusedError) as refused:
        scan(content, source())
    assert refused.value.reason == reason


def test_a_file_without_a_table_and_one_with_two() -> None:
    about = source(files="patients.csv")
    with pytest.raises(FileRefusedError, match="file_of_no_table"):
        scan(HEADER, about, "visits.csv")
    assert scan(HEADER, about, "Patients.CSV.gz").feeds == {"patient": 0}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,Ann", "2 cells, and not 3 as the header has"),
        ("1,Ann,02/03/1950,x", "4 cells, and not 3 as the header has"),
        ('1,"An"n,02/03/1950', "quotes that do not fit"),
    ],
)
def test_a_row_that_does_not_fit_is_a_fault_and_the_next_one_is_read(
    line: str, reason: str
) -> None:
    content = f"{HEADER}{line}\n2,Bea,02/03/1950\n"
    first, second = found(content, source())
    assert isinstance(first, Fault)
    assert (first.row, first.reason) == (2, reason)
    assert isinstance(second, StagedRow)
    assert (second.source_id, second.row_no) == ("2", 3)


def test_a_cell_with_line_ends_is_one_cell_and_rows_are_lines() -> None:
    content = HEADER + '1,"Ann\nRoe",02/03/1950\n2,Bea,02/33/1950\n'
    one, other = found(content, source())
    assert isinstance(one, StagedRow)
    assert one.values is not None
    assert one.values[1] == "Ann\nRoe"
    assert isinstance(other, Fault)
    assert other.row == 4


@pytest.mark.parametrize(
    "content",
    [HEADER + '1,Ann,02/03/1950\n2,"Bea,02/03', gzip.compress((HEADER + "1,Ann,02/03/1950\n" * 900).encode())[:-30]],
    ids=["within quotes", "packed"],
)  # fmt: skip
def test_a_file_that_broke_off_is_not_whole(content: bytes | str, tmp_path: Path) -> None:
    from throughline.sources.files import open_file

    path = tmp_path / "a.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with open_file(path) as stream:
        contents = STANDARD.scan(stream, RemoteFile("a.csv", 1, MADE), source())
    assert not contents.is_complete


# --- records


def test_a_row_that_no_record_takes_is_a_fault_unless_it_is_ignored() -> None:
    record = PATIENT | {"when": {"Name": {"not": ["", "TEST"]}}}
    content = HEADER + "1,Ann,02/03/1950\n2,test,02/03/1950\n"
    reason = "no record takes this row, and nothing says to ignore it"
    assert faults(content, source(record)) == [(3, reason)]
    assert faults(content, source(record, ignore=[{"Name": "Test"}])) == []


def test_two_records_of_a_row_have_row_numbers_of_their_own() -> None:
    columns = {"status": {"constant": "active"}, "payer_id": "P1"}
    first = {
        "feed": "coverage",
        "key": ["Id", {"constant": "1"}],
        "patient": "Id",
        "columns": columns,
    }
    second = first | {"key": ["Id", {"constant": "2"}], "columns": columns | {"payer_id": "P2"}}
    about = source(first, second)
    told = found("Id,P1,P2\n7,A,B\n", about, "coverage")
    assert [(r.source_id, r.row_no) for r in told if isinstance(r, StagedRow)] == [
        ("7|1", 2), ("7|2", 1_000_000_002)
    ]  # fmt: skip


def test_rows_of_one_record_that_differ_are_a_fault() -> None:
    record = {"feed": "practitioner", "one_per": "key", "key": "NPI",
              "columns": {"npi": "NPI", "is_billable": {"constant": True}, "family": "Name"}}  # fmt: skip
    content = "NPI,Name\n1,Roe\n1,Roe\n2,Poe\n2,Doe\n"
    one, other = found(content, source(record), "practitioner")
    assert isinstance(one, StagedRow)
    assert isinstance(other, Fault)
    assert (other.row, other.reason) == (4, "the rows of one record differ in family")


def test_changes_have_the_version_that_their_order_says() -> None:
    order = {"from": "Seen", "moment": "%m/%d/%Y %H:%M"}
    said = {k: v for k, v in TABLE.items() if k != "absent"} | {
        "delivers": "changes",
        "order": order,
    }
    made = parse(
        {
            "source": "reports", "title": "R", "standard": "tabular", "transport": "folder", "connection": "r1",
            "owner_team": "billing", "time_zone": "America/Denver", "feeds": {"patient": {"expected_by": "03:00"}},
            "conventions": {"tables": {"t": said}},
        },
        "reports.yaml",
    )  # fmt: skip
    content = (
        "Id,Name,Born,Seen\n1,Ann,02/03/1950,03/02/2026 10:00\n1,Anna,02/03/1950,03/02/2026 09:00\n"
    )
    versions = [r.source_version for r in found(content, made) if isinstance(r, StagedRow)]
    assert versions == ["2026-03-02T17:00:00+00:00", "2026-03-02T16:00:00+00:00"]


def test_the_date_in_a_name_says_up_to_when_a_file_is_complete() -> None:
    about = source(files="p_*.csv", dated="p_%Y%m%d.csv")
    assert scan(HEADER, about, "p_20260303.csv").made_at == MADE
    # it was written again much later, and is still the report of its day
    made = scan(HEADER, about, "p_20260301.csv").made_at
    assert made == datetime(2026, 3, 2, 9, 59, 59, tzinfo=UTC)
    with pytest.raises(FileRefusedError, match="file_without_a_date"):
        scan(HEADER, about, "p_new.csv")


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("Id #,Name,Born", 'columns are missing: Id; the file has "Id #": write it in quotes'),
        ("Id,Name # 2,Born #", 'missing: Name, Born; the file has "Name # 2", "Born #": write it in quotes'),
        ("Id-No,Name,Born", "columns are missing: Id; new are Id-No"),
        ("Id#,Name,Born", "columns are missing: Id; new are Id#"),
    ],
)  # fmt: skip
def test_a_name_that_yaml_cut_at_a_comment_says_that_quotes_are_missing(
    header: str, told: str
) -> None:
    with pytest.raises(FileRefusedError) as error:
        scan(f"{header}\n1,Ann,02/03/1950\n", source())
    assert told in str(error.value)


def test_new_columns_are_told() -> None:
    told = [f for f in found("Id,Name,Born,Room,Note\n1,Ann,02/03/1950,,\n", source(unused=["Note"]))
            if isinstance(f, Fault)]  # fmt: skip
    assert [(f.column, f.severity) for f in told] == [("Room", "warning")]


# --- whatever stands in it

_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=12)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(_CELL, min_size=1, max_size=5), max_size=6), st.sampled_from([",", ";", "\t"])
)
def test_every_row_of_any_file_is_a_record_or_a_fault(
    lines: list[list[str]], delimiter: str
) -> None:
    import csv

    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["Id", "Name", "Born"])
    for line in lines:
        writer.writerow(line)
    about = source(delimiter=delimiter)
    told = found(text.getvalue().encode("utf-8", "surrogatepass"), about)
    filled = [line for line in lines if any(cell.strip() for cell in line)]
    assert len(told) == len(filled)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for raw in (content, HEADER.encode() + content):
        try:
            for one in found(raw, source()):
                assert isinstance(one, StagedRow | Fault)
        except FileRefusedError:
            continue
