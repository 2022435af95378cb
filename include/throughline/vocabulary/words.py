"""Throughline's own words: those that a definition may use and that a column may hold.

Each word is here because some code depends on it. Words of one practice (its teams, payers, visit types)
are in its definitions; `throughline.vocabulary.lists` combines both.
"""

from __future__ import annotations

from throughline.vocabulary.facts import FACT_KIND as FACT_KIND
from throughline.vocabulary.reasons import END_REASON, NOT_OPENED_REASON
from throughline.vocabulary.word_list import WordList

TASK_KIND = WordList(
    "task_kind",
    "kind of task",
    "What a task asks for. Each kind goes to one kind of system, and moves stages with one kind of proof.",
    {
        "outreach": "Reach the patient: a call, a message, a letter",
        "scheduling": "Book a visit",
        "eligibility": "Ask the payer what it covers, and from when",
        "documentation": "Sign the note, document the charge",
        "billing": "Bill the visit",
        "review": "Look at the case, because an expected record is missing",
    },
    columns=("tasks.task.kind",),
)

ASKS = WordList(
    "asks",
    "what a case asks for",
    "The one next step of an open case: a kind of task, or something other than a task.",
    {
        **TASK_KIND.words,
        "open": "A task is open; wait for its outcome",
        "wait": "Nothing to do before a certain date",
        "exception": "A person has to look at it",
    },
    columns=("cases.case_record.wanted",),
)

ROLE = WordList(
    "role",
    "role of a system",
    "What a system of record does for the practice. Work goes to a system with the role it needs.",
    {
        "chart": "Patients and visits are known here",
        "schedule": "Takes booking requests",
        "outreach": "Takes requests to reach a patient",
        "documentation": "Takes tasks to write or sign a note",
        "billing": "Takes work items of the billing team",
        "payer": "Takes claims and eligibility inquiries, and answers them in feeds",
    },
    columns=("operations.role.role",),
)

PRIORITY = WordList(
    "priority",
    "priority",
    "How soon a task is wanted (FHIR request-priority).",
    {
        "routine": "In its turn",
        "urgent": "Before routine tasks",
        "asap": "As soon as possible",
        "stat": "At once",
    },
    columns=("tasks.task.priority",),
)

PROOF = WordList(
    "proof",
    "proof",
    "What proves a stage. Only a system of record can prove it.",
    {
        "eligibility": "The payer's answer says that the person is covered",
        "contact": "Somebody spoke with the patient, after the event",
        "booking": "A visit is booked in the scheduling system",
        "visit": "A visit took place, with a practitioner who may bill",
        "note": "The visit's note is signed",
        "claim": "The payer accepted a claim of the visit (277CA), or adjudicated one",
        "settlement": "Payments, adjustments and the patient's share settle the charge",
    },
)

WORKFLOW_STATUS = WordList(
    "workflow_status",
    "status of a workflow",
    "Whether a version of a workflow opens cases.",
    {
        "draft": "Registered, but opens no cases",
        "active": "Opens cases",
        "retired": "Opens no more cases; its open cases go on",
    },
    not_yet={"shadow": "no version runs in parallel to the active one for comparison"},
    columns=("cases.workflow_version.status",),
)

MODE = WordList(
    "mode",
    "mode",
    "Whether what is planned goes out: for the practice, a workflow, or a system that takes work.",
    {
        "live": "What is planned goes out",
        "observe": "Everything is derived, planned and shown; nothing goes out",
    },
    columns=("operations.mode.mode",),
)

CONDITION = WordList(
    "condition",
    "condition",
    "What closes a case early or keeps it from being opened: `when` of an exclusion.",
    {
        "death_within": "Died within `days` of the trigger, and was not seen before",
        "admission_within": "Admitted or discharged again within `days`, and was not seen before",
        "earlier_case_within": "An earlier case of the workflow, at most `days` ago, had its visit",
        "hospice_before": "Hospice care began before the visit",
        "left": "Left the practice before the visit",
        "global_period": "The visit belongs to a surgical package",
        "no_charge": "The clinician documented that there is nothing to bill",
        "self_pay_restricted": "The patient paid and asked that the payer not be told",
        "other_claim": "Another claim with one of `codes` within `days` of the trigger",
        "billed_before_clock": "A claim was sent within the practice's own lag",
        "served_by_other_case": "The visit is billed through another case",
    },
)

EXCEPTION_REASON = WordList(
    "exception_reason",
    "reason of an exception",
    "Why something needs a person. `exceptions.yaml` says who gets it, and by when.",
    {
        "identity_doubt": "Records look alike, but nothing shows whether they are the same person",
        "contact_blocked": "The patient refused to be contacted",
        "bad_contact_data": "There is no telephone number, or it is wrong",
        "verify_death": "Somebody who was called said that the patient died",
        "verify_readmission": "Somebody who was called said that the patient is in hospital",
        "verify_elsewhere": "The patient said that it was done elsewhere",
        "verify_by_hand": "The clock ends before the feed that would prove the stage can arrive",
        "missed_clock": "The clock ended, every feed is complete, and nothing proves the stage",
        "attempts_exhausted": "All tasks that the definition allows ended without proof",
        "unsigned_note": "The visit has no signed note, and its clock ended",
        "missing_charge": "The visit has no documented charge",
        "missing_diagnosis": "A charge has no diagnosis",
        "missing_practitioner": "The charge names nobody who may bill",
        "missing_coverage": "No payer covers the person on the day of service",
        "missing_billing_data": "Data that a claim or a request needs is missing",
        "charge_check": "The charge and what is documented, or what the payer pays, disagree",
        "level_not_stated": "Nothing says which level of decision-making the visit's note documents",
        "reconciliation_not_stated": "Nothing says when the medicines were reconciled after the discharge",
        "impossible_date": "A visit or charge is dated when it cannot have been; the date is wrong, or the patient",
        "claim_invalid": "A claim cannot be sent as it is: the validator refuses it, or nobody can attest its file",
        "claim_rejected": "The clearinghouse or the payer rejected the claim",
        "claim_denied": "The payer denied the claim, or part of it",
        "claim_not_accepted": "The payer has not acknowledged the claim",
        "payment_overdue": "The payer has not paid, or took money back and has not corrected it",
        "patient_balance": "The patient's share is open",
        "overpayment": "Something was paid, and its evidence has since been withdrawn",
        "eligibility_unknown": "The payer has not said whether, or from when, it pays",
        "not_in_receiver": "The system that takes the work has no number of its own for the patient or the visit",
        "no_receiver": "No system takes the work, or several do and nothing decides between them",
        "uncertain_transmission": "Something was sent, and it is not known whether it arrived",
        "transmission_rejected": "The receiver refused what was sent",
        "file_refused": "A file cannot be read; correct its definition, have it sent again, or say it carries nothing",
        "workflow_silent": "A workflow has stopped opening cases; fix its feed, codes or definition, or retire it",
        "workflow_switched_off": "A workflow is switched off and has open cases; finish them, or close them",
        "facts_silent": "A kind of fact has stopped coming; ask the source's administrator, or map a new code",
        "new_code": "A code came that has no meaning here; add it to its map, or acknowledge it",
        "one_status": "All rows of a feed have one status; ask the source's administrator what happened to the others",
        "unmatched_remittance": "A payer paid or denied a claim that nobody sent; it may belong to somebody else",
        "unmatched_acknowledgement": "An answer came about a file or a claim that nobody sent",
        "claim_without_person": "A claim was sent for a patient whom no system knows",
        "provider_adjustment": "A payment holds money that belongs to no claim; post it by its code and reference",
        "file_rejected": "A TA1 or 999 refuses a file that was sent, or part of it; mend it and send it again",
        "file_unanswered": "Neither a TA1 nor a 999 answers a file that was sent; ask whether it arrived",
        "claim_unanswered": "No answer names a claim that was sent; ask whether it arrived",
        "disposition_not_stated": "A discharge does not say where the patient went; find out in time, and say it",
        "sources_disagree": "Two sources tell of one discharge or charge, and contradict each other; have one mend it",
        "stay_not_ended": "The chart says that a stay goes on, for very long; end it there, or say that it goes on",
        "code_not_mapped": "A source's code is not mapped, and facts rest on it; map it in the source's definition",
        "persons_not_reached": "A search left some persons out; raise its requests, or wait for the next night",
        "rows_set_aside": "Rows of a delivery were set aside; release or reject them, or have the source correct them",
        "claims_not_released": "Nobody has decided about a batch of claims, and the payer's filing limit comes near",
        "feed_not_released": "Nobody has decided about a delivery that a gate stopped the night before",
        "chain_differs": "The chain of decisions is not the one whose heads were kept; pause sending, then look",
    },
    not_yet={
        "consent_missing": "no step asks for a consent before a contact",
    },
    columns=("operations.reason.reason", "operations.exception.reason"),
)

PAYER_CLASS = WordList(
    "payer_class",
    "class of payers",
    "Which clocks and codes apply.",
    {
        "part_b": "Medicare Part B",
        "advantage": "Medicare Advantage",
        "medicaid": "Medicaid",
        "commercial": "Commercial insurance",
        "self_pay": "The patient pays",
        "other": "Any other, and codes that no map knows",
    },
)

FACILITY_CLASS = WordList(
    "facility_class",
    "class of facilities",
    "The kind of a stay.",
    {
        "inpatient": "Hospital, admitted",
        "observation": "Hospital, under observation",
        "snf": "Skilled nursing facility",
        "psych": "Psychiatric hospital",
        "rehab": "Inpatient rehabilitation",
        "ltch": "Long-term care hospital",
        "partial": "Partial hospitalization",
    },
)

DISPOSITION = WordList(
    "disposition",
    "disposition",
    "Where a patient went at discharge.",
    {
        "home": "Home",
        "assisted_living": "Assisted living, or another supported home",
        "home_health": "Home, with home health care",
        "snf": "Skilled nursing facility",
        "rehab": "Inpatient rehabilitation",
        "ltch": "Long-term care hospital",
        "psych": "Psychiatric hospital",
        "hospice": "Hospice",
        "ama": "Left against medical advice",
        "expired": "Died",
        "transfer": "Another hospital",
        "other": "Anywhere else, and codes that no map knows",
    },
)

VISIT_CLASS = WordList(
    "visit_class",
    "class of visits",
    "Where a visit takes place.",
    {
        "office": "In the practice",
        "home": "In the patient's home",
        "virtual": "By video or telephone",
        "field": "Anywhere else",
    },
)

CONTACT_OUTCOME = WordList(
    "contact_outcome",
    "outcome of a contact",
    "How an attempt to reach a patient ended.",
    {
        "reached": "Spoke with the patient, or somebody who may speak for the patient",
        "left_message": "Left a message",
        "no_answer": "Nobody answered",
        "wrong_number": "The number belongs to somebody else",
        "declined": "The patient declined",
        "deceased": "Somebody said that the patient died",
        "readmitted": "Somebody said that the patient is in hospital",
        "done_elsewhere": "The patient said that it was done elsewhere",
        "message_sent": "A message was sent, without a reply",
    },
)

DECISION_LEVEL = WordList(
    "decision_level",
    "level of decision-making",
    "The medical decision-making that the clinician documented (CPT, evaluation and management).",
    {
        "high": "High",
        "moderate": "Moderate",
        "low": "Low",
        "straightforward": "Straightforward",
    },
)

NEED = WordList(
    "need",
    "need of a note",
    "What must be documented besides the note, for the code that a stage pays.",
    {"medication_reconciliation": "The medicines were reconciled by the day of the visit"},
    not_yet={"level": "the level is asked for by `pays`, and an ordinary visit needs none"},
)

DATED_SERVICE = WordList(
    "dated_service",
    "service with a date of the payer",
    "Codes for which a payer's eligibility answer (271) states the next date it will pay.",
    {
        "G0402": "Initial preventive physical examination, in the first year of Part B",
        "G0438": "Annual wellness visit, the first",
        "G0439": "Annual wellness visit, each later one",
    },
)

PERMISSION = WordList(
    "permission",
    "permission",
    "What a person may be allowed to do. Each act of a person needs one of these.",
    {
        "attest_claims": "Attest and release a batch of claims, or refuse it",
        "release_feed": "Load, or reject, a delivery that a gate stopped",
        "decide_rows": "Load, or reject, rows that were set aside; say what a file is that cannot be read",
        "decide_payments": "Say what a payment is that nothing explains",
        "reject_deliveries": "Take back a delivery, or a file, that is loaded",
        "resolve_exceptions": "Decide on an exception",
        "write_off": "Write off the open balance of a claim",
        "decide_identity": "Say whether two records are one person",
        "pause_sending": "Pause sending, and resume it",
        "record_calls": "Record a call that no system has, and take one back that was recorded wrongly",
        "state_level": "Say which level of decision-making a note documents that one signed, and take that back",
        "code_notes": "Say that of any signed note of the visit, as a coder who names it, and take it back",
        "state_reconciliation": "Say when medicines were reconciled, or that they were not, and take that back",
        "correct_statements": "Take back what somebody else stated of medicines, or of where a patient went",
        "release_observed": "Let out what was planned while it was only observed",
        "apply_retention": "Have removed what is past its time",
        "accept_chain": "Accept the chain of what was decided as it is, although its kept heads differ",
        "decide_workflows": "Say what becomes of the open cases of a workflow that is switched off",
        "see_patients": "See who the patients are",
    },
)

LISTS: tuple[WordList, ...] = (
    PAYER_CLASS,
    FACILITY_CLASS,
    DISPOSITION,
    VISIT_CLASS,
    CONTACT_OUTCOME,
    FACT_KIND,
    PROOF,
    CONDITION,
    END_REASON,
    NOT_OPENED_REASON,
    EXCEPTION_REASON,
    TASK_KIND,
    ASKS,
    ROLE,
    PRIORITY,
    WORKFLOW_STATUS,
    MODE,
    DECISION_LEVEL,
    NEED,
    DATED_SERVICE,
    PERMISSION,
)
"""Every list of Throughline's own words, in the order of the generated page."""
