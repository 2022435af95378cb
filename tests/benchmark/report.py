"""Renders the result as Markdown: a table of steps, growth between sizes, full scans, and work done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

OUTSIDE = ("land", "stage", "gate", "load")
"""Steps of the extract DAG: what comes after them is SQL over the work list."""
BEGIN, END = "<!-- begin of the result -->", "<!-- end of the result -->"


def delta_of(result: dict[str, Any]) -> dict[str, Any]:
    """Return the cheapest of the timed nights after the first but one.

    The night after a first load still has all that the load planned on its list; the last one is
    watched, statement by statement, and not timed.
    """
    later = result["nights"][2:-1] or result["nights"][1:]
    best: dict[str, Any] = min(later, key=lambda night: night["seconds"])
    return best


def text(results: list[dict[str, Any]], batch: list[dict[str, Any]]) -> str:
    """Return everything that was measured as Markdown; `batch` are the pages of a full batch of claims."""
    parts = []
    for title, pick in (("First load", lambda r: r["nights"][0]), ("Delta night", delta_of)):
        nights = [pick(result) for result in results]
        parts += [f"### {title}", "", *_table(results, nights), ""]
    parts += ["### Growth", "", *_growth(results), ""]
    parts += ["### Whole tables that a delta night read", "", *_scans(results), ""]
    parts += ["### Pages", "", *_pages(results, batch), ""]
    parts += ["### Every night", "", *_nights(results), ""]
    return "\n".join(parts)


def history(pairs: list[tuple[dict[str, Any], dict[str, Any]]], years: int) -> str:
    """Return what first loads cost without earlier years, and with so many, as Markdown."""
    lines = [
        "| patients | earlier years | MB | facts | cases opened | tasks | s | facts/s | peak MB |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for pair in pairs:
        for result, of in zip(pair, (0, years), strict=True):
            (night,) = result["nights"]
            counts, seconds = night["counts"], night["seconds"]
            cells = (
                f"{result['patients']:,}", of, f"{night['bytes'] / 1e6:,.1f}",
                *(f"{counts[name]:,}" for name in ("facts", "cases", "tasks")),
                f"{seconds:.1f}", f"{counts['facts'] / seconds:,.0f}", f"{result['peak'] / 1e6:,.0f}",
            )  # fmt: skip
            lines.append("".join(f"| {cell} " for cell in cells) + "|")
    return "\n".join(lines)


def _table(results: list[dict[str, Any]], nights: list[dict[str, Any]]) -> list[str]:
    head = "| step |" + "".join(f" {r['patients']:,}: s | rows/s |" for r in results)
    lines = [head, "|---|" + "--:|--:|" * len(results)]
    names = list(dict.fromkeys(name for night in nights for name in night["steps"]))
    for name in names:
        cells = ""
        for night in nights:
            step = night["steps"].get(name, {"seconds": 0.0, "rows": 0})
            speed = (
                f"{step['rows'] / step['seconds']:,.0f}" if step["rows"] and step["seconds"] else ""
            )
            cells += f" {step['seconds']:.2f} | {speed} |"
        lines.append(f"| `{name}` |{cells}")
    total = "".join(
        f" **{night['seconds']:.2f}** | {night['counts']['facts'] / night['seconds']:,.0f} facts/s |"
        for night in nights
    )
    lines.append(f"| all steps |{total}")
    staged = "".join(
        f" | {night['bytes'] / 1e6 / night['steps']['stage']['seconds']:.1f} MB/s |"
        for night in nights
    )
    lines.append(f"| files staged |{staged}")
    listed = "".join(f" {night['counts']['persons']:,} | persons |" for night in nights)
    lines.append(f"| work list |{listed}")
    return lines


def _growth(results: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| patients | first load, s | delta night, s | delta / first | first grew by | delta grew by"
        " | peak memory |",
        "|--:|--:|--:|--:|--:|--:|--:|",
    ]
    last: tuple[float, float] | None = None
    for result in results:
        first, delta = result["nights"][0]["seconds"], delta_of(result)["seconds"]
        grown = (f"{first / last[0]:.1f}×", f"{delta / last[1]:.1f}×") if last else ("", "")
        lines.append(
            f"| {result['patients']:,} | {first:.1f} | {delta:.2f} | {delta / first:.1%}"
            f" | {grown[0]} | {grown[1]} | {result['peak'] / 1e6:,.0f} MB |"
        )
        last = (first, delta)
    return lines


def _scans(results: list[dict[str, Any]]) -> list[str]:
    lines = ["| patients | step | table | its rows | rows read |", "|--:|---|---|--:|--:|"]
    for result in results:
        for scan in delta_of(result)["scans"]:
            lines.append(
                f"| {result['patients']:,} | {scan['step']} | `{scan['table']}` | {scan['rows']:,}"
                f" | {scan['read']:,} |"
            )
    return lines if len(lines) > 2 else ["None."]


def _pages(results: list[dict[str, Any]], batch: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| patients | page | median, ms | slowest, ms | processor, ms | PostgreSQL's, ms | first, ms | kB |",
        "|--:|---|--:|--:|--:|--:|--:|--:|",
    ]
    every = [(f"{result['patients']:,}", page) for result in results for page in result["pages"]]
    for patients, page in [*every, *(("any", page) for page in batch)]:
        told = (page[name] for name in ("median", "slowest", "own", "postgres", "first"))
        cells = " | ".join(f"{milliseconds:.0f}" for milliseconds in told)
        lines.append(f"| {patients} | {page['page']} | {cells} | {page['bytes'] / 1000:,.0f} |")
    return lines


def _nights(results: list[dict[str, Any]]) -> list[str]:
    lines = [
        "| patients | night | seconds | persons on the work list, why | new facts | new cases | new tasks"
        " | rows read |",
        "|--:|--:|--:|---|--:|--:|--:|--:|",
    ]
    for result in results:
        for number, night in enumerate(result["nights"]):
            counts = night["counts"]
            why = ", ".join(f"{reason} {persons:,}" for reason, persons in night["reasons"].items())
            lines.append(
                f"| {result['patients']:,} | {number} | {night['seconds']:.2f}"
                f" | {counts['persons']:,}: {why} | {counts['facts']:,} | {counts['cases']:,}"
                f" | {counts['tasks']:,} | {night['rows_read']:,} |"
            )
    return lines


def statements(result: dict[str, Any], most: int = 40) -> str:
    """Return the most expensive statements of the analysed night, and those that read large tables whole."""
    rows = sorted(result["statements"], key=lambda row: -row["seconds"])
    kept = rows[:most] + [row for row in rows[most:] if row["scanned"]]
    times = sum(row["times"] for row in rows)
    scanned = sum(row["scanned"] for row in rows)
    told = f"{times:,} statements, {scanned:,} rows of large tables read by scans\n\n"
    return told + "\n".join(
        f"{row['seconds']:8.3f} s {row['scanned']:10,} scanned {row['times']:5} times"
        f"  {row['step']}: {row['statement']}"
        for row in kept
    )


def save(target: Path, result: str) -> None:
    """Put the result between the marks of a page. Raises `ValueError` when it has none."""
    page = target.read_text(encoding="utf-8")
    before, found, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    if not found:
        raise ValueError(f"{target} has no place for the result")
    target.write_text(f"{before}{BEGIN}\n\n{result}\n{END}{after}", encoding="utf-8")
