"""What can be proven with the feeds that are configured, and what never.

For each active workflow: what opens a case, who belongs to it, what ends it early, what proves each stage, and who
takes what is sent. It reads the definitions alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from throughline.definitions.readiness.brings import LEVEL as SAYS_LEVEL
from throughline.definitions.readiness.brings import (
    SAID_OF_CHARGES,
    brought,
    needs_lines,
    says_of_charges,
    silent,
)
from throughline.definitions.readiness.rejected import KINDS as OF_ANSWERS
from throughline.definitions.readiness.rejected import would as would_answer
from throughline.practice import Practice
from throughline.sources import catalogue
from throughline.sources.source import INSIDE, SourceDefinition
from throughline.workflows.definitions import ROLES_OF, Workflow

if TYPE_CHECKING:
    from throughline.warehouse import Connection

Kinds = tuple[tuple[str, ...], ...]
"""Kinds of fact that are needed: one of each group."""

OF_PROOF: dict[str, Kinds] = {
    "eligibility": (("eligibility",),),
    "contact": (("contact",),),
    "booking": (("booking", "arrived"),),
    "visit": (("visit",),),
    "note": (("visit",), ("note",)),
    "claim": (("visit",), ("claim",), ("claim_accepted", "remittance")),
    "settlement": (("claim",), ("remittance",)),
}
"""What proves a stage (`sql/cases/proofs.sql`)."""
OF_TRIGGER: dict[str, Kinds] = {
    "fact": (("discharge",),),
    "due": (("coverage",),),
    "unbilled": (("visit",),),
}
OF_EXCLUSION: dict[str, Kinds] = {
    "death_within": (("death",),),
    "admission_within": (("admission",),),
    "hospice_before": (("hospice", "eligibility"),),
    "global_period": (("charge",),),
    "no_charge": (("charge",),),
    "self_pay_restricted": (("charge",),),
    "other_claim": (("claim",),),
}
"""What ends or keeps out a case (`sql/cases/state.sql`, `triggers.sql`); what is not here needs no feed of its own."""
BY_HAND = "by hand"
RECORDED = {"contact": "whoever may record_calls records it on the page of its case"}
"""What a named person records where no system has it, and how: only kinds that are here."""
LEVEL = "level of decision-making"
PRACTITIONER = "practitioner"
WHO_BILLS = (
    f"never: no configured feed says who may bill; feed {PRACTITIONER} would, by degree or taxonomy;"
    " until then no visit counts"
)
ASKED = (
    "asked of a person: who signed the note and may state_level, or a coder who may code_notes, says it on the"
    " exception level_not_stated"
)
"""How the level is known that no charge says."""
ASKED_OF = {
    "medication_reconciliation": "asked of a person: who may state_reconciliation says the day on the exception"
    " reconciliation_not_stated"
}
"""How it is known what a note `needs` and no feed brings, by the kind of fact."""


@dataclass(frozen=True)
class Need:
    """One thing that a workflow has to know or to do.

    `by` are the feeds (`source/feed`) or systems (`source as role`) that give it, `lacks` the kinds of fact or the
    roles that nobody gives. `asked` says how a person is asked for what lacks. `matters` is false for what only goes
    unnoticed. `came` is what the history says, empty without one. `silent` are the feeds that could give what lacks and
    do not, as their sources are defined.
    """

    workflow: str
    part: str
    name: str
    by: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    matters: bool = True
    is_by_hand: bool = False
    kinds: tuple[str, ...] = ()
    came: str = ""
    silent: tuple[str, ...] = ()
    asked: str = ""
    would: str = ""

    @property
    def mark(self) -> str:
        """One word for it: ok, by hand, NEVER, or unseen."""
        if not self.lacks:
            return "ok"
        return BY_HAND if self.is_by_hand else "NEVER" if self.matters else "unseen"

    @property
    def is_met(self) -> bool:
        """Whether it can be known, or the practice says that people record it."""
        return not self.lacks or self.is_by_hand

    @property
    def told(self) -> str:
        """What can be known by what, or what would change that."""
        if not self.lacks:
            return ", ".join(self.by) or "nothing is needed"
        if self.asked:
            return self.asked
        if self.would:
            return self.would
        if self.part == "sends":
            return f"never: no source has the role {' or '.join(self.lacks)}"
        feeds = "; ".join(f"{kind}: {feeds_of(kind)}" for kind in self.lacks)
        if self.silent:
            feeds += f"; as it is defined, {' and '.join(self.silent)} does not say it"
        feeds += "".join(f"; {RECORDED[kind]}" for kind in self.lacks if kind in RECORDED)
        if self.is_by_hand:
            return f"{BY_HAND}, as practice.yaml says ({feeds} would prove it)"
        return f"never: no configured feed brings {feeds}"


def feeds_of(kind: str) -> str:
    """Return the feeds of the catalogue that bring a kind of fact: `feed appointment (hl7v2)`."""
    found = {
        entry.name: " or ".join(entry.standards)
        for entry, table in catalogue.tables()
        if kind in table.facts
    }
    return " or ".join(f"feed {name} ({standards})" for name, standards in found.items())


def needs(
    workflows: list[Workflow], sources: list[SourceDefinition], practice: Practice
) -> list[Need]:
    """Return what each active workflow needs, in the order of its life."""
    bring: dict[str, list[str]] = {}
    could: dict[str, list[str]] = {}
    for source in sources:
        for feed in source.feeds:
            for kind in brought(source, feed):
                bring.setdefault(kind, []).append(f"{source.source}/{feed}")
            for kind in silent(source, feed):
                why = (
                    " without lines, which have the codes,"
                    if needs_lines(source, feed, kind)
                    else ""
                )
                could.setdefault(kind, []).append(f"{source.source}/{feed}{why}")
    takes = {
        role.name: f"{source.source} as {role.name}"
        + (" (work list)" if role.work_list is not None else "")
        + (" (stays inside)" if role.form == INSIDE else "")
        + (" (observed)" if role.mode == "observe" else "")
        for source in sources
        for role in source.roles.values()
    }
    who_bills = tuple(
        f"{source.source}/{PRACTITIONER}" for source in sources if PRACTITIONER in source.feeds
    )
    charges = {
        what: tuple(
            f"{source.source}/{feed}"
            for source in sources
            for feed in source.feeds
            if says_of_charges(source, feed, what)
        )
        for what in SAID_OF_CHARGES
    }
    every = tuple(f"{source.source}/{feed}" for source in sources for feed in source.feeds)
    found = [
        replace(need, silent=tuple(dict.fromkeys(f for k in need.lacks for f in could.get(k, ()))))
        for one in workflows
        if one.status == "active"
        for need in _of(one, bring, takes, practice, charges, who_bills)
    ]
    return [
        replace(need, would=would_answer(need.name, every, need.silent))
        if need.part == "notices" and need.lacks
        else need
        for need in found
    ]


def unproven(
    workflows: list[Workflow], sources: list[SourceDefinition], practice: Practice
) -> Iterator[str]:
    """Yield the stages that nothing configured can prove and that nobody records by hand, with what to write."""
    by_name = {one.workflow: one for one in workflows}
    for need in needs(workflows, sources, practice):
        if need.part == "stage" and not need.is_met:
            one = by_name[need.workflow]
            number = [stage["stage"] for stage in one.definition["stages"]].index(need.name)
            yield (
                f"{one.document.at(('stages', number, 'proof'))}: nothing can prove {need.name} of {one.workflow}:"
                f" {need.told.removeprefix('never: ')}; add the feed to a source, or write"
                f" by_hand: {{{one.workflow}: [{need.name}]}} in practice.yaml, or leave {one.workflow} out"
            )


def _of(
    one: Workflow,
    bring: Mapping[str, list[str]],
    takes: Mapping[str, str],
    practice: Practice,
    charges: Mapping[str, tuple[str, ...]],
    who_bills: tuple[str, ...],
) -> Iterator[Need]:
    said = one.definition
    levels = charges[SAYS_LEVEL]

    def need(part: str, name: str, kinds: Kinds, *, matters: bool = True) -> Need:
        by = dict.fromkeys(
            feed for group in kinds for kind in group for feed in bring.get(kind, ())
        )
        lacks = tuple(group[0] for group in kinds if not any(bring.get(kind) for kind in group))
        every = tuple(kind for group in kinds for kind in group)
        return Need(one.workflow, part, name, tuple(by), lacks, matters, kinds=every)

    trigger = next(kind for kind in OF_TRIGGER if kind in said["trigger"])
    yield need("opens", str(said["trigger"][trigger]), OF_TRIGGER[trigger])
    if trigger == "unbilled" or any(stage["proof"] == "visit" for stage in said["stages"]):
        lacks = () if who_bills else (PRACTITIONER,)
        yield Need(
            one.workflow, "rests on", "who may bill a visit", who_bills, lacks, would=WHO_BILLS
        )
    if said["population"].get("payer_classes"):
        yield need("population", "payer classes", (("coverage",),))
    if said["population"].get("attributed"):
        rule = dict(practice.attribution)
        ways = {
            "attribution": rule.get("practitioner") == "yes",
            "visit": "visit_days" in rule,
            "booking": rule.get("booked") == "yes",
        }
        yield need("population", "attributed", (tuple(kind for kind in ways if ways[kind]),))
    for exclusion in said.get("exclusions", ()):
        kinds, when = OF_EXCLUSION.get(exclusion["when"]), exclusion["when"]
        if not kinds:
            continue
        shown = need("excludes", exclusion["reason"], kinds, matters=False)
        if when in charges and shown.by:
            shown = replace(shown, by=charges[when], lacks=() if charges[when] else (when,))
            shown = replace(shown, would=_would_say(when) if shown.lacks else "")
        yield shown
    if trigger == "unbilled" or any(stage["proof"] == "claim" for stage in said["stages"]):
        for name, answers in OF_ANSWERS.items():
            yield need("notices", name, (answers,), matters=False)
    for stage in said["stages"]:
        by_hand = (one.workflow, stage["stage"]) in practice.by_hand
        yield replace(need("stage", stage["stage"], OF_PROOF[stage["proof"]]), is_by_hand=by_hand)
        for each in stage.get("needs", ()):
            rests = need("rests on", each.replace("_", " "), ((each,),))
            yield replace(rests, is_by_hand=True, asked=ASKED_OF[each])
        if stage["proof"] == "claim":
            yield need("rests on", "charge", (("charge",),))
        if any(pays.get("levels") for pays in stage.get("pays", ())):
            yield Need(
                one.workflow,
                "rests on",
                LEVEL,
                levels,
                () if levels else (LEVEL,),
                is_by_hand=True,
                asked=ASKED,
            )
        roles = sorted(ROLES_OF.get(stage.get("task", {}).get("kind"), ()))
        if roles:
            by = tuple(takes[role] for role in roles if role in takes)
            lacks = () if by else (" or ".join(roles),)
            yield Need(one.workflow, "sends", str(stage["task"]["kind"]), by, lacks)


def _would_say(what: str) -> str:
    """Return what would let charges say something that none of them does."""
    column, extension = SAID_OF_CHARGES[what]
    return (
        f"no charge says it: a column of a table ({column}) or an extension of FHIR (extensions: {extension}) would;"
        " until then whoever bills has to know"
    )


def came(conn: Connection) -> dict[str, str]:
    """Return how many facts of each kind have come, and the newest of them, in words. Ends no transaction.

    It reads all facts: seconds, where there are millions.
    """
    rows = conn.execute(
        "select kind, count(*), max(occurred_at)::date from evidence.fact"
        " where retracted_seq is null group by kind"
    ).fetchall()
    return {kind: f"{number:,}, newest of {newest}" for kind, number, newest in rows}


def with_history(found: list[Need], came: Mapping[str, str]) -> list[Need]:
    """Return the needs with what has come of their kinds, which `came` says."""
    return [
        replace(
            one,
            came="; ".join(
                f"{kind.replace('_', ' ')}: {came.get(kind, 'none yet')}" for kind in one.kinds
            ),
        )
        for one in found
    ]
