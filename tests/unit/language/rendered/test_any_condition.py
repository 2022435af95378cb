"""Whatever condition is drawn: it is told, and any other one is told differently."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.language.rendered.changed import changes
from tests.unit.language.rendered.pages import phrases, small, workflow
from throughline.workflows.language.rendered.sentences import condition
from throughline.workflows.language.rendered.times import Telling

TELLING = Telling(workflow(small()), phrases())
facts = st.sampled_from(["stay", "high", "odd", "call", "minutes", "lacking"])
stages = st.sampled_from(["called", "measured"])
anchors = st.sampled_from(
    ["opened", "due_day", "now", "called", "odd", "month", "month_end", "year"]
)
units = st.sampled_from(["hours", "days", "business days", "weeks", "months", "years"])
lengths = st.builds(lambda number, unit: f"{number} {unit}", st.integers(-40, 400), units)
bare = anchors | st.dictionaries(anchors, lengths, min_size=1, max_size=1)
moments = bare | st.fixed_dictionaries({"soonest": st.lists(bare, min_size=1, max_size=3)})
slots = st.sampled_from(["encounter", "order", "claim", "practitioner", "responsible", "quarter"])
links = slots | st.dictionaries(slots, stages, min_size=1, max_size=2)
same = links | st.lists(links, min_size=1, max_size=3, unique_by=str)
windows = {"from": moments, "to": moments, "same": same}
bounds = {"at_least": st.integers(0, 9), "at_most": st.integers(0, 9)}
distinct = st.sampled_from(["day", "code", "encounter"])


def _fixed(needed: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(needed, optional=optional)


leaves = st.one_of(
    _fixed({"exists": facts}, windows),
    _fixed({"none": facts, "at": moments}, {"same": same}),
    _fixed({"count": facts, "at_least": bounds["at_least"]}, {**windows, "distinct": distinct}),
    _fixed({"sum": facts, **bounds}, windows),
    _fixed({"latest": facts, "is": st.lists(slots, min_size=1, unique=True)}, windows),
    _fixed({"stage": stages, "is": st.just("proven")}, {"from": moments, "to": moments}),
    _fixed({"stage": stages, "is": st.sampled_from(["late", "in_time", "skipped", "pending"])}, {}),
    _fixed({"bills": st.sampled_from(["agree", "disagree", "unknown", "nothing"])}, {}),
    _fixed({"age": st.fixed_dictionaries({"from": st.integers(0, 99)}), "at": moments}, {}),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"first_of": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)
places = st.sampled_from(["proof", "otherwise", "ends", "bills", "population", "unless", "pauses"])


@settings(max_examples=150, deadline=None)
@given(conditions, places)
def test_each_change_of_a_condition_changes_its_sentence(
    words: dict[str, Any], decides: str
) -> None:
    said = condition(words, decides, TELLING)
    assert said.text[0].isalpha()
    for place, changed in changes(words):
        if place[-1] != "left out" or place[-2] in (*windows, "at_most", "distinct"):
            assert condition(changed, decides, TELLING) != said, place


@settings(max_examples=300, deadline=None)
@given(conditions, conditions, places)
def test_two_conditions_are_two_sentences(
    one: dict[str, Any], other: dict[str, Any], decides: str
) -> None:
    if _ordered(one) != _ordered(other):
        assert condition(one, decides, TELLING) != condition(other, decides, TELLING)


def _ordered(words: Any) -> Any:
    """Return a condition as it is compared: the order of keys says nothing; one `same` is a list of one."""
    if isinstance(words, dict):
        return {key: _ordered(value) for key, value in words.items()}
    return [_ordered(each) for each in words] if isinstance(words, list) else words
