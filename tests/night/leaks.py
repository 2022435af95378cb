"""Visits that nobody billed, as the truth knows them: each must have a case."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from tests.night.truth import Account, Truth

LAG_DAYS = 7
"""Calendar days that three business days, a holiday among them, take at the most."""
OPENING_DAYS = 119


def unseen(truth: Truth, account: Account) -> list[str]:
    """Return the visits that a payer would pay, that have no claim by the last night, and that have no case."""
    night = account.nights[-1]
    cut_off = night["cut_off"]
    first = account.nights[0]["business_date"] - timedelta(days=OPENING_DAYS)
    claimed = {row["visit"] for row in truth.rows("claims", cut_off)}
    signed = {
        row["visit"]
        for row in truth.last("notes", "note", cut_off).values()
        if row["what"] != "retracted"
    }
    barred = {
        row["visit"]
        for row in truth.rows("charges", cut_off)
        if row["no_charge"] or row["global_period"] or row["self_pay_restricted"]
    }
    insured: dict[str, list[date]] = defaultdict(list)
    for row in truth.rows("persons", cut_off):
        insured[row["patient"]] += [date.fromisoformat(payer[3]) for payer in row["payers"]]
    about = {
        row["visit"]
        for row in account.rows(
            "select encounter_ref as visit from cases.case_record where encounter_ref is not null"
            " union select split_part(trigger_ref, '/', 2) from cases.case_record where workflow = 'charge_capture'"
        )
    }
    return [
        f"nobody claims {visit} of {row['date']} and no case is about it"
        for visit, row in truth.last("visits", "visit", cut_off).items()
        if row["status"] == "finished"
        and row["billable_practitioner"]
        and visit in signed
        and visit not in claimed | barred | about
        and first
        <= date.fromisoformat(row["date"])
        <= night["business_date"] - timedelta(days=LAG_DAYS)
        and any(since <= date.fromisoformat(row["date"]) for since in insured[row["patient"]])
    ]
