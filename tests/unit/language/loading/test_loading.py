"""All of a file at once: what is wrong with it, what it names beside itself, and what it is as a whole."""

from __future__ import annotations

import random
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.unit.language.loading.base import SOUND, changed, loaded, told
from throughline.vocabulary import DefinitionError
from throughline.workflows.language.expanded import Workflow, thawed
from throughline.workflows.language.loading import load
from throughline.workflows.language.walk import conditions, every, moments


def test_all_faults_of_a_file_are_told_at_once_in_its_order() -> None:
    found = told(
        changed(
            ("version: 1", "version: one"),
            ("owner: care_management", "owner: nobody"),
            ("codes: [reached]", "codes: [reached, 7]"),
            ("known_within: 30 days", "known_within: soon"),
            ("runbook: Call the patient.", "runbok: Call the patient."),
            ("{stage: called, is: late}", "{stage: called, is: early}"),
            ("same: {encounter: seen}", "same: {encounter: scene}"),
            ("due: {seen: 5 days}", "due: {seen: 5 days}\n    due: {seen: 6 days}"),
            ("until: seen", "until: never"),
        )
    )
    assert [each.split(":")[1] for each in found] == [
        "2", "4", "8", "13", "22", "28", "34", "36", "46",
    ]  # fmt: skip


def test_what_is_refused_is_an_error_with_a_line_for_each(tmp_path: Path) -> None:
    from tests.unit.language.loading.base import known

    file = tmp_path / "call_back.yaml"
    file.write_text(SOUND)
    assert load(file, known()).workflow == "call_back"
    file.write_text(changed(("version: 1", "version: 0"), ("until: seen", "until: sen")))
    with pytest.raises(DefinitionError) as error:
        load(file, known())
    lines = str(error.value).splitlines()
    assert len(lines) == 2
    assert all(each.startswith(str(file)) for each in lines)


@pytest.mark.parametrize(
    ("carried", "expected"),
    [
        ({"discharge", "contact", "visit", "note", "death", "admission"}, []),
        ({"discharge", "visit", "note"}, ["no feed of this practice can prove called: none brings contact"]),
        ({"contact", "visit", "note"}, ["no feed of this practice can open a case: none brings discharge"]),
    ],
)  # fmt: skip
def test_a_stage_that_no_configured_feed_can_prove(carried: set[str], expected: list[str]) -> None:
    found = told(SOUND, carried=frozenset(carried))
    assert len(found) == len(expected)
    assert all(text in each for text, each in zip(expected, found, strict=True))


def test_one_of_two_ways_to_prove_a_stage_is_enough() -> None:
    proof = "{exists: spoke, to: {trigger: 30 days}}"
    carried = frozenset({"discharge", "visit", "note"})
    either = changed((proof, f"{{any: [{proof}, {{exists: again}}]}}"))
    both = changed((proof, f"{{all: [{proof}, {{exists: again}}]}}"))
    assert told(either, carried=carried | {"admission"}) == []
    assert "none brings contact" in told(both, carried=carried | {"admission"})[0]


def test_a_value_set_that_is_not_there_is_named() -> None:
    text = changed(
        ("written: {kind: note}", "written: {kind: note, codes: {value_set: visits_letters}}")
    )
    sets = {"visit_letters": ("0" * 64, frozenset({("http://loinc.org", "11506-3")}))}
    (only,) = told(text, value_sets=sets)
    assert (
        "'visits_letters' is not a value set that is there: the nearest is 'visit_letters'" in only
    )
    assert (
        told(
            changed(
                (
                    "written: {kind: note}",
                    "written: {kind: note, codes: {value_set: visit_letters}}",
                )
            ),
            value_sets=sets,
        )
        == []
    )


def test_two_workflows_that_exclude_each_other() -> None:
    def excluding(name: str, other: str) -> str:
        case = f"again: {{kind: case, codes: [{other}]}}"
        return changed(
            ("workflow: call_back", f"workflow: {name}"), ("again: {kind: admission}", case)
        )

    second = loaded(excluding("second", "first")).workflow
    assert any(
        "second excludes first in turn" in each
        for each in told(excluding("first", "second"), beside=[second])
    )
    plain = loaded(changed(("workflow: call_back", "workflow: second"))).workflow
    assert told(excluding("first", "second"), beside=[plain]) == []
    (wrong,) = told(excluding("first", "secnd"), beside=[plain])
    assert "'secnd' is not a workflow: the nearest is 'second'" in wrong


def chain(length: int) -> str:
    """Return the workflow with so many stages, each of which rests on the one before it."""
    stages = "".join(
        f"  - {{stage: s{n}, proof: {{exists: again, from: {{s{n - 1}: {n} days}}}}, source: x}}\n"
        for n in range(1, length)
    )
    last = f"  - {{stage: s0, proof: {{exists: again}}, source: x}}\n{stages}"
    return changed(("bills:\n", last + "bills:\n"))


def test_conditions_that_rest_on_too_many_others() -> None:
    assert told(chain(8)) == []
    (only,) = told(chain(9))
    assert "the proof of s8 rests on 9 levels of conditions, and 8 are evaluated" in only


def places(words: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield every place in a definition."""
    yield place
    if isinstance(words, dict | list):
        for key, value in words.items() if isinstance(words, dict) else enumerate(words):
            yield from places(value, (*place, key))


SAID = YAML(typ="safe", pure=True).load(SOUND)
PLACES = [place for place in places(SAID) if place]
OTHERS = st.sampled_from(
    [7, True, "", "x", "seen", "trigger", [], ["x"], {}, {"exists": "spoke"}, {"x": "1 days"}]
)


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.none() | OTHERS), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None)
def test_whatever_is_written_instead_is_loaded_or_told(edits: list[tuple[Any, Any]]) -> None:
    """No text makes the loader fail, and each problem has the name of the file and a line."""
    words = thawed(SAID)
    for place, instead in edits:
        here = words
        for step in place[:-1]:
            here = here[step] if isinstance(here, dict | list) and _has(here, step) else None
        if isinstance(here, dict | list) and _has(here, place[-1]):
            if instead is None and isinstance(here, dict):
                del here[place[-1]]
            else:
                here[place[-1]] = {} if instead is None else thawed(instead)
    out = StringIO()
    YAML(typ="safe", pure=True).dump(words, out)
    for each in told(out.getvalue()):
        file, line, place, text = each.split(":", 3)
        assert (file, line.isdigit()) == ("call_back.yaml", True), each
        assert place.strip(), each
        assert text.strip(), each


def _has(here: Any, step: Any) -> bool:
    return step in here if isinstance(here, dict) else isinstance(step, int) and step < len(here)


def test_the_order_of_the_keys_decides_nothing() -> None:
    out = StringIO()
    words = dict(random.Random(1).sample(sorted(SAID.items()), len(SAID)))
    YAML(typ="safe", pure=True).dump(words, out)
    assert loaded(out.getvalue()).workflow.sha256 == loaded(SOUND).workflow.sha256


def test_what_is_said_decides_the_checksum_and_what_holds_for_every_case_does_not() -> None:
    first = loaded(SOUND).workflow.sha256
    assert loaded(changed(("{trigger: 7 days}", "{trigger: 8 days}"))).workflow.sha256 != first
    rules = {
        "facts": {"left_us": {"kind": "left_practice"}},
        "ends": [{"reason": "died", "when": {"exists": "left_us"}}],
    }
    standing = loaded(SOUND, standing=rules).workflow
    assert standing.sha256 == first
    assert standing.standing["ends"][0]["when"]["exists"] == "left_us"
    like = changed(("- stage: seen\n", "- stage: seen\n    like: visit\n"))
    library: dict[str, Any] = {
        "facts": {},
        "stages": [{"stage": "visit", "task": {"kind": "review"}, "source": "ours"}],
    }
    taken = loaded(like, library=library).workflow.sha256
    library["stages"][0] |= {"met_by": {"exists": "spoke"}}
    assert loaded(like, library=library).workflow.sha256 != taken
    sets = changed(("codes: [home]", "codes: {value_set: homes}"))
    of = [
        loaded(sets, value_sets={"homes": (sha, frozenset())}).workflow.sha256 for sha in ("a", "b")
    ]
    assert of[0] != of[1]
    unused = [
        loaded(SOUND, value_sets={"homes": (sha, frozenset())}).workflow.sha256
        for sha in ("a", "b")
    ]
    assert unused == [first, first]


def test_nothing_of_a_workflow_can_be_changed() -> None:
    workflow: Any = loaded(SOUND).workflow
    with pytest.raises(TypeError):
        workflow.facts["left"] = {}
    with pytest.raises(TypeError):
        workflow.stages[0]["proof"]["exists"] = "left"
    with pytest.raises(AttributeError):
        workflow.version = 2
    assert isinstance(workflow, Workflow)


def test_every_condition_and_moment_is_walked_with_its_place() -> None:
    workflow = loaded(SOUND).workflow
    here: Any
    for condition in every(workflow):
        here = SAID
        for step in condition.place:
            here = here[step]
        assert thawed(condition.words) == here
    assert [each.decides for each in conditions(workflow)] == [
        "population", "proof", "proof", "otherwise", "proof", "bills", "bills", "ends", "ends",
    ]  # fmt: skip
    for moment in moments(workflow):
        here = SAID
        for step in moment.place:
            here = here[step]
        assert thawed(moment.words) == here
    assert len(list(moments(workflow))) == 9


def test_the_wait_of_an_opening_is_a_length() -> None:
    rows = "wait: [{when: {exists: again}, to: 1 days}, {to: 3 business days}]"
    assert told(changed(("known_within: 30 days", rows))) == []
    assert (
        "is not a length"
        in told(changed(("known_within: 30 days", rows.replace("1 days", "seen"))))[0]
    )
