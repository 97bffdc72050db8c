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


@pytest.fixture
def impatient_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is slow with a request is let go at once, not after seconds. Ask for it before the show starts."""
    from broadcast.channels.adapters.waiting_heads import WaitingHeads

    monkeypatch.setattr("showrunner.listening.WaitingHeads", lambda: WaitingHeads(timeout_s=0.05))
    monkeypatch.setattr("showrunner.http.bodies.BODY_TIMEOUT_S", 0.05)


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the last three messages can be resumed. Ask for it before the show starts."""
    monkeypatch.setattr("broadcast.channels.cue_log.HISTORY_MESSAGES", 3)
