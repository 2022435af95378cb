"""The examples of `docs/extending.md`, word for word, in a copy of this tree."""

from __future__ import annotations

import ast
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
import yaml
from psycopg import sql
from psycopg.types.json import Jsonb

from stack import postgres
from tests.warehouse.clinic import Clinic, call, charge, coverage, note, patient, stay, visit
from throughline import tasks, workflows
from throughline.quality.suites import SUITES, Rule
from throughline.sources import systems
from throughline.vocabulary import OURS

DEFINITIONS = OURS / "sources"

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
FILES = {
    Path(block.partition("\n")[0].removeprefix("# ")): block
    for block in re.findall(r"```yaml\n(# include/[\w/.]+\n.*?)```", PAGE, re.DOTALL)
}
SOURCE, CHART, WORKFLOW = FILES


class Part(NamedTuple):
    """One block of the example feed: a file, or what goes into one at the end of something."""

    path: str
    within: str
    text: str


PARTS = [
    Part(*found)
    for found in re.findall(
        r"```\w+\n(?:#|--) ([\w/.]+)(?:, (?:at the end of|in the order of) (\w+))?\n(.*?)```",
        PAGE.partition("\n## A feed\n")[2].partition("\n## ")[0],
        re.DOTALL,
    )
]
# What is said of a feed without the part, or by which test of the copy.
MISSED = {
    "include/throughline/sources/fhir/resources/allergies.py": "allergy: standards: fhir has no reader for it",
    "include/throughline/sources/feeds/clinical.py": "allergy: standards: fhir reads it, but no entry says so",
    "include/throughline/quality/suites/__init__.py": "allergy: suite: there is no suite 'allergy'",
    "sql/schema/0900.allergy.sql": "allergy: tables: there is no core.allergy",
    "sql/evidence/allergy.sql": "allergy: facts: sql/evidence/allergy.sql is not there",
    "include/throughline/vocabulary/facts.py": (
        "allergy: facts: sql/evidence/allergy.sql states allergy,"
        " which is not a kind of fact of the vocabulary"
    ),
}
BROKEN_ROWS = "tests/warehouse/quality/breaks.py"
TEST_OF_ROWS = "tests/warehouse/quality/test_suites.py"
DELIVERY = "include/definitions/sources/ehr.yaml"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of what an engineer works on, with the files of the page in it."""
    for folder in ("include/throughline", "include/definitions", "dags"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    ehr = yaml.safe_load((DEFINITIONS / "ehr.yaml").read_text(encoding="utf-8"))
    as_in_ehr = yaml.safe_dump({key: ehr[key] for key in ("feeds", "conventions")})
    for path, text in FILES.items():
        whole = text + as_in_ehr if path == CHART else text
        (tmp_path / path).write_text(whole, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_a_source_gets_its_own_task_group(tree: Path) -> None:
    code = (
        "from airflow.dag_processing.dagbag import DagBag; bag = DagBag(dag_folder='dags/extract_feeds.py');"
        "print(bag.import_errors, sorted(bag.dags['extract_feeds'].task_group_dict))"
    )
    environment = os.environ | {
        "AIRFLOW_HOME": str(tree / "airflow"), "PYTHONPATH": str(tree / "include"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    errors, groups = ended.stdout.splitlines()[-1].split("} ", 1)
    assert errors == "{"
    assert {SOURCE.stem, CHART.stem} <= set(ast.literal_eval(groups))


def test_feeds_of_a_source_are_expected_from_the_first_night(clinic: Clinic, tree: Path) -> None:
    folder = tree / DEFINITIONS.relative_to(ROOT)
    systems.register(clinic.conn, 1, folder)
    assert [
        tuple(row)
        for row in clinic.rows(
            "select feed, owner_team, allowed_lag_days from operations.feed where source = %s order by 1",
            SOURCE.stem,
        )
    ] == [
        ("claim_response", "billing", 0),
        ("functional_acknowledgement", "billing", 0),
        ("payment", "billing", 1),
    ]


def test_a_rule_catches_what_it_says_and_nothing_else(clinic: Clinic) -> None:
    (line,) = re.findall(r"```python\n(Rule\(.*?\))\n```", PAGE)
    rule = eval(line, {"Rule": Rule, "WARNING": "warning"})  # noqa: S307 - the page is ours
    assert rule.name not in {other.name for other in SUITES["appointment"]}
    clinic.begin("2026-07-01")
    (batch,) = clinic.rows("select batch_id from landing.batch where source = 'scheduling'")[0]
    for key, ends in (("short", "10:30"), ("long", "23:00"), ("open", None)):
        clinic.conn.execute(
            "insert into staging.appointment (source, source_id, source_version, batch_id, row_no, mrn, status,"
            " starts_at, ends_at) values ('scheduling', %s, '1', %s, 1, 'M1', 'booked', '2026-07-02 10:00Z',"
            " ('2026-07-02 ' || %s || 'Z')::timestamptz)",
            (key, batch, ends),
        )
    broken = clinic.conn.execute(
        sql.SQL("select r.source_id from staging.appointment as r where {}").format(
            sql.SQL(rule.violation)
        )
    ).fetchall()
    assert broken == [("long",)]


def test_a_workflow_is_opened_worked_and_completed(
    clinic: Clinic, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = importlib.import_module("throughline.workflows.register")
    folder = tree / DEFINITIONS.parent.relative_to(ROOT)
    monkeypatch.setattr(module, "load_all", lambda: workflows.load_all(folder))
    assert workflows.register(clinic.conn, 1) == 1

    for who in ("p1", "p2"):
        clinic.know(
            patient(who),
            coverage(who, "COMM1", "5"),
            stay(who, "2026-07-01 09:00", "2026-07-02 11:00", kind="OBSENC"),
        )
    clinic.night("2026-07-02")
    for who in ("p1", "p2"):
        case = clinic.case(who, WORKFLOW.stem)
        assert (case.status, case.stage, case.asks, str(case.due_on)) == (
            "open",
            "contacted",
            "outreach",
            "2026-07-08",
        )
    tasks.plan(clinic.conn, clinic.seq, clinic.cut_off)
    # the same discharge opens transitional care, too: one call for both, not two
    assert {
        tuple(row)
        for row in clinic.rows(
            "select c.workflow, count(distinct t.effect_key) as calls, count(*) as asked from tasks.task as t"
            " inner join cases.case_record as c using (case_id) group by 1"
        )
    } == {(WORKFLOW.stem, 2, 2), ("transitional_care", 2, 2)}
    assert clinic.rows("select count(distinct effect_key) from tasks.task")[0][0] == 2

    clinic.know(call("p1", "2026-07-03 10:00"))
    clinic.night("2026-07-03")
    assert clinic.case("p1", WORKFLOW.stem).status == "completed"
    clinic.night("2026-07-09")
    assert clinic.case("p2", WORKFLOW.stem).stages == {"contacted": "missed"}
    assert clinic.digest() == clinic.derived_digest()


def test_charge_capture_under_another_name_is_charge_capture(clinic: Clinic) -> None:
    """What a workflow does follows from its trigger, and not from what it is called."""
    definition = next(w.definition for w in workflows.load_all() if w.workflow == "charge_capture")
    clinic.conn.execute("delete from cases.workflow_version where workflow = 'charge_capture'")
    clinic.conn.execute(
        "insert into cases.workflow_version (workflow, version, status, definition, sha256, activated_seq)"
        " values ('unbilled_visits', 1, 'active', %s, 'x', 0)",
        (Jsonb(definition | {"workflow": "unbilled_visits"}),),
    )
    clinic.know(
        patient("p1"),
        coverage("p1"),
        visit("p1", "2026-07-01 10:00"),
        note("p1", "2026-07-01 12:00"),
        charge("p1", "2026-07-01 10:00"),
    )
    clinic.night("2026-07-08")
    case = clinic.case("p1", "unbilled_visits")
    assert (case.status, case.stage, case.asks) == ("open", "billed", "billing")
    assert clinic.rows(
        "select encounter_ref from cases.case_record where case_id = %s", case.case_id
    ) == [("p1-visit",)]


def put(tree: Path, part: Part) -> None:
    """Put a block of the example feed where its first line says."""
    path = tree / part.path
    text = part.text
    if part.within:
        there = path.read_text(encoding="utf-8").splitlines(keepends=True)
        depth = _depth(part.text)
        at = next(n for n, line in enumerate(there) if re.match(rf"{part.within}\b", line)) + 1
        while _depth(there[at]) < depth:
            at += 1
        while at < len(there) and (_depth(there[at]) >= depth or not there[at].strip()):
            at += 1
        text = "".join([*there[:at], part.text, *there[at:]])
    path.write_text(text, encoding="utf-8")


def _depth(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of what a feed touches, without the example."""
    for folder in ("include", "sql", "tests/warehouse", "tests/unit/throughline/sources"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    for file in ("pyproject.toml", "tests/permitted.py"):
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a tree, with the modules of that tree."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree / "include")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def told(
    new_warehouse: Callable[[], str], warehouse_server: postgres.Server
) -> Callable[..., dict[str, Any]]:
    """Return a function that works the feed of a tree in a warehouse of its own, and tells what came of it."""
    database = urlsplit(new_warehouse()).path.lstrip("/")

    def work(tree: Path, *options: str) -> dict[str, Any]:
        roles = (postgres.OWNER, "throughline_loader", "throughline_loop")
        dsns = (warehouse_server.dsn(role, database) for role in roles)
        ended = run(tree, "-m", "tests.warehouse.allergy", *dsns, str(tree / "state"), *options)
        assert ended.returncode == 0, ended.stderr
        found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
        return found

    return work


@pytest.mark.slow
def test_a_feed_is_carried_from_its_file_to_its_facts_and_back(
    copy: Path, told: Callable[..., dict[str, Any]]
) -> None:
    for part in PARTS:
        put(copy, part)
    found = told(copy)
    assert found["problems"] == []
    assert found["registered"] == [["ehr", "data_engineering"]]
    assert found["quarantined"] == [[4, "recorded_at before 1900", "open"]]
    both = [
        {"code": "7980", "system": "http://www.nlm.nih.gov/research/umls/rxnorm"},
        {"code": "764146007", "system": "http://snomed.info/sct"},
    ]
    assert found["records"] == [
        ["i1", "p1", "confirmed", "7980", both, "high", "e1"],
        ["i2", "p1", "confirmed", "7980", both, "high", "e1"],
        ["i3", "p1", "refuted", "7980", both, "high", "e1"],
    ]
    i1, i2, corrected = (
        [f"allergy/{key}", "allergy", "7980", day, {"encounter": "e1"}, known]
        for key, day, known in (
            ("i1", "2026-02-03", 1),
            ("i2", "2026-02-03", 1),
            ("i2", "2026-02-04", 2),
        )
    )
    assert found["first"] == [[*i1, None], [*i2, None]]
    assert found["second"] == [[*i1, None], [*i2, 2], [*corrected, None]]
    assert found["third"] == [[*i1, 3], [*i2, 2], [*corrected, None]]


@pytest.mark.slow
@pytest.mark.nights
def test_its_tests_are_those_of_every_feed(copy: Path) -> None:
    for part in PARTS:
        put(copy, part)
    ended = run(
        copy,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        TEST_OF_ROWS,
        "-k",
        "catches and allergy or has_a_row",
    )
    assert ended.returncode == 0, ended.stdout


def test_every_part_of_a_feed_is_missed_by_somebody() -> None:
    assert {part.path for part in PARTS} == {*MISSED, BROKEN_ROWS, DELIVERY}


@pytest.mark.slow
@pytest.mark.parametrize("path", MISSED)
def test_a_feed_without_one_of_its_parts_is_named_with_it(
    copy: Path, told: Callable[..., dict[str, Any]], path: str
) -> None:
    for part in PARTS:
        if part.path != path:
            put(copy, part)
    assert MISSED[path] in told(copy, "--check")["problems"]


def test_a_rule_of_a_feed_without_a_row_that_breaks_it(copy: Path) -> None:
    for part in PARTS:
        if part.path != BROKEN_ROWS:
            put(copy, part)
    ended = run(
        copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEST_OF_ROWS, "-k", "has_a_row"
    )
    assert ended.returncode == 1
    for rule in ("recorded_at before 1900", "recorded_at in the future", "patient missing"):
        assert f"allergy: no row in BREAKS for '{rule}'" in ended.stdout
