"""Reading the record again after a failure, however long the store is away."""

import asyncio
import logging
from collections.abc import Callable

from broadcast.checkout.adapters.record import Record, Recorded, SupersededError

FIRST_DELAY_MS = 50
MOST_DELAY_MS = 2_000
"""How long to wait before reading an unreadable record again: doubling, up to this."""

_log = logging.getLogger(__name__)


async def read_again(record: Record, rebuild: Callable[[Recorded], None], not_yet: Callable[[], bool]) -> bool:
    """Read the record back and rebuild from it; return whether that was done.

    Args:
        record: after a failed write.
        rebuild: takes what was read; where that contradicts itself, it is read again.
        not_yet: called after each try that failed; returns whether to go on.

    Raises:
        SupersededError: another process has the show.
    """
    delay_ms = FIRST_DELAY_MS
    while True:
        try:
            rebuild(await record.recover())
        except SupersededError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, buyers hear "busy" and the record is tried again
            _log.warning("the record cannot be read yet: %r", error)  # the trace was logged with the batch
        else:
            return True
        if not not_yet():
            return False
        await asyncio.sleep(delay_ms / 1000)
        delay_ms = min(2 * delay_ms, MOST_DELAY_MS)
