"""What is killed where, on which nights, and in which order."""

from __future__ import annotations

import os

from tests.night.kills import TASK, Kill

APART = bool(os.environ.get("APART"))

TOGETHER = (
    (
        "payment:late",
        "appointment:missing",
        "claim_response:duplicate",
        "charge_item:schema_drift",
        "encounter:slow",
    ),
    (
        "claim:truncated",
        "appointment:wrong_encoding",
        "encounter:http_500",
        "claim_response:unreadable",
        "functional_acknowledgement:odd_name",
    ),
    (
        "appointment:out_of_order",
        "claim_response:garbage_rows",
        "ehr_create:lost_answer",
        "payment:unbalanced",
        "claim:unbalanced",
        "encounter:schema_drift",
        "patient:paged",
        "condition:redirected",
        "task:expired",
    ),
)
"""The bad nights: each misbehaviour is on one of them, and no feed misbehaves in two ways on one night."""
MISBEHAVIOURS = tuple(each for night in TOGETHER for each in night)
NIGHTS = tuple((each,) for each in MISBEHAVIOURS) if APART else TOGETHER
"""The bad nights of a line; a good one follows them."""

PROCESSES = ("api-server", "scheduler", "dag-processor", "postgres", "sandbox")
STEPS = (
    "open_night", "land", "stage", "gate", "load", "notice_files", "link_persons", "assert_facts",
    "build_work_list", "open_cases",
    "reconcile", "settle", "notice_silence", "plan", "dispatch", "prepare_claims", "notice_questions", "settle_plan",
    "check_invariants", "compare_chain", "close_night", "write_page",
)  # fmt: skip
POINTS = (
    "export.after_kick_off", "land.after_commit", "stage.after_commit", "gate.before_commit", "load.before_commit",
    "identity.after_take_back", "evidence.after_claim", "cases.after_open", "reconcile.after_apply",
    "silence.after_remember", "plan.after_write", "dispatch.after_intend",
)  # fmt: skip
"""Where a task dies in each step that has something to lose."""
LINES = [Kill(process, step) for process in PROCESSES for step in STEPS]
LINES += [Kill(TASK, point) for point in POINTS]


def name(kill: Kill) -> str:
    """A line's name among the results."""
    return f"{kill.process}:{kill.where}"


def spread() -> list[Kill]:
    """The lines in a different order, so that a short run covers every process, and steps from first to last."""
    groups = [[kill for kill in LINES if kill.process == process] for process in (TASK, *PROCESSES)]
    for number, group in enumerate(groups):
        shift = number * 5 % len(group)
        turned = group[shift:] + group[:shift]
        group[:] = turned[::3] + turned[1::3] + turned[2::3]
    longest = max(map(len, groups))
    return [group[n] for n in range(longest) for group in groups if n < len(group)]
