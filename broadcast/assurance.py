"""How sure it is who a buyer is: what a viewer token, or a consent, says of it beyond the buyer's name."""

import msgspec

from broadcast.money import Money


class Assurance(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What may lift a spending limit.

    Attributes:
        acr: how the buyer was authenticated, in the channel's own words (``acr``, RFC 9470); empty where not said.
        auth_time_ms: when (``auth_time``, RFC 9470), wall time; None where not said.
        agreed: what one order may cost under a standing consent whose limit the channel has proved; None without.
    """

    acr: str = ""
    auth_time_ms: int | None = None
    agreed: Money | None = None
