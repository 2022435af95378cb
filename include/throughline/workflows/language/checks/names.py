"""Names: each is known, each is used, and none means two things (13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from throughline.vocabulary import Place, nearest
from throughline.workflows.language.expanded import STANDARD, Workflow
from throughline.workflows.language.known import Known
from throughline.workflows.language.reading import Problem
from throughline.workflows.language.walk import Moment, every, moments

CALENDAR = ("month", "quarter", "year")
ALWAYS = ("trigger", "opened", "due_day", "now")
"""Anchors that every workflow has."""


def problems(workflow: Workflow, written: Any, known: Known) -> Iterator[Problem]:
    """Yield names that are not known, that mean two things, or that nothing uses; `written` is the file as it is."""
    yield from _twice(workflow, known)
    yield from _of_conditions(workflow)
    yield from _of_moments(workflow, known)
    yield from _of_parts(workflow, known)
    yield from unused(written)


def periods(workflow: Workflow, known: Known) -> list[str]:
    """Return the names of the periods that this workflow may use: `period` only if it opens for runs of days."""
    runs = isinstance(workflow.opens.get("each"), Mapping)
    return [*CALENDAR, *known.seasons, *(["period"] if runs else [])]


def stages(workflow: Workflow) -> list[str]:
    """Return the names of the stages."""
    return [str(stage["stage"]) for stage in workflow.stages if "stage" in stage]


def anchors(workflow: Workflow, known: Known) -> list[str]:
    """Return everything that a moment may count from."""
    named = periods(workflow, known)
    return [
        *ALWAYS, *stages(workflow), *workflow.facts, *named, *(f"{name}_end" for name in named)
    ]  # fmt: skip


def not_known(name: str, what: str, names: Iterable[str]) -> str:
    """Return that a name is none of some, with the nearest that is."""
    listed = [each for each in names if not each.startswith(STANDARD)]
    near = nearest(name, listed)
    article = "an" if what[0] in "aeiou" else "a"
    return f"{name!r} is not {article} {what}" + (
        f": the nearest is {near!r}" if near else ": there is none"
    )


def _twice(workflow: Workflow, known: Known) -> Iterator[Problem]:
    """Yield names that stand for two things."""
    count = Counter(stages(workflow))
    reserved = {*ALWAYS, *periods(workflow, known)}
    reserved |= {f"{name}_end" for name in periods(workflow, known)}
    for number, stage in enumerate(workflow.stages):
        name, place = stage.get("stage"), ("stages", number, "stage")
        if name is None:
            continue
        if count[name] > 1 and any(s.get("stage") == name for s in workflow.stages[:number]):
            yield Problem(place, f"two stages are called {name!r}: give this one another name")
        if name in workflow.facts:
            told = "a fact and a stage cannot have one name: give one of them another"
            yield Problem(place, f"{name!r} is a fact of this file, too: {told}")
        if name in reserved:
            yield Problem(
                place, f"{name!r} is a moment of every workflow: give the stage another name"
            )
    for name in workflow.facts:
        if name in reserved:
            told = f"{name!r} is a moment of every workflow: give the fact another name"
            yield Problem(("facts", name), told)


def _of_conditions(workflow: Workflow) -> Iterator[Problem]:
    named = stages(workflow)
    for condition in every(workflow):
        fact, leaf = condition.fact, condition.leaf
        if fact is not None and leaf is not None and workflow.facts and fact not in workflow.facts:
            place = (*condition.place, leaf)
            if fact in named:
                yield Problem(place, f"{fact!r} is a stage: write {{stage: {fact}, is: proven}}")
            else:
                yield Problem(place, not_known(fact, "fact of this file", workflow.facts))
        stage = condition.words.get("stage")
        if not named:
            continue  # what the stages are could not be read: that is told
        if isinstance(stage, str) and stage not in named:
            yield Problem((*condition.place, "stage"), _no_stage(stage, named))
        yield from _of_same(
            condition.words.get("same"), (*condition.place, "same"), [*named, "trigger"]
        )


def _no_stage(name: str, named: list[str]) -> str:
    if name.startswith(STANDARD):
        return _lacking(name)
    return not_known(name, "stage of this file", named)


def _lacking(name: str) -> str:
    bare = name.removeprefix(STANDARD)
    return (
        f"what is taken over here names the standard stage {bare!r}, and no stage of this file is"
        f" `like: {bare}`: write this key yourself"
    )


def _of_same(same: Any, place: Place, named: list[str]) -> Iterator[Problem]:
    if isinstance(same, list | tuple):
        for number, each in enumerate(same):
            yield from _of_same(each, (*place, number), named)
    elif isinstance(same, Mapping):
        for slot, stage in same.items():
            if isinstance(stage, str) and stage not in named:
                yield Problem((*place, slot), _no_stage(stage, named))


def _of_moments(workflow: Workflow, known: Known) -> Iterator[Problem]:
    named = anchors(workflow, known)
    if not workflow.stages or not workflow.facts:
        return  # they could not be read: that is told
    for moment in moments(workflow):
        yield from _of_moment(moment, named)


def _of_moment(moment: Moment, named: list[str]) -> Iterator[Problem]:
    for anchor, _ in moment.anchors():
        if anchor.startswith(STANDARD) and anchor not in named:
            yield Problem(moment.place, _lacking(anchor))
        elif anchor not in named:
            yield Problem(moment.place, not_known(anchor, "moment", named))


def _of_parts(workflow: Workflow, known: Known) -> Iterator[Problem]:
    """Yield names of facts and stages that stand outside conditions and moments."""
    facts, named = list(workflow.facts), stages(workflow)
    after = workflow.opens.get("after")
    for number, name in enumerate(after if isinstance(after, tuple) else [after] if after else []):
        if name not in facts:
            place: Place = (
                ("opens", "after", number) if isinstance(after, tuple) else ("opens", "after")
            )
            yield Problem(place, not_known(name, "fact of this file", facts))
    each = workflow.opens.get("each")
    if isinstance(each, Mapping) and each.get("from") not in (None, *facts):
        told = not_known(each["from"], "fact of this file", facts)
        yield Problem(("opens", "each", "from"), told)
    for name, fact in workflow.facts.items():
        was = fact.get("corrects")
        if was is not None and was not in facts:
            yield Problem(("facts", name, "corrects"), not_known(was, "fact of this file", facts))
        elif was == name:
            yield Problem(("facts", name, "corrects"), "a fact cannot correct itself: name another")
        elif was is not None and "corrects" in (workflow.fact(was) or {}):
            told = f"{was} corrects another fact itself: name one that corrects none"
            yield Problem(("facts", name, "corrects"), told)
    for number, end in enumerate(workflow.ends):
        until = end.get("until")
        if isinstance(until, str) and named and until not in named:
            yield Problem(("ends", number, "until"), _no_stage(until, named))
    standard = [stage["stage"] for stage in known.library.get("stages") or ()]
    likes = [stage.get("like") for stage in workflow.stages]
    for number, stage in enumerate(workflow.stages):
        like = stage.get("like")
        if isinstance(like, str) and like not in standard:
            yield Problem(("stages", number, "like"), not_known(like, "standard stage", standard))
        elif like in _meant_once(workflow, known) and like in likes[:number]:
            told = (
                f"two stages are like {like}, and what is taken over cannot tell which one it means"
            )
            yield Problem(("stages", number, "like"), f"{told}: write this one out")
    yield from _of_same_cases(workflow, known)


def _meant_once(workflow: Workflow, known: Known) -> set[str]:
    """Return the standard stages that what is taken over names: by them one stage must be meant."""
    taken = {stage.get("like") for stage in workflow.stages}
    parts = [
        {key: value for key, value in stage.items() if key != "stage"}
        for stage in known.library.get("stages") or ()
        if stage["stage"] in taken
    ]
    return set(_words([parts, known.standing.get("blocks"), known.standing.get("ends")]))


def _of_same_cases(workflow: Workflow, known: Known) -> Iterator[Problem]:
    """Yield a `once_per` of a period that does not open the case, and a period that opens a case at each event."""
    once, each = workflow.once_per, workflow.opens.get("each")
    named = [*CALENDAR, *known.seasons, "period"]
    if each is None and once in named:
        told = "cases open by an event here: write event, person, a link, or {within: length}"
        yield Problem(("once_per",), f"{once!r} is a period: {told}")
    wanted = "period" if isinstance(each, Mapping) else each
    if each is not None and once != wanted:
        yield Problem(("once_per",), f"a case opens for each {wanted}: write once_per: {wanted}")


def unused(written: Any) -> Iterator[Problem]:
    """Yield facts of the file that nothing asks about. What could not be read may still use a name."""
    parts = {key: value for key, value in written.items() if key != "facts"}
    facts = written.get("facts")
    if not isinstance(facts, Mapping):
        return
    used = set(_words(parts)) | {
        str(fact["corrects"])
        for name, fact in facts.items()
        if isinstance(fact, Mapping) and fact.get("corrects") not in (None, name)
    }
    for name in facts:
        if name not in used:
            yield Problem(("facts", name), f"nothing uses {name!r}: remove it, or ask about it")


def _words(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        for key, value in part.items():
            yield str(key)
            yield from _words(value)
    elif isinstance(part, list | tuple):
        for each in part:
            yield from _words(each)
    elif isinstance(part, str):
        yield part
