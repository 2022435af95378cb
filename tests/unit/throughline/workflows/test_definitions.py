"""A definition that is incomplete, or points nowhere, is refused with the place and the reason."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from throughline.vocabulary import OURS, vocabulary
from throughline.workflows import DefinitionError, load_all, load_file

WORDS = vocabulary()
WHOLE = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (OURS / "workflows").glob("*.yaml")
}


def stage(raw: dict[str, Any], name: str) -> dict[str, Any]:
    return next(s for s in raw["stages"] if s["stage"] == name)


def load(folder: Path, raw: Any) -> Any:
    path = folder / "made.yaml"
    path.write_text(
        raw if isinstance(raw, str) else yaml.safe_dump(raw, sort_keys=False), encoding="utf-8"
    )
    return load_file(path, WORDS)


def test_every_class_of_payers_has_a_share_of_the_charge() -> None:
    payers = yaml.safe_load((OURS / "payers.yaml").read_text(encoding="utf-8"))
    classes = {*payers["classes_by_sopt"].values(), *payers["classes_by_filing"].values(), "other"}
    classes |= {payer["payer_class"] for payer in payers["payers"].values()}
    assert set(payers["allowed_shares"]) == classes
    assert all(0 < share <= 1 for share in payers["allowed_shares"].values())


def test_the_definitions_of_this_tree_are_complete() -> None:
    assert [w.workflow for w in load_all()] == [
        "annual_wellness",
        "charge_capture",
        "transitional_care",
    ]


def test_every_rule_names_its_source() -> None:
    for raw in WHOLE.values():
        rules = [raw["trigger"], *raw["exclusions"], *raw["stages"]]
        assert all(len(rule["source"]) > 10 for rule in rules)


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_nothing_that_the_schema_asks_for_may_be_left_out(tmp_path: Path, name: str) -> None:
    for key in (
        "workflow",
        "version",
        "status",
        "title",
        "owner_team",
        "trigger",
        "population",
        "exclusions",
        "stages",
    ):
        raw = copy.deepcopy(WHOLE[name])
        del raw[key]
        with pytest.raises(
            DefinitionError, match=f"made.yaml:1: top: '{key}' is a required property"
        ):
            load(tmp_path, raw)
    for place, part in enumerate(WHOLE[name]["stages"]):
        for key in ("stage", "proof", "owner_team", "clock", "feeds", "source"):
            raw = copy.deepcopy(WHOLE[name])
            del raw["stages"][place][key]
            where = place if key == "stage" else part["stage"]
            with pytest.raises(DefinitionError, match=f"stages/{where}: '{key}' is a required"):
                load(tmp_path, raw)
        if "task" in part:
            raw = copy.deepcopy(WHOLE[name])
            del raw["stages"][place]["task"]
            with pytest.raises(
                DefinitionError, match=f"{part['stage']}: {part['proof']} needs a task"
            ):
                load(tmp_path, raw)
    for place in range(len(WHOLE[name]["exclusions"])):
        raw = copy.deepcopy(WHOLE[name])
        del raw["exclusions"][place]["source"]
        with pytest.raises(DefinitionError, match="'source' is a required property"):
            load(tmp_path, raw)


T, W, C = "transitional_care", "annual_wellness", "charge_capture"
WRONG: list[tuple[str, Callable[[dict[str, Any]], Any], str]] = [
    (T, lambda r: r.update(owner_team="nobody"), "made.yaml:5: owner_team: 'nobody' is not a known team: the nearest"),
    (T, lambda r: stage(r, "seen").update(owner_team="biling"),
     "stages/seen/owner_team: 'biling' is not a known team: the nearest is 'billing'"),
    (T, lambda r: r.update(surprise=1), "surprise: unknown key 'surprise'"),
    (T, lambda r: r.update(status="actve"),
     "status: 'actve' is not a known status of a workflow: the nearest is 'active'"),
    (T, lambda r: r["trigger"].pop("codes"), "trigger: fact needs codes"),
    (T, lambda r: r["trigger"].pop("facility_classes"), "trigger: fact needs facility_classes"),
    (T, lambda r: r["trigger"].pop("known_within_days"), "trigger: fact needs known_within_days"),
    (T, lambda r: r["trigger"].pop("source"), "trigger: 'source' is a required"),
    (T, lambda r: r["trigger"].update(due="wellness"), "trigger: exactly one of fact, due, unbilled is required"),
    (T, lambda r: r["trigger"].update(counts=["G0402"]), "trigger/counts: counts has no effect where fact"),
    (T, lambda r: r["trigger"].update(codes={"first": "G0438"}), "trigger/codes: codes must be a list of dispositions"),
    (T, lambda r: r["population"].update(calendar_year_payer_classes=["other"]), "has no effect where fact opens"),
    (W, lambda r: r["trigger"].pop("months_between"), "trigger: due needs months_between"),
    (W, lambda r: r["trigger"].pop("first_year_months"), "trigger: due needs first_year_months"),
    (W, lambda r: r["trigger"].pop("counts"), "trigger: due needs counts"),
    (W, lambda r: r["trigger"]["codes"].pop("first"), "trigger: codes must be first_year"),
    (W, lambda r: r["trigger"].update(codes=["home"]), "trigger: codes must be first_year"),
    (W, lambda r: r["trigger"]["codes"].update(first="G0348"),
     "trigger/codes/first: 'G0348' is not a known service with a date of the payer: the nearest is 'G0438'"),
    (C, lambda r: r["trigger"].pop("lag_business_days"), "trigger: unbilled needs lag_business_days"),
    (C, lambda r: r["trigger"].pop("note_types"), "trigger: unbilled needs note_types"),
    (T, lambda r: r["exclusions"][0].pop("days"), "exclusions/died: death_within needs days"),
    (T, lambda r: r["exclusions"][1].pop("days"), "exclusions/readmitted: admission_within needs days"),
    (T, lambda r: r["exclusions"][-1].pop("codes"), "exclusions/billed_elsewhere: other_claim needs codes"),
    (T, lambda r: r["exclusions"][3].update(days=3), "exclusions/hospice/days: has no effect on hospice_before"),
    (T, lambda r: r["exclusions"][0].update(when="death_wihtin"),
     "'death_wihtin' is not a known condition: the nearest is 'death_within'"),
    (T, lambda r: stage(r, "documented").pop("note_types"), "stages/documented: note needs note_types"),
    (T, lambda r: stage(r, "contacted").pop("window"), "stages/contacted: contact needs window"),
    (T, lambda r: stage(r, "seen").pop("window"), "stages/seen: visit needs window"),
    (T, lambda r: stage(r, "billed").pop("pays"), "stages/billed: claim needs codes or pays"),
    (T, lambda r: stage(r, "billed")["pays"][0].pop("levels"), "'levels' is a required property"),
    (T, lambda r: stage(r, "scheduled")["task"].pop("visit_type"), "scheduling needs visit_type"),
    (T, lambda r: stage(r, "scheduled")["task"].pop("aim_days"), "scheduling needs aim_days"),
    (T, lambda r: stage(r, "contacted")["task"].update(aim_days=3), "task/aim_days: aim_days has no effect on"),
    (T, lambda r: stage(r, "settled").update(window={"days": 3}), "settled/window: window has no effect on a stage"),
    (T, lambda r: stage(r, "scheduled")["task"].update(kind="outreach"), "booking needs a task of kind"),
    (T, lambda r: stage(r, "settled").update(task=stage(r, "billed")["task"]), "no task can bring a settlement"),
    (T, lambda r: stage(r, "contacted")["clock"].update({"from": "seen"}), "its clock must start at an earlier stage"),
    (T, lambda r: stage(r, "seen")["clock"].update({"from": "schedule"}), "clock/from: .* the nearest is 'scheduled'"),
    (T, lambda r: stage(r, "contacted")["clock"].pop("business_days"), "contacted/clock: exactly one of days, "),
    (T, lambda r: stage(r, "contacted")["clock"].update(days=2), "stages/contacted/clock: exactly one of days"),
    (T, lambda r: stage(r, "contacted").update(feeds=["ehr.telepathy"]),
     "'ehr.telepathy' is not a known feed: the nearest is"),
    (T, lambda r: stage(r, "contacted").update(feeds=[]), "stages/contacted/feeds: "),
    (T, lambda r: r["stages"].append(stage(r, "seen")), "stages/seen/stage: this stage appears twice"),
    (T, lambda r: r["stages"].append({**stage(r, "seen"), "stage": "again"}),
     "stages/again/proof: another stage already has the proof visit"),
    (T, lambda r: r["stages"].remove(stage(r, "billed")), "stages/settled: "),
    (T, lambda r: r["stages"].sort(key=lambda s: s["stage"] != "billed"),
     "stages/billed/clock/from: its clock must start"),
    (T, lambda r: r.update(stages=[]), "stages: "),
    (T, lambda r: r["population"].pop("payer_classes"), "population: 'payer_classes' is a required"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "spoil", "problem"), WRONG, ids=[w[2] for w in WRONG])
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, name: str, spoil: Callable[[dict[str, Any]], Any], problem: str
) -> None:
    raw = copy.deepcopy(WHOLE[name])
    spoil(raw)
    with pytest.raises(DefinitionError, match=problem):
        load(tmp_path, raw)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("a: [", "invalid YAML"), ("", "is not of type"), ("- 1", "is not of type")],
)
def test_a_file_that_is_no_definition(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DefinitionError, match=problem):
        load(tmp_path, text)


MISSPELT = [
    (T, "payer_classes: [part_b,", "payer_classes: [part_B,", "class of payers", "part_B", "part_b"),
    (C, "payer_classes: [part_b,", "payer_classes: [part_B,", "class of payers", "part_B", "part_b"),
    (W, "classes: [advantage]", "classes: [advantge]", "class of payers", "advantge", "advantage"),
    (T, "[inpatient, obs", "[in_patient, obs", "class of facilities", "in_patient", "inpatient"),
    (T, "codes: [home, ass", "codes: [Home, ass", "disposition", "Home", "home"),
    (T, 'types: ["11506-3", ', 'types: ["11506-8", ', "type of notes", "11506-8", "11506-3"),
    (C, 'types: ["11506-3", ', 'types: ["11506-8", ', "type of notes", "11506-8", "11506-3"),
    (W, "visit_types: [AWV]", "visit_types: [AVW]", "type of visits", "AVW", "AWV"),
    (T, "not_visit_types: [NURSE]", "not_visit_types: [NURSES]", "type of visits", "NURSES", "NURSE"),
    (T, "visit_type: TCM", "visit_type: TMC", "type of visits", "TMC", "TCM"),
    (T, "reason: readmitted", "reason: readmited", "reason of an end", "readmited", "readmitted"),
    (T, "when: hospice_before", "when: hospice_bfore", "condition", "hospice_bfore", "hospice_before"),
    (T, "proof: settlement", "proof: setlement", "proof", "setlement", "settlement"),
    (T, "kind: outreach", "kind: out_reach", "kind of task", "out_reach", "outreach"),
    (T, "priority: urgent", "priority: urgnt", "priority", "urgnt", "urgent"),
    (T, "levels: [high]", "levels: [hihg]", "level of decision-making", "hihg", "high"),
    (T, "needs: [medication", "needs: [medicaton", "need of a note", "medicaton_reconciliation",
     "medication_reconciliation"),
    (T, "feeds: [communication]", "feeds: [comunication]", "feed", "comunication", "communication"),
    (T, "owner_team: clinicians", "owner_team: clinician", "team", "clinician", "clinicians"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "right", "wrong", "title", "word", "near"),
    MISSPELT,
    ids=[m[4] + m[0] for m in MISSPELT],
)
def test_a_word_that_is_none_is_refused_with_its_line_and_the_nearest(
    tmp_path: Path, name: str, right: str, wrong: str, title: str, word: str, near: str
) -> None:
    text = (OURS / "workflows" / f"{name}.yaml").read_text(encoding="utf-8")
    before, _, _ = text.partition(right)
    line = before.count("\n") + 1
    assert right in text
    with pytest.raises(DefinitionError) as refused:
        load(tmp_path, text.replace(right, wrong, 1))
    problems = str(refused.value).splitlines()
    assert any(p.startswith(f"{tmp_path}/made.yaml:{line}: ") and p.endswith(
        f"'{word}' is not a known {title}: the nearest is '{near}'") for p in problems), problems  # fmt: skip


@pytest.mark.parametrize("feed", ["communication", "outreach.communication"])
def test_a_feed_goes_by_its_source_its_role_or_for_every_source(tmp_path: Path, feed: str) -> None:
    raw = copy.deepcopy(WHOLE[T])
    stage(raw, "contacted")["feeds"] = [feed]
    assert load(tmp_path, raw).definition == raw
    stage(raw, "contacted")["feeds"] = ["schedule.communication"]
    with pytest.raises(DefinitionError, match=r"'schedule\.communication' is not a known feed"):
        load(tmp_path, raw)


NOT_YET = [
    ("status: active", "status: shadow", "'shadow' is not supported yet: no version runs in parallel"),
    ("needs: [", "needs: [level, ", "'level' is not supported yet: the level is asked for"),
    ("window: {days: 14}", "window: {from: trigger, days: 14}",
     "this is not supported yet: a window begins at the trigger"),
    ("    proof: booking\n", "    proof: booking\n    on_missed: exception\n",
     "this is not supported yet: a clock that"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "problem"), NOT_YET, ids=[n[1] for n in NOT_YET])
def test_what_decides_nothing_is_not_yet(
    tmp_path: Path, right: str, wrong: str, problem: str
) -> None:
    text = (OURS / "workflows" / f"{T}.yaml").read_text(encoding="utf-8")
    assert right in text
    changed = text.replace(right, wrong, 1)
    line = 1 + next(
        n
        for n, (a, b) in enumerate(zip(text.splitlines(), changed.splitlines(), strict=False))
        if a != b
    )
    with pytest.raises(DefinitionError) as refused:
        load(tmp_path, changed)
    (told,) = str(refused.value).splitlines()
    assert told.startswith(f"{tmp_path}/made.yaml:{line}: ")
    assert problem in told


def test_the_hash_is_what_a_version_says_and_not_whether_it_is_active(tmp_path: Path) -> None:
    raw = copy.deepcopy(WHOLE[T])
    first = load(tmp_path, raw).sha256
    assert load(tmp_path, raw | {"status": "retired"}).sha256 == first
    raw["stages"][0]["clock"]["business_days"] = 3
    assert load(tmp_path, raw).sha256 != first


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, "two files define one version"),
        ({"version": 3}, "two versions of one workflow are active"),
    ],
)
def test_two_files_must_not_contradict(
    tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    (tmp_path / "workflows").mkdir()
    for name in ("sources", "teams.yaml", "payers.yaml", "vocabulary.yaml"):
        (tmp_path / name).symlink_to(OURS / name)
    for number, raw in enumerate((WHOLE[T], WHOLE[T] | changes)):
        (tmp_path / "workflows" / f"{number}.yaml").write_text(
            yaml.safe_dump(raw), encoding="utf-8"
        )
    with pytest.raises(DefinitionError, match=problem):
        load_all(tmp_path)
