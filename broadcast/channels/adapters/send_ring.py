"""One system call for a thousand viewers: a frame is handed to the kernel for many sockets at once (io_uring).

Most of what a cue costs an edge is entering the kernel once a viewer. A ring of prepared requests, all alike but for
the descriptor, takes that away: the descriptors are copied in as one block, one call sends them all, and the results
are compared as one block. Nothing waits: a socket that cannot take the frame at once says so, as with ``send``.

Linux only, from 5.19; many container runtimes forbid it. ``SendRing.open`` says whether it is to be had, by using it.
Interface: io_uring(7), io_uring_setup(2), io_uring_enter(2), and the structures of ``linux/io_uring.h``.
"""

import ctypes
import errno
import mmap
import os
import socket
import sys
from array import array
from collections.abc import Sequence

ENTRIES = 1_024
"""Sockets written to by one system call."""

MAX_FRAME_BYTES = 65_536
"""The largest frame the ring sends; larger ones are rare and go out one by one."""

MAX_ENTERS = 64
"""How often one batch may be offered to the kernel until it has taken all of it."""

_SETUP, _ENTER = 425, 426
"""System call numbers; calls added since Linux 5.1 have the same one on x86, Arm, RISC-V, POWER and s390."""

_SETUP_SUBMIT_ALL = 1 << 7
_ENTER_GETEVENTS = 1
_FEAT_SINGLE_MMAP = 1
_OFF_SQES = 0x10000000
_OP_SEND = 26
_NO_WAIT = getattr(socket, "MSG_DONTWAIT", 0) | getattr(socket, "MSG_NOSIGNAL", 0)
_PASSING = frozenset({errno.EINTR, errno.EAGAIN, errno.EBUSY})
_WORD = 4
_SQE_WORDS = 16
_CQE_WORDS = 4
_CQE_USER_WORD, _CQE_RESULT_WORD = 0, 2
_SQE_DESCRIPTOR_WORD, _SQE_SIZE_WORD = 1, 6
_WRAP = 0xFFFFFFFF


class _SubmissionOffsets(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("head", "tail", "mask", "entries", "flags", "dropped", "array", "r1")),
        ("user_address", ctypes.c_uint64),
    ]
    tail: int
    array: int


class _CompletionOffsets(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("head", "tail", "mask", "entries", "overflow", "cqes", "flags", "r1")),
        ("user_address", ctypes.c_uint64),
    ]
    head: int
    tail: int
    cqes: int


class _Parameters(ctypes.Structure):
    _fields_ = [
        *((name, ctypes.c_uint32) for name in ("sq_entries", "cq_entries", "flags", "cpu", "idle", "features", "wq")),
        ("reserved", ctypes.c_uint32 * 3),
        ("sq", _SubmissionOffsets),
        ("cq", _CompletionOffsets),
    ]
    sq_entries: int
    cq_entries: int
    features: int
    sq: _SubmissionOffsets
    cq: _CompletionOffsets


class _Request(ctypes.Structure):
    """One submission queue entry, as far as a send fills it."""

    _fields_ = [
        ("opcode", ctypes.c_uint8),
        ("flags", ctypes.c_uint8),
        ("priority", ctypes.c_uint16),
        ("descriptor", ctypes.c_int32),
        ("offset", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("size", ctypes.c_uint32),
        ("message_flags", ctypes.c_uint32),
        ("user_data", ctypes.c_uint64),
        ("unused", ctypes.c_uint64 * 3),
    ]


class RingError(OSError):
    """The kernel did not take or did not finish a batch: whether its frames went out is not known."""


class SendRing:
    """Sends one frame to many sockets. Belongs to one thread, and to the process that opened it.

    Attributes:
        entries: sockets written to by one system call.
        descriptor: the ring's own, or -1 once it is closed.
    """

    def __init__(self, entries: int = ENTRIES) -> None:
        """Set the ring up.

        Raises:
            OSError: the kernel does not have it, or forbids it.
        """
        self._call = ctypes.CDLL(None, use_errno=True).syscall
        parameters = _Parameters(flags=_SETUP_SUBMIT_ALL)
        self.descriptor = self._call(_SETUP, entries, ctypes.byref(parameters))
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), "io_uring_setup")
        os.set_inheritable(self.descriptor, False)
        if not parameters.features & _FEAT_SINGLE_MMAP:
            os.close(self.descriptor)
            raise OSError(errno.ENOSYS, "io_uring is too old")
        sq, cq = parameters.sq, parameters.cq
        self.entries = parameters.sq_entries
        size = max(sq.array + self.entries * _WORD, cq.cqes + parameters.cq_entries * _CQE_WORDS * _WORD)
        self._rings = mmap.mmap(self.descriptor, size)
        self._requests = mmap.mmap(self.descriptor, self.entries * ctypes.sizeof(_Request), offset=_OFF_SQES)
        self._frame = bytearray(MAX_FRAME_BYTES)
        self._frame_size = 0
        self._words = memoryview(self._rings).cast("I")
        self._sq_tail, self._cq_head, self._cq_tail = sq.tail // _WORD, cq.head // _WORD, cq.tail // _WORD
        self._cq_entries = parameters.cq_entries
        done = memoryview(self._rings)[cq.cqes : cq.cqes + self._cq_entries * _CQE_WORDS * _WORD].cast("i")
        self._sent = done[_CQE_RESULT_WORD::_CQE_WORDS]
        self._whose = done[_CQE_USER_WORD::_CQE_WORDS]
        signed, unsigned = memoryview(self._requests).cast("i"), memoryview(self._requests).cast("I")
        self._descriptors = signed[_SQE_DESCRIPTOR_WORD::_SQE_WORDS]
        self._sizes = unsigned[_SQE_SIZE_WORD::_SQE_WORDS]
        self._slots = self._words[sq.array // _WORD : sq.array // _WORD + self.entries]
        self._prepare()

    @classmethod
    def open(cls, entries: int = ENTRIES) -> "SendRing | None":
        """Return a ring that was seen to work, or None where there is none: then frames go out one by one."""
        if sys.platform != "linux":
            return None
        try:
            ring = cls(entries)
        except OSError:
            return None
        if ring._works():
            return ring
        ring.close()
        return None

    def close(self) -> None:
        """Give the ring back. Safe to call twice."""
        if self.descriptor < 0:
            return
        for view in (self._sent, self._whose, self._descriptors, self._sizes, self._slots, self._words):
            view.release()
        os.close(self.descriptor)
        self.descriptor = -1

    def takes(self, frame: bytes) -> bool:
        """Whether the ring can send a frame."""
        return self.descriptor >= 0 and len(frame) <= MAX_FRAME_BYTES

    def send(self, descriptors: "array[int]", frame: bytes) -> Sequence[tuple[int, int]]:
        """Send a frame to at most ``entries`` sockets.

        Args:
            descriptors: of type code "i"; all open.
            frame: at most ``MAX_FRAME_BYTES``.

        Returns:
            Of every socket that did not take the whole frame: its place among ``descriptors``, and how many bytes it
            took (0 also where the connection is gone).

        Raises:
            RingError: the kernel failed; what went out is not known, and the ring is closed.
        """
        size, count = len(frame), len(descriptors)
        self._frame[:size] = frame
        if size != self._frame_size:
            self._sizes[:] = array("I", [size]) * self.entries
            self._frame_size = size
        tail = self._words[self._sq_tail]
        first = tail & (self.entries - 1)
        until_end = self.entries - first
        self._descriptors[first : first + count] = descriptors[:until_end]
        if count > until_end:
            self._descriptors[: count - until_end] = descriptors[until_end:]
        self._words[self._sq_tail] = (tail + count) & _WRAP
        try:
            self._enter(count)
        except RingError:
            self.close()
            raise
        return self._results(first, size)

    def _enter(self, count: int) -> None:
        """Have the kernel take and finish as many requests as were prepared."""
        words, left = self._words, count
        for _ in range(MAX_ENTERS):
            taken = self._call(_ENTER, self.descriptor, left, count, _ENTER_GETEVENTS, None, 0)
            if taken < 0 and ctypes.get_errno() not in _PASSING:
                raise RingError(ctypes.get_errno(), "io_uring_enter")
            left -= max(taken, 0)
            if left == 0 and (words[self._cq_tail] - words[self._cq_head]) & _WRAP == count:
                return
        raise RingError(errno.EIO, "io_uring did not finish a batch")

    def _results(self, first: int, size: int) -> Sequence[tuple[int, int]]:
        """Take the results of a batch whose first request stood at ``first``."""
        words = self._words
        head, tail = words[self._cq_head], words[self._cq_tail]
        begin, end = head & (self._cq_entries - 1), tail & (self._cq_entries - 1)
        if begin < end:
            sent = self._sent[begin:end].tolist()
        else:
            sent = self._sent[begin:].tolist() + self._sent[:end].tolist()
        short: Sequence[tuple[int, int]] = ()
        if sent.count(size) != len(sent):
            whose = self._whose[begin:end].tolist() if begin < end else [*self._whose[begin:], *self._whose[:end]]
            short = [
                ((number - first) & (self.entries - 1), max(took, 0))
                for number, took in zip(whose, sent, strict=True)
                if took != size
            ]
        words[self._cq_head] = tail
        return short

    def _prepare(self) -> None:
        """Make every request a send of the one frame buffer; each keeps its place as its number."""
        address = ctypes.addressof((ctypes.c_char * MAX_FRAME_BYTES).from_buffer(self._frame))
        for place in range(self.entries):
            self._slots[place] = place
            request = _Request(opcode=_OP_SEND, address=address, message_flags=_NO_WAIT, user_data=place)
            at = place * ctypes.sizeof(_Request)
            self._requests[at : at + ctypes.sizeof(_Request)] = bytes(request)

    def _works(self) -> bool:
        """Whether a frame that is sent arrives, and a socket that cannot take one says so."""
        here, there = socket.socketpair()
        with here, there:
            here.setblocking(False)
            there.setblocking(False)
            try:
                whole = self.send(array("i", [here.fileno()]), b"works")
                there_is = there.recv(len(b"works"))
                there.close()
                gone = self.send(array("i", [here.fileno()]), b"gone")
            except OSError:
                return False
        return (list(whole), there_is, list(gone)) == ([], b"works", [(0, 0)])
