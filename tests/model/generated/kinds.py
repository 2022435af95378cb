"""The records of generated worlds: a few kinds, each with all that a definition may ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Made:
    """What a record of a kind has. `codes` are (system, code); `details` the words that each detail may have."""

    links: tuple[str, ...]
    codes: tuple[tuple[str, str], ...] = ()
    status: tuple[str, ...] = ()
    details: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    times: tuple[str, ...] = ("occurred",)
    has_value: bool = False
    lasts: bool = False
    feed: str = "chart"


NO_DETAILS: Mapping[str, tuple[object, ...]] = {}
LOINC, CPT, HCPCS = "http://loinc.org", "http://www.ama-assn.org/go/cpt", "hcpcs"
OUTCOMES = tuple(("outcome", word) for word in ("reached", "declined", "left_message"))

KINDS: Mapping[str, Made] = {
    "discharge": Made(
        ("encounter", "practitioner"),
        tuple(("disposition", word) for word in ("home", "home_health", "snf")),
        (), {"facility": ("inpatient", "snf")}, feed="adt",
    ),
    "contact": Made(("task", "practitioner"), OUTCOMES, (), {"medium": ("phone", "video")}, feed="calls"),
    "attempt": Made(("task", "practitioner"), OUTCOMES, (), {"medium": ("phone", "video")}, feed="calls"),
    "visit": Made(
        ("encounter", "appointment", "order", "practitioner"), ((CPT, "99213"), (CPT, "99214")), ("finished",),
        {"billable": (True, False)},
    ),
    "booking": Made(
        ("appointment", "encounter", "order", "practitioner"), (), (),
        {"billable": (True, False), "visit_type": ("TCM", "OFFICE", "NURSE")}, ("occurred", "starts"), feed="schedule",
    ),
    "note": Made(("encounter", "document", "order"), ((LOINC, "11506-3"), (LOINC, "34117-2")), (), NO_DETAILS),
    "order": Made(
        ("order", "encounter", "practitioner"), ((CPT, "45378"), (LOINC, "57698-3")), ("active", "completed"),
        {"priority": ("routine", "urgent"), "intent": ("order", "plan")},
    ),
    "result": Made(
        ("order", "report", "encounter"), ((LOINC, "4548-4"), (LOINC, "2345-7")), ("preliminary", "final", "corrected"),
        {"interpretation": ("N", "H", "A")}, ("occurred", "issued"), has_value=True, feed="lab",
    ),
    "care_time": Made(("task", "practitioner"), (), (), NO_DETAILS, has_value=True, feed="minutes"),
    "admission": Made(
        ("encounter",), (), ("in-progress", "finished"), {"facility": ("inpatient", "snf")}, ("occurred", "ends"),
        lasts=True, feed="adt",
    ),
    "coverage": Made(
        ("payer",), tuple(("class", word) for word in ("part_b", "advantage", "commercial")), (), NO_DETAILS,
        lasts=True, feed="cover",
    ),
    "charge": Made(("encounter", "charge"), ((CPT, "99495"), (CPT, "99496"), (CPT, "99213")), (), NO_DETAILS),
    "procedure": Made(("order", "encounter"), ((CPT, "45378"), (CPT, "45380")), ("completed", "stopped"), NO_DETAILS),
}  # fmt: skip
"""Every kind that generated definitions name."""

TRIGGERS = ("discharge", "order", "result", "visit")
"""Kinds of events that open cases."""
WORDS = frozenset({"outcome", "disposition", "class"})
"""Systems whose codes are words of the practice's own list: no value set holds them."""
SETS = {
    f"set_{kind}": frozenset(made.codes[:1])
    for kind, made in KINDS.items()
    if made.codes and made.codes[0][0] not in WORDS
}
"""A value set for each kind that is coded."""
