"""Keeps the process that reads a source alive: starts it, hears it, and starts another when it dies or hangs."""

import asyncio
import contextlib
import multiprocessing
import queue
import random
import threading
import time
from collections.abc import Callable, Iterable
from multiprocessing.connection import Connection

from broadcast.clock import Now
from broadcast.programme.adapters.ingest import MAX_WORDS, run_ingest
from broadcast.programme.backoff import Backoff
from broadcast.programme.events import ProgrammeEvent
from broadcast.programme.ingest_news import Beat, IngestOrder, News, Word
from broadcast.programme.marks import Mark

START_TIMEOUT_S = 60.0
"""A new process on a busy machine loads for this long at most before it gives its first sign of life."""

BEAT_TIMEOUT_S = 8.0
"""Without a sign of life for this long it is dead."""

HANG_TIMEOUT_S = 30.0
"""Reading that does not come round for this long hangs: no read waits longer than ``READ_TIMEOUT_S``."""

STOP_TIMEOUT_S = 4.0
CHECK_S = 0.5
STEADY_S = 30.0
"""A process that lived this long may be followed by another at once."""


class IngestProcess:
    """One source's reading process, always there.

    Args:
        order: makes the order for the next process, at the moment it starts.
        marks: every cue that counts, for the next process.
        heard: told all news but signs of life, on the event loop.
        now: wall clock.
    """

    def __init__(
        self,
        order: Callable[[], IngestOrder],
        marks: Callable[[], Iterable[Mark]],
        heard: Callable[[News], None],
        now: Now,
    ) -> None:
        self._order = order
        self._marks = marks
        self._heard = heard
        self._now = now
        self._words: queue.Queue[Word] = queue.Queue(MAX_WORDS)
        self._running: asyncio.Task[None] | None = None
        self.restarts = 0
        self.pid: int | None = None
        self.beat = Beat(turns=0, waiting=True, packets=0, bytes_read=0, offset_us=None)

    async def start(self) -> None:
        """Begin to read, and see to it that reading goes on."""
        self._running = asyncio.create_task(self._keep(), name="ingest")

    async def stop(self) -> None:
        """End the process; what it packaged is told of before this returns."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    def mark(self, mark: Mark) -> None:
        """Have a cue put into the picture; one too many is left to the playlist."""
        with contextlib.suppress(queue.Full):
            self._words.put_nowait(mark)

    def live_us(self) -> int | None:
        """Return the present on the clock that dates frames, Unix microseconds; None before it was first heard of.

        While no process runs, the last one's clock goes on.
        """
        offset_us = self.beat.offset_us
        return None if offset_us is None else time.monotonic_ns() // 1000 + offset_us

    async def _keep(self) -> None:
        backoff = Backoff(random.random)
        while True:
            began = time.monotonic()
            why = await self._one()
            if time.monotonic() - began > STEADY_S:
                backoff.reset()
            self.restarts += 1
            self._heard(ProgrammeEvent(name="ingest-died", at_ms=self._now(), detail=why))
            await asyncio.sleep(backoff.next_s())

    async def _one(self) -> str:
        """Run one process to its end, and return why it ended."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        self._words = queue.Queue(MAX_WORDS)
        for mark in self._marks():
            self.mark(mark)
        process = context.Process(target=run_ingest, args=(self._order(), theirs), daemon=True, name="ingest")
        await asyncio.to_thread(process.start)
        theirs.close()
        self.pid = process.pid
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        watch = _Watch()

        def news(told: News | None) -> None:
            if told is None:
                ended.set()
            elif isinstance(told, Beat):
                self.beat = told
                watch.beat(told)
            else:
                self._heard(told)

        hearing = threading.Thread(target=_hear, args=(ours, loop, news), daemon=True)
        speaking = threading.Thread(target=_speak, args=(ours, self._words), daemon=True)
        hearing.start()
        speaking.start()
        try:
            while not ended.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(ended.wait(), CHECK_S)
                if why := watch.dead():
                    return why
            return "the process that reads the source ended"
        finally:
            await asyncio.shield(asyncio.to_thread(_end, process, self._words, hearing, ours))


class _Watch:
    """Judges by the signs of life whether the process is alive."""

    def __init__(self) -> None:
        self._beat_s = self._turned_s = time.monotonic()
        self._beats = 0
        self._turns = -1

    def beat(self, beat: Beat) -> None:
        self._beat_s = time.monotonic()
        self._beats += 1
        if beat.waiting or beat.turns != self._turns:
            self._turned_s, self._turns = self._beat_s, beat.turns

    def dead(self) -> str:
        """Return why the process is taken for dead; empty while it lives."""
        now_s = time.monotonic()
        if now_s - self._beat_s > (BEAT_TIMEOUT_S if self._beats else START_TIMEOUT_S):
            return "the process that reads the source gives no sign of life"
        if self._beats and now_s - self._turned_s > HANG_TIMEOUT_S:
            return "the process that reads the source hangs"
        return ""


def _hear(pipe: Connection, loop: asyncio.AbstractEventLoop, news: Callable[[News | None], None]) -> None:
    """Pass on what the process tells, then None; runs in a thread of its own."""
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
        try:
            while True:
                loop.call_soon_threadsafe(news, pipe.recv())
        except (EOFError, OSError):
            loop.call_soon_threadsafe(news, None)


def _speak(pipe: Connection, words: "queue.Queue[Word]") -> None:
    """Pass words on to the process until the word to end; runs in a thread of its own."""
    with contextlib.suppress(OSError):
        while (word := words.get()) is not None:
            pipe.send(word)
        pipe.send(None)


def _end(
    process: "multiprocessing.context.SpawnProcess",
    words: "queue.Queue[Word]",
    hearing: threading.Thread,
    pipe: Connection,
) -> None:
    with contextlib.suppress(queue.Empty):
        while True:
            words.get_nowait()
    words.put(None)
    process.join(STOP_TIMEOUT_S)
    if process.is_alive():
        process.kill()
        process.join(STOP_TIMEOUT_S)
    hearing.join(STOP_TIMEOUT_S)
    pipe.close()
