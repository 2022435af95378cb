"""Data Docs of a gate that failed: counts only, one small page per run and feed."""

from __future__ import annotations

from html import escape
from pathlib import Path

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .4rem .6rem;
  border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent) }}
</style></head><body>
<h1>{title}</h1><p>{received} rows were received. Counts only: no value of a row is shown here.</p>
<table><thead><tr><th>expectation</th><th>severity</th><th>observed</th><th>stops the feed</th></tr></thead>
<tbody>
{rows}
</tbody></table></body></html>
"""


def write(
    root: Path, source: str, feed: str, seq: int, received: int,
    failures: list[tuple[str, str, str, bool]],
) -> str:
    """Write the page of one failing gate; returns its path below the folder of pages."""
    folder = root / f"night-{seq}"
    folder.mkdir(parents=True, exist_ok=True)
    rows = "\n".join(
        f"<tr><td>{escape(name)}</td><td>{escape(severity)}</td><td>{escape(observed)}</td>"
        f"<td>{'yes' if stops else 'no'}</td></tr>"
        for name, severity, observed, stops in failures
    )
    path = folder / f"{source}-{feed}.html"
    path.write_text(
        _PAGE.format(title=f"{source} / {feed}, night {seq}", received=received, rows=rows),
        encoding="utf-8",
    )
    return f"{root.name}/{folder.name}/{path.name}"
