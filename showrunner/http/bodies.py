"""Reading request bodies: media type, size, JSON and fields, each wrong one with its own answer."""

from typing import TypeVar

import msgspec
from aiohttp import web

from broadcast.channels.adapters.feed_socket import field_of
from broadcast.errors import FieldError, Refusal, invalid

MAX_BODY_BYTES = 16_384
"""The largest request body read."""

T = TypeVar("T")


async def read_json(request: web.Request, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the body as the decoder's type.

    Raises:
        Refusal: ``unsupported-media-type``, ``too-large``, ``malformed`` (no JSON) or ``invalid`` (a field is wrong).
    """
    if request.content_type != "application/json":
        raise Refusal("unsupported-media-type", "send Content-Type: application/json")
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise Refusal("too-large", f"a body holds at most {MAX_BODY_BYTES} bytes")
    body = await request.read()
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as wrong:
        reason, pointer = field_of(wrong)
        raise invalid(FieldError(pointer, reason)) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise Refusal("malformed", f"the body is not JSON: {wrong}") from wrong
