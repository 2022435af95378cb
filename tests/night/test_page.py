"""The pages in a real browser: the morning from its file; all of them in Airflow, by the rules of axe-core."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import httpx
import pytest

from tests.night.conftest import Lived
from tests.night.systems import browser
from tests.night.systems.browser import until

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

RULES = """
const done = arguments[0];
axe.run().then(
    told => done(told.violations.map(one => [one.id, one.nodes.map(node => node.html.slice(0, 200))])),
    error => done([["axe itself", [String(error)]]]));
"""
FOCUSED = """
const at = document.activeElement, style = getComputedStyle(at);
return [at.tagName, at.id || at.textContent.trim().slice(0, 20), style.outlineStyle !== 'none'];
"""


@pytest.fixture(scope="module")
def driver() -> Iterator[Any]:
    with browser.opened() as opened:
        opened.set_script_timeout(browser.SECONDS)
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
    browser.get(driver, f"{address.url}/throughline/")
    assert "Call by 17:00" not in driver.page_source
    driver.add_cookie({"name": "_token", "value": token, "path": "/"})
    browser.get(driver, f"{address.url}/throughline/")
    until(driver, lambda d: "Call by 17:00" in d.page_source)
    driver.delete_all_cookies()


def into_frame(driver: Any) -> None:
    """Go into the frame in which Airflow shows a page, when the page is there."""
    driver.switch_to.default_content()
    until(driver, lambda d: d.find_elements("css selector", "iframe"))
    driver.switch_to.frame(driver.find_element("css selector", "iframe"))
    until(driver, lambda d: d.find_elements("css selector", "h1"))


@pytest.fixture
def airflow(lived: Lived, driver: Any) -> str:
    """Airflow's address; the browser has logged in through Airflow's own form."""
    address = lived.practice.airflow_address()
    driver.switch_to.default_content()
    browser.show(driver, f"{address.url}/auth/login", 1280, "light")
    until(driver, lambda d: d.find_elements("name", "username") or "/auth/" not in d.current_url)
    if driver.find_elements("name", "username"):
        driver.find_element("name", "username").send_keys("operator")
        driver.find_element("name", "password").send_keys(address.passwords["operator"])
        driver.find_element("css selector", "button").click()
        until(driver, lambda d: "/auth/login" not in d.current_url)
    return str(address.url)


@pytest.fixture
def places(lived: Lived) -> list[str]:
    """A path of each kind of page."""
    ((exception, case, person),) = lived.practice.rows(
        "select e.exception_id::text, c.case_id::text, c.person_id::text from operations.exception as e"
        " inner join cases.case_record as c on c.case_id = e.case_id"
        " order by e.status <> 'open', e.exception_id limit 1"
    )
    batches = lived.practice.rows("select batch_id::text from tasks.claim_batch limit 1")
    ((night,),) = lived.practice.rows("select max(seq) from operations.night")
    return [
        *("", "calls", "exceptions", "claims", "sending", "search", f"night/{night}"),
        *("observed", "readiness", "drafts", "drafts/transitional_care", f"case/{case}/call"),
        *(f"exception/{exception}", f"exception/{exception}/nothing"),
        *(f"exception/{exception}/assign", f"case/{case}", f"person/{person}", "case/00000000"),
        *(f"claims/{batch}" for (batch,) in batches),
    ]


def test_axe_finds_nothing_on_any_page(driver: Any, airflow: str, places: list[str]) -> None:
    axe = (files("axe_core_python") / "axe.min.js").read_text(encoding="utf-8")
    found = {}
    for place in places:
        for width, scheme in ((1280, "light"), (390, "dark")):
            browser.show(driver, f"{airflow}/throughline/{place}", width, scheme)
            assert driver.find_elements("css selector", "h1"), place
            assert driver.execute_script("return document.documentElement.scrollWidth") <= width
            driver.execute_script(axe)
            told = driver.execute_async_script(RULES)
            if told:
                found[place, scheme] = told
    assert found == {}, json.dumps([[*where, told] for where, told in found.items()], indent=1)


def test_no_table_is_cut_off_on_a_phone(driver: Any, airflow: str, places: list[str]) -> None:
    """The morning's tables and the lists of claims are wide by what they show, and are moved by hand."""
    wide = "return [...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).length"
    cut = []
    for place in places:
        if place and not place.startswith("claims/"):
            browser.show(driver, f"{airflow}/throughline/{place}", 390, "light")
            cut += [place] * driver.execute_script(wide)
    assert cut == []


def test_links_leave_the_frame_and_a_run_leads_back(driver: Any, airflow: str) -> None:
    browser.get(driver, f"{airflow}/plugin/exceptions")
    into_frame(driver)
    driver.find_element("css selector", "footer a").click()  # the newest night
    until(driver, lambda d: d.find_elements("id", "runs"))
    link = driver.find_elements("css selector", "a[href*='/dags/report_operations/runs/']")[0]
    link.click()
    driver.switch_to.default_content()
    until(driver, lambda d: "/dags/report_operations/runs/" in d.current_url)
    assert "/plugin/exceptions" not in driver.current_url
    tab = until(driver, lambda d: d.find_elements("css selector", "a[href$='/plugin/throughline']"))
    tab[0].click()
    into_frame(driver)
    assert driver.find_element("css selector", "h1").text.startswith("Night of")
    driver.switch_to.default_content()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_frame_follows_airflows_theme(driver: Any, airflow: str, theme: str) -> None:
    # what a test says about the reader's colours would hold inside the frame too
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    driver.execute_script("localStorage.setItem('theme', arguments[0])", theme)
    browser.get(driver, f"{airflow}/plugin/exceptions")
    into_frame(driver)
    dark = driver.execute_script("return matchMedia('(prefers-color-scheme: dark)').matches")
    assert dark is (theme == "dark")
    driver.switch_to.default_content()
    driver.execute_script("localStorage.removeItem('theme')")


def test_the_keyboard_reaches_the_search_and_shows_where_it_is(driver: Any, airflow: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.show(driver, f"{airflow}/throughline/search", 1280, "light")
    reached: list[tuple[Any, ...]] = []
    while len(reached) < 30 and ("BUTTON", "Search", True) not in reached:
        driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(tuple(driver.execute_script(FOCUSED)))
    assert reached[0][1] == "Skip to the content"
    assert ("INPUT", "said", True) in reached
    assert ("BUTTON", "Search", True) in reached
    assert all(visible for _, _, visible in reached), reached


def test_a_login_that_ends_in_the_middle_of_a_form_loses_nothing(
    lived: Lived, driver: Any, airflow: str
) -> None:
    decided = "select count(*) from operations.decision"
    before = lived.practice.rows(decided)
    browser.show(driver, f"{airflow}/throughline/sending", 1280, "light")
    driver.find_element("id", "note").send_keys("the fee schedule is wrong")
    driver.delete_cookie("_token")
    driver.find_element("css selector", "form button").click()
    until(driver, lambda d: d.find_elements("id", "typed"))
    assert driver.find_element("css selector", "h1").text == "Log in"
    typed = driver.find_element("id", "typed").get_attribute("value")
    assert typed == "the fee schedule is wrong"
    assert lived.practice.rows(decided) == before
    assert "fee" not in driver.current_url


def test_a_person_is_found_by_telephone_and_nothing_typed_stands_in_the_address(
    lived: Lived, driver: Any, airflow: str
) -> None:
    ((phone, family),) = lived.practice.rows(
        "select p.phone, p.family from core.patient as p inner join identity.link as l on l.source = p.source"
        " and l.source_id = p.source_id and l.status = 'active' and l.retired_seq is null"
        " where p.retracted_seq is null and length(p.phone) = 10 order by p.source_id limit 1"
    )
    browser.show(driver, f"{airflow}/throughline/search", 390, "light")
    driver.find_element("id", "said").send_keys(f"+1 {phone[:3]}.{phone[3:6]} {phone[6:]}")
    driver.find_element("css selector", "form button").click()
    until(driver, lambda d: family in d.find_element("css selector", "main").text)
    assert phone[6:] not in driver.current_url


def test_back_asks_for_the_page_anew(driver: Any, airflow: str) -> None:
    """A browser keeps a page as it was left; going back must not offer again what is decided."""
    form = f"{airflow}/throughline/sending"
    browser.show(driver, form, 1280, "light")
    driver.execute_script("window.isAsItWasLeft = true")
    browser.get(driver, f"{airflow}/throughline/calls")
    driver.back()
    until(driver, lambda d: d.current_url == form and d.find_elements("id", "note"))
    until(driver, lambda d: not d.execute_script("return window.isAsItWasLeft || false"))
