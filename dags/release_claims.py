"""### What
Asks a named person about a batch of claims. The person attests and releases it, or refuses it. The
file is sent only after a release, byte for byte as it was shown.

### Trigger
`create_tasks`, one run for each batch. A run that somebody starts for another batch than its id names is refused,
and recorded.

### Writes
`operations.decision`, `tasks.claim_batch`, `tasks.transmission`; the clearinghouse's inbox.

### Gate rules
The file passed a validator before it was offered. Those who have `attest_claims` for its billing provider in
`permissions.yaml` may answer. Who attests has to have opened the list of its claims
(the page *Claims to release*, or `make claims BATCH=`) in the state whose digest the question shows: that
digest, of file and list, is attested. The question holds no patient data. Whether its cases still support
each claim is asked when the batch is shown, when it is attested and when it is sent; a batch with a claim
that fell is made anew without it, and asked about again.

### When it fails
The next `create_tasks` sends the released batch, after looking up an uncertain transfer. An answer that cannot
be taken (of somebody who may not, or has not opened the list; a refusal without a note) leaves the question open.
After a change of `permissions.yaml`, an open question stays with those to whom it was assigned: those who may now
decide on the page *Claims to release*.

The page *Claims to release* answers the question when a batch is decided there. Every hour the question
looks whether its batch was decided elsewhere: a release is sent, anything else ends the run.

### Re-run safely
A batch is sent at most once, however often tasks are rerun.
"""

from __future__ import annotations

from throughline.orchestration import decisions
from throughline.orchestration.decision_dags import decision_dag

# Airflow reads only files that mention airflow and dag.
release_claims = decision_dag(
    "release_claims",
    __doc__,
    about={"batch_id": "tasks.claim_batch.batch_id"},
    describe=decisions.describe_claims,
    question=("attest", "Claims to release"),
    options=["Attest and release", "Refuse"],
    note="Kept with the decision; a refusal needs it",
    take=decisions.take_claims,
    decided=decisions.claims_decided,
    carry=("send", decisions.carry_out_claims),
)
