"""What is sent is what SQL chose, in bytes that the warehouse would have written alike."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from tests.warehouse.tasks.desk import FIRST, Desk, member, seen
from throughline.tasks.wire.json_text import json_text
from throughline.warehouse import failpoints

TEXTS = [
    'a quote " and a backslash \\',
    "a tab\t, a line\n, a return\r, a page\f, a bell\a, a delete\x7f",
    "Zoë 北京 🩺 \u2028 \u00a0 </script>",
    "\x01\x1f",
    "",
]


@pytest.mark.parametrize("text", TEXTS)
def test_json_is_what_a_jsonb_is_as_text(desk: Desk, text: str) -> None:
    value: dict[str, Any] = {
        text or "empty": text, "b": [text, {"zz": None, "y": True, "aaa": {}}], "ab": {"é": "e", "aa": []},
    }  # fmt: skip
    written = desk.rows("select %s::jsonb::text as text", Jsonb(value))[0].text
    assert json_text(value) == written.encode()


def test_the_intention_has_the_bytes_and_their_hash_before_any_call(desk: Desk) -> None:
    desk.know(member("p1", mrn='M"R\\N-é'), seen("p1"))
    desk.open(FIRST)
    desk.wants("p1", "scheduling", visit_type="TCM", not_after="2026-07-20")
    desk.bills("p1", payer="MEDB1")
    desk.plan()
    found: list[Any] = []

    def look(point: str) -> None:
        if point == "dispatch.after_intend":
            # what another process could read at this moment
            assert desk.conn.info.transaction_status.name == "IDLE"
            found.extend(desk.sent())

    failpoints.install(look)
    desk.dispatch()
    assert [(x.kind, x.outcome, x.sent_at) for x in found] == [
        ("booking", "intended", None),
        ("work_item", "intended", None),
    ]
    assert all(x.payload_sha256 == hashlib.sha256(x.payload).hexdigest() for x in found)
    booking, item = (json.loads(x.payload) for x in found)
    assert booking == {
        "request_id": str(found[0].transmission_id),
        "mrn": 'M"R\\N-é',
        "visit_type": "TCM",
        "practitioner_npi": "1000000001",
        "not_before": "2026-07-07",
        "not_after": "2026-07-20",
    }
    assert item == {
        "work_item_id": str(found[1].transmission_id),
        "encounter_id": "p1-visit",
        "payer_id": "MEDB1",
        "reason": "no claim was sent for this visit",
    }
    assert [x.payload for x in desk.sent()] == [x.payload for x in found]
