"""Links, times, periods and anchors: what `same`, `once_per`, `distinct`, `time` and moments may name."""

from __future__ import annotations

from collections.abc import Mapping

from throughline.vocabulary.language.kind import Slot

SLOTS: Mapping[str, Slot] = {
    "accession": Slot("The laboratory's number of a specimen or a study", ("accession",), across=True),
    "appointment": Slot("An appointment, by either system's number", ("appointment", "placer")),
    "authorisation": Slot("A payer's authorisation of a service (X12 278, REF*G1 of a claim)"),
    "based_on": Slot("An order that this order follows from", ("based_on",)),
    "charge": Slot("A charge that the clinician documented", ("charge", "charge_number")),
    "claim": Slot(
        "A claim, by our control number or the payer's",
        ("patient_control_number", "payer_claim_number", "original"),
        across=True,
    ),
    "communication": Slot("A call or a message", ("communication",)),
    "device": Slot("A device that measures", ("device_id",)),
    "document": Slot("A document in the chart", ("document", "document_number")),
    "encounter": Slot("A visit or a stay, by any of its numbers", ("encounter", "visit_number")),
    "filler": Slot("The number that whoever fulfils an order gave it", ("filler_order",), across=True),
    "line": Slot("A line of a claim", ("line",)),
    "member": Slot("The member's number at the payer", ("member_id",)),
    "observation": Slot("One observation, and each of its parts", ("observation",)),
    "order": Slot("An order of a test, a procedure, a medication or a referral", ("order",)),
    "output": Slot("What whoever fulfilled an order sent back", ("output",)),
    "payer": Slot("Who pays", ("payer_id",)),
    "placer": Slot("The number that whoever ordered gave the order", ("placer_order",), across=True),
    "practitioner": Slot(
        "Who did it, wrote it or signed it",
        (
            "practitioner_id", "practitioner_npi", "rendering_npi", "performer_id", "interpreter_id", "author_id",
            "authenticator_id", "owner_id",
        ),
    ),
    "procedure": Slot("One procedure", ("procedure",)),
    "questionnaire": Slot("One filled-in questionnaire", ("questionnaire_response",)),
    "record": Slot("The record itself, through all its versions (rule 9)"),
    "replaces": Slot("An order that this one takes the place of", ("replaces",)),
    "report": Slot("A report on tests, images or a procedure", ("report",)),
    "request": Slot("A request of ours to reach the patient", ("communication_request",)),
    "requisition": Slot("Orders that were given together", ("requisition",)),
    "responsible": Slot("Who is responsible for what follows: who ordered it", ("requester_id",)),
    "specialty": Slot("The specialty that is asked, or that answers", ("specialty",)),
    "specimen": Slot("A specimen", ("specimen",)),
    "task": Slot("A task, ours or another's", ("task",)),
    "topic": Slot("What a document or a contact is about, where the source says so"),
}  # fmt: skip
"""Every link. An id is compared within its namespace unless the slot is `across` (rule 14)."""

NOT_A_WORD: Mapping[str, str] = {
    "not_stated": "it makes the fact unclear (rule 18), and nobody asks for it",
    "is_type_stated": "it decides between two records of a coverage before anybody asks",
    "trace": "the number of one inquiry: nothing else carries it",
    "decision": "the act that the fact rests on is the record itself",
    "exception": "the exception in which the act was asked for",
    "trigger": "the event that the act is about, by its place in our tables",
    "note": "the note that the act is about: its visit is the fact's encounter",
    "note_source": "the source of that note",
}
"""What facts carry beside links and details, each with why a definition cannot name it."""

TIMES: Mapping[str, str] = {
    "occurred": "When it happened, or was made; of a kind that lasts its whole period",
    "starts": "When it begins, or the time that it is for",
    "ends": "When it ends",
    "issued": "When a result, a report or a claim was last given out",
    "collected": "When the specimen was taken",
    "value": "The day that an answer names",
}
"""What `time` may say: which of a fact's times windows use."""

PERIODS_OF_THE_CALENDAR: Mapping[str, str] = {
    "month": "The calendar month",
    "quarter": "The calendar quarter",
    "year": "The calendar year",
    "period": "The run of days that opened the case (`every`)",
}
"""Periods beside the seasons that the practice's calendars name."""

ANCHORS: Mapping[str, str] = {
    "trigger": "The time of the event that opened the case, or the start of its period",
    "opened": "When the case was opened",
    "due_day": "The trigger plus the wait of `opens`",
    "now": "The night",
}
"""Anchors of every workflow, beside its stages, its facts, and periods."""


def periods(seasons: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return every period that may be named, with the seasons of the practice's calendars."""
    return (*PERIODS_OF_THE_CALENDAR, *seasons)


def anchors(seasons: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return every anchor of every workflow: the four, each period, and the end of each."""
    named = periods(seasons)
    return (*ANCHORS, *named, *(f"{name}_end" for name in named))
