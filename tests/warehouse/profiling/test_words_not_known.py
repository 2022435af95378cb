"""The words and codes of a report that its lookups and our lists do not know: told before the first night."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from throughline import warehouse
from throughline.profiling import page, text, words
from throughline.profiling.profile import profile
from throughline.profiling.shapes import SourceProfile
from throughline.sources import definition

DESK = """
source: desk
title: Front desk
standard: tabular
transport: folder
connection: desk
owner_team: front_desk
time_zone: America/Denver
feeds:
  patient: {expected_by: "03:00"}
  coverage: {expected_by: "03:00"}
  appointment: {expected_by: "03:00"}
  practitioner: {expected_by: "03:00"}
conventions:
  codes: {appointment.status: {KEPT: fulfilled}}
  tables:
    patients:
      files: "patients*.csv"
      delivers: snapshot
      absent: kept
      records:
        - feed: patient
          key: Id
          columns: {family: Last, given: First, birth_date: {from: Born, date: "%m/%d/%Y"}}
        - feed: coverage
          key: Id
          patient: Id
          columns:
            status: {constant: active}
            payer_id: {from: Plan, lookup: {Front Range Health: COMM1, Medicare: MEDB1}}
    visits:
      files: "visits*.csv"
      delivers: snapshot
      absent: kept
      records:
        - feed: appointment
          key: Visit
          patient: Id
          columns:
            status: Status
            starts_at: {from: Day, moment: "%m/%d/%Y %H:%M"}
    doctors:
      files: "doctors*.csv"
      delivers: snapshot
      absent: kept
      records:
        - feed: practitioner
          key: Npi
          columns:
            npi: Npi
            is_billable: {from: Degree, lookup: {MD: true, RN: false}}
"""

PATIENTS = [
    "1,Roe,Ann,07/19/1931,Front Range Health",
    "2,Doe,Jon,01/02/1950,  front range HEALTH  ",
    "3,Yew,Eve,01/02/1950,",
    "4,Fir,Kit,01/02/1950,   ",
    "5,Oak,Max,01/02/1950,Larkspur Mutual",
    "6,Elm,Ida,01/02/1950,LARKSPUR MUTUAL ",
    "7,Ash,Leo,01/02/1950,Roe Ann",
    "8,Box,Amy,01/02/1950,says she will bring her card next week or so",
    "9,Bay,Tom,01/02/1950,MEDICARE",
    "10,Fig,Sue,01/02/1950,COMM1",
]
VISITS = ["a,1,08/03/2026 09:00,booked", "b,2,08/03/2026 09:00,Kept ", "c,3,08/03/2026 09:00,Q7"]
DOCTORS = ["1234567893,MD", "1114567892,rn ", "1224567890,DPT", "1334567898,"]
FILES = {
    "patients.csv": ["Id,Last,First,Born,Plan", *PATIENTS],
    "visits.csv": ["Visit,Id,Day,Status", *VISITS],
    "doctors.csv": ["Npi,Degree", *DOCTORS],
}


@pytest.fixture(scope="module")
def found(
    kept_warehouse: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> SourceProfile:
    own, folder = tmp_path_factory.mktemp("own"), tmp_path_factory.mktemp("folder")
    (own / "sources").mkdir()
    (own / "sources" / "desk.yaml").write_text(DESK)
    for name, rows in FILES.items():
        (folder / name).write_text("\n".join(rows) + "\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("THROUGHLINE_DEFINITIONS", str(own))
        of = replace(definition("desk"), transport="folder")
        root = tmp_path_factory.mktemp("root")
        with warehouse.connect(kept_warehouse(), loading=True) as conn:
            p = profile(conn, of, folder, date(2026, 9, 3), root, "a folder")
            conn.rollback()
    return p


def finding(p: SourceProfile, about: str, of: str) -> str:
    return next(
        one.text for one in words.findings(p) if one.about == about and one.text.startswith(of)
    )


def test_a_payer_that_the_lookup_lacks_is_named_with_its_rows(found: SourceProfile) -> None:
    told = finding(found, "coverage", "payer_id has")
    # in which case a word is written, and with which blanks, does not matter; an empty cell is no word
    assert told.startswith("payer_id has 4 codes without a meaning here: LARKSPUR MUTUAL (1), ")
    assert (
        "Larkspur Mutual (1) and 2 more; first in patients.csv, row 8, and in patients.csv, row 9"
        in told
    )
    assert (
        "write what each means under conventions/tables/patients/records/1/columns/payer_id/lookup of "
        in told
    )
    assert told.endswith("/sources/desk.yaml")


def test_what_may_be_a_name_or_a_sentence_is_not_shown(found: SourceProfile) -> None:
    for said in (text.render(found), page.render(found)):
        assert "Larkspur Mutual" in said
        assert "Roe" not in said
        assert "her card" not in said


def test_a_word_of_no_list_is_named_and_what_the_source_maps_is_not(found: SourceProfile) -> None:
    told = finding(found, "appointment", "status has")
    assert told.startswith("status has 1 code without a meaning here: Q7 (1); write what each")
    assert "under conventions/codes/appointment.status of " in told


def test_a_word_for_which_a_row_is_set_aside_is_named(found: SourceProfile) -> None:
    told = finding(found, "", "doctors Degree has")
    assert told.startswith("doctors Degree has 1 code without a meaning here: DPT (1); write what")
    assert "conventions/tables/doctors/records/0/columns/is_billable/lookup of " in told


def test_a_column_with_none_of_the_words_of_its_lookup_shows_nothing(
    kept_warehouse: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path / "own"))
    (tmp_path / "own" / "sources").mkdir(parents=True)
    (tmp_path / "own" / "sources" / "desk.yaml").write_text(DESK)
    (tmp_path / "folder").mkdir()
    said = "Id,Last,First,Born,Plan\n1,Roe,Ann,07/19/1931,Bartholomew Quill\n"
    (tmp_path / "folder" / "patients.csv").write_text(said)
    of = replace(definition("desk"), transport="folder")
    with warehouse.connect(kept_warehouse(), loading=True) as conn:
        p = profile(conn, of, tmp_path / "folder", date(2026, 9, 3), tmp_path, "a folder")
        conn.rollback()
    assert "1 code without a meaning here: 1 not shown; first in patients.csv, row 2" in finding(
        p, "coverage", "payer_id has"
    )
    assert "Bartholomew" not in text.render(p)
