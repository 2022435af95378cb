"""The item for the work queue of the practice's billing system: `POST /work-items`."""

from __future__ import annotations

from throughline.tasks.wire.json_text import json_text, without_nulls
from throughline.tasks.wire.work import Work


def work_item(work: Work) -> bytes:
    """Return the item: which visit to bill to which payer. The visit's own charge says what to bill."""
    return json_text(
        without_nulls(
            {
                "work_item_id": str(work.transmission_id),
                "encounter_id": work.encounter_id,
                "encounter_source": work.encounter_source,
                "payer_id": work.payer_id,
                "reason": "no claim was sent for this visit",
            }
        )
    )
