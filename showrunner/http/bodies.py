"""Reading request bodies: media type, size, JSON and fields, each wrong one with its own answer."""

import asyncio
from typing import TypeVar

import msgspec
from aiohttp import web

from broadcast.errors import FieldError, Refusal, field_of, invalid

MAX_BODY_BYTES = 16_384
"""The largest request body read."""

BODY_TIMEOUT_S = 10.0
"""How long a body may take to arrive after its head."""

T = TypeVar("T")


async def read_body(request: web.Request) -> bytes:
    """Return the body.

    Raises:
        Refusal: ``too-large``, or ``too-slow`` when it does not arrive in time.
    """
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise Refusal("too-large", f"a body holds at most {MAX_BODY_BYTES} bytes")
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except TimeoutError:
        raise Refusal("too-slow", f"a body takes at most {BODY_TIMEOUT_S:g} s") from None


async def read_json(request: web.Request, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the body as the decoder's type.

    Raises:
        Refusal: ``unsupported-media-type``, ``too-large``, ``too-slow``, ``malformed`` (no JSON) or ``invalid`` (a
            field is wrong).
    """
    if request.content_type != "application/json":
        raise Refusal("unsupported-media-type", "send Content-Type: application/json")
    return decoded(await read_body(request), decoder)


def decoded(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return a body as the decoder's type; refuses as ``read_json`` does what is no JSON or has a wrong field."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as wrong:
        reason, pointer = field_of(wrong)
        raise invalid(FieldError(pointer, reason)) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise Refusal("malformed", f"the body is not JSON: {wrong}") from wrong
