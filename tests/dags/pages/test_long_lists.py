"""A list that is longer than a page: each row stands on one of its pages, in one order, and each says how many."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from stack import postgres
from throughline import warehouse

CASE = re.compile(r'href="/case/([0-9a-f-]{36})">case <code>')
NEXT = re.compile(r'<a class="button" href="([^"]+)">Next</a>')
PAGES = re.compile(r"Page ([\d,]+) of ([\d,]+)")


def walked(browser: TestClient, address: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Follow *Next* to the last page; returns the cases in their order, and which of how many pages each says it is."""
    cases, said = [], []
    while address:
        page = browser.get(address)
        assert page.status_code == 200
        cases += CASE.findall(page.text)
        said += PAGES.findall(page.text)
        found = NEXT.findall(page.text)
        address = found[0].replace("&amp;", "&") if found else ""
    return cases, said


@pytest.fixture
def inside(server: postgres.Server) -> None:
    """Every open task of the morning stays inside."""
    with warehouse.connect(server.dsn()) as conn:
        conn.execute(
            "insert into tasks.inside (task_id, source, known_seq) select task_id, 'ehr', planned_seq from tasks.task"
            " where closed_seq is null on conflict do nothing"
        )


@pytest.mark.parametrize(
    ("address", "size"),
    [
        ("/calls", "throughline.pages.person.SIZE"),
        ("/work?kind=outreach", "throughline.pages.calls.work.SIZE"),
    ],
)
@pytest.mark.parametrize("who", ["operator", "viewer"])
@pytest.mark.usefixtures("inside")
def test_the_pages_of_a_list_are_the_list(
    browser: Callable[..., TestClient],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    size: str,
    who: str,
) -> None:
    monkeypatch.setattr(size, 1000)
    whole, said = walked(browser(who), address)
    assert said == [("1", "1")]
    assert len(whole) > 2
    monkeypatch.setattr(size, 2)
    cases, said = walked(browser(who), address)
    assert cases == whole, "nothing twice, nothing left out, in the same order"
    pages = -(-len(whole) // 2)
    assert said == [(str(number), str(pages)) for number in range(1, pages + 1)]
