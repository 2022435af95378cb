"""Whom a failure and a question tell: nobody by default, and whom a connection names."""

from __future__ import annotations

import json
from contextlib import nullcontext
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.throughline.sources import servers
from tests.unit.throughline.sources.servers import Answer
from throughline.practice import Team
from throughline.silence.questions import Unanswered


def context(dag_bag: Any, **more: Any) -> dict[str, Any]:
    return {"dag": dag_bag.dags["extract_feeds"], "run_id": "manual__1+00:00", **more}


def test_every_dag_tells_of_its_failure_and_every_question_that_it_waits(dag_bag: Any) -> None:
    from airflow.providers.standard.operators.hitl import HITLOperator

    from throughline.orchestration.notices import Notice, Question

    asked = 0
    for dag in dag_bag.dags.values():
        assert isinstance(dag.on_failure_callback, Notice), dag.dag_id
        for task in dag.tasks:
            if isinstance(task, HITLOperator):
                asked += 1
                assert [type(one) for one in task.notifiers] == [Question], task.task_id
                assert task.notifiers[0].about == "batch_id"
    assert asked


def test_each_dag_of_the_night_has_a_deadline_that_a_keyed_run_can_miss(dag_bag: Any) -> None:
    from airflow.sdk._shared.module_loading import import_string
    from airflow.sdk.definitions.deadline import DeadlineReference

    from throughline.orchestration.chain import CHAIN
    from throughline.orchestration.notices import runs_late

    for dag_id in CHAIN:
        (alert,) = dag_bag.dags[dag_id].deadline
        assert alert.reference == DeadlineReference.DAGRUN_QUEUED_AT, dag_id
        assert import_string(alert.callback.path) is runs_late, dag_id
    (first,) = dag_bag.dags[CHAIN[0]].deadline
    # begun at four: told before the morning is due at six
    assert first.interval < timedelta(hours=2)


def test_a_late_run_is_told_from_what_airflow_hands_over(monkeypatch: pytest.MonkeyPatch) -> None:
    from throughline.orchestration import notices

    sent: list[str] = []
    monkeypatch.setattr(notices, "tell", sent.append)
    run = {"dag_id": "extract_feeds", "dag_run_id": "manual__1", "partition_key": "2026-09-08"}
    for state in ("running", "failed", "success"):
        run["state"] = state
        notices.runs_late(context={"dag_run": run, "deadline": {"id": "1", "deadline_time": None}})
    assert len(sent) == 1
    assert sent[0].startswith("Throughline: extract_feeds of 2026-09-08 runs late. ")
    assert sent[0].endswith("/dags/extract_feeds/runs/manual__1")


def test_nothing_leaves_by_default(dag_bag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from throughline.orchestration import notices
    from throughline.told import messages

    sent: list[str] = []
    monkeypatch.setattr(messages, "post", lambda _, text: sent.append(text))
    monkeypatch.setattr(messages, "mail", lambda _, text: sent.append(text))
    notices.Notice("failed")(context(dag_bag))
    assert sent == []


def test_a_failure_is_posted_with_dag_date_and_link(
    dag_bag: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from throughline.orchestration.notices import Notice

    with servers.web() as web:
        web.answers += [Answer(200, b"ok"), Answer(500), Answer(200)]
        said = {"conn_type": "http", "extra": {"base_url": web.url("/hook")}}
        monkeypatch.setenv("AIRFLOW_CONN_THROUGHLINE_WEBHOOK", json.dumps(said))
        monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.org/ops/")
        run = SimpleNamespace(partition_key="2026-09-08")
        Notice("failed")(
            context(dag_bag, dag_run=run, params={"note": "Ann Lee"}, reason="Ann Lee")
        )
        # what the processor of DAGs gives to the callback of a run without a task
        Notice("failed")(context(dag_bag))
        Notice("asks for a decision")(context(dag_bag, exception=ValueError("Ann Lee")))
    texts = [json.loads(one.body)["text"] for one in web.seen]
    link = "https://airflow.example.org/ops/dags/extract_feeds/runs/manual__1%2B00%3A00"
    assert texts == [
        f"Throughline: extract_feeds of 2026-09-08 failed. {link}",
        f"Throughline: extract_feeds failed. {link}",
        f"Throughline: extract_feeds asks for a decision. {link}",
    ]


def test_a_connection_that_cannot_be_read_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from throughline.orchestration import notices

    def broken(_: str) -> Any:
        raise ConnectionError("the vault at secret.example.org is down")

    monkeypatch.setattr(notices, "address", broken)
    notices.tell("Throughline: failed")
    assert "throughline_webhook cannot be read: ConnectionError" in caplog.text
    assert "secret.example.org" not in caplog.text


@pytest.mark.parametrize("wrong", [[], ["night 3 is missing", "night 4 is missing"]])
def test_a_chain_that_differs_is_told_to_the_team_whose_exception_it_is(
    wrong: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from throughline.orchestration import notices
    from throughline.practice import teams
    from throughline.proven import chain

    told: list[tuple[str, tuple[str, ...]]] = []
    record, row = SimpleNamespace(rows=None), SimpleNamespace(fetchone=lambda: ("compliance",))
    monkeypatch.setattr(notices, "tell", lambda text, to: told.append((text, to)))
    monkeypatch.setattr(notices, "step", lambda *_: nullcontext(record))
    monkeypatch.setattr(chain, "notice", lambda *_: wrong)
    conn: Any = SimpleNamespace(execute=lambda *_: row)
    night: Any = SimpleNamespace(seq=5, business_date=date(2026, 9, 8))
    notices.hold_chain(conn, night, tmp_path)
    assert record.rows == len(wrong)
    if not wrong:
        assert told == []
        return
    ((text, to),) = told
    team = teams()["compliance"]
    assert text.startswith(
        f"Throughline for {team.title}: night 5 of 2026-09-08 found that the chain of decisions is not the one"
    )
    assert to == team.mail
    assert "night 3" not in text


def test_the_check_in_says_that_the_chain_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    from throughline.orchestration import notices
    from throughline.proven import chain

    said: list[tuple[str, str]] = []
    monkeypatch.setattr(
        notices, "_check_in", lambda _, __, signal, text: said.append((signal, text))
    )
    monkeypatch.setattr(chain, "head", lambda *_: chain.Head(5, 7, "ab", "2026-09-09T07:00:00Z"))
    conn: Any = SimpleNamespace()
    night: Any = SimpleNamespace(seq=5, status="finished")
    for is_in_doubt in (False, True):
        monkeypatch.setattr(chain, "is_in_doubt", lambda _, doubt=is_in_doubt: doubt)
        notices.night_ended(conn, night)
    assert said == [
        ("", "chain 7 ab"),
        ("", "chain 7 ab\nit is not the chain whose heads are in chain.jsonl"),
    ]


BILLING = Team(
    "billing",
    "Billing office",
    "Billing manager",
    mail=("billing@example.org",),
    lead_mail=("manager@example.org",),
)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Return the texts that would go out, each with the addresses of its mail."""
    from throughline.orchestration import notices

    told: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(notices, "tell", lambda text, to=(): told.append((text, list(to))))
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.org")
    return told


@pytest.mark.parametrize(
    ("team", "text", "to"),
    [
        ("billing", "asks Billing office for a decision", ["billing@example.org"]),
        (None, "asks for a decision", []),
    ],
)
def test_a_question_goes_to_those_who_may_answer(
    dag_bag: Any,
    monkeypatch: pytest.MonkeyPatch,
    sent: list[tuple[str, list[str]]],
    team: str | None,
    text: str,
    to: list[str],
) -> None:
    import throughline.practice
    from throughline.orchestration import connections, notices
    from throughline.silence import questions

    asked: list[str] = []
    monkeypatch.setattr(connections, "open_warehouse", nullcontext)
    monkeypatch.setattr(throughline.practice, "teams", lambda: {"billing": BILLING})

    def team_asked(_: object, about_id: str) -> str | None:
        asked.append(about_id)
        return team

    monkeypatch.setattr(questions, "team_asked", team_asked)
    notices.Question("batch_id")(context(dag_bag, params={"batch_id": "b1"}))
    assert asked == ["b1"]
    link = "https://airflow.example.org/dags/extract_feeds/runs/manual__1%2B00%3A00"
    assert sent == [(f"Throughline: extract_feeds {text}. {link}", to)]


def test_a_question_is_told_even_if_the_warehouse_is_down(
    dag_bag: Any, monkeypatch: pytest.MonkeyPatch, sent: list[tuple[str, list[str]]]
) -> None:
    from throughline.orchestration import connections, notices

    def broken() -> Any:
        raise ConnectionError("password secret")

    monkeypatch.setattr(connections, "open_warehouse", broken)
    notices.Question("batch_id")(context(dag_bag, params={"batch_id": "b1"}))
    assert [to for _, to in sent] == [[]]
    assert sent[0][0].startswith("Throughline: extract_feeds asks for a decision. ")


@pytest.mark.parametrize(
    ("kind", "about", "says"),
    [
        ("claim_batch", "SUNADV", "about claims to SUNADV (number 0123abcd)"),
        ("batch", "ehr/task of 2026-09-08", "about the delivery ehr/task of 2026-09-08 (number "),
    ],
)
def test_the_lead_reads_what_nobody_has_answered_since_when_and_by_when(
    monkeypatch: pytest.MonkeyPatch, kind: str, about: str, says: str
) -> None:
    from throughline.orchestration import notices

    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.org/")
    one = Unanswered(kind, "0123abcd-4567", about, "billing", date(2026, 9, 9), date(2027, 8, 1))
    text = notices.unanswered_text(one, BILLING)
    assert text.startswith("Throughline for Billing manager: Billing office has not decided ")
    assert says in text
    assert ", asked on 2026-09-09; it is an exception from 2027-08-01 on. " in text
    assert text.endswith(" https://airflow.example.org/required_actions")
