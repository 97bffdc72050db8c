"""The wall clock protocol of DVB-CSS (ETSI TS 103 286-2, clause 8): 32 bytes asked, 32 bytes answered, without I/O.

The wall clock is ours to choose. It is this machine's monotonic clock: it never steps, so a companion's estimate of it
never has to be thrown away; what a step of UTC changes is told on the timelines instead.
"""

import struct
from typing import Final, Literal, NamedTuple, NewType

CssNs = NewType("CssNs", int)
"""An instant of the wall clock companions follow: nanoseconds since an origin that means nothing, never going back."""

MESSAGE_BYTES: Final = 32
VERSION: Final = 0
REQUEST: Final = 0
RESPONSE: Final = 1
RESPONSE_BEFORE_FOLLOW_UP: Final = 2
FOLLOW_UP: Final = 3

PRECISION_LOG2_S: Final = -19
"""How finely the clock is read, as a power of two of seconds: within 2 µs, what reading it from Python costs."""

MAX_FREQUENCY_ERROR_PPM: Final = 500
"""How wrong the clock's rate may be: what the kernel lets time synchronisation slew it by (adjtimex(2))."""

_FREQUENCY_UNITS_PER_PPM = 256
_NS_PER_S = 1_000_000_000
_WIRE = struct.Struct(">BBbBLLLLLLL")
_SECONDS_ON_WIRE = 1 << 32

Refused = Literal["length", "version", "type", "rate"]
"""Why a datagram is not answered."""


class MalformedWallClockError(Exception):
    """A datagram is not a request.

    Attributes:
        reason: which rule it breaks.
    """

    def __init__(self, reason: Refused) -> None:
        super().__init__(reason)
        self.reason = reason


class TimeValue(NamedTuple):
    """A time as it stands on the wire. Nanoseconds of 10⁹ and more are another's business, and echoed as they came."""

    seconds: int
    nanoseconds: int


class WallClockMessage(NamedTuple):
    """One message, as it stands on the wire.

    Attributes:
        kind: ``REQUEST``, ``RESPONSE``, ``RESPONSE_BEFORE_FOLLOW_UP`` or ``FOLLOW_UP``.
        precision_log2_s: how finely the sender's clock is read.
        max_frequency_error: of the sender's clock, in 1/256 ppm.
        originate: when the request was sent, by the client's clock.
        receive: when it was received, by the server's.
        transmit: when the answer was sent, by the server's.
    """

    kind: int
    precision_log2_s: int
    max_frequency_error: int
    originate: TimeValue
    receive: TimeValue
    transmit: TimeValue


def time_value(instant: CssNs) -> TimeValue:
    """Return an instant as it goes on the wire; seconds count modulo 2³²."""
    seconds, nanoseconds = divmod(instant, _NS_PER_S)
    return TimeValue(seconds % _SECONDS_ON_WIRE, nanoseconds)


def read_message(data: bytes) -> WallClockMessage:
    """Read a message of any kind.

    Raises:
        MalformedWallClockError: it is not one.
    """
    if len(data) != MESSAGE_BYTES:
        raise MalformedWallClockError("length")
    version, kind, precision, _reserved, frequency_error, *times = _WIRE.unpack(data)
    if version != VERSION:
        raise MalformedWallClockError("version")
    if kind > FOLLOW_UP:
        raise MalformedWallClockError("type")
    originate, receive, transmit = (TimeValue(*times[place : place + 2]) for place in (0, 2, 4))
    return WallClockMessage(kind, precision, frequency_error, originate, receive, transmit)


def read_request(data: bytes) -> TimeValue:
    """Return when a request says it was sent: what the answer must echo, bit for bit.

    Answers are refused: two servers that were pointed at each other would answer for ever.

    Raises:
        MalformedWallClockError: it is not a request.
    """
    message = read_message(data)
    if message.kind != REQUEST:
        raise MalformedWallClockError("type")
    return message.originate


def response(originate: TimeValue, received: CssNs, transmitted: CssNs) -> bytes:
    """Return the answer to a request, with no follow-up: ``transmitted`` is read just before the datagram leaves."""
    return _WIRE.pack(
        VERSION,
        RESPONSE,
        PRECISION_LOG2_S,
        0,
        MAX_FREQUENCY_ERROR_PPM * _FREQUENCY_UNITS_PER_PPM,
        *originate,
        *time_value(received),
        *time_value(transmitted),
    )


class RequestBudget:
    """How many requests are answered a second, to everybody and to one address. Pure: it is told the time.

    Args:
        per_second: answers a second, all together.
        per_address: of those, to one address; a client asks about once a second, many may share an address.
        addresses: addresses told apart within one second; further ones wait for the next.
    """

    __slots__ = ("_addresses", "_asked", "_per_address", "_per_second", "_second", "_spent")

    def __init__(self, per_second: int, per_address: int, addresses: int) -> None:
        self._per_second = per_second
        self._per_address = per_address
        self._addresses = addresses
        self._second = -1
        self._spent = 0
        self._asked: dict[str, int] = {}

    def allows(self, address: str, now: CssNs) -> bool:
        """Count a request, and tell whether it is answered."""
        second = now // _NS_PER_S
        if second != self._second:
            self._second, self._spent, self._asked = second, 0, {}
        asked = self._asked.get(address, 0)
        if (
            self._spent >= self._per_second
            or asked >= self._per_address
            or (asked == 0 and len(self._asked) >= self._addresses)
        ):
            return False
        self._asked[address] = asked + 1
        self._spent += 1
        return True
