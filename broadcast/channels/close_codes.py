"""WebSocket close codes of the feed. 4000 to 4499: connect again, with jitter. 4500 to 4999: do not."""

from enum import IntEnum


class CloseCode(IntEnum):
    """Why the feed was closed (RFC 6455, section 7.4)."""

    GOING_AWAY = 4000
    """This server is shutting down; another, or this one, will take the viewer back."""
    TOO_SLOW = 4001
    """The viewer read slower than the feed for longer than its byte bound; it resumes by (epoch, seq)."""
    OVER_CAPACITY = 4002
    """This server holds as many viewers as it may."""
    TOO_MANY_MESSAGES = 4003
    """The viewer sent more messages than a viewer may."""
    NO_SUCH_SHOW = 4501
    NO_SUCH_CHANNEL = 4502
    REFUSED = 4503
    """Key or origin refused."""
    UNSUPPORTED_DATA = 1003
    """The feed takes text messages only."""
    INVALID_TEXT = 1007
    """A text message was not UTF-8."""
