"""What may be done about an exception: the acts that fit its reason, each with what it will do.

`resolve` weighs an act when somebody does it; this says which ones to offer, for pages and lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from throughline.exceptions.actions import (
    ACTIONS,
    FITTING,
    FOLLOWS,
    FOLLOWS_OF,
    NEEDS_REASON,
    NEEDS_REASON_FOR,
    STATE,
    STATE_LEVEL,
    STATE_RECONCILIATION,
    USUAL,
)
from throughline.exceptions.titles import title

OF_A_CASE = ("retry", "continue", "acknowledge", "close_case", "assign")
OF_NO_CASE = ("acknowledge", "assign")
OF_MONEY = frozenset({"claim_denied", "patient_balance", "payment_overdue"})
"""Reasons of which the open balance may be written off."""
OF_ROWS = {
    "release": "Its rows are loaded by the next night, but for those that cannot be read.",
    "reject": "Its rows are rejected for good; the received files are kept.",
}
"""What may be done with the rows of a delivery that were set aside (`throughline.quality.decide`)."""
ASKS = {
    "assign": "owner",
    "write_off": "amount",
    STATE: "disposition",
    STATE_LEVEL: "level",
    STATE_RECONCILIATION: "done_on",
}
"""The argument that an act needs."""
OF_CLAIMS = "The file is thrown away; the next night makes its claims anew, and asks about them."
"""What follows when a batch is refused that nobody can attest (`throughline.tasks.attest`)."""
KNOWN = frozenset({*ACTIONS, *OF_ROWS, "refuse"})
"""Every act that some exception offers."""


@dataclass(frozen=True)
class Choice:
    """An act that fits an exception: on what kind of thing it is recorded, and what follows.

    `asks` is the argument that it needs: owner, amount, disposition, level or done_on. `is_usual` marks what people
    mostly do.
    """

    act: str
    about_kind: str
    title: str
    follows: str
    needs_reason: bool = False
    asks: str = ""
    is_usual: bool = False


def choices(reason: str, detail: Mapping[str, object], *, in_case: bool) -> list[Choice]:
    """Return the acts that fit an exception, the usual one first.

    `in_case` says whether it is about a case. `detail` is what the exception keeps.
    """
    names: tuple[str, ...] = FITTING.get(reason, OF_A_CASE if in_case else OF_NO_CASE)
    if in_case and (reason in OF_MONEY or "balance" in detail):
        names = (*names[:-1], "write_off", names[-1])
    usual = USUAL.get(reason, "acknowledge" if "acknowledge" in names else names[0])
    found = [_of_exception(name, reason, detail, usual) for name in names]
    if reason == "rows_set_aside":
        rows = [
            Choice(act, "set_aside", title(act, "set_aside"), follows)
            for act, follows in OF_ROWS.items()
        ]
        found = rows + found
    if reason == "claim_invalid" and "untold" in detail:
        found.append(
            Choice(
                "refuse",
                "claim_batch",
                title("refuse", "claim_batch"),
                OF_CLAIMS,
                needs_reason=True,
            )
        )
    return sorted(found, key=lambda choice: not choice.is_usual)


def _of_exception(act: str, reason: str, detail: Mapping[str, object], usual: str) -> Choice:
    follows = FOLLOWS_OF.get((act, reason), FOLLOWS[act])
    balance = detail.get("balance")
    said = {
        "owner": "A team, or a member of one,",
        "amount": "the amount that you name" if balance is None else str(balance),
        "cases": str(detail.get("cases", 0)),
        "disposition": "what you choose",
        "level": "the one that you choose",
        "done_on": "on the day that you say, or not at all",
    }
    if act == "write_off" and balance is None:
        follows = "The amount that you name is written off the claim's open balance."
    return Choice(
        act,
        "exception",
        title(act, reason=reason),
        follows.format(**said),
        needs_reason=act in NEEDS_REASON or (act, reason) in NEEDS_REASON_FOR,
        asks=ASKS.get(act, ""),
        is_usual=act == usual,
    )
