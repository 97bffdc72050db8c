"""The contract is tested on the event loop the product runs on."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest
import uvloop

if TYPE_CHECKING:
    import asyncio


def pytest_asyncio_loop_factories(
    config: pytest.Config,  # noqa: ARG001 - the hook's signature
    item: pytest.Item,  # noqa: ARG001 - the hook's signature
) -> "Mapping[str, Callable[[], asyncio.AbstractEventLoop]]":
    return {"uvloop": uvloop.new_event_loop}
