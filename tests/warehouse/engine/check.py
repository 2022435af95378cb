"""Holds the engine against the model on definitions and histories that nobody wrote: `make model-check`.

It can be stopped and goes on where it was, as long as neither engine nor model has changed. Two processes with a server
each share the work. What is reached is told and bounded from below; a difference is told with its person's records.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import psycopg

from stack import postgres
from tests.model.generated.measured import Measured
from tests.warehouse.engine.batches import Batch, compare, drawn, shrunk
from tests.warehouse.engine.planted import Fault, faults, planted
from throughline import warehouse
from throughline.warehouse.connection import Connection

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "build" / "model-check"
CODE = (
    "sql/engine",
    "include/throughline/workflows/compiled",
    "tests/model",
    "tests/warehouse/engine",
)
"""What decides what a batch says."""
TOGETHER = 5
"""How many definitions share a night."""
LEAST = {"opened": 0.6, "to_the_last": 0.15, "taken_back": 0.1}
"""How many of the histories must reach what."""
MOST_HISTORIES = 5000
"""Within how many histories a planted fault must be found."""
PERSONS_OF_A_FAULT = 20
LEAST_TOGETHER = 200
"""How often each key of the language must meet each change, in a run of a thousand definitions."""


@dataclass(frozen=True)
class Plan:
    """How much is compared: definitions, persons for each, and persons in each batch's practice."""

    definitions: int
    persons: int
    in_practice: int

    def batches(self) -> Iterator[int]:
        """Yield the first seed of each batch."""
        yield from range(0, self.definitions, TOGETHER)


def revision() -> str:
    """Return a checksum of the engine and of the model: what was found with another one does not count."""
    sum_ = hashlib.sha256()
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".sql"):
                sum_.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return sum_.hexdigest()[:16]


def work(plan: Plan, job: int, jobs: int, into: Path) -> None:
    """Compare the batches of one process that are not done yet, writing a line for each."""
    done = {line["first"] for line in _lines(into)}
    with (
        postgres.throwaway() as server,
        warehouse.connect(server.dsn(postgres.SUPERUSER, "postgres")) as conn,
    ):
        for number, first in enumerate(plan.batches()):
            if number % jobs != job or first in done:
                continue
            batch = compare(conn, first, TOGETHER, plan.persons, plan.in_practice)
            with into.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps({"first": first, **_kept(batch)}) + "\n")
            for each in batch.differences:
                print(each, flush=True)
                made = [
                    made
                    for name, made, _ in drawn(first, TOGETHER, plan.persons)[0]
                    if name == each.definition
                ]
                if made and (less := shrunk(conn, made[0], each.person)):
                    print(less[1], *less[0].facts, sep="\n  ", flush=True)


def _kept(batch: Batch) -> dict[str, Any]:
    found: dict[str, Any] = {"differences": [str(each) for each in batch.differences]}
    for each in fields(Measured):
        value = getattr(batch.measured, each.name)
        found[each.name] = list(value.items()) if isinstance(value, Counter) else value
    return found


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def summed(paths: list[Path]) -> tuple[Measured, list[str]]:
    """Return what all batches reached together, and the differences that they found."""
    whole, differences = Measured(), []
    for line in (line for path in paths for line in _lines(path)):
        differences += line["differences"]
        one = Measured()
        for each in fields(Measured):
            value = line[each.name]
            if isinstance(value, list):
                value = Counter(
                    {tuple(key) if isinstance(key, list) else key: n for key, n in value}
                )
            setattr(one, each.name, value)
        whole += one
    return whole, differences


def too_little(found: Measured, definitions: int) -> list[str]:
    """Return what the histories did not reach often enough."""
    told = [
        f"{name}: {getattr(found, name) / max(found.histories, 1):.1%} of the histories,"
        f" at least {least:.0%} are wanted"
        for name, least in LEAST.items()
        if getattr(found, name) < least * found.histories
    ]
    if definitions >= 1000:
        told += [
            f"{key} with {change}: {count} times, at least {LEAST_TOGETHER} are wanted"
            for (key, change), count in sorted(found.together.items())
            if count < LEAST_TOGETHER
        ]
    return told


def find(job: int, jobs: int, persons: int) -> bool:
    """Plant one fault after the other, and say after how many histories it is found; True if all are."""
    missed = []
    with (
        postgres.throwaway() as server,
        warehouse.connect(server.dsn(postgres.SUPERUSER, "postgres")) as conn,
    ):
        for fault in faults()[job::jobs]:
            histories = _found_after(conn, fault, persons)
            missed += [fault] if histories is None else []
            told = f"after {histories}" if histories else f"NOT within {MOST_HISTORIES}"
            print(f"{told} histories: {fault}", flush=True)
    return not missed


def _found_after(conn: Connection, fault: Fault, persons: int) -> int | None:
    for number in range(MOST_HISTORIES // (TOGETHER * persons)):
        with planted(fault):
            try:
                if compare(conn, number * TOGETHER, TOGETHER, persons, persons).differences:
                    return (number + 1) * TOGETHER * persons
            except psycopg.Error:  # a fault may break a statement: that is found, too
                conn.rollback()
                return (number + 1) * TOGETHER * persons
    return None


def main(words: list[str]) -> int:
    """Compare, and return 0 if engine and model say the same and the histories reach what they must."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--definitions", type=int, default=1000)
    parser.add_argument("--persons", type=int, default=100)
    parser.add_argument("--in-practice", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--job", type=int)
    parser.add_argument("--planted", action="store_true", help="plant faults and find them")
    said = parser.parse_args(words)
    plan = Plan(said.definitions, said.persons, said.in_practice)
    folder = FOLDER / f"{revision()}-{plan.persons}-{plan.in_practice}"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{job}-of-{said.jobs}.jsonl" for job in range(said.jobs)]
    if said.job is not None and said.planted:
        return int(not find(said.job, said.jobs, PERSONS_OF_A_FAULT))
    if said.job is not None:
        work(plan, said.job, said.jobs, paths[said.job])
        return 0
    begun = time.monotonic()
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.warehouse.engine.check", *words, "--job", str(job)],
            cwd=ROOT,
        )
        for job in range(said.jobs)
    ]
    failed = [each.wait() for each in running]
    if said.planted:
        return int(any(failed))
    found, differences = summed(paths)
    print(found.told())
    print(f"{len(differences)} differences; {time.monotonic() - begun:.0f} s")
    missing = too_little(found, plan.definitions)
    print("\n".join([*differences, *missing]), end="\n" if differences or missing else "")
    return int(bool(differences or missing or any(failed)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
