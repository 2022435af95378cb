"""The practice's EHR: a US Core server that exports a Group, knows few types, and takes no writes.

It lets in who signs with the registered key (SMART Backend Services), gives each login a token of its own, and exports
what was changed since the caller's `_since` and up to its own time. A type that it does not know, and everything that
would write, is refused with an OperationOutcome.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.unit.throughline.sources.servers import Answer, Seen, Web

CLIENT, KEY_ID, GROUP = "platte-valley-nightly", "platte-valley-1", "e-panel-7"
TYPES = (
    "Condition", "Coverage", "DocumentReference", "Encounter", "Location", "Organization", "Patient",
    "Practitioner", "Procedure",
)  # fmt: skip
"""What it knows of US Core 7.0.0; ChargeItem, Claim, Communication and Task are no part of that."""
SCOPES = " ".join(f"system/{kind}.read" for kind in (*TYPES, "Group"))

Resource = dict[str, Any]


def outcome(status: int, code: str, text: str) -> Answer:
    """A refusal in the server's own words."""
    issue = [{"severity": "error", "code": code, "diagnostics": text}]
    body = json.dumps({"resourceType": "OperationOutcome", "issue": issue}).encode()
    return Answer(status, body, {"Content-Type": "application/fhir+json"})


class Epic:
    """The server. `now` is its clock, `public` the key of the client that it knows.

    `written` are requests that would have changed something; `exported` the parameters of each export.
    """

    def __init__(self, web: Web, pem: str) -> None:
        self.web = web
        web.respond = self
        key = load_pem_private_key(pem.encode(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        self.public = key.public_key()
        self.now = ""
        self.resources: dict[tuple[str, str], Resource] = {}
        self.written: list[str] = []
        self.exported: list[dict[str, list[str]]] = []
        self.ended: list[str] = []
        self._tokens: set[str] = set()
        self._used: set[str] = set()

    @property
    def base(self) -> str:
        """The base URL of this organization."""
        return self.web.url("/api/FHIR/R4")

    @property
    def connection(self) -> dict[str, Any]:
        """What goes into the extra of the connection, besides the key."""
        return {
            "base_url": self.base,
            "token_url": self.web.url("/oauth2/token"),
            "client_id": CLIENT,
            "key_id": KEY_ID,
            "scope": SCOPES,
        }

    def knows(self, at: str, resources: Iterable[Resource]) -> None:
        """Take resources in as of a moment (UTC): a new one, or a newer version."""
        for one in resources:
            key = (one["resourceType"], one["id"])
            version = (
                int(self.resources.get(key, {"meta": {"versionId": "0"}})["meta"]["versionId"]) + 1
            )
            self.resources[key] = {**one, "meta": {"lastUpdated": at, "versionId": str(version)}}

    def __call__(self, seen: Seen) -> Answer:
        """Answer a request."""
        parts = urlsplit(seen.path)
        query = parse_qs(parts.query)
        if parts.path == "/oauth2/token":
            return self._token(parse_qs(seen.body.decode()))
        path = parts.path.removeprefix("/api/FHIR/R4").strip("/")
        if path == ".well-known/smart-configuration":
            return _json({
                "token_endpoint": self.web.url("/oauth2/token"),
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": ["RS384", "ES384"],
                "grant_types_supported": ["client_credentials"],
                "capabilities": ["client-confidential-asymmetric", "permission-v1"],
            })  # fmt: skip
        if path == "metadata":
            return _json(self._statement())
        if seen.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return outcome(401, "login", "no token, or one that has expired")
        if seen.method == "DELETE" and path.startswith("jobs/"):
            self.ended.append(path)
            return Answer(202, b"")
        if seen.method not in ("GET", "HEAD"):
            self.written.append(f"{seen.method} {parts.path}")
            return outcome(
                405, "not-supported", f"{seen.method} is not supported: this interface is read only"
            )
        return self._read(path, query)

    def _token(self, form: dict[str, list[str]]) -> Answer:
        try:
            said = jwt.decode(
                form["client_assertion"][0], self.public, algorithms=["ES384"],
                audience=self.web.url("/oauth2/token"), issuer=CLIENT, options={"require": ["exp", "jti", "sub"]},
            )  # fmt: skip
        except (KeyError, jwt.PyJWTError) as error:
            return _json(
                {"error": "invalid_client", "error_description": type(error).__name__}, 401
            )
        asked = form.get("scope", [""])[0].split()
        if said["jti"] in self._used or set(asked) - set(SCOPES.split()):
            return _json(
                {"error": "invalid_scope" if said["jti"] not in self._used else "invalid_client"},
                400,
            )
        self._used.add(said["jti"])
        self._tokens.add(token := f"t-{said['jti']}")
        return _json(
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": 300,
                "scope": " ".join(asked),
            }
        )

    def _read(self, path: str, query: dict[str, list[str]]) -> Answer:
        kind, _, rest = path.partition("/")
        if path == f"Group/{GROUP}/$export":
            return self._export(query)
        if path == f"Group/{GROUP}":
            members = [
                {"entity": {"reference": f"Patient/{key}"}}
                for kind, key in self.resources
                if kind == "Patient"
            ]
            return _json({"resourceType": "Group", "id": GROUP, "actual": True, "member": members})
        if kind == "jobs":
            return self._job(rest)
        if kind not in TYPES:
            return outcome(404, "not-found", f"Unknown resource type: {kind}")
        if rest:
            found = self.resources.get((kind, rest))
            return (
                _json(found) if found else outcome(404, "not-found", f"there is no {kind}/{rest}")
            )
        if kind == "Patient" or "patient" not in query:
            needed = "_id, identifier, or family and birthdate" if kind == "Patient" else "patient"
            if not {"_id", "identifier", "family"} & set(query):
                return outcome(400, "required", f"a search of {kind} must name {needed}")
        of = query.get("patient", [""])[0].removeprefix("Patient/")
        found_all = [
            one
            for (type_, _), one in self.resources.items()
            if type_ == kind and of in json.dumps(one)
        ]
        return _json(
            {
                "resourceType": "Bundle",
                "type": "searchset",
                "entry": [{"resource": one} for one in found_all],
            }
        )

    def _export(self, query: dict[str, list[str]]) -> Answer:
        asked = query.get("_type", [",".join(TYPES)])[0].split(",")
        unknown = [kind for kind in asked if kind not in TYPES]
        if unknown:
            told = "; ".join(f"{kind} is not supported by bulk export" for kind in unknown)
            return outcome(400, "not-supported", told)
        self.exported.append(query)
        return Answer(202, b"", {"Content-Location": f"{self.base}/jobs/{len(self.exported)}"})

    def _job(self, rest: str) -> Answer:
        number, _, kind = rest.partition("/")
        query = self.exported[int(number) - 1]
        since = query.get("_since", [""])[0]
        asked = query.get("_type", [",".join(TYPES)])[0].split(",")
        of = {
            each: [
                one
                for (type_, _), one in self.resources.items()
                if type_ == each and since <= one["meta"]["lastUpdated"] <= self.now
            ]
            for each in asked
        }
        if kind:
            body = "".join(json.dumps(one) + "\n" for one in of[kind])
            return Answer(200, body.encode(), {"Content-Type": "application/fhir+ndjson"})
        # a type without data has no output (Bulk Data Access, output.type)
        output = [
            {"type": each, "url": f"{self.base}/jobs/{number}/{each}", "count": len(found)}
            for each, found in of.items()
            if found
        ]
        return _json({
            "transactionTime": self.now,
            "request": f"{self.base}/Group/{GROUP}/$export",
            "requiresAccessToken": True,
            "output": output,
            "deleted": [],
            "error": [],
        })  # fmt: skip

    def _statement(self) -> Resource:
        resource = [
            {
                "type": kind,
                "interaction": [{"code": "read"}, {"code": "search-type"}],
                "searchParam": [{"name": name} for name in ("_id", "identifier", "patient")],
            }
            for kind in TYPES
        ]
        operation = [
            {
                "name": "export",
                "definition": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/group-export",
            }
        ]
        resource.append(
            {"type": "Group", "interaction": [{"code": "read"}], "operation": operation}
        )
        return {
            "resourceType": "CapabilityStatement",
            "fhirVersion": "4.0.1",
            "software": {"name": "Epic", "version": "November 2025"},
            "rest": [{"mode": "server", "resource": resource}],
        }


def _json(said: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(said).encode(), {"Content-Type": "application/json"})
