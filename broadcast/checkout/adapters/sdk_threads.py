"""The vendors' SDKs block: they run in a bounded number of threads, each call with a deadline."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from broadcast.checkout.payment import GatewayUnavailableError

THREADS = 16
"""Calls to one gateway at a time."""

SDK_TIMEOUT_S = 8.0
"""What an SDK is told to wait for an answer; it frees the thread."""

CALL_TIMEOUT_S = 12.0
"""How long a caller waits, its turn included; longer than the SDK's own, so that threads are free again by then."""

MAX_WAITING = 256
"""Calls that may wait for a thread; more are not taken."""

_T = TypeVar("_T")


class SdkThreads:
    """Runs blocking calls of one gateway."""

    def __init__(self, name: str, *, threads: int = THREADS, call_timeout_s: float = CALL_TIMEOUT_S) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._name = name
        self._room = threads + MAX_WAITING
        self._running = 0
        self._timeout_s = call_timeout_s

    async def run(self, call: Callable[[], _T]) -> _T:
        """Run a call; a caller that is cancelled stops waiting, the call itself ends by its own timeout.

        Raises:
            GatewayUnavailableError: too many calls wait, or no answer in time (it may have been carried out).
        """
        if self._running >= self._room:
            raise GatewayUnavailableError(f"{self._name}: {self._running} calls are waiting already")
        self._running += 1
        future = asyncio.get_running_loop().run_in_executor(self._executor, call)
        future.add_done_callback(self._done)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(future)
        except TimeoutError:
            raise GatewayUnavailableError(f"{self._name}: no answer in {self._timeout_s:g} s") from None

    def close(self) -> None:
        """Take no more calls; those running end by their own timeouts."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _done(self, future: "asyncio.Future[_T]") -> None:
        self._running -= 1
        if not future.cancelled():
            future.exception()  # whoever stopped waiting will not ask for it
