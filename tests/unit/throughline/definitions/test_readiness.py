"""What can be proven follows from the feeds; a stage that nothing can prove is refused, unless people record it."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.throughline.definitions.test_check import ROOT, own, take
from throughline.definitions import examined, readiness
from throughline.definitions.readiness import OF_PROOF, Need, feeds_of, needs
from throughline.definitions.readiness.brings import (
    NEEDS,
    SAID_OF_CHARGES,
    SAYS,
    brought,
    needs_lines,
    says_of_charges,
    silent,
)
from throughline.practice import said_now
from throughline.sources import catalogue
from throughline.sources.source import Feed, SourceDefinition
from throughline.sources.tabular.columns import COLUMNS
from throughline.vocabulary.facts import FACT_KIND
from throughline.vocabulary.words import PROOF

__all__ = ["own"]
PROCEDURES = '  procedure: {expected_by: "03:00"}\n'
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
    told = found()["stage", "contacted"].told
    assert told.startswith("by hand, as practice.yaml says")
    assert "whoever may record_calls records it on the page of its case" in told


def test_a_level_that_no_charge_says_is_asked_of_a_person(own: Path) -> None:
    level = ("rests on", "level of decision-making")
    assert (found()[level].mark, found()[level].by) == ("ok", ("ehr/charge_item",))
    assert level not in found("charge_capture"), "an ordinary visit needs none"
    extension = "    mdm_level: https://lakeside.example/fhir/StructureDefinition/mdm-level\n"
    take(own, "sources/ehr.yaml", extension, "")
    assert examined().faults == ()
    assert found()[level].mark == "by hand"
    assert found()[level].told.startswith("asked of a person: who signed the note")


def test_a_reconciliation_that_no_feed_brings_is_asked_of_a_person(own: Path) -> None:
    medicines = ("rests on", "medication reconciliation")
    assert (found()[medicines].mark, found()[medicines].by) == ("ok", ("ehr/procedure",))
    assert medicines not in found("charge_capture"), "an ordinary visit needs none"
    take(own, "sources/ehr.yaml", PROCEDURES, "")
    assert examined().faults == (), "the stage is proven by its note"
    assert found()["stage", "documented"].mark == "ok"
    assert found()[medicines].mark == "by hand"
    assert "who may state_reconciliation" in found()[medicines].told


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
    assert examined().faults == ()
    assert not found()["excludes", "hospice"].lacks


EXTENSIONS = {
    "self_pay_restricted": "    self_pay_restriction: https://lakeside.example/fhir/StructureDefinition/self-pay-restriction\n",
    "global_period": "    global_period: https://lakeside.example/fhir/StructureDefinition/global-period\n",
}


@pytest.mark.parametrize("reason", EXTENSIONS)
def test_an_exclusion_that_no_charge_says_goes_unseen(own: Path, reason: str) -> None:
    """Charges come, and none of them can say it: that is not `ok`."""
    assert found("charge_capture")["excludes", reason].mark == "ok"
    take(own, "sources/ehr.yaml", EXTENSIONS[reason], "")
    need = found("charge_capture")["excludes", reason]
    assert (need.mark, need.by, need.is_met) == ("unseen", (), False)
    assert "no charge says it: a column of a table" in need.told
    assert examined().faults == ()


@pytest.mark.parametrize(
    ("columns", "codes", "says"),
    [
        ({"code": "CPT"}, {}, set()),
        ({"code": "CPT", "is_self_pay_restricted": "Cash"}, {}, {"self_pay_restricted"}),
        ({"code": "CPT", "global_period": "Post-op"}, {}, {"global_period"}),
        ({"code": "CPT", "mdm_level": "MDM"}, {}, {"level"}),
        ({"code": "CPT", "no_charge_reason": "Why"}, {}, {"no_charge"}),
        ({"code": "CPT", "status": "S"}, {}, {"no_charge"}),
        ({"code": "CPT", "status": "S"}, {"P": "billable"}, set()),
        ({"code": "CPT", "status": "S"}, {"P": "billable", "N": "not-billable"}, {"no_charge"}),
        ({"code": "CPT", "status": {"constant": "billable"}}, {}, set()),
        ({"global_period": "Post-op"}, {}, set()),
    ],
)
def test_what_the_charges_of_a_table_can_say(
    columns: dict[str, object], codes: dict[str, str], says: set[str]
) -> None:
    source = table("charge_item", columns)
    if codes:
        source.conventions["codes"] = {"charge_item.status": codes}
    assert {w for w in SAID_OF_CHARGES if says_of_charges(source, "charge_item", w)} == says
    told = replace(source, standard="hl7v2", conventions={"extensions": dict.fromkeys(says, "x")})
    assert not any(says_of_charges(told, "charge_item", what) for what in SAID_OF_CHARGES)


def test_without_practitioners_no_visit_counts(own: Path) -> None:
    who = ("rests on", "who may bill a visit")
    assert (found()[who].mark, found()[who].by) == ("ok", ("ehr/practitioner",))
    take(own, "sources/ehr.yaml", '  practitioner: {expected_by: "03:00"}\n', "")
    assert found()[who].mark == found("charge_capture")[who].mark == "NEVER"
    assert "until then no visit counts" in found()[who].told


def test_denver_is_told_what_it_cannot_know() -> None:
    """As its lead reads it: no charge says what must not go to a payer; a list that comes back has no history."""
    folder = ROOT / "tests" / "practices" / "denver" / "definitions"
    done = subprocess.run(
        [sys.executable, "-m", "throughline.definitions.readiness"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(ROOT / "include"), "PATH": "", "THROUGHLINE_DEFINITIONS": str(folder)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    marked = [
        re.split(r"\s{2,}", line.strip())[0:3] for line in lines if line.startswith("  unseen")
    ]
    assert [words[2] for words in marked] == [
        "no_charge", "global_period", "self_pay_restricted", "global_period", "no_charge", "self_pay_restricted",
    ]  # fmt: skip
    place = next(n for n, line in enumerate(lines) if line.startswith("  care_lists/communication"))
    assert lines[place].endswith(" 0 days")
    assert lines[place + 1].strip().startswith("it answers what we ask")
    assert lines[-1] == (
        "0 of 38 can never be; 1 by hand;"
        " 6 go unseen (an exclusion or an answer to a claim that nothing would show)"
    )
    # what follows a name begins in one column, however long the name is
    assert len({line.index("epic/") for line in lines if re.match(r"  ok .* epic/", line)}) == 1


def test_a_kind_names_the_feeds_that_would_bring_it() -> None:
    assert feeds_of("booking").startswith("feed appointment (fhir or hl7v2")


@pytest.mark.parametrize(
    ("wrong", "code", "says"),
    [("", 0, "can never be; 0 by hand; 0 go unseen"), (CALLS, 1, "NEVER   stage")],
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
    assert done.stdout.startswith("2 faults below: nothing of a file with a fault") is bool(wrong)


def table(feed: str, columns: dict[str, object]) -> SourceDefinition:
    """A source with one table that is mapped to one feed."""
    record = {"feed": feed, "key": "No", "columns": columns}
    tables = {"t": {"delivers": "snapshot", "records": [record]}}
    hours = time(3)
    return SourceDefinition(
        "office", "Office", "tabular", "folder", "office", "billing", "UTC",
        {feed: Feed(feed, "billing", hours)}, conventions={"tables": tables},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("feed", "columns", "brings", "not_"),
    [
        ("patient", {"mrn": "No"}, {"preference"}, {"death", "attribution", "left_practice"}),
        ("patient", {"is_deceased": "Dead"}, {"death"}, {"attribution"}),
        ("patient", {"general_practitioner_id": "PCP"}, {"attribution"}, {"death"}),
        ("encounter", {"class_code": {"constant": "AMB"}, "ends_at": "End"}, {"visit"}, {"discharge", "admission"}),
        ("encounter", {"class_code": {"constant": "IMP"}, "ends_at": "End"}, {"discharge", "admission"}, set()),
        ("encounter", {"class_code": {"constant": "IMP"}}, {"admission"}, {"discharge"}),
        ("encounter", {"class_code": {"constant": "AMB"}, "type_code": "Type", "ends_at": "E"}, {"discharge"}, set()),
        ("encounter", {"class_code": "Class", "status": {"constant": "planned"}, "ends_at": "E"}, {"admission"},
         {"discharge", "visit"}),
        ("appointment", {"status": {"from": "S", "lookup": {"B": "booked"}, "otherwise": "refuse"}}, {"booking"},
         {"arrived", "no_show"}),
        ("appointment", {"status": {"from": "S", "lookup": {"B": "booked"}}}, {"booking", "arrived"}, set()),
        ("claim", {"patient_control_number": "No"}, set(), {"claim"}),
        ("claim_response", {"category_code": {"constant": "A2"}, "is_from_payer": "P"}, {"claim_accepted"},
         {"claim_rejected"}),
        ("communication", {"status": "S", "outcome_code": "O"}, {"attempt"}, {"contact"}),
        ("document_reference", {"type_code": "T"}, set(), {"note"}),
    ],
)  # fmt: skip
def test_a_table_brings_what_it_maps(
    feed: str, columns: dict[str, object], brings: set[str], not_: set[str]
) -> None:
    found = set(brought(table(feed, columns), feed))
    assert brings <= found
    assert not found & not_


def test_a_claim_of_a_table_brings_its_lines() -> None:
    source = table("claim", {"patient_control_number": "No"})
    (record,) = source.conventions["tables"]["t"]["records"]
    record["lines"] = {"columns": {"code": "CPT"}}
    assert brought(source, "claim") == ["claim"]


def test_what_states_a_kind_is_a_column_of_its_table() -> None:
    asked = [*NEEDS.items(), *((of, tuple(said)) for of, said in SAYS.items())]
    for (name, kind), columns in asked:
        assert kind in next(t for _, t in catalogue.tables() if t.name == name).facts
        assert set(columns) <= COLUMNS[name].keys()


def test_hl7_says_whose_patient_it_is_only_where_its_source_says_so(own: Path) -> None:
    source = next(one for one in examined().sources if one.standard == "hl7v2")
    assert "attribution" in silent(source, "patient")
    source.conventions["primary_care_is_ours"] = True
    try:
        assert "attribution" in brought(source, "patient")
    finally:
        del source.conventions["primary_care_is_ours"]


def test_a_claim_of_a_table_without_lines_is_told_by_what_it_lacks(own: Path) -> None:
    record: dict[str, Any] = {"feed": "claim", "key": "No", "columns": {}}
    found = next(one for one in examined().sources if one.feeds)
    source = replace(
        found, standard="tabular", conventions={"tables": {"t": {"records": [record]}}}
    )
    (kind,) = catalogue.entry("claim").tables[1].facts
    assert needs_lines(source, "claim", kind)
    record["lines"] = {"columns": {"code": "CPT"}}
    assert not needs_lines(source, "claim", kind)
    assert not needs_lines(replace(source, standard="x12"), "claim", kind)
    record["feed"] = "encounter"
    assert not needs_lines(source, "encounter", "visit")


def test_a_feed_that_is_there_and_does_not_say_it_is_named() -> None:
    need = Need("w", "opens", "discharge", (), ("discharge",), silent=("office/encounter",))
    assert need.told.endswith("as it is defined, office/encounter does not say it")
