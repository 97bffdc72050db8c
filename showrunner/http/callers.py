"""Who calls over HTTP: behind proxies of ours, whoever they say it is; for limits, an IPv6 site counts as one."""

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from broadcast.channels.client_address import TrustedProxies, counted_as


def behind(proxies: TrustedProxies) -> Middleware:
    """Return the middleware by which every request has the address, and the scheme, of its client."""
    asks_proto = proxies.header == "x-forwarded-for"

    @web.middleware
    async def see_through(request: web.Request, handler: Handler) -> web.StreamResponse:
        peer = request.remote or ""
        said = ", ".join(request.headers.getall(proxies.header, ()))
        proto = request.headers.get("x-forwarded-proto", "") if asks_proto else ""
        client = proxies.client(peer, said, proto)
        if client.address == peer and client.scheme is None:
            return await handler(request)
        return await handler(request.clone(remote=client.address, scheme=client.scheme or request.scheme))

    return see_through


def caller(request: web.Request) -> str:
    """Return the name under which limits count who sent a request; empty where that is not known."""
    return counted_as(request.remote or "")
