"""Reads a live source for as long as it is wanted, in a process of its own, and packages what it sends.

libav calls block, and one that goes wrong must not take the show with it. The process tells what happens through a pipe
and hears of cues through it; it ends when the pipe does.
"""

import os
import queue
import random
import threading
import time
from multiprocessing.connection import Connection

import av
import av.error

from broadcast.clock import WallMs
from broadcast.programme.adapters.ingest_source import Opener, is_finite
from broadcast.programme.adapters.live_reader import LiveReader, Stop
from broadcast.programme.adapters.live_stretch import Recorder
from broadcast.programme.backoff import Backoff
from broadcast.programme.errors import ProgrammeError
from broadcast.programme.events import EventName, ProgrammeEvent
from broadcast.programme.ingest_news import Beat, IngestOrder, News, Word
from broadcast.programme.marks import Mark

BEAT_S = 1.0
"""A sign of life this often."""

NO_INPUT_S = 2.5
"""Nothing came for this long: there is no input."""

NO_INPUT_HLS_S = 15.0
"""The same where segments are fetched one by one."""

MAX_WORDS = 1_024
"""Cues waiting to be put into the picture; more than a show has. Further ones are left to the playlist."""

LAST_BREATH_S = 2.0
"""How long ending may take before the process just ends."""

_EVENT_OF: dict[str, EventName] = {
    "lost": "source-lost",
    "not-found": "source-lost",
    "unreadable": "unreadable",
    "no-picture": "no-picture",
    "broken-timestamps": "discontinuity",
    "parameters-changed": "parameters-changed",
    "no-srt": "no-srt",
    "no-space": "disk-full",
}


def run_ingest(order: IngestOrder, pipe: Connection) -> None:
    """Ingest until told to end; the target of the process."""
    av.logging.set_level(av.logging.PANIC)  # what matters is told as events
    Ingest(order, pipe).run()


class Ingest:
    """The process' one job."""

    def __init__(self, order: IngestOrder, pipe: Connection) -> None:
        self._order = order
        self._pipe = pipe
        self._sending = threading.Lock()
        self._stopping = threading.Event()
        self._words: queue.Queue[Mark] = queue.Queue(MAX_WORDS)
        self._offset_us = time.time_ns() // 1000 - time.monotonic_ns() // 1000
        self._opener = Opener(order.address, lambda: not self._stopping.is_set(), self.now_us, self._strangers)
        self._recorder = Recorder(order, self._words, self.tell, self.event, self.now_us)
        self._reader = LiveReader(self._recorder)
        self._waiting = True
        self._silent = False

    def run(self) -> None:
        """Read, and read again, until told to end."""
        for work in (self._listen, self._beat):
            threading.Thread(target=work, daemon=True).start()
        backoff = Backoff(random.random)
        try:
            while not self._stopping.is_set():
                read_before = self._recorder.segments
                self._once()
                if self._recorder.segments > read_before:
                    backoff.reset()
                self._stopping.wait(backoff.next_s())
        finally:
            self._opener.close()

    def now_us(self) -> int:
        """Read the clock: wall time as of the start of this process, going on evenly whatever becomes of it."""
        return time.monotonic_ns() // 1000 + self._offset_us

    def event(self, name: EventName, detail: str = "") -> None:
        """Tell that something happened."""
        self.tell(ProgrammeEvent(name=name, at_ms=WallMs(self.now_us() // 1000), detail=detail))

    def tell(self, news: News) -> None:
        """Send news; without anybody to hear it the process ends."""
        try:
            with self._sending:
                self._pipe.send(news)
        except OSError:
            self._stopping.set()

    def _strangers(self, count: int) -> None:
        sender = self._order.address.sender
        self.event("strangers", f"{count} datagrams of others than {sender} left out of this connection so far")

    def _once(self) -> None:
        address = self._order.address
        self._waiting = True
        self.event("connecting", address.shown)
        try:
            container = self._opener.open()
            try:
                self._waiting = False
                finite = is_finite(container, address)
                self._reader.read(container, self._opener.arrivals, finite=finite, stopping=self._stopping.is_set)
            finally:
                container.close()
            if not self._stopping.is_set():
                self.event("source-lost", f"{address.shown}: it ended")
        except Stop:
            return
        except ProgrammeError as error:
            if not self._stopping.is_set():
                self.event(_EVENT_OF.get(error.reason, "source-lost"), error.detail)
        except (av.error.FFmpegError, OSError, ValueError, UnicodeDecodeError) as error:
            if not self._stopping.is_set():
                self.event(
                    "source-lost", f"{address.shown}: {getattr(error, 'strerror', None) or type(error).__name__}"
                )

    def _listen(self) -> None:
        """Take in cues until the pipe ends; runs beside the reading, which blocks."""
        while not self._stopping.is_set():
            try:
                word: Word = self._pipe.recv()
            except (EOFError, OSError):
                break
            if word is None:
                break
            try:
                self._words.put_nowait(word)
            except queue.Full:
                continue  # the playlist carries it all the same
        self._stopping.set()
        time.sleep(LAST_BREATH_S)
        os._exit(0)  # reading hangs in a call that nothing ends

    def _beat(self) -> None:
        patience_s = NO_INPUT_HLS_S if self._order.address.transport == "hls" else NO_INPUT_S
        seen, since = -1, time.monotonic()
        while not self._stopping.wait(BEAT_S):
            reader = self._reader
            if reader.packets != seen:
                seen, since = reader.packets, time.monotonic()
                if self._silent:
                    self._silent = False
                    self.event("input-back")
            elif not self._silent and time.monotonic() - since > patience_s:
                self._silent = True
                self.event("no-input", f"nothing came for {patience_s:g} s")
            self.tell(
                Beat(
                    turns=reader.packets,
                    waiting=self._waiting,
                    packets=reader.packets,
                    bytes_read=reader.bytes_read,
                    offset_us=self._offset_us,
                )
            )
