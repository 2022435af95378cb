"""A definition is written from a sample: every guess says what it was made from, and what is not known is asked."""

from __future__ import annotations

import random
import shlex
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from openpyxl import Workbook

from throughline.profiling.guessing import run
from throughline.sources.definitions import parse
from throughline.sources.source import SourceDefinition, SourceDefinitionError

FIRST = date(2026, 1, 20)


def appointments(rows: int = 60, form: str = "%m/%d/%Y") -> str:
    chance = random.Random(3)
    lines = ["Appt ID;Chart No;Date;Time;Status;Provider NPI;Remark"]
    for n in range(rows):
        day = (FIRST + timedelta(days=n // 2)).strftime(form)
        status = chance.choice(["booked", "SCH", "Arrived"])
        lines.append(f"A{n:04};00{n % 40:03};{day};{n % 9 + 1:02}:30 PM;{status};1234567893;x")
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


def guessed(
    folder: Path, text: str | bytes, name: str = "visits_20260306.csv", feed: str = ""
) -> str:
    sample = folder.parent / name
    sample.write_bytes(text.encode() if isinstance(text, str) else text)
    assert run.main(["office", str(sample), str(folder), "--feed", feed]) == 0
    return (folder / "sources" / "office.yaml").read_text("utf-8")


def definition(text: str) -> SourceDefinition:
    return parse(yaml.safe_load(text), "office.yaml")


def test_a_list_of_appointments(folder: Path) -> None:
    text = guessed(folder, appointments())
    said = yaml.safe_load(text)
    assert set(said["feeds"]) == {"appointment"}
    table = said["conventions"]["tables"]["office"]
    assert (table["files"], table["dated"]) == ("visits_*.csv", "visits_%Y%m%d.csv")
    assert (table["delimiter"], table["unused"]) == (";", ["Remark"])
    (record,) = table["records"]
    assert (record["key"], record["patient"]) == ("Appt ID", "Chart No")
    assert record["columns"]["starts_at"] == {
        "from": ["Date", "Time"], "join": " ", "moment": "%m/%d/%Y %I:%M %p"
    }  # fmt: skip
    # a code that is known needs no line; another one is asked, and refused until somebody says
    assert said["conventions"]["codes"] == {"appointment.status": {"SCH": "?"}}
    with pytest.raises(SourceDefinitionError, match=r"codes/appointment.status/SCH: there is no"):
        definition(text)
    # whose chart numbers they are, another table has to say
    with pytest.raises(SourceDefinitionError, match="the source has no feed patient"):
        definition(text.replace('SCH: "?"', "SCH: booked"))
    # no value of the sample stands in it, but for codes
    assert "1234567893" not in text
    assert "A0001" not in text


@pytest.mark.parametrize(
    ("days", "form"),
    [(["02/03/2026", "04/05/2026"], "?"), (["02/03/2026", "13/05/2026"], "%d/%m/%Y"), (["2026-02-03"], "%Y-%m-%d"),
     (["02/23/26"], "%m/%d/%y"), (["3.2.2026"], "%d.%m.%Y"), (["soon"], "?")],
)  # fmt: skip
def test_a_date_that_can_be_read_two_ways_is_asked(
    folder: Path, days: list[str], form: str
) -> None:
    lines = "".join(f"{n},Roe,Ann,{day}\n" for n, day in enumerate(days * 3))
    text = guessed(folder, f"MRN,Last Name,First Name,DOB\n{lines}", "patients.csv")
    (record,) = yaml.safe_load(text)["conventions"]["tables"]["office"]["records"]
    assert record["columns"]["birth_date"]["date"] == form
    if form == "?":
        with pytest.raises(
            SourceDefinitionError, match=r"birth_date/date: '[?]' is to be filled in"
        ):
            definition(text)
        text = text.replace('"?"', '"%d/%m/%Y"')
    assert definition(text).feeds.keys() == {"patient"}


def test_charges_with_claims_and_a_total(folder: Path) -> None:
    rows = "".join(
        f"C{n},V{n // 2},0{n % 7},02/{n + 10}/2026,99213,1,100.00,K{n // 2}\n" for n in range(12)
    )
    text = guessed(
        folder,
        f"Charge ID,Visit,Chart No,DOS,CPT,Units,Amount,Claim No\n{rows}Total,,,,,,1200.00,\n",
        "charges.csv",
    )
    said = yaml.safe_load(text)
    table = said["conventions"]["tables"]["office"]
    assert table["total"] == {"where": {"Charge ID": "Total"}, "sums": ["Amount"]}
    assert [record["feed"] for record in table["records"]] == ["charge_item", "claim"]
    assert table["records"][1]["lines"]["columns"] == {
        "code": "CPT",
        "charge": "Amount",
        "units": "Units",
    }
    with pytest.raises(SourceDefinitionError, match="the source has no feed patient"):
        definition(text)


def test_what_is_needed_and_not_there_is_asked(folder: Path) -> None:
    text = guessed(folder, "MRN,Last Name\n1,Roe\n2,Poe\n", "people.csv", feed="patient")
    with pytest.raises(SourceDefinitionError) as error:
        definition(text)
    told = str(error.value)
    assert "columns/birth_date: '?' is to be filled in" in told
    assert "columns/given: '?' is to be filled in" in told


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_the_encoding_is_found(folder: Path, encoding: str) -> None:
    content = "MRN,Last Name,First Name,DOB\n1,Muñoz,Ann,02/23/1950\n2,Roe,Bea,02/24/1950\n".encode(
        encoding
    )
    table = yaml.safe_load(guessed(folder, content, "p.csv"))["conventions"]["tables"]["office"]
    assert table.get("encoding", "utf-8") == encoding.removesuffix("-sig")


def test_a_workbook(folder: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for line in (["MRN", "Last Name", "First Name", "DOB"], ["001", "Roe", "Ann", "02/23/1950"]):
        book.active.append(line)
    path = folder.parent / "p.xlsx"
    book.save(path)
    text = guessed(folder, path.read_bytes(), "p.xlsx")
    assert yaml.safe_load(text)["conventions"]["tables"]["office"]["format"] == "xlsx"
    assert definition(text).feeds.keys() == {"patient"}


@pytest.mark.parametrize(
    ("name", "text", "feed", "told"),
    [
        ("Office", "MRN\n1\n", "", "write lower case letters"),
        ("office", "", "", "is no table"),
        ("office", "MRN\n", "", "has no rows"),
        ("office", "Colour,Size\nred,1\n", "", "are of no feed"),
        ("office", "MRN\n1\n", "weather", "no table can be read as it"),
    ],
)
def test_what_cannot_be_guessed_says_why(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, feed: str, told: str
) -> None:
    sample = folder.parent / "sample.csv"
    sample.write_text(text, "utf-8")
    assert run.main([name, str(sample), str(folder), "--feed", feed]) == 1
    assert told in capsys.readouterr().err
    assert not (folder / "sources").exists()


def test_a_definition_that_is_there_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    guessed(folder, appointments())
    assert run.main(["office", str(folder.parent / "visits_20260306.csv"), str(folder)]) == 1
    assert "is there" in capsys.readouterr().err


def people(above: str = "", below: str = "", mark: str = ",") -> str:
    """A list of four patients, three of them with a plan, with rows around it."""
    rows = [
        ("MRN", "Last Name", "First Name", "DOB", "Plan", "Member ID", "Room"),
        ("1", "Roe", "Ann", "02/23/1950", "State Medicaid", "M1", "a"),
        ("2", "Poe", "Bea", "02/24/1950", "Front Range Health", "M2", "a"),
        ("3", "Doe", "Cy", "02/25/1950", "Front Range Health", "M3", "b"),
        ("4", "Loe", "Di", "02/26/1950", "State Medicaid", "M4", "b"),
        ("5", "Foe", "Ed", "02/27/1950", "", "", "b"),
    ]
    return above + "".join(mark.join(row) + "\n" for row in rows) + below


TITLES = {
    "none": ("", 1),
    "one cell": ("Front Range Family Medicine: patients\n", 2),
    "with commas": ("Patients, printed 03/06/2026\n", 2),
    "two, and a blank row": ("Patients\nRun by:,Ann Lee\n\n", 4),
    "filled up": ("Patients of Ann Roe,,,,,,\n", 2),
    "as wide as the table, with a date": ("Run by,Ann,Lee,on,03/06/2026,at,noon\n", 2),
    "of two lines in quotes": ('"Patients\nof March"\n', 3),
}


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("mark", [",", ";"])
def test_rows_above_the_names_of_the_columns_are_no_names(
    folder: Path, title: str, mark: str
) -> None:
    above, header = TITLES[title]
    if mark != ",":
        above = above.replace(",,", mark * 2).replace(",", mark)
    text = guessed(folder, people(above, "Printed by Ann Lee\n", mark), "people.csv")
    table = yaml.safe_load(text)["conventions"]["tables"]["office"]
    assert (table.get("header", 1), table["footer"]) == (header, 1)
    assert table["unused"] == ["Room"]
    assert [record["feed"] for record in table["records"]] == ["patient", "coverage"]
    # of the rows around the table, and of its patients, nothing stands in it
    for word in ("Ann", "Lee", "Roe", "Printed", "Front Range Family"):
        assert word not in text


def test_a_title_of_a_workbook_is_no_name(folder: Path) -> None:
    book = Workbook()
    assert book.active is not None
    for line in people("Patients of March\n\n").splitlines():
        book.active.append(line.split(","))
    path = folder.parent / "p.xlsx"
    book.save(path)
    table = yaml.safe_load(guessed(folder, path.read_bytes(), "p.xlsx"))["conventions"]["tables"]
    assert (table["office"]["header"], table["office"]["unused"]) == (3, ["Room"])


def test_a_plan_is_looked_up_among_the_payers(folder: Path) -> None:
    text = guessed(folder, people(), "people.csv")
    record = yaml.safe_load(text)["conventions"]["tables"]["office"]["records"][1]
    assert record["when"] == {"Plan": {"not": ""}}
    payer = record["columns"]["payer_id"]
    assert payer == {
        "from": "Plan",
        "lookup": {"State Medicaid": "MCAID", "Front Range Health": "?"},
    }
    with pytest.raises(SourceDefinitionError, match="to be filled in"):
        definition(text)
    text = text.replace('"?"', "COMM1")
    assert definition(text).feeds.keys() == {"patient", "coverage"}


def test_a_plan_that_one_row_alone_has_is_not_shown(folder: Path) -> None:
    lines = (
        people() + "6,Moe,Flo,02/28/1950,Moe Trust,M6,b\n7,Noe,Gil,03/28/1950,State Medicaid,M7,b\n"
    )
    text = guessed(folder, lines, "p.csv")
    assert "Trust" not in text
    record = yaml.safe_load(text)["conventions"]["tables"]["office"]["records"][1]
    lookup = record["columns"]["payer_id"]["lookup"]
    assert lookup == {"State Medicaid": "MCAID", "Front Range Health": "?", "?": "?"}


def test_a_table_without_names_of_columns_is_refused_in_words(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = folder.parent / "people.csv"
    sample.write_text("".join(people().splitlines(keepends=True)[1:]), "utf-8")
    assert run.main(["office", str(sample), str(folder), "--feed", "patient"]) == 1
    said = capsys.readouterr().err
    assert "no row looks like the names of its columns" in said
    assert "header: 0" in said
    assert "Roe" not in said


def test_of_names_that_nobody_knows_none_is_written(folder: Path) -> None:
    text = guessed(folder, "Roe,Ann,Street\nPoe,Bea,Road\nDoe,Cy,Lane\n", "p.csv", feed="patient")
    assert "Roe" not in text
    assert "Ann" not in text


def test_names_of_columns_are_in_the_definition_what_they_are_in_the_file(folder: Path) -> None:
    names = [
        "Claim #",
        "Visit #",
        "%DOS",
        "Room: A",
        "yes",
        "null",
        "on",
        "#",
        "a, b",
        "- x",
        "{x}",
        "*",
    ]
    rows = "".join(",".join(["K1", "V1", "7", *"abcdefghi"]) + "\n" for _ in range(2))
    header = ",".join(f'"{name}"' for name in names)
    said = yaml.safe_load(guessed(folder, f"{header}\n{rows}", "c #1: %Y.csv", feed="claim"))
    (table,) = said["conventions"]["tables"].values()
    (record,) = table["records"]
    assert table["files"] == "c #1: %Y.csv"
    assert (record["key"], record["columns"]["encounter_id"]) == ("Claim #", "Visit #")
    assert record["columns"]["service_from"]["from"] == "%DOS"
    assert table["unused"] == names[3:]


@pytest.mark.parametrize("number", ["#", " #", " No.", " Number", " Num"])
def test_a_number_may_be_written_in_any_way(folder: Path, number: str) -> None:
    header = f"Patient{number},Last Name,First Name,DOB,Plan,Member{number}"
    rows = "1001,Roe,Ann,07/19/1941,Medicare,1EG4\n1002,Doe,Jon,01/30/1950,Medicare,1EG5\n"
    said = yaml.safe_load(guessed(folder, f"{header}\n{rows}", "patients.csv"))
    assert list(said["feeds"]) == ["patient", "coverage"]
    ((_, table),) = said["conventions"]["tables"].items()
    patient, coverage = table["records"]
    assert patient["key"] == coverage["patient"] == f"Patient{number}"
    assert coverage["columns"]["member_id"] == f"Member{number}"


@pytest.mark.parametrize("name", ["yes", "null", "off"])
def test_a_source_may_be_called_as_a_word_of_yaml(folder: Path, name: str) -> None:
    sample = folder.parent / "p.csv"
    sample.write_text(people(), "utf-8")
    assert run.main([name, str(sample), str(folder)]) == 0
    said = yaml.safe_load((folder / "sources" / f"{name}.yaml").read_text("utf-8"))
    assert (said["source"], said["connection"]) == (name, name)
    assert list(said["conventions"]["tables"]) == [name]


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["I10;E11.9", "I10"], ";"),
        (["25, 95", "25,59"], ","),
        (["25 95", "25"], " "),
        (["25;95", "25,59"], "?"),
        (["25 95", "25;59"], "?"),
        (["I10", "E11.9"], "?"),
        (["", ""], "?"),
    ],
)
def test_what_stands_between_the_entries_of_a_list_fits_all_cells_or_is_asked(
    folder: Path, cells: list[str], mark: str
) -> None:
    rows = "".join(f'C{n},V1,7,02/23/2026,99213,"{cell}"\n' for n, cell in enumerate(cells))
    text = guessed(
        folder, f"Charge ID,Visit,Chart No,DOS,CPT,Dx\n{rows}", "c.csv", feed="charge_item"
    )
    (record,) = yaml.safe_load(text)["conventions"]["tables"]["office"]["records"]
    assert record["columns"]["diagnoses"]["list"] == mark
    with pytest.raises(SourceDefinitionError) as error:
        definition(text)
    assert ("diagnoses/list: '?' is to be filled in" in str(error.value)) == (mark == "?")


@pytest.mark.parametrize(
    ("home", "cell", "taken"),
    [
        ("303555010", "", "Home Ph"),
        ("", "303555010", "Cell"),
        ("303555010", "303555011", "Home Ph"),
    ],
)
def test_of_two_columns_for_one_thing_the_fuller_one_is_taken(
    folder: Path, home: str, cell: str, taken: str
) -> None:
    rows = "".join(f"{n},Roe,Ann,02/23/195{n},{cell},{home}\n" for n in range(3))
    text = guessed(
        folder, f"Pt ID,Last,First,DOB,Cell,Home Ph\n{rows}9,Poe,Bea,02/24/1950,1,2\n", "p.csv"
    )
    table = yaml.safe_load(text)["conventions"]["tables"]["office"]
    assert table["records"][0]["columns"]["phone"] == taken
    assert table["unused"] == [{"Cell": "Home Ph", "Home Ph": "Cell"}[taken]]


def test_names_that_are_not_recognised_are_listed_also_without_a_key(folder: Path) -> None:
    text = guessed(
        folder, "Folio,Last,First,DOB,St\n1,Roe,Ann,02/23/1950,x\n", "p.csv", feed="patient"
    )
    assert yaml.safe_load(text)["conventions"]["tables"]["office"]["unused"] == ["Folio", "St"]


def test_the_commands_that_come_next_are_for_this_folder_also_with_a_blank(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "our practice"
    folder.mkdir()
    guessed(folder, people(), "people.csv")
    *_, first, then = capsys.readouterr().out.splitlines()
    assert [shlex.split(line)[-1] for line in (first, then)] == [f"DEFINITIONS={folder}"] * 2
