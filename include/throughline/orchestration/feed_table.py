"""Generates `docs/feeds.md` from the catalogue of feeds, so the page cannot go out of date.

`python -m throughline.orchestration.feed_table [--check]`; with `--check` it writes nothing and exits
with 1 if the file differs.
"""

from __future__ import annotations

import sys
from pathlib import Path

from throughline.quality.suites import suite_of
from throughline.sources import catalogue
from throughline.sources.definitions import definition, source_names
from throughline.sources.entry import Entry, Table

ROOT = Path(__file__).resolve().parents[3]
TARGET = ROOT / "docs" / "feeds.md"

_SUBJECTS = {
    "self": "the patient that it is",
    "patient": "a patient of the same source",
    "request": "the patient of a request of ours",
    "record_number": "whoever has its record number",
    "member": "whoever has its member number",
    "claim": "whoever the claim is about",
    "nobody": "nobody",
}


def page() -> str:
    """Return the page: a table of all feeds, then each one's tables, facts and rules."""
    lines = [
        "# The feeds",
        "",
        "Written by `make docs` from the catalogue of feeds (`include/throughline/sources/catalogue.py`); a test",
        "fails when it differs. What a feed needs beside its entry is told in [extending](extending.md).",
        "",
        "| feed | standard | sources | a record is about | joins persons by | volume | version is of the |",
        "|---|---|---|---|---|---|---|",
    ]
    sources = [definition(name) for name in source_names()]
    for feed in catalogue.FEEDS:
        having = [f"`{one.source}`" for one in sources if feed.name in one.feeds]
        links = [link.replace("_", " ") for link in feed.links]
        lines.append(
            f"| [`{feed.name}`](#{feed.name}) | {', '.join(feed.standards)} | {', '.join(having)}"
            f" | {_SUBJECTS[feed.subject]} | {', '.join(links)} | {feed.volume} | {feed.version} |"
        )
    for feed in catalogue.FEEDS:
        lines += ["", *_section(feed)]
    return "\n".join(lines) + "\n"


def _section(feed: Entry) -> list[str]:
    rules = [f"{rule.name} ({rule.severity})" for rule in suite_of(feed.name)]
    return [
        f"## {feed.name}",
        "",
        "| table | a row of the delivery | facts | codes that are watched |",
        "|---|---|---|---|",
        *(_row(table) for table in feed.tables),
        "",
        f"Rules of the suite `{feed.suite}`: {', '.join(rules)}.",
    ]


def _row(table: Table) -> str:
    counted = "yes" if table.is_counted else "comes with one"
    if table.follows is not None:
        counted += f", changes with its `{table.follows.table}`"
    facts = ", ".join(f"`{kind}`" for kind in table.facts)
    codes = ", ".join(
        f"`{code.name}`" + (" (status)" if code.is_status else "") for code in table.codes
    )
    return f"| `core.{table.name}` | {counted} | {facts} | {codes} |"


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` report whether it is up to date."""
    text = page()
    if "--check" in arguments:
        same = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
        sys.stdout.write("docs/feeds.md is up to date\n" if same else "run `make docs`\n")
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
