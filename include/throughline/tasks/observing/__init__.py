"""A named person lets out what was planned while it was only observed, after seeing how much it is.

When a practice, a workflow or a target is live again, nothing of before goes out by itself: what is still due is
planned anew each night and held (`sql/tasks/observed.sql`). It is shown with its number, by workflow. Who lets it out
names the list as it was shown; the next night plans it, as it is then, and what is still right goes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from throughline import decisions
from throughline.decisions import Act, NotAllowedError, Preview, Request
from throughline.programs.commands import as_here
from throughline.vocabulary.counts import count
from throughline.warehouse import Connection, nights, sql

ABOUT, ACT = "held", "release_observed"
SHORT = 8
"""Characters of a list's number that people read and type."""
THINGS = {
    "outreach": ("call", "calls"),
    "scheduling": ("booking", "bookings"),
    "eligibility": ("eligibility inquiry", "eligibility inquiries"),
    "documentation": ("request to sign a note", "requests to sign a note"),
    "billing": ("visit to bill", "visits to bill"),
}
"""What each kind of task asks for, one and several."""


class NothingHeldError(NotAllowedError, LookupError):
    """Nothing of this workflow is held."""


class ChangedError(NotAllowedError, RuntimeError):
    """What is held is not what was shown."""


@dataclass(frozen=True)
class Thing:
    """One thing that is observed or held, without patient data.

    `since` is the business date of the first night that planned it so. `amount` (US dollars) is the charge of a claim.
    `let_out_by` is who has let it out, so that the next night plans it.
    """

    workflow: str
    kind: str
    stage: str
    case_number: str
    is_held: bool
    since: date
    amount: Decimal
    payer_id: str | None
    let_out_by: str | None


@dataclass(frozen=True)
class Held:
    """What is held of a workflow: its things by kind, and `number`, which names exactly this list."""

    workflow: str
    number: str
    kinds: dict[str, int]

    @property
    def told(self) -> str:
        """How much it is, in words: `3 calls and 1 visit to bill`."""
        return told(self.kinds)


def told(kinds: dict[str, int]) -> str:
    """Return how much there is of each kind, in words."""
    said = [count(kinds[kind], *THINGS[kind]) for kind in THINGS if kinds.get(kind)]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said) or "nothing"


def things(conn: Connection, size: int | None = None, skip: int = 0) -> list[Thing]:
    """Return what is observed or held now, what is held first: all of it, or `size` things after the first `skip`."""
    found = sql.run(conn, "told/pages/observed.sql", size=size, skip=skip).rows
    return [Thing(*row) for row in found]


def how_many(conn: Connection) -> int:
    """Return how many things are observed or held now."""
    row = conn.execute("select count(*) from tasks.observed where to_seq is null").fetchone()
    return int(row[0]) if row else 0


def held(conn: Connection) -> list[Held]:
    """Return what is held now and has not been let out, by workflow."""
    rows = sql.run(conn, "tasks/held.sql").rows
    return [Held(workflow, digest[:SHORT], dict(kinds)) for workflow, digest, kinds in rows]


def too_late(conn: Connection, workflow: str, planned_at: datetime) -> int:
    """Return how many things held of a workflow are due by the time at which they would be planned."""
    row = conn.execute(
        "select count(*) from tasks.observed as o"
        " inner join cases.stage as s on s.case_id = o.case_id and s.stage = o.stage"
        " where o.is_held and o.to_seq is null and o.workflow = %s and s.due_at <= %s",
        (workflow, planned_at),
    ).fetchone()
    return int(row[0]) if row else 0


def _weigh(conn: Connection, request: Request) -> Preview:
    one = next((each for each in held(conn) if each.workflow == request.about_id), None)
    last = nights.newest(conn)
    if one is None or last is None:
        raise NothingHeldError(
            as_here("nothing of this workflow is held: make observed lists what is")
        )
    shown = request.said.get("list")
    if shown != one.number:
        raise ChangedError(
            f"what is held is the list {one.number}: {one.told}. Look at it, and name this list"
        )
    follows = [
        f"The next night plans what is still right of {one.told}, and sends it. Claims are still attested."
    ]
    late = too_late(conn, one.workflow, last.cut_off + timedelta(days=1))
    if late:
        follows.append(
            f"{count(late, 'is', 'are')} due before that and cannot go out in time: do what is right today, and"
            " record it on the page of the case."
        )
    return Preview(
        tuple(follows),
        {"night": last.seq, "list": one.number, "things": one.kinds},
    )


decisions.register(
    Act(ACT, ABOUT, "let out what was only observed", _weigh, needs_reason=True, permission=ACT)
)
