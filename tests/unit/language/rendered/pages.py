"""Pages of the workflows of the test data, and of a small one with one thing changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from tests.unit.language import drafts
from throughline.vocabulary import OURS, Layers, vocabulary
from throughline.workflows.language.expanded import Workflow, expand
from throughline.workflows.language.rendered import Phrases, phrases_of
from throughline.workflows.language.rendered.page import page
from throughline.workflows.language.rendered.told import (
    Block,
    Fields,
    Items,
    Picture,
    Section,
    Table,
    Told,
)

LISTED = {name: f"{len(codes)} codes" for name, codes in drafts.value_sets().items()}
RULES = {name: f"see {row['source']}" for name, row in drafts.words("payer_rules").items()}
SEASONS = {"influenza_season": "1 September to 30 April"}


@cache
def phrases() -> Phrases:
    return phrases_of(vocabulary(Layers(OURS, drafts.FOLDER)), LISTED, SEASONS, RULES)


def workflow(words: Any) -> Workflow:
    """Return a workflow with the standard stages and the standing rules, and always the same checksum."""
    whole = expand(words, drafts.words("standard_stages"), drafts.words("standing_rules"))
    return replace(whole, sha256="0" * 64)


def texts(blocks: tuple[Block, ...]) -> Iterator[str]:
    """Yield every text of a page, in its order."""
    for block in blocks:
        match block:
            case Told():
                yield from _said((block,))
            case Items():
                yield from _said(block.items)
            case Fields():
                for name, said in block.rows:
                    yield name
                    yield from _said(said)
            case Table():
                yield from block.head
                for row in block.rows:
                    for cell in row:
                        yield from _said(cell)
            case Picture():
                yield from block.about
            case Section():
                yield block.title
                yield from texts(block.blocks)


def _said(said: tuple[Told, ...]) -> Iterator[str]:
    for each in said:
        yield each.text
        yield from _said(each.parts)


def lines(words: Any, by: Phrases | None = None) -> list[str]:
    """Return every text of the page of a workflow."""
    said = page(workflow(words), by or phrases())
    return [said.title, *texts(said.blocks)]


def small(**changes: Any) -> dict[str, Any]:
    """Return a small workflow that uses what the larger ones do not; some of its parts changed."""
    return {**SMALL, **changes}


SMALL: Mapping[str, Any] = {
    "workflow": "pressure",
    "version": 3,
    "title": "Blood pressure | after a stay",
    "owner": "care_management",
    "source": "practice policy",
    "facts": {
        "stay": {"kind": "admission", "time": "ends"},
        "high": {
            "kind": "observation",
            "codes": {"LOINC": ["8480-6"]},
            "where": {"value": {"at_least": 140, "below": 180, "unit": "mm[Hg]"}},
        },
        "odd": {"kind": "result", "where": {"value": {"outside": "reference_range"}}},
        "bare": {"kind": "result", "where": {"interpretation": "absent"}, "time": "collected"},
        "mended": {"kind": "result", "corrects": "odd"},
        "call": {"kind": "contact", "codes": ["reached"]},
        "minutes": {"kind": "care_time"},
    },
    "opens": {
        "after": ["stay", "mended"],
        "wait": [
            {"when": {"exists": "odd", "same": "encounter"}, "to": "4 hours"},
            {"to": "2 weeks"},
        ],
        "unless": {"not": {"any": [{"exists": "high"}, {"none": "bare", "to": "trigger"}]}},
    },
    "once_per": "person",
    "population": {"age": {"from": 18, "to": 90}, "at": "now"},
    "stages": [
        {
            "stage": "called",
            "proof": {"exists": "call", "same": ["encounter", {"practitioner": "trigger"}]},
            "due": [
                {"when": {"exists": "odd", "same": "record"}, "to": {"trigger": "4 hours"}},
                {"to": {"soonest": [{"odd": "-3 months"}, "due_day"]}},
            ],
            "pauses": {"exists": "stay", "to": {"trigger": "1 years"}},
            "otherwise": [
                {"when": {"all": [{"exists": "odd"}, {"none": "high"}]}, "close": "declined"},
                {
                    "when": {"latest": "call", "is": ["reached", "declined"]},
                    "wait": {"call": "1 days"},
                },
            ],
            "escalate": [
                {"at": "1 business days", "to": "lead"},
                {"at": "3 days", "to": "compliance"},
            ],
        },
        {
            "stage": "measured",
            "proof": {"count": "high", "distinct": "code", "at_least": 2, "at_most": 9},
            "met_by": {"count": "call", "distinct": "communication", "at_least": 1},
            "task": {"kind": "review", "attempts": 1},
            "runbook": "Measure it.",
        },
    ],
    "bills": {
        "dated": "measured",
        "only_if": {"bills": "agree"},
        "first_of": [
            {
                "code": "99490",
                "when": {"sum": "minutes", "at_least": 20, "from": {"opened": "0 days"}},
                "add": {"code": "99439", "each": 20, "above": 20, "at_most": 2},
                "source": "CPT",
            },
            {"code": "unknown"},
        ],
        "not_with": [{"workflow": "transitional_care", "same": ["month", "practitioner"]}],
    },
    "ends": [
        {"reason": "died", "when": {"exists": "stay", "at": "measured"}, "bars": "code"},
        {
            "reason": "declined",
            "when": {"stage": "called", "is": "skipped"},
            "until": "measured",
            "as": "void",
        },
    ],
}
