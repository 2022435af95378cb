"""The page of the morning in a real browser: from its file, and inside Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.night.conftest import Lived
from tests.night.systems import browser

pytestmark = [
    pytest.mark.night,
    pytest.mark.nights,
    pytest.mark.slow,
    pytest.mark.skipif(bool(browser.why_not()), reason=f"no browser: {browser.why_not()}"),
]

ORDER = (
    "Call by 17:00", "Not known", "Expected money", "Proven since yesterday", "Stopped overnight",
    "Exceptions by owner", "Case progress", "Tasks since yesterday", "Feeds and verdicts",
    "Steps of the night",
)  # fmt: skip
CONTRAST = """
const lum = c => { const v = c.match(/[0-9.]+/g).slice(0, 3).map(x => x / 255)
    .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$/.test(c)) return c; } return null; };
return [...document.querySelectorAll('h1, h2, td, th, p')].filter(e => e.innerText.trim() && ground(e)).map(e => {
    const a = lum(getComputedStyle(e).color), b = lum(ground(e));
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.innerText.slice(0, 30)]; })
    .filter(x => x[0] < 3);
"""


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser.opened() as opened:
        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_opens_from_its_file(lived: Lived, driver: Any, width: int, scheme: str) -> None:
    page = sorted((lived.practice.world / "pages").glob("20*.html"))[-1]
    browser.show(driver, page.as_uri(), width, scheme)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= width
    told = [heading.text for heading in driver.find_elements("css selector", "h2")]
    places = [
        next(n for n, text in enumerate(told) if text.startswith(section)) for section in ORDER
    ]
    assert places == sorted(places), told
    assert driver.execute_script(CONTRAST) == []
    assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_the_schemes_differ(lived: Lived, driver: Any) -> None:
    page = sorted((lived.practice.world / "pages").glob("20*.html"))[-1]
    inks = []
    for scheme in ("light", "dark"):
        browser.show(driver, page.as_uri(), 1280, scheme)
        inks.append(
            driver.execute_script("return getComputedStyle(document.querySelector('h1')).color")
        )
    assert inks[0] != inks[1]


def test_the_page_in_airflow_is_for_those_who_logged_in(lived: Lived, driver: Any) -> None:
    address = lived.practice.airflow_address()
    for path in ("/throughline/", "/throughline/latest.html", "/throughline/nothing.html"):
        assert httpx.get(address.url + path, trust_env=False).status_code == 401
    # the sandbox lives in days long past: yesterday's morning is not there, and nobody needs a login to learn it
    health = httpx.get(f"{address.url}/throughline/health", trust_env=False)
    assert (health.status_code, health.text) == (503, "missing")
    login = {"username": "viewer", "password": address.passwords["viewer"]}
    token = httpx.post(f"{address.url}/auth/token", json=login, trust_env=False).json()[
        "access_token"
    ]
    bearer = {"Authorization": f"Bearer {token}"}
    told = httpx.get(f"{address.url}/throughline/", headers=bearer, trust_env=False)
    assert told.status_code == 200
    assert "Call by 17:00" in told.text
    # The browser, with the cookie that Airflow's own login leaves.
    driver.get(f"{address.url}/throughline/")
    assert "Call by 17:00" not in driver.page_source
    driver.add_cookie({"name": "_token", "value": token, "path": "/"})
    driver.get(f"{address.url}/throughline/")
    assert "Call by 17:00" in driver.page_source
    driver.delete_all_cookies()
