"""How long taps wait that no person makes: settings of every process that viewers or their taps come to."""

import time
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from showrunner.suspects import Suspects

MAX_DELAY_MS = 3_000
"""A tap may wait at an edge and at a door: both together stay below the patience of the link between them."""


class SuspectSettings(BaseSettings):
    """How long machines wait.

    Attributes:
        suspect_delay_ms: how much later a tap enters whose buyer, or connection, is surely a machine's; 0 is never.
    """

    suspect_delay_ms: Annotated[int, Field(ge=0, le=MAX_DELAY_MS)] = 1_500


def suspects(settings: SuspectSettings) -> Suspects | None:
    """Return what makes a process's suspects wait, or None where nobody does."""
    return Suspects(settings.suspect_delay_ms / 1000, time.monotonic) if settings.suspect_delay_ms else None
