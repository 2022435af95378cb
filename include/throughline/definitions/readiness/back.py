"""How far back each feed is wanted for the first load, and why: from windows, attribution and what still stands.

It follows from the definitions alone. More history does no harm: what is past its window opens no case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from throughline.definitions.readiness.brings import brought
from throughline.practice import Practice
from throughline.sources.source import SourceDefinition
from throughline.vocabulary.counts import count as counted
from throughline.workflows.definitions import Workflow

STANDING = frozenset(
    {"patient", "coverage", "consent", "practitioner", "organization", "location", "condition"}
)
"""Feeds of records that hold as long as nobody changes them: their age says nothing."""
GOES_ON = {"admission": "stays that still go on", "hospice": "hospice care that still goes on"}
"""Kinds of fact that count for as long as they last, whenever they began."""
_MONTH = 31
ASKED = "it answers what we ask: what came before the first night answers somebody else"


@dataclass(frozen=True)
class Back:
    """How far back a feed is wanted.

    `days` before the first night's date, None for everything that stands. `why` are the reasons, the farthest first,
    `also` what is wanted whatever its age. `fetched` is how many days back the source is asked for, None for all.
    """

    source: str
    feed: str
    days: int | None
    why: tuple[str, ...]
    also: tuple[str, ...] = ()
    fetched: int | None = None

    @property
    def told(self) -> str:
        """How far back, in words."""
        told = "all that stands" if self.days is None else counted(self.days, "day")
        return " and ".join([told, *self.also])

    @property
    def is_short(self) -> bool:
        """Whether the source is asked for less than is wanted."""
        return self.fetched is not None and (self.days is None or self.fetched < self.days)


@dataclass(frozen=True)
class _Reason:
    days: int
    text: str


def wanted(
    workflows: Iterable[Workflow], sources: Iterable[SourceDefinition], practice: Practice
) -> list[Back]:
    """Return how far back each feed of each source is wanted, in the order of the definitions."""
    by_kind: dict[str, list[_Reason]] = {}
    for kind, reason in _reasons([one for one in workflows if one.status == "active"], practice):
        by_kind.setdefault(kind, []).append(reason)
    found = []
    for source in sources:
        for feed in source.feeds.values():
            kinds = brought(source, feed.name)
            why = sorted(
                {each for kind in kinds for each in by_kind.get(kind, ())},
                key=lambda each: (-each.days, each.text),
            )
            fetched = feed.history_days or source.history_days
            if feed.volume == "asked":
                found.append(Back(source.source, feed.name, 0, (ASKED,), fetched=fetched))
                continue
            found.append(_back(source.source, feed.name, kinds, why, fetched, by_kind))
    return found


def _back(
    source: str,
    feed: str,
    kinds: list[str],
    why: list[_Reason],
    fetched: int | None,
    by_kind: Mapping[str, object],
) -> Back:
    if feed in STANDING:
        text = "what it says holds until somebody changes it, however old it is"
        return Back(source, feed, None, (text,), fetched=fetched)
    also = [told for kind, told in GOES_ON.items() if kind in kinds]
    if "booking" in kinds and "booking" in by_kind:
        also.append("all that is ahead")
    texts = tuple(each.text for each in why) or ("no active workflow looks back at it",)
    return Back(source, feed, why[0].days if why else 0, texts, tuple(also), fetched)


def _reasons(workflows: list[Workflow], practice: Practice) -> Iterator[tuple[str, _Reason]]:
    """Yield what makes facts of a kind matter, and for how many days before the first night."""
    for one in workflows:
        trigger = one.definition["trigger"]
        if "due" in trigger:
            months = int(trigger["months_between"])
            days = (months + 1) * _MONTH
            text = f"{one.workflow}: the last such visit, which another may follow after {counted(months, 'month')}"
        else:
            days = int(trigger["known_within_days"])
            what = trigger.get("fact") or "visit"
            within = f"learned of within {counted(days, 'day')}"
            text = f"{one.workflow}: a {what} {within} opens a case, and what followed counts"
        reason = _Reason(days, text)
        for kind in _kinds(one):
            yield kind, reason
    rule = dict(practice.attribution)
    if "visit_days" in rule:
        days = int(rule["visit_days"])
        yield (
            "visit",
            _Reason(
                days,
                f"attribution: a visit within {counted(days, 'day')} makes a patient the practice's",
            ),
        )


def _kinds(one: Workflow) -> set[str]:
    """Return the kinds of fact that a workflow looks at from its trigger on."""
    from throughline.definitions.readiness import OF_EXCLUSION, OF_PROOF, OF_TRIGGER

    said = one.definition
    trigger = next(kind for kind in OF_TRIGGER if kind in said["trigger"])
    groups = [*OF_TRIGGER[trigger]]
    groups += [
        group for each in said.get("exclusions", ()) for group in OF_EXCLUSION.get(each["when"], ())
    ]
    for stage in said["stages"]:
        groups += OF_PROOF[stage["proof"]] + tuple((each,) for each in stage.get("needs", ()))
    if "due" in said["trigger"]:
        groups += [("claim", "charge")]
    kinds = {kind for group in groups for kind in group}
    if trigger == "unbilled":
        kinds.add("note")
    # tries count beside calls, and a claim is made of charges
    return (
        kinds
        | ({"attempt"} if "contact" in kinds else set())
        | ({"charge"} if "claim" in kinds else set())
    )
