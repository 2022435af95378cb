"""What the names of a definition mean: each named fact with its kind, codes, status, details and time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from throughline.workflows.language.expanded import STANDARD, Words
from throughline.workflows.language.rendered.phrases import quoted, spaced, with_meaning
from throughline.workflows.language.rendered.sentences import meanings, slots
from throughline.workflows.language.rendered.times import Telling
from throughline.workflows.language.rendered.told import (
    Fields,
    Told,
    capitalized,
    listed,
    number,
    uncapitalized,
)
from throughline.workflows.language.walk import every

_BOUNDS = {
    "above": "more than {}",
    "below": "less than {}",
    "at_least": "at least {}",
    "at_most": "at most {}",
}


NOT_THERE = "Not there yet: until somebody takes it in, no record can be told to be of it."


def names(facts: Mapping[str, Words], telling: Telling) -> Fields:
    """Return what each named fact is."""
    return Fields(
        tuple((quoted(name), tuple(_fact(fact, telling))) for name, fact in facts.items())
    )


def _fact(fact: Words, telling: Telling) -> Iterator[Told]:
    yield Told(_kinds(fact, telling))
    if "codes" in fact:
        yield Told(_codes(fact, telling))
    if "status" in fact:
        yield Told(f"Its status is {listed(spaced(each) for each in fact['status'])}.")
    for key, wanted in (fact.get("where") or {}).items():
        yield Told(_detail(key, wanted, telling))
    if "time" in fact:
        time = str(fact["time"])
        about = telling.phrases.times.get(time, "")
        told = f": {uncapitalized(about)}" if about else ""
        yield Told(f"Windows count when it {_HAPPENS.get(time, spaced(time))} ({time}{told}).")
    if "corrects" in fact:
        earlier = quoted(str(fact["corrects"]))
        yield Told(
            f"It corrects {earlier}: an earlier version of this record, known on an earlier night, was {earlier}."
        )


_HAPPENS = {
    "occurred": "happened",
    "starts": "starts",
    "ends": "ends",
    "issued": "was issued",
    "collected": "was collected",
    "value": "is said to be",
}


def _kinds(fact: Words, telling: Telling) -> str:
    if "meaning" in fact:
        word = str(fact["meaning"])
        about = telling.phrases.meanings.get(word)
        return f"{about} (meaning: {spaced(word)})." if about else f"Meaning: {spaced(word)}."
    kinds = fact.get("kind")
    each = kinds if isinstance(kinds, list | tuple) else [kinds]
    known = [(str(kind), telling.phrases.kinds.get(str(kind))) for kind in each]
    said = [
        f"{about} (kind: {spaced(kind)})" if about else f"Kind: {spaced(kind)}"
        for kind, about in known
    ]
    if len(said) == 1:
        return f"{said[0]}."
    return f"One of these: {'; '.join(said)}."


def _codes(fact: Words, telling: Telling) -> str:
    codes, known = fact["codes"], meanings(fact, telling)
    if codes == "own_codes":
        own = telling.workflow.own_codes
        return (
            f"Its code is one that this workflow bills: {listed(own) if own else 'it bills none'}."
        )
    if isinstance(codes, Mapping) and "value_set" in codes:
        return f"Its code is in the value set {codes['value_set']}."
    if isinstance(codes, Mapping):
        each = [f"{listed(of)} of the code system {system}" for system, of in codes.items()]
        return f"Its code is {listed(each)}."
    return f"Its code is {listed(with_meaning(str(code), known) for code in codes)}."


def _detail(key: str, wanted: Any, telling: Telling) -> str:
    about = telling.phrases.details.get(key)
    name = capitalized(spaced(key)) + (f" ({uncapitalized(about)})" if about else "")
    return f"{name}: {_wanted(key, wanted, telling)}."


def _wanted(key: str, wanted: Any, telling: Telling) -> str:
    if wanted == "absent":
        return "absent, the record does not say it"
    if not isinstance(wanted, Mapping):
        return _one_of(key, wanted, telling)
    said = [_BOUNDS[bound].format(number(wanted[bound])) for bound in _BOUNDS if bound in wanted]
    found = [listed(said, "and")] if said else []
    if "unit" in wanted:
        unit = wanted["unit"]
        found.append(
            f"in the unit {unit} (in another it does not count, without one it is unclear)"
        )
    if "outside" in wanted:
        found.append(f"outside the {spaced(wanted['outside'])} that the record itself says")
    if wanted.get("not") == "absent":
        found.append("whatever it is, if the record says it")
    elif "not" in wanted:
        found.append(f"not {_one_of(key, wanted['not'], telling)}, or not said at all")
    if "value_set" in wanted:
        found.append(f"in the value set {wanted['value_set']}")
    return ", ".join(found)


def _one_of(key: str, wanted: Any, telling: Telling) -> str:
    known = telling.phrases.detail_words.get(key, {})
    each = wanted if isinstance(wanted, list | tuple) else [wanted]
    return listed(
        with_meaning(each, known) if isinstance(each, str) else number(each) for each in each
    )


def linked_by(telling: Telling) -> Fields:
    """Return what the links mean that conditions of this definition name."""
    workflow = telling.workflow
    found = [slot for each in every(workflow) for slot, _ in slots(each.words.get("same"))]
    distinct = [str(each.words["distinct"]) for each in every(workflow) if "distinct" in each.words]
    found += [slot for slot in distinct if slot not in ("day", "code")]
    if isinstance(workflow.once_per, str) and workflow.once_per not in ("event", "person"):
        found.append(workflow.once_per)
    for each in (workflow.bills or {}).get("not_with") or ():
        if isinstance(each, Mapping):
            found += [slot for slot, _ in slots(each.get("same"))]
    rows = []
    for slot in dict.fromkeys(found):
        if not telling.is_period(slot):
            about = telling.phrases.about_slots.get(slot, spaced(slot))
            rows.append((telling.phrases.slot(slot), (Told(f"{about} (link: {spaced(slot)})."),)))
    return Fields(tuple(rows))


def value_sets(facts: Mapping[str, Words], telling: Telling) -> Fields:
    """Return the value sets that named facts use, each with what is there of it."""
    found = dict.fromkeys(name for fact in facts.values() for name in _value_sets(fact))
    known = telling.phrases.value_sets
    lacking = NOT_THERE if known else "The practice's value set of that name."
    return Fields(tuple((name, (Told(known.get(name, lacking)),)) for name in sorted(found)))


def _value_sets(words: Any) -> Iterator[str]:
    if isinstance(words, Mapping):
        if isinstance(words.get("value_set"), str):
            yield words["value_set"]
        for each in words.values():
            yield from _value_sets(each)


def has_standard_names(telling: Telling) -> bool:
    """Tell whether a name stands there twice: in the file, and in the standard stages or rules."""
    facts = [*telling.workflow.facts, *telling.workflow.standing["facts"]]
    return any(name.startswith(STANDARD) for name in facts)
