"""The actions of a named person on an exception: which fit which reason, what each does, and who may do it."""

from __future__ import annotations

CARRIES_NOTHING = "carries_nothing"
"""What a named person says of a file that could not be read."""
SWITCHED_OFF = "workflow_switched_off"
"""Why somebody is asked what becomes of a workflow's open cases."""

NOT_STATED = "disposition_not_stated"
"""Why somebody is asked where a patient went at discharge."""
STATE = "state_disposition"
"""What answers that."""

LEVEL_NOT_STATED = "level_not_stated"
"""Why the clinician who signed a note, or a coder, is asked which level of decision-making it documents."""
STATE_LEVEL = "state_level"
"""What answers that."""

RECONCILIATION_NOT_STATED = "reconciliation_not_stated"
"""Why somebody is asked when a patient's medicines were reconciled after the discharge."""
STATE_RECONCILIATION = "state_reconciliation"
"""What answers that."""

ACTIONS = {
    "retry": "try this stage's task again",
    "continue": "continue the case without this stage",
    "acknowledge": "somebody is working on it; remind us in a week",
    "close_case": "close the case",
    "write_off": "write off the claim's open balance",
    "assign": "assign it to an owner and leave it open",
    "confirm": "identity: both records are the same person",
    "reject": "identity: the records are two different people",
    CARRIES_NOTHING: "file: it carries nothing for us",
    STATE: "discharge: say where the patient went",
    STATE_LEVEL: "note: say which level of decision-making it documents",
    STATE_RECONCILIATION: "discharge: say when the medicines were reconciled",
    "finish": "workflow switched off: its open cases go on to their end",
    "close_cases": "workflow switched off: close its open cases",
}
NEEDS_REASON = frozenset(
    {
        "continue",
        "close_case",
        "write_off",
        "confirm",
        "reject",
        STATE,
        STATE_LEVEL,
        STATE_RECONCILIATION,
        "finish",
        "close_cases",
    }
)
"""The actions that end something for good: a person must say why."""
NEEDS_REASON_FOR = frozenset({("retry", "charge_check")})
"""Actions that need a reason for one reason of an exception alone, by (action, reason)."""
USUAL = {
    "missed_clock": "retry",
    "attempts_exhausted": "retry",
    "bad_contact_data": "retry",
    "unsigned_note": "retry",
    "claim_rejected": "retry",
    "eligibility_unknown": "retry",
    "identity_doubt": "reject",
    "file_refused": "carries_nothing",
    NOT_STATED: STATE,
    LEVEL_NOT_STATED: STATE_LEVEL,
    RECONCILIATION_NOT_STATED: STATE_RECONCILIATION,
}
"""The action that `resolve` stands for, by reason; `acknowledge` for reasons not listed."""


FITTING = {
    "workflow_silent": ("acknowledge", "assign"),
    SWITCHED_OFF: ("finish", "close_cases", "assign"),
    "facts_silent": ("acknowledge", "assign"),
    "new_code": ("acknowledge", "assign"),
    "one_status": ("acknowledge", "assign"),
    "rows_set_aside": ("assign",),
    "unmatched_remittance": ("acknowledge", "assign"),
    "unmatched_acknowledgement": ("acknowledge", "assign"),
    "claim_without_person": ("acknowledge", "assign"),
    "provider_adjustment": ("acknowledge", "assign"),
    "file_rejected": ("acknowledge", "assign"),
    "file_unanswered": ("acknowledge", "assign"),
    "claim_unanswered": ("acknowledge", "assign"),
    "stay_not_ended": ("acknowledge", "assign"),
    NOT_STATED: (STATE, "acknowledge", "assign"),
    LEVEL_NOT_STATED: (STATE_LEVEL, "acknowledge", "close_case", "assign"),
    RECONCILIATION_NOT_STATED: (STATE_RECONCILIATION, "acknowledge", "close_case", "assign"),
    "sources_disagree": ("acknowledge", "assign"),
    "impossible_date": ("acknowledge", "close_case", "assign"),
    "file_refused": ("carries_nothing", "retry", "assign"),
    "code_not_mapped": ("assign",),
    "persons_not_reached": ("assign",),
    "claims_not_released": ("acknowledge", "assign"),
    "feed_not_released": ("acknowledge", "assign"),
    "chain_differs": ("assign",),
    "identity_doubt": ("confirm", "reject", "acknowledge", "assign"),
}
"""The actions allowed for reasons that concern no stage of a case; a reason not listed allows all others."""
ONLY = {
    "confirm": "identity_doubt",
    "reject": "identity_doubt",
    CARRIES_NOTHING: "file_refused",
    STATE: NOT_STATED,
    STATE_LEVEL: LEVEL_NOT_STATED,
    STATE_RECONCILIATION: RECONCILIATION_NOT_STATED,
    "finish": SWITCHED_OFF,
    "close_cases": SWITCHED_OFF,
}
"""Actions that apply to one reason alone."""

FOLLOWS = {
    "retry": "The exception closes, and the stage's task is tried again.",
    "continue": "The exception closes, and the case continues without this stage.",
    "acknowledge": "The exception closes for a week, and reopens if its cause is still there.",
    "close_case": "The case closes, and its open tasks are cancelled.",
    "write_off": "The claim's open balance is written off: {amount} US dollars.",
    "assign": "{owner} owns it from now on; it stays open.",
    "confirm": "From the next night on, both records belong to one person.",
    "reject": "The records stay two different people; nobody is asked about them again.",
    STATE: "From the next night on the discharge counts as: {disposition}, stated by you, until the chart says it.",
    STATE_LEVEL: "From the next night on the note documents this level: {level}, stated by you. A level that the"
    " visit's record says itself comes first.",
    STATE_RECONCILIATION: "From the next night on the medicines count as reconciled after this discharge: {done_on},"
    " stated by you. A day after the visit's is too late for transitional care.",
    "finish": "The workflow opens no more cases; the {cases} that are open go on to their end.",
    "close_cases": "Every open case of the workflow closes, and its open tasks are cancelled: {cases}.",
    "carries_nothing": "The exception closes: from the next night on, the file holds back nothing.",
}
"""What a person is shown before deciding. The next night or `reconcile_by_day` applies the decision."""

FOLLOWS_OF = {
    (
        "acknowledge",
        "new_code",
    ): "The exception closes: the code counts as known, and is not reported again.",
    ("acknowledge", "provider_adjustment"): "The exception closes: billing has posted the money.",
    (
        "retry",
        "charge_check",
    ): "The next night offers the claim for release as it is charged, although the documentation does not support that."
    " If the charge is corrected where it was made, decide nothing: the exception ends when the correction arrives.",
    (
        "retry",
        "file_refused",
    ): "The next night reads the file again; the exception closes once it can be read.",
}
"""Replaces `FOLLOWS` for some reasons, by (action, reason)."""

PERMISSION = {
    "write_off": "write_off",
    "confirm": "decide_identity",
    "reject": "decide_identity",
    CARRIES_NOTHING: "decide_rows",
    STATE_LEVEL: "state_level",
    STATE_RECONCILIATION: "state_reconciliation",
    "finish": "decide_workflows",
    "close_cases": "decide_workflows",
}
"""What a person needs for an action; for one that is not listed, `resolve_exceptions`."""
