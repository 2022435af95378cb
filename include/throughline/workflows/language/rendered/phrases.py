"""The words of the page: what kinds, meanings, codes, links, teams and reasons are called by people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from throughline.vocabulary import Vocabulary
from throughline.vocabulary.counts import count
from throughline.vocabulary.language import DETAILS, KINDS, MEANINGS, SLOTS, TIMES
from throughline.vocabulary.language.kind import Kind
from throughline.workflows.language.known import Known

NOTHING: Mapping[str, str] = {}

LINKS: Mapping[str, str] = {
    "accession": "laboratory number",
    "appointment": "appointment",
    "based_on": "order that it follows from",
    "communication": "call or message",
    "encounter": "visit or stay",
    "filler": "number of whoever fulfils the order",
    "line": "line of a claim",
    "member": "number at the payer",
    "output": "result that was sent back",
    "placer": "number of whoever ordered",
    "practitioner": "practitioner",
    "replaces": "order that was replaced",
    "requisition": "set of orders",
    "responsible": "responsible person",
}
"""Links by a name that fits after *the same*; of the others the word itself does."""


@dataclass(frozen=True)
class Phrases:
    """What words are called: each mapping is from a word to a phrase. A word without a phrase is shown as it is.

    `kinds` and `meanings` say what a fact is, `codes` what a code of a kind or meaning means (by kind, then code).
    `details`, `detail_words` and `times` are what `where` and `time` name, `slots` what a link is called after *the
    same*. `value_sets`, `seasons` and `payer_rules` say what is there of them: a checksum, dates, a sentence.
    """

    kinds: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    detail_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    times: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, str] = field(default_factory=dict)
    about_slots: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    leads: Mapping[str, str] = field(default_factory=dict)
    tasks: Mapping[str, str] = field(default_factory=dict)
    exceptions: Mapping[str, str] = field(default_factory=dict)
    ends: Mapping[str, str] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=dict)
    visit_types: Mapping[str, str] = field(default_factory=dict)
    value_sets: Mapping[str, str] = field(default_factory=dict)
    seasons: Mapping[str, str] = field(default_factory=dict)
    payer_rules: Mapping[str, str] = field(default_factory=dict)

    def slot(self, word: str) -> str:
        """Return what a link is called after *the same*."""
        return self.slots.get(word, spaced(word))

    def team(self, word: str) -> str:
        """Return what a team is called."""
        return self.teams.get(word, spaced(word))


def phrases_of(
    vocabulary: Vocabulary,
    value_sets: Mapping[str, str] = NOTHING,
    seasons: Mapping[str, str] = NOTHING,
    payer_rules: Mapping[str, str] = NOTHING,
) -> Phrases:
    """Return the phrases of a practice: Throughline's own words and those of its definitions."""
    words = vocabulary.words
    kinds: dict[str, Kind] = {**KINDS, **MEANINGS}
    return Phrases(
        kinds={name: kind.meaning for name, kind in KINDS.items()},
        meanings={name: meaning.meaning for name, meaning in MEANINGS.items()},
        codes={
            name: kind.codes.words or words.get(kind.codes.of, {})
            for name, kind in kinds.items()
            if kind.codes is not None
        },
        details={name: detail.meaning for name, detail in DETAILS.items()},
        detail_words={
            name: detail.words or words.get(detail.of, {}) for name, detail in DETAILS.items()
        },
        times=dict(TIMES),
        slots=dict(LINKS),
        about_slots={name: slot.meaning for name, slot in SLOTS.items()},
        teams=words.get("team", {}),
        tasks=words.get("task_kind", {}),
        exceptions=words.get("exception_reason", {}),
        ends=words.get("end_reason", {}),
        priorities=words.get("priority", {}),
        visit_types=words.get("visit_type", {}),
        value_sets=dict(value_sets),
        seasons=dict(seasons),
        payer_rules=dict(payer_rules),
    )


def phrases_for(known: Known) -> Phrases:
    """Return the phrases of a practice with all that its workflows may name: value sets, seasons and payers' rules."""
    sets = {
        name: f"{count(len(codes), 'code')}; SHA-256 {checksum}"
        for name, (checksum, codes) in known.value_sets.items()
    }
    seasons = {name: _season(said) for name, said in known.seasons.items()}
    rules = dict.fromkeys(known.payer_rules, "")
    return phrases_of(known.vocabulary, sets, seasons, rules)


def _season(said: Any) -> str:
    """Return the first and the last day of a season, as known by ((month, day), (month, day)) or as it is written."""
    if isinstance(said, Mapping):
        first, last = (date.fromisoformat(f"2024-{said[key]}") for key in ("begins", "ends"))
    else:
        first, last = (date(2024, *of) for of in said)
    return f"{first.day} {first:%B} to {last.day} {last:%B}"


def spaced(word: str) -> str:
    """Return a word of the language as people write it."""
    return str(word).replace("_", " ")


def with_meaning(word: str, meanings: Mapping[str, str]) -> str:
    """Return a word with what it means, where that says more than the word."""
    shown, meaning = spaced(word), meanings.get(word, "")
    return f"{shown} ({meaning})" if meaning and meaning.lower() != shown.lower() else shown


def quoted(name: str) -> str:
    """Return a name that the definition gives, as the page shows names."""
    return f"“{name}”"
