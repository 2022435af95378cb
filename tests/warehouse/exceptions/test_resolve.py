"""Exceptions: opened once, ended by their cause or by a named person's word."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.warehouse.clinic import Clinic, moment, patient
from throughline import exceptions, warehouse
from throughline.decisions import NoReasonError, preview
from throughline.exceptions import resolve as said
from throughline.exceptions.actions import ACTIONS, USUAL
from throughline.exceptions.resolve import DecidedError, NotOpen, resolve


def opened(clinic: Clinic, reason: str, **detail: Any) -> UUID:
    return exceptions.open_exception(
        clinic.conn, clinic.seq, clinic.cut_off, reason, "task", "t1", detail=detail or None
    )


@pytest.fixture
def desk(clinic: Clinic) -> Clinic:
    """Return a practice on its first night."""
    clinic.begin("2026-07-06")
    return clinic


def one(clinic: Clinic, exception_id: UUID) -> Any:
    return clinic.rows("select * from operations.exception where exception_id = %s", exception_id)[
        0
    ]


def decisions(clinic: Clinic) -> list[Any]:
    return clinic.rows(
        "select kind, about_kind, about_id, decided_by, note, detail from operations.decision order by 1"
    )


# ---- open and clear


def test_an_exception_has_an_owner_and_a_due_date_and_is_opened_once(desk: Clinic) -> None:
    first = opened(desk, "missing_charge", missing=["code"])
    assert opened(desk, "missing_charge") == first
    row = one(desk, first)
    assert (row.owner_team, row.status, row.detail) == ("clinicians", "open", {"missing": ["code"]})
    assert row.due_at == moment("2026-07-10 03:00")


def test_a_reason_that_nobody_defined_is_none(desk: Clinic) -> None:
    with pytest.raises(exceptions.UnknownReason, match="unknown reason nonsense"):
        opened(desk, "nonsense")


def test_what_is_over_and_there_again_opens_anew(desk: Clinic) -> None:
    first = opened(desk, "missing_charge")
    exceptions.clear(desk.conn, desk.seq, first, "the cause is gone")
    assert (one(desk, first).status, one(desk, first).closed_seq) == ("cleared", 1)
    desk.begin("2026-07-07")
    exceptions.clear(desk.conn, desk.seq, first, "twice")
    assert one(desk, first).resolution == "the cause is gone"
    assert opened(desk, "missing_charge") == first
    row = one(desk, first)
    assert (row.status, row.opened_seq, row.closed_seq, row.resolution) == ("open", 2, None, None)
    assert row.due_at == moment("2026-07-11 03:00")


def test_what_a_person_settled_rests_for_a_week(desk: Clinic) -> None:
    first = opened(desk, "missing_charge")
    desk.conn.execute("update operations.exception set status = 'resolved', closed_seq = 1")
    for on, status in (
        ("2026-07-07", "resolved"),
        ("2026-07-12", "resolved"),
        ("2026-07-13", "open"),
    ):
        desk.begin(on)
        opened(desk, "missing_charge")
        assert one(desk, first).status == status


# ---- resolve


@pytest.mark.parametrize(
    "action",
    [
        a
        for a in ACTIONS
        if a
        not in (
            "confirm",
            "reject",
            "assign",
            "write_off",
            "carries_nothing",
            "finish",
            "close_cases",
            "state_disposition",
            "state_level",
            "state_reconciliation",
        )
    ],
)
def test_each_action_is_a_decision_by_name(desk: Clinic, action: str) -> None:
    exception_id = opened(desk, "missed_clock")
    (decision_id,) = resolve(desk.conn, exception_id, "Ada Lead", action, "because")
    (row,) = decisions(desk)
    assert tuple(row) == (
        action,
        "exception",
        str(exception_id),
        "Ada Lead",
        "because",
        {"action": action},
    )
    assert one(desk, exception_id).status == "open", "it ends with the next night"
    assert decision_id is not None


@pytest.mark.parametrize(
    ("reason", "usual"),
    [
        ("missed_clock", "retry"),
        ("claim_denied", "acknowledge"),
        ("identity_doubt", "reject"),
        ("file_refused", "carries_nothing"),
    ],
)
def test_resolve_means_what_is_usual_for_the_reason(desk: Clinic, reason: str, usual: str) -> None:
    resolve(desk.conn, opened(desk, reason), "Ada Lead", "resolve", "as usual")
    assert decisions(desk)[0].kind == usual
    assert set(USUAL.values()) <= set(ACTIONS)


def test_assigning_names_an_owner(desk: Clinic) -> None:
    exception_id = opened(desk, "missed_clock")
    with pytest.raises(ValueError, match="assign needs an owner"):
        resolve(desk.conn, exception_id, "Ada Lead", "assign")
    with pytest.raises(ValueError, match=r"biler is neither .* the nearest is biller"):
        resolve(desk.conn, exception_id, "Ada Lead", "assign", owner="biler")
    for owner in ("biller", "billing"):
        resolve(desk.conn, exception_id, "Ada Lead", "assign", owner=owner)
    told = [(row.detail["owner"], row.detail.get("owner_team")) for row in decisions(desk)]
    assert told == [("biller", None), ("billing", "billing")]


@pytest.mark.parametrize(
    ("words", "owner"),
    [
        (("billing",), ("billing", None)),
        (("biller",), ("care_management", "biller")),
        (("biller", "billing"), ("billing", None)),
        (("billing", "biller"), ("billing", "biller")),
    ],
)
def test_what_is_given_to_a_team_is_that_teams_and_to_a_person_stays_with_it(
    clinic: Clinic, words: tuple[str, ...], owner: tuple[str, str | None]
) -> None:
    clinic.night("2026-07-06")
    ((number,),) = clinic.rows(
        "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team, owner,"
        " opened_seq, opened_at, due_at) values (gen_random_uuid(), 'feed', 'x', 'missed_clock',"
        " 'care_management', 'operator', 1, now(), now()) returning exception_id"
    )
    for word in words:
        resolve(clinic.conn, number, "Ada Lead", "assign", owner=word)
    clinic.conn.execute("update operations.decision set known_seq = %s", (clinic.seq + 1,))
    clinic.night("2026-07-07")
    query = "select owner_team, owner, status from operations.exception where exception_id = %s"
    assert [tuple(row) for row in clinic.rows(query, number)] == [(*owner, "open")]


def test_who_tries_the_same_again_says_what_is_different(clinic: Clinic) -> None:
    """The exception that comes back is another one, of the same case, reason and stage."""
    clinic.begin("2026-07-06")
    case = uuid4()
    made = []
    for stage in ("contacted", "contacted", "scheduled"):
        ((number,),) = clinic.rows(
            "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team, opened_seq,"
            " opened_at, due_at, case_id, detail) values (gen_random_uuid(), 'case', %s, 'missed_clock', 'billing',"
            " 1, now(), now(), %s, jsonb_build_object('stage', %s::text)) returning exception_id",
            str(case), case, stage,
        )  # fmt: skip
        made.append(number)
    first, again, elsewhere = made
    resolve(clinic.conn, first, "Ada Lead", "retry")
    seen = preview(clinic.conn, said.asked(clinic.conn, again, "", "retry"))
    assert "It was tried again once before, and came back" in seen.follows[1]
    with pytest.raises(NoReasonError, match="retry needs a reason"):
        resolve(clinic.conn, again, "Ada Lead", "retry")
    resolve(clinic.conn, again, "Ada Lead", "retry", "a new number")
    resolve(clinic.conn, elsewhere, "Ada Lead", "retry")


@pytest.mark.parametrize("action", ["continue", "close_case", "write_off"])
def test_what_ends_for_good_needs_its_reason(desk: Clinic, action: str) -> None:
    exception_id = exceptions.open_exception(
        desk.conn, 1, desk.cut_off, "claim_denied", "case", "c1", detail={"balance": "80.00"}
    )
    for note in ("", "  "):
        with pytest.raises(NoReasonError, match=f"^{action} needs a reason"):
            resolve(desk.conn, exception_id, "Ada Lead", action, note)
    assert decisions(desk) == []
    assert resolve(desk.conn, exception_id, "Ada Lead", action, "agreed with the payer")


def test_what_waits_for_tonight_is_not_decided_again(desk: Clinic) -> None:
    exception_id = opened(desk, "missed_clock")
    resolve(desk.conn, exception_id, "Ada Lead", "assign", owner="billing")
    resolve(desk.conn, exception_id, "Ada Lead", "retry")
    for action in ("retry", "acknowledge", "assign"):
        with pytest.raises(
            DecidedError, match=r"^Try again: decided by Ada Lead on .*, counts from ton"
        ):
            resolve(desk.conn, exception_id, "Bo Lead", action, owner="billing")
    desk.conn.execute("update operations.decision set known_seq = 1 where known_seq is null")
    with pytest.raises(NoReasonError, match="retry needs a reason"):
        resolve(desk.conn, exception_id, "Bo Lead", "retry")
    resolve(desk.conn, exception_id, "Bo Lead", "retry", "a new number")
    assert [row.kind for row in decisions(desk)] == ["assign", "retry", "retry"]


def test_a_write_off_takes_the_open_balance_or_what_is_said(desk: Clinic) -> None:
    without = opened(desk, "patient_balance")
    with pytest.raises(ValueError, match="needs an amount"):
        resolve(desk.conn, without, "Ada Lead", "write_off")
    resolve(desk.conn, without, "Ada Lead", "write_off", "agreed", amount=Decimal("12.50"))
    with_one = exceptions.open_exception(
        desk.conn, 1, desk.cut_off, "claim_denied", "case", "c1", detail={"balance": "80.00"}
    )
    resolve(desk.conn, with_one, "Ada Lead", "write_off", "agreed")
    assert sorted(d.detail["amount"] for d in decisions(desk)) == ["12.50", "80.00"]


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity"])
def test_a_write_off_is_of_some_money(desk: Clinic, amount: str) -> None:
    exception_id = opened(desk, "patient_balance")
    with pytest.raises(ValueError, match="above zero"):
        resolve(desk.conn, exception_id, "Ada Lead", "write_off", amount=Decimal(amount))


def test_nothing_is_decided_without_a_name_twice_or_amiss(desk: Clinic) -> None:
    exception_id = opened(desk, "missed_clock")
    with pytest.raises(ValueError, match="named person"):
        resolve(desk.conn, exception_id, "  ", "retry")
    with pytest.raises(ValueError, match="one of resolve, retry"):
        resolve(desk.conn, exception_id, "Ada Lead", "shrug")
    with pytest.raises(ValueError, match="does not apply"):
        resolve(desk.conn, exception_id, "Ada Lead", "confirm")
    with pytest.raises(NotOpen):
        resolve(desk.conn, uuid4(), "Ada Lead", "retry")
    exceptions.clear(desk.conn, 1, exception_id, "over")
    with pytest.raises(NotOpen):
        resolve(desk.conn, exception_id, "Ada Lead", "retry")
    assert decisions(desk) == []


@pytest.mark.parametrize(("action", "kind"), [("confirm", "link"), ("reject", "unlink")])
def test_a_doubt_about_identity_is_ended_for_the_records_it_is_about(
    clinic: Clinic, action: str, kind: str
) -> None:
    clinic.know(patient("p1"), patient("p2"), patient("p3"))
    clinic.night("2026-07-06")
    first, other = clinic.person("p1"), clinic.person("p2")
    clinic.conn.execute(
        "insert into identity.link (source, source_id, person_id, method, score, status, known_seq)"
        " values ('ehr', 'p1', %s, 'demographics', 0.9, 'doubt', 1)", (other,),
    )  # fmt: skip
    exception_id = opened(clinic, "identity_doubt")
    for person in (first, other):
        clinic.conn.execute("update operations.exception set person_id = %s", (person,))
        with pytest.raises(ValueError, match="does not apply"):
            resolve(clinic.conn, exception_id, "Ada Lead", "retry")
        with pytest.raises(NoReasonError):
            resolve(clinic.conn, exception_id, "Ada Lead", action)
        assert len(resolve(clinic.conn, exception_id, "Ada Lead", action, "seen both")) == 2
        clinic.conn.execute("update operations.decision set known_seq = 1 where known_seq is null")
    found = [d for d in decisions(clinic) if d.about_kind == "record"]
    assert {(d.kind, d.about_id, d.detail["person_id"]) for d in found} == {
        (kind, "ehr|p1", str(other))
    }
    assert len(found) == 2


# ---- the command


def test_eight_characters_name_an_exception_or_its_case(desk: Clinic) -> None:
    one_, two = opened(desk, "missed_clock"), opened(desk, "missing_charge")
    case_id = uuid4()
    desk.conn.execute("update operations.exception set case_id = %s where true", (case_id,))
    assert said.meant(desk.conn, str(one_)[:8]) == one_
    assert said.meant(desk.conn, str(one_).upper()) == one_
    with pytest.raises(NotOpen, match="2 open exceptions") as refused:
        said.meant(desk.conn, str(case_id)[:8])
    assert f"ID={one_} missed_clock" in str(refused.value)
    exceptions.clear(desk.conn, 1, two, "over")
    assert said.meant(desk.conn, str(case_id)[:8]) == one_
    exceptions.clear(desk.conn, 1, one_, "over")
    with pytest.raises(NotOpen, match="missed_clock is cleared already"):
        said.meant(desk.conn, str(one_)[:8])
    with pytest.raises(NotOpen, match=r"begins with 00000000$"):
        said.meant(desk.conn, "00000000")
    for amiss in (str(one_)[:7], "%", "c0ffee0g", f"{one_}0", "' or true --", "x" * 5000):
        with pytest.raises(NotOpen, match="must be the number of an exception") as refused:
            said.meant(desk.conn, amiss)
        assert len(str(refused.value)) < 250


@pytest.fixture
def committed(new_warehouse: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a warehouse with one open exception, named by the environment, and the exception's id."""
    dsn = new_warehouse()
    monkeypatch.setenv("THROUGHLINE_DECIDER_DSN", dsn)
    exception_id = uuid4()
    with warehouse.connect(dsn) as conn:
        conn.execute(
            "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team, opened_seq,"
            " opened_at, due_at) values (%s, 'task', 't1', 'patient_balance', 'billing', 1, now(), now())",
            (exception_id,),
        )
    return dsn, str(exception_id)


def test_the_command_records_one_decision(
    committed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    dsn, exception_id = committed
    assert said.main([exception_id, "--by", "Ada Lead", "--action", "assign"]) == 2
    assert "assign needs an owner" in capsys.readouterr().err
    assert said.main([str(uuid4()), "--by", "Ada Lead", "--action", "retry"]) == 2
    assert "no open exception" in capsys.readouterr().err
    words = [exception_id, "--by", "Ada Lead", "--action", "write_off", "--amount"]
    for amount in ("a few", ""):
        assert said.main([*words, amount]) == 2
        assert "is not an amount" in capsys.readouterr().err
    assert said.main([exception_id, "--by", "Ada Lead", "--action", "shrug"]) == 2
    assert "shrug: must be one of resolve, retry" in capsys.readouterr().err
    assert said.main([*words, "12.50", "--preview"]) == 0
    assert "written off: 12.50 US dollars" in capsys.readouterr().out
    assert said.main([*words, "12.50", "--note", "agreed"]) == 0
    assert capsys.readouterr().out == "Recorded: write off, by Ada Lead.\n"
    with warehouse.connect(dsn) as conn:
        assert conn.execute(
            "select kind, decided_by, note, detail from operations.decision"
        ).fetchall() == [
            ("write_off", "Ada Lead", "agreed", {"action": "write_off", "amount": "12.50"})
        ]


def test_who_bills_as_charged_says_why(clinic: Clinic) -> None:
    clinic.begin("2026-07-06")
    case = uuid4()
    ((number,),) = clinic.rows(
        "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team, opened_seq,"
        " opened_at, due_at, case_id) values (gen_random_uuid(), 'case', %s, 'charge_check', 'billing',"
        " 1, now(), now(), %s) returning exception_id",
        str(case), case,
    )  # fmt: skip
    seen = preview(clinic.conn, said.asked(clinic.conn, number, "", "retry"))
    assert seen.needs_reason
    assert "offers the claim for release as it is charged" in seen.follows[0]
    with pytest.raises(NoReasonError, match="retry needs a reason"):
        resolve(clinic.conn, number, "Ada Lead", "retry")
    resolve(clinic.conn, number, "Ada Lead", "retry", "the note was amended on paper")
