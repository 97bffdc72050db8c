"""Fixtures every test may use. The heavy imports happen only where a fixture is asked for."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from house import House


@pytest.fixture
async def running_show(tmp_path: Path) -> "AsyncIterator[House]":
    """The whole application on a real port, before the first take; payments never come by themselves."""
    from house import open_house

    async with open_house(tmp_path / "data") as house:
        yield house


@pytest.fixture
async def full_house(tmp_path: Path) -> "AsyncIterator[House]":
    """The same with room for one viewer."""
    from house import open_house

    async with open_house(tmp_path / "data", max_viewers=1) as house:
        yield house


@pytest.fixture
async def small_house(tmp_path: Path) -> "AsyncIterator[House]":
    """The same with three guests an address and three commands a producer each minute."""
    from house import open_house

    async with open_house(tmp_path / "data", guest_tokens_per_minute=3, commands_per_minute=3) as house:
        yield house
