"""What a look has found: lines of a report, each with what to write where if something has to change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

GOOD, NOTE, BAD = "good", "note", "bad"


@dataclass(frozen=True)
class Finding:
    """One thing that was found: fine (`good`), to be known (`note`), or to be changed before a night (`bad`).

    `write` says what to write and where.
    """

    tone: str
    text: str
    write: str = ""


@dataclass
class Look:
    """All that a look at one source has found, in order, and where its sample is."""

    source: str
    title: str
    how: str
    place: str
    """The file that defines the source, as it is shown."""
    into: Path
    """An empty folder for the sample."""
    findings: list[Finding] = field(default_factory=list)
    offers: list[tuple[str, str, str, str]] = field(default_factory=list)
    """By feed: its name, how it is read, what the system offers of it, and the sample."""
    sampled: int = 0
    """How many files are in the sample."""

    def good(self, text: str) -> None:
        """Add what is fine."""
        self.findings.append(Finding(GOOD, text))

    def note(self, text: str, write: str = "") -> None:
        """Add what is to be known."""
        self.findings.append(Finding(NOTE, text, write))

    def bad(self, text: str, write: str = "") -> None:
        """Add what has to change before a first night."""
        self.findings.append(Finding(BAD, text, write))

    def only_observed(self, since: int) -> None:
        """Take what was found from a number on as known only: nothing is sent there while it is observed."""
        self.findings[since:] = [
            replace(one, tone=NOTE, text=f"{one.text} (observed: nothing is sent yet)")
            if one.tone == BAD
            else one
            for one in self.findings[since:]
        ]

    @property
    def is_good(self) -> bool:
        """Whether nothing has to change."""
        return all(finding.tone != BAD for finding in self.findings)


class Stop(Exception):
    """The look ends here: what was found says why."""


def listed(names: Iterable[str], most: int = 12) -> str:
    """Return some names as a list in a sentence."""
    found = list(names)
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return f"{', '.join(found[:most])}{more}"
