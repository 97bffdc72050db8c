"""OpenAPI 3.1 and AsyncAPI 3 documents, generated from the message types."""

from collections.abc import Sequence
from typing import Any

import msgspec

from broadcast import messages as m
from broadcast.channel_messages import ChannelNews, Shown
from broadcast.errors import PROBLEM_NAMESPACE, TITLES
from broadcast.join_messages import JoinAnswer, JoinCodeAnswer, JoinRequest
from broadcast.line_messages import LineAnswer, LineMessage
from broadcast.public_messages import PublicShow
from showrunner.http.consents import ConsentAnswer, ConsentRequest, PaymentAnswer
from showrunner.http.payments import BehaviourRequest
from showrunner.http.preorders import ChargeAnswer, ChargeRequest

_OPENAPI = "3.1.0"
_ASYNCAPI = "3.0.0"
VERSION = "1.0.0"
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "enum": [PROBLEM_NAMESPACE + name for name in TITLES]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
                "required": ["pointer", "detail"],
            },
        },
    },
}
_CHANNEL: dict[str, Any] = {"name": "channel", "in": "query", "required": True, "schema": {"type": "string"}}
_FROM_SERVER = (
    m.Snapshot,
    m.Resumed,
    m.Cue,
    m.Stock,
    ChannelNews,
    m.ClockAnswer,
    m.OrderMessage,
    LineMessage,
    m.ProblemMessage,
)
_FROM_VIEWER = (m.ClockRequest, m.Tap, Shown)
_ORDER_REFUSALS = (
    "malformed", "unauthorized", "step-up-required", "origin-refused", "no-such-show", "no-such-channel", "sold-out",
    "not-on-sale", "price-changed", "limit-reached", "too-large", "too-slow", "unsupported-media-type", "invalid",
    "key-reused", "too-many-requests", "busy",
)  # fmt: skip
_COMMAND_REFUSALS = (
    "malformed", "unauthorized", "forbidden", "no-such-show", "on-hold", "nothing-next", "nothing-on-air",
    "nothing-to-undo", "too-large", "too-slow", "unsupported-media-type", "invalid", "key-reused", "too-many-requests",
    "not-ready",
)  # fmt: skip
_CHARGE_REFUSALS = (
    "malformed", "unauthorized", "forbidden", "no-such-show", "not-on-sale", "too-large", "too-slow",
    "unsupported-media-type", "invalid", "busy",
)  # fmt: skip
_COMPANION_REFUSALS = (
    "no-such-show", "no-such-channel", "origin-refused", "upgrade-required", "too-many-requests", "busy",
)  # fmt: skip


def _schemas(types: Sequence[Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    references, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    return list(references), dict(components)


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _refusals(names: Sequence[str]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for name in names:
        by_status.setdefault(TITLES[name][0], []).append(name)
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {"description": "; ".join(TITLES[name][1] for name in group), "content": problem}
        for status, group in sorted(by_status.items())
    }


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _header(name: str, schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": schema}


def _consent_paths(viewer: list[dict[str, list[str]]]) -> dict[str, Any]:
    """Return the operations on a buyer's standing consents."""
    kept = {"200": {"description": "The buyer's consents",
                    "content": _json({"$ref": "#/components/schemas/ConsentAnswer"})}}  # fmt: skip
    body = {"required": True, "content": _json({"$ref": "#/components/schemas/ConsentRequest"})}
    refusals = _refusals(("malformed", "unauthorized", "forbidden", "too-large", "too-slow", "unsupported-media-type",
                          "invalid"))  # fmt: skip
    mine = {"security": viewer}
    no = _refusals(("unauthorized",))
    return {
        "get": {"summary": "One's consents to pay by one tap", **mine, "responses": {**kept, **no}},
        "put": {"summary": "Consent, by reference", **mine, "requestBody": body, "responses": {**kept, **refusals}},
        "delete": {"summary": "Take all consents back", **mine, "responses": {"204": {"description": "Gone"}, **no}},
    }


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of the HTTP side."""
    types = (
        m.OrderRequest, m.OrderAnswer, m.CommandRequest, m.CommandAnswer, m.GuestRequest, m.GuestAnswer, PublicShow,
        BehaviourRequest, JoinCodeAnswer, JoinRequest, JoinAnswer, LineAnswer,
    )  # fmt: skip
    references, components = _schemas(types)
    order_request, order, command, command_answer, guest, guest_answer, show, behaviour, *joining = references
    join_code, join, joined, in_line = joining
    components["Problem"] = _PROBLEM
    components.update(_schemas((ConsentRequest, ConsentAnswer, PaymentAnswer, ChargeRequest, ChargeAnswer))[1])
    key = _header("Idempotency-Key", {"type": "string", "minLength": 1, "maxLength": m.MAX_KEY_CHARS})
    ticket = _header("Arrival-Ticket", {"type": "string", "maxLength": m.MAX_TICKET_CHARS}, required=False)
    viewer: list[dict[str, list[str]]] = [{"viewer": []}]
    producer: list[dict[str, list[str]]] = [{"producer": []}]
    replayed = {"Idempotency-Replayed": {"schema": {"type": "string", "enum": ["true"]}}}
    same_buyer = {"security": viewer, "parameters": [_path("order")]}
    found = {"200": {"description": "The order", "content": _json(order)}}
    not_theirs = _refusals(("unauthorized", "no-such-order"))
    return {
        "openapi": _OPENAPI,
        "info": {"title": "See now, buy now", "version": VERSION, "license": {"name": "Apache-2.0"}},
        "paths": {
            "/v1/orders": {
                "post": {
                    "summary": "One-tap order",
                    "security": viewer,
                    "parameters": [key, ticket],
                    "requestBody": {"required": True, "content": _json(order_request)},
                    "responses": {
                        "201": {"description": "Reserved and durable", "headers": replayed, "content": _json(order)},
                        **_refusals(_ORDER_REFUSALS),
                    },
                }
            },
            "/v1/orders/{order}": {"get": {"summary": "An order, for its buyer", **same_buyer,
                                           "responses": {**found, **not_theirs}}},
            "/v1/orders/{order}/cancel": {"post": {"summary": "Cancel within the hold", **same_buyer,
                                                   "responses": {**found, **not_theirs,
                                                                 **_refusals(("not-cancellable",))}}},
            "/v1/line/{ticket}": {
                "get": {"summary": "A place in line, for its buyer", "security": viewer,
                        "parameters": [_path("ticket")],
                        "responses": {"200": {"description": "How the buyer stands", "content": _json(in_line)},
                                      **_refusals(("unauthorized", "not-found", "busy"))}},
            },
            "/v1/line/{ticket}/leave": {
                "post": {"summary": "Leave the line, or decline what is set aside", "security": viewer,
                         "parameters": [_path("ticket")],
                         "responses": {"204": {"description": "Left"},
                                       **_refusals(("unauthorized", "not-found", "busy"))}},
            },
            "/v1/shows": {"get": {"summary": "The shows on here", "responses": {"200": {
                "description": "Shows", "content": _json({"type": "object", "properties": {
                    "shows": {"type": "array", "items": show}}})}}}},
            "/v1/shows/{show}": {"get": {"summary": "A show", "parameters": [_path("show")], "responses": {
                "200": {"description": "The show", "content": _json(show)}, **_refusals(("no-such-show",))}}},
            **{
                f"/v1/shows/{{show}}/dvb-css/{service}": {"get": {
                    "summary": f"{summary} for companion devices (ETSI TS 103 286-2), where switched on",
                    "parameters": [_path("show"), {**_CHANNEL, "required": False}],
                    "responses": {"101": {"description": "WebSocket"}, **_refusals(_COMPANION_REFUSALS)}}}
                for service, summary in (("cii", "What is on"), ("ts", "Where it is"))
            },
            "/v1/shows/{show}/guests": {"post": {
                "summary": "A viewer token for a guest", "parameters": [_path("show")],
                "requestBody": {"required": True, "content": _json(guest)},
                "responses": {"201": {"description": "A token", "content": _json(guest_answer)},
                              **_refusals(("malformed", "forbidden", "no-such-show", "invalid",
                                           "unsupported-media-type", "too-large", "too-slow", "too-many-requests"))}}},
            "/v1/shows/{show}/commands": {"post": {
                "summary": "A producer's command", "security": producer, "parameters": [_path("show")],
                "requestBody": {"required": True, "content": _json(command)},
                "responses": {"200": {"description": "Done, or done before", "content": _json(command_answer)},
                              **_refusals(_COMMAND_REFUSALS)}}},
            "/v1/shows/{show}/pre-orders/charge": {"post": {
                "summary": "Ask for the payments of pre-orders before they are due",
                "security": producer, "parameters": [_path("show")],
                "requestBody": {"required": True, "content": _json({"$ref": "#/components/schemas/ChargeRequest"})},
                "responses": {"200": {"description": "Asked for; again is harmless",
                                      "content": _json({"$ref": "#/components/schemas/ChargeAnswer"})},
                              **_refusals(_CHARGE_REFUSALS)}}},
            "/v1/shows/{show}/feed": {"get": {
                "summary": "The cue feed as Server-Sent Events (with Accept: text/event-stream), or WebSocket",
                "parameters": [
                    _path("show"),
                    _CHANNEL,
                    {"name": "epoch", "in": "query", "schema": {"type": "string"}},
                    {"name": "after", "in": "query", "schema": {"type": "integer", "minimum": 0}},
                ],
                "responses": {"200": {"description": "Messages of /v1/asyncapi.json",
                                      "content": {"text/event-stream": {"schema": {"type": "string"}}}},
                              "101": {"description": "WebSocket, subprotocol cues.v1"},
                              **_refusals(("no-such-show", "no-such-channel", "origin-refused", "upgrade-required",
                                           "busy"))}}},
            "/v1/shows/{show}/join.svg": {"get": {
                "summary": "A QR code that opens the companion page", "parameters": [_path("show"), _CHANNEL],
                "responses": {"200": {"description": "The code", "content": {"image/svg+xml": {}}},
                              **_refusals(("no-such-show", "no-such-channel"))}}},
            "/v1/shows/{show}/join-code": {"get": {
                "summary": "The short code a television on this channel shows", "parameters": [_path("show"), _CHANNEL],
                "responses": {"200": {"description": "The code", "content": _json(join_code)},
                              **_refusals(("no-such-show", "no-such-channel"))}}},
            "/v1/join": {"post": {
                "summary": "What is on the television that shows a short code",
                "requestBody": {"required": True, "content": _json(join)},
                "responses": {"200": {"description": "The show and the channel", "content": _json(joined)},
                              **_refusals(("malformed", "no-such-code", "too-large", "too-slow",
                                           "unsupported-media-type", "invalid", "origin-refused",
                                           "too-many-requests"))}}},
            "/v1/shows/{show}/sandbox": {"post": {
                "summary": "How the sandbox gateway behaves from now on; only where payments are the sandbox's",
                "security": producer, "parameters": [_path("show")],
                "requestBody": {"required": True, "content": _json(behaviour)},
                "responses": {"200": {"description": "So be it", "content": _json(behaviour)},
                              **_refusals(("malformed", "unauthorized", "forbidden", "not-found", "too-large",
                                           "too-slow", "unsupported-media-type", "invalid"))}}},
            "/v1/me/consent": _consent_paths(viewer),
            "/v1/orders/{order}/payment": {"get": {
                "summary": "What an order still wants of its buyer", **same_buyer,
                "responses": {"200": {"description": "The gateway, and what to do there",
                                      "content": _json({"$ref": "#/components/schemas/PaymentAnswer"})},
                              **not_theirs}}},
            "/v1/payments/{provider}/notifications": {"post": {
                "summary": "A gateway's signed news of a payment, in the gateway's own form; answered in its own words",
                "parameters": [_path("provider")],
                "requestBody": {"required": True, "content": {"*/*": {}}},
                "responses": {"200": {"description": "Taken in, durably"}, "204": {"description": "Taken in, durably"},
                              "401": {"description": "Not believed"}, "404": {"description": "No such gateway here"},
                              "422": {"description": "Not what the order is about"},
                              "503": {"description": "Not now"}}}},
            "/v1/payments/notifications": {"post": {
                "summary": "A gateway's signed news of a payment (Standard Webhooks 1.0)",
                "requestBody": {"required": True, "content": _json({"type": "object"})},
                "responses": {"204": {"description": "Taken in, durably"},
                              **_refusals(("malformed", "unauthorized", "no-such-order", "too-large", "too-slow",
                                           "invalid", "busy"))}}},
            "/v1/openapi.json": {"get": {"summary": "This document", "responses": {"200": {
                "description": "OpenAPI 3.1", "content": _json({"type": "object"})}}}},
            "/v1/asyncapi.json": {"get": {"summary": "The messages of the cue feed", "responses": {"200": {
                "description": "AsyncAPI 3.0", "content": _json({"type": "object"})}}}},
            "/healthz": {"get": {"summary": "Alive", "responses": {"200": {"description": "Alive"}}}},
            "/readyz": {"get": {"summary": "Can take a tap", "responses": {"200": {"description": "Ready"},
                                                                           **_refusals(("not-ready",))}}},
            "/metrics": {"get": {"summary": "Prometheus metrics", "responses": {"200": {"description": "Metrics"}}}},
        },
        "components": {
            "schemas": components,
            "securitySchemes": {
                "viewer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT: iss channel, sub buyer, exp"},
                "producer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT: iss producers, show, exp"},
            },
        },
    }  # fmt: skip


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI document of the cue feed."""
    types = (*_FROM_SERVER, *_FROM_VIEWER)
    references, components = _schemas(types)
    messages = {
        f"{'from' if kind in _FROM_SERVER else 'to'}{kind.__name__}": {"name": kind.__name__, "payload": reference}
        for kind, reference in zip(types, references, strict=True)
    }
    channel = {"$ref": "#/channels/feed"}

    def of(kinds: Sequence[type], prefix: str) -> list[dict[str, str]]:
        return [{"$ref": f"#/channels/feed/messages/{prefix}{kind.__name__}"} for kind in kinds]

    return {
        "asyncapi": _ASYNCAPI,
        "info": {"title": "See now, buy now: the cue feed", "version": VERSION, "license": {"name": "Apache-2.0"}},
        "channels": {
            "feed": {
                "address": "/v1/shows/{show}/feed",
                "parameters": {"show": {"description": "The show's name"}},
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {
            "tell": {"action": "send", "channel": channel, "messages": of(_FROM_SERVER, "from")},
            "hear": {"action": "receive", "channel": channel, "messages": of(_FROM_VIEWER, "to")},
        },
        "components": {"messages": messages, "schemas": components},
    }
