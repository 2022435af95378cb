"""``make chaos``: every process killed at every step of the night, with every misbehaviour.

A *line* is one world that lives a night for each misbehaviour, and one without; in each night one process dies at one
step, and the night is run again. Each night of a line, a *cell*, must come to the digests of the same night of the
reference line, in which the same misbehaviours happen and nothing dies. A line ends with a good night, after which its
account must agree with its own truth, nothing may have been received twice, and every invariant holds.

The lines that are done are kept under ``build/chaos`` and are not run again while the code is the same: interrupt it
and go on later. Options are variables: ``BUDGET=60`` minutes (none: all of it), ``ONLY=process`` or ``process:step``,
``PATIENTS=`` and ``SEED=``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "include"), str(ROOT / "tests" / "night")]

import truth as t  # noqa: E402
from kills import DIGESTS, TASK, Kill, expect_kills, night  # noqa: E402

from conftest import Practice  # noqa: E402

PATIENTS, SEED = int(os.environ.get("PATIENTS") or 100), int(os.environ.get("SEED") or 5)
OPTIONS = ("BUDGET", "ONLY", "PATIENTS", "SEED")
RESULTS = ROOT / "build" / "chaos"
PAGE = ROOT / "docs" / "chaos.md"

MISBEHAVIOURS = (
    "",
    "payment:late",
    "appointment:missing",
    "claim_response:duplicate",
    "claim:truncated",
    "appointment:wrong_encoding",
    "appointment:out_of_order",
    "charge_item:schema_drift",
    "claim_response:garbage_rows",
    "encounter:slow",
    "encounter:http_500",
    "ehr_create:lost_answer",
)
PROCESSES = ("api-server", "scheduler", "dag-processor", "postgres", "sandbox")
STEPS = (
    "open_night", "land", "stage", "gate", "load", "link_persons", "assert_facts", "build_work_list", "open_cases",
    "reconcile", "settle", "plan", "dispatch", "prepare_claims", "settle_plan", "check_invariants", "close_night",
    "write_page",
)  # fmt: skip
POINTS = {
    "land": "land.after_commit", "stage": "stage.after_commit", "gate": "gate.before_commit",
    "load": "load.before_commit", "link_persons": "identity.after_take_back", "assert_facts": "evidence.after_claim",
    "open_cases": "cases.after_open", "reconcile": "reconcile.after_apply", "plan": "plan.after_write",
    "dispatch": "dispatch.after_intend",
}  # fmt: skip
"""Where a task dies in each step."""
LINES = [Kill(process, step) for process in PROCESSES for step in STEPS]
LINES += [Kill(TASK, point) for point in POINTS.values()]


def main() -> int:
    """Run what is not done yet, as far as the budget goes; write the page. Returns 1 when a cell failed."""
    deadline = time.monotonic() + 60 * float(os.environ.get("BUDGET") or "inf")
    only = os.environ.get("ONLY", "")
    RESULTS.mkdir(parents=True, exist_ok=True)
    done = read()
    try:
        if "reference" not in done:
            done["reference"] = reference()
            write(done)
        for kill in spread(LINES):
            name = f"{kill.process}:{kill.where}"
            if name in done["lines"] or not name.startswith(only):
                continue
            if time.monotonic() > deadline:
                print(f"the budget is used up; {len(done['lines'])} of {len(LINES)} lines are done")
                break
            done["lines"][name] = line(kill, done["reference"])
            write(done)
    except KeyboardInterrupt:
        print("interrupted; the lines that are done are kept", file=sys.stderr)
        return 130
    finally:
        PAGE.write_text(page(done), encoding="utf-8")
    print(f"written: {PAGE.relative_to(ROOT)}")
    return int(any(result["failed"] for result in done["lines"].values()))


def spread(lines: list[Kill]) -> list[Kill]:
    """Another order: a short run shall touch every process, and steps from end to end."""
    groups = [[kill for kill in lines if kill.process == process] for process in (TASK, *PROCESSES)]
    for number, group in enumerate(groups):
        shift = number * 5 % len(group)
        turned = group[shift:] + group[:shift]
        group[:] = turned[::3] + turned[1::3] + turned[2::3]
    longest = max(map(len, groups))
    return [group[n] for n in range(longest) for group in groups if n < len(group)]


@contextmanager
def world() -> Iterator[Practice]:
    """A new practice that is up, and gone afterwards."""
    state = Path(tempfile.mkdtemp(prefix="throughline-chaos-", dir="/var/tmp"))
    state.chmod(0o711)
    made = Practice(state, {"PATIENTS": str(PATIENTS), "SEED": str(SEED)})
    expect_kills(made)
    try:
        made.up()
        yield made
    finally:
        made.stop()
        shutil.rmtree(state, ignore_errors=True)


def reference() -> list[list[str]]:
    """The digests of each night, with its misbehaviour and without a kill."""
    with world() as practice:
        for misbehaviour in (*MISBEHAVIOURS, ""):
            say(f"reference: {misbehaviour or 'a good night'}")
            practice.nights(1, MISBEHAVE=misbehaviour)
        wrong = verdict(practice)
        if wrong:
            raise SystemExit("the reference itself is wrong:\n" + "\n".join(wrong))
        return digests(practice)


def line(kill: Kill, wanted: list[list[str]]) -> dict[str, Any]:
    """One line: every misbehaviour with one kill. Returns the outcome of each cell, and what failed."""
    cells: dict[str, str] = {}
    failed: list[str] = []
    begun = time.monotonic()
    with world() as practice:
        for number, misbehaviour in enumerate(MISBEHAVIOURS):
            name = misbehaviour or "none"
            try:
                night(practice, [kill], MISBEHAVE=misbehaviour)
                same = digests(practice)[number : number + 1] == wanted[number : number + 1]
                cells[name] = "same" if same else "DIFFERS"
            except Exception as error:  # noqa: BLE001 - whatever it was, it belongs into the table
                cells[name] = "FAILED"
                failed.append(f"{kill}, {name}: {error}"[:2000])
                break
            if not same:
                failed.append(f"{kill}, {name}: another digest than the undisturbed night's")
                break
            say(f"{kill}, {name}: {cells[name]}")
        else:
            practice.nights(1)
            failed += verdict(practice)
    for each in failed:
        say(f"FAILED  {each}")
    return {"cells": cells, "failed": failed, "seconds": round(time.monotonic() - begun)}


def digests(practice: Practice) -> list[list[str]]:
    """By night: its date and digests."""
    return [[str(value) for value in row] for row in practice.rows(DIGESTS)]


def verdict(practice: Practice) -> list[str]:
    """What disagrees with the truth at the end of a line."""
    truth, account = t.Truth(practice.world / "sandbox" / "truth"), t.Account(practice.dsn())
    wrong = t.found(truth, account, [account.nights[-1]["seq"]]) + t.false_completions(
        truth, account
    )
    wrong += t.doubles(truth) + t.unreleased(truth, account)
    checked = practice.run("check")
    return wrong + ([checked.stdout[-2000:]] if checked.returncode else [])


# ---- what is kept, and the page ---------------------------------------------------------------------------
def code() -> str:
    """The revision of the code that the results speak of."""
    command = ["git", "log", "-1", "--format=%h", "--", "include", "sql", "dags"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ended.stdout.strip() or "unknown"


def file() -> Path:
    """Where the results of this code and this world are kept."""
    return RESULTS / f"{code()}-{PATIENTS}-{SEED}.json"


def read() -> dict[str, Any]:
    """What was done before with this very code."""
    if not file().exists():
        return {"lines": {}}
    found: dict[str, Any] = json.loads(file().read_text(encoding="utf-8"))
    return found


def write(done: dict[str, Any]) -> None:
    """Keep what is done."""
    temporary = file().with_suffix(".new")
    temporary.write_text(json.dumps(done, indent=1), encoding="utf-8")
    temporary.replace(file())


def say(text: str) -> None:
    """A line for the person at the terminal."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def page(done: dict[str, Any]) -> str:
    """The table of the last run."""
    lines = done["lines"]
    cells = sum(len(result["cells"]) for result in lines.values())
    good = sum(list(result["cells"].values()).count("same") for result in lines.values())
    whole = len(LINES) * len(MISBEHAVIOURS)
    given = [f"{key}={os.environ[key]}" for key in OPTIONS if os.environ.get(key)]
    told = [
        "# Chaos: the last run",
        "",
        "Every process is killed (SIGKILL) at every step of the night, under every misbehaviour of the systems of",
        "record, and the night is run again. A cell is *same* when the night came to the digests of the undisturbed",
        "night. After each line: agreement with that world's own truth, nothing received twice, every invariant.",
        "",
        f"`{' '.join(['make chaos', *given])}` · {datetime.now(UTC):%Y-%m-%d} · revision {code()} ·"
        f" {PATIENTS} patients, seed {SEED}",
        "",
        f"**{good} of {cells} cells that were run are the same**; the whole matrix has {whole} cells in {len(LINES)}"
        f" lines, of which {len(lines)} were run. What was not run is not in the table.",
        "",
        "| killed | at | "
        + " | ".join((m or "none").replace(":", " ") for m in MISBEHAVIOURS)
        + " | afterwards | s |",
        "|---|---|" + "---|" * len(MISBEHAVIOURS) + "---|---:|",
    ]
    for kill in LINES:
        result = lines.get(f"{kill.process}:{kill.where}")
        if result:
            row = [result["cells"].get(m or "none", "–") for m in MISBEHAVIOURS]
            after = "FAILED" if result["failed"] else "agrees"
            told.append(
                f"| {kill.process} | {kill.where} | {' | '.join(row)} | {after} | {result['seconds']} |"
            )
    failed = [each for result in lines.values() for each in result["failed"]]
    if failed:
        told += ["", "## What failed", "", *(f"- {each.splitlines()[0]}" for each in failed)]
    return "\n".join(told) + "\n"


if __name__ == "__main__":
    sys.exit(main())
