"""Each page with a telephone number says instead whom nobody may call, and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from airflow.api_fastapi.core_api.security import get_user
from fastapi import FastAPI
from starlette.testclient import TestClient

from throughline import warehouse
from throughline.pages import access, person, routes
from throughline.pages.calls import order, record, work
from throughline.pages.finding import routes as finding
from throughline.programs.kept import Kept
from throughline.told.today import today
from throughline.vocabulary import words as vocabulary

NUMBER, SHOWN = "7165550142", "(716) 555-0142"
DIED, REFUSED = (vocabulary.FACT_KIND.words[kind] for kind in ("death", "opt_out"))


class User:
    """A user of the auth manager, as far as pages ask."""

    def __init__(self, who: str) -> None:
        self.who = who

    def get_id(self) -> str:
        return self.who


Browser = Callable[[str], TestClient]


@pytest.fixture
def browser(conn: warehouse.Connection, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Return a function that opens the pages as a user, in the test's transaction. The nurse sees patients."""

    @contextmanager
    def open_warehouse(connection_id: str) -> Iterator[warehouse.Connection]:
        yield conn

    monkeypatch.setattr(access, "open_warehouse", open_warehouse)
    monkeypatch.setattr(conn, "commit", lambda: None)
    monkeypatch.setattr(
        "throughline.pages.visitor.permitted",
        lambda who, what: who == "nurse" and what in ("see_patients", "record_calls"),
    )
    monkeypatch.setenv("AIRFLOW__API__SECRET_KEY", "secret")
    app = FastAPI()
    routes.install(app)
    for each in (record, work, finding):
        app.include_router(each.router)

    def as_user(who: str) -> TestClient:
        app.dependency_overrides[get_user] = lambda: User(who)
        return TestClient(app)

    return as_user


@pytest.fixture
def whom(conn: warehouse.Connection) -> dict[str, str]:
    """Return a person with one number, whom somebody inside is to call, and what the person's pages are named by."""
    row = conn.execute(
        "select c.case_id::text, c.person_id::text, p.source, p.source_id from tasks.call as c"
        " inner join identity.link as l on l.person_id = c.person_id and l.status = 'active'"
        " inner join core.patient as p on p.source = l.source and p.source_id = l.source_id and p.retracted_seq is null"
        " where c.closed_seq is null and not c.on_hold order by c.due_at, c.case_id limit 1"
    ).fetchone()
    assert row is not None
    case_id, person_id, source, source_id = row
    conn.execute(
        "insert into operations.source (source, title, is_chart) values ('ehr', 'Electronic health record', true)"
    )
    conn.execute(
        "update core.patient set phone = %s where source = %s and source_id = %s",
        (NUMBER, source, source_id),
    )
    conn.execute(
        "insert into tasks.inside (task_id, source, known_seq) select task_id, 'ehr', 3 from tasks.task"
        " where case_id = %s and kind = 'outreach'",
        (case_id,),
    )
    conn.execute(
        "insert into operations.exception (exception_id, about_kind, about_id, case_id, person_id, reason, owner_team,"
        " opened_seq, opened_at, due_at) values (md5('stuck')::uuid, 'case', %s, %s, %s, 'verify_by_hand',"
        " 'care_management', 3, now(), now())",
        (case_id, case_id, person_id),
    )
    (exception_id,) = conn.execute("select md5('stuck')::uuid::text").fetchone() or ("",)
    return {"case": case_id, "person": person_id, "exception": exception_id, "record": source_id}


def tell(conn: warehouse.Connection, whom: dict[str, str], kind: str) -> None:
    """Let the chart state something of the person."""
    conn.execute(
        "insert into evidence.fact (fact_id, subject_source, subject_id, kind, occurred_at, known_seq, source,"
        " source_ref, source_version, batch_id) select gen_random_uuid(), 'ehr', %s, %s, '2026-07-01', 3, 'ehr',"
        " 'known/1', '1', batch_id from landing.batch limit 1",
        (whom["record"], kind),
    )


PAGES = {
    "exception": "/exception/{exception}",
    "call form": "/case/{case}/call",
    "calls": "/calls",
    "case": "/case/{case}",
    "work": "/work?kind=outreach",
    "person": "/person/{person}",
}


def part(page: str, text: str, whom: dict[str, str]) -> str:
    """Return what a page says of one person, but for what the systems have said: their records, the story of a case."""
    if page in ("calls", "work"):
        (row,) = [r for r in re.findall(r"<tr.*?</tr>", text, re.S) if whom["case"] in r]
        return str(row)
    return re.split('id="(?:records|story)"', text)[0]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("said", [DIED, REFUSED, ""], ids=["died", "refused", "may be called"])
def test_a_page_says_not_to_call_instead_of_the_number(
    conn: warehouse.Connection, browser: Browser, whom: dict[str, str], page: str, said: str
) -> None:
    if said:
        tell(conn, whom, "death" if said == DIED else "opt_out")
    answer = browser("nurse").get(PAGES[page].format(**whom))
    assert answer.status_code == 200
    told = part(page, answer.text, whom)
    assert ("Not to call" in told, SHOWN in told) == (bool(said), not said)
    assert [each for each in (DIED, REFUSED) if each in told] == ([said] if said else [])
    # said once: not again among what to know before the call; a narrow page says it in another place
    assert told.count(said) == (2 if page == "work" else 1) or not said


@pytest.mark.parametrize("page", sorted(set(PAGES) - {"person"}))
def test_who_may_not_see_patients_is_not_told_why(
    conn: warehouse.Connection, browser: Browser, whom: dict[str, str], page: str
) -> None:
    tell(conn, whom, "death")
    answer = browser("viewer").get(PAGES[page].format(**whom))
    assert answer.status_code == 200
    assert not [
        each for each in ("Not to call", DIED, SHOWN) if each in part(page, answer.text, whom)
    ]


LINK = "record the call"


def due(text: str) -> tuple[int, int]:
    """Return how many calls a page says are due, and how many more it lists that nobody may make."""
    (calls,) = re.findall(r'class="lead">([0-9,]+) calls? (?:is|are) due', text)
    more = re.findall(r"([0-9,]+) more (?:is|are) listed below", text)
    return int(calls), int(more[0]) if more else 0


def test_calls_that_nobody_may_make_are_counted_apart_and_come_after_the_others(
    conn: warehouse.Connection, browser: Browser, whom: dict[str, str]
) -> None:
    text = browser("nurse").get("/calls").text
    calls, more = due(text)
    assert more == 0
    first = re.findall(r"<tr.*?</tr>", text, re.S)[1]
    assert whom["case"] in first, "the first of all"
    tell(conn, whom, "death")
    text = browser("nurse").get("/calls").text
    assert due(text) == (calls - 1, 1)
    assert "1 more is listed below whose patient is not to be called" in text
    assert LINK not in part("calls", text, whom)
    assert 'class="late"' not in part("calls", text, whom)
    rows = re.findall(r"<tr.*?</tr>", text, re.S)[1:]
    at = next(place for place, row in enumerate(rows) if whom["case"] in row)
    assert ["on hold" in row for row in rows] == [place > at for place in range(len(rows))]
    viewer = browser("viewer").get("/calls").text
    assert due(viewer) == (calls, 0), "neither the number nor the order tells it"
    assert whom["case"] in re.findall(r"<tr.*?</tr>", viewer, re.S)[1]


def test_the_hits_of_a_search_say_not_to_call_of_whom_nobody_may(
    conn: warehouse.Connection, browser: Browser, whom: dict[str, str]
) -> None:
    conn.execute(
        "update core.patient set phone = %s where source = 'ehr' and source_id = (select max(source_id)"
        " from core.patient where source = 'ehr' and source_id <> %s)",
        (NUMBER, whom["record"]),
    )
    nurse = browser("nurse")

    def hits() -> list[str]:
        (token,) = re.findall(r'name="token" value="([^"]+)"', nurse.get("/search").text)
        # the number is what is searched for, whether or not it is shown
        found = nurse.post("/search", data={"said": SHOWN, "token": token}).text
        return sorted(
            (row for row in re.findall(r"<tr.*?</tr>", found, re.S) if "/person/" in row),
            key=lambda row: whom["person"] not in row,
        )

    assert [SHOWN in row for row in hits()] == [True, True]
    tell(conn, whom, "death")
    died, other = hits()
    assert f"<b>Not to call:</b> {DIED}" in died
    assert SHOWN not in died
    assert SHOWN in other
    assert "Not to call" not in other


@pytest.mark.parametrize("kind", ["outreach", "scheduling", "documentation"])
def test_work_that_takes_a_call_to_whom_nobody_may_comes_after_the_rest(
    conn: warehouse.Connection,
    browser: Browser,
    whom: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setattr(work, "SIZE", 1000)
    conn.execute(
        "insert into tasks.inside (task_id, source, known_seq) select task_id, 'ehr', 3 from tasks.task"
        " where kind = 'outreach' and closed_seq is null on conflict do nothing"
    )
    conn.execute("update tasks.task set kind = %s where kind = 'outreach'", (kind,))
    page = f"/work?kind={kind}"
    before = browser("nurse").get(page).text
    rows = re.findall(r"<tr.*?</tr>", before, re.S)[1:]
    assert whom["case"] in rows[0]
    assert '<span class="narrow">; ' not in before, "nothing stands before the owner"
    assert ("not to be called" in before, LINK in rows[0]) == (False, kind == "outreach")
    tell(conn, whom, "death")
    told = browser("nurse").get(page).text
    rows = re.findall(r"<tr.*?</tr>", told, re.S)[1:]
    last = whom["case"] in rows[-1]
    assert last is (kind != "documentation")
    own = rows[-1] if last else rows[0]
    assert ("1 of them, after the others, takes a call" in told, LINK in own) == (last, False)
    assert "Not to call" in own
    viewer = browser("viewer").get(page).text
    assert "not to be called" not in viewer
    assert whom["case"] in re.findall(r"<tr.*?</tr>", viewer, re.S)[1]


def test_the_hits_fit_on_a_phone(
    conn: warehouse.Connection, browser: Browser, whom: dict[str, str]
) -> None:
    nurse = browser("nurse")
    (token,) = re.findall(r'name="token" value="([^"]+)"', nurse.get("/search").text)
    found = nurse.post("/search", data={"said": "Family2", "token": token}).text
    row = next(row for row in re.findall(r"<tr.*?</tr>", found, re.S) if "/person/" in row)
    narrow = re.findall(r'<span class="narrow">born \d\d \w{3} \d{4}; record (MRN\d+)</span>', row)
    wide = re.findall(r'<td class="(?:nowrap )?wide">(.*?)</td>', row)
    assert [wide[1]] == narrow, "the day of birth and the record number stand below the name"
    assert len(re.findall("<td>", row)) == 1, "beside the name the telephone alone"


def test_what_forbids_a_call_is_found_by_an_index(conn: warehouse.Connection) -> None:
    """A list of thousands asks for all of them: without it, each page read all facts of each patient."""
    row = conn.execute(
        "select pg_get_indexdef('evidence.fact_stops'::regclass),"
        " pg_get_functiondef('tasks.not_called(uuid[], timestamptz)'::regprocedure)"
    ).fetchone()
    assert row is not None
    index, function = row
    assert "(subject_source, subject_id)" in index
    (asked,) = re.findall(r"and f\.kind in \(([^)]*)\)", function)
    assert set(re.findall(r"'(\w+)'", asked)) == set(re.findall(r"'(\w+)'::text", index))


def test_the_order_of_a_list_is_kept_until_a_step_of_a_night_ends_and_what_a_row_says_is_not(
    conn: warehouse.Connection,
    browser: Browser,
    whom: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(order, "_kept", Kept(12, order.SECONDS))
    now = today(conn)

    def stopped() -> list[int]:
        lists = (
            order.of_calls(conn, now, sees_patients=True),
            order.of_work(conn, now, "outreach", sees_patients=True),
        )
        return [one.stopped for one in lists]

    assert stopped() == [0, 0]
    tell(conn, whom, "death")
    assert stopped() == [0, 0], "no step has ended"
    assert DIED in browser("nurse").get("/calls").text
    conn.execute(
        "insert into operations.step (seq, step, part, status, started_at, finished_at)"
        " values (%s, 'assert_facts', 'again', 'done', clock_timestamp(), clock_timestamp())",
        (now.seq,),
    )
    assert stopped() == [1, 1]
    assert order.of_calls(conn, now, sees_patients=False).stopped == 0


def test_a_task_that_ended_since_its_list_was_put_in_order_is_not_shown(
    conn: warehouse.Connection, whom: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "_kept", Kept(12, order.SECONDS))
    now = today(conn)

    def shown() -> list[bool]:
        calls = person.calls(conn, now, 1, sees_patients=True)
        inside = work.items(conn, "outreach", 1, now, sees_patients=True)
        return [whom["case"] in {one.case_id for one in each} for each in (calls, inside)]

    assert shown() == [True, True]
    conn.execute("update tasks.task set closed_seq = 3 where case_id = %s", (whom["case"],))
    assert shown() == [False, False]
