"""Nobody does what the definitions give to others; who tried is kept, and shown in the morning."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

import throughline.exceptions.resolve
import throughline.quality.decide
import throughline.tasks.attest  # noqa: F401 - each registers its acts
from throughline import decisions, warehouse
from throughline.decisions import Act, Door, NotPermittedError, Preview, Request
from throughline.practice import permissions
from throughline.told import status
from throughline.warehouse import Connection, sql

PAGE = Door("page", {"user_id": "7"})


@pytest.fixture
def office(
    new_warehouse: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connection]:
    """Return a warehouse of its own, in which `Ada` may do everything but what is for `1234567893` only."""
    monkeypatch.setattr(decisions, "_acts", dict(decisions._acts))

    def weigh(conn: Connection, request: Request) -> Preview:
        npi = request.said.get("npi")
        return Preview(("It is stamped.",), billing_npi=npi if isinstance(npi, str) else None)

    def carry(conn: Connection, request: Request, seen: Preview, decision_id: object) -> tuple[()]:
        raise AssertionError("carried out")

    decisions.register(Act("stamp", "letter", "stamp", weigh, carry, permission="attest_claims"))
    west = permissions.Permissions({"attest_claims": {"1234567893": frozenset({"Ada"})}})
    monkeypatch.setattr(permissions, "permissions", lambda: west)
    with warehouse.connect(new_warehouse()) as conn:
        yield conn
        conn.rollback()


@pytest.mark.parametrize(
    ("who", "npi"), [("Bo", "1234567893"), ("Ada", "1999999984"), ("ada", "1234567893")]
)
def test_who_may_not_is_refused_and_the_refusal_outlives_the_transaction(
    office: Connection, who: str, npi: str
) -> None:
    office.execute("create table operations.of_this_transaction (x int)")
    request = Request("stamp", "letter", "a", who, "because", {"npi": npi}, PAGE)
    with pytest.raises(NotPermittedError, match=f"{who} may not attest claims"):
        decisions.record(office, request)
    office.rollback()
    assert office.execute("select to_regclass('operations.of_this_transaction')").fetchone() == (
        None,
    )
    assert office.execute("select count(*) from operations.decision").fetchone() == (0,)
    assert office.execute(
        "select who, act, about_kind, about_id, permission, why, door, record from operations.refused_act"
    ).fetchall() == [
        (
            who,
            "stamp",
            "letter",
            "a",
            "attest_claims",
            f"{who} may not attest claims",
            "page",
            {"user_id": "7"},
        )
    ]


def test_refusals_are_counted_for_the_morning_and_never_changed(office: Connection) -> None:
    for _ in range(2):
        with pytest.raises(NotPermittedError):
            decisions.record(office, Request("stamp", "letter", "a", "Bo"))
    assert sql.run(office, "told/numbers/refused.sql", seq=1, since=0).rows == [
        ("Bo", "stamp", "letter", "Bo may not attest claims", 2)
    ]
    office.execute(
        "insert into operations.night (seq, business_date, kind, status, cut_off, started_at)"
        " values (1, '2026-07-01', 'nightly', 'finished', now(), now() - interval '1 day')"
    )
    assert "Refused since the last night: 2 acts" in status.tell(office)
    for change in (
        "update operations.refused_act set who = 'x'",
        "delete from operations.refused_act",
    ):
        with (
            pytest.raises(psycopg.errors.RaiseException, match="append-only"),
            office.transaction(),
        ):
            office.execute(change.encode())


def test_every_act_needs_a_permission(office: Connection) -> None:
    def weigh(conn: Connection, request: Request) -> Preview:
        return Preview(())

    with pytest.raises(ValueError, match="no permission stamps"):
        decisions.register(Act("burn", "letter", "burn", weigh, permission="stamps"))
    expected = {
        ("batch", "release"): "release_feed",
        ("claim_batch", "release"): "attest_claims",
        ("claim_batch", "refuse"): "attest_claims",
        ("delivery", "reject"): "reject_deliveries",
        ("landed_file", "reject"): "reject_deliveries",
        ("quarantine", "release"): "decide_rows",
        ("quarantine", "posted"): "decide_payments",
        ("exception", "write_off"): "write_off",
        ("exception", "confirm"): "decide_identity",
        ("exception", "retry"): "resolve_exceptions",
        ("exception", "carries_nothing"): "decide_rows",
        ("record", "link"): "decide_identity",
    }
    for (kind, act), permission in expected.items():
        assert decisions.permission_of(act, kind) == permission


@pytest.mark.parametrize(
    ("door", "why"),
    [
        (Door("command_line"), "needs a login to Airflow"),
        (
            Door("command_line", {"login": "system", "system_user": "ann"}),
            "needs a login to Airflow",
        ),
        (Door("command_line", {"login": "airflow"}), None),
        (Door("command_line", {"login": "sandbox"}), None),
        (Door("question", {"user_id": "Ada"}), None),
        (PAGE, None),
    ],
)
def test_what_ends_something_needs_a_login_to_airflow(door: Door, why: str | None) -> None:
    ada = permissions.Permissions({"attest_claims": {permissions.ANY: frozenset({"Ada"})}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(permissions, "permissions", lambda: ada)
        patch.setattr(decisions, "permissions", lambda: ada)
        request = Request("release", "claim_batch", "a", "Ada", door=door)
        told = decisions.why_not(request, Preview(()))
    assert told is None if why is None else why in str(told)
