"""The dump of a night says all that the night left, and nothing of the clock on the wall."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.dump.sections import SECTIONS
from tests.dump.write import write
from tests.warehouse.clinic import Clinic, coverage, patient, stay
from throughline import tasks


@pytest.fixture
def lived(clinic: Clinic) -> Clinic:
    """Return a practice in which somebody came home and is to be called."""
    clinic.know(patient("p1"), coverage("p1"), stay("p1", "2026-07-01", "2026-07-06 11:00"))
    clinic.night("2026-07-06")
    tasks.plan(clinic.conn, clinic.seq, clinic.cut_off)
    return clinic


def texts(folder: Path) -> dict[str, str]:
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(folder.iterdir())}


def test_every_section_is_written_and_twice_the_same(lived: Clinic, tmp_path: Path) -> None:
    write(lived.conn, lived.seq, tmp_path / "one")
    write(lived.conn, lived.seq, tmp_path / "two")
    told = texts(tmp_path / "one")
    assert told == texts(tmp_path / "two")
    assert set(told) == {*SECTIONS, "numbers", "names"}
    for name in ("night", "freshness", "links", "facts", "cases", "stages", "tasks", "numbers"):
        assert told[name], name
    assert '"means": "person p1"' in told["names"]
    cases = [json.loads(line) for line in told["cases"].splitlines()]
    assert ("transitional_care", "contacted", "open") in [
        (case["workflow"], case["stage"], case["status"]) for case in cases
    ]


def test_a_stage_names_the_fact_that_proves_it(lived: Clinic, tmp_path: Path) -> None:
    lived.conn.execute(
        "update cases.stage set fact_id = (select fact_id from evidence.fact where kind = 'discharge')"
        " where stage = 'contacted' and case_id in ("
        "select case_id from cases.case_record where workflow = 'transitional_care')"
    )
    write(lived.conn, lived.seq, tmp_path)
    stages = [json.loads(line) for line in texts(tmp_path)["stages"].splitlines()]
    (proven,) = [stage["fact"] for stage in stages if stage["fact"]]
    assert proven["kind"] == "discharge"
    assert proven["source_ref"].startswith("encounter/")


def test_what_only_the_clock_on_the_wall_decides_is_left_out(lived: Clinic, tmp_path: Path) -> None:
    write(lived.conn, lived.seq, tmp_path)
    by_clock = {
        row[0]
        for row in lived.conn.execute(
            "select column_name from information_schema.columns"
            " where column_default like '%clock_timestamp%'"
        ).fetchall()
    }
    assert {"started_at", "decided_at"} <= by_clock
    for name, text in texts(tmp_path).items():
        for line in text.splitlines():
            assert not by_clock & set(json.loads(line)), name


def test_the_query_of_each_section_gives_the_columns_that_a_row_is_known_by(
    lived: Clinic, tmp_path: Path
) -> None:
    write(lived.conn, lived.seq, tmp_path)
    told = texts(tmp_path)
    for name, section in SECTIONS.items():
        rows = [json.loads(line) for line in told[name].splitlines()]
        assert all(set(section.keys) <= set(row) for row in rows), name
        assert len({tuple(str(row[key]) for key in section.keys) for row in rows}) == len(rows)
