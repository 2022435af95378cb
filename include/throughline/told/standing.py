"""What holds until somebody decides otherwise: told first, each morning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from throughline.programs.commands import as_here
from throughline.told import times, words
from throughline.told.numbers import Numbers
from throughline.told.shapes import Held, Observing, Paused, SwitchedOff
from throughline.told.today import Today
from throughline.warehouse import Connection, sql

HELD_BY = {
    "exception": "an exception says why",
    "uncertain": "whether it arrived is not certain: its receiver is asked each night, and it is not sent again",
    "paused": "sending is paused, and the first night after it is resumed sends it",
    "tried": "its receiver was not reached, and each night tries again",
    "soon": "it goes out in a moment, at the latest with the next night",
}
"""Why a batch of claims that was attested is not sent yet."""


@dataclass(frozen=True)
class Released:
    """A batch of claims that was attested and is not sent, as `sql/told/numbers/released.sql` gives it.

    `charge` is in US dollars, `decided_at` is UTC.
    """

    number: str
    payer_id: str
    claims: int
    charge: Decimal
    decided_by: str | None
    decided_at: datetime | None
    held_by: str

    @property
    def why(self) -> str:
        """Why it is not sent yet, in words."""
        return HELD_BY[self.held_by]

    def said(self, now: Today) -> str:
        """Return what it is, who attested it when, and why it is not sent, as one line."""
        by = f", attested by {self.decided_by}" if self.decided_by else ""
        on = f" on {times.at(now, self.decided_at)}" if self.decided_at else ""
        what = (
            f"{words.count(self.claims, 'claim')} to {self.payer_id}, {words.dollars(self.charge)}"
        )
        return f"{what}, batch {self.number}{by}{on}: {self.why}"


def released(conn: Connection) -> list[Released]:
    """Return the batches of claims that were attested and have not been sent, the oldest first."""
    return [Released(*row) for row in sql.run(conn, "told/numbers/released.sql").rows]


def paused(conn: Connection, now: Today) -> list[str]:
    """Return since when and by whom sending is paused, and how much waits, as a sentence; none if it is not."""
    rows = sql.run(conn, "told/numbers/paused.sql", seq=now.seq or 0).rows
    return [words.paused(Paused(*row), now.time_zone) for row in rows]


def switched_off(row: SwitchedOff) -> str:
    """Return that a workflow opens nothing any more, and what becomes of its open cases."""
    if not row.cases:
        return f"{row.title} is switched off: it opens no more cases, and has none open."
    open_ = f"{words.count(row.cases, 'open case')} {'goes' if row.cases == 1 else 'go'} on"
    becomes = {
        None: f"{open_} as before, until somebody decides what becomes of them (the page"
        f" Exceptions; or, at a terminal: {as_here('make exceptions')})",
        "finish": f"{open_} to the end, as {row.by} decided",
        "close_cases": f"{words.count(row.cases, 'open case')} to be closed by the next night, as {row.by} decided",
    }[row.decided]
    return f"{row.title} is switched off: it opens no more cases; {becomes}."


def observing(row: Observing) -> str:
    """Return since when nothing goes out, and what would have gone out: `Observing since …: 3 calls, …`."""
    what = {
        "practice": "",
        "workflow": f" {words.plain(row.name)}",
        "target": " what goes to {} as {}".format(*[*row.name.split("|"), ""][:2]),
    }[row.scope]
    said = f"Observing{what} since {row.since}: {_things(row)} would have gone out; nothing did."
    if row.passed:
        said += f" The clocks of {words.count(row.passed, 'open case')} ended meanwhile and count in no rate."
    return said


def held(row: Held) -> str:
    """Return what waits since a workflow is live again, and who lets it out."""
    so_far = f"{words.title(row.workflow)} is live again: {_things(row)} that were only observed before are still due"
    if row.by:
        return f"{so_far}; {row.by} has let them out, and the next night plans them."
    return (
        f"{so_far} and wait until somebody lets them out (the page Observed; or, at a terminal:"
        f" {as_here('make observed')})."
    )


def _things(row: Observing | Held) -> str:
    said = [
        words.count(row.calls, "call"),
        words.count(row.bookings, "booking"),
        words.count(row.claims, "visit to bill", "visits to bill"),
    ]
    if row.inquiries:
        said.append(words.count(row.inquiries, "eligibility inquiry", "eligibility inquiries"))
    if row.notes:
        said.append(words.count(row.notes, "request to sign a note", "requests to sign a note"))
    return ", ".join(said)


def what_holds(numbers: Numbers) -> list[str]:
    """Return what holds until somebody decides otherwise: a pause, observing, what is held, what is switched off."""
    return [
        *(observing(one) for one in numbers.observing),
        *(held(one) for one in numbers.held),
        *(words.paused(one, numbers.time_zone) for one in numbers.paused),
        *(switched_off(one) for one in numbers.switched_off),
    ]
