"""### What
Asks a named person about a batch that a gate stopped. The person releases or rejects it, with a
note. After a release, its business date is run again with what is now known.

### Trigger
`extract_feeds`, one run for each stopped batch. A run that somebody starts for another batch than its id names is
refused, and recorded.

### Writes
`operations.decision`; after a release the batch is loaded under a new night's number, and
`extracted_feeds` is published again for the same business date.

### Gate rules
The question shows the verdict and links to its Data Docs: counts only, no patient data. Those who have
`release_feed` in `permissions.yaml` may answer.

### When it fails
The batch stays stopped and nothing is lost; answer again under Required Actions. An answer that cannot be taken
(of somebody who may not, or without its reason) leaves the question open.

Every hour the question looks whether its batch was decided elsewhere, and ends if so.

### Re-run safely
A decided batch is not asked about again.
"""

from __future__ import annotations

from throughline.orchestration import decisions
from throughline.orchestration.assets import EXTRACTED_FEEDS
from throughline.orchestration.decision_dags import decision_dag

# Airflow reads only files that mention airflow and dag.
release_feed = decision_dag(
    "release_feed",
    __doc__,
    about={"batch_id": "landing.batch.batch_id", "business_date": ""},
    describe=decisions.describe_batch,
    question=("ask", "Release or reject"),
    options=["Release", "Reject"],
    note="Why (kept with the decision)",
    take=decisions.take_batch,
    decided=decisions.batch_decided,
    carry=("decide", decisions.carry_out_batch),
    publishes=EXTRACTED_FEEDS,
)
