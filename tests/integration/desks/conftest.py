from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest
from contract import Contract
from desk_buyers import Buyers

from showrunner import contract_documents


@pytest.fixture
async def buyers() -> AsyncIterator[Buyers]:
    async with aiohttp.ClientSession() as http:
        yield Buyers(http)


@pytest.fixture
def contract() -> Contract:
    """The documents every message is held against."""
    return Contract(
        msgspec.json.decode(msgspec.json.encode(contract_documents.openapi())),
        msgspec.json.decode(msgspec.json.encode(contract_documents.asyncapi())),
    )
