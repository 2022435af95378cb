"""The EHR's HTTP application: token endpoint, Bulk Data, REST."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.ehr.auth import ALGORITHM, SCOPE, Authority
from sandbox.ehr.bulk import TYPES, Bulk, outcome
from sandbox.ehr.rest import WRITABLE, Rest
from sandbox.hub import Hub

Endpoint = Callable[[Request], Awaitable[Response]]


def build(hub: Hub, authority: Authority, conditional: bool) -> Starlette:
    """The application under ``/fhir`` and ``/auth/token``."""
    bulk, rest = Bulk(hub.world, hub.store), Rest(hub, conditional)

    def guarded(endpoint: Endpoint) -> Endpoint:
        async def inner(request: Request) -> Response:
            if not authority.allows(request):
                refusal = outcome(401, "login", "a good access token is needed")
                refusal.headers["WWW-Authenticate"] = "Bearer"
                return refusal
            return await endpoint(request)

        return inner

    async def smart(request: Request) -> Response:
        return JSONResponse(
            {
                "token_endpoint": f"{request.url.scheme}://{request.url.netloc}/auth/token",
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
                "scopes_supported": SCOPE.split(),
                "capabilities": ["client-confidential-asymmetric", "permission-v2"],
            }
        )

    async def metadata(_: Request) -> Response:
        resources = [
            {
                "type": kind,
                "interaction": [
                    {"code": c}
                    for c in (
                        ("create", "read", "update", "search-type")
                        if kind in WRITABLE
                        else ("read", "search-type")
                    )
                ],
                "conditionalCreate": conditional and kind in WRITABLE,
            }
            for kind in TYPES
        ]
        return JSONResponse(
            {
                "resourceType": "CapabilityStatement",
                "status": "active",
                "date": "2026-07-01",
                "kind": "instance",
                "fhirVersion": "4.0.1",
                "format": ["application/fhir+json"],
                "rest": [{"mode": "server", "resource": resources, "operation": [{"name": "export", "definition": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export"}]}],
            }
        )  # fmt: skip

    return Starlette(
        routes=[
            Route("/auth/token", authority.token, methods=["POST"]),
            Route("/fhir/.well-known/smart-configuration", smart, methods=["GET"]),
            Route("/fhir/metadata", metadata, methods=["GET"]),
            Route("/fhir/$export", guarded(bulk.kick_off), methods=["GET"]),
            Route("/fhir/Patient/$export", guarded(bulk.kick_off), methods=["GET"]),
            Route("/fhir/bulk/status/{job}", guarded(bulk.status), methods=["GET", "DELETE"]),
            Route("/fhir/bulk/file/{job}/{kind}/{part}", guarded(bulk.file), methods=["GET"]),
            Route("/fhir/bulk/store/{job}/{kind}/{part}", bulk.stored, methods=["GET"]),
            Route("/fhir/{type}", guarded(rest.create), methods=["POST"]),
            Route("/fhir/{type}", guarded(rest.search), methods=["GET"]),
            Route("/fhir/{type}/_search", guarded(rest.search), methods=["GET"]),
            Route("/fhir/{type}/{id}", guarded(rest.read), methods=["GET"]),
            Route("/fhir/{type}/{id}", guarded(rest.update), methods=["PUT"]),
        ]
    )
