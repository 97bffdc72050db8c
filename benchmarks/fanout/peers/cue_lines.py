"""Cues on standard input, one a line, until it ends."""

import asyncio
import sys
from collections.abc import AsyncIterator

MAX_LINE_BYTES = 8_192


async def cue_lines() -> AsyncIterator[str]:
    """Yield each line without its end."""
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().rstrip("\n")
