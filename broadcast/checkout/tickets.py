"""Arrival tickets: a buyer's proof of when they came, signed so that nobody can be earlier than they were.

``v1.<payload>.<signature>``, both parts base64url without padding (RFC 4648, 5): the payload is a JSON array in the
order of ``Ticket``'s fields, the signature HMAC-SHA256 (RFC 2104) over ``v1.<payload>``, cut to 16 bytes. A ticket is
no secret and no order: it is worth something only to its own buyer.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from broadcast.clock import WallMs
from broadcast.ids import BuyerId, ChannelId, ShowId, Sku
from broadcast.messages import MAX_TICKET_CHARS

LIFE_MS = 12 * 3_600_000
"""How long a ticket proves anything: longer than any show."""

ARRIVALS_PER_MS = 1_000
"""Arrivals that can be told apart within a millisecond."""

_VERSION = "v1."
_SIGNATURE_BYTES = 16


class Ticket(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who came when for what.

    Attributes:
        arrival: wall time in thousandths of a millisecond; no two arrivals at one desk are the same.
    """

    show: ShowId
    sku: Sku
    channel: ChannelId
    buyer: BuyerId
    quantity: int
    arrival: int


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Ticket).decode


def sign(ticket: Ticket, key: bytes) -> str:
    """Return the ticket as text."""
    signed = _VERSION + urlsafe_b64encode(_encode(ticket)).rstrip(b"=").decode()
    return f"{signed}.{_signature(signed, key)}"


def read(text: str, key: bytes, now: WallMs) -> Ticket:
    """Return a ticket that was signed with this key and still proves something.

    Raises:
        ValueError: it is forged, unreadable or too old.
    """
    signed, _, signature = text.rpartition(".")
    if len(text) > MAX_TICKET_CHARS or not signed.startswith(_VERSION) or not text.isascii():
        raise ValueError("this is no ticket")
    if not hmac.compare_digest(signature, _signature(signed, key)):
        raise ValueError("this ticket was not issued here")
    payload = signed[len(_VERSION) :]
    ticket = _decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    # one from the future is from before a clock was set back, and gains nobody anything
    if ticket.arrival // ARRIVALS_PER_MS < now - LIFE_MS:
        raise ValueError("this ticket is no longer valid")
    return ticket


def _signature(signed: str, key: bytes) -> str:
    digest = hmac.digest(key, signed.encode(), "sha256")[:_SIGNATURE_BYTES]
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
