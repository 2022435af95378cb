"""Measures how long the pages behind login take over the warehouse of one size: `python -m tests.benchmark.pages FILE`.

The environment says where the warehouse is, as it does for Airflow's API server; Airflow's own database is an empty
file in its home. Each page is asked for over the plugin's app, in this process, without a network. FILE gets as JSON
what `measure` returns.
"""

from __future__ import annotations

import importlib.util
import json
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import psutil
from starlette.testclient import TestClient

ROOT = Path(__file__).parents[2]
WHO = "operator"
WARM, TIMES = 3, 21
FIRST_LETTERS = 3
"""Of the name that the search of many hits looks for."""


@dataclass(frozen=True)
class Page:
    """A page: its name in the table, its route in the app, and the address that is asked for.

    `{case}` and the like are chosen in the warehouse; `{last}` is the last page of the list at `address` without it.
    """

    name: str
    route: str
    address: str = ""

    @property
    def asked(self) -> str:
        """The address, which is the route if nothing else is said."""
        return self.address or self.route


PAGES = (
    Page("morning", "/{path:path}", "/latest.html"),
    Page("whom to call", "/calls"),
    Page("whom to call, the last page", "/calls", "/calls?page={last}"),
    Page("work, calls", "/work", "/work?kind=outreach"),
    Page("work, calls, the last page", "/work", "/work?kind=outreach&page={last}"),
    Page("work, visits to bill", "/work", "/work?kind=billing"),
    Page("work, visits to bill, the last page", "/work", "/work?kind=billing&page={last}"),
    Page("exceptions", "/exceptions"),
    Page("exceptions, the last page", "/exceptions", "/exceptions?page={last}"),
    Page("exceptions of a reason", "/exceptions", "/exceptions?reason={reason}&due=today&mine=1"),
    Page("exception", "/exception/{number}", "/exception/{exception}"),
    Page("form of an act", "/exception/{number}/{act}", "/exception/{exception}/{act}"),
    Page("case", "/case/{number}", "/case/{case}"),
    Page("form of a call", "/case/{number}/call", "/case/{case}/call"),
    Page("what was stated", "/case/{number}/stated", "/case/{case}/stated"),
    Page("person", "/person/{person_id}", "/person/{person}"),
    Page("claims to release", "/claims"),
    Page("sending", "/sending"),
    Page("observed", "/observed"),
    Page("nights", "/nights"),
    Page("decisions", "/decisions"),
    Page("closed exceptions", "/exceptions/closed"),
    Page("what can be known", "/readiness"),
    Page("drafts of workflows", "/drafts"),
    Page("a draft of a workflow", "/drafts/{name}", "/drafts/transitional_care"),
    Page("first load", "/first-load"),
    Page("night", "/night/{seq}", "/night/{night}"),
    Page("run", "/run", "/run?dag_id=build_cases&run_id={run}"),
    Page("search", "/search"),
)
SEARCHED = "/search/{reference}"
"""The route of what a search finds: four are measured, each from its form."""
ELSEWHERE = {
    "/claims/{number}": "the page of a batch, in a warehouse of its own (tests/benchmark/batch.py)",
    "/": "the morning, by another address",
    "/health": "one word for a monitor, without login",
    "/me": "one line for the commands",
}
"""Routes that no page here asks for, and why."""

_CHOSEN = """
    select
        (select max(n.seq) from operations.night as n) as night,
        x.reason,
        x.exception_id::text as exception,
        c.case_id::text as case,
        c.person_id::text as person,
        (
            select i.value from identity.link as l
            inner join identity.identifier as i on i.source = l.source and i.source_id = l.source_id
            where l.person_id = c.person_id and i.retired_seq is null order by i.system, i.value limit 1
        ) as number,
        p.family,
        p.phone
    from (
        select o.reason, o.exception_id from operations.exception as o
        where o.status = 'open' order by o.case_id is null, o.opened_at, o.exception_id limit 1
    ) as x
    cross join lateral (
        select k.case_id, k.person_id from cases.case_record as k
        order by (select count(*) from cases.event as e where e.case_id = k.case_id) desc, k.case_id limit 1
    ) as c
    cross join lateral (
        select r.family, r.phone from core.patient as r
        inner join identity.link as l on l.source = r.source and l.source_id = r.source_id
        where l.person_id = c.person_id and r.retracted_seq is null order by r.phone limit 1
    ) as p
"""


class _User:
    """Who is logged in, as far as the pages ask."""

    def get_id(self) -> str:
        return WHO


def _plugin() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "pages", ROOT / "include/throughline/pages/site/__init__.py"
    )
    if spec is None or spec.loader is None:
        raise ImportError("the plugin of the pages is not there")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def routes(app: Any) -> set[str]:
    """Return the routes of an app that a browser looks at."""
    return {route.path for route in app.routes if "GET" in (getattr(route, "methods", None) or ())}


def _asked(browser: TestClient) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield each page's name and what asks for it. Raises `RuntimeError` if the warehouse has nothing to look at."""
    from psycopg.rows import dict_row

    from throughline.pages.access import reading

    with reading() as conn, conn.cursor(row_factory=dict_row) as cursor:
        chosen = cursor.execute(_CHOSEN).fetchone()
    if chosen is None:
        raise RuntimeError("the warehouse holds no case and no exception to look at")
    form = browser.get(f"/exception/{chosen['exception']}").text
    acts = re.findall(rf"/exception/{chosen['exception']}/([a-z_]+)\"", form)
    chosen |= {"act": acts[0] if acts else "acknowledge", "run": _RUN}

    def get(path: str) -> Callable[[], Any]:
        return lambda: browser.get(path)

    for page in PAGES:
        address = page.asked
        if "{last}" in address:
            first = browser.get(re.sub(r"[?&]page=\{last\}", "", address)).text
            pages = re.findall(r"Page 1 of ([\d,]+)", first)
            address = address.replace("{last}", pages[0].replace(",", "") if pages else "1")
        yield page.name, get(address.format(**chosen))
    telephone, family = str(chosen["phone"] or ""), str(chosen["family"])
    yield "search, by record number", _search(browser, str(chosen["number"]))
    yield "search, by name", _search(browser, family)
    if telephone:
        typed = f"({telephone[:3]}) {telephone[3:6]}-{telephone[6:]}"
        yield "search, by telephone", _search(browser, typed)
    yield "search, many hits", _search(browser, family[:FIRST_LETTERS])


def _search(browser: TestClient, said: str) -> Callable[[], Any]:
    (token,) = re.findall(r'name="token" value="([^"]+)"', browser.get("/search").text)

    def searched() -> Any:
        sent_on = browser.post("/search", data={"said": said, "token": token})
        # what was asked for is there when the hits are, or the page of the only one
        return browser.get(sent_on.headers["location"])

    return searched


_RUN = "measured"


def _airflow() -> Any:
    """Make Airflow's own database with one run in it, and return what shows every DAG to everybody."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.db import initdb
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunType

    initdb()
    with create_session() as session:
        session.add(DagRun(dag_id="build_cases", run_id=_RUN, run_type=DagRunType.MANUAL))
    rights = SimpleNamespace(is_authorized_dag=lambda **_: True)
    return mock.patch("throughline.pages.runs.nightly.get_auth_manager", return_value=rights)


def measure(
    asked: Callable[[TestClient], Iterator[tuple[str, Callable[[], Any]]]] = _asked,
) -> list[dict[str, Any]]:
    """Return of each page what `_timed` says. Raises `RuntimeError` for an error page."""
    from airflow.api_fastapi.core_api.security import get_user

    plugin = _plugin()
    plugin.app.dependency_overrides[get_user] = _User
    with _airflow(), TestClient(plugin.app, follow_redirects=False) as browser:
        server = _server()
        return [_timed(name, ask, server) for name, ask in asked(browser)]


def _server() -> psutil.Process:
    """Return the process of PostgreSQL that starts those of its connections."""
    from throughline.pages.access import reading

    with reading() as conn:
        row = conn.execute("select pg_backend_pid()").fetchone()
    if row is None:
        raise RuntimeError("the warehouse does not answer")
    started_by = psutil.Process(row[0]).parent()
    if started_by is None:
        raise RuntimeError("the server of this warehouse is not on this machine")
    return started_by


def _processor(server: psutil.Process) -> float:
    """Return the processor time of the server's processes so far, also of those that ended, in milliseconds."""
    ended = server.cpu_times()
    taken = (ended.children_user + ended.children_system) * 1000
    for child in server.children():
        try:
            # in nanoseconds; `cpu_times` counts by hundredths of a second
            taken += int(Path(f"/proc/{child.pid}/schedstat").read_text().split()[0]) / 1e6
        except (FileNotFoundError, ProcessLookupError):
            continue
    return taken


def _timed(name: str, ask: Callable[[], Any], server: psutil.Process) -> dict[str, Any]:
    """Return a page's name, milliseconds and bytes.

    Milliseconds: of the first answer, the median and the slowest of later ones; and of the processor, here and in
    PostgreSQL, of a later one on average.
    """
    answer, first = _answered(name, ask)
    for _ in range(WARM - 1):
        _answered(name, ask)
    own, theirs = time.process_time(), _processor(server)
    timed = [_answered(name, ask)[1] for _ in range(TIMES)]
    own, theirs = time.process_time() - own, _processor(server) - theirs
    return {
        "page": name,
        "first": first,
        "median": statistics.median(timed),
        "slowest": max(timed),
        "own": own * 1000 / TIMES,
        "postgres": theirs / TIMES,
        "bytes": len(answer.content),
    }


def _answered(name: str, ask: Callable[[], Any]) -> tuple[Any, float]:
    begun = time.perf_counter()
    answer = ask()
    taken = (time.perf_counter() - begun) * 1000
    if answer.status_code not in (200, 303):
        raise RuntimeError(f"the page {name!r} answered {answer.status_code}")
    return answer, taken


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(measure()), encoding="utf-8")
