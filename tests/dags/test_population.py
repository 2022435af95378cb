"""Lives of somebody else's folder: nights run on them to the end, and account for them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from stack import options
from tests import lives
from tests.dags.practice import CHAIN, Practice, practice_of

pytestmark = [pytest.mark.slow, pytest.mark.nights]

SEED = 7
"""A world in which the first visit of the new life is one that billing forgets."""
NIGHTS = 2
"""The second is three business days after the first visits of the new life."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, int]]:
    """Return the folder, and how many resources of each type are in it."""
    folder = tmp_path_factory.mktemp("population") / "lives"
    return str(folder), lives.write(folder)


@pytest.fixture(scope="module")
def practice(
    metadata: None,
    dag_bag: Any,
    tmp_path_factory: pytest.TempPathFactory,
    written: tuple[str, dict[str, int]],
) -> Iterator[Practice]:
    """Return a practice that took the lives over and has had its nights."""
    world = options.Options(patients=1, seed=SEED, population=written[0])
    with practice_of(tmp_path_factory.mktemp("practice"), world, dag_bag.dags) as made:
        for number in range(NIGHTS):
            states = made.night(made.first + timedelta(days=number))
            assert {dag_id: run[""] for dag_id, run in states.items()} == dict.fromkeys(
                CHAIN, "success"
            )
        yield made


def test_everybody_of_the_folder_is_there(
    practice: Practice, written: tuple[str, dict[str, int]]
) -> None:
    """The ids of the folder are all there; the lives that went on added encounters and conditions."""
    counts = written[1] | {"Patient": written[1]["Patient"] - lives.PARTLY_BORN}
    of = {
        "patient": ("Patient", "p"),
        "encounter": ("Encounter", "e"),
        "condition": ("Condition", "c"),
    }
    for table, (kind, letter) in of.items():
        ids = f"select count(distinct source_id) from core.{table} where source_id ~ '^{letter}[0-9]+(-[01])?$'"
        assert practice.rows(ids) == [(counts[kind],)]
    assert practice.rows("select count(*) from identity.person") == [(counts["Patient"],)]


def test_whose_birth_date_is_not_known_waits_for_a_person(practice: Practice) -> None:
    assert practice.rows(
        "select reason, count(*) from quality.quarantine where status = 'open' and feed = 'patient' group by reason"
    ) == [("birth_date missing", lives.PARTLY_BORN)]


def test_a_case_of_each_workflow_opens(practice: Practice) -> None:
    opened = {
        workflow for (workflow,) in practice.rows("select distinct workflow from cases.case_record")
    }
    assert opened == {"transitional_care", "annual_wellness", "charge_capture"}


def test_no_claim_is_made_without_a_charge(practice: Practice) -> None:
    """What the folder calls a claim of the past is no charge of a clinician: it is billed to nobody."""
    charged = "select from core.charge_item as h where h.encounter_id = "
    assert practice.rows(
        f"select count(*) from tasks.claim as k where not exists ({charged} k.encounter_id)"
    ) == [(0,)]
    asked = practice.rows(
        f"select exists ({charged} c.encounter_ref) from tasks.task as t"
        " inner join cases.case_record as c using (case_id) where t.kind = 'billing'"
    )
    assert set(asked) == {(True,)}
