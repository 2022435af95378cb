"""The pipeline's account of ten nights agrees with the truth; each comparison catches what is planted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.night import leaks
from tests.night import truth as t
from tests.night.conftest import Lived

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow]

KINDS = (
    "discharge", "contact", "attempt", "booking", "visit", "note", "charge", "claim", "claim_accepted", "remittance",
    "patient_payment",
)  # fmt: skip
WORKFLOWS = ("annual_wellness", "charge_capture", "transitional_care")

Change = Callable[[t.Row], t.Row | None]


@pytest.fixture
def truth(lived: Lived) -> t.Truth:
    return t.Truth(lived.practice.world / "sandbox" / "truth")


@pytest.fixture
def account(lived: Lived) -> t.Account:
    return t.Account(lived.practice.dsn())


@pytest.fixture
def copy(truth: t.Truth, tmp_path: Path) -> t.Truth:
    """The truth's files, to be falsified."""
    return t.Truth(shutil.copytree(truth.folder, tmp_path / "truth"))


def falsify(
    copy: t.Truth,
    kind: str,
    change: Callable[[t.Row], t.Row | None],
    which: Callable[[t.Row], bool] = lambda row: True,
) -> None:
    """Change the last row of a kind that fits; None takes it away."""
    rows = copy.rows(kind)
    place = max(number for number, row in enumerate(rows) if which(row))
    changed = change(dict(rows[place]))
    rows[place : place + 1] = [] if changed is None else [changed]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (copy.folder / f"{kind}.jsonl").write_text(text, encoding="utf-8")


def test_everything_observable_is_found_by_its_night_and_nothing_else(
    truth: t.Truth, account: t.Account
) -> None:
    for night in account.nights[-1:]:
        there = t.counts(truth, night["cut_off"])
        assert not [kind for kind in KINDS if not there[kind]], "the world is too small to compare"
    assert t.found(truth, account) == []


def test_no_stage_is_complete_without_its_event(truth: t.Truth, account: t.Account) -> None:
    assert t.false_completions(truth, account) == []


def test_a_visit_that_nobody_billed_has_a_case(truth: t.Truth, account: t.Account) -> None:
    assert leaks.unseen(truth, account) == []


def test_nothing_reached_the_outside_twice(truth: t.Truth) -> None:
    assert t.doubles(truth) == []


def test_every_claim_of_ours_was_released_by_a_named_person(
    truth: t.Truth, account: t.Account
) -> None:
    ours = [row for row in truth.rows("claims") if row["submitter"] == t.SUBMITTER]
    assert ours, "no claim was sent"
    assert t.unreleased(truth, account) == []


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_cases_are_carried_from_opened_to_settled_by_our_tasks(
    truth: t.Truth, account: t.Account, workflow: str
) -> None:
    came = t.carried(truth, account)[workflow]
    assert came.opened > came.settled > 0
    assert came.by_our_tasks > 0


# ---- planted ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("discharges", lambda row: row | {"encounter": "enc-unheard-of"}),
        ("discharges", lambda row: row | {"what": "cancelled"}),
        ("contacts", lambda row: row | {"two_way": not row["two_way"]}),
        ("schedule_messages", lambda row: row | {"status": "Deleted"}),
        ("visits", lambda row: row | {"status": "entered-in-error"}),
        ("visits", lambda row: None),
        ("notes", lambda row: row | {"what": "retracted"}),
        ("charges", lambda row: row | {"amount": "1.23"}),
        ("claims", lambda row: row | {"charge": "1.23"}),
        ("claim_statuses", lambda row: row | {"category": "A7"}),
        ("remittances", lambda row: row | {"paid": "1.23"}),
        ("patient_payments", lambda row: row | {"what": "taken back"}),
    ],
)
def test_a_difference_in_the_ledger_is_noticed(
    copy: t.Truth, account: t.Account, kind: str, change: Change
) -> None:
    last = account.nights[-1]
    before = last["cut_off"].isoformat()
    falsify(copy, kind, change, lambda row: row["observable_from"] and row["observable_from"] < before
            and row.get("what") not in ("cancelled", "retracted", "taken back")
            and row.get("status") not in ("Deleted", "entered-in-error"))  # fmt: skip
    assert t.found(copy, account, [last["seq"]])


@pytest.mark.parametrize(
    ("stage", "kind", "identity", "name", "change"),
    [
        ("due", "eligibility_answers", "trace", "trace", {"reject": "75"}),
        ("contacted", "contacts", "communication", "communication", {"outcome": "no_answer", "two_way": False}),
        ("scheduled", "schedule_messages", "appointment", "appointment", {"patient": "pat-000001"}),
        ("seen", "visits", "visit", "encounter", {"status": "in-progress"}),
        ("documented", "notes", "note", "document", {"what": "retracted"}),
        ("billed", "claim_statuses", "control", "patient_control_number", {"category": "A3"}),
        ("settled", "remittances", "control", "patient_control_number", {"status": "22"}),
    ],
)  # fmt: skip
def test_a_false_completion_is_noticed(
    copy: t.Truth,
    account: t.Account,
    stage: str,
    kind: str,
    identity: str,
    name: str,
    change: dict[str, Any],
) -> None:
    (proof,) = account.rows(
        "select f.identifiers from cases.stage as s inner join evidence.fact as f using (fact_id)"
        " where s.state = 'complete' and s.stage = %(stage)s and f.subject_id <> 'pat-000001'"
        " order by f.fact_id limit 1",
        stage=stage,
    )
    id_ = proof["identifiers"][name]
    rows = [row | change if row[identity] == id_ else row for row in copy.rows(kind)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (copy.folder / f"{kind}.jsonl").write_text(text, encoding="utf-8")
    assert [each for each in t.false_completions(copy, account) if f": {stage} is complete" in each]


@pytest.mark.parametrize(
    ("kind", "change", "which"),
    [
        ("requests_received", {"is_double": True}, lambda row: row["kind"] == "work_item"),
        ("claims", {"double": True}, lambda row: row["submitter"] == t.SUBMITTER),
        ("claims", {"same_file_again": True}, lambda row: row["submitter"] == t.SUBMITTER),
    ],
)
def test_a_double_is_noticed(
    copy: t.Truth, kind: str, change: dict[str, Any], which: Callable[[t.Row], bool]
) -> None:
    falsify(copy, kind, lambda row: row | change, which)
    assert len(t.doubles(copy)) == 1


def test_a_second_call_on_one_day_is_noticed(copy: t.Truth) -> None:
    calls = [
        row
        for row in copy.rows("requests_received")
        if row.get("code") == "outreach" and row["is_new"]
    ]
    second = calls[-1] | {"effect": "another", "id": "another"}
    with (copy.folder / "requests_received.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(second) + "\n")
    assert len(t.doubles(copy)) == 1


def test_a_claim_that_nobody_released_is_noticed(copy: t.Truth, account: t.Account) -> None:
    falsify(copy, "claim_files", lambda row: row | {"sha256": "0" * 64},
            lambda row: row["submitter"] == t.SUBMITTER and not row["refused"])  # fmt: skip
    assert t.unreleased(copy, account)


def test_a_visit_that_nobody_billed_and_nobody_noticed_is_told(
    copy: t.Truth, account: t.Account
) -> None:
    """A visit that the practice's billing claimed has no case for that reason alone."""
    rows = copy.rows("claims")
    ours = "".join(json.dumps(row) + "\n" for row in rows if row["submitter"] == "THROUGHLINE")
    (copy.folder / "claims.jsonl").write_text(ours, encoding="utf-8")
    told = leaks.unseen(copy, account)
    assert told
    assert {line.split()[2] for line in told} <= {row["visit"] for row in rows}
