"""The cost of a night, by number of patients and by share of changed patients: `make benchmark`.

For each size (SIZES=1000,10000,100000) it uses a separate PostgreSQL and runs the first load, then nights
with 0.3 % changed patients (NIGHTS=4). It calls the same functions as the DAGs' tasks, without Airflow and
without a network. `SAVE=docs/benchmark.md` writes the result to that page. `YEARS=5` measures only first loads instead:
without earlier years, and with so many.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.benchmark import batch, growth, messages, report, sizes
from throughline import programs

SIZES = "1000,10000,100000"
NIGHTS = 4
WORTH_KEEPING = 1000
"""Patients: with fewer it is tried whether everything is measured, and what is odd comes in small numbers too."""
FEW = 0.02


def main() -> int:
    """Measure each size and print; returns 0."""
    wanted = [int(each) for each in os.environ.get("SIZES", "").split(",") if each.strip()]
    wanted = wanted or [int(each) for each in SIZES.split(",")]
    if years := int(os.environ.get("YEARS", "") or 0):
        os.environ["WATCH"] = "-1"  # every night is timed
        pairs = [(sizes.run(patients, 0), sizes.run(patients, 0, years)) for patients in wanted]
        print(report.history(pairs, years))
        return 0
    nights = int(os.environ.get("NIGHTS", "") or NIGHTS)
    results = [sizes.run(patients, nights) for patients in wanted]
    text = report.text(results, batch.run())
    print(text)
    print("\n### Growth with odd inputs\n")
    few = max(wanted) < WORTH_KEEPING
    print(growth.text(FEW if few else 1))
    print("\n### HL7 v2 beside the libraries of others\n")
    print(messages.text(2 if few else messages.MESSAGES))
    target = os.environ.get("SAVE")
    if target:
        report.save(Path(target), text)
    if os.environ.get("STATEMENTS"):
        print(report.statements(results[-1]))
    return 0


if __name__ == "__main__":
    programs.run(main)
