"""Whether a rejected claim can be seen, and one that nobody answers: where neither can, silence is no acceptance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

REJECTED, UNANSWERED = "rejected claim", "claim that nobody answers"
RESPONSES = "claim_response"
KINDS: Mapping[str, tuple[str, ...]] = {
    REJECTED: ("claim_rejected",),
    UNANSWERED: ("claim_accepted", "claim_rejected"),
}
"""The kinds of fact that show it: of an answer, each that a claim may have before it is paid or denied."""
_NO_REJECTION: Mapping[str, str] = {
    "functional_acknowledgement": "a 999 refuses only files that went out from here",
    "payment": "a payment (835) tells only of claims that were paid or denied",
}
"""The feeds that answer, too, and do not say that a claim was rejected."""


def would(what: str, feeds: Sequence[str], silent: Sequence[str]) -> str:
    """Return what would let a rejection or an answer be seen that none of the configured feeds (`source/feed`) shows.

    `silent` are those that could show it and do not, as their sources are defined.
    """
    told = (
        f"no configured feed says it; feed {RESPONSES} would: the 277CA of the clearinghouse (x12), or a report of the"
        " billing system (tabular) whose category_code can be A3, A4, A6, A7 or A8"
    )
    if what == UNANSWERED:
        told += " for rejected, A2 with is_from_payer for accepted"
    for each in silent:
        told += f"; as it is defined, {each} does not say it"
    for each in feeds:
        if (why := _NO_REJECTION.get(each.partition("/")[2])) is not None:
            told += f"; {each} does not: {why}"
    return (
        f"{told}; until then a claim that was sent counts as billed, and silence is no acceptance"
    )
