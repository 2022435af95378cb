"""What a row of a work list asks for: the bytes of its own transmission. The file that carries it says more."""

from __future__ import annotations

from throughline.tasks.wire.json_text import instant, json_text, without_nulls
from throughline.tasks.wire.work import Work


def list_row(work: Work) -> bytes:
    """Return what is asked for whom: of which patient record and visit, and between which days."""
    return json_text(
        without_nulls(
            {
                "list": work.list_source,
                "kind": work.kind,
                "effect": work.effect_key,
                "patient_source": work.patient_source,
                "patient_id": work.patient_id,
                "encounter_id": work.encounter_id,
                "practitioner_id": work.practitioner_id,
                "practitioner_npi": work.practitioner_npi,
                "payer_id": work.payer_id,
                "visit_type": work.visit_type,
                "not_before": work.not_before.isoformat() if work.not_before else None,
                "not_after": work.not_after.isoformat() if work.not_after else None,
                "call_from": instant(work.call_from),
                "call_until": instant(work.call_until),
            }
        )
    )
