"""What can be proven follows from the feeds; a stage that nothing can prove is refused, unless people record it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.throughline.definitions.test_check import ROOT, own, take
from throughline.definitions import examined, readiness
from throughline.definitions.readiness import OF_PROOF, Need, feeds_of, needs
from throughline.practice import said_now
from throughline.sources import catalogue
from throughline.vocabulary.words import FACT_KIND, PROOF

__all__ = ["own"]
CALLS = '  communication: {expected_by: "03:00"}\n'


def found(workflow: str = "transitional_care") -> dict[tuple[str, str], Need]:
    checked = examined()
    every = needs(checked.workflows, checked.sources, said_now())
    return {(one.part, one.name): one for one in every if one.workflow == workflow}


def test_everything_of_ours_can_be_known(own: Path) -> None:
    assert all(
        not one.lacks
        for name in ("transitional_care", "annual_wellness")
        for one in found(name).values()
    )
    assert found()["stage", "scheduled"].by == ("scheduling/appointment",)
    assert found()["sends", "scheduling"].by == ("scheduling as schedule",)
    assert found()["opens", "discharge"].by == ("ehr/encounter",)


def test_every_proof_has_kinds_that_a_feed_brings() -> None:
    assert OF_PROOF.keys() == set(PROOF.words)
    states = {kind for _, table in catalogue.tables() for kind in table.facts}
    of = [*OF_PROOF.values(), *readiness.OF_TRIGGER.values(), *readiness.OF_EXCLUSION.values()]
    asked = {kind for groups in of for group in groups for kind in group}
    assert asked <= states
    assert asked <= set(FACT_KIND.words)


def test_a_stage_that_nothing_can_prove_is_refused_by_name(own: Path) -> None:
    take(own, "sources/ehr.yaml", CALLS, "")
    faults = examined().faults
    assert [fault.split(": ")[-2] for fault in faults]
    assert len(faults) == 2, "both workflows that make calls"
    told = next(fault for fault in faults if "transitional_care" in fault)
    assert "transitional_care.yaml:" in told
    assert "nothing can prove contacted of transitional_care" in told
    assert "contact: feed communication (fhir" in told
    assert "by_hand: {transitional_care: [contacted]} in practice.yaml" in told
    assert found()["stage", "contacted"].mark == "NEVER"


def test_a_stage_that_people_record_is_not_refused(own: Path) -> None:
    take(own, "sources/ehr.yaml", CALLS, "")
    by_hand = "by_hand: {transitional_care: [contacted], annual_wellness: [contacted]}"
    take(own, "practice.yaml", "bill_hold_days: 1", f"bill_hold_days: 1\n{by_hand}")
    assert examined().faults == ()
    assert found()["stage", "contacted"].mark == "by hand"
    assert found()["stage", "contacted"].told.startswith("by hand, as practice.yaml says")


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("{transitional_car: [contacted]}", "by_hand/transitional_car: there is no workflow"),
        ("{transitional_care: [contactd]}", "by_hand/transitional_care/0: transitional_care has no stage 'contactd'"),
        ("{transitional_care: contacted}", "by_hand/transitional_care: "),
    ],
)  # fmt: skip
def test_what_is_by_hand_exists(own: Path, said: str, fault: str) -> None:
    take(own, "practice.yaml", "bill_hold_days: 1", f"bill_hold_days: 1\nby_hand: {said}")
    (told,) = examined().faults
    assert fault in told
    assert "practice.yaml:6: " in told


def test_a_wrong_word_of_a_mode_is_refused_with_its_line(own: Path) -> None:
    take(own, "practice.yaml", "bill_hold_days: 1", "bill_hold_days: 1\nmode: observ")
    take(own, "workflows/transitional_care.yaml", "status: active", "status: active\nmode: watch")
    take(
        own,
        "sources/scheduling.yaml",
        "connection: scheduling_api}",
        "connection: scheduling_api, mode: off}",
    )
    faults = "\n".join(examined().faults)
    assert "practice.yaml:6: mode: 'observ' is not a known mode: the nearest is 'observe'" in faults
    assert "transitional_care.yaml:6: mode: 'watch' is not a known mode" in faults
    assert "scheduling.yaml:" in faults
    assert "roles/schedule/mode" in faults


def test_a_mode_changes_no_version(own: Path) -> None:
    before = {one.workflow: one.sha256 for one in examined().workflows}
    take(own, "workflows/transitional_care.yaml", "status: active", "status: active\nmode: observe")
    after = examined()
    assert {one.workflow: one.sha256 for one in after.workflows} == before
    assert [one.mode for one in after.workflows if one.workflow == "transitional_care"] == [
        "observe"
    ]


def test_an_exclusion_that_nothing_shows_goes_unseen_and_refuses_nothing(own: Path) -> None:
    take(own, "sources/ehr.yaml", '  procedure: {expected_by: "03:00"}\n', "")
    faults = examined().faults
    assert [fault for fault in faults if "documented of transitional_care" in fault], (
        "it needs a reconciliation"
    )
    assert not found()["excludes", "hospice"].lacks


def test_a_kind_names_the_feeds_that_would_bring_it() -> None:
    assert feeds_of("booking").startswith("feed appointment (hl7v2")


@pytest.mark.parametrize(
    ("wrong", "code", "says"), [("", 0, "can never be; 0 go unseen"), (CALLS, 1, "NEVER   stage")]
)
def test_the_command_prints_a_table_and_says_by_its_code(
    own: Path, wrong: str, code: int, says: str
) -> None:
    if wrong:
        take(own, "sources/ehr.yaml", wrong, "")
    done = subprocess.run(
        [sys.executable, "-m", "throughline.definitions.readiness"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(ROOT / "include"), "PATH": "", "THROUGHLINE_DEFINITIONS": str(own)},
    )  # fmt: skip
    assert (done.returncode, says in done.stdout) == (code, True), done.stdout + done.stderr
    assert "transitional_care\n" in done.stdout
