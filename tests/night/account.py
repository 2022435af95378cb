"""What the sandbox's servers served, held against what the pipeline knows and did.

Nothing of the pipeline or of the sandbox is imported: the truth is JSON lines, the account is SQL in
the reader's role. A row of the truth counts from the moment at which it could be observed; what was
served after a night's cut-off is tomorrow's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Rows = Callable[..., list[tuple[Any, ...]]]
Row = dict[str, Any]

OURS = "THROUGHLINE"


@dataclass
class Account:
    """One comparison: what was observable, what of it was not found, what was found and never was."""

    truth: Path
    rows: Rows
    cut_off: datetime
    found: dict[str, int] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    invented: dict[str, list[str]] = field(default_factory=dict)

    def lines(self, kind: str) -> list[Row]:
        """Rows of a kind that could be observed before the cut-off, in the order they were written."""
        file = self.truth / f"{kind}.jsonl"
        if not file.exists():
            return []
        every = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return [
            row
            for row in every
            if row["observable_from"]
            and datetime.fromisoformat(row["observable_from"]) <= self.cut_off
        ]

    def newest(self, kind: str, name: str) -> list[Row]:
        """The last word on each thing: a later row of the same id replaces an earlier one."""
        return list({row[name]: row for row in self.lines(kind)}.values())

    def facts(self, *kinds: str) -> set[tuple[str, str]]:
        """(kind, source_ref) of the standing facts of some kinds."""
        return set(
            self.rows(
                "select kind, source_ref from evidence.fact"
                " where retracted_seq is null and kind = any(%s)",
                list(kinds),
            )
        )

    def compare(self, name: str, wanted: Iterable[Any], known: Iterable[Any]) -> None:
        """Note what of ``wanted`` is not known, and what is known without being true."""
        true, held = set(wanted), set(known)
        self.found[name] = len(true & held)
        if true - held:
            self.missing[name] = sorted(map(str, true - held))
        if held - true:
            self.invented[name] = sorted(map(str, held - true))


def take(truth: Path, rows: Rows, cut_off: datetime) -> Account:
    """Compare every kind of evidence that proves a stage."""
    account = Account(truth, rows, cut_off)
    calls = account.lines("contacts")
    account.compare(
        "attempts", {("attempt", f"communication/{c['communication']}") for c in calls},
        account.facts("attempt"),
    )
    account.compare(
        "contacts",
        {("contact", f"communication/{c['communication']}") for c in calls if c["two_way"]},
        account.facts("contact"),
    )
    account.compare(
        "visits",
        {("visit", f"encounter/{v['visit']}") for v in account.newest("visits", "visit")
         if v["status"] == "finished"},
        account.facts("visit"),
    )  # fmt: skip
    account.compare(
        "notes",
        {("note", f"document_reference/{n['note']}") for n in account.newest("notes", "note")
         if n["what"] in ("signed", "replaced")},
        account.facts("note"),
    )  # fmt: skip
    account.compare(
        "charges",
        {("charge", f"charge_item/{c['charge']}") for c in account.newest("charges", "charge")
         if c["what"] == "entered"},
        account.facts("charge"),
    )  # fmt: skip
    account.compare(
        "discharges",
        {("discharge", f"encounter/{d['encounter']}")
         for d in account.newest("discharges", "encounter") if d["what"] != "cancelled"},
        account.facts("discharge"),
    )  # fmt: skip
    account.compare(
        "claims", {c["control"] for c in account.lines("claims")}, _numbers(account, "claim")
    )
    account.compare(
        "acceptances",
        {s["control"] for s in account.lines("claim_statuses")
         if s["by"] == "payer" and s["category"] == "A2"},
        _numbers(account, "claim_accepted"),
    )  # fmt: skip
    account.compare(
        "remittances",
        {(r["control"], r["check"]) for r in account.lines("remittances")},
        account.rows(
            "select distinct identifiers ->> 'patient_control_number', detail ->> 'check'"
            " from evidence.fact where kind = 'remittance' and retracted_seq is null"
        ),
    )
    notices = account.newest("patient_payments", "notice")
    for what, kind in (("paid", "patient_payment"), ("written-off", "write_off")):
        account.compare(
            kind, {(kind, f"payment_notice/{n['notice']}") for n in notices if n["what"] == what},
            account.facts(kind),
        )
    return account


def _numbers(account: Account, kind: str) -> set[str]:
    return {
        row[0]
        for row in account.rows(
            "select distinct identifiers ->> 'patient_control_number' from evidence.fact"
            " where kind = %s and retracted_seq is null",
            kind,
        )
    }


def doubles(account: Account) -> list[str]:
    """What reached a receiver twice, or went out without a named person's release."""
    wrong = [
        f"double {r['kind']} {r['effect']}" for r in account.lines("requests_received") if r["is_double"]
    ]
    claims = [c for c in account.lines("claims") if c["submitter"] == OURS]
    wrong += [f"double claim {c['control']}" for c in claims if c["double"] or c["same_file_again"]]
    released = {
        row[0]
        for row in account.rows(
            "select c.patient_control_number from tasks.claim as c"
            " inner join tasks.claim_batch as b using (batch_id)"
            " inner join operations.decision as d using (decision_id)"
            " where d.kind = 'release' and d.decided_by <> '' and d.detail ->> 'sha256' = b.payload_sha256"
        )
    }
    wrong += [f"unreleased claim {c['control']}" for c in claims if c["control"] not in released]
    asked: dict[tuple[str, str], set[str]] = {}
    for request in account.lines("requests_received"):
        if request["kind"] == "Task" and request.get("code") == "outreach" and request["is_new"]:
            asked.setdefault((request["patient"], request["at"][:10]), set()).add(request["effect"])
    wrong += [f"two contacts wanted of one person on {day}" for (_, day), e in asked.items() if len(e) > 1]
    return wrong
