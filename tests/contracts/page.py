"""Renders `docs/sql.md`: what each file of `sql/` reads, makes, changes and counts, and who hands what to whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.contracts.reach import PUBLISHED
from throughline.warehouse.contract import Contract

TARGET = Path(__file__).resolve().parents[2] / "docs" / "sql.md"
STEPS = ("identity", "evidence", "cases", "silence", "tasks", "proven", "told")
HEAD = """# The files of `sql/`

Written by `make sql-headers` from the headers of the files, which a test holds against their statements.
Temporary tables (`w_…`, `scope_…`) live for one transaction. Functions of the warehouse stand with brackets.

## Who hands what to whom

An arrow says that a step reads what another one changes or publishes. `core` is what the load of a feed wrote.
"""


def render(contracts: Mapping[str, Contract]) -> str:
    """Return the page; `contracts` by path below `sql/`."""
    lines = [HEAD, "```mermaid", "flowchart LR", *_graph(contracts), "```", ""]
    for step in STEPS:
        lines += [
            f"## {step}",
            "",
            "| file | reads | makes | changes | counts |",
            "|---|---|---|---|---|",
        ]
        for path in sorted(path for path in contracts if path.startswith(f"{step}/")):
            one = contracts[path]
            cells = (one.reads, one.makes, one.changes, one.counts)
            name = path.partition("/")[2].removesuffix(".sql")
            lines.append(f"| `{name}` | {' | '.join(map(_names, cells))} |")
        lines.append("")
    return "\n".join(lines)


def _graph(contracts: Mapping[str, Contract]) -> Iterable[str]:
    """Yield the arrows between steps, each with the tables it stands for."""
    handed: dict[tuple[str, str], set[str]] = defaultdict(set)
    changed_by: dict[str, set[str]] = defaultdict(set)
    for path, one in contracts.items():
        for table in one.changes:
            changed_by[table].add(path.partition("/")[0])
    for path, one in contracts.items():
        step = path.partition("/")[0]
        for table in one.reads:
            if table.startswith("core."):
                handed["core", step].add(table)
            publisher = {table.partition(".")[0]} if table in PUBLISHED else set()
            for giver in changed_by.get(table, publisher):
                if giver != step and not table.startswith(("w_", "scope_")):
                    handed[giver, step].add(table)
    for (giver, taker), tables in sorted(handed.items()):
        shown = sorted(tables)
        label = "<br>".join(shown[:4]) + ("<br>…" if len(shown) > 4 else "")
        yield f'    {giver} -- "{label}" --> {taker}'


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
