"""Every condition as a sentence; what is nested becomes a list below it, never a longer sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from throughline.workflows.language.expanded import LEAVES, Words
from throughline.workflows.language.rendered.phrases import quoted, spaced, with_meaning
from throughline.workflows.language.rendered.times import (
    COUNTS_FROM_TRIGGER,
    Telling,
    moment,
    named_period,
    window,
)
from throughline.workflows.language.rendered.told import Told, listed, number

_HEADS = {
    "all": "all of these hold:",
    "any": "at least one of these holds:",
    "first_of": "at least one of these holds, and the first that does is the one that counts:",
}
_STATES = {
    "proven": "is proven",
    "in_time": "is in time",
    "late": "is late",
    "pending": "is pending",
    "skipped": "is skipped",
}
_BILLS = {
    "agree": "what is charged agrees with what the evidence supports",
    "disagree": "what is charged disagrees with what the evidence supports",
    "unknown": "it is unknown what the evidence supports",
    "nothing": "the evidence supports nothing",
}


def condition(words: Any, decides: str, telling: Telling) -> Told:
    """Return a condition as a sentence without its full stop. `decides` is as in `walk.Condition`."""
    if not isinstance(words, Mapping):
        return Told(str(words))
    for key, head in _HEADS.items():
        if key in words:
            return Told(head, tuple(condition(each, decides, telling) for each in words[key]))
    if "not" in words:
        return Told("this does not hold:", (condition(words["not"], decides, telling),))
    leaf = next((key for key in LEAVES if key in words), None)
    if leaf == "latest":
        asked = [f"of the records of {quoted(str(words[leaf]))}", *_bounds(words, decides, telling)]
        codes = _codes(words.get("is"), str(words[leaf]), telling)
        return Told(f"{_ended(asked)}, the newest is {codes}")
    if leaf is not None:
        return Told(_ended([_asked(leaf, words, telling), *_bounds(words, decides, telling)]))
    if "stage" in words:
        return Told(_ended([_stage(words), *_bounds(words, "stage", telling)]))
    if "age" in words:
        return Told(_age(words, telling))
    if "bills" in words:
        return Told(_BILLS.get(words["bills"], str(words["bills"])))
    return Told(", ".join(f"{spaced(key)} {value}" for key, value in words.items()))


def _ended(parts: list[str]) -> str:
    return " ".join(part for part in parts if part)


def _bounds(words: Words, decides: str, telling: Telling) -> list[str]:
    when = window(words, decides, telling)
    if not {"from", "to", "at"} & words.keys() and (
        decides == "stage" or _is_in_own_period(words.get("same"), decides, telling)
    ):
        when = ""  # a stage is proven whenever it is; a period says its days itself
    return [when, links(words.get("same"), telling)]


def _is_in_own_period(same: Any, decides: str, telling: Telling) -> bool:
    """Tell whether a link is to a period that leaves nothing to say of a window: also not of the trigger's."""
    found = slots(same)
    own = [slot for slot, of in found if slot == telling.period and of in (None, "trigger")]
    if decides in COUNTS_FROM_TRIGGER:
        return bool(own)
    return bool(found) and all(telling.is_period(slot) for slot, _ in found)


def _asked(leaf: str, words: Words, telling: Telling) -> str:
    name = quoted(str(words[leaf]))
    if leaf == "exists":
        return f"there is a record of {name}"
    if leaf == "none":
        return f"there is no record of {name}"
    most = _between(words)
    if leaf == "sum":
        return f"the values of the records of {name} add up to {most}"
    distinct = words.get("distinct")
    if distinct is None:
        return f"the number of records of {name} is {most}"
    if distinct == "day":
        return f"there are records of {name} on {most} different days"
    if distinct == "code":
        return f"there are records of {name} with {most} different codes"
    return f"there are records of {name} with {most} different links ({telling.phrases.slot(distinct)})"


def _between(words: Words) -> str:
    least, most = words.get("at_least"), words.get("at_most")
    if least is not None and most is not None:
        return f"at least {number(least)} and at most {number(most)}"
    return f"at least {number(least)}" if most is None else f"at most {number(most)}"


def _codes(codes: Any, fact: str, telling: Telling) -> str:
    known = meanings(telling.workflow.fact(fact) or {}, telling)
    each = codes if isinstance(codes, list | tuple) else [codes]
    return listed(with_meaning(str(code), known) for code in each)


def meanings(fact: Words, telling: Telling) -> dict[str, str]:
    """Return what the codes of a named fact's kinds mean."""
    kinds = fact.get("meaning", fact.get("kind"))
    found: dict[str, str] = {}
    for kind in kinds if isinstance(kinds, list | tuple) else [kinds]:
        found |= telling.phrases.codes.get(str(kind), {})
    return found


def _stage(words: Words) -> str:
    state = words.get("is")
    return f"stage {quoted(str(words['stage']))} {_STATES.get(str(state), f'is {state}')}"


def _age(words: Words, telling: Telling) -> str:
    age = words["age"] if isinstance(words["age"], Mapping) else {}
    least, most = age.get("from"), age.get("to")
    years = f"at least {least}" if most is None else f"at most {most}"
    if least is not None and most is not None:
        years = f"at least {least} and at most {most}"
    at = age.get("at", words.get("at", "trigger"))
    return f"the patient is {years} years old, in completed years, at the time of {moment(at, telling)}"


def slots(same: Any) -> list[tuple[str, str | None]]:
    """Return the links of `same`, each with the stage that it is shared with; None is the trigger, unsaid."""
    if isinstance(same, list | tuple):
        return [pair for each in same for pair in slots(each)]
    if isinstance(same, Mapping):
        return [(slot, str(of)) for slot, of in same.items()]
    return [(str(same), None)] if same else []


def links(same: Any, telling: Telling) -> str:
    """Return what a record must share, and with what (14)."""
    return listed((_link(slot, of, telling) for slot, of in slots(same)), "and")


def _link(slot: str, of: str | None, telling: Telling) -> str:
    if slot == telling.period and of in (None, "trigger"):
        return f"in that {named_period(slot)}"
    if telling.is_period(slot):
        return f"in the {named_period(slot)} of {_shared_with(of, telling)}"
    if slot == "record" and of in (None, "trigger"):
        return "that is the trigger's own record"
    return f"with the same {telling.phrases.slot(slot)} as {_shared_with(of, telling)}"


def _shared_with(of: str | None, telling: Telling) -> str:
    if of in (None, "trigger"):
        return "the trigger"
    if telling.is_stage(str(of)):
        return f"what proved stage {quoted(str(of))}"
    return f"what proved stage {quoted(str(of))}, which is not in this workflow"
