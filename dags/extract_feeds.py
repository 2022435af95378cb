"""### What
The first DAG of the night. Reads every system of record for one business date, keeps the received
bytes, parses them, gates each feed and loads what passed into typed records.

### Trigger
Nightly at 04:00 (practice's time) for the day before, or by hand with a partition key
(`YYYY-MM-DD`). The same key can be run again at any time, and then includes late files.

### Writes
`landing`, `staging`, `quality`, `core`; publishes `extracted_feeds`.

### Gate rules
`include/throughline/quality/suites/`. A stopped feed goes to `release_feed`; other feeds go on.

### When it fails
The chain goes on to the report, which names the step. A source that cannot be reached does not
fail the run: its feeds are late, and what they would have proven is unknown.

### Re-run safely
Clear the run, or trigger the same key: landed files are recognised by their content. A single task
can be cleared too: it reads what the previous task wrote and replaces its own output.
"""

from __future__ import annotations

from airflow.sdk import CronPartitionTimetable, dag, task, task_group

from throughline.orchestration import dag_parts, night
from throughline.orchestration.assets import EXTRACTED_FEEDS, KEY_FORMAT
from throughline.orchestration.notices import READ_WITHIN, Notice, deadline
from throughline.orchestration.policies import NIGHTLY, TASK_DEFAULTS, TIME_ZONE, start_date
from throughline.sources.definitions import names_with_feeds


@task
def open_night(partition_key: str | None = None) -> int:
    """Take the chain's lease and open the night."""
    return night.begin(partition_key)


@task
def land(source: str, seq: int) -> list[str]:
    """Fetch what the source has, and keep the bytes."""
    return night.land(source, seq)


@task
def stage(source: str, seq: int, batches: list[str]) -> list[str]:
    """Parse the bytes into rows."""
    return night.stage(source, seq, batches)


@task
def gate(source: str, seq: int, batches: list[str]) -> list[str]:
    """Pass a verdict on each feed."""
    return night.gate(source, seq, batches)


@task
def load(source: str, seq: int, batches: list[str]) -> int:
    """Load what no gate stopped."""
    return night.load(source, seq, batches)


@dag(
    schedule=CronPartitionTimetable(
        NIGHTLY, timezone=TIME_ZONE, run_offset=-1, key_format=KEY_FORMAT
    ),
    start_date=start_date(),
    catchup=False,
    max_active_runs=1,
    default_args=TASK_DEFAULTS,
    on_failure_callback=Notice("failed"),
    deadline=deadline(READ_WITHIN),
    tags=["throughline", "night", "step:extract"],
    doc_md=__doc__,
)
def extract_feeds() -> None:
    """Wire the night's sources side by side."""
    seq = open_night()
    ends = []
    for source in names_with_feeds():

        @task_group(group_id=source)
        def read(source: str = source) -> None:
            batches = stage(source, seq, land(source, seq))
            stopped = gate(source, seq, batches)
            loaded = load(source, seq, batches)
            stopped >> loaded
            dag_parts.link_data_docs(stopped)
            dag_parts.ask_release_of_feeds(source, stopped)
            ends.append(loaded)

        read()
    dag_parts.publish(EXTRACTED_FEEDS, after=ends)


extract_feeds()
