"""Each page behind login is measured by the benchmark: a new one cannot be forgotten."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from tests.benchmark import pages

SITE = Path(__file__).resolve().parents[3] / "include/throughline/pages/site/__init__.py"


def _shown() -> set[str]:
    """Return the routes that a browser looks at."""
    spec = importlib.util.spec_from_file_location("pages", SITE)
    assert spec is not None
    assert spec.loader is not None
    plugin = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    return pages.routes(plugin.app)


def test_the_benchmark_asks_for_every_page_or_says_why_not() -> None:
    measured = {page.route for page in pages.PAGES} | {pages.SEARCHED}
    assert _shown() == measured | set(pages.ELSEWHERE)
    assert not measured & set(pages.ELSEWHERE)


def test_a_page_is_asked_for_at_its_own_route() -> None:
    for page in pages.PAGES:
        fixed = page.route.partition("{")[0]
        assert page.asked.startswith(fixed), page.name
        assert "{" not in page.route or page.address, f"{page.name}: of which thing?"
