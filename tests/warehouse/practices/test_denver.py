"""A practice in Denver, as it is in life: an EHR that exports US Core, SIU, X12 by SFTP, three reports. Two nights."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from psycopg import sql

from tests.practices.denver import stories, systems
from tests.practices.denver.house import House
from tests.practices.denver.seen import cases_of, exceptions_of
from tests.practices.denver.table import EXCEPTIONS, LISTS, TABLE
from throughline import warehouse
from throughline.practice import practice
from throughline.told.exceptions import tell
from throughline.told.exceptions.places import places

FIRST, SECOND = stories.NIGHTS
CALLS = "care_lists_calls_20260305.xlsx"


@dataclass
class Lived:
    """The practice after its nights, and what was seen after each."""

    house: House
    cases: dict[str, dict[str, str]] = field(default_factory=dict)
    exceptions: dict[str, dict[str, int]] = field(default_factory=dict)
    lists: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    logged: list[str] = field(default_factory=list)

    def look(self, name: str) -> None:
        """Keep what is seen after a night."""
        self.cases[name] = cases_of(self.house.rows)
        self.exceptions[name] = exceptions_of(self.house.rows)
        self.lists[name] = self.house.systems.named()


class _Kept(logging.Handler):
    """Keeps what is logged, each message with its error."""

    def __init__(self, into: list[str]) -> None:
        super().__init__()
        self.into = into

    def emit(self, record: logging.LogRecord) -> None:
        self.into.append(self.format(record))


@pytest.fixture(scope="module")
def lived(
    kept_warehouse: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lived]:
    """Live two nights, and the second again with what was mended."""
    root = tmp_path_factory.mktemp("denver")
    own = systems.definitions(root / "definitions")
    with pytest.MonkeyPatch.context() as patch, systems.running(root / "there") as there:
        patch.setenv("THROUGHLINE_DEFINITIONS", str(own))
        practice.cache_clear()
        with warehouse.connect(kept_warehouse()) as conn:
            lived = Lived(House(conn, root, there))
            ours = logging.getLogger("throughline")
            ours.addHandler(kept := _Kept(lived.logged))
            patch.setattr(ours, "level", logging.DEBUG)
            there.deliver(FIRST)
            lived.house.night(FIRST)
            lived.look("first")
            # on Thursday somebody in Colby calls whom the list names
            there.fill_in(CALLS, SECOND, Whitehorse=("Reached", "16:10"))
            there.deliver(SECOND)
            lived.house.night(SECOND)
            lived.look("second")
            systems.rename_the_column(own, there)
            lived.house.night(SECOND)
            lived.look("mended")
            ours.removeHandler(kept)
            yield lived
    practice.cache_clear()


@pytest.mark.parametrize("name", ["first", "second", "mended"])
def test_each_patient_has_what_was_known_beforehand(lived: Lived, name: str) -> None:
    expected = {line.mrn: getattr(line, name) for line in TABLE}
    assert lived.cases[name] == expected


@pytest.mark.parametrize("name", ["first", "second", "mended"])
def test_the_exceptions_are_those_that_were_known_beforehand(lived: Lived, name: str) -> None:
    assert lived.exceptions[name] == EXCEPTIONS[name]


@pytest.mark.parametrize("name", ["first", "second"])
def test_the_lists_name_whom_they_were_known_to_name(lived: Lived, name: str) -> None:
    assert {file: lived.lists[name][file] for file in LISTS[name]} == LISTS[name]


def test_a_rerun_makes_no_second_list(lived: Lived) -> None:
    assert lived.lists["mended"] == lived.lists["second"]


def test_a_stage_is_proven_by_the_list_that_came_back(lived: Lived) -> None:
    proven = lived.house.rows(
        "select f.source, f.occurred_at::text, s.proven_at < s.due_at from cases.stage as s"
        " inner join evidence.fact as f on f.fact_id = s.fact_id"
        " inner join cases.case_record as c on c.case_id = s.case_id"
        " inner join identity.link as l on l.person_id = c.person_id and l.source_id = 'e-pat-7004'"
        " where s.stage = 'contacted'"
    )
    assert proven == [("care_lists", "2026-03-05 23:10:00+00", True)]


def test_one_person_has_two_spellings(lived: Lived) -> None:
    spelled = lived.house.rows(
        "select p.source, p.family, p.given from core.patient as p"
        " inner join identity.link as l on l.source = p.source and l.source_id = p.source_id and l.status = 'active'"
        "  and l.retired_seq is null"
        " where p.mrn in ('7003', '7013') and p.retracted_seq is null"
        " and l.person_id in (select e.person_id from identity.link as e where e.source = 'epic')"
        " order by p.mrn, p.source"
    )
    assert spelled == [
        ("epic", "Nguyen", "Celia"),
        ("phones", "NGUYEN", "THI C"),
        ("epic", "Tran", "Mai"),
        ("ledger", "TRAN-LE", "MY"),
    ]


def test_the_renamed_column_is_told_with_its_new_name(lived: Lived) -> None:
    told = lived.house.rows(
        "select f.original_name, f.refused_reason from landing.file as f where f.status = 'refused'"
    )
    assert told == [("calls_20260305.csv", "columns are missing: Outcome; new are Call Result")]


def test_a_code_that_nobody_has_mapped_is_found_by_file_and_row(lived: Lived) -> None:
    unmapped = lived.house.rows(
        "select exception_id::text from operations.exception"
        " where reason = 'code_not_mapped' and status = 'open'"
    )
    assert unmapped
    for (exception_id,) in unmapped:
        told = places(lived.house.conn, "code_not_mapped", exception_id)
        found = re.match(r"row \d+ of ([\w.-]+)", told)
        assert found, told
        ((standing,),) = lived.house.rows(
            "select count(*) from landing.file where original_name = %s", found[1]
        )
        assert standing > 0, told
        assert told in tell(lived.house.conn).replace("\n          ", " ")
    assert places(lived.house.conn, "missed_clock", unmapped[0][0]) == ""


def test_a_list_that_went_out_and_came_back_names_nobody_elsewhere(lived: Lived) -> None:
    """In logs, in the tables of operations, in verdicts, and in the names of files and transmissions."""
    assert any("ledger/patient" in line for line in lived.logged)
    tables = [
        *lived.house.rows(
            "select schemaname, tablename from pg_tables where schemaname = 'operations'"
            " and tablename not in ('shown', 'looked')"
        ),
        ("quality", "verdict"),
        ("landing", "file"),
    ]
    kept = {
        ".".join(table): str(
            lived.house.conn.execute(
                sql.SQL("select string_agg(t::text, ' ') from {} as t").format(
                    sql.Identifier(*table)
                )
            ).fetchone()
        )
        for table in tables
    }
    assert "care_lists_calls_20260305.xlsx" in kept["landing.file"]
    places = kept | {"logs": "\n".join(lived.logged)}
    # a name as the chart or the list has it, a telephone number in any form
    for line in TABLE:
        told = re.compile(rf"\b{line.name}\b|555-?{line.mrn}", re.IGNORECASE)
        assert [place for place, text in places.items() if told.search(text)] == [], line.mrn


def test_nothing_was_written_into_the_chart_and_nothing_is_lost(lived: Lived) -> None:
    assert lived.house.systems.epic.written == []
    assert (
        lived.house.rows(
            "select source, feed"
            " from landing.batch where rows_received"
            " <> rows_loaded + rows_superseded + rows_quarantined + rows_rejected + rows_pending"
        )
        == []
    )
    assert lived.house.rows("select count(*) from quality.quarantine") == [(0,)]
