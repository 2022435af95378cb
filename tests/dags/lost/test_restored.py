"""Everything is lost after a night that sent, and its backup is of the night before: the DAGs go on, nothing twice."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from stack import options, postgres
from tests.dags.practice import CHAIN, Practice, practice_of
from tests.night import truth as t
from throughline import warehouse
from throughline.deployment import archive, backup, restore
from throughline.proven import chain, invariants

pytestmark = [pytest.mark.slow, pytest.mark.nights]

KEY = "the key of this practice"


@dataclass
class Outside:
    """What the receivers have: requests by their id there, and the control numbers of our claims."""

    requests: dict[str, tuple[str, str]]
    claims: Counter[str]

    @classmethod
    def of(cls, truth: t.Truth) -> Outside:
        return cls(
            {
                row["id"]: (row["kind"], row["effect"])
                for row in truth.rows("requests_received")
                if row["is_new"] and row["kind"] != "file"
            },
            Counter(
                row["control"] for row in truth.rows("claims") if row["submitter"] == t.SUBMITTER
            ),
        )


@dataclass
class Restored:
    """The practice after the night that followed the restore."""

    practice: Practice
    truth: t.Truth
    at_backup: Outside
    lost: Outside
    """What the receivers had when everything was lost."""
    said: list[str]
    night: dict[str, dict[str, str]]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.practice.rows(query)


def release(practice: Practice) -> None:
    """Attest every batch of claims that waits, as a person does."""
    for asked in practice.asked("release_claims"):
        with practice.person("Attest and release", "looked at"):
            assert practice.run("release_claims", conf=asked)[""] == "success"


def lose(practice: Practice, admin: str) -> None:
    """Lose both databases, the landed bytes, and the pages with the heads of the chain."""
    with psycopg.connect(admin, autocommit=True) as conn:
        for name in archive.DATABASES:
            conn.execute(f"drop database {name} with (force)".encode())
    for variable in ("THROUGHLINE_LANDING", "THROUGHLINE_PAGES"):
        shutil.rmtree(os.environ[variable])


@pytest.fixture(scope="module")
def restored(
    metadata: None, dag_bag: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Restored]:
    """Return the practice that lost the night after its backup, one night after its restore."""
    folder = tmp_path_factory.mktemp("lost")
    world = options.Options(patients=60, seed=11)
    with practice_of(folder, world, dag_bag.dags) as practice:
        landing = Path(os.environ["THROUGHLINE_LANDING"])
        pages = Path(os.environ["THROUGHLINE_PAGES"])
        admin = practice.server.dsn(postgres.SUPERUSER, "postgres")
        truth = t.Truth(folder / "sandbox" / "truth")
        practice.night(practice.first)
        kept = backup.take(folder / "kept", admin, landing, pages, fernet=KEY, say=lambda _: None)
        at_backup = Outside.of(truth)
        release(practice)
        lost_day = practice.first + timedelta(days=1)
        practice.night(lost_day)
        release(practice)
        lost = Outside.of(truth)
        lose(practice, admin)
        said: list[str] = []
        restore.restore(
            kept, admin, lambda name: practice.server.dsn(postgres.OWNER, name), landing, pages,
            fernet=KEY, lost_until=lost_day, say=said.append,
        )  # fmt: skip
        states = practice.night(lost_day + timedelta(days=1))
        release(practice)
        yield Restored(practice, truth, at_backup, lost, said, states)


def test_the_night_that_was_lost_had_sent(restored: Restored) -> None:
    assert restored.lost.requests.keys() - restored.at_backup.requests.keys()
    assert restored.lost.claims - restored.at_backup.claims


def test_the_next_night_ends_well(restored: Restored) -> None:
    assert {dag_id: run[""] for dag_id, run in restored.night.items()} == dict.fromkeys(
        CHAIN, "success"
    )
    assert restored.rows("select status from operations.night order by seq desc limit 1") == [
        ("finished",)
    ]


def test_nothing_is_sent_twice(restored: Restored) -> None:
    now = Outside.of(restored.truth)
    assert {one: times for one, times in Counter(now.requests.values()).items() if times > 1} == {}
    assert {control: times for control, times in now.claims.items() if times > 1} == {}
    assert t.doubles(restored.truth) == []


def test_what_went_out_is_found_by_a_look(restored: Restored) -> None:
    gone_out = restored.lost.requests.keys() - restored.at_backup.requests.keys()
    found = restored.rows(
        "select external_ref from tasks.transmission where outcome = 'accepted'"
        " and planned_seq > (select newest_seq from operations.restored)"
    )
    assert gone_out & {ref for (ref,) in found}


def test_what_is_on_sftp_is_answered_or_asked_about_and_not_sent(restored: Restored) -> None:
    """A file cannot be looked up: a claim whose answer has come is withdrawn, any other is an exception."""
    gone_out = set(restored.lost.claims - restored.at_backup.claims)
    asked = restored.rows(
        "select detail ->> 'claim' from operations.exception where reason = 'uncertain_transmission'"
    )
    known = restored.rows(
        "select patient_control_number from tasks.claim where status = 'withdrawn'"
    )
    assert gone_out == {claim for (claim,) in (*asked, *known)} & gone_out
    now = Outside.of(restored.truth).claims
    assert {claim: now[claim] for claim in gone_out} == dict.fromkeys(gone_out, 1)


def test_check_and_chain_hold(restored: Restored) -> None:
    with warehouse.connect(restored.practice.server.dsn(postgres.SUPERUSER)) as conn:
        assert invariants.check(conn) == []
        assert chain.compare(conn, Path(os.environ["THROUGHLINE_PAGES"])) == []
