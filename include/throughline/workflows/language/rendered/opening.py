"""What opens a case, for whom, and which events are one case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from throughline.workflows.language.rendered.phrases import quoted
from throughline.workflows.language.rendered.sentences import condition
from throughline.workflows.language.rendered.times import Telling, long, moment, named_period
from throughline.workflows.language.rendered.told import Told, before, listed


def opens(telling: Telling) -> Iterator[Told]:
    """Yield what opens a case, in the order in which it is asked."""
    words = telling.workflow.opens
    if "each" in words:
        yield from _each(words["each"], telling)
    else:
        after = words.get("after")
        names = after if isinstance(after, list | tuple) else [after]
        which = listed(quoted(str(name)) for name in names)
        yield Told(
            f"A case opens after a record of {which}. This page calls that record the trigger."
        )
    if "wait" in words:
        yield from _wait(words["wait"], telling)
    if "unless" in words:
        by = "when the wait is over" if "wait" in words else "on the night on which it would open"
        yield _below(f"No case opens if, {by}, ", condition(words["unless"], "unless", telling))
        yield Told("While that is unknown, the opening waits and says so.")
    if "known_within" in words:
        within = long(words["known_within"])
        yield Told(
            f"No case opens if we learn of the trigger later than {within} after it ({within} included). A new "
            f"version opens none for what happened longer than {within} before it began."
        )
    yield _once(telling.workflow.once_per, telling)


def _below(text: str, said: Told) -> Told:
    return before(text, said) if said.parts else Told(f"{text}{said.text}.")


def _each(each: Any, telling: Telling) -> Iterator[Told]:
    if isinstance(each, Mapping):
        run, of = long(each.get("every")), quoted(str(each.get("from")))
        yield Told(
            f"A case opens for each run of {run}, counted from the day of the newest record of {of}. "
            "The start of the run is called the trigger."
        )
    else:
        name = named_period(str(each))
        about = telling.phrases.seasons.get(str(each))
        dates = f" ({about})" if about else ""
        yield Told(
            f"A case opens for each {name}{dates}. The start of the {name} is called the trigger."
        )
    yield Told(
        "It opens on the first night of the running period on which the patient belongs to it (see For whom)."
    )


def _wait(wait: Any, telling: Telling) -> Iterator[Told]:
    if isinstance(wait, str):
        yield Told(f"It opens only when {_waited(wait, telling)} is over.")
        return
    rows = []
    for row in wait:
        to = row.get("to")
        until = _waited(to, telling)
        if "when" not in row:
            rows.append(Told(f"otherwise, when {until} is over"))
        else:
            rows.append(
                before(f"when {until} is over, if ", condition(row["when"], "wait", telling))
            )
    yield Told(
        "It opens after a wait. The first of these rows that holds says how long:",
        tuple(rows),
        True,
    )


def _waited(to: Any, telling: Telling) -> str:
    return moment({"trigger": to} if isinstance(to, str) else to, telling)


def for_whom(telling: Telling) -> Iterator[Told]:
    """Yield for whom a case opens."""
    population = telling.workflow.population
    if population is None:
        yield Told("For everybody.")
        return
    yield _below("A case opens only if ", condition(population, "population", telling))
    yield Told(
        "This is judged when the case opens and never again. While it is unknown, the opening waits; after one "
        "business day a person is asked."
    )


def _once(once: Any, telling: Telling) -> Told:
    if isinstance(once, Mapping):
        within = long(once.get("within"))
        return Told(
            f"One case for all events within {within} of the first: counted from the first, not from the last that "
            "joined. The first stays the trigger."
        )
    if once == "event":
        return Told("Each event is a case of its own (one case per event).")
    joins = "a newer event joins it while it is open, and becomes the trigger"
    if once == "person":
        return Told(f"A person has at most one open case: {joins}.")
    if telling.is_period(str(once)):
        return Told(f"One case per {named_period(str(once))}, whatever became of it.")
    slot = telling.phrases.slot(str(once))
    return Told(f"One case per {slot}: {joins}. An event without that link is a case of its own.")


def first(telling: Telling) -> str:
    """Return in a few words what opens a case, for the picture."""
    words = telling.workflow.opens
    each = words.get("each")
    if isinstance(each, Mapping):
        return f"every {long(each.get('every'))} from {quoted(str(each.get('from')))}"
    if each is not None:
        return f"each {named_period(str(each))}"
    after = words.get("after")
    names = after if isinstance(after, list | tuple) else [after]
    return f"after {listed(quoted(str(name)) for name in names)}"
