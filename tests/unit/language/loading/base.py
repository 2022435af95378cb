"""A sound workflow, from which each test changes one thing."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from functools import cache
from typing import Any

from throughline.vocabulary import OURS, Layers, vocabulary
from throughline.workflows.language.known import Known
from throughline.workflows.language.loading import Loaded, of_document
from throughline.workflows.language.reading import parse

SOUND = textwrap.dedent("""\
    workflow: call_back
    version: 1
    title: Call back after a discharge
    owner: care_management
    source: practice policy
    facts:
      left: {kind: discharge, codes: [home]}
      spoke: {kind: contact, codes: [reached]}
      seen_here: {kind: visit, status: [finished], where: {billable: true}}
      written: {kind: note}
      died: {kind: death}
      again: {kind: admission}
    opens: {after: left, known_within: 30 days}
    once_per: event
    population: {none: died}
    stages:
      - stage: called
        proof: {exists: spoke, to: {trigger: 30 days}}
        due: {trigger: 2 business days}
        task: {kind: outreach, attempts: 3, every: 1 days}
        escalate: [{at: 1 days, to: lead}]
        runbook: Call the patient.
        source: practice policy
      - stage: seen
        proof: {exists: seen_here, to: {trigger: 14 days}}
        due: {trigger: 14 days}
        otherwise:
          - {when: {stage: called, is: late}, exception: missed_clock}
        task: {kind: scheduling, visit_type: TCM}
        runbook: Book the visit.
        source: practice policy
      - stage: noted
        owner: clinicians
        proof: {exists: written, same: {encounter: seen}}
        due: {seen: 5 days}
        runbook: Sign the note.
        source: practice policy
    bills:
      dated: seen
      first_of:
        - {code: "99496", when: {stage: seen, is: proven, to: {trigger: 7 days}}}
        - {code: "99495", when: {stage: seen, is: proven, to: {trigger: 14 days}}}
        - {code: ordinary}
    ends:
      - {reason: died, when: {exists: died}, until: seen}
      - {reason: readmitted, when: {exists: again, from: trigger}}
    """)

LIBRARY: Mapping[str, Any] = {
    "facts": {"agreed": {"kind": "claim_accepted"}},
    "stages": [
        {"stage": "visit", "proof": {"exists": "agreed"}, "source": "ours"},
        {"stage": "claim", "proof": {"exists": "agreed", "same": {"encounter": "visit"}}, "source": "ours"},
        {"stage": "money", "proof": {"exists": "agreed", "same": {"claim": "claim"}}, "source": "ours"},
    ],
}  # fmt: skip


@cache
def known() -> Known:
    """Return what our own definitions name, and what each test may add."""
    words = vocabulary(Layers(OURS))
    return Known(words, LIBRARY, carried=None, seasons={"influenza_season": {}})


def loaded(text: str, **others: Any) -> Loaded:
    """Return a workflow from its text."""
    from dataclasses import replace

    document, wrong = parse(text, "call_back.yaml")
    beside = others.pop("beside", ())
    return of_document(document, wrong, replace(known(), **others), beside)


def told(text: str, **others: Any) -> list[str]:
    """Return what is wrong with a workflow, one problem a line."""
    return list(loaded(text, **others).problems)


def changed(*edits: tuple[str, str]) -> str:
    """Return the sound workflow with some parts written in another way; each must stand there once."""
    text = SOUND
    for was, now in edits:
        assert text.count(was) == 1, f"{was!r} stands there {text.count(was)} times"
        text = text.replace(was, now)
    return text
