"""Measures how long the pages behind login take over the warehouse of one size: `python -m tests.benchmark.pages FILE`.

The environment says where the warehouse is, as it does for Airflow's API server. Each page is asked for over the
plugin's app, in this process, without a network; the median and the slowest of its answers, in milliseconds, are
written to FILE as JSON, with the bytes of the page.
"""

from __future__ import annotations

import importlib.util
import json
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from starlette.testclient import TestClient

ROOT = Path(__file__).parents[2]
WHO = "operator"
WARM, TIMES = 3, 21
FIRST_LETTERS = 3
"""Of the name that the search of many hits looks for."""

_CHOSEN = """
    select
        (select exception_id from operations.exception where status = 'open' order by opened_at limit 1),
        c.case_id,
        c.person_id,
        (
            select i.value from identity.link as l
            inner join identity.identifier as i on i.source = l.source and i.source_id = l.source_id
            where l.person_id = c.person_id and i.retired_seq is null order by i.system, i.value limit 1
        ),
        (
            select array[p.family, p.phone] from core.patient as p
            inner join identity.link as l on l.source = p.source and l.source_id = p.source_id
            where l.person_id = c.person_id and p.retracted_seq is null order by p.phone limit 1
        )
    from cases.case_record as c
    order by (select count(*) from cases.event as e where e.case_id = c.case_id) desc, c.case_id
    limit 1
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


def _asked(browser: TestClient) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield each page's name and what asks for it."""
    from throughline.pages.access import reading

    with reading() as conn:
        row = conn.execute(_CHOSEN).fetchone()
    if row is None:
        raise RuntimeError("the warehouse holds no case to look at")
    exception, case, person, number, (family, telephone) = row

    def get(path: str) -> Callable[[], Any]:
        return lambda: browser.get(path)

    def search(said: str) -> Callable[[], Any]:
        (token,) = re.findall(r'name="token" value="([^"]+)"', browser.get("/search").text)

        def searched() -> Any:
            sent_on = browser.post("/search", data={"said": said, "token": token})
            # what was asked for is there when the hits are, or the page of the only one
            return browser.get(sent_on.headers["location"])

        return searched

    yield "morning", get("/latest.html")
    yield "whom to call", get("/calls")
    yield "exceptions", get("/exceptions")
    if exception is not None:
        yield "exception", get(f"/exception/{exception}")
    yield "case", get(f"/case/{case}")
    yield "person", get(f"/person/{person}")
    yield "search, by record number", search(str(number))
    yield "search, by name", search(str(family))
    if telephone:
        yield "search, by telephone", search(f"({telephone[:3]}) {telephone[3:6]}-{telephone[6:]}")
    yield "search, many hits", search(str(family)[:FIRST_LETTERS])
    yield "claims to release", get("/claims")


def measure(
    asked: Callable[[TestClient], Iterator[tuple[str, Callable[[], Any]]]] = _asked,
) -> list[dict[str, Any]]:
    """Return name, median and slowest milliseconds, and bytes of each page. Raises `RuntimeError` for an error page."""
    from airflow.api_fastapi.core_api.security import get_user

    plugin = _plugin()
    plugin.app.dependency_overrides[get_user] = _User
    with TestClient(plugin.app, follow_redirects=False) as browser:
        return [_timed(name, ask) for name, ask in asked(browser)]


def _timed(name: str, ask: Callable[[], Any]) -> dict[str, Any]:
    taken = []
    for _ in range(WARM + TIMES):
        begun = time.perf_counter()
        answer = ask()
        taken.append((time.perf_counter() - begun) * 1000)
        if answer.status_code not in (200, 303):
            raise RuntimeError(f"the page {name!r} answered {answer.status_code}")
    timed = taken[WARM:]
    return {
        "page": name,
        "median": statistics.median(timed),
        "slowest": max(timed),
        "bytes": len(answer.content),
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(measure()), encoding="utf-8")
