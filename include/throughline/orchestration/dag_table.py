"""Generates `docs/dags.md` from the DAGs, so the page cannot go out of date.

`python -m throughline.orchestration.dag_table [--check]`; with `--check` it writes nothing and
exits with 1 if the file differs.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from throughline import programs
from throughline.orchestration.chain import CHAIN

ROOT = Path(__file__).resolve().parents[3]
TARGET = ROOT / "docs" / "dags.md"
ORDER = (*CHAIN, "release_feed", "release_claims", "reconcile_by_day")


def section(doc: str, heading: str) -> str:
    """Return the text under `### heading` of a DAG's manual, on one line."""
    found = re.search(rf"### {re.escape(heading)}\n(.*?)(?=\n###|\Z)", doc, re.DOTALL)
    return " ".join(found.group(1).split()) if found else ""


def render(dags: dict[str, Any]) -> str:
    """Return the page: a table of all DAGs in the order of the loop, then each one's manual."""
    known = [name for name in ORDER if name in dags]
    known += sorted(set(dags) - set(known))
    lines = [
        "# The DAGs",
        "",
        "Written by `make docs` from the DAG files; a test fails when it differs.",
        "",
        "| DAG | what | trigger | tasks | tags |",
        "|---|---|---|---|---|",
    ]
    for name in known:
        dag = dags[name]
        doc = dag.doc_md or ""
        lines.append(
            f"| [`{name}`](#{name}) | {section(doc, 'What')} | {section(doc, 'Trigger')}"
            f" | {len(dag.tasks)} | {', '.join(sorted(dag.tags))} |"
        )
    for name in known:
        dag = dags[name]
        tasks = ", ".join(f"`{task.task_id}`" for task in dag.topological_sort())
        body = re.sub(r"^### ", "**", dag.doc_md or "", flags=re.MULTILINE)
        body = re.sub(r"^(\*\*[^\n*]+)$", r"\1**  ", body, flags=re.MULTILINE)
        lines += ["", f"## {name}", "", body.strip(), "", f"Tasks: {tasks}"]
    return "\n".join(lines) + "\n"


def dag_bag() -> Any:
    """Return the project's DagBag. Raises `RuntimeError` when a file cannot be parsed."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(ROOT / "dags"))
    if bag.import_errors:
        raise RuntimeError(f"DAG files that cannot be parsed: {sorted(bag.import_errors)}")
    return bag


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` report whether it is up to date."""
    page = render(dag_bag().dags)
    if "--check" in arguments:
        same = TARGET.exists() and TARGET.read_text(encoding="utf-8") == page
        sys.stdout.write("docs/dags.md is up to date\n" if same else "run `make docs`\n")
        return 0 if same else 1
    TARGET.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    programs.run(lambda: main(sys.argv[1:]))
