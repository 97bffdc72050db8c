"""What a rehearsal is asked to do, within what bounds, and against whom."""

import ipaddress
import resource
from urllib.parse import urlsplit

import msgspec

from showrunner.failures import UsageError

MAX_VIEWERS = 15_000
"""Viewers of one rehearsal: each is a descriptor here and one at the server."""

MAX_TAPS = 100_000
"""Taps of one rehearsal."""

HTTP_CONNECTIONS = 128
"""Connections over which the taps that come over HTTP share their way."""

SPARE_DESCRIPTORS = 64
"""Descriptors this process needs for itself."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One rehearsal.

    Attributes:
        url: the running show's base address, without a slash at its end.
        viewers, taps: how many watch, and how many buy in the moment the look appears.
        channel: where all of them are, or None for all channels in turn.
        take: whether the rehearsal presses GO itself.
        websocket_share: of the taps, over the viewers' open WebSockets; the others go over HTTP.
        repeat_share: of the taps, sent once more with the same key after their answer.
        seed: of what the buyers choose.
    """

    url: str
    viewers: int
    taps: int
    channel: str | None = None
    take: bool = False
    websocket_share: float = 0.5
    repeat_share: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        """Hold the plan within its bounds.

        Raises:
            UsageError: it is not.
        """
        if not 1 <= self.viewers <= MAX_VIEWERS:
            raise UsageError(f"--viewers is from 1 to {MAX_VIEWERS}")
        if not 0 <= self.taps <= MAX_TAPS:
            raise UsageError(f"--taps is from 0 to {MAX_TAPS}")
        for name, share in (("--websocket-share", self.websocket_share), ("--repeat-share", self.repeat_share)):
            if not 0 <= share <= 1:
                raise UsageError(f"{name} is from 0 to 1")

    @property
    def descriptors(self) -> int:
        """How many descriptors the rehearsal needs at once."""
        return self.viewers + HTTP_CONNECTIONS + SPARE_DESCRIPTORS

    @property
    def feed_base(self) -> str:
        """The base address of the feed's WebSockets."""
        return "ws" + self.url.removeprefix("http")


def checked_url(url: str, *, own_server: bool) -> str:
    """Return the base address without a slash at its end.

    Raises:
        UsageError: it is no HTTP address, or another machine's and nobody said that machine may be loaded.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise UsageError(f"{url}: name the show's base address, such as http://127.0.0.1:8080")
    if not own_server and not _is_loopback(parts.hostname):
        raise UsageError(
            f"{parts.hostname} is not this machine: a rehearsal loads a server and places orders; "
            "add --i-own-this-server if that is what you want"
        )
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def make_room_for(descriptors: int) -> None:
    """Raise this process's limit of open descriptors as far as needed.

    Raises:
        UsageError: the system does not allow as many.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or descriptors <= soft:
        return
    if hard != resource.RLIM_INFINITY and descriptors > hard:
        raise UsageError(
            f"this needs {descriptors} open descriptors and a process here may have {hard}: "
            "ask for fewer --viewers, or raise the limit (ulimit -Hn)"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))
