"""What holds for every DAG file: it parses, says what an operator needs, and keeps the rules."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dags").glob("*.py"))
HEADINGS = (
    "### What",
    "### Trigger",
    "### Writes",
    "### Gate rules",
    "### When it fails",
    "### Re-run safely",
)
CHAIN = {
    "extract_feeds": None,
    "build_cases": "extracted_feeds",
    "reconcile_tasks": "built_cases",
    "create_tasks": "reconciled_tasks",
    "report_operations": "created_tasks",
}


def test_every_file_parses_and_gives_the_dag_of_its_name(dag_bag: DagBag) -> None:
    assert dag_bag.import_errors == {}
    assert set(dag_bag.dag_ids) == {file.stem for file in FILES}


def test_the_chain_follows_one_asset_at_a_time(dag_bag: DagBag) -> None:
    from airflow.sdk import Asset

    for dag_id, asset in CHAIN.items():
        condition = dag_bag.dags[dag_id].timetable.asset_condition
        if asset is None:
            assert condition is None, dag_id
        else:
            assert isinstance(condition, Asset), dag_id
            assert condition.name == asset, dag_id


def test_each_source_is_landed_staged_gated_and_loaded_in_tasks_of_their_own(
    dag_bag: DagBag,
) -> None:
    from throughline.sources.definitions import names_with_feeds

    dag = dag_bag.dags["extract_feeds"]
    steps = ("land", "stage", "gate", "load")
    for source in names_with_feeds():
        for before, after in pairwise(steps):
            assert f"{source}.{before}" in dag.get_task(f"{source}.{after}").upstream_task_ids


def test_every_dag_tells_the_operator_what_to_do(dag_bag: DagBag) -> None:
    for dag_id, dag in dag_bag.dags.items():
        missing = [heading for heading in HEADINGS if heading not in (dag.doc_md or "")]
        assert not missing, f"{dag_id}: {missing}"


def test_tags_come_from_the_vocabulary(dag_bag: DagBag) -> None:
    from throughline.orchestration.policies import TAGS

    for dag_id, dag in dag_bag.dags.items():
        assert dag.tags, dag_id
        assert set(dag.tags) <= TAGS, dag_id


def test_every_task_retries_and_ends(dag_bag: DagBag) -> None:
    waiting_for_people = {"ask", "attest"}
    for dag in dag_bag.dags.values():
        for task in dag.tasks:
            assert (task.retries or 0) >= 1, task.task_id
            assert task.retry_policy is not None, task.task_id
            if task.task_id not in waiting_for_people:
                assert task.execution_timeout is not None, task.task_id


def test_only_tasks_of_decisions_run_where_decisions_can_be_recorded(dag_bag: DagBag) -> None:
    from throughline.orchestration.decision_dags import QUEUE

    for dag in dag_bag.dags.values():
        queues = {task.queue for task in dag.tasks}
        assert queues == ({QUEUE} if "decision" in dag.tags else {"default"}), dag.dag_id


def test_a_full_disk_is_not_retried_and_a_lost_connection_is() -> None:
    import psycopg
    from airflow.sdk import RetryAction

    from throughline.orchestration.policies import RETRY_POLICY
    from throughline.warehouse import DiskFullError

    for error, action in (
        (DiskFullError("the disk is full"), RetryAction.FAIL),
        (psycopg.errors.DiskFull("could not extend file"), RetryAction.FAIL),
        (psycopg.OperationalError("connection lost"), RetryAction.RETRY),
    ):
        assert RETRY_POLICY.evaluate(error, 1, 3).action is action, error


def test_outlets_are_declared_in_one_place(dag_bag: DagBag) -> None:
    from airflow.sdk import Asset

    from throughline.orchestration import assets

    declared = {value.name for value in vars(assets).values() if isinstance(value, Asset)}
    used = {
        outlet.name
        for dag in dag_bag.dags.values()
        for task in dag.tasks
        for outlet in task.outlets
        if isinstance(outlet, Asset)
    }
    assert used
    assert used <= declared


def test_nothing_is_mapped_over_patients_or_cases(dag_bag: DagBag) -> None:
    for dag in dag_bag.dags.values():
        for task in dag.tasks:
            assert "patient" not in task.task_id
            assert "person" not in task.task_id or task.task_id == "link_persons"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dag_file_is_short_and_imports_no_other(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 130
    imported = {
        node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module
    }
    assert not imported & {other.stem for other in FILES}
    assert not any(module.startswith(("sandbox", "stack")) for module in imported)


def test_parsing_imports_nothing_heavy() -> None:
    """Great Expectations, pandas and the provider of PostgreSQL cost seconds; a parse must not pay for them."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "import throughline.orchestration.dag_parts, throughline.orchestration.policies,"
        " throughline.orchestration.night, throughline.sources.definitions;"
        "print([m for m in ('great_expectations','pandas','pyx12','yoyo','paramiko',"
        " 'airflow.providers.postgres.hooks.postgres') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(ROOT / "include")],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert result.stdout.strip().splitlines()[-1] == "[]"


def test_serialisation_is_stable() -> None:
    """A file parsed twice gives one serialised form, and so no new version of its DAG each minute.

    Both are parsed here: a DAG that another test ran is not as it was parsed.
    """
    from airflow.dag_processing.dagbag import DagBag
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.serialized_objects import DagSerialization

    parsed, parsed_again = (DagBag(dag_folder=str(ROOT / "dags")).dags for _ in range(2))
    assert parsed
    assert set(parsed_again) == set(parsed)
    for dag_id, dag in parsed.items():
        once = json.loads(json.dumps(DagSerialization.to_dict(dag)))
        again = json.loads(json.dumps(DagSerialization.to_dict(parsed_again[dag_id])))
        assert once == again, dag_id
        hashes = [SerializedDagModel.hash(one) for one in (once, again)]  # type: ignore[no-untyped-call]  # Airflow's
        assert hashes[0] == hashes[1], dag_id
        read = DagSerialization.from_dict(once)
        assert read.dag_id == dag_id
        assert sorted(read.task_dict) == sorted(dag.task_dict), dag_id
        assert read.params.dump() == dag.params.dump(), dag_id
