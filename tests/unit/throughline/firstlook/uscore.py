"""A FHIR server as many EHRs have it: US Core types, a Group's export, reads person by person, and no writes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.unit.throughline.sources.servers import Answer, Seen, Web

SCOPES = "system/Patient.read system/Encounter.read system/Condition.read system/ChargeItem.read"
GROUP = "g-1"


def outcome(status: int, text: str) -> Answer:
    """A refusal with the server's words."""
    issue = [{"severity": "error", "code": "processing", "diagnostics": text}]
    return Answer(status, json.dumps({"resourceType": "OperationOutcome", "issue": issue}).encode())


def bundle(*resources: dict[str, Any]) -> Answer:
    """A searchset."""
    entry = [{"resource": one} for one in resources]
    return Answer(200, json.dumps({"resourceType": "Bundle", "entry": entry}).encode())


PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Secretname"}]}
ENCOUNTER = {"resourceType": "Encounter", "id": "e1", "subject": {"reference": "Patient/p1"}}


class UsCore:
    """The server: it knows Patient, Encounter (of one patient) and Condition (which this login may not read).

    `answers` go before what it would say by itself, by path.
    """

    def __init__(self, web: Web) -> None:
        self.web = web
        web.respond = self
        self.answers: dict[str, Answer] = {}
        self.of_a_person: Answer | None = None
        """What it says to a search for a person, if not what it has."""
        self.creates: list[str] = []
        self.smart: dict[str, Any] = {"token_endpoint": web.url("/token")}
        self.scopes = SCOPES
        self.types = {
            "Patient": ["_id"],
            "Encounter": ["patient"],
            "Condition": ["patient"],
            "Group": [],
        }

    @property
    def written(self) -> list[str]:
        """What was asked but to be read, besides tokens."""
        return [f"{one.method} {one.path}" for one in self.web.seen
                if one.method != "GET" and one.path != "/token"]  # fmt: skip

    def __call__(self, seen: Seen) -> Answer:
        parts = urlsplit(seen.path)
        path, query = parts.path.strip("/"), parse_qs(parts.query)
        if path in self.answers:
            return self.answers[path]
        if path == ".well-known/smart-configuration":
            return Answer(200, json.dumps(self.smart).encode())
        if path == "token":
            told = {"access_token": "t", "expires_in": 300, "scope": self.scopes}
            return Answer(200, json.dumps(told).encode())
        if path == "metadata":
            return Answer(200, json.dumps(self._statement()).encode())
        if seen.headers.get("authorization") != "Bearer t":
            return outcome(401, "who are you?")
        if path == f"Group/{GROUP}":
            return Answer(200, b'{"resourceType": "Group"}')
        kind = path.partition("/")[0]
        if kind not in self.types or path != kind:
            return outcome(404, f"Unknown resource type '{kind}'")
        if kind in self.creates:
            return bundle()
        if kind == "Patient":
            return bundle(PATIENT)
        if kind == "Condition":
            return outcome(403, "Condition is not in your contract")
        if query.get("patient") != ["p1"]:
            return outcome(400, "patient is required")
        return self.of_a_person or bundle(ENCOUNTER)

    def _statement(self) -> dict[str, Any]:
        resource = [
            {
                "type": kind,
                "interaction": [{"code": "read"}, {"code": "search-type"}]
                + [{"code": "create"}] * (kind in self.creates),
                "searchParam": [{"name": name} for name in names],
                "operation": [{"name": "export"}] if kind == "Group" else [],
            }
            for kind, names in self.types.items()
        ]
        rest = [{"mode": "server", "resource": resource}]
        return {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest}
