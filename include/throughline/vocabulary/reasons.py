"""Why a case was closed early, and why none was opened."""

from __future__ import annotations

from throughline.vocabulary.word_list import WordList

END_REASON = WordList(
    "end_reason",
    "reason of an end",
    "Why a case was closed early.",
    {
        "died": "The patient died",
        "left_practice": "The patient left the practice",
        "declined": "The patient declined",
        "hospice": "The patient is in hospice care",
        "readmitted": "The patient was admitted again",
        "second_discharge": "An earlier discharge has its own case",
        "global_period": "The visit belongs to a surgical package",
        "no_charge": "There is nothing to bill",
        "self_pay_restricted": "The patient paid and asked that the payer not be told",
        "billed_elsewhere": "Another practice billed it",
        "billed_with_other_case": "The visit is billed through another case",
        "billed_in_time": "A claim was filed in time, but its feed was late",
        "not_due_yet": "The payer says that it is not due yet",
        "trigger_withdrawn": "The source withdrew the record that opened the case",
    },
)

NOT_OPENED_REASON = WordList(
    "not_opened_reason",
    "reason why no case was opened",
    "What kept a discharge, a visit or a due date from opening a case.",
    {
        "disposition_not_stated": "The record of the discharge does not say where the patient went",
        "disposition_not_mapped": "Nobody has mapped the code that says where the patient went",
        "went_elsewhere": "The patient did not go home, but to a place that the workflow does not name",
        "facility_not_meant": "The workflow does not name stays in facilities of this kind",
        "learned_too_late": "It was known only after the days in which the workflow can still do something",
        "attribution_not_stated": "Nothing says that this practice looks after the patient",
        "coverage_not_stated": "No coverage of that day is known",
        "payer_class_not_stated": "A coverage is known, but not what kind it is",
        "payer_class_not_mapped": "Nobody has mapped the code that says what kind of coverage it is",
        "payer_class_not_meant": "The workflow does not name coverage of this kind",
        "practitioner_not_stated": "The visit does not say whom the patient saw",
        "practitioner_not_known": "No record says whether the practitioner of the visit may bill",
        "practitioner_not_billable": "The practitioner of the visit may not bill",
        "note_not_signed": "No signed note of a type that the workflow names",
        "claim_rejected": "Its claim was rejected, and has not been sent again",
        "claim_not_answered": "Its claim was sent, and no payer has answered within ten days",
    },
    columns=("cases.not_opened.reason",),
)

WHAT_HELPS = {
    "disposition_not_stated": "have the chart record it, or state it on its exception: there is one for each",
    "disposition_not_mapped": "map the code in its source: in the column's lookup if it has one, else in codes",
    "attribution_not_stated": "have the chart name a practitioner, or say in practice.yaml what else counts",
    "coverage_not_stated": "have the chart or an eligibility answer name it",
    "payer_class_not_stated": "name the payer in payers.yaml",
    "payer_class_not_mapped": "map the code in the source's lookup if its column has one, else in payers.yaml",
    "practitioner_not_stated": "have the visit name whom the patient saw",
    "practitioner_not_known": "have the source send its practitioners",
    "note_not_signed": "have it signed, or see which types and statuses count",
    "claim_rejected": "correct it and send it again; if nobody does, the visit opens a case after the practice's lag",
    "claim_not_answered": "ask the clearinghouse or the payer whether the claim arrived",
}
"""What changes it, by reason. A reason that is not listed is as it should be: there is nothing to mend."""
