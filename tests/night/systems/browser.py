"""A headless browser: shows a page in light and dark mode, wide and narrow."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip

SECONDS = 60
LOADED = "return document.readyState === 'complete' && !!document.body"


def why_not() -> str:
    """Return why no browser can be started here; empty if one can."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed"
    missing = [
        name for name, found in (("chromium", CHROMIUM), ("chromedriver", DRIVER)) if not found
    ]
    return f"{' and '.join(missing)} not found on PATH" if missing else ""


@contextmanager
def opened() -> Iterator[Any]:
    """Start a browser with an empty profile; both are removed at the end."""
    from selenium import webdriver

    with tempfile.TemporaryDirectory(prefix="throughline-browser-") as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM or ""
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
        try:
            yield driver
        finally:
            driver.quit()


def show(driver: Any, address: str, width: int, scheme: str) -> None:
    """Open an address at a width, in the colours that the reader prefers."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    get(driver, address)


def get(driver: Any, address: str) -> None:
    """Open an address, and wait until its document is there: the driver may answer while it still loads."""
    driver.get(address)
    until(driver, lambda d: d.execute_script(LOADED))


def until(driver: Any, found: Callable[[Any], Any]) -> Any:
    """Return what is found, as soon as it is found; TimeoutException after a minute.

    An element of a page that is just being left is not found: the next look sees the next page.
    """
    from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
    from selenium.webdriver.support.ui import WebDriverWait

    left = (NoSuchElementException, StaleElementReferenceException)
    return WebDriverWait(driver, SECONDS, ignored_exceptions=left).until(found)


def picture(driver: Any, file: Path) -> None:
    """Keep the whole page as a picture."""
    import base64

    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
    file.write_bytes(base64.b64decode(shot["data"]))
