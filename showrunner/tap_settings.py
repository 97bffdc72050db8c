"""How fast buyers may tap: settings of every process that takes taps."""

import random
import time
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

from showrunner.tap_pace import TapPace


class TapSettings(BaseSettings):
    """How fast buyers may tap.

    Attributes:
        taps_per_second: taps one buyer may go on making, over all connections and addresses to this process.
        tap_burst: taps one buyer may make at once before that counts.
    """

    taps_per_second: Annotated[float, Field(gt=0)] = 50.0
    tap_burst: Annotated[int, Field(ge=1)] = 1_000


def tap_pace(settings: TapSettings) -> TapPace:
    """Return the buckets of a process."""
    return TapPace(settings.taps_per_second, settings.tap_burst, time.monotonic, random.random)
