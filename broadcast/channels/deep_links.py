"""Deep links: each channel's own address for an article, filled from its templates."""

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from broadcast.channels.profiles import ChannelProfile
from broadcast.ids import LookId, ShowId, Sku
from broadcast.messages import LookView, SkuLinks

PLACEHOLDERS = frozenset({"sku", "handle", "show", "look"})
"""What a template may name between braces."""


class LinkBook(msgspec.Struct, frozen=True):
    """What templates are filled with: the show's name and each SKU's product handle."""

    show: ShowId
    handles: Mapping[Sku, str]

    def links(self, profile: ChannelProfile, look: LookId, sku: Sku) -> SkuLinks:
        """Return the channel's addresses for one SKU of a look; every value is percent-encoded (RFC 3986)."""
        values = {
            "sku": quote(sku, safe=""),
            "handle": quote(self.handles.get(sku, sku), safe=""),
            "show": quote(self.show, safe=""),
            "look": quote(look, safe=""),
        }
        return SkuLinks(
            app=profile.app_link.format_map(values) if profile.app_link else None,
            web=profile.web_link.format_map(values) if profile.web_link else None,
        )

    def on_channel(self, profile: ChannelProfile, look: LookView) -> LookView:
        """Return the look with this channel's links."""
        links = {offer.sku: self.links(profile, look.id, offer.sku) for offer in look.offers}
        return msgspec.structs.replace(look, links=links)
