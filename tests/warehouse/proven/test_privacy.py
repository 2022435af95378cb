"""The search for patients finds what is planted, in files and in a database, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stack import postgres
from tests.night import privacy
from throughline import warehouse

PERSON = {
    "patient": "pat-1",
    "mrn": "L100001",
    "family": "Okafor",
    "given": "Maria",
    "birth_date": "1950-02-03",
    "phone": "5855550142",
    "payers": [["original_medicare", "MEDB1", "3PA1AA1AA11", "2023-01-01", 1, False]],
}


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    folder = tmp_path / "truth"
    folder.mkdir()
    (folder / "persons.jsonl").write_text(json.dumps(PERSON) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("row 7: Maria Okafor was refused", "name"),
        ("PID|1||x||OKAFOR^MARIA||", "name"),
        ("NM1*IL*1*OKAFOR*MARIA*", "name"),
        ('{"id": "L100001"}', "number"),
        ("tel:(585) 555-0142", "phone"),
        ("call 585-555-0142", "phone"),
        ("NM1*IL*1*X*Y****MI*3PA1AA1AA11~", "member"),
        ("member 3pa1aa1aa11 is unknown", "member"),
        ("DMG*D8*19500203*F", "birth date"),
        ('"birthDate": "1950-02-03"', "birth date"),
    ],
)
def test_it_finds_a_patient_in_a_file(truth: Path, tmp_path: Path, text: str, kind: str) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    # Across the border of two chunks, where a search by pieces would miss it.
    (logs / "task.log").write_text(" " * ((1 << 20) - 25) + text + "\n", encoding="utf-8")
    leaks = privacy.find_leaks(truth, [logs], [])
    assert {leak.kind for leak in leaks} == {kind}
    assert {leak.place for leak in leaks} == {"persons.jsonl:1"}


def test_it_leaves_numbers_and_halves_of_names_alone(truth: Path, tmp_path: Path) -> None:
    log = tmp_path / "task.log"
    log.write_text(
        "Maria ran; okafor; L1000011; 58555501423; 1950-02-031; L10000", encoding="utf-8"
    )
    assert privacy.find_leaks(truth, [log], []) == []


def test_it_finds_a_patient_in_any_column_of_a_database(
    truth: Path, server: postgres.Server
) -> None:
    dsn = server.dsn("airflow", "airflow")
    with warehouse.connect(dsn) as conn:
        conn.execute("create table xcom (key text, value jsonb, pickle bytea, at date)")
        assert privacy.find_leaks(truth, [], [dsn]) == []
        conn.execute('insert into xcom (value) values (\'{"deep": ["L100001"]}\')')
        conn.execute("insert into xcom (pickle) values ('\\x00'::bytea || 'Okafor, Maria'::bytea)")
        conn.execute("insert into xcom (at) values ('1950-02-03')")
        conn.commit()
    try:
        leaks = privacy.find_leaks(truth, [], [dsn])
    finally:
        with warehouse.connect(dsn) as conn:
            conn.execute("drop table xcom")
    assert {leak.kind for leak in leaks} == {"name", "number", "birth date"}
    assert {leak.found_in for leak in leaks} == {"public.xcom"}


def test_it_looks_only_into_the_tables_that_it_is_given(
    truth: Path, server: postgres.Server
) -> None:
    dsn = server.dsn("airflow", "airflow")
    with warehouse.connect(dsn) as conn:
        for name in ("patients", "verdicts"):
            conn.execute(f"create table {name} (detail jsonb)".encode())
            conn.execute(f"insert into {name} values ('[\"Maria Okafor\"]')".encode())
        conn.commit()
    try:
        leaks = privacy.find_leaks(truth, [], [], tables=[(dsn, ["public.verdicts"])])
        assert privacy.rows_of(dsn, ["public.patients"]) == {"public.patients": 1}
    finally:
        with warehouse.connect(dsn) as conn:
            conn.execute("drop table patients, verdicts")
    assert [leak.found_in for leak in leaks] == ["public.verdicts"]


def test_a_truth_that_names_nobody_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "visits.jsonl").write_text('{"visit": 1}\n', encoding="utf-8")
    with pytest.raises(AssertionError):
        privacy.find_leaks(tmp_path, [], [])
