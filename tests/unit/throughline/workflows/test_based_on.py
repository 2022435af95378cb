"""A practice's workflow may be one of ours, but for what it says itself."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from throughline.vocabulary import OURS, DefinitionError, layers
from throughline.workflows.definitions import Workflow, load_all, load_file

BASE = yaml.safe_load((OURS / "workflows" / "transitional_care.yaml").read_text("utf-8"))
VERSION = BASE["version"]
HEAD = f"based_on: {{workflow: transitional_care, version: {VERSION}}}\nversion: 1001\n"


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a practice, in force."""
    (tmp_path / "workflows").mkdir()
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    return tmp_path


def load(own: Path, text: str, name: str = "transitional_care") -> Workflow:
    path = own / "workflows" / f"{name}.yaml"
    path.write_text(text, "utf-8")
    return load_file(path, folder=layers())


def refusal(own: Path, text: str) -> str:
    with pytest.raises(DefinitionError) as refused:
        load(own, text)
    return str(refused.value)


def changed(**keys: Any) -> dict[str, Any]:
    return {**copy.deepcopy(BASE), "version": 1001, **keys}


def test_what_is_not_said_is_as_in_ours(own: Path) -> None:
    same = load(own, HEAD.replace("1001", str(VERSION)))
    assert same.definition == BASE
    ours = {one.workflow: one for one in load_all(OURS)}["transitional_care"]
    assert same.sha256 == ours.sha256, "what is pinned is the result, however it was said"


def test_a_key_replaces_ours_whole(own: Path) -> None:
    text = HEAD + "population: {attributed: false, payer_classes: [part_b]}\ntitle: After a stay\n"
    made = load(own, text)
    assert made.definition == changed(
        population={"attributed": False, "payer_classes": ["part_b"]}, title="After a stay"
    )
    assert made.sha256 != load(own, HEAD).sha256


def test_a_stage_changes_by_its_name(own: Path) -> None:
    text = HEAD + (
        "stages:\n- stage: contacted\n  clock: {from: trigger, business_days: 1}\n  without: [attempts_meet_clock]\n"
    )
    expected = changed()
    expected["stages"][0]["clock"] = {"from": "trigger", "business_days": 1}
    del expected["stages"][0]["attempts_meet_clock"]
    assert load(own, text).definition == expected


def test_a_stage_is_removed_and_another_comes_where_it_is_said(own: Path) -> None:
    stage = "{stage: asked, proof: eligibility, owner_team: billing, window: {days: 5}, source: our own rule,"
    stage += (
        " clock: {from: trigger, days: 2}, feeds: [payer.eligibility_response], before: contacted,"
    )
    stage += " task: {kind: eligibility, attempts: 1, days: 1, priority: routine}}"
    made = load(own, HEAD + f"stages:\n- {{stage: scheduled, remove: true}}\n- {stage}\n")
    assert [each["stage"] for each in made.definition["stages"]] == [
        "asked", "contacted", "seen", "documented", "billed", "settled",
    ]  # fmt: skip
    assert "before" not in made.definition["stages"][0]


def test_it_may_go_by_a_name_of_its_own(own: Path) -> None:
    made = load(own, HEAD + "workflow: our_care\n", "our_care")
    assert (made.workflow, made.version) == ("our_care", 1001)
    assert made.based_on == OURS / "workflows" / "transitional_care.yaml"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stages:\n- {stage: contcted, proof: contact}\n",
         ":4: stages/contcted: include/definitions/workflows/transitional_care.yaml has no stage 'contcted':"
         " the nearest is 'contacted'; a new stage says after or before which it comes, one of contacted,"),
        ("stages:\n- {stage: seen, after: billed}\n", ":4: stages/seen: after places a new stage, and include/"),
        ("stages:\n- {stage: seen}\n- {stage: seen}\n", ":5: stages/seen: this stage appears twice"),
        ("stages:\n- {stage: seen, without: [visit_type]}\n", ":4: stages/seen/without: 'visit_type' is no key of"),
        ("without: [populaton]\n", ":3: without: 'populaton' is no key of"),
        ("stages:\n- {stage: seen, remove: yes please}\n", ":4: stages/seen/remove: True was expected"),
        ("owner: billing\n", ":3: owner: unknown key 'owner': the nearest is 'owner_team'"),
        ("stages:\n- {stage: seen, clok: {}}\n", ":4: stages/seen/clok: unknown key 'clok': the nearest is 'clock'"),
        ("owner_team: biling\n", ":3: owner_team: 'biling' is not a known team: the nearest is 'billing'"),
        ("stages:\n- stage: seen\n  clock: {from: paid, days: 3}\n",
         ":5: stages/seen/clock/from: its clock must start at an earlier stage"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_the_file_that_says_it(own: Path, text: str, told: str) -> None:
    assert f"{own}/workflows/transitional_care.yaml{told}" in refusal(own, HEAD + text)


def test_what_follows_in_ours_is_told_by_our_file(own: Path) -> None:
    told = refusal(own, HEAD + "stages:\n- {stage: seen, remove: true}\n")
    assert "include/definitions/workflows/transitional_care.yaml:" in told
    assert "stages/documented/clock/from: its clock must start at an earlier stage" in told


def test_a_version_that_is_not_ours_any_more_is_told_with_what_is(own: Path) -> None:
    told = refusal(own, HEAD.replace(f"version: {VERSION}}}", "version: 1}"))
    assert "version 1 of transitional_care is not ours any more, and no copy of it is in" in told
    assert f"write version: {VERSION}" in told
    told = refusal(own, HEAD.replace("workflow: transitional_care", "workflow: transitional"))
    assert "'transitional' is none of our workflows: the nearest is 'transitional_care'" in told


def test_an_update_of_ours_changes_nothing_while_the_practice_has_its_copy(own: Path) -> None:
    kept = own / "written_against" / "workflows"
    kept.mkdir(parents=True)
    old = changed(version=1, title="As it was")
    (kept / "transitional_care.yaml").write_text(yaml.safe_dump(old, sort_keys=False), "utf-8")
    made = load(own, HEAD.replace(f"version: {VERSION}}}", "version: 1}"))
    assert made.definition == old | {"version": 1001}
    assert made.based_on == kept / "transitional_care.yaml"


def test_switched_off_it_is_ours_with_another_status(own: Path) -> None:
    text = HEAD.replace("1001", str(VERSION)) + "status: retired\n"
    assert load(own, text).status == "retired"
