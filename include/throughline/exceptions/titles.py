"""What the acts of people are called: on a button, and wherever a decision is told afterwards."""

from __future__ import annotations

TITLES = {
    "retry": "Try again",
    "continue": "Continue without this stage",
    "acknowledge": "Acknowledge for a week",
    "close_case": "Close the case",
    "write_off": "Write off",
    "assign": "Assign",
    "confirm": "They are the same person",
    "reject": "They are two people",
    "carries_nothing": "The file carries nothing",
    "state_disposition": "Say where the patient went",
    "take_back_disposition": "Take back where the patient was said to have gone",
    "state_level": "Say which level the note documents",
    "take_back_level": "Take the stated level back",
    "state_reconciliation": "Say when the medicines were reconciled",
    "take_back_reconciliation": "Take back what was stated of the medicines",
    "finish": "Finish its open cases",
    "close_cases": "Close its open cases",
    "record_call": "Call recorded by hand",
    "take_back_call": "Recorded call taken back",
}
"""What an act is called on a button, by its name."""
TITLES_OF = {
    ("release", "set_aside"): "Release the rows",
    ("reject", "set_aside"): "Reject the rows",
    ("release", "claim_batch"): "Attest and release",
    ("refuse", "claim_batch"): "Refuse the batch",
}
"""Replaces `TITLES` for acts on other things than an exception, by act and kind of thing."""
TITLES_FOR = {
    ("retry", "charge_check"): "Bill as charged",
    ("acknowledge", "provider_adjustment"): "Billing has posted it",
    ("acknowledge", "new_code"): "Count the code as known",
}
"""Replaces `TITLES` where an act does something else for a reason, by act and reason of the exception."""


def title(act: str, about_kind: str = "exception", reason: str = "") -> str:
    """Return what an act is called on its button, and wherever it is told afterwards: `Try again`.

    `reason` is that of the exception, where the act is about one.
    """
    plain = act.replace("_", " ")
    named = TITLES_FOR.get((act, reason)) or TITLES_OF.get((act, about_kind))
    return named or TITLES.get(act, plain[:1].upper() + plain[1:])
