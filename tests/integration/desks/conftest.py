from collections.abc import AsyncIterator

import aiohttp
import pytest
from desk_buyers import Buyers


@pytest.fixture
async def buyers() -> AsyncIterator[Buyers]:
    async with aiohttp.ClientSession() as http:
        yield Buyers(http)
