"""What a night costs by how many patients there are, and by how much of them changed: `make benchmark`.

For each size (SIZES=1000,10000,100000): a PostgreSQL of its own, the first load, and nights on which
0.3 % of the patients changed (NIGHTS=4 after the first load). The same functions that the tasks of the
DAGs call, without Airflow and without a network. `SAVE=docs/benchmark.md` puts the result there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.benchmark import report, sizes

SIZES = "1000,10000,100000"
NIGHTS = 4


def main() -> int:
    """Measure each size and print; returns 0."""
    wanted = [int(each) for each in os.environ.get("SIZES", "").split(",") if each.strip()]
    wanted = wanted or [int(each) for each in SIZES.split(",")]
    nights = int(os.environ.get("NIGHTS", "") or NIGHTS)
    results = [sizes.run(patients, nights) for patients in wanted]
    text = report.text(results)
    print(text)
    target = os.environ.get("SAVE")
    if target:
        report.save(Path(target), text)
    if os.environ.get("STATEMENTS"):
        print(report.statements(results[-1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
