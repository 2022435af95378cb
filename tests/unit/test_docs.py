"""What the docs point at is there: files, headings, commands."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
TARGETS = set(
    re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)


def links(text: str) -> list[str]:
    """Return the targets of a page's links and images that are not addresses of other hosts."""
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page, and those that the page sets itself."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    found: set[str] = set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", prose))
    for heading in re.findall(r"^#+ +(.+?) *$", prose, re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        times = sum(1 for other in found if re.fullmatch(re.escape(name) + r"(-\d+)?", other))
        found.add(f"{name}-{times}" if times else name)
    return found


def leads_somewhere(page: Path, target: str) -> bool:
    file, _, anchor = target.partition("#")
    place = page.parent / file if file else page
    if not place.exists():
        return False
    if not anchor or place.suffix != ".md":
        return True
    return anchor in anchors(place.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_somewhere(name: str) -> None:
    page = ROOT / name
    broken = [
        target
        for target in links(page.read_text(encoding="utf-8"))
        if not leads_somewhere(page, target)
    ]
    assert broken == []


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_one(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = re.findall(r"(?:^|`)make ([a-z]+(?:-[a-z]+)*)", text, re.MULTILINE)
    assert [target for target in named if target not in TARGETS] == []


def test_help_lists_every_target_that_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^  make ([a-z-]+)", told.stdout, re.MULTILINE)
    assert listed == re.findall(r"^([a-z-]+):.* ## ", makefile, re.MULTILINE)
    assert {"lint", "docs", "worlds"} <= set(listed)


def test_the_check_finds_what_is_broken() -> None:
    assert links("[a](b.md) ![c](d.svg#x) [e](https://f.example)") == ["b.md", "d.svg#x"]
    assert {"night", "test", "docs"} <= TARGETS
    page = "# A `make` page\n## A page\n## A page\n```\n# no heading\n```\n### See [this](x.md)!\n"
    assert anchors(page) == {"a-make-page", "a-page", "a-page-1", "see-this"}
    assert leads_somewhere(ROOT / "README.md", "CONTRIBUTING.md#a-feed")
    assert not leads_somewhere(ROOT / "README.md", "CONTRIBUTING.md#no-such-heading")
