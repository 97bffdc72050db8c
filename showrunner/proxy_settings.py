"""Which proxies stand in front: settings of every process that is called from outside."""

import json
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode

from broadcast.channels.client_address import ProxyHeader, TrustedProxies

MAX_NETWORKS = 256


def _listed(value: Any) -> Any:
    """Read a list as the environment has it: JSON, or networks with commas between them."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [network.strip() for network in value.split(",") if network.strip()]


def _network(value: str) -> str:
    return str(ip_network(value))


Networks = Annotated[
    tuple[Annotated[str, AfterValidator(_network)], ...],
    NoDecode,
    BeforeValidator(_listed),
    Field(max_length=MAX_NETWORKS),
]


class ProxySettings(BaseSettings):
    """Which proxies stand in front.

    Attributes:
        trusted_proxies: their networks, in CIDR. What anybody else says of where a request comes from is not believed.
        proxy_header: the header those proxies maintain; the other one is whatever a caller wrote, and is not read.
    """

    trusted_proxies: Networks = ()
    proxy_header: ProxyHeader = "x-forwarded-for"


def trusted_proxies(settings: ProxySettings) -> TrustedProxies | None:
    """Return the proxies of a process, or None where everybody calls by themselves."""
    if not settings.trusted_proxies:
        return None
    return TrustedProxies(settings.trusted_proxies, settings.proxy_header)
