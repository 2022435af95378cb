"""A definition that is incomplete, or points nowhere, is refused with the place and the reason."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from throughline.workflows import DefinitionError, load_all, load_file
from throughline.workflows.definitions import DEFINITIONS

TEAMS = set(yaml.safe_load((DEFINITIONS / "teams.yaml").read_text(encoding="utf-8")))
FEEDS = {
    f"{s['source']}.{feed}"
    for path in (DEFINITIONS / "sources").glob("*.yaml")
    for s in [yaml.safe_load(path.read_text(encoding="utf-8"))]
    for feed in s.get("feeds", {})
}
WHOLE = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (DEFINITIONS / "workflows").glob("*.yaml")
}


def stage(raw: dict[str, Any], name: str) -> dict[str, Any]:
    return next(s for s in raw["stages"] if s["stage"] == name)


def load(folder: Path, raw: Any) -> Any:
    path = folder / "made.yaml"
    path.write_text(
        raw if isinstance(raw, str) else yaml.safe_dump(raw, sort_keys=False), encoding="utf-8"
    )
    return load_file(path, TEAMS, FEEDS)


def test_every_class_of_payers_has_a_share_of_the_charge():
    payers = yaml.safe_load((DEFINITIONS / "payers.yaml").read_text(encoding="utf-8"))
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
            DefinitionError, match=f"made.yaml: top: '{key}' is a required property"
        ):
            load(tmp_path, raw)
    for place, part in enumerate(WHOLE[name]["stages"]):
        for key in ("stage", "proof", "owner_team", "clock", "on_missed", "feeds", "source"):
            raw = copy.deepcopy(WHOLE[name])
            del raw["stages"][place][key]
            with pytest.raises(DefinitionError, match=f"stages/{place}: '{key}' is a required"):
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
    (T, lambda r: r.update(owner_team="nobody"), "top: no team is called nobody"),
    (
        T,
        lambda r: stage(r, "seen").update(owner_team="nobody"),
        "stages/seen: no team is called nobody",
    ),
    (T, lambda r: r.update(surprise=1), "top: Additional properties"),
    (T, lambda r: r.update(status="ready"), "status: 'ready' is not one of"),
    (T, lambda r: r["trigger"].pop("codes"), "trigger: fact needs codes"),
    (T, lambda r: r["trigger"].pop("facility_classes"), "trigger: fact needs facility_classes"),
    (T, lambda r: r["trigger"].pop("known_within_days"), "trigger: fact needs known_within_days"),
    (T, lambda r: r["trigger"].pop("source"), "trigger: 'source' is a required"),
    (
        T,
        lambda r: r["trigger"].update(due="wellness"),
        "trigger: .* valid under each of|trigger: .*",
    ),
    (W, lambda r: r["trigger"].pop("months_between"), "trigger: due needs months_between"),
    (W, lambda r: r["trigger"].pop("first_year_months"), "trigger: due needs first_year_months"),
    (W, lambda r: r["trigger"].pop("counts"), "trigger: due needs counts"),
    (W, lambda r: r["trigger"]["codes"].pop("first"), "trigger: codes are those of"),
    (
        C,
        lambda r: r["trigger"].pop("lag_business_days"),
        "trigger: unbilled needs lag_business_days",
    ),
    (C, lambda r: r["trigger"].pop("note_types"), "trigger: unbilled needs note_types"),
    (T, lambda r: r["exclusions"][0].pop("days"), "exclusions/died: death_within needs days"),
    (
        T,
        lambda r: r["exclusions"][1].pop("days"),
        "exclusions/readmitted: admission_within needs days",
    ),
    (
        T,
        lambda r: r["exclusions"][-1].pop("codes"),
        "exclusions/billed_elsewhere: other_claim needs codes",
    ),
    (T, lambda r: r["exclusions"][0].update(when="full_moon"), "'full_moon' is not one of"),
    (
        T,
        lambda r: stage(r, "documented").pop("note_types"),
        "stages/documented: note needs note_types",
    ),
    (T, lambda r: stage(r, "contacted").pop("window"), "stages/contacted: contact needs window"),
    (T, lambda r: stage(r, "seen").pop("window"), "stages/seen: visit needs window"),
    (T, lambda r: stage(r, "billed").pop("pays"), "stages/billed: claim needs codes, or what pays"),
    (T, lambda r: stage(r, "billed")["pays"][0].pop("levels"), "'levels' is a required property"),
    (
        T,
        lambda r: stage(r, "scheduled")["task"].pop("visit_type"),
        "scheduling needs visit_type and aim_days",
    ),
    (
        T,
        lambda r: stage(r, "scheduled")["task"].update(kind="outreach"),
        "booking needs a task of the kind",
    ),
    (
        T,
        lambda r: stage(r, "settled").update(task=stage(r, "billed")["task"]),
        "no task brings a settlement",
    ),
    (
        T,
        lambda r: stage(r, "contacted")["clock"].update({"from": "seen"}),
        "its clock starts at a stage",
    ),
    (T, lambda r: stage(r, "contacted")["clock"].pop("business_days"), "stages/0/clock: "),
    (T, lambda r: stage(r, "contacted")["clock"].update(days=2), "stages/0/clock: "),
    (T, lambda r: stage(r, "contacted").update(on_missed="ignore"), "'ignore' is not one of"),
    (
        T,
        lambda r: stage(r, "contacted").update(feeds=["ehr.telepathy"]),
        "no source has the feed ehr.telepathy",
    ),
    (T, lambda r: stage(r, "contacted").update(feeds=[]), "stages/0/feeds: "),
    (T, lambda r: r["stages"].append(stage(r, "seen")), "stages/seen: this stage is there twice"),
    (
        T,
        lambda r: r["stages"].append({**stage(r, "seen"), "stage": "seen_twice"}),
        "stages/seen_twice: another stage is proven by visit",
    ),
    (T, lambda r: r["stages"].remove(stage(r, "billed")), "stages/settled: "),
    (
        T,
        lambda r: r["stages"].sort(key=lambda s: s["stage"] != "billed"),
        "stages/billed: its clock starts",
    ),
    (T, lambda r: r.update(stages=[]), "stages: "),
    (
        T,
        lambda r: r["population"].pop("payer_classes"),
        "population: 'payer_classes' is a required",
    ),
]


@pytest.mark.parametrize(("name", "spoil", "problem"), WRONG, ids=[w[2] for w in WRONG])
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, name: str, spoil: Callable[[dict[str, Any]], Any], problem: str
) -> None:
    raw = copy.deepcopy(WHOLE[name])
    spoil(raw)
    with pytest.raises(DefinitionError, match=problem):
        load(tmp_path, raw)


@pytest.mark.parametrize(
    ("text", "problem"), [("a: [", "no YAML"), ("", "is not of type"), ("- 1", "is not of type")]
)
def test_a_file_that_is_no_definition(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DefinitionError, match=problem):
        load(tmp_path, text)


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
        ({"version": 2}, "two versions of one workflow are active"),
    ],
)
def test_two_files_must_not_contradict(
    tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    (tmp_path / "workflows").mkdir()
    (tmp_path / "sources").symlink_to(DEFINITIONS / "sources")
    (tmp_path / "teams.yaml").symlink_to(DEFINITIONS / "teams.yaml")
    for number, raw in enumerate((WHOLE[T], WHOLE[T] | changes)):
        (tmp_path / "workflows" / f"{number}.yaml").write_text(
            yaml.safe_dump(raw), encoding="utf-8"
        )
    with pytest.raises(DefinitionError, match=problem):
        load_all(tmp_path)
