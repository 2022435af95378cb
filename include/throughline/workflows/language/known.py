"""What a workflow may name besides its own parts: the words of the practice, value sets, calendars, other workflows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from throughline.vocabulary import Vocabulary
from throughline.workflows.language.expanded import Words


@dataclass(frozen=True)
class Known:
    """What is there. `value_sets` are (checksum, codes as (system, code)) by name.

    `carried` are the kinds of fact that some configured feed brings; None leaves out the checks of what can be proven.
    `library` are the standard stages, `standing` the rules that hold for every case, `seasons` the periods of the
    calendars by name, `payer_rules` the names of the rows of the payers' rules.
    """

    vocabulary: Vocabulary
    library: Words = field(default_factory=dict)
    standing: Words = field(default_factory=dict)
    carried: frozenset[str] | None = None
    value_sets: Mapping[str, tuple[str, Collection[tuple[str, str]]]] = field(default_factory=dict)
    seasons: Mapping[str, Any] = field(default_factory=dict)
    payer_rules: frozenset[str] = frozenset()
