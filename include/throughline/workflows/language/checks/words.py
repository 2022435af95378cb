"""What is said of a named fact: codes, statuses, details, times and links that a record of its kind can have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from throughline.vocabulary import Place
from throughline.vocabulary.language import KINDS, MEANINGS, is_code
from throughline.vocabulary.language.details import DETAILS
from throughline.vocabulary.language.kind import Codes, Detail, Kind
from throughline.vocabulary.value_sets import canonical
from throughline.workflows.language.checks.names import not_known, periods
from throughline.workflows.language.expanded import NO_CODE, Words, Workflow
from throughline.workflows.language.known import Known
from throughline.workflows.language.reading import Problem
from throughline.workflows.language.walk import every


def problems(workflow: Workflow, known: Known) -> Iterator[Problem]:
    """Yield words that no record of a fact's kind can say, codes of no list, and value sets that are not there."""
    yield from of_facts(workflow, known)
    for condition in every(workflow):
        fact = workflow.facts.get(condition.fact or "")
        if fact is None:
            continue
        kinds = kinds_of(fact)
        yield from _links(
            condition.words.get("same"), kinds, workflow, (*condition.place, "same"), known
        )
        distinct = condition.words.get("distinct")
        if isinstance(distinct, str) and distinct not in ("day", "code"):
            yield from _link(distinct, kinds, (*condition.place, "distinct"))
        if condition.leaf == "latest" and isinstance(condition.words.get("is"), tuple):
            yield from _codes(condition.words["is"], kinds, (*condition.place, "is"), known)
        if (
            condition.leaf == "sum"
            and kinds
            and not any("value" in kind.where for kind in kinds.values())
        ):
            told = f"{' or '.join(kinds)} has no value that could be added up"
            yield Problem((*condition.place, "sum"), told)
    yield from _once_per(workflow)


def of_facts(workflow: Workflow, known: Known) -> Iterator[Problem]:
    """Yield what the named facts say that no record of their kinds can say."""
    for name, fact in workflow.facts.items():
        yield from _fact(workflow, name, fact, known)


def kinds_of(fact: Words) -> dict[str, Kind]:
    """Return what is told of each kind, or of the meaning, of a named fact, by its name."""
    meaning, kind = fact.get("meaning"), fact.get("kind")
    if isinstance(meaning, str):
        return {meaning: MEANINGS[meaning]} if meaning in MEANINGS else {}
    names = kind if isinstance(kind, tuple) else [kind]
    return {str(name): KINDS[str(name)] for name in names if name in KINDS}


def _fact(workflow: Workflow, name: str, fact: Words, known: Known) -> Iterator[Problem]:
    kinds, place = kinds_of(fact), ("facts", name)
    if not kinds:
        return
    codes = fact.get("codes")
    if codes == "own_codes":
        if workflow.stages and not workflow.own_codes:  # a shared file has no stages here
            told = "own_codes are those that `bills` names, and it names none: write the codes"
            yield Problem((*place, "codes"), told)
    elif codes is not None:
        yield from _codes(codes, kinds, (*place, "codes"), known)
    yield from _statuses(fact, kinds, place)
    for key, wanted in (fact.get("where") or {}).items():
        yield from _detail(key, wanted, kinds, (*place, "where", key), known)
    time = fact.get("time")
    if isinstance(time, str) and not any(time in kind.times for kind in kinds.values()):
        times = list(dict.fromkeys(each for kind in kinds.values() for each in kind.times))
        told = f"{' or '.join(kinds)} has no {time!r}: it has {', '.join(times)}"
        yield Problem((*place, "time"), told)


def _statuses(fact: Words, kinds: Mapping[str, Kind], place: Place) -> Iterator[Problem]:
    listed = list(dict.fromkeys(status for kind in kinds.values() for status in kind.status))
    for number, status in enumerate(fact.get("status") or ()):
        if isinstance(status, str) and status not in listed:
            here = (*place, "status", number)
            if listed:
                yield Problem(here, not_known(status, f"status of {' or '.join(kinds)}", listed))
            else:
                yield Problem(
                    (*place, "status"), f"{' or '.join(kinds)} has no status: leave it out"
                )
                return


def _detail(
    key: str, wanted: Any, kinds: Mapping[str, Kind], place: Place, known: Known
) -> Iterator[Problem]:
    listed = sorted({each for kind in kinds.values() for each in kind.where})
    if key not in listed:
        yield Problem(place, not_known(key, f"detail of {' or '.join(kinds)}", listed))
        return
    detail = DETAILS[key]
    if isinstance(wanted, Mapping):
        bounds = {"above", "below", "at_least", "at_most"} & wanted.keys()
        if bounds and detail.holds != "number":
            yield Problem(place, f"{key} is not a number: leave {', '.join(sorted(bounds))} out")
        if "value_set" in wanted:
            yield from _value_set(wanted["value_set"], (*place, "value_set"), known)
        wanted = wanted.get("not")
    for each in wanted if isinstance(wanted, tuple) else [wanted]:
        yield from _value(key, each, detail, place, known)


def _value(key: str, said: Any, detail: Detail, place: Place, known: Known) -> Iterator[Problem]:
    if said is None or said == "absent" or isinstance(said, Mapping):
        return
    if detail.holds == "flag" and not isinstance(said, bool):
        yield Problem(place, f"{key} is true or false, and not {said!r}")
    elif detail.holds == "number" and (isinstance(said, bool) or not isinstance(said, int | float)):
        yield Problem(place, f"{key} is a number, and not {said!r}")
    elif detail.holds in ("word", "code", "text") and isinstance(said, bool | int | float):
        yield Problem(place, f'{key} is text: write "{str(said).lower()}" in quotes')
    elif detail.words and str(said) not in detail.words:
        yield Problem(place, not_known(str(said), key.replace("_", " "), detail.words))
    elif detail.of in known.vocabulary.words and str(said) not in known.vocabulary.words[detail.of]:
        words = known.vocabulary.words[detail.of]
        yield Problem(place, not_known(str(said), known.vocabulary.titles[detail.of], words))


def _codes(said: Any, kinds: Mapping[str, Kind], place: Place, known: Known) -> Iterator[Problem]:
    lists = [kind.codes for kind in kinds.values()]
    if all(each is None for each in lists):
        yield Problem(place, f"{' or '.join(kinds)} has no codes: leave them out")
        return
    there = [each for each in lists if each is not None]
    if isinstance(said, Mapping) and "value_set" in said:
        yield from _value_set(said["value_set"], (*place, "value_set"), known)
        _, coded = known.value_sets.get(said["value_set"], ("", ()))
        of = sorted({system for system, _ in coded})
        if of and not any(each.may_be_of(system) for each in there for system in of):
            yield Problem((*place, "value_set"), _other_system(kinds, there, of))
        return
    if isinstance(said, Mapping):
        for system, codes in said.items():
            name = canonical(system)
            if not any(each.may_be_of(system) for each in there):
                yield Problem((*place, system), _other_system(kinds, there, [system]))
                continue
            for number, code in enumerate(codes):
                if isinstance(code, str) and is_code(name, code) is False:
                    told = f"{code!r} is not a code of {system}: look it up"
                    yield Problem((*place, system, number), told)
        return
    for number, code in enumerate(said if isinstance(said, tuple) else ()):
        if isinstance(code, str) and not any(_has(each, code, known) for each in there):
            yield Problem((*place, number), _no_code(code, kinds, there, known))


def _other_system(kinds: Mapping[str, Kind], there: list[Codes], systems: list[str]) -> str:
    """Return that a kind is never coded in some systems, and in which ones it is."""
    own = list(dict.fromkeys(system for each in there for system in each.systems))
    words = list(dict.fromkeys(word for each in there for word in each.words))
    instead = f"it is coded in {', '.join(own)}" if own else f"it has words: {', '.join(words)}"
    return f"no {' or '.join(kinds)} is coded in {', '.join(systems)}: {instead}"


def _has(listed: Codes, code: str, known: Known) -> bool:
    """Tell whether a list can hold a code: its words, the practice's words, or a code of one of its systems."""
    if code in listed.words:
        return True
    if listed.of in known.vocabulary.words:
        return code in known.vocabulary.words[listed.of]
    if listed.of:
        return True
    return any(is_code(system, code) is not False for system in listed.systems)


def _no_code(code: str, kinds: Mapping[str, Kind], there: list[Codes], known: Known) -> str:
    what = f"code of {' or '.join(kinds)}"
    words = [
        word for each in there for word in (*each.words, *known.vocabulary.words.get(each.of, ()))
    ]
    if words:
        return not_known(code, what, words)
    systems = ", ".join(dict.fromkeys(system for each in there for system in each.systems))
    return f"{code!r} is not a {what}: it has the form of none of {systems}; look it up"


def _value_set(name: Any, place: Place, known: Known) -> Iterator[Problem]:
    if not isinstance(name, str) or name in known.value_sets:
        return
    told = not_known(name, "value set that is there", known.value_sets)
    yield Problem(place, f"{told}; take it in, or write the codes")


def _links(
    same: Any, kinds: Mapping[str, Kind], workflow: Workflow, place: Place, known: Known
) -> Iterator[Problem]:
    if isinstance(same, str) and same not in periods(workflow, known):
        yield from _link(same, kinds, place)
    elif isinstance(same, tuple):
        for number, each in enumerate(same):
            yield from _links(each, kinds, workflow, (*place, number), known)
    elif isinstance(same, Mapping):
        for slot in same:
            yield from _links(slot, kinds, workflow, (*place, slot), known)


def _link(slot: str, kinds: Mapping[str, Kind], place: Place) -> Iterator[Problem]:
    if kinds and not any(slot in kind.links for kind in kinds.values()):
        listed = sorted({link for kind in kinds.values() for link in kind.links})
        told = f"{' or '.join(kinds)} has no link {slot!r}: it has {', '.join(listed)}"
        yield Problem(place, told)


def _once_per(workflow: Workflow) -> Iterator[Problem]:
    """Yield a link of `once_per` that no trigger has: each of its records would be a case."""
    once, after = workflow.once_per, workflow.opens.get("after")
    if not isinstance(once, str) or once in ("event", "person") or after is None:
        return
    names = after if isinstance(after, tuple) else (after,)
    kinds = {n: k for name in names for n, k in kinds_of(workflow.facts.get(name) or {}).items()}
    if once not in _PERIODS:
        yield from _link(once, kinds, ("once_per",))


_PERIODS = frozenset({"month", "quarter", "year", "period"})


def bill_codes(workflow: Workflow) -> Iterator[Problem]:
    """Yield codes of bills that have the form of no code that can be billed."""
    from throughline.vocabulary.language.carried import SERVICES
    from throughline.workflows.language.expanded import lines

    several = "lines" in (workflow.bills or {})
    for number, rows in enumerate(lines(workflow.bills)):
        place: Place = ("bills", "lines", number, "first_of") if several else ("bills", "first_of")
        for at, row in enumerate(rows):
            added = row.get("add")
            of_added = added.get("code") if isinstance(added, Mapping) else None
            for where, code in (
                ((*place, at, "code"), row.get("code")),
                ((*place, at, "add", "code"), of_added),
            ):
                if not isinstance(code, str) or code in NO_CODE:
                    continue
                if all(is_code(system, code) is False for system in SERVICES):
                    told = f"{code!r} is not a code that can be billed: write a CPT or HCPCS code"
                    yield Problem(where, f"{told}, or {', '.join(sorted(NO_CODE))}")
