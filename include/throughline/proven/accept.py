"""The act of a person: the chain is taken as it is, although its kept heads do not agree with it.

From then on, `chain.jsonl` is held against the chain anew. Nothing in the warehouse changes but the decision.
"""

from __future__ import annotations

from uuid import UUID

from throughline import decisions
from throughline.decisions import Act, NotAllowedError, Preview, Request
from throughline.programs.commands import as_here
from throughline.warehouse import Connection

ABOUT, ACT = "chain", "accept"


class NotSoundError(NotAllowedError, ValueError):
    """An invariant does not hold, so there is more to mend than the file of heads."""


def _weigh(conn: Connection, request: Request) -> Preview:
    if request.said.get("is_sound") is not True:
        raise NotSoundError("nothing was accepted: the checks of the invariants do not hold")
    return Preview(
        (
            "From now on, the file of the chain's heads is held against the chain as it is today.",
            f"Every `{as_here('make check')}` says who accepted it, when and why.",
        )
    )


def _record(
    conn: Connection, request: Request, seen: Preview, decision_id: UUID
) -> tuple[UUID, ...]:
    return ()


decisions.register(
    Act(
        ACT, ABOUT, "accept the chain as it is", _weigh, _record,
        needs_reason=True, permission="accept_chain",
    )
)  # fmt: skip
