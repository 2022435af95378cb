"""FHIR REST: create once, and look up by identifier what may have been created."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from throughline.sources.fhir.auth import BackendService
from throughline.sources.http import HttpClient, Outcome
from throughline.transports.address import Address, SourceUnavailable

FHIR_JSON = "application/fhir+json"


def _token(identifier: tuple[str, str]) -> str:
    """Return system and value as a search names them; what has a meaning there is escaped.

    FHIR R4, 3.1.1.5.7: a bar within the value, as our own keys have, would else end the system.
    """
    system, value = (re.sub(r"([\\|,$])", r"\\\1", part) for part in identifier)
    return f"{system}|{value}"


class FhirClient:
    """A client of one FHIR server. Use it as a context manager.

    Conditional create is optional for a server (FHIR R4, 3.1.0.8): `create` asks for it, and who
    gets an uncertain outcome looks up with `find` before creating again.
    """

    def __init__(
        self,
        address: Address,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._name = address.name
        self._tokens = BackendService(address, transport, sleep)
        self._http = HttpClient(address, authorize=self._tokens, transport=transport, sleep=sleep)

    def __enter__(self) -> FhirClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def create(self, resource: Mapping[str, Any] | bytes, identifier: tuple[str, str]) -> Outcome:
        """Create a resource that has this identifier, at most once where the server honours it.

        `resource` as bytes goes out as it is. An accepted outcome has the resource as its body.
        """
        if isinstance(resource, bytes):
            content, kind = resource, orjson.loads(resource)["resourceType"]
        else:
            content, kind = orjson.dumps(resource), resource["resourceType"]
        wanted = f"identifier={quote(_token(identifier), safe='|')}"
        headers = {"If-None-Exist": wanted, "Accept": FHIR_JSON, "Prefer": "return=representation"}
        outcome = self._http.write(kind, content, content_type=FHIR_JSON, headers=headers)
        if outcome.status == 401:
            self._tokens.forget()
            outcome = self._http.write(kind, content, content_type=FHIR_JSON, headers=headers)
        return outcome

    def find(self, kind: str, identifier: tuple[str, str]) -> list[dict[str, Any]]:
        """Return the resources of a type that have this identifier. Raises `SourceUnavailable`."""
        return self._search(kind, {"identifier": _token(identifier)})

    def read(self, kind: str, resource_id: str) -> dict[str, Any] | None:
        """Return one resource, or None when there is none. Raises `SourceUnavailable`."""
        response = self._get(f"{kind}/{quote(resource_id, safe='')}", {})
        if response.status_code in (404, 410):
            return None
        return self._json(response)

    def _search(self, kind: str, params: dict[str, str]) -> list[dict[str, Any]]:
        body = self._json(self._get(kind, params))
        found = [
            entry.get("resource") for entry in body.get("entry", []) if isinstance(entry, dict)
        ]
        return [r for r in found if isinstance(r, dict) and r.get("resourceType") == kind]

    def _get(self, path: str, params: dict[str, str]) -> httpx.Response:
        response = self._http.get(path, params, {"Accept": FHIR_JSON})
        if response.status_code == 401:
            self._tokens.forget()
            response = self._http.get(path, params, {"Accept": FHIR_JSON})
        return response

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        if response.status_code != 200:
            raise SourceUnavailable(f"{self._name}: http_{response.status_code}")
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise SourceUnavailable(f"{self._name}: the answer is no resource")
        return body
