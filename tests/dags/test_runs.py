"""Each DAG, run for real: its tasks in this process, on a migrated warehouse and a small live sandbox."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stack import options, postgres
from tests.dags.practice import CHAIN, Practice, practice_of
from tests.unit.throughline.sources import servers
from throughline import warehouse

PATIENTS = 60


@pytest.fixture(scope="module")
def practice(
    metadata: None, dag_bag: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Practice]:
    """Return a practice of sixty patients whose systems are up and whose warehouse is empty."""
    world = options.Options(patients=PATIENTS, seed=11)
    with practice_of(tmp_path_factory.mktemp("practice"), world, dag_bag.dags) as made:
        yield made


@pytest.fixture(scope="module")
def monitor() -> Iterator[servers.Web]:
    """Return a monitor on loopback, to which the nights of this module check in."""
    with (
        servers.web(lambda _: servers.Answer(200, b"OK")) as web,
        pytest.MonkeyPatch.context() as env,
    ):
        said = {"conn_type": "http", "extra": {"base_url": web.url("/check")}}
        env.setenv("AIRFLOW_CONN_THROUGHLINE_CHECK_IN", json.dumps(said))
        yield web


@pytest.fixture(scope="module")
def first_night(practice: Practice, monitor: servers.Web) -> dict[str, dict[str, str]]:
    """Return how the tasks of the first night ended."""
    return practice.night(practice.first)


def test_a_night_checks_in_when_it_begins_and_when_it_has_ended(
    first_night: dict[str, dict[str, str]], monitor: servers.Web
) -> None:
    assert first_night
    assert [one.path for one in monitor.seen] == ["/check/start", "/check"]


@pytest.mark.parametrize("dag_id", CHAIN)
def test_each_dag_of_the_chain_does_its_work(
    first_night: dict[str, dict[str, str]], dag_id: str
) -> None:
    bad = {
        task: state
        for task, state in first_night[dag_id].items()
        if state not in ("success", "skipped")
    }
    assert bad == {}


def test_the_night_found_what_the_systems_served(
    practice: Practice, first_night: dict[str, dict[str, str]]
) -> None:
    assert first_night
    assert practice.rows("select seq, status, kind from operations.night") == [
        (1, "finished", "nightly")
    ]
    verdicts = dict(practice.rows("select verdict, count(*) from quality.verdict group by verdict"))
    assert "stop" not in verdicts, practice.rows(
        "select suite, detail from quality.verdict where verdict = 'stop'"
    )
    assert (
        practice.rows("select count(*) from core.patient where retracted_seq is null")[0][0]
        >= PATIENTS
    )
    assert practice.rows("select count(*) from landing.batch where status <> 'loaded'") == [(0,)]
    assert practice.rows("select count(*) from quality.quarantine where status = 'open'") == [(0,)]
    assert practice.rows("select count(*) > 0 from cases.case_record") == [(True,)]
    assert list((Path(os.environ["THROUGHLINE_PAGES"])).glob(f"{practice.first}.html"))


def test_the_chain_gives_its_lease_back(
    practice: Practice, first_night: dict[str, dict[str, str]]
) -> None:
    assert first_night
    assert practice.rows("select holder, business_date from operations.lease") == [(None, None)]


def test_every_dag_publishes_for_its_business_date(
    practice: Practice, first_night: dict[str, dict[str, str]]
) -> None:
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    assert first_night
    with create_session() as session:
        told = session.execute(
            select(AssetModel.name, AssetEvent.partition_key, AssetEvent.extra).join(
                AssetEvent, AssetEvent.asset_id == AssetModel.id
            )
        ).all()
    events = {
        name: (key, extra["status"], extra["seq"])
        for name, key, extra in told
        if extra.get("seq") == 1
    }
    key = practice.first.isoformat()
    assert events == {
        "extracted_feeds": (key, "running", 1),
        "built_cases": (key, "running", 1),
        "reconciled_tasks": (key, "running", 1),
        "created_tasks": (key, "running", 1),
    }


@pytest.mark.parametrize("dag_id", CHAIN[1:4])
def test_a_dag_that_is_run_twice_changes_nothing(
    practice: Practice, first_night: dict[str, dict[str, str]], dag_id: str
) -> None:
    """The night is open again, as after a crash: its middle DAGs are run a second time for its date."""
    assert first_night
    practice.do("update operations.night set status = 'running' where seq = 1")
    before = practice.state()
    practice.run(dag_id, practice.first.isoformat())
    after = practice.state()
    assert {name: after[name] == before[name] for name in before} == dict.fromkeys(before, True)
    practice.do("update operations.night set status = 'finished' where seq = 1")


def test_a_source_that_is_not_ready_gives_its_slot_back_until_the_deadline(
    practice: Practice, first_night: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task is rescheduled for the moment that the source asks for, and then goes on without it."""
    from datetime import UTC, datetime

    from airflow.sdk.exceptions import AirflowRescheduleException

    from throughline import sources
    from throughline.orchestration import night

    assert first_night
    asked = [7200.0, 12000.0]

    def not_yet(*_: Any) -> Any:
        raise sources.NotYet("ehr: the export is not ready", asked.pop(0))

    monkeypatch.setattr(sources, "extract", not_yet)
    with pytest.raises(AirflowRescheduleException) as again:
        night.land("ehr", 1)
    left = (again.value.reschedule_date - datetime.now(UTC)).total_seconds()
    assert 7190 < left <= 7200
    detail = "select status, detail from operations.step where step = 'land' and part = 'ehr'"
    assert practice.rows(detail) == [("done", {"waiting": "ehr: the export is not ready"})]
    # longer than the three hours of its definition
    assert night.land("ehr", 1) == []
    assert practice.rows(detail) == [("done", {"unavailable": "ehr: the export is not ready"})]
    why = "select reason, count(*) from landing.not_received where known_seq = 1 group by 1"
    assert practice.rows(why) == [("the export is not ready", len(sources.definition("ehr").feeds))]


def test_a_run_without_a_business_date_is_refused(
    practice: Practice, first_night: dict[str, dict[str, str]]
) -> None:
    assert first_night
    states = practice.run("extract_feeds")
    assert states["open_night"] == "failed"
    assert states[""] == "failed"
    assert practice.rows("select count(*) from operations.night") == [(1,)]


def test_reconcile_without_a_date_runs_on_the_newest_night(
    practice: Practice, first_night: dict[str, dict[str, str]]
) -> None:
    assert first_night
    before = practice.state()
    states = practice.run("reconcile_tasks")
    assert states["reconcile"] == "success"
    assert practice.state()["cases"] == before["cases"]


@pytest.mark.parametrize("word", ["Release", pytest.param("Reject", marks=pytest.mark.nights)])
def test_a_stopped_feed_stops_nobody_else_and_a_person_decides(
    practice: Practice,
    first_night: dict[str, dict[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    word: str,
) -> None:
    """A feed comes with far fewer rows than usual: it is asked about, and the rest of the night is done."""
    from throughline.quality import gates, history
    from throughline.quality.history import Volume

    assert first_night
    usual = history.expected_volume
    task_feed = "select batch_id from landing.batch where source = 'ehr' and feed = 'encounter'"

    def expect_more(conn: Any, batch_id: Any) -> Volume:
        with warehouse.connect(practice.server.dsn(postgres.SUPERUSER)) as own:
            is_chosen = (batch_id,) in own.execute(task_feed.encode()).fetchall()
        return Volume(10_000, None, 30_000) if is_chosen else usual(conn, batch_id)

    monkeypatch.setattr(gates, "expected_volume", expect_more)
    day = practice.next_day()
    states = practice.night(day)
    assert {dag_id: run[""] for dag_id, run in states.items()} == dict.fromkeys(CHAIN, "success")
    ((batch, seq),) = practice.rows(
        "select batch_id::text, known_seq from landing.batch where status = 'stopped'"
    )
    assert practice.rows(f"select status, kind from operations.night where seq = {seq}") == [
        ("finished", "nightly")
    ]
    assert practice.asked("release_feed") == [{"batch_id": batch, "business_date": day.isoformat()}]
    pages = f"data-docs/night-{seq}/"
    assert practice.rows(
        f"select data_docs like '{pages}ehr-encounter-%' from quality.verdict"
        f" where batch_id = '{batch}'"
    ) == [(True,)]
    assert (Path(os.environ["THROUGHLINE_PAGES"]) / pages / "index.html").is_file()
    assert (
        practice.told("extract_feeds", "ehr.gate", "_link_DataDocs")
        == f"/throughline/{pages}index.html"
    )
    assert practice.told("extract_feeds", "scheduling.gate", "_link_DataDocs") == ""

    conf = {"batch_id": batch, "business_date": day.isoformat()}
    foreign = practice.run("release_feed", conf=conf, run_id="manual__of_somebody")
    assert foreign == {"": "failed", "ask": "failed", "decide": "upstream_failed"}
    with practice.people(("biller", word, "mine"), ("operator", word, "seen and counted")) as asked:
        ended = practice.run("release_feed", conf=conf)
    assert asked == [{"operator"}, {"operator"}]
    assert practice.rows(
        f"select who, act, door from operations.refused_act where about_id = '{batch}' order by refused_at"
    ) == [("dag_test", "release", "question"), ("biller", word.lower(), "question")]
    assert ended == {"": "success", "ask": "success", "decide": "success"}
    assert practice.rows(
        f"select kind, decided_by, note from operations.decision where about_id = '{batch}'"
    ) == [(word.lower(), "operator", "seen and counted")]
    status = practice.rows(
        f"select status, loaded_seq from landing.batch where batch_id = '{batch}'"
    )
    if word == "Reject":
        assert status == [("rejected", None)]
        return
    assert status == [("loaded", seq + 1)]
    assert practice.rows(
        f"select kind, business_date from operations.night where seq = {seq + 1}"
    ) == [("rerun", day)]
    again = {dag_id: practice.run(dag_id, day.isoformat())[""] for dag_id in CHAIN[1:]}
    assert again == dict.fromkeys(CHAIN[1:], "success")
    assert practice.rows("select holder from operations.lease") == [(None,)]


def test_a_batch_that_was_decided_is_not_asked_about_again(
    practice: Practice, first_night: dict[str, dict[str, str]]
) -> None:
    assert first_night
    ((batch,),) = practice.rows(
        "select batch_id::text from landing.batch order by known_seq limit 1"
    )
    ended = practice.run(
        "release_feed", conf={"batch_id": batch, "business_date": practice.first.isoformat()}
    )
    assert ended == {"": "success", "ask": "skipped", "decide": "skipped"}


@pytest.mark.nights
def test_a_gate_that_is_tried_again_parses_only_what_was_lost(
    practice: Practice, first_night: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its task is a step of its own: a retry finds the staged rows, or notes that a crash took them."""
    from throughline import quality, sources
    from throughline.orchestration import night

    assert first_night
    parsed: list[Any] = []
    stage, gate = sources.stage, quality.gate

    def counting(conn: Any, batch_id: Any, root: Any) -> Any:
        parsed.append(batch_id)
        return stage(conn, batch_id, root)

    def dying(*_: Any, **__: Any) -> Any:
        raise psycopg.OperationalError("the server went away")

    monkeypatch.setattr(sources, "stage", counting)
    day = practice.next_day()
    practice.world.advance(day.isoformat())
    seq = night.begin(day.isoformat())
    batches = night.stage("ehr", seq, night.land("ehr", seq))
    assert parsed == batches
    assert len(batches) > 1

    monkeypatch.setattr(quality, "gate", dying)
    with pytest.raises(psycopg.OperationalError):
        night.gate("ehr", seq, batches)
    monkeypatch.setattr(quality, "gate", gate)
    parsed.clear()
    assert night.gate("ehr", seq, batches[:1]) == []
    assert parsed == []

    ((largest,),) = practice.rows(
        f"select batch_id::text from landing.batch where known_seq = {seq} and source = 'ehr'"
        " order by rows_received desc limit 1"
    )
    ((feed,),) = practice.rows(f"select feed from landing.batch where batch_id = '{largest}'")
    practice.do(f"delete from staging.{feed} where batch_id = '{largest}'")
    assert night.gate("ehr", seq, batches) == []
    assert parsed == [largest]
    assert night.load("ehr", seq, batches) > 0
    states = practice.night(day)
    assert {dag_id: run[""] for dag_id, run in states.items()} == dict.fromkeys(CHAIN, "success")


@pytest.mark.nights
def test_systems_that_are_gone_hold_no_night_up(
    practice: Practice, first_night: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert first_night
    for name in ("EHR_MAIN", "SCHEDULING_MAIN", "CLEARINGHOUSE_MAIN"):
        uri = os.environ[f"AIRFLOW_CONN_{name}"]
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", uri.replace("127.0.0.1", "127.0.0.9"))
    day = practice.next_day()
    states = practice.night(day)
    assert {dag_id: run[""] for dag_id, run in states.items()} == dict.fromkeys(CHAIN, "success")
    late = practice.rows("select count(*) from operations.feed_freshness where not is_fresh")
    assert late == practice.rows("select count(*) from operations.feed")


@pytest.mark.nights
def test_a_step_that_fails_is_named_and_the_report_comes(
    practice: Practice, first_night: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from throughline import tasks

    def fail(*_: object) -> None:
        raise ValueError("this plan is broken")

    assert first_night
    monkeypatch.setattr(tasks, "plan", fail)
    day = practice.next_day()
    practice.world.advance(day.isoformat())
    key = day.isoformat()
    for dag_id in CHAIN[:3]:
        assert practice.run(dag_id, key)[""] == "success"
    planned = practice.run("create_tasks", key)
    assert planned["plan"] == "failed"
    assert planned["dispatch"] == "upstream_failed"
    assert planned["publish"] == "success"
    assert planned[""] == "failed"
    report = practice.run("report_operations", key)
    assert report[""] == "failed"
    assert practice.rows(
        "select status, failed_step from operations.night order by seq desc limit 1"
    ) == [("failed", "create_tasks: plan")]
    assert list((Path(os.environ["THROUGHLINE_PAGES"])).glob(f"{day}.html"))
