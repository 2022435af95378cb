"""Each role of the warehouse tries what it must not do, as itself and on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import CheckViolation, InsufficientPrivilege, RaiseException, RestrictViolation

from stack import postgres
from tests.contracts import meaning, rights
from tests.warehouse.morning import CLAIMS, MORNING
from throughline import warehouse

LOADER, LOOP = "throughline_loader", "throughline_loop"
READER, DECIDER = "throughline_reader", "throughline_decider"

DECIDE = "select operations.decide(%s, 'ann', 'retry', 'exception', 'e1', 'why', '{}', %s, %s)"


@pytest.fixture(scope="module")
def address(
    kept_warehouse: Callable[[], str], warehouse_server: postgres.Server
) -> Callable[[str], str]:
    """Return a function that gives a role's DSN of a warehouse with a morning in it."""
    dsn = kept_warehouse()
    with warehouse.connect(dsn) as conn:
        conn.execute(MORNING)
    return lambda role: warehouse_server.dsn(role, str(conninfo_to_dict(dsn)["dbname"]))


@pytest.fixture(params=postgres.WAREHOUSE_ROLES)
def role(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def own(address: Callable[[str], str], role: str) -> Iterator[warehouse.Connection]:
    """Return the role's own connection; rolled back after the test."""
    with warehouse.connect(address(role)) as conn:
        yield conn
        conn.rollback()


FORBIDDEN = (
    # decisions
    "insert into operations.decision select * from operations.decision",
    "update operations.decision set decided_by = 'somebody else'",
    "update operations.decision set note = 'other', known_seq = known_seq",
    "delete from operations.decision",
    "truncate operations.decision",
    "update operations.shown set digest = 'x'",
    # what was received
    "update landing.file set sha256 = repeat('0', 64)",
    "update landing.file set bytes = 0",
    "delete from landing.file",
    "delete from landing.batch",
    "update landing.batch set sha256 = ''",
    # facts of a night that others build on
    "delete from evidence.fact where known_seq = 1",
    "update evidence.fact set occurred_at = now()",
    "update evidence.fact set kind = 'death'",
    # what goes out
    "update tasks.transmission set payload = ''",
    "update tasks.transmission set payload_sha256 = repeat('0', 64)",
    "update tasks.transmission set effect_key = 'x'",
    "update tasks.transmission set intended_at = now()",
    "update tasks.transmission set outcome = 'accepted'",
    "insert into tasks.transmission (transmission_id, effect_key, kind, target, attempt, payload, payload_sha256,"
    " planned_seq, intended_at, outcome) values (gen_random_uuid(), 'x', 'outreach', 'ehr', 1, '', '', 3, now(),"
    " 'accepted')",
    "select tasks.set_outcome(transmission_id, 'rejected', 3, 'no') from tasks.transmission"
    " where outcome = 'accepted'",
    "delete from tasks.transmission",
    "update tasks.claim_batch set payload = ''",
    "update tasks.claim_batch set payload_sha256 = repeat('0', 64)",
    "delete from tasks.claim_batch",
    "update tasks.claim set content = '{}'",
    "delete from tasks.claim",
    "delete from tasks.event",
    # nights
    "update operations.night set state_digest = 'x'",
    "update operations.night set plan_digest = null",
    "select operations.close(1, 'x', 'y')",
    "update operations.night set cut_off = now()",
    "delete from operations.night",
    "delete from operations.step",
    "update cases.digest set total = 0",
    # a function that runs as its owner, on a table of one's own
    *(
        f"create trigger mine after insert on pg_temp.mine for each row execute function {name}()"
        for name in ("cases.keep_case_digest", "cases.keep_stage_digest", "operations.add_to_chain")
    ),
    # what was restored, chained, opened, looked at and refused
    "insert into operations.restored (backup_taken_at, newest_seq, lost_until, last_control_number)"
    " values ('-infinity', 0, 'infinity', 0)",
    "update operations.restored set lost_until = '-infinity'",
    "delete from operations.restored",
    "insert into operations.chain select * from operations.chain",
    "update operations.chain set about_id = 'x'",
    "truncate operations.chain",
    "insert into operations.opened (who, about_kind, about_id, digest, door) values ('ann', 'claim_batch', 'b', 'x',"
    " 'page')",
    "update operations.opened set who = 'bob'",
    "delete from operations.opened",
    "insert into operations.looked (who, page, person_id) values ('bob', 'person', gen_random_uuid())",
    "update operations.looked set who = 'bob'",
    "truncate operations.looked",
    "update operations.refused_act set who = 'bob'",
    "delete from operations.refused_act",
    "update tasks.batch_list set told = ''",
    "delete from tasks.batch_list",
    # the guards themselves
    "alter table operations.decision disable trigger all",
    "drop trigger outcome_is_kept on tasks.transmission",
    "create or replace function operations.refuse_change() returns trigger as '' language sql",
    "create table operations.mine (id int)",
    "set session_replication_role = replica",
    "set role throughline_owner",
)
"""Statements that no role of the night, and no person's login, can execute."""


@pytest.mark.parametrize("statement", [pytest.param(each, id=each[:70]) for each in FORBIDDEN])
def test_no_role_does_what_it_must_not(own: warehouse.Connection, statement: str) -> None:
    own.execute("create temp table mine (id int)")
    with pytest.raises((InsufficientPrivilege, RaiseException, RestrictViolation)):
        own.execute(statement.encode())


AS_OWNER = {
    "cases.keep_case_digest": set(),
    "cases.keep_stage_digest": set(),
    "operations.add_to_chain": set(),
    "operations.close": {LOOP},
    "operations.decide": {DECIDER},
    "operations.forget_looks": {DECIDER},
    "operations.keep_opening": {DECIDER},
    "operations.look": {READER},
    "operations.looks_before": {DECIDER, READER, LOOP},
    "operations.refresh_statistics": {LOADER, LOOP},
    "staging.refresh_statistics": {LOADER},
    "tasks.set_outcome": {LOOP},
}
"""Functions that run as their owner, and the roles that may execute them."""


def test_what_runs_as_its_owner_is_known_and_no_role_gets_another(
    address: Callable[[str], str],
) -> None:
    """A new function of this kind is named here, with who needs it."""
    roles = [LOADER, LOOP, READER, DECIDER]
    with warehouse.connect(address(postgres.SUPERUSER)) as conn:
        rows = conn.execute(
            "select n.nspname || '.' || p.proname, array(select r from unnest(%s::text[]) as r"
            " where has_function_privilege(r, p.oid, 'execute'))"
            " from pg_proc as p inner join pg_namespace as n on n.oid = p.pronamespace"
            " where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')",
            (roles,),
        ).fetchall()
    assert {name: set(may) for name, may in rows} == AS_OWNER


def test_what_runs_as_its_owner_looks_last_among_what_its_caller_made(
    address: Callable[[str], str],
) -> None:
    """https://www.postgresql.org/docs/18/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY (read 2026-11-29)."""
    with warehouse.connect(address(postgres.SUPERUSER)) as conn:
        rows = conn.execute(
            "select p.oid::regprocedure::text, p.proconfig from pg_proc as p"
            " where p.prosecdef and p.pronamespace <> 'pg_catalog'::regnamespace"
        ).fetchall()
    assert len(rows) >= len(AS_OWNER)
    assert [row for row in rows if row[1] != ["search_path=pg_catalog, pg_temp"]] == []


@pytest.mark.parametrize(
    ("role", "longest", "statement"),
    [
        (READER, 512, "select operations.look(%s, 'person', array[gen_random_uuid()], '')"),
        (READER, 200, "select operations.look('ann', 'person', array[gen_random_uuid()], %s)"),
        (DECIDER, 512, "select operations.keep_opening(%s, 'claim_batch', 'b', 'x', 'page', '{}')"),
        (
            DECIDER,
            200,
            "select operations.keep_opening('ann', 'claim_batch', %s, 'x', 'page', '{}')",
        ),
        (
            DECIDER,
            512,
            "select operations.decide(gen_random_uuid(), %s, 'retry', 'exception', 'e', '', '{}', 'page', '{}')",
        ),
        (
            DECIDER,
            512,
            "insert into operations.refused_act (who, act, about_kind, about_id, permission, why, door)"
            " values (%s, 'retry', 'exception', 'e', 'p', 'w', 'page')",
        ),
    ],
)
def test_no_login_fills_the_log_under_what_is_no_id(
    address: Callable[[str], str], role: str, longest: int, statement: str
) -> None:
    with warehouse.connect(address(role)) as conn:
        conn.execute(statement.encode(), ("x" * longest,))
        conn.rollback()
        with pytest.raises(CheckViolation):
            conn.execute(statement.encode(), ("x" * (longest + 1),))
        conn.rollback()


@pytest.mark.parametrize("role", [LOADER, LOOP], indirect=True)
def test_no_role_has_a_function_of_its_own_run_as_the_owner(own: warehouse.Connection) -> None:
    own.execute(
        "create function pg_temp.mine() returns real language plpgsql as"
        " $$ begin raise exception 'runs as %', current_user; end $$"
    )
    own.execute(
        "create temp view pg_class as select oid, pg_temp.mine() as reltuples from pg_catalog.pg_class"
    )
    own.execute("grant all on pg_temp.pg_class to public")
    own.execute("select operations.refresh_statistics('evidence.fact', 1000000)")


def test_the_reader_writes_nothing_and_no_role_of_the_night_writes_anothers_rows(
    address: Callable[[str], str],
) -> None:
    with warehouse.connect(address(postgres.SUPERUSER)) as conn:
        rows = conn.execute(
            "select r.name, c.oid::regclass::text, p.name from unnest(%s::text[]) as r (name)"
            " cross join pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
            " cross join unnest(array['insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as p (name)"
            " where c.relkind in ('r', 'p', 'v', 'm') and n.nspname !~ '^(pg_|information_schema)'"
            " and (has_table_privilege(r.name, c.oid, p.name)"
            " or p.name in ('insert', 'update') and has_any_column_privilege(r.name, c.oid, p.name))",
            ([LOADER, LOOP, READER, DECIDER],),
        ).fetchall()
    wrong = [
        (role, table, right)
        for role, table, right in rows
        if role == READER
        or right in ("truncate", "references", "trigger")
        or (role != LOADER and table.partition(".")[0] in ("core", "staging"))
    ]
    assert wrong == []


@pytest.mark.parametrize("role", [LOADER, LOOP, READER], indirect=True)
def test_only_the_decider_can_decide(own: warehouse.Connection) -> None:
    with pytest.raises(InsufficientPrivilege):
        own.execute(DECIDE, (uuid4(), "page", "{}"))


@pytest.mark.parametrize("role", [DECIDER], indirect=True)
def test_a_decision_carries_its_login_and_time(own: warehouse.Connection) -> None:
    decision_id = uuid4()
    (begun,) = own.execute("select clock_timestamp()").fetchall()[0]
    given = (decision_id, "page", '{"user_id": "7"}')
    assert own.execute(DECIDE, given).fetchone() == (True,)
    assert own.execute(DECIDE, given).fetchone() == (False,)
    ((login, at, record, seq),) = own.execute(
        "select login, decided_at, record, known_seq from operations.decision where decision_id = %s",
        (decision_id,),
    ).fetchall()
    assert (login, record, seq) == (DECIDER, {"user_id": "7"}, None)
    assert at >= begun


@pytest.mark.parametrize("role", [DECIDER], indirect=True)
def test_a_decision_comes_in_through_a_door_that_there_is(own: warehouse.Connection) -> None:
    with pytest.raises(CheckViolation):
        own.execute(DECIDE, (uuid4(), "before", "{}"))


@pytest.mark.parametrize("role", [LOOP], indirect=True)
def test_a_night_takes_a_decision_once_and_changes_nothing_of_it(
    own: warehouse.Connection, address: Callable[[str], str]
) -> None:
    with warehouse.connect(address(DECIDER)) as conn:
        conn.execute(DECIDE, (uuid4(), "page", "{}"))
    assert own.execute("update operations.decision set known_seq = 3 where known_seq is null")
    with pytest.raises(RaiseException, match="append-only"):
        own.execute("update operations.decision set known_seq = 4")


def test_each_role_has_the_rights_that_its_statements_need_and_no_other(
    address: Callable[[str], str], warehouse_server: postgres.Server
) -> None:
    with warehouse.connect(address(postgres.SUPERUSER)) as conn:
        needed = rights.needed(meaning.look(conn).columns)
        granted = rights.granted(conn)
    for role in (LOADER, LOOP, DECIDER):
        assert needed[role] - granted[role] == set(), f"{role} lacks what a statement of it needs"
        assert granted[role] - needed[role] == set(), f"{role} may do what none of it does"


# ---- what each of them must be able to do ------------------------------------------------------


@pytest.mark.parametrize("role", [LOOP], indirect=True)
def test_an_outcome_is_recorded_once_and_what_is_uncertain_is_settled(
    own: warehouse.Connection,
) -> None:
    own.execute(
        "insert into tasks.transmission (transmission_id, effect_key, kind, target, attempt, payload,"
        " payload_sha256, planned_seq, intended_at)"
        " values (%s, 'new', 'outreach', 'ehr', 1, 'x', encode(sha256('x'), 'hex'), 3, now())",
        (key := uuid4(),),
    )
    own.execute("update tasks.transmission set sent_at = now() where transmission_id = %s", (key,))

    def set_outcome(outcome: str) -> None:
        with own.transaction():
            own.execute("select tasks.set_outcome(%s, %s, 3, null)", (key, outcome))

    set_outcome("uncertain")
    for wrong in ("withheld", "intended"):
        with pytest.raises(RestrictViolation, match="may have arrived"):
            set_outcome(wrong)
    set_outcome("accepted")
    for late in ("accepted", "rejected", "uncertain"):
        with pytest.raises(RestrictViolation, match="stays so"):
            set_outcome(late)
    with pytest.raises(RestrictViolation):
        own.execute("update tasks.transmission set sent_at = now() where effect_key = 'new'")


@pytest.mark.parametrize("role", [LOOP], indirect=True)
def test_the_newest_night_is_closed_once(own: warehouse.Connection) -> None:
    for _ in range(2):
        own.execute("select operations.close(3, 's', 'p')")
    with pytest.raises(RestrictViolation, match="is closed"):
        own.execute("select operations.close(3, 'other', 'p')")


@pytest.mark.parametrize("role", [LOOP], indirect=True)
def test_a_night_undoes_its_own_facts_until_a_later_one_builds_on_them(
    own: warehouse.Connection,
) -> None:
    assert own.execute("delete from evidence.fact where known_seq = 3").rowcount > 0
    own.rollback()
    with pytest.raises(RestrictViolation, match="later nights build on it"):
        own.execute("delete from evidence.fact where known_seq = 2")


def test_not_even_the_owner_changes_what_was_received_released_sent_or_closed(
    address: Callable[[str], str],
) -> None:
    with warehouse.connect(address(postgres.SUPERUSER)) as conn:
        conn.execute(CLAIMS)
        conn.execute(
            "update tasks.claim_batch set status = 'refused', decision_id = gen_random_uuid()"
        )
        for statement in (
            "update landing.file set sha256 = repeat('0', 64)",
            "delete from landing.file",
            "update tasks.transmission set payload = ''",
            "delete from tasks.transmission",
            "update tasks.claim_batch set payload = ''",
            "update tasks.claim_batch set decision_id = gen_random_uuid()",
            "delete from tasks.claim_batch",
            "update operations.night set state_digest = 'x'",
            "delete from operations.night",
        ):
            with pytest.raises(RestrictViolation), conn.transaction():
                conn.execute(statement.encode())
        conn.rollback()
