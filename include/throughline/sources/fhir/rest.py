"""FHIR REST: create a resource once, and find by identifier what may have been created."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson

from throughline.sources.fhir.auth import WRITES
from throughline.sources.fhir.client import ServerClient
from throughline.transports.address import SourceUnavailable
from throughline.transports.https import Answer, Outcome

FHIR_JSON = "application/fhir+json"


def _token(identifier: tuple[str, str]) -> str:
    """Return system and value as a search token, with special characters escaped.

    Without escaping, a bar within the value, as in our own keys, would end the system (FHIR R4,
    3.1.1.5.7).
    """
    system, value = (re.sub(r"([\\|,$])", r"\\\1", part) for part in identifier)
    return f"{system}|{value}"


class FhirClient(ServerClient):
    """A client of one FHIR server's REST interface. Use it as a context manager.

    Conditional create is optional for a server (FHIR R4, 3.1.0.8). `create` asks for it; after an
    uncertain outcome, call `find` before creating again.
    """

    SCOPE = WRITES

    def create(self, resource: Mapping[str, Any] | bytes, identifier: tuple[str, str]) -> Outcome:
        """Create a resource with this identifier, at most once if the server supports conditional create.

        If `resource` is bytes, it is sent unchanged. An accepted outcome has the resource as its body.
        """
        if isinstance(resource, bytes):
            content, kind = resource, orjson.loads(resource)["resourceType"]
        else:
            content, kind = orjson.dumps(resource), resource["resourceType"]
        wanted = f"identifier={quote(_token(identifier), safe='|')}"
        headers = {"If-None-Exist": wanted, "Accept": FHIR_JSON, "Prefer": "return=representation"}
        return self._http.write(kind, content, content_type=FHIR_JSON, headers=headers)

    def find(self, kind: str, identifier: tuple[str, str]) -> list[dict[str, Any]]:
        """Return the resources of a type that have this identifier. Raises `SourceUnavailable`."""
        return self._search(kind, {"identifier": _token(identifier)})

    def read(self, kind: str, resource_id: str) -> dict[str, Any] | None:
        """Return one resource, or None when there is none. Raises `SourceUnavailable`."""
        answer = self._get(f"{kind}/{quote(resource_id, safe='')}", {})
        if answer.status in (404, 410):
            return None
        return self._json(answer)

    def _search(self, kind: str, params: dict[str, str]) -> list[dict[str, Any]]:
        body = self._json(self._get(kind, params))
        found = [
            entry.get("resource") for entry in body.get("entry", []) if isinstance(entry, dict)
        ]
        return [r for r in found if isinstance(r, dict) and r.get("resourceType") == kind]

    def _get(self, path: str, params: dict[str, str]) -> Answer:
        return self._http.get(path, params, {"Accept": FHIR_JSON})

    def _json(self, answer: Answer) -> dict[str, Any]:
        if answer.status != 200:
            raise SourceUnavailable(f"{self._name}: http_{answer.status}")
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise SourceUnavailable(f"{self._name}: the answer is not a resource")
        return body
