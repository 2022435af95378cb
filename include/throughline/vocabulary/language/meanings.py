"""The shared meanings: what many workflows ask and no single record says, each with the facts that it is made of."""

from __future__ import annotations

from collections.abc import Mapping

from throughline.vocabulary.language.kind import Codes, Meaning, systems
from throughline.vocabulary.words import DECISION_LEVEL, PAYER_CLASS

PERIOD = ("occurred", "starts", "ends")
SERVICES = systems("CPT", "HCPCS")
OF_VISIT = ("encounter", "appointment", "order", "practitioner")
SENT, PAID = ("claim",), ("claim", "remittance", "patient_payment", "write_off")
CLAIM_LINE = ("claim", "encounter", "line", "practitioner", "payer")

MEANINGS: Mapping[str, Meaning] = {
    "attribution": Meaning(
        "The person is a patient of this practice, as `practice.yaml` counts it",
        lasts=True,
        slots=("practitioner",),
        times=PERIOD,
        made_of=("attribution", "visit", "booking"),
        needs=(("attribution", "visit", "booking"),),
    ),
    "balance": Meaning(
        "What is open of a claim: charged, less what was paid, adjusted and written off",
        details=("value",),
        slots=("claim", "encounter"),
        made_of=PAID,
        needs=(("claim",),),
    ),
    "charged_as": Meaning(
        "What keeps a visit's charge from the payer, or that nothing does",
        slots=("encounter", "practitioner"),
        codes=Codes(
            {
                "no_charge": "Nothing of it is to be billed",
                "global_period": "It belongs to a surgical package",
                "self_pay_restricted": "The patient paid and asked that the payer not be told",
                "billable": "Nothing keeps it from the payer",
            }
        ),
        made_of=("charge",),
        needs=(("charge",),),
    ),
    "claim_answer": Meaning(
        "What a claim was last answered; a payer that decided about it has accepted it",
        slots=("claim", "encounter", "payer"),
        codes=Codes({"accepted": "The payer accepted it", "rejected": "It was rejected, and not sent again since"}),
        made_of=("claim", "claim_accepted", "claim_rejected", "remittance"),
        needs=(("claim",), ("claim_accepted", "claim_rejected", "remittance")),
    ),
    "claim_lines": Meaning(
        "Lines of the practice's own claims that stand",
        details=("modifiers", "submitter", "amount", "accepted"),
        slots=CLAIM_LINE,
        codes=Codes(systems=SERVICES),
        times=("occurred", "starts"),
        made_of=("claim", "claim_accepted", "remittance"),
        needs=(("claim",),),
    ),
    "claims_of_period": Meaning(
        "Claims that stand, by the day of the service: for care that is billed by the month",
        details=("accepted", "total", "submitter"),
        slots=("claim", "encounter", "practitioner", "payer"),
        codes=Codes(systems=SERVICES),
        times=("occurred", "starts", "issued"),
        made_of=("claim", "claim_accepted", "claim_rejected", "remittance"),
        needs=(("claim",),),
    ),
    "claims_of_visit": Meaning(
        "Claims that stand for a visit, whoever sent them; first sent when it occurred, last sent when it was issued",
        details=("accepted", "total", "submitter"),
        slots=("encounter", "claim", "practitioner", "payer"),
        codes=Codes(systems=SERVICES),
        times=("occurred", "starts", "issued"),
        made_of=("claim", "visit", "charge", "claim_accepted", "claim_rejected", "remittance"),
        needs=(("claim",), ("visit",)),
    ),
    "coverage": Meaning(
        "Who covers the person on a day, by the payer's own answer before the record",
        lasts=True,
        details=("rank", "qmb"),
        slots=("member", "payer"),
        codes=Codes(PAYER_CLASS.words),
        times=PERIOD,
        made_of=("coverage", "eligibility"),
        needs=(("coverage",),),
    ),
    "deadline": Meaning(
        "The last day for something about a claim, by its payer's rules",
        slots=("claim", "encounter", "payer"),
        codes=Codes(
            {
                "filing": "The claim has to be there",
                "corrected_claim": "A corrected claim has to be there",
                "redetermination": "The first appeal has to be there",
            }
        ),
        made_of=("claim", "visit", "remittance"),
        needs=(("claim",),),
    ),
    "decision_level": Meaning(
        "The level of decision-making of a visit: the charge's, else what a named person stated of its note",
        slots=("encounter", "practitioner"),
        codes=Codes(DECISION_LEVEL.words),
        made_of=("charge", "note", "decision"),
        needs=(("charge", "decision"),),
    ),
    "denials": Meaning(
        "What a payer denied of a claim and has not paid since",
        details=("denial_class", "group", "value", "reason"),
        slots=("claim", "encounter", "line", "payer"),
        codes=Codes(of="reasons of adjustments and remarks (X12 CARC and RARC)"),
        made_of=("claim", "remittance"),
        needs=(("claim",), ("remittance",)),
    ),
    "foreign_claim_lines": Meaning(
        "Lines of claims of other practices, as payers or the chart tell of them",
        details=("modifiers", "billing", "amount"),
        slots=CLAIM_LINE,
        codes=Codes(systems=SERVICES),
        times=("occurred", "starts"),
        made_of=SENT,
        needs=(("claim",),),
    ),
    "hospice_now": Meaning(
        "The person is in hospice care, by the chart or by the payer",
        lasts=True,
        times=PERIOD,
        made_of=("hospice", "eligibility"),
        needs=(("hospice", "eligibility"),),
    ),
    "identity_doubt": Meaning(
        "It is not sure whose record this is; links between records say so, no feed",
        lasts=True,
        times=PERIOD,
    ),
    "missed_appointment": Meaning(
        "An appointment passed, or was cancelled, and no other was made",
        details=("visit_type",),
        slots=("appointment", "order", "practitioner"),
        codes=Codes({"no_show": "The patient did not come", "cancelled": "It was cancelled", "passed": "Nobody says"}),
        times=("occurred", "starts"),
        made_of=("booking", "booking_cancelled", "no_show", "arrived", "visit"),
        needs=(("booking", "booking_cancelled", "no_show"),),
    ),
    "payable_code": Meaning(
        "The code of a dated service that the payer pays on a day",
        lasts=True,
        codes=Codes(systems=SERVICES),
        times=PERIOD,
        made_of=("eligibility", "claim", "charge", "coverage"),
        needs=(("eligibility", "claim", "charge", "coverage"),),
    ),
    "payable_from": Meaning(
        "The day from which a dated service is payable: the payer's answer, else our own records, else coverage",
        details=("in_future",),
        slots=("payer",),
        codes=Codes(systems=SERVICES),
        made_of=("eligibility", "claim", "charge", "coverage"),
        needs=(("eligibility", "claim", "charge", "coverage"),),
    ),
    "payment_expected": Meaning(
        "The day by which the payer has to have paid",
        slots=("claim", "encounter", "payer"),
        made_of=("claim",),
        needs=(("claim",),),
    ),
    "responsible_clinician": Meaning(
        "Who is responsible for an order, a result or a person: who ordered it, else whose patient it is",
        lasts=True,
        slots=("order", "practitioner", "responsible"),
        times=PERIOD,
        made_of=("order", "attribution"),
        needs=(("order", "attribution"),),
    ),
    "settlement": Meaning(
        "What came of a claim: its value is what is still open",
        details=(
            "value", "paid", "contractual", "denied", "other", "patient_share", "written_off", "reversed",
        ),
        slots=("claim", "encounter", "payer"),
        made_of=PAID,
        needs=(("claim",), ("remittance",)),
    ),
    "visit_as_booked": Meaning(
        "A finished visit, by the type of visit that was booked",
        details=("visit_type", "billable"),
        slots=OF_VISIT,
        times=PERIOD,
        made_of=("visit", "booking", "arrived"),
        needs=(("visit",), ("booking", "arrived")),
    ),
    "visit_as_charged": Meaning(
        "A finished visit, by the codes that the clinician charged for it",
        details=("billable", "visit_type"),
        slots=OF_VISIT,
        codes=Codes(systems=SERVICES),
        times=PERIOD,
        made_of=("visit", "charge"),
        needs=(("visit",), ("charge",)),
    ),
}  # fmt: skip
"""Every meaning. A new one is a new file of SQL and an entry here."""
