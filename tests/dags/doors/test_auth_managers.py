"""Who may answer a live question, asked of Airflow over REST under each auth manager, and then of ourselves.

FAB is not among the packages that this project locks. Where it is installed, its tests run too, against
`airflow api-server` (docs/who-may.md has the commands).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from stack import airflow, postgres
from tests.dags.doors import managers
from tests.dags.doors.managers import HAS_FAB, Server, forged
from tests.dags.doors.talk import QUESTIONS, Talk, allow
from tests.warehouse.clinic import charge
from tests.warehouse.tasks.desk import Desk, member, seen
from throughline import decisions, evidence, sources, warehouse, workflows
from throughline.decisions import Door, logins
from throughline.decisions.logins import NotLoggedInError
from throughline.tasks import listed

pytestmark = [
    pytest.mark.nights,
    pytest.mark.timeout(2400),
    pytest.mark.filterwarnings("ignore:No path_separator found"),  # FAB's, when it makes its tables
]
MANAGERS = [
    "simple",
    "accounts",
    pytest.param(
        "fab",
        marks=pytest.mark.skipif(
            not HAS_FAB, reason="apache-airflow-providers-fab is not installed: docs/who-may.md"
        ),
    ),
]


@pytest.fixture(scope="module")
def office() -> Iterator[postgres.Server]:
    """Run a warehouse that knows the definitions, to which Airflow's connections of this process lead."""
    with postgres.throwaway() as running, pytest.MonkeyPatch.context() as patch:
        warehouse.migrate(running.dsn())
        with warehouse.connect(running.dsn()) as conn:
            sources.register(conn, 0)
            evidence.register_codes(conn)
            workflows.register(conn, 0)
        for name, uri in airflow.warehouse_connections(running).items():
            patch.setenv(f"AIRFLOW_CONN_{name.upper()}", uri)
        yield running


@pytest.fixture(scope="module")
def dags() -> dict[str, Any]:
    """Return the DAGs that ask."""
    from airflow.dag_processing.dagbag import DagBag

    folder = Path(__file__).resolve().parents[3] / "dags"
    return {name: DagBag(dag_folder=str(folder / f"{name}.py")).dags[name] for name in QUESTIONS}


@pytest.fixture(scope="module")
def desk(office: postgres.Server) -> Iterator[Desk]:
    nowhere: Any = None  # nothing is sent
    with warehouse.connect(office.dsn()) as conn:
        yield Desk(conn, nowhere)


@pytest.fixture
def batch(desk: Desk) -> UUID:
    """Return a new batch of one claim that waits."""
    who = f"p{desk.seq + 1}"
    at = "2026-07-01 10:00"
    desk.know(member(who), seen(who, at), charge(who, at))
    desk.open(f"2026-07-{desk.seq + 6:02d}")
    desk.bills(who)
    desk.plan()
    return desk.prepare()[-1]


@pytest.fixture(scope="module")
def served(
    metadata: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Server]]:
    """Return a function that gives the API server of an auth manager: one at a time is up."""
    up: dict[str, Any] = {}

    def of(name: str) -> Server:
        if name not in up:
            for other in list(up):
                up.pop(other)[0].__exit__(None, None, None)
            context = getattr(managers, name)(tmp_path_factory.mktemp(name))
            up[name] = (context, context.__enter__())
        found: Server = up[name][1]
        return found

    yield of
    for context, _ in up.values():
        context.__exit__(None, None, None)


def opens(desk: Desk, batch: UUID, who: str) -> None:
    """Let somebody open the list of a batch as it is now."""
    listed.open_for(desk.conn, batch, who, Door("page"))
    desk.conn.commit()


def refusals(desk: Desk, about: UUID) -> list[tuple[str, str, str]]:
    return [
        (row.who, row.act, row.door)
        for row in desk.rows(
            "select who, act, door from operations.refused_act where about_id = %s order by refused_at",
            str(about),
        )
    ]


def decided(desk: Desk, about: UUID) -> list[tuple[str, str, str]]:
    return [
        (row.kind, row.decided_by, row.user_id)
        for row in desk.rows(
            "select kind, decided_by, record ->> 'user_id' as user_id from operations.decision"
            " where about_id = %s",
            str(about),
        )
    ]


@pytest.mark.parametrize("manager", MANAGERS)
def test_who_is_not_asked_is_refused_by_airflow_and_who_may_no_more_by_us(
    manager: str,
    served: Callable[[str], Server],
    desk: Desk,
    batch: UUID,
    dags: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = served(manager)
    biller, deputy = server.ids["biller"], server.ids["deputy"]
    allow(monkeypatch, attest_claims={biller}, see_patients={biller})
    talk = Talk(server, "release_claims", batch)
    strangers = {
        "viewer": "viewer",
        "another": "operator",
        "who may edit every DAG": "clerk",
        "nobody": "",
        "a forged token": forged(server.tokens["biller"], secret="x" * 64),
        "a login that has ended": forged(server.tokens["biller"], ends_in=-60),
    }

    def script() -> None:
        assert talk.opened() == {biller}
        told = {what: talk.says(who, "Refuse", "not mine") for what, who in strangers.items()}
        assert set(told.values()) <= {401, 403}, told
        assert talk.says("biller", "Attest and release") == 200, "not opened yet"
        assert talk.opened() == {biller}
        assert talk.says("biller", "Refuse", "\u200b \u00a0") == 200, "no reason"
        assert talk.opened() == {biller}
        allow(monkeypatch, attest_claims={deputy}, see_patients={deputy})
        assert talk.says("biller", "Refuse", "no longer mine") == 200, "Airflow knows no better"
        assert talk.opened() == {biller}
        assert talk.says("deputy", "Refuse", "not asked") == 403
        assert decided(desk, batch) == []
        allow(monkeypatch, attest_claims={biller})
        assert talk.says("biller", "Refuse", "the charge is wrong") == 200

    ended = talk.goes(dags, script)
    assert ended["attest"] == "success"
    assert decided(desk, batch) == [("refuse", biller, biller)]
    # not opened, without a reason, not allowed any more
    assert refusals(desk, batch) == [
        (biller, act, "question") for act in ("release", "refuse", "refuse")
    ]
    assert talk.says("biller", "Refuse", "again") == 409, "an old question"


@pytest.mark.parametrize("manager", MANAGERS)
def test_who_is_asked_and_has_opened_the_claims_attests_them(
    manager: str,
    served: Callable[[str], Server],
    desk: Desk,
    batch: UUID,
    dags: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = served(manager)
    biller = server.ids["biller"]
    allow(monkeypatch, attest_claims={biller}, see_patients={biller}, pause_sending={biller})
    decisions.record(
        desk.conn, decisions.Request("pause_sending", "sending", "sending", biller, "a test")
    )
    desk.conn.commit()
    talk = Talk(server, "release_claims", batch)

    def script() -> None:
        assert talk.opened() == {biller}
        opens(desk, batch, biller)
        assert talk.says("clerk", "Attest and release") == 403
        assert talk.says("biller", "Attest and release") == 200

    try:
        ended = talk.goes(dags, script)
    finally:
        decisions.record(
            desk.conn, decisions.Request("resume_sending", "sending", "sending", biller, "a test")
        )
        desk.conn.commit()
    assert ended["attest"] == "success"
    assert decided(desk, batch) == [("release", biller, biller)]


def test_where_airflow_lets_everybody_answer_we_do_not(
    served: Callable[[str], Server],
    desk: Desk,
    batch: UUID,
    dags: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = served("all_admins")
    allow(monkeypatch, attest_claims={"biller"}, see_patients={"biller"})
    talk = Talk(server, "release_claims", batch)

    def script() -> None:
        for _ in range(2):
            assert talk.opened() == {"biller"}
            assert talk.says("biller", "Refuse", "I am the biller") == 200
        assert talk.opened() == {"biller"}
        assert decided(desk, batch) == []
        allow(monkeypatch, attest_claims={"Anonymous"})
        assert talk.says("biller", "Refuse", "as nobody in particular") == 200

    assert talk.goes(dags, script)["attest"] == "success"
    assert refusals(desk, batch) == [("Anonymous", "refuse", "question")] * 2
    assert decided(desk, batch) == [("refuse", "Anonymous", "Anonymous")]


@pytest.mark.skipif(
    not HAS_FAB, reason="apache-airflow-providers-fab is not installed: docs/who-may.md"
)
def test_rights_on_one_dag_answer_the_questions_of_that_dag_alone(
    served: Callable[[str], Server],
    desk: Desk,
    batch: UUID,
    dags: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both people have every permission of ours: FAB's roles alone tell them apart."""
    server = served("fab")
    biller, operator = server.ids["biller"], server.ids["operator"]
    both = {biller, operator}
    allow(monkeypatch, attest_claims=both, release_feed=both, see_patients=both)
    claims = Talk(server, "release_claims", batch)

    def of_claims() -> None:
        assert claims.opened() == both
        assert claims.says("operator", "Refuse", "not my DAG") == 403
        assert claims.says("biller", "Refuse", "the charge is wrong") == 200

    assert claims.goes(dags, of_claims)["attest"] == "success"
    assert decided(desk, batch) == [("refuse", biller, biller)]
    feed = stopped(desk)
    feeds = Talk(server, "release_feed", feed)

    def of_feeds() -> None:
        assert feeds.opened() == both
        assert feeds.says("biller", "Reject", "not my DAG") == 403
        assert feeds.says("operator", "Reject", "half of it is missing") == 200

    assert feeds.goes(dags, of_feeds)["ask"] == "success"
    assert decided(desk, feed) == [("reject", operator, operator)]


def stopped(desk: Desk) -> UUID:
    """Let a gate stop a delivery of tonight, with its verdict; returns its id."""
    ((found,),) = desk.rows(
        "update landing.batch set status = 'stopped', loaded_seq = null, rows_received = 7, rows_pending = 7"
        " where known_seq = %s and feed = 'encounter' and source = 'ehr' returning batch_id",
        desk.seq,
    )
    desk.conn.execute(
        "insert into quality.verdict (verdict_id, batch_id, known_seq, suite, verdict, expectations, failed)"
        " values (gen_random_uuid(), %s, %s, 'ehr.encounter', 'stop', 12, 1)",
        (found, desk.seq),
    )
    desk.conn.commit()
    return UUID(str(found))


@pytest.mark.parametrize("manager", MANAGERS)
def test_a_command_is_told_by_airflow_who_logs_in(
    manager: str, served: Callable[[str], Server], tmp_path: Path
) -> None:
    server = served(manager)

    def whose(**said: str) -> str:
        file = tmp_path / "me.json"
        file.write_text(json.dumps(said))
        file.chmod(0o600)
        return logins.log_in(str(file), "", dict(os.environ) | {logins.AIRFLOW: server.url})[
            1
        ].user_id

    for who, user_id in server.ids.items():
        assert whose(token=server.tokens[who]) == user_id
    for who, password in server.passwords.items():
        assert whose(user=who, password=password) == server.ids[who]
    token = server.tokens["clerk"]
    bad = {
        "of another secret": forged(token, secret="y" * 64),
        "that has ended": forged(token, ends_in=-60),
        "of another": forged(
            token, secret="y" * 64, sub=server.ids["biller"], user_id=server.ids["biller"]
        ),
        "cut": token[:-3],
    }
    for said in bad.values():
        with pytest.raises(NotLoggedInError, match="does not take this login"):
            whose(token=said)
    if server.passwords:
        with pytest.raises(NotLoggedInError, match="does not let clerk in"):
            whose(user="clerk", password="guessed")
    assert httpx.get(f"{server.url}/{logins.ME}", trust_env=False).status_code == 401


def test_where_everybody_is_an_admin_a_command_is_given_by_nobody(
    served: Callable[[str], Server], tmp_path: Path
) -> None:
    server = served("all_admins")
    file = tmp_path / "me.json"
    file.write_text(json.dumps({"token": server.tokens["biller"]}))
    file.chmod(0o600)
    _, user = logins.log_in(str(file), "", {logins.AIRFLOW: server.url})
    assert user.user_id == "Anonymous"


def test_the_stand_in_has_the_shape_of_keycloaks_users() -> None:
    real = pytest.importorskip(
        "airflow.providers.keycloak.auth_manager.user",
        reason="apache-airflow-providers-keycloak is not installed: docs/who-may.md",
    ).KeycloakAuthManagerUser
    manager = pytest.importorskip(
        "airflow.providers.keycloak.auth_manager.keycloak_auth_manager"
    ).KeycloakAuthManager
    from airflow.api_fastapi.auth.managers.base_auth_manager import BaseAuthManager

    from tests.dags.doors.stand_in import Account, Accounts

    biller, name = managers.ACCOUNTS["biller"], "biller@clinic.example"
    user = real(user_id=biller, name=name, access_token="", refresh_token=None)
    account = Account(user_id=biller, name=name)
    assert (user.get_id(), user.get_name()) == (account.get_id(), account.get_name())
    assert user.get_id() == biller
    assert set(real.model_fields) == set(Account.model_fields) - {"role", "teams"}
    assert manager.is_authorized_hitl_task is BaseAuthManager.is_authorized_hitl_task
    claims = manager.serialize_user(manager.__new__(manager), user)
    assert claims.items() <= Accounts.serialize_user(Accounts.__new__(Accounts), account).items()
