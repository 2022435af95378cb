"""What is known beforehand: one line a patient, written by hand from the stories, before any night was run.

TC is transitional care, CC charge capture. Of a case: its workflow, the stage at which it stands (or `completed`), and
the exceptions that are open about it. `-` is no case, with the reason that the list of what opened none gives for it.
On the second night the telephone log has a column with another name, and nobody knows what was called that day;
`mended` is the same night, run again after the definition was corrected and the report was delivered again.
"""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """One patient: record number, name, what there is to know, and what each night makes of it."""

    mrn: str
    name: str
    has: str
    first: str
    second: str
    mended: str


TABLE = (
    Line("7001", "Ortiz", "home Mon 2 Mar, reached Tue; booked on Thu for Mon 9 Mar",
         "TC scheduled", "TC seen", "TC seen"),
    Line("7002", "Keller", "home Mon 2 Mar, not reached Tue and Wed (two tries keep the clock); reached Thu",
         "TC contacted", "TC contacted verify_by_hand", "TC scheduled"),
    Line("7003", "Nguyen", "home Tue 3 Mar; reached Thu, in the telephone log as Thi C Nguyen",
         "TC contacted", "TC contacted verify_by_hand", "TC scheduled"),
    Line("7004", "Whitehorse", "home 0:20 of Tue 3 Mar in Colby, Monday in Denver; reached Thu, by the work list",
         "TC contacted", "TC scheduled", "TC scheduled"),
    Line("7005", "Fowler", "home Tue 3 Mar; where to is written down on Thu",
         "- disposition_not_stated", "TC contacted verify_by_hand", "TC contacted missed_clock"),
    Line("7006", "Moreau", "to a nursing facility Mon 2 Mar",
         "- went_elsewhere", "- went_elsewhere", "- went_elsewhere"),
    Line("7007", "Lindqvist", "home Mon 2 Mar; a payer that the practice has not named",
         "- payer_class_not_stated", "- payer_class_not_stated", "- payer_class_not_stated"),
    Line("7008", "Barnes", "home Mon 2 Mar, nobody called",
         "TC contacted missed_clock", "TC contacted verify_by_hand", "TC contacted missed_clock"),
    Line("7009", "Duarte", "home Tue 3 Mar, never seen here; booked on Thu",
         "- attribution_not_stated", "TC contacted verify_by_hand", "TC seen"),
    Line("7010", "Petty", "in hospital; home Thu 5 Mar",
         "-", "TC contacted", "TC contacted"),
    Line("7011", "Boyd", "visit Thu 26 Feb, claim accepted",
         "-", "-", "-"),
    Line("7012", "Romero", "visit Thu 26 Feb, charge; claim sent and accepted Thu 5 Mar",
         "CC billed", "CC settled", "CC settled"),
    Line("7013", "Tran", "visit Wed 25 Feb; charge entered Thu 5 Mar, in the billing system as My Tran-Le",
         "CC billed missing_charge", "CC billed", "CC billed"),
    Line("7014", "Whitfield", "visit with a nurse Thu 26 Feb",
         "- practitioner_not_billable", "- practitioner_not_billable", "- practitioner_not_billable"),
    Line("7015", "Haddad", "visit Thu 26 Feb; note signed Thu 5 Mar",
         "- note_not_signed", "CC billed", "CC billed"),
    Line("7016", "Stein", "visit Wed 25 Feb; the billing system has day and month of birth the wrong way round",
         "CC billed identity_doubt", "CC billed identity_doubt", "CC billed identity_doubt"),
    Line("7017", "Abbott", "home 9 Feb, reached, booked, seen, reconciled, signed, 99495 billed and paid Wed 4 Mar",
         "TC completed", "TC completed", "TC completed"),
    Line("7018", "Valdez", "the same with 99496; paid Thu 5 Mar",
         "TC settled", "TC completed", "TC completed"),
    Line("7019", "Ellery", "visit in Colby Fri 27 Feb, charge, no claim; Sam in the billing system",
         "CC billed", "CC billed", "CC billed"),
    Line("7020", "Novak", "home Mon 2 Mar; a call Tue with an outcome that nobody maps in time (CBK)",
         "TC contacted", "TC contacted verify_by_hand", "TC contacted verify_by_hand"),
    Line("7021", "Castillo", "home 18 Feb, reached, booked, seen, reconciled, signed; the charge is held",
         "TC billed missing_charge", "TC billed missing_charge", "TC billed missing_charge"),
    Line("7022", "Ivers", "home 24 Feb, reached, booked, seen 3 Mar; note and 99495 (no level) on Thu 5 Mar",
         "TC documented", "TC billed level_not_stated", "TC billed level_not_stated"),
)  # fmt: skip

EXCEPTIONS = {
    "first": {"code_not_mapped": 1, "disposition_not_stated": 1, "identity_doubt": 1, "missed_clock": 1,
              "missing_charge": 2},
    "second": {"code_not_mapped": 1, "file_refused": 1, "identity_doubt": 1, "level_not_stated": 1, "missing_charge": 1,
               "verify_by_hand": 6},
    "mended": {"code_not_mapped": 1, "identity_doubt": 1, "level_not_stated": 1, "missed_clock": 2, "missing_charge": 1,
               "verify_by_hand": 1},
}  # fmt: skip
"""Open exceptions by reason, all of them."""

LISTS = {
    "first": {
        "care_lists_calls_20260305.xlsx": ["Keller", "Nguyen", "Whitehorse"],
        "care_lists_bookings_20260305.xlsx": ["Ortiz"],
        "care_lists_notes_20260305.xlsx": ["Ivers"],
        "care_lists_billing_20260305.xlsx": ["Ellery", "Romero"],
    },
    "second": {
        "care_lists_calls_20260306.xlsx": [],
        "care_lists_bookings_20260306.xlsx": ["Whitehorse"],
        "care_lists_notes_20260306.xlsx": [],
        "care_lists_billing_20260306.xlsx": ["Ellery", "Haddad", "Tran"],
    },
}
"""Whom the lists of a night name, for the day after it."""
