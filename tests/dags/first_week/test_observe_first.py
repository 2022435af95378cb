"""A first week as it is advised: two nights that only observe, then live, then what was held is let out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stack import options, postgres
from tests.dags.practice import CHAIN, Practice, practice_of
from throughline import decisions, warehouse
from throughline import practice as of_practice
from throughline.decisions import Request
from throughline.proven import invariants
from throughline.proven.replay import replay
from throughline.tasks import observing
from throughline.vocabulary import OURS

pytestmark = [pytest.mark.slow, pytest.mark.nights]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the practice's own definitions, which are in force."""
    made = tmp_path_factory.mktemp("definitions")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THROUGHLINE_DEFINITIONS", str(made))
        yield made
    of_practice.practice.cache_clear()


def says(folder: Path, mode: str) -> None:
    text = (OURS / "practice.yaml").read_text("utf-8")
    (folder / "practice.yaml").write_text(f"{text}mode: {mode}\n", "utf-8")
    of_practice.practice.cache_clear()


@pytest.fixture(scope="module")
def practice(
    metadata: None, dag_bag: Any, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Practice]:
    """Return a practice before its first night."""
    says(folder, "observe")
    world = options.Options(patients=60)
    with practice_of(tmp_path_factory.mktemp("practice"), world, dag_bag.dags) as made:
        yield made


def night(practice: Practice, number: int) -> None:
    states = practice.night(practice.first + timedelta(days=number))
    assert {dag_id: run[""] for dag_id, run in states.items()} == dict.fromkeys(CHAIN, "success")


def sent(practice: Practice) -> int:
    return int(practice.rows("select count(*) from tasks.transmission")[0][0])


def test_nothing_leaves_the_house_until_somebody_lets_it_out(
    practice: Practice, folder: Path
) -> None:
    night(practice, 0)
    night(practice, 1)
    assert (
        practice.rows("select count(*) from tasks.observed where not is_held and to_seq is null")[
            0
        ][0]
        > 0
    )
    outside = "select count(*) from tasks.task where kind <> 'review'"
    assert (sent(practice), practice.rows(outside)) == (0, [(0,)])
    assert practice.rows("select count(*) from tasks.claim_batch") == [(0,)]
    assert practice.asked("release_claims") == []

    says(folder, "live")
    night(practice, 2)
    held = practice.rows(
        "select case_id, stage, kind from tasks.observed where is_held and to_seq is null"
    )
    assert held
    begun = sent(practice)
    about_held = (
        "select count(*) from tasks.task as t inner join tasks.observed as o"
        " on o.case_id = t.case_id and o.stage = t.stage and o.kind = t.kind"
    )
    assert practice.rows(about_held) == [(0,)], "nothing of before goes out by itself"

    with warehouse.connect(practice.server.dsn(postgres.SUPERUSER)) as conn:
        for one in observing.held(conn):
            said = {"list": one.number}
            asked = Request("release_observed", "held", one.workflow, "operator", "we looked", said)
            decisions.record(conn, asked)
        conn.commit()
    night(practice, 3)
    assert sent(practice) > begun
    assert practice.rows(about_held)[0][0] > 0
    assert practice.rows(
        "select count(*) from tasks.observed where is_held and to_seq is null"
        " and from_seq < (select max(seq) from operations.night)"
    ) == [(0,)], "what was let out is held no more"
    twice = (
        "select count(*) from (select from tasks.transmission where outcome = 'accepted'"
        " group by effect_key having count(*) > 1) as x"
    )
    assert practice.rows(twice) == [(0,)]

    with warehouse.connect(practice.server.dsn(postgres.SUPERUSER)) as conn:
        assert invariants.tell(invariants.check(conn)) == ""
        conn.rollback()
        for (seq,) in practice.rows("select seq from operations.night where status = 'finished'"):
            assert replay(conn, seq).agrees, f"night {seq}"
