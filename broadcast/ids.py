"""Names for identifiers, so that one kind is never passed where another is meant."""

from collections.abc import Callable
from typing import NewType

ShowId = NewType("ShowId", str)
"""A show's name in addresses: lower-case letters, digits and hyphens, at most 64."""

LookId = NewType("LookId", str)
"""A look's name within its show: lower-case letters, digits and hyphens, at most 64."""

Sku = NewType("Sku", str)
"""A stock keeping unit: one size of one article, at most 64 visible characters."""

ChannelId = NewType("ChannelId", str)
"""A channel's name: ``youku``, ``taobao``, ``web`` …; the ``iss`` of its viewers' tokens."""

BuyerId = NewType("BuyerId", str)
"""A buyer as the channel names them: the ``sub`` of a viewer token. Two channels' buyers never collide."""

OrderId = NewType("OrderId", str)
"""An order: a UUID version 7 (RFC 9562), so that orders sort by the time they were placed."""

CueId = NewType("CueId", str)
"""A cue: one entry on the timeline that changed what is on air."""

Epoch = NewType("Epoch", str)
"""One unbroken life of a cue log. A sequence number means something only together with its epoch."""

NewId = Callable[[], str]
"""Makes a new identifier. Pure code takes this, or the identifier itself, as an argument."""
