"""Reaches a live source: goes to it, or waits for it to come, and opens what it sends."""

import contextlib
import errno
import ipaddress
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import av.error
from av.container import InputContainer

from broadcast.programme.addresses import SourceAddress
from broadcast.programme.arrivals import Arrivals
from broadcast.programme.errors import ProgrammeError

OPEN_TIMEOUT_S = 10.0
"""How long reaching a source and making sense of it may take."""

READ_TIMEOUT_S = 8.0
"""A source that sends nothing for this long is given up, and asked for again."""

ACCEPT_STEP_S = 0.5
"""While waiting for a source to come, this often it is looked whether to go on waiting."""

RECEIVE_BUFFER_BYTES = 4 << 20
"""What the kernel keeps for us while a segment is written: ten seconds at 3 Mbit/s."""

READ_BYTES = 65_536

STRANGERS_EVENT_S = 5.0
"""Datagrams of others than the named sender are told of at most this often."""

IP_ADD_SOURCE_MEMBERSHIP = 39
"""Linux: join a group for one sender (RFC 3678, 4.1.3); Python names it from 3.12 on."""

GATHER_S = 0.1
"""What comes within this long is read at once: waking up for every packet would cost more than packaging. When each
of those bytes came is not known, and they date nothing; now and then a picture is met as it comes."""

_FILES = "file"
_NETWORK = "http,https,tcp,tls,crypto,rtmp,rtmps,rtmpt,httpproxy"
_PROBING = {"analyzeduration": "2500000", "probesize": "3000000"}  # microseconds, bytes

KeepWaiting = Callable[[], bool]
"""Asked again and again while waiting; False ends it."""


class Opener:
    """Opens one source, as often as it has to be opened. A port it listens on stays open in between.

    Args:
        address: the source.
        keep_waiting: asked while waiting.
        now_us: reads the clock arrivals are noted by.
        on_strangers: told how many datagrams of a connection came from others than the named sender.
    """

    def __init__(
        self,
        address: SourceAddress,
        keep_waiting: KeepWaiting,
        now_us: Callable[[], int],
        on_strangers: Callable[[int], None] = lambda _count: None,
    ) -> None:
        self._address = address
        self._keep_waiting = keep_waiting
        self._now_us = now_us
        self._on_strangers = on_strangers
        self.arrivals: Arrivals | None = None  # of the connection, where its bytes are read here
        self._listening: socket.socket | None = None
        self._connection: socket.socket | None = None

    def open(self) -> InputContainer:
        """Reach the source and return what it sends, opened.

        Raises:
            ProgrammeError: ``lost`` when it cannot be reached or is not read as picture, ``not-found`` for a file that
                is not there, ``no-srt``, ``unreadable``.
        """
        self._drop_connection()
        self.arrivals = None
        address = self._address
        try:
            if address.transport == "tcp":
                return self._from_socket(self._tcp())
            if address.transport == "udp":
                return self._from_socket(self._udp())
            return av.open(address.url, "r", options=self._options(), timeout=(self._patience(), READ_TIMEOUT_S))
        except av.error.ProtocolNotFoundError as missing:
            if address.transport == "srt":
                raise ProgrammeError(
                    "no-srt", "this build of the media library has no SRT: use TCP or RTMP"
                ) from missing
            raise ProgrammeError("unreadable", f"this build cannot read {address.shown}") from missing
        except FileNotFoundError as missing:
            reason, what = ("not-found", "file") if address.transport == "file" else ("lost", "stream")
            raise ProgrammeError(reason, f"there is no such {what}: {address.shown}") from missing  # type: ignore[arg-type] # one of two reasons
        except (av.error.InvalidDataError, UnicodeDecodeError) as nonsense:
            raise ProgrammeError("unreadable", f"what {address.shown} sends is no picture") from nonsense
        except (av.error.FFmpegError, OSError, ValueError) as failed:
            raise ProgrammeError("lost", f"{address.shown}: {_reason(failed)}") from failed

    def close(self) -> None:
        """Let everything go."""
        self._drop_connection()
        if self._listening is not None:
            self._listening.close()
            self._listening = None

    def _options(self) -> dict[str, str]:
        transport = self._address.transport
        if transport == "file":
            return {"protocol_whitelist": _FILES}
        options = {**_PROBING, "protocol_whitelist": _NETWORK if transport != "srt" else "srt"}
        if self._address.listen and transport == "rtmp":
            options["listen"] = "1"
        if transport == "hls":
            options |= {"reconnect": "1", "reconnect_delay_max": "2"}
        return options

    def _patience(self) -> float:
        return READ_TIMEOUT_S if not self._address.listen else 3600.0  # a show may be waited for; stopping ends it

    def _tcp(self) -> socket.socket:
        address = self._address
        if not address.listen:
            reached = socket.create_connection((address.host, address.port), OPEN_TIMEOUT_S)
            reached.settimeout(READ_TIMEOUT_S)
            return reached
        if self._listening is None:
            family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
            self._listening = socket.create_server((address.host, address.port), family=family, backlog=1)
            self._listening.settimeout(ACCEPT_STEP_S)
        while self._keep_waiting():
            try:
                came, _ = self._listening.accept()
            except TimeoutError:
                continue
            came.settimeout(READ_TIMEOUT_S)
            return came
        raise ProgrammeError("lost", "nobody waits any more")

    def _udp(self) -> socket.socket:
        address = self._address
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        listening = socket.socket(family, socket.SOCK_DGRAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            if address.is_group:
                # whoever else on this machine receives the group does so on the same port
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                _join(listening, address)
            else:
                listening.bind((address.host, address.port))
        except OSError as unusable:
            listening.close()
            if unusable.errno == errno.EADDRNOTAVAIL and not address.is_group:
                raise ProgrammeError(
                    "lost", f"{address.shown}: not this machine's address; one sender's datagrams are ?source="
                ) from unusable
            raise
        listening.settimeout(ACCEPT_STEP_S)
        return listening

    def _from_socket(self, connection: socket.socket) -> InputContainer:
        self._connection = connection
        datagrams = connection.type == socket.SOCK_DGRAM
        self.arrivals = Arrivals()
        reader = _SocketReader(
            _Datagrams(connection, self._address.sender, self._on_strangers) if datagrams else connection,
            self._keep_waiting,
            self.arrivals,
            self._now_us,
            patient=datagrams,
        )
        return av.open(reader, "r", format="mpegts", options=_PROBING, buffer_size=READ_BYTES)

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _join(listening: socket.socket, address: SourceAddress) -> None:
    """Bind to a multicast group and join it, until the socket is closed.

    Raises:
        ProgrammeError: ``lost``: this machine has no such interface, or no way to the group.
    """
    try:
        if ":" in address.host:
            index = socket.if_nametoindex(address.interface) if address.interface else 0
            group = socket.inet_pton(socket.AF_INET6, address.host)
            listening.bind((address.host, address.port, 0, index))  # most groups are of one network (RFC 4007)
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + struct.pack("@I", index))
            return
        listening.bind((address.host, address.port))
        group, at = socket.inet_aton(address.host), socket.inet_aton(address.interface or "0.0.0.0")  # noqa: S104 - any
        if address.sender:
            sender = socket.inet_aton(address.sender)
            listening.setsockopt(socket.IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, group + at + sender)
        else:
            listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group + at)
    except OSError as refused:
        where = f"on {address.interface}" if address.interface else "here: name one &interface="
        raise ProgrammeError(
            "lost", f"{address.shown}: the group cannot be joined {where} ({refused.strerror})"
        ) from refused


class _Datagrams:
    """A socket that datagrams come to, as the one sender who is named sends them; without a name, everybody."""

    def __init__(self, listening: socket.socket, sender: str, on_strangers: Callable[[int], None]) -> None:
        self._listening = listening
        self._sender = ipaddress.ip_address(sender) if sender else None
        self._on_strangers = on_strangers
        self._strangers = 0
        self._told_s = float("-inf")

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Receive the next one, or nothing at all of a stranger's.

        Raises:
            TimeoutError: none came in time, or a stranger's.
        """
        received, address = self._listening.recvfrom(size, flags)
        if self._sender is None or ipaddress.ip_address(address[0].partition("%")[0]) == self._sender:
            return received
        self._strangers += 1
        if time.monotonic() - self._told_s > STRANGERS_EVENT_S:
            self._told_s = time.monotonic()
            self._on_strangers(self._strangers)
        raise TimeoutError


class _SocketReader:
    """A socket as the file the media library reads from. One that datagrams come to is waited at for the first."""

    def __init__(
        self,
        connection: "socket.socket | _Datagrams",
        keep_waiting: KeepWaiting,
        arrivals: Arrivals,
        now_us: Callable[[], int],
        *,
        patient: bool,
    ) -> None:
        self._connection = connection
        self._keep_waiting = keep_waiting
        self._arrivals = arrivals
        self._now_us = now_us
        self._patient = patient
        self._heard_s: float | None = None

    def read(self, size: int) -> bytes:
        while True:
            try:
                received = self._connection.recv(size)
            except TimeoutError:
                silent = self._heard_s is not None and time.monotonic() - self._heard_s > READ_TIMEOUT_S
                if not self._patient or silent or not self._keep_waiting():
                    return b""
                continue
            self._heard_s = time.monotonic()
            self._arrivals.note(len(received), self._now_us())
            if not self._patient and not self._arrivals.wanted and 0 < len(received) < size:
                received += self._gather(size - len(received))
            return received

    def _gather(self, most: int) -> bytes:
        """Wait for what comes next, and return it."""
        time.sleep(GATHER_S)
        gathered = b""
        with contextlib.suppress(BlockingIOError):
            gathered = self._connection.recv(most, socket.MSG_DONTWAIT)
        self._arrivals.note(len(gathered), None)
        return gathered


def _reason(failed: Exception) -> str:
    if isinstance(failed, av.error.ExitError):
        return "nothing came in time"
    strerror: Any = getattr(failed, "strerror", None)
    return str(strerror or type(failed).__name__)


def is_finite(container: InputContainer, address: SourceAddress) -> bool:
    """Tell whether a source has an end, so that reading it has to be slowed down to the speed of life."""
    return address.transport == "file" or (address.transport == "hls" and container.duration is not None)


def exists(address: SourceAddress) -> bool:
    """Tell whether a source that is a file is there; every other may come."""
    return address.transport != "file" or Path(address.url).is_file()
