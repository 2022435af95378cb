"""What a server of exports answers: it has taken one, and it has a manifest of one file."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.throughline.sources.servers import Answer, Web
from throughline.sources.fhir.bulk.client import Request

ASKED = Request(("Patient", "Task"))
TIME = "2026-09-04T05:00:00Z"


def manifest(web: Web, **more: Any) -> Answer:
    """A manifest of one file of two lines."""
    body = {
        "transactionTime": TIME,
        "requiresAccessToken": True,
        "output": [{"type": "Patient", "url": web.url("/files/1"), "count": 2}],
        **more,
    }
    return Answer(200, json.dumps(body).encode())


def started(web: Web) -> Answer:
    """An export that was taken."""
    return Answer(202, headers={"Content-Location": web.url("/job/1")})
