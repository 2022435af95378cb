"""Lists come back with outcomes: the example of `docs/work-lists.md`, word for word. Each is read right, or told."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from openpyxl import load_workbook

from tests.warehouse.tasks.desk import Desk, member, seen
from tests.warehouse.tasks.lists.conftest import CONNECTION
from throughline import evidence, identity, quality, sources, tasks
from throughline.sources import definition, systems
from throughline.sources.fetch import extract
from throughline.transports.address import Address
from throughline.vocabulary import OURS
from throughline.warehouse import nights

ROOT = Path(__file__).resolve().parents[4]
(EXAMPLE,) = re.findall(
    r"```yaml\n# sources/care_lists.yaml\n(.*?)```",
    (ROOT / "docs" / "work-lists.md").read_text("utf-8"),
    re.DOTALL,
)
DENVER = ZoneInfo("America/Denver")
# what Excel has in a cell: a clock on the wall
MORNING, NEXT_WEEK = (
    datetime.fromisoformat("2026-07-07 09:15"),
    datetime.fromisoformat("2026-07-13 08:30"),
)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = "2026-07-06", "2026-07-07", "2026-07-08", "2026-07-09"

Fill = Callable[[list[dict[str, Any]]], list[dict[str, Any]] | None]


class Practice:
    """A practice whose people fill in lists."""

    def __init__(self, desk: Desk, root: Path) -> None:
        self.desk, self.root = desk, root
        for name in ("out", "back"):
            (root / "share" / name).mkdir(parents=True)
        own = root / "own" / "sources"
        own.mkdir(parents=True)
        ehr = yaml.safe_load((OURS / "sources" / "ehr.yaml").read_text())
        ehr["roles"].pop("outreach")
        (own / "ehr.yaml").write_text(yaml.safe_dump(ehr))
        scheduling = yaml.safe_load((OURS / "sources" / "scheduling.yaml").read_text())
        scheduling.pop("roles")
        (own / "scheduling.yaml").write_text(yaml.safe_dump(scheduling))
        (own / "care_lists.yaml").write_text(
            EXAMPLE.replace("transport: sftp", "transport: folder")
        )
        said = (OURS / "practice.yaml").read_text("utf-8") + "\nleave_out: {sources: [billing]}\n"
        (own.parent / "practice.yaml").write_text(said)
        systems.register(desk.conn, 0)
        desk.conn.commit()
        self.address = Address(CONNECTION, extra={"path": str(root / "share")})

    def night(self, on: str, wants: Callable[[], object] = lambda: None) -> list[tuple[Any, ...]]:
        """Read what came back, plan what cases want, and send; returns what was set aside: row and reason."""
        desk = self.desk
        desk.begin(
            on, late=[f"care_lists.{feed}" for feed in ("appointment", "communication", "task")]
        )
        night = nights.by_seq(desk.conn, desk.seq)
        about = definition("care_lists")
        batches = extract(about, self.address, desk.conn, night, self.root / "landing")
        for batch in batches:
            sources.stage(desk.conn, batch.batch_id, self.root / "landing")
        for batch in batches:
            quality.gate(desk.conn, batch.batch_id, docs_root=self.root / "pages")
            quality.load(desk.conn, batch.batch_id, desk.seq)
        identity.link_persons(desk.conn, desk.seq)
        evidence.assert_facts(desk.conn, desk.seq)
        desk.conn.commit()
        wants()
        desk.plan()
        tasks.dispatch(
            desk.conn,
            desk.seq,
            desk.outside.clients() | {CONNECTION: self.address},
            sleep=lambda _: None,
        )
        return desk.rows(
            "select feed, row_no, reason from quality.quarantine where known_seq = %s order by 1, 2",
            desk.seq,
        )

    def comes_back(self, name: str, fill: Fill, on: str, at: str = "16:45") -> Path:
        """Let people fill in the rows of a list, and put it back on a day."""
        book = load_workbook(self.root / "share" / "out" / name)
        page = book.worksheets[0]
        heads, *said = page.iter_rows(values_only=True)
        rows: list[dict[str, Any]] = [dict(zip(map(str, heads), row, strict=True)) for row in said]
        rows = fill(rows) or rows
        names = list(rows[0]) if rows else [str(head) for head in heads]
        page.delete_rows(1, page.max_row)
        page.append(names)
        for row in rows:
            page.append([row[one] for one in names])
        path = self.root / "share" / "back" / name
        book.save(path)
        self.saved(path, on, at)
        return path

    def saved(self, path: Path, on: str, at: str = "16:45") -> None:
        """Set when a file was saved."""
        when = datetime.fromisoformat(f"{on}T{at}").replace(tzinfo=DENVER).timestamp()
        os.utime(path, (when, when))

    def calls(self, on: str) -> list[dict[str, Any]]:
        """Return the rows of the calls for a day."""
        raw = (
            self.root / "share" / "out" / f"care_lists_calls_{on.replace('-', '')}.xlsx"
        ).read_bytes()
        names, *rows = load_workbook(io.BytesIO(raw)).worksheets[0].iter_rows(values_only=True)
        return [dict(zip(map(str, names), row, strict=True)) for row in rows]

    def facts(self, *kinds: str) -> list[tuple[Any, ...]]:
        """Return the standing facts of kinds: kind, code, subject, local time."""
        return [
            tuple(row)
            for row in self.desk.rows(
                "select kind, code, subject_source || '/' || subject_id as who,"
                " to_char(coalesce(starts_at, occurred_at) at time zone 'America/Denver', 'YYYY-MM-DD HH24:MI') as at"
                " from evidence.fact where kind = any(%s) and source = 'care_lists' and retracted_seq is null"
                " order by 1, 3, 4",
                list(kinds),
            )
        ]


@pytest.fixture
def practice(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Practice]:
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path / "own"))
    made = Practice(desk, tmp_path)
    yield made
    monkeypatch.undo()
    desk.conn.rollback()
    systems.register(desk.conn, 0)
    desk.conn.commit()


def first_night(practice: Practice, *people: str) -> None:
    desk = practice.desk
    desk.know(*(member(who) for who in people), *(seen(who) for who in people))

    def wanted() -> None:
        for who in people:
            desk.wants(who, "outreach", encounter=f"{who}-visit")

    practice.night(MONDAY, wanted)


def says(who: str, outcome: str, when: Any, by: str = "ann") -> Fill:
    """Fill in the row of one patient."""

    def fill(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            if row["Patient"] == f"Family-{who}, Given-{who}":
                row.update({"Outcome": outcome, "When": when, "By": by})

    return fill


def test_an_outcome_is_a_call_of_the_patient_of_its_row(practice: Practice) -> None:
    first_night(practice, "p1", "p2")
    practice.comes_back(
        "care_lists_calls_20260707.xlsx",
        says("p1", "Reached", MORNING),
        TUESDAY,
    )
    assert practice.night(TUESDAY) == []
    assert practice.facts("contact", "attempt") == [
        ("attempt", "reached", "ehr/p1", "2026-07-07 09:15"),
        ("contact", "reached", "ehr/p1", "2026-07-07 09:15"),
    ], "a row without an outcome says nothing"
    # the next list says what was tried
    tried = {row["Patient"]: row["Tried so far"] for row in practice.calls(WEDNESDAY)}
    assert tried["Family-p1, Given-p1"].endswith(
        "spoke with the patient, or somebody who may speak for the patient"
    )
    assert tried["Family-p2, Given-p2"] is None


def test_each_thing_that_people_do_to_a_list_is_read_right_or_told(practice: Practice) -> None:
    # six of the eight rows are faulty: of so short a list, each is set aside by itself
    people = [f"p{n}" for n in range(1, 8)]
    first_night(practice, *people)
    name = "care_lists_calls_20260707.xlsx"

    def fill(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        row = {one["Patient"][7:9]: one for one in rows}
        for who in people:
            row[who].update({"Outcome": "Reached", "When": "07/07/2026 10:00", "By": "ann"})
        row["p1"]["No."] = row["p1"]["No."].lower().replace("-", " ")  # typed anew
        row["p2"]["No."] = "W-00000-00000"
        row["p3"]["No."], row["p4"]["No."] = (
            row["p4"]["No."],
            row["p3"]["No."],
        )  # one column sorted alone
        row["p5"]["When"] = "13/07/2026 10:00"  # the day first
        row["p6"]["Outcome"] = "Rang twice"
        twice = row["p7"] | {"Outcome": "No answer"}
        rows = [*rows, twice]
        return [
            dict(reversed(one.items())) for one in reversed(rows)
        ]  # columns and rows in another order

    practice.comes_back(name, fill, TUESDAY)
    aside = practice.night(TUESDAY)
    assert sorted(reason for _, _, reason in aside) == sorted([
        "no row of our lists has this number",
        "the row names another patient than its number",
        "the row names another patient than its number",
        *["another row of the file has this number and this time, and says something else"] * 2,
        next(reason for _, _, reason in aside if reason.startswith("When")),
    ])  # fmt: skip
    assert {who for _, _, who, _ in practice.facts("contact", "attempt")} == {"ehr/p1"}
    named = practice.desk.rows(
        "select distinct subject_source, subject_id from quality.quarantine where subject_id is not null order by 2"
    )
    assert [tuple(row) for row in named] == [("ehr", who) for who in ("p3", "p4", "p5", "p7")]
    unmapped = practice.desk.rows("select code from evidence.unmapped where source = 'care_lists'")
    assert [row.code for row in unmapped] == ["Rang twice"]


def test_a_csv_is_filled_in_and_read_too(practice: Practice) -> None:
    about = practice.root / "own" / "sources" / "care_lists.yaml"
    said = yaml.safe_load(about.read_text("utf-8"))
    said["roles"]["outreach"]["list"]["file"] = "csv"
    calls = said["conventions"]["tables"]["calls"]
    calls["files"] = calls["files"].replace("xlsx", "csv")
    del calls["format"]
    about.write_text(yaml.safe_dump(said, allow_unicode=True), "utf-8")
    systems.register(practice.desk.conn, 0)
    practice.desk.conn.commit()
    practice.desk.know(member("p1", family="-Müller", mrn="001001"), seen("p1"))
    practice.night(MONDAY, lambda: practice.desk.wants("p1", "outreach", encounter="p1-visit"))
    name = "care_lists_calls_20260707.csv"
    sent = (practice.root / "share" / "out" / name).read_text("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(sent))
    assert row["Patient"].startswith("'-Müller")
    row |= {"Outcome": "Reached", "When": "7/7/2026 9:15", "By": "Zoë"}
    # a spreadsheet writes no mark at the start, and drops the apostrophe where somebody has typed the number anew
    row["Record number"] = "1001"
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(row))
    writer.writeheader()
    writer.writerow(row)
    back = practice.root / "share" / "back" / name
    back.write_bytes(out.getvalue().encode())
    practice.saved(back, TUESDAY)
    assert practice.night(TUESDAY) == []
    assert practice.facts("contact") == [("contact", "reached", "ehr/p1", "2026-07-07 09:15")]


def test_what_was_done_last_counts_whichever_list_comes_back_last(practice: Practice) -> None:
    first_night(practice, "p1", "p2")
    old = "care_lists_calls_20260707.xlsx"
    practice.comes_back(old, says("p1", "No answer", "07/07/2026 09:00"), TUESDAY)
    assert practice.night(TUESDAY) == []
    practice.comes_back(
        "care_lists_calls_20260708.xlsx", says("p1", "Reached", "07/08/2026 11:00"), WEDNESDAY
    )
    assert practice.night(WEDNESDAY) == []
    assert practice.facts("attempt") == [("attempt", "reached", "ehr/p1", "2026-07-08 11:00")]
    # the list of three days ago comes again, with another answer on it
    practice.comes_back(old, says("p2", "Left message", "07/07/2026 10:00"), THURSDAY)
    assert practice.night(THURSDAY) == []
    assert practice.facts("attempt") == [
        ("attempt", "reached", "ehr/p1", "2026-07-08 11:00"),
        ("attempt", "left_message", "ehr/p2", "2026-07-07 10:00"),
    ]


def test_what_is_corrected_later_counts(practice: Practice) -> None:
    first_night(practice, "p1")
    name = "care_lists_calls_20260707.xlsx"
    practice.comes_back(name, says("p1", "Reached", "07/07/2026 09:00"), TUESDAY)
    practice.night(TUESDAY)
    practice.comes_back(name, says("p1", "Left message", "07/07/2026 09:00"), WEDNESDAY)
    assert practice.night(WEDNESDAY) == []
    assert practice.facts("contact", "attempt") == [
        ("attempt", "left_message", "ehr/p1", "2026-07-07 09:00")
    ]


def test_an_outcome_for_work_that_ended_meanwhile_is_evidence_all_the_same(
    practice: Practice,
) -> None:
    first_night(practice, "p1")
    practice.desk.ends(practice.desk.tasks()[0].task_id)
    practice.comes_back(
        "care_lists_calls_20260707.xlsx", says("p1", "Reached", "07/07/2026 09:00"), TUESDAY
    )
    assert practice.night(TUESDAY) == []
    assert len(practice.facts("contact")) == 1


def test_bookings_and_refusals_are_read_too(practice: Practice) -> None:
    desk = practice.desk
    desk.know(member("p1"), member("p2"), seen("p1"), seen("p2"))

    def wants() -> None:
        for who in ("p1", "p2"):
            desk.wants(
                who,
                "scheduling",
                trigger="slot",
                encounter=f"{who}-visit",
                visit_type="TCM",
                not_after="2026-07-20",
            )
        desk.bills("p1", payer="MEDB1")

    practice.night(MONDAY, wants)

    def book(rows: list[dict[str, Any]]) -> None:
        for row, outcome in zip(
            sorted(rows, key=lambda one: one["Patient"]), ("Booked", "No slot"), strict=True
        ):
            row.update({"Outcome": outcome, "When": "07/07/2026 09:00"})
            row["Appointment"] = NEXT_WEEK if outcome == "Booked" else None

    practice.comes_back("care_lists_bookings_20260707.xlsx", book, TUESDAY)

    def bill(rows: list[dict[str, Any]]) -> None:
        rows[0].update({"Outcome": "Nothing to bill", "When": "07/07/2026 09:00"})

    practice.comes_back("care_lists_billing_20260707.xlsx", bill, TUESDAY)
    assert practice.night(TUESDAY) == []
    assert practice.facts("booking") == [("booking", "TCM", "ehr/p1", "2026-07-13 08:30")]
    assert [(kind, code, who) for kind, code, who, _ in practice.facts("task_update")] == [
        ("task_update", "rejected", "ehr/p1"),
        ("task_update", "failed", "ehr/p2"),
    ]
    effects = desk.rows(
        "select identifiers ->> 'task' as task from evidence.fact"
        " where kind = 'task_update' and source = 'care_lists' order by 1"
    )
    assert {row.task for row in effects} <= {t.effect_key for t in desk.tasks()}


def test_the_example_has_no_mistake(practice: Practice) -> None:
    found, wrong = systems.examine()
    assert wrong == []
    care = next(one for one in found if one.source == "care_lists")
    assert {role.name: role.work_list is not None for role in care.roles.values()} == {
        "outreach": True, "schedule": True, "billing": True,
    }  # fmt: skip
