"""Orders as gateways name them.

Alipay takes no hyphens and WeChat Pay at most 32 characters, so an order's UUID goes as its 32 hexadecimal digits.
"""

import re

from broadcast.ids import OrderId

_GROUPS = r"([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})"
_UUID = re.compile(_GROUPS)


def trade_number(order: OrderId) -> str:
    """Return the merchant's trade number of an order: 32 digits for a UUID, else the order's own name."""
    found = _UUID.fullmatch(order)
    return "".join(found.groups()) if found else order


def order_of(number: str) -> OrderId:
    """Return the order a merchant's trade number names; a number of another form names itself."""
    found = _UUID.fullmatch(number)
    return OrderId("-".join(found.groups()) if found else number)
