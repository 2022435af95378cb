"""Writes Data Docs for failed gates: one small page per night and feed, and an index. Counts only."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

from throughline.vocabulary.counts import count as counted

INDEX = "index.html"

_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .4rem .6rem;
  border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent) }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""
_PAGE = """<p>{received} received. This page shows counts only, no values of rows.</p>
<table><thead><tr><th>expectation</th><th>severity</th><th>observed</th><th>stops the feed</th></tr></thead>
<tbody>
{rows}
</tbody></table>
<p><a href="index.html">Everything that failed on this night</a></p>"""


def folder_of(seq: int) -> str:
    """Return the name of a night's folder."""
    return f"night-{seq}"


def pages(root: Path, seq: int, source: str = "") -> list[str]:
    """Return the sorted names of a night's pages, or of those of one source."""
    found = (root / folder_of(seq)).glob(f"{source}-*.html" if source else "*-*.html")
    return sorted(file.name for file in found)


def write(
    root: Path,
    source: str,
    feed: str,
    batch: str,
    seq: int,
    received: int,
    failures: list[tuple[str, str, str, bool]],
) -> str:
    """Write a failed gate's page and the night's index; returns the page's path below the pages folder."""
    folder = root / folder_of(seq)
    folder.mkdir(parents=True, exist_ok=True)
    rows = "\n".join(
        f"<tr><td>{escape(name)}</td><td>{escape(severity)}</td><td>{escape(observed)}</td>"
        f"<td>{'yes' if stops else 'no'}</td></tr>"
        for name, severity, observed, stops in failures
    )
    path = folder / f"{source}-{feed}-{batch[:8]}.html"
    _write(
        path,
        f"{source} / {feed}, night {seq}",
        _PAGE.format(received=counted(received, "row"), rows=rows),
    )
    items = "\n".join(
        f'<li><a href="{escape(name)}">{escape(" / ".join(name.removesuffix(".html").split("-")))}</a></li>'
        for name in pages(root, seq)
    )
    _write(folder / INDEX, f"Failed gates of night {seq}", f"<ul>\n{items}\n</ul>")
    return f"{root.name}/{folder.name}/{path.name}"


def _write(path: Path, title: str, body: str) -> None:
    """Write a page atomically: gates of several sources write the night's index at the same time."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(_FRAME.format(title=title, body=body), encoding="utf-8")
    draft.replace(path)
