"""Answers of HTTP interfaces, and what the answer to a write proves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

# accepted: it was done. rejected: it was refused and nothing was done. not_sent: it never arrived.
# uncertain: it may have been done; look it up before you repeat it.
Certainty = Literal["accepted", "rejected", "not_sent", "uncertain"]


@dataclass(frozen=True)
class Answer:
    """A complete answer, received on the last of `tries` attempts. `headers` is case-insensitive."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    tries: int = 1

    def json(self) -> Any:
        """Return the body parsed as JSON, always as UTF-8, whatever the header says. Raises `ValueError`."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Outcome:
    """How a write ended. `status` is None if no answer came; `body` is the answer's JSON, if it had any."""

    certainty: Certainty
    status: int | None = None
    body: Any = None
    location: str | None = None
    reason: str = ""

    @property
    def is_certain(self) -> bool:
        """Whether it is safe to try again: a new attempt cannot do the same thing twice."""
        return self.certainty != "uncertain"


def judge(answer: Answer) -> Outcome:
    """Return what the answer to a write proves.

    A 4xx means that it was refused before anything was done; a 5xx may come after it was done. 408 and
    425 are uncertain, and so is 412: for a conditional create it means that one or more such resources
    exist (FHIR R4, 3.1.0.8.1). 429 means that the request was not processed.
    """
    try:
        body = answer.json()
    except ValueError:
        body = None
    status = answer.status
    location = answer.headers.get("Location")
    if 200 <= status < 300:
        return Outcome("accepted", status, body, location)
    if status == 429:
        return Outcome("not_sent", status, body, location, "too_many_requests")
    if status in (408, 412, 425) or (status >= 500 and status not in (501, 505)):
        return Outcome("uncertain", status, body, location, f"http_{status}")
    return Outcome("rejected", status, body, location, f"http_{status}")
