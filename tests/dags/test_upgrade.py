"""A practice that the version before left behind is taken up by this one, and goes on.

What is kept in `tests/recorded` was made by that version's own code: the warehouse, the landed bytes, the systems.
A batch of claims waits in it, and of booking requests nobody knows whether they arrived.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stack import options, postgres
from tests.dags.practice import CHAIN, Practice, practice_of
from tests.night import truth as t
from tests.recorded import kept
from throughline import sources, warehouse
from throughline.proven import replay
from throughline.warehouse import derivation

pytestmark = [pytest.mark.slow, pytest.mark.nights]

FILE = Path(kept.__file__).with_name("derivation-1.tar.xz")
LARGEST = 3_000_000
NUMBER = 1
"""The number of the derivation that recorded it."""

STANDING = {
    "cases": "select case_id, workflow, version, person_id, trigger_ref, opened_seq from cases.case_record",
    "definitions": "select workflow, version, definition::text from cases.workflow_version",
    "tasks": "select task_id, case_id, stage, kind, attempt, planned_seq from tasks.task",
    "transmissions": "select transmission_id, effect_key, attempt, payload_sha256, payload from tasks.transmission",
    "batches of claims": "select batch_id, payload_sha256, payload from tasks.claim_batch",
    "decisions": "select decision_id, kind, about_id, decided_by from operations.decision",
    "facts": "select fact_id, kind, source_ref, source_version, known_seq from evidence.fact",
    "persons": "select person_id from identity.person",
}
"""What no upgrade takes away or rewrites."""


@dataclass
class Upgraded:
    """The practice after its first night under this version, and how it stood before."""

    practice: Practice
    before: dict[str, list[tuple[Any, ...]]]
    replayed: dict[int, bool]
    staged: dict[str, tuple[int, int]]
    batch: str
    uncertain: list[str]
    released: dict[str, str]
    night: dict[str, dict[str, str]]
    seq: int

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.practice.rows(query)

    def number(self, query: str) -> Any:
        ((value,),) = self.rows(query)
        return value


@pytest.fixture(scope="module")
def upgraded(
    metadata: None, dag_bag: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    """Return the recorded practice: migrated, its batch released, and one night later by rules of a higher number."""
    folder = tmp_path_factory.mktemp("recorded")
    kept.unpack(FILE, folder)
    before: dict[str, list[tuple[Any, ...]]] = {}

    def prepare(server: postgres.Server) -> None:
        kept.restore(server, folder)
        with warehouse.connect(server.dsn(postgres.SUPERUSER)) as conn:
            before.update(
                {name: conn.execute(query.encode()).fetchall() for name, query in STANDING.items()}
            )
        assert warehouse.migrate(server.dsn()), "there was nothing to migrate"

    world = options.Options(patients=100, seed=1)
    with (
        practice_of(folder, world, dag_bag.dags, prepare) as practice,
        pytest.MonkeyPatch.context() as patch,
    ):
        replayed, staged = replayed_nights(practice), staged_again(practice)
        ((batch,),) = practice.rows(
            "select batch_id::text from tasks.claim_batch where status = 'waiting'"
        )
        uncertain = practice.rows(
            "select effect_key from tasks.transmission where outcome = 'uncertain' order by 1"
        )
        with practice.person("Attest and release", "seen after the upgrade"):
            released = practice.run("release_claims", conf={"batch_id": batch})
        patch.setattr(derivation, "NUMBER", max(derivation.NUMBER, NUMBER + 1))
        states = practice.night(practice.next_day())
        ((seq,),) = practice.rows("select max(seq) from operations.night")
        yield Upgraded(
            practice,
            before,
            replayed,
            staged,
            batch,
            [key for (key,) in uncertain],
            released,
            states,
            seq,
        )


def replayed_nights(practice: Practice) -> dict[int, bool]:
    """Compute the nights of the version before again; say of each whether it is sound."""
    with warehouse.connect(practice.server.dsn(postgres.SUPERUSER)) as conn:
        seqs = practice.rows("select seq from operations.night where status = 'finished'")
        return {seq: replay.replay(conn, seq).is_sound for (seq,) in seqs}


def staged_again(practice: Practice) -> dict[str, tuple[int, int]]:
    """Parse what earlier nights landed; return rows then and now of each batch. Nothing of it stays."""
    root = Path(os.environ["THROUGHLINE_LANDING"])
    then_and_now = {}
    with warehouse.connect(practice.server.dsn(postgres.SUPERUSER)) as conn:
        for batch_id, rows in practice.rows(
            "select batch_id::text, rows_received from landing.batch where status = 'loaded'"
        ):
            then_and_now[batch_id] = (rows, sources.stage(conn, batch_id, root).rows)
            conn.rollback()
    return then_and_now


@pytest.fixture
def truth(upgraded: Upgraded) -> t.Truth:
    return t.Truth(Path(os.environ["THROUGHLINE_LANDING"]).parent / "sandbox" / "truth")


@pytest.fixture
def account(upgraded: Upgraded) -> t.Account:
    return t.Account(upgraded.practice.server.dsn(postgres.SUPERUSER))


def test_it_is_small() -> None:
    assert FILE.stat().st_size < LARGEST


def test_its_first_night_under_this_version_ends_well(upgraded: Upgraded) -> None:
    assert {dag_id: run[""] for dag_id, run in upgraded.night.items()} == dict.fromkeys(
        CHAIN, "success"
    )
    assert upgraded.rows(
        "select status, kind, derivation from operations.night where seq in "
        f"({upgraded.seq - 1}, {upgraded.seq}) order by seq"
    ) == [("finished", "nightly", NUMBER), ("finished", "nightly", derivation.NUMBER)]


@pytest.mark.parametrize("name", STANDING)
def test_nothing_that_stood_is_lost_or_rewritten(upgraded: Upgraded, name: str) -> None:
    before = upgraded.before[name]
    assert before
    assert set(before) - set(upgraded.rows(STANDING[name])) == set()


def test_nights_of_the_version_before_are_sound_when_replayed(upgraded: Upgraded) -> None:
    assert len(upgraded.replayed) >= 3
    assert set(upgraded.replayed.values()) == {True}


def test_bytes_that_landed_before_are_still_read(upgraded: Upgraded) -> None:
    assert sum(then for then, _ in upgraded.staged.values()) > 1000
    assert {b: rows for b, rows in upgraded.staged.items() if rows[0] != rows[1]} == {}


def test_the_batch_that_waited_is_sent_as_it_was_shown(upgraded: Upgraded) -> None:
    assert upgraded.released[""] == "success"
    ((_, digest, payload),) = [
        row for row in upgraded.before["batches of claims"] if str(row[0]) == upgraded.batch
    ]
    assert upgraded.rows(
        "select b.status, x.outcome, x.payload_sha256, x.payload from tasks.claim_batch as b"
        " inner join tasks.transmission as x on x.effect_key = 'claim_batch|' || b.batch_id::text"
        f" where b.batch_id = '{upgraded.batch}'"
    ) == [("sent", "accepted", digest, payload)]


def test_what_was_uncertain_is_looked_up(upgraded: Upgraded, truth: t.Truth) -> None:
    """What the receiver has is not sent again; what it has not did not arrive."""
    arrived = {row["effect"] for row in truth.rows("requests_received") if row["kind"] == "booking"}
    outcomes = dict(
        upgraded.rows("select effect_key, outcome from tasks.transmission where attempt = 1")
    )
    assert {key: outcomes[key] for key in upgraded.uncertain} == {
        key: "accepted" if key in arrived else "rejected" for key in upgraded.uncertain
    }
    assert {outcomes[key] for key in upgraded.uncertain} == {"accepted", "rejected"}


def test_every_open_case_was_derived_by_the_new_rules(upgraded: Upgraded) -> None:
    assert (
        upgraded.number(
            "select count(*) from cases.case_record as c where c.status = 'open'"
            f" and c.opened_seq < {upgraded.seq} and not exists (select from operations.work_item as w"
            f" where w.seq = {upgraded.seq} and w.person_id = c.person_id and w.reason = 'derivation')"
        )
        == 0
    )


def test_the_account_goes_on_to_agree_with_the_truth(truth: t.Truth, account: t.Account) -> None:
    assert t.found(truth, account) == []
    assert t.false_completions(truth, account) == []
    assert t.doubles(truth) == []
    assert t.unreleased(truth, account) == []
