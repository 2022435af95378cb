"""What came after its clock had ended: how late it was, and whether it still counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from throughline.told import times, words
from throughline.told.today import Clock
from throughline.vocabulary import words as vocabulary
from throughline.warehouse import Connection, sql

SHOWN = {
    "attempt": "contact",
    "booking": "booking",
    "visit": "visit",
    "note": "note",
    "claim_accepted": "claim",
}
"""The facts of a story by the proof that they may be: of an attempt to reach the patient, one that reached."""
LATE = {"contact": "Spoke with the patient", "visit": "Seen"}
"""What came too late to count, by the proof that it would have been."""


@dataclass(frozen=True)
class Ends:
    """When the clock of a stage ends, as `sql/told/pages/case_clocks.sql` gives it. Times are UTC.

    `counts_until` is the last day on which something may happen that proves it. `late_at`: what would have proven it
    came first then, after that day; it is patient data.
    """

    case_id: str
    stage: str
    proof: str
    ends_at: datetime
    counts_until: date
    state: str
    proven_at: datetime | None
    late_at: datetime | None

    @property
    def is_in_time(self) -> bool:
        """Whether it was proven before its clock ended: what came later was not late."""
        return self.proven_at is not None and self.proven_at < self.ends_at


def clocks(
    conn: Connection, cases: Iterable[str], *, evidence: bool, proofs: Sequence[str] | None = None
) -> list[Ends]:
    """Return when the clocks of cases end, in the order of their stages; with `evidence`, what came too late.

    `proofs`: only of the stages that one of these proves.
    """
    asked = sorted(set(cases))
    if not asked:
        return []
    found = sql.run(
        conn, "told/pages/case_clocks.sql", cases=asked, evidence=evidence, proofs=proofs
    ).rows
    return [Ends(*row) for row in found]


def proven_late(ends: Ends | None, today: Clock) -> str:
    """Return how late a stage was proven: `2 days after the clock ended on …`; empty if it was in time or is not."""
    if ends is None or ends.proven_at is None:
        return ""
    return times.after(today, ends.proven_at, ends.ends_at)


def too_late(ends: Ends | None, today: Clock) -> str:
    """Return what came too late to prove a stage, and by how much, as a sentence; empty if nothing did."""
    if ends is None or ends.late_at is None:
        return ""
    what, when = LATE[ends.proof], times.at(today, ends.late_at)
    return (
        f"{what} on {when}, {times.after(today, ends.late_at, ends.ends_at)}. What happens after"
        f" {times.on(ends.counts_until)} no longer proves {words.plain(ends.stage)}."
    )


def too_late_by_case(conn: Connection, cases: Iterable[str], today: Clock) -> dict[str, str]:
    """Return of which cases somebody spoke with the patient too late, and how late. It is patient data."""
    said: dict[str, str] = {}
    for ends in clocks(conn, cases, evidence=True, proofs=["contact"]):
        if ends.late_at is not None:
            said.setdefault(ends.case_id, too_late(ends, today))
    return said


def late(
    kind: str, code: str | None, at: datetime, stage: str | None, ends: Iterable[Ends], today: Clock
) -> str:
    """Return how late one line of a story was; empty if it was in time, or proves nothing.

    `kind` is that of a fact, or `proven` with its `stage`.
    """
    proof = SHOWN.get(kind)
    if kind == "attempt" and code != "reached":
        return ""
    for one in ends:
        is_of = one.stage == stage if kind == "proven" else one.proof == proof
        if is_of and not one.is_in_time:
            return times.after(today, at, one.ends_at)
    return ""


def ended(reason: str | None, stage: str | None, ends: Iterable[Ends], today: Clock) -> str:
    """Return how a task ended that failed although somebody spoke with the patient; empty of any other end."""
    if reason != "reached":
        return ""
    for one in ends:
        if one.stage == stage and one.late_at is not None:
            sentence = too_late(one, today)
            return f"{sentence[:1].lower()}{sentence[1:].rstrip('.')}"
    said = vocabulary.CONTACT_OUTCOME.words["reached"]
    return f"{said[:1].lower()}{said[1:]}, which does not prove {words.plain(stage or 'the stage')}"
