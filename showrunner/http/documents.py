"""The contract's own documents: OpenAPI for HTTP, AsyncAPI for the feed."""

import msgspec
from aiohttp import web

from showrunner import contract_documents


def routes() -> list[web.RouteDef]:
    """Return the routes of the documents; they are made once, here."""
    documents = {
        "/v1/openapi.json": msgspec.json.encode(contract_documents.openapi()),
        "/v1/asyncapi.json": msgspec.json.encode(contract_documents.asyncapi()),
    }

    async def document(request: web.Request) -> web.Response:
        body = documents[request.path]
        return web.Response(body=body, content_type="application/json", headers={"Cache-Control": "no-store"})

    return [web.get(path, document) for path in documents]
